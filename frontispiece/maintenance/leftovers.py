"""Removes what killed programs have left half done: files they were writing, and folders they used for a while."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from frontispiece.archive.paths import RESULTS, ROOMS
from frontispiece.archive.store import Archive
from frontispiece.gallery.layout import GALLERY
from frontispiece.scratch import sweep

OLD: Final = timedelta(days=1)
"""Nobody writes at one file for so long."""


async def remove_leftovers(archive: Archive, now: datetime) -> int:
    """Remove those that nothing has changed for a day; gives how many. Raises ArchiveError."""
    before = now - OLD
    counts = [await archive.remove_unfinished(room, before) for room in (*ROOMS, RESULTS, GALLERY)]
    return sum(counts) + await asyncio.to_thread(sweep, before)
