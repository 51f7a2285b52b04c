"""Where pictures are: the original, as its painter sent it, and which of two names what is made of it gets.

The plain name is the predecessor's, and of one recipe alone.
"""

import asyncio
import hashlib

from frontispiece.archive.images import MAX_BYTES, read_provenance
from frontispiece.archive.paths import picture_path
from frontispiece.archive.store import Archive
from frontispiece.errors import OriginalMissing
from frontispiece.models import Painting, Paper


async def get_original(archive: Archive, paper: Paper, painting: Painting) -> bytes:
    """The bytes that the painter sent. Raises OriginalMissing when they are gone or damaged, and ArchiveError."""
    source = painting.original
    original = await archive.get(source.path, max_bytes=MAX_BYTES)
    if original is None or hashlib.sha256(original).hexdigest() != source.digest:
        raise OriginalMissing(f"The original of {paper.id} is missing or damaged in the archive: {source.path}.")
    return original


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
