"""Whom prompts, paintings and checks are bought for, and what all kinds of job have in common."""

import time
from typing import ClassVar, Protocol

from frontispiece.archive.store import Archive
from frontispiece.checkers.interface import Checker
from frontispiece.concurrency import Lane, before_it_begins
from frontispiece.models import Paper, Step
from frontispiece.money import total
from frontispiece.painters.interface import Painter
from frontispiece.providers.throttle import look_once_more
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.job import A, PaidJob, R, T
from frontispiece.purchases.journal import Journal
from frontispiece.purchases.lost_time import LostTime
from frontispiece.settings import Settings
from frontispiece.writers.interface import Writer


class Buyer(Protocol):
    """What a purchase works with; `frontispiece.services` builds it."""

    settings: Settings
    writer: Writer
    painter: Painter
    checker: Checker | None
    archive: Archive
    refresh_id: str
    journal: Journal
    budget: Budget
    lost_time: LostTime


def first_take_price(buyer: Buyer) -> float | None:
    """What one painting costs at most, and a look at it where somebody is to look; None when unknown."""
    return buyer.painter.price if buyer.checker is None else total([buyer.painter.price, buyer.checker.price])


class PaperJob(PaidJob[R, A, T]):
    """A call for one paper; `run` is whose it is.

    `lane` is entered only when the money is set aside: who waits for room in the budget must not be in the way of those
    who have it. It is left as soon as the provider is free: its next call need not wait for what is ours to do.
    """

    step: ClassVar[Step]

    def __init__(self, paper: Paper, buyer: Buyer, lane: Lane, run: str | None) -> None:
        self._paper = paper
        self._began: float | None = None
        self._lane = lane
        self.budget = buyer.budget
        self.paper_key = paper.key
        self.run = run
        self._lost_time = buyer.lost_time

    def note_lost(self) -> None:
        """For the paper's row: how long it took."""
        if self._began is not None:
            self._lost_time.note(self._paper.key, self.step, time.monotonic() - self._began)
            self._began = None

    async def _reach_provider(self) -> None:
        """Wait for a place; from now on the provider is at work. Raises NotBegun when this is cancelled meanwhile."""
        with before_it_begins():
            await self._lane.enter()
            await look_once_more()
        self._begin()

    def _begin(self, seconds_ago: float = 0.0) -> None:
        """The provider is at work, since so long."""
        if self._began is None:
            self._began = time.monotonic() - seconds_ago
