"""What is said of days of which there is no picture."""

from contextlib import suppress

from frontispiece.archive.paths import CATALOG, empty_day
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.errors import BadInput, SourceError
from frontispiece.settings import Settings
from frontispiece.sources import days_known, open_source


async def no_picture(archive: Archive, days: Days, settings: Settings) -> BadInput:
    """The error about days without a picture: that a run makes some, unless it is known to find none.

    Raises ArchiveError.
    """
    one = len(days) == 1
    said = f"The archive has no picture of {days.first if one else days}"
    empty = {empty_day(each.path, settings.source) for each in await archive.list(CATALOG)}
    if empty.issuperset(days):
        return BadInput(f"{said}: {settings.source} lists no papers {'on that day' if one else 'on these days'}.")
    with suppress(SourceError, BadInput):  # it may not be there any longer
        source = open_source(settings.source, settings)
        try:
            known = await days_known(source)
        finally:
            await source.close()
        if known and (days.last < known.first or days.first > known.last):
            return BadInput(f"{said}: {settings.source} has papers from {known.first} to {known.last} only.")
    return BadInput(f"{said}; frontispiece {f'run {days.first}' if one else f'backfill {days}'} makes some.")
