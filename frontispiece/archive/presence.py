"""Whether there is an archive in a place: who only looks after one, or at it, shall not begin one by mistake."""

from frontispiece.archive.paths import RESULTS, ROOMS
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput
from frontispiece.settings import Settings


async def is_begun(archive: Archive) -> bool:
    """Whether a run has left anything here. Raises ArchiveError."""
    return await archive.holds_any((*ROOMS, RESULTS))


async def begun(place: str) -> Archive:
    """The archive that is at a folder or URL. Raises BadInput where there is none, and ArchiveError."""
    archive = Archive.open(place)
    if not await is_begun(archive):
        raise BadInput(nothing_in(archive))
    return archive


def nothing_in(archive: Archive) -> str:
    """The sentence about a place without an archive."""
    return f"There is no archive in {archive.where()}: frontispiece run makes one where FRONTISPIECE_ARCHIVE says."


async def for_dry_run(settings: Settings) -> Settings:
    """The settings of a run that shall leave nothing behind: its archive is in memory, unless there is one already."""
    if await is_begun(Archive.open(settings.archive)):
        return settings
    return settings.model_copy(update={"archive": "memory://"})
