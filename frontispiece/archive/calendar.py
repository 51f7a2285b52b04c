"""How the days of a range stand, one recipe and one source at a time: computed from the catalog's rows alone.

What is said here of a day, its mark and its counts, is what plans and calendars show, wherever they are shown.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from frontispiece.archive.catalog import Catalog, Tally
from frontispiece.archive.paths import CATALOG, empty_day, empty_day_path
from frontispiece.archive.store import Archive
from frontispiece.dates import Days

COUNTS: Final = ("listed", "prompted", "painted", "archived", "failed", "blocked", "stale", "left")
"""The columns of plans and calendars, by the fields of a tally."""


class Mark(StrEnum):
    """A day in one word."""

    DONE = "done"  # its list was read in full, and every paper with the votes is archived or refused for good
    PARTIAL = "partial"  # some papers are still to be illustrated, or to be looked at
    FAILED = "failed"  # papers failed, and not one is archived
    EMPTY = "empty"  # the source lists nothing
    NEVER_RUN = "never run"

    @property
    def label(self) -> str:
        """The word behind its sign."""
        return f"{_SIGNS[self]} {self}"


_SIGNS: Final = {Mark.DONE: "✓", Mark.PARTIAL: "◐", Mark.FAILED: "✗", Mark.EMPTY: "–", Mark.NEVER_RUN: "·"}


class Day(Tally):
    """One day of the calendar."""

    mark: Mark

    @property
    def to_do(self) -> int:
        """Papers that were looked at and still want a picture."""
        return self.wanted - self.archived - self.blocked


async def calendar(catalog: Catalog, days: Days, source: str, recipe: str, categories: Sequence[str] = ()) -> list[Day]:
    """Every day of the range, in order; `categories` as in `Catalog.tallies`. Raises ArchiveError."""
    tallies = await catalog.tallies(days.first, days.last, source, recipe, categories)
    known = {each.day: Day(mark=_mark(each), **each.model_dump()) for each in tallies}
    empty = {day for each in await catalog.archive.list(CATALOG) if (day := empty_day(each.path, source))}
    return [known.get(day) or _without_rows(day, day in empty) for day in days]


async def days_run(
    catalog: Catalog, source: str, recipe: str, today: date, categories: Sequence[str] = ()
) -> list[Day]:
    """Every day up to `today` that a run has looked at, in order. Raises ArchiveError."""
    tallies = await catalog.tallies(date.min, today, source, recipe, categories)
    days = {each.day: Day(mark=_mark(each), **each.model_dump()) for each in tallies}
    for each in await catalog.archive.list(CATALOG):
        if (day := empty_day(each.path, source)) and day not in days:
            days[day] = _without_rows(day, is_empty=True)
    return [days[day] for day in sorted(days)]


async def pictures_elsewhere(catalog: Catalog, source: str) -> Counter[str]:
    """How many pictures there are from other sources, by source: none of the calendar's. Raises ArchiveError."""
    rows = await catalog.narrow(("source", "picture_path"))
    places = {(row["source"], row["picture_path"]) for row in rows if row["picture_path"]}
    return Counter(each for each, path in places if each != source and (source, path) not in places)


async def note_empty(archive: Archive, day: date, source: str) -> None:
    """Remember that the source lists nothing on this day: there are no rows to tell. Raises ArchiveError."""
    await archive.put_if_absent(empty_day_path(day, source), b"")


def _without_rows(day: date, is_empty: bool) -> Day:
    return Day(day=day, mark=Mark.EMPTY if is_empty else Mark.NEVER_RUN, is_read=is_empty)


def _mark(day: Tally) -> Mark:
    if day.is_read and day.wanted <= day.archived + day.blocked:
        return Mark.DONE
    return Mark.FAILED if day.failed and not day.archived else Mark.PARTIAL
