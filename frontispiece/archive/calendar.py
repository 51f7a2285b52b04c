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

    def is_news(self, *, is_whole: bool) -> bool:
        """Whether a run would write down what none has yet: that its list was read, where all of it is asked for."""
        return self.mark is Mark.NEVER_RUN or (is_whole and not self.is_read)


async def calendar(catalog: Catalog, days: Days, source: str, recipe: str, categories: Sequence[str] = ()) -> list[Day]:
    """Every day of the range, in order; `categories` as in `Catalog.tallies`. Raises ArchiveError."""
    known = await _looked_at(catalog, days.first, days.last, source, recipe, categories)
    return [known.get(day) or Day(day=day, mark=Mark.NEVER_RUN) for day in days]


async def days_run(
    catalog: Catalog, source: str, recipe: str, today: date, categories: Sequence[str] = ()
) -> list[Day]:
    """Every day up to `today` that a run has looked at, in order. Raises ArchiveError."""
    days = await _looked_at(catalog, date.min, today, source, recipe, categories)
    return [days[day] for day in sorted(days)]


async def pictures_elsewhere(catalog: Catalog, source: str) -> Counter[str]:
    """How many pictures there are from other sources, by source: none of the calendar's. Raises ArchiveError."""
    rows = await catalog.narrow(("source", "picture_path"))
    places = {(row["source"], row["picture_path"]) for row in rows if row["picture_path"]}
    return Counter(each for each, path in places if each != source and (source, path) not in places)


async def note_empty(archive: Archive, day: date, source: str) -> None:
    """Remember that the source lists nothing on this day: there are no rows to tell. Raises ArchiveError."""
    await archive.put_if_absent(empty_day_path(day, source), b"")


async def _looked_at(
    catalog: Catalog, first: date, last: date, source: str, recipe: str, categories: Sequence[str]
) -> dict[date, Day]:
    """Days with rows, and those of which the source is known to list nothing."""
    empty = (day for each in await catalog.archive.list(CATALOG) if (day := empty_day(each.path, source)))
    days = {day: Day(day=day, mark=Mark.EMPTY, is_read=True) for day in empty}
    tallies = await catalog.tallies(first, last, source, recipe, categories)
    return days | {each.day: Day(mark=_mark(each), **each.model_dump()) for each in tallies}


def _mark(day: Tally) -> Mark:
    if day.is_read and day.wanted <= day.archived + day.blocked:
        return Mark.DONE
    return Mark.FAILED if day.failed and not day.archived else Mark.PARTIAL
