"""Puts the many small files of the catalog's closed months together, one a month, without ever losing a row.

A month's new file is written, synced and read back before any old one goes, and an old one goes only while its bytes
are those that were put together. Killed anywhere in between, rows stand in two files: every reader takes each row once
(`frontispiece.archive.precedence`), and the next call finishes the work. A reader that finds a listed file gone lists
again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from frontispiece.archive.catalog import merged
from frontispiece.archive.paths import CATALOG, catalog_month, catalog_month_path
from frontispiece.archive.reader import MAX_FILE
from frontispiece.archive.store import Archive
from frontispiece.dates import month_of
from frontispiece.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class Compacted:
    """A month whose files became one."""

    month: str
    files: int
    """How many there were."""
    path: str
    """The one there is now."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What came of putting all closed months together."""

    months: tuple[Compacted, ...]
    problems: tuple[str, ...]
    """Months that stay as they are, and why, a sentence each."""


async def compact_closed_months(archive: Archive, today: date) -> Tidied:
    """Put the files of every month before that of `today` (UTC) together.

    Raises ArchiveError where the catalog cannot be listed.
    """
    months, problems = [], []
    for month, paths in (await months_to_compact(archive, today)).items():
        try:
            if done := await compact_month(archive, month, paths):
                months.append(done)
        except ArchiveError as error:
            problems.append(f"The catalog's files of {month} stay as they are: {error}")
    return Tidied(tuple(months), tuple(problems))


async def months_to_compact(archive: Archive, today: date) -> dict[str, list[str]]:
    """The catalog's files of every month before that of `today` (UTC) which has several. Raises ArchiveError."""
    months: dict[str, list[str]] = defaultdict(list)
    for entry in await archive.list(CATALOG):
        month = catalog_month(entry.path)
        if month is not None and month < month_of(today):
            months[month].append(entry.path)
    return {month: paths for month, paths in sorted(months.items()) if len(paths) > 1}


async def compact_month(archive: Archive, month: str, paths: Sequence[str]) -> Compacted | None:
    """Put these files of a month together; None when another program has done so meanwhile.

    Raises ArchiveError, and then nothing is lost: also for a file that cannot be read.
    """
    sources: dict[str, bytes] = {}
    for path in paths:
        content = await archive.get(path, max_bytes=MAX_FILE)
        if content is None:
            return None
        sources[path] = content
    together = merged(sources)
    # Named by its content: whoever puts the same rows together writes the same file.
    target = catalog_month_path(month, sha256(together).hexdigest()[:32])
    if sources.get(target) != together:
        await archive.put(target, together, durable=True)
        if await archive.get(target, max_bytes=MAX_FILE) != together:
            raise ArchiveError(f"The archive does not give back what was written to {archive.where(target)}.")
    for path, content in sources.items():
        # Nobody writes a file anew; but what goes for good is looked at once more.
        if path != target and await archive.get(path, max_bytes=MAX_FILE) == content:
            await archive.delete(path)
    return Compacted(month, len(sources), target)
