"""How the days of a range stand, one recipe and one source at a time: computed from the catalog's rows alone."""

from datetime import date
from enum import StrEnum

from frontispiece.archive.catalog import Catalog, Tally
from frontispiece.archive.paths import CATALOG, empty_day, empty_day_path
from frontispiece.archive.store import Archive
from frontispiece.dates import Days


class Mark(StrEnum):
    """A day in one word."""

    DONE = "done"  # every paper with the votes is archived or refused for good
    PARTIAL = "partial"  # some papers are still to be illustrated
    FAILED = "failed"  # papers failed, and not one is archived
    EMPTY = "empty"  # the source lists nothing
    NEVER_RUN = "never run"


class Day(Tally):
    """One day of the calendar."""

    mark: Mark

    @property
    def to_do(self) -> int:
        """Papers that still want a picture."""
        return self.wanted - self.archived - self.blocked


async def calendar(archive: Archive, days: Days, source: str, recipe: str) -> list[Day]:
    """Every day of the range, in order. Raises ArchiveError."""
    tallies = await Catalog(archive).tallies(days.first, days.last, source, recipe)
    known = {each.day: Day(mark=_mark(each), **each.model_dump()) for each in tallies}
    empty = {day for each in await archive.list(CATALOG) if (day := empty_day(each.path, source))}
    return [known.get(day) or Day(day=day, mark=Mark.EMPTY if day in empty else Mark.NEVER_RUN) for day in days]


async def note_empty(archive: Archive, day: date, source: str) -> None:
    """Remember that the source lists nothing on this day: there are no rows to tell. Raises ArchiveError."""
    await archive.put_if_absent(empty_day_path(day, source), b"")


def _mark(day: Tally) -> Mark:
    if day.wanted <= day.archived + day.blocked:
        return Mark.DONE
    return Mark.FAILED if day.failed and not day.archived else Mark.PARTIAL
