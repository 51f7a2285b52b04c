"""Who hears how a run goes, and what else a flow finds in the process that calls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from frontispiece.archive.calendar import Day
from frontispiece.models import Outcome, Paper
from frontispiece.purchases.plan import Plan
from frontispiece.report import Report
from frontispiece.services import Services


class RunListener:
    """Is told how a run goes, as it goes; this one does nothing about it."""

    def planned(self, plan: Plan) -> None:
        """A backfill has its plan; nothing is done yet."""

    def day_ended(self, day: Day) -> None:
        """A day of a backfill was run, and this is how it stands now."""

    def listed(self, papers: int, waiting: int) -> None:
        """A list was read: so many papers, so many of them still to be illustrated."""

    def step(self, paper: Paper, name: str) -> None:
        """A paper has come to a step: prompt, painting or picture."""

    def ended(self, outcome: Outcome) -> None:
        """A paper has its outcome."""

    def closed(self, report: Report) -> None:
        """The run is over and recorded."""


class Relay(RunListener):
    """Passes on what it hears of a run."""

    def __init__(self, other: RunListener) -> None:
        self._other = other

    def planned(self, plan: Plan) -> None:
        """As in `RunListener`."""
        self._other.planned(plan)

    def day_ended(self, day: Day) -> None:
        """As in `RunListener`."""
        self._other.day_ended(day)

    def listed(self, papers: int, waiting: int) -> None:
        """As in `RunListener`."""
        self._other.listed(papers, waiting)

    def step(self, paper: Paper, name: str) -> None:
        """As in `RunListener`."""
        self._other.step(paper, name)

    def ended(self, outcome: Outcome) -> None:
        """As in `RunListener`."""
        self._other.ended(outcome)

    def closed(self, report: Report) -> None:
        """As in `RunListener`."""
        self._other.closed(report)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow run finds in its process: it opens no services where there are some."""

    listener: RunListener = RunListener()  # noqa: RUF009 it keeps nothing
    services: Services | None = None
    """Those of the run that has started this one, which share their bounds and their budget."""
    opened: Services | None = None
    """Those that were opened for this run, by who has looked whether there is anything to do."""


# A flow's parameters are what its form shows and the server keeps: nothing else can be handed to it through them.
surroundings: ContextVar[Surroundings] = ContextVar("surroundings", default=Surroundings())  # noqa: B039 it is frozen


@contextmanager
def surrounded(**parts: Any) -> Iterator[None]:
    """Have the flows called within find these parts of `Surroundings`, beside what is there already."""
    token = surroundings.set(replace(surroundings.get(), **parts))
    try:
        yield
    finally:
        surroundings.reset(token)
