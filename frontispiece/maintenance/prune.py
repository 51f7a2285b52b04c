"""Lets old originals go, once their pictures are archived. SVGs stay: nothing else holds them."""

from dataclasses import dataclass
from datetime import datetime

from frontispiece.archive.paths import ORIGINALS, PICTURES
from frontispiece.archive.query import answer
from frontispiece.archive.store import Archive


@dataclass(frozen=True, slots=True)
class Prunable:
    """An original that may go."""

    path: str
    size: int
    """Bytes."""


async def prunable(archive: Archive, before: datetime) -> list[Prunable]:
    """Originals stored before that moment whose pictures are all in the archive. Raises ArchiveError.

    One without a row in the catalog stays, for its picture is still to be made; so does one with a lost picture.
    """
    pictures = {entry.path for entry in await archive.list(PICTURES)}
    made_of = "SELECT original_path, list(picture_path) FROM pictures GROUP BY original_path"
    rows = (await answer(archive, made_of)).rows
    settled = {original for original, made in rows if isinstance(made, list) and pictures.issuperset(made)}
    return [
        Prunable(entry.path, entry.size)
        for entry in await archive.list(ORIGINALS)
        if entry.modified < before and entry.path in settled
    ]
