"""Work done side by side, within bounds."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, Final, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ANSWER_SECONDS: Final = 5.0
"""So long an interrupt waits for an answer that is on its way: most chat models have given theirs by then."""
_hurry: Final = threading.Event()
_BEAT: Final = 0.1
"""Seconds after which who waits looks whether there is a hurry: a signal handler can wake nobody."""


async def gather_bounded(
    work: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item],
    at_once: int | AbstractAsyncContextManager[object],
) -> list[Result]:
    """What `work` gives for each of `items`, in their order; at most `at_once` are at work at a time.

    `at_once` may be a semaphore, which several gathers then share. The first error ends the others, and is raised.
    """
    lane = asyncio.Semaphore(at_once) if isinstance(at_once, int) else at_once

    async def one(item: Item) -> Result:
        async with lane:
            return await work(item)

    tasks = [asyncio.create_task(one(item)) for item in items]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            if not task.cancelling():  # told twice, one that still writes down what it did would lose it
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


@contextmanager
def ungrouped() -> Iterator[None]:
    """Within, the first error of a group of tasks is raised as it is: who is told to end asks for that signal.

    A signal is raised wherever the program is just then, and libraries have groups, as to connect to a host.
    """
    try:
        yield
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup that raises the first error as it is."""
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            yield group


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Do this to its end, although this task may be cancelled meanwhile: that is raised afterwards."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def hurry() -> None:
    """From now on nobody who is cancelled waits for an answer: this process has to end. For signal handlers, too."""
    _hurry.set()


def is_hurried() -> bool:
    """Whether `hurry` was called."""
    return _hurry.is_set()


async def heard_out(call: Coroutine[Any, Any, Result], seconds: float = ANSWER_SECONDS) -> Result:
    """What a call that may be paid for already gives, although this task may be cancelled meanwhile.

    Then the call has so many seconds more, unless there is a `hurry`; cancelled once more, it is broken off at once.
    Whoever keeps the answer calls `end_if_cancelled` when that is done.
    """
    task = asyncio.create_task(call)
    try:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            until = time.monotonic() + seconds
            while not (task.done() or is_hurried()) and (left := until - time.monotonic()) > 0:
                await asyncio.wait([task], timeout=min(left, _BEAT))
            if not task.done():
                raise
            return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


class NotBegun(asyncio.CancelledError):
    """What was cancelled had not begun: a call that ends so is certainly not paid for."""


@contextmanager
def before_it_begins() -> Iterator[None]:
    """Within, the call is only waited for: who is cancelled there ends with NotBegun."""
    try:
        yield
    except asyncio.CancelledError:
        raise NotBegun from None


def end_if_cancelled() -> None:
    """Raise the CancelledError that `heard_out` has put off, if it has."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Places(Protocol):
    """A number of places, as `asyncio.Semaphore` has them; how many there are may have to be asked elsewhere first."""

    async def acquire(self) -> object:
        """Wait for a place, and take it."""
        ...

    def release(self) -> None:
        """Give it to the next one."""
        ...


class Limits(Protocol):
    """What bounds calls to providers."""

    def places(self, provider: str, own: int) -> Places:
        """For calls to this provider: `own` places in this process, or fewer where others call it, too."""
        ...

    async def is_shared(self, provider: str) -> bool:
        """Whether these places are shared out among all who call this provider."""
        ...

    def turn(self, door: str, pause: float) -> AbstractAsyncContextManager[object]:
        """A turn at a door that lets one in at a time, so many seconds after the one before."""
        ...


class OwnLimits:
    """Those of a process that need not think of others; what it does at a door has a pace of its own."""

    def places(self, provider: str, own: int) -> Places:
        """All of its own."""
        return asyncio.Semaphore(own)

    async def is_shared(self, provider: str) -> bool:
        """They are not."""
        return False

    def turn(self, door: str, pause: float) -> AbstractAsyncContextManager[object]:
        """At once."""
        return nullcontext()


class Lane:
    """A place among so many calls at once. Entered and left whenever that is right, and left for good at the end."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._is_in = False

    async def enter(self) -> None:
        """Wait for a place; nothing where one is held already."""
        if not self._is_in:
            await self._places.acquire()
            self._is_in = True

    async def leave(self) -> None:
        """Give the place to the next one."""
        if self._is_in:
            self._is_in = False
            self._places.release()

    async def __aenter__(self) -> "Lane":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()
