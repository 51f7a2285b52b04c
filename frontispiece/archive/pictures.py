"""Which of its two names a picture gets in the archive: the plain one is the predecessor's, and of one recipe alone."""

import asyncio

from frontispiece.archive.images import MAX_BYTES, read_provenance
from frontispiece.archive.paths import picture_path
from frontispiece.archive.store import Archive
from frontispiece.models import Paper


async def put_picture(archive: Archive, paper: Paper, recipe: str, jpeg: bytes) -> str:
    """Store a paper's picture by this recipe (its fingerprint), never over that of another, and give its path.

    The plain name is for who comes first, also of two that come at once; only by its own recipe a picture there is
    replaced. Raises ArchiveError.
    """
    path = picture_path(paper)
    if not await archive.put_if_absent(path, jpeg):
        taken = await archive.get(path, max_bytes=MAX_BYTES)
        story = await asyncio.to_thread(read_provenance, taken or b"")
        if story is None or story.recipe != recipe:
            path = picture_path(paper, recipe)
        await archive.put(path, jpeg)
    return path
