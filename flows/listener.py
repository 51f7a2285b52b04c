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
    """Is told how a run goes, as it goes; this one only passes it on to the other, where there is one."""

    _other: "RunListener | None" = None

    def __init__(self, other: "RunListener | None" = None) -> None:
        self._other = other

    def planned(self, plan: Plan) -> None:
        """A backfill has its plan; nothing is done yet."""
        if self._other:
            self._other.planned(plan)

    def day_ended(self, day: Day) -> None:
        """A day of a backfill was run, and this is how it stands now."""
        if self._other:
            self._other.day_ended(day)

    def asks(self, source: str, wanted: str) -> None:
        """A source that may be slow to answer is asked for a list or papers."""
        if self._other:
            self._other.asks(source, wanted)

    def listed(self, papers: int, waiting: int) -> None:
        """A list was read: so many papers, so many of them still to be illustrated."""
        if self._other:
            self._other.listed(papers, waiting)

    def step(self, paper: Paper, name: str) -> None:
        """A paper has come to a step: prompt, painting, check or picture."""
        if self._other:
            self._other.step(paper, name)

    def ended(self, outcome: Outcome) -> None:
        """A paper has its outcome."""
        if self._other:
            self._other.ended(outcome)

    def closed(self, report: Report) -> None:
        """The run is over and recorded."""
        if self._other:
            self._other.closed(report)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow run finds in its process: it opens no services where there are some."""

    listener: RunListener = RunListener()  # noqa: RUF009 it keeps nothing
    services: Services | None = None
    """Those of the run that has started this one, which share their bounds and their budget."""
    opened: Services | None = None
    """Those that were opened for this run, by who has looked whether there is anything to do."""
    is_command: bool = False
    """Whether this process is a command's, which takes SIGTERM for Ctrl-C itself; else one that Prefect has started."""


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
