"""How the days of a range stand, one recipe and one source at a time: computed from the catalog's rows alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypedDict

from pydantic import Field

from tasks.archive.catalog import Catalog
from tasks.archive.layout import CATALOG, empty_day, empty_day_path
from tasks.archive.store import Archive
from tasks.models import Status, Value
from tasks.ranges import Days

COLUMNS: Final = (
    *("list_day", "source", "paper_key", "rank", "recipe", "status", "reason"),
    *("run", "run_finished_at", "writer", "painter"),
)
ARCHIVED, TOO_FEW_VOTES = "archived", "upvotes"


class Row(TypedDict):
    """A row of the catalog, as far as a calendar asks."""

    list_day: date
    source: str
    paper_key: str
    rank: int
    recipe: str
    status: str
    reason: str | None
    run: str
    run_finished_at: datetime
    writer: str | None
    painter: str | None


class Mark(StrEnum):
    """A day in one word."""

    DONE = "done"  # every paper with the votes is archived or refused for good
    PARTIAL = "partial"  # some papers are still to be illustrated
    FAILED = "failed"  # papers failed, and not one is archived
    EMPTY = "empty"  # the source lists nothing
    NEVER_RUN = "never run"


class Day(Value):
    """One day of the calendar. All numbers but `stale` are papers under one recipe."""

    day: date
    mark: Mark
    listed: int = Field(default=0, description="papers that were on the list at any time")
    wanted: int = Field(default=0, description="those of them with enough votes")
    prompted: int = Field(default=0, description="papers with a prompt")
    painted: int = Field(default=0, description="papers with a painting")
    archived: int = Field(default=0, description="papers with a picture")
    failed: int = Field(default=0, description="papers whose last trip failed")
    blocked: int = Field(default=0, description="papers a provider refuses for their content")
    stale: int = Field(default=0, description="papers whose only pictures are by other recipes")
    left: int = Field(default=0, description="archived papers that have gone from the list since")
    run: str | None = Field(default=None, description="the newest run over this day")

    @property
    def to_do(self) -> int:
        """Papers that still want a picture."""
        return self.wanted - self.archived - self.blocked


async def calendar(archive: Archive, days: Days, source: str, recipe: str) -> list[Day]:
    """Every day of the range, in order. Raises ArchiveError."""
    rows = await Catalog(archive).narrow(COLUMNS, first=days.first, last=days.last)
    empty = {day for each in await archive.list(CATALOG) if (day := empty_day(each.path, source))}
    return marked(rows, days, source, recipe, empty)  # type: ignore[arg-type] # the rows have these columns


async def note_empty(archive: Archive, day: date, source: str) -> None:
    """Remember that the source lists nothing on this day: there are no rows to tell. Raises ArchiveError."""
    await archive.put_if_absent(empty_day_path(day, source), b"")


def marked(rows: Iterable[Row], days: Days, source: str, recipe: str, empty: Collection[date]) -> list[Day]:
    """The days as these rows tell; `empty` are those on which the source lists nothing."""
    by_day: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        if row["source"] == source:
            by_day[row["list_day"]].append(row)
    nothing = {True: Mark.EMPTY, False: Mark.NEVER_RUN}
    return [
        _day(day, by_day[day], recipe) if day in by_day else Day(day=day, mark=nothing[day in empty]) for day in days
    ]


def _day(day: date, rows: list[Row], recipe: str) -> Day:
    papers: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["run_finished_at"], row["run"])):
        papers[row["paper_key"]].append(row)
    newest = max(rows, key=lambda row: (row["run_finished_at"], row["run"]))["run"]
    listed_now = {row["paper_key"] for row in rows if row["run"] == newest}
    counts = dict.fromkeys(("wanted", "prompted", "painted", "archived", "failed", "blocked", "stale", "left"), 0)
    for key, about in papers.items():
        ours = [row for row in about if row["recipe"] == recipe]
        is_archived = any(row["status"] == Status.DONE or row["reason"] == ARCHIVED for row in ours)
        trips = [row["status"] for row in ours if row["status"] != Status.SKIPPED]
        last = trips[-1] if trips and not is_archived else None
        counts["wanted"] += is_archived or about[-1]["reason"] != TOO_FEW_VOTES
        counts["prompted"] += is_archived or any(row["writer"] for row in ours)
        counts["painted"] += is_archived or any(row["painter"] for row in ours)
        counts["archived"] += is_archived
        counts["failed"] += last == Status.FAILED
        counts["blocked"] += last == Status.BLOCKED
        counts["stale"] += not is_archived and any(row["status"] == Status.DONE for row in about)
        # A run that took only the first papers of a list says nothing of those behind them.
        counts["left"] += is_archived and key not in listed_now and about[-1]["rank"] < len(listed_now)
    mark = _mark(counts["wanted"] - counts["archived"] - counts["blocked"], counts["archived"], counts["failed"])
    return Day(day=day, mark=mark, listed=len(papers), run=newest, **counts)


def _mark(to_do: int, archived: int, failed: int) -> Mark:
    if to_do <= 0:
        return Mark.DONE
    return Mark.FAILED if failed and not archived else Mark.PARTIAL
