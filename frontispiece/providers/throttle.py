"""One throttle per provider: when it asks us to wait, everybody waits, once."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from frontispiece.errors import OutOfService, ProviderError, ProviderUnavailable

LOOK_SECONDS = 1.0

E = TypeVar("E", bound=ProviderError)


def _log_wait(seconds: float, reason: str) -> None:
    logging.getLogger(__name__).warning("Waiting %.0f s: %s", seconds, reason)


async def _nothing() -> None:
    """Where nobody has anything to look at."""


_last_look: ContextVar[Callable[[], Awaitable[None]]] = ContextVar("last_look", default=_nothing)


async def look_once_more() -> None:
    """To be awaited right before a call that costs money. Raises what `last_look` was told to."""
    await _last_look.get()()


@contextmanager
def last_look(look: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Have `look` called right before each call that is made in here; what it raises prevents the call.

    Hours may have passed by then: who waits may be stopped, or on a machine that sleeps.
    """
    token = _last_look.set(look)
    try:
        yield
    finally:
        _last_look.reset(token)


class Throttle:
    """Stands before every call to one provider.

    `on_wait` is told the seconds and the reason once for each time that the open throttle closes; it may be replaced.
    `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        on_wait: Callable[[float, str], None] = _log_wait,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.on_wait = on_wait
        self._clock = clock
        self._sleep = sleep
        self._opens_at = clock()
        self._shut: str | None = None

    @property
    def seconds_left(self) -> float:
        """How long the throttle stays closed; 0.0 when it is open."""
        return max(0.0, self._opens_at - self._clock())

    async def pass_through(self) -> None:
        """Return as soon as the throttle is open. Raises OutOfService once it was shut for good.

        Looks once more then, as `look_once_more` does.
        """
        has_looked = False
        while True:
            if self._shut is not None:
                raise OutOfService(self._shut)
            left = self.seconds_left
            if left > 0:
                # In short naps, so that whoever waits soon notices a longer wait or a shut throttle.
                await self._sleep(min(left, LOOK_SECONDS))
                has_looked = False
            elif has_looked:
                return
            else:
                await look_once_more()
                has_looked = True

    def close_for(self, seconds: float, reason: str) -> None:
        """Keep the throttle closed for so long from now; never shortens a wait that is longer."""
        was_open = self.seconds_left == 0.0
        self._opens_at = max(self._opens_at, self._clock() + seconds)
        if was_open and seconds > 0:
            self.on_wait(seconds, reason)

    def heed(self, error: E) -> E:
        """The error of a call, after what it says of further ones: that there be none, or none for a while."""
        if isinstance(error, OutOfService):
            self.shut(error)
        elif isinstance(error, ProviderUnavailable) and error.retry_after is not None:
            self.close_for(error.retry_after, str(error))
        return error

    def shut(self, error: OutOfService) -> None:
        """Let nobody through any more: the provider refuses us, and every further call would fail the same way."""
        self._shut = self._shut or str(error)
