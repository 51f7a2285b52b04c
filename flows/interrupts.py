"""A run that is told to end: by a person at a command, of which Prefect would say that it crashed, or by Prefect."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import UUID

from prefect import get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.states import Cancelled, Cancelling

from frontispiece.concurrency import hurry, is_hurried

MESSAGE: Final = "Interrupted: what is done is kept, and the same again goes on from there."

_SOON: Final = 1.0
"""Seconds that need no explanation."""
HEARD_SECONDS: Final = 0.5
"""So long after a SIGTERM its exception has got to the run, if it does."""


async def interruptible(run: Awaitable[State[None]]) -> State[None]:
    """The state that the work of this flow run comes to; Cancelled where this is cancelled, once it has recorded all.

    Prefect hears of it at once: a process that has no time to end well is then taken for what it is.
    """
    # SIGTERM is Ctrl-C at a command, without the time to wait. Prefect would raise wherever the program is just then,
    # out of its event loop too.
    signal.signal(signal.SIGTERM, lambda *_: hurry())
    work = asyncio.ensure_future(run)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.cancel()
        ending = [work, asyncio.create_task(_tell())]
        await asyncio.wait(ending, timeout=_SOON)
        if not (work.done() or is_hurried() or runtime.flow_run.parent_flow_run_id):
            get_run_logger().warning(
                "Interrupted: it ends when answers on their way have come, in a few seconds, and all is recorded."
            )
        await asyncio.wait(ending)
    if not work.cancelled() and (error := work.exception()):
        get_run_logger().error("Not all could be recorded: %s", error)
    return Cancelled(message=MESSAGE)


async def terminable(run: Awaitable[State[None]]) -> State[None]:
    """The state that the work of this flow run comes to; raises TerminationSignal when its process is told to end.

    Prefect raises it, too, but wherever the program is just then: in a callback of the event loop, or in a task that
    nobody waits for, it is only logged. The run would go on, and buy, until it is killed without a record.
    """
    task = asyncio.current_task()
    is_missed = False

    def end() -> None:
        nonlocal is_missed
        if task is not None and not task.cancelling():
            is_missed = task.cancel()

    with _when_told(end, HEARD_SECONDS):
        try:
            return await run
        except asyncio.CancelledError:
            if not is_missed:
                raise
            raise TerminationSignal(signal.SIGTERM) from None
        finally:
            if is_missed and task is not None:
                task.uncancel()


@contextmanager
def _when_told(call: Callable[[], object], seconds: float) -> Iterator[None]:
    """Within, and only there, this is called so long after a SIGTERM, whoever handles it.

    If somebody else looks for signals it is left to them: a run within another one leaves it to that.
    """
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)

    loop = asyncio.get_running_loop()
    calls: list[asyncio.TimerHandle] = []
    is_ours = False

    def look() -> None:
        if signal.SIGTERM in os.read(reading, 4096):
            calls.append(loop.call_later(seconds, call))

    try:
        with suppress(ValueError):  # not in the main thread: no signal gets here
            before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
            is_ours = before == -1
            if is_ours:
                loop.add_reader(reading, look)
            else:
                signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        yield
    finally:
        if is_ours:
            signal.set_wakeup_fd(-1)
            loop.remove_reader(reading)
        for each in calls:  # whoever is left by now has Prefect say how it ended, and is not to be cancelled at that
            each.cancel()
        os.close(reading)
        os.close(writing)


async def _tell() -> None:
    with suppress(Exception):  # the server may be what was lost
        async with get_client() as client:
            await client.set_flow_run_state(UUID(str(runtime.flow_run.id)), Cancelling(message=MESSAGE), force=True)


def go_along(state: State[Any]) -> None:
    """Be cancelled, too, where a run within this one has ended so because all of it was interrupted."""
    task = asyncio.current_task()
    if task is not None and task.cancelling() and state.is_cancelled():
        raise asyncio.CancelledError
