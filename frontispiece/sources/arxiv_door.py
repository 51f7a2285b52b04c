"""What both of arXiv's interfaces have in common: categories, pace, and what its answers say of its health."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pydantic import Field

from frontispiece.errors import SourceUnavailable
from frontispiece.providers.http import Answer, retry_after
from frontispiece.recipe import digest
from frontispiece.settings import Settings, variable
from frontispiece.sources.interface import ARXIV_BEGAN
from frontispiece.sources.reading import checked_address
from frontispiece.text import quoted


class DoorSettings(Settings):
    """What the user may set, and the categories, which a run may name."""

    arxiv_spacing: float = Field(3.0, ge=0, description="seconds between two requests to arXiv; its rules ask for 3")


class Pace:
    """Lets one request go at a time, so many seconds after the end of the one before."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._sleep = sleep
        self._ended = float("-inf")

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for one's turn, and hold it."""
        with self._lock:
            wait = self._ended + seconds - self._clock()
            if wait > 0:
                self._sleep(wait)
            try:
                yield
            finally:
                self._ended = self._clock()


PACE: Final = Pace()
"""The pace of this process: arXiv's terms are about all requests of one user, to all of its interfaces."""


class Door:
    """A source of the papers submitted on a day (UTC date of version 1) in the categories of the settings.

    `address` names the setting with the address; `timeout` (seconds) bounds the wait for any part of an answer. Raises
    BadInput for an address or a category that cannot be.
    """

    begins = ARXIV_BEGAN
    door = "arxiv"
    has_votes = False
    has_categories = True

    def __init__(self, settings: DoorSettings, address: str, pace: Pace, timeout: float) -> None:
        self._url = checked_address(getattr(settings, address), variable(address))
        self._categories = settings.categories
        self.spacing = settings.arxiv_spacing
        self._pace = pace
        self._timeout = timeout

    @property
    def fingerprint(self) -> str:
        """The address and the categories, in whatever order."""
        return digest(self._url, sorted(set(self._categories)))

    def newest_day(self, today: date) -> date:
        """Yesterday: the newest day that is over. Some of its papers are announced only days later."""
        return today - timedelta(days=1)

    async def close(self) -> None:
        """Connections last no longer than one reading."""


def check_available(answer: Answer) -> None:
    """Raise SourceUnavailable for what another attempt may mend, with the wait that was asked for."""
    if answer.status in (406, 408, 425, 429) or answer.status >= 500:
        said = quoted(answer.body[:300].decode("utf-8", "replace")) or "nothing"
        raise SourceUnavailable(f"arXiv answered {answer.status}: {said}.", retry_after(answer, datetime.now(UTC)))
