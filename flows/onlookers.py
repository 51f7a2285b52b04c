"""Who watches a whole backfill: nobody, unless the terminal (or a test) takes a seat."""

from contextvars import ContextVar
from typing import Protocol

from flows.planning import Plan
from frontispiece.archive.calendar import Day


class Onlooker(Protocol):
    """Is told how a backfill goes, day by day."""

    def planned(self, plan: Plan) -> None:
        """The plan, before anything is done."""
        ...

    def day_ended(self, day: Day) -> None:
        """A day's run is over, and this is how the day stands now."""
        ...


class Nobody:
    """The onlooker of a backfill that nobody watches."""

    def planned(self, plan: Plan) -> None:
        """Nobody reads it."""

    def day_ended(self, day: Day) -> None:
        """Nobody sees it."""


onlooker: ContextVar[Onlooker] = ContextVar("onlooker", default=Nobody())  # noqa: B039 it keeps nothing
