"""The plan of a backfill, before it is run."""

from pydantic import Field

from frontispiece.archive.calendar import Mark
from frontispiece.archive.catalog import Tally
from frontispiece.models import Value
from frontispiece.money import amount
from frontispiece.purchases.estimate import USUAL_CALLS, Estimate
from frontispiece.text import counted


class DayPlan(Tally):
    """What one day asks for: how it stands, as the calendar has it, and what is to be done."""

    mark: Mark = Mark.NEVER_RUN
    to_do: int = Field(description="papers to illustrate")
    problem: str | None = Field(default=None, description="why the list could not be read")
    dollars: float | None = Field(default=0.0, description="list price of what is to do, an estimate on the high side")
    least: float = Field(default=0.0, description="list price of its cheapest picture; 0 when unknown")
    is_new: bool = Field(description="whether no run has looked at all that is asked for of the list")

    @property
    def wants_a_run(self) -> bool:
        """Whether anything is to be done, or to be written down."""
        return bool(self.to_do or self.is_new or self.problem)


class Plan(Value):
    """A whole backfill, before it is run."""

    id: str = Field(description="the backfill's id: the same for the same parameters")
    account: str = Field(description="whose purse pays: the same for the same days, source and recipe")
    days: tuple[DayPlan, ...] = Field(description="in the order in which they will be run")
    estimate: Estimate
    source: str
    writer: str = Field(description="kind and model")
    painter: str = Field(description="kind and model")
    checker: str = Field(default="", description="kind and model, and how many takes there may be; empty: nobody")
    spent: float = Field(description="dollars that this backfill has spent before")
    max_usd: float | None
    stale: int = Field(default=0, description="papers with a picture by another recipe only that are not to do")
    batch: bool = Field(default=False, description="whether prompts are ordered in batches")

    @property
    def unread(self) -> int:
        """Days whose list could not be read."""
        return sum(each.problem is not None for each in self.days)

    @property
    def is_blind(self) -> bool:
        """Whether not one list could be read: there is nothing to plan with."""
        return self.unread == len(self.days)

    @property
    def _calls(self) -> str:
        at_most = "up to " if self.estimate.calls_each > USUAL_CALLS else ""
        return f"{at_most}{counted(self.estimate.calls, 'call')}"

    @property
    def headline(self) -> str:
        """The plan in one sentence."""
        parts = [f"{sum(each.wants_a_run for each in self.days)} of {counted(len(self.days), 'day')} to run"]
        if self.estimate.papers:
            parts += [counted(self.estimate.papers, "paper"), self._calls, self.estimate.price]
            parts += [duration(self.estimate.minutes) + (" after up to 24 hours" if self.batch else "")]
        if self.unread:  # neither free nor done in a minute: nobody knows
            parts.append(f"{counted(self.unread, 'list')} could not be read, and nothing of that is in this")
        if self.stale:
            are = counted(self.stale, "stale paper is", "stale papers are")
            parts.append(f"{are} not in this, --only stale takes {'it' if self.stale == 1 else 'them'}")
        if self.max_usd is not None:
            parts.append(f"{amount(self.spent)} of ${self.max_usd:g} spent before")
        return " · ".join(parts)


def duration(minutes: float) -> str:
    """How long that is, for people."""
    if minutes < 0.25:
        return "less than a minute"
    if minutes < 1.5:
        return "about a minute"
    return f"about {minutes:,.0f} minutes" if minutes < 120 else f"about {minutes / 60:,.1f} hours"
