"""What the papers of each day have cost, and what one run did to a day: from the catalog's rows alone."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from pydantic import Field

from frontispiece.archive.catalog import Catalog
from frontispiece.errors import BudgetReached
from frontispiece.models import CallState, Status, Value
from frontispiece.money import amount, known, total
from frontispiece.text import counted

_ON_THE_BILL: Final = (CallState.DELIVERED, CallState.REFUSED)

DAYS: Final = f"""
WITH homes AS (
    SELECT run, paper_id, min(struct_pack(list_day, source)) AS home FROM parts.once GROUP BY run, paper_id
), first_homes AS (
    SELECT paper_id, min(home) AS home FROM homes GROUP BY paper_id
), paid AS (
    SELECT coalesce(homes.home, first_homes.home) AS home, dollars
    FROM purchases LEFT JOIN homes USING (run, paper_id) LEFT JOIN first_homes USING (paper_id)
    WHERE state IN {tuple(map(str, _ON_THE_BILL))}
)
SELECT home.source, home.list_day, coalesce(round(sum(dollars), 9), 0), count(*) - count(dollars)
FROM paid WHERE home IS NOT NULL GROUP BY home
"""  # noqa: S608 constants
"""Dollars and calls of unknown price by source and day, each call once: for the list that its run looked at, the
earliest where it looked at several; for that of the paper's first row where the run was killed before it wrote any."""


class Spent(Value):
    """Calls that are on the provider's bill, and what others may come to."""

    dollars: float = Field(default=0.0, description="as far as prices are known")
    unpriced: int = Field(default=0, description="how many of them have an unknown price")
    in_doubt: float | None = Field(
        default=0.0, description="dollars that calls cost at most that may be on it, too; None when unknown"
    )

    @classmethod
    def of(cls, all_of: "Iterable[Spent]") -> "Spent":
        """The sum."""
        parts = list(all_of)
        return cls(
            dollars=sum(each.dollars for each in parts),
            unpriced=sum(each.unpriced for each in parts),
            in_doubt=total(each.in_doubt for each in parts),
        )

    @property
    def price(self) -> str:
        """The sum as people read it; empty where nothing was paid."""
        parts = [amount(self.dollars)] if self.dollars else []
        parts += [f"{counted(self.unpriced, 'call')} of unknown price"] if self.unpriced else []
        if self.in_doubt != 0:
            parts += ["an unknown sum in doubt" if self.in_doubt is None else f"{amount(self.in_doubt)} in doubt"]
        return " and ".join(parts)


class DoneByRun(Value):
    """What one run did to a day's papers."""

    pictures: int
    failed: int
    blocked: int
    unbought: int = Field(description="papers left because the budget was reached")
    spent: Spent


async def spent_by_day(catalog: Catalog, source: str) -> dict[date, Spent]:
    """What has been spent on the papers of each day of this source, where anything was. Raises ArchiveError.

    All of the catalog is read, in a few columns: a call counts on one day, whatever rows tell of it.
    """
    from frontispiece.archive.query import answer  # brings DuckDB, which takes a while

    found = await answer(catalog.archive, DAYS, catalog.reader)
    return {
        day: Spent(dollars=dollars, unpriced=unpriced)
        for place, day, dollars, unpriced in map(_typed, found.rows)
        if place == source
    }


def _typed(row: tuple[object, ...]) -> tuple[str, date, float, int]:
    return row  # type: ignore[return-value] # the columns of DAYS


async def done_by_run(catalog: Catalog, run: str, day: date, for_it: str = "") -> DoneByRun:
    """What this run has recorded of the day, all its attempts together. Raises ArchiveError.

    With what the run `for_it`, such as a backfill's, has bought for the papers that it has worked on.
    """
    rows = await catalog.narrow(("run", "paper_key", "status", "reason", "purchases"), first=day, last=day)
    mine = [row for row in rows if row["run"] == run]
    done, failed, blocked = (
        {row["paper_key"] for row in mine if row["status"] == status}
        for status in (Status.DONE, Status.FAILED, Status.BLOCKED)
    )
    unbought = {row["paper_key"] for row in mine if row["reason"] == BudgetReached.__name__}
    calls = {call["call"]: call for row in mine for call in row["purchases"] or () if call["run"] in (run, for_it)}
    prices = [call["dollars"] for call in calls.values() if call["state"] in _ON_THE_BILL]
    doubtful = [call["dollars"] for call in calls.values() if call["state"] == CallState.IN_DOUBT]
    spent = Spent(dollars=known(prices), unpriced=prices.count(None), in_doubt=total(doubtful))
    return DoneByRun(
        pictures=len(done),
        failed=len(failed - done - blocked),
        blocked=len(blocked - done),
        unbought=len(unbought - done - blocked - failed),
        spent=spent,
    )
