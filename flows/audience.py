"""Who watches a run from close by: nobody, unless the terminal (or a test) takes a seat."""

from contextvars import ContextVar
from typing import Protocol

from flows.report import Report
from frontispiece.models import Outcome, Paper


class Audience(Protocol):
    """Is told how a run goes, as it goes."""

    def listed(self, papers: int, waiting: int) -> None:
        """A list was read: so many papers, so many of them still to be illustrated."""
        ...

    def step(self, paper: Paper, verb: str) -> None:
        """A paper has come to a step: prompt, painting or picture."""
        ...

    def ended(self, outcome: Outcome) -> None:
        """A paper's trip is over."""
        ...

    def closed(self, report: Report) -> None:
        """The run is over and recorded."""
        ...


class EmptyHouse:
    """The audience of a run that nobody watches."""

    def listed(self, papers: int, waiting: int) -> None:
        """Nobody hears it."""

    def step(self, paper: Paper, verb: str) -> None:
        """Nobody sees it."""

    def ended(self, outcome: Outcome) -> None:
        """Nobody claps."""

    def closed(self, report: Report) -> None:
        """Nobody goes home."""


audience: ContextVar[Audience] = ContextVar("audience", default=EmptyHouse())  # noqa: B039 it keeps nothing
