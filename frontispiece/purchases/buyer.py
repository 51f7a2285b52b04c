"""Whom prompts and paintings are bought for, and what both kinds of job have in common."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Protocol

from frontispiece.archive.store import Archive
from frontispiece.models import Charge, Paper
from frontispiece.painters.interface import Painter
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.job import A, PaidJob, R, T
from frontispiece.purchases.journal import Journal
from frontispiece.purchases.waste import Waste
from frontispiece.writers.interface import Writer


class Buyer(Protocol):
    """What a purchase works with; `frontispiece.services` builds it."""

    writer: Writer
    painter: Painter
    archive: Archive
    edition: str
    journal: Journal
    budget: Budget
    waste: Waste


class PaperJob(PaidJob[R, A, T]):
    """A call for one paper.

    `lane` is let go as soon as the provider is free: its next call need not wait for what is ours to do.
    """

    def __init__(self, paper: Paper, buyer: Buyer, lane: AsyncExitStack) -> None:
        self._paper = paper
        self._lane = lane
        self._waste = buyer.waste
        self.budget = buyer.budget
        self.trip = paper.key

    def note_waste(self, attempt: str, charges: Mapping[str, Charge]) -> None:
        """For the paper's row."""
        self._waste.note(self._paper.key, attempt, charges)
