"""Whom prompts and paintings are bought for, and what both kinds of job have in common."""

from typing import Protocol

from frontispiece.archive.store import Archive
from frontispiece.concurrency import Lane
from frontispiece.models import Paper
from frontispiece.painters.interface import Painter
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.job import A, PaidJob, R, T
from frontispiece.purchases.journal import Journal
from frontispiece.settings import Settings
from frontispiece.writers.interface import Writer


class Buyer(Protocol):
    """What a purchase works with; `frontispiece.services` builds it."""

    settings: Settings
    writer: Writer
    painter: Painter
    archive: Archive
    refresh_id: str
    journal: Journal
    budget: Budget


class PaperJob(PaidJob[R, A, T]):
    """A call for one paper; `run` is whose it is.

    `lane` is entered only when the money is set aside: who waits for room in the budget must not be in the way of those
    who have it. It is left as soon as the provider is free: its next call need not wait for what is ours to do.
    """

    def __init__(self, paper: Paper, buyer: Buyer, lane: Lane, run: str | None) -> None:
        self._paper = paper
        self._lane = lane
        self.budget = buyer.budget
        self.paper_key = paper.key
        self.run = run
