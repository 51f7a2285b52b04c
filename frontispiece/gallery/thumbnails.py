"""Small copies of a picture, for pages."""

import re
from typing import Final

from frontispiece.archive.images import Copy, copies
from frontispiece.errors import ProviderError
from frontispiece.gallery.layout import FALLBACK_WIDTH, Shown, thumbs, widths
from frontispiece.painters import draws_lines

MAX_BYTES: Final = 64_000_000
MAX_PIXELS: Final = 40_000_000
# Little effort: twice as quick, 2 % larger.
_WEBP: Final[dict[str, object]] = {"quality": 72, "method": 2}
# Ink without loss is smaller than that, and quicker; what is shrunk has greys that nobody tells from a few.
_INK: Final[dict[str, object]] = {"lossless": True, "quality": 0, "method": 2}
_GREYS: Final = 12
_JPEG: Final[dict[str, object]] = {"quality": 72, "optimize": True}
_PNG: Final = re.compile(r"originals/[0-9a-f]{64}\.png")


def drawing(painter: str | None, original: str | None) -> str | None:
    """Where the original is that thumbnails are made from, of a line drawing; None of all other pictures."""
    if painter is None or original is None or not _PNG.fullmatch(original):
        return None
    return original if draws_lines(painter) else None


def thumbnails(plate: Shown, content: bytes, drawn: bool = False) -> dict[str, bytes] | None:
    """The thumbnails by their places in the gallery, or None when the picture cannot be decoded.

    They are made of the archived JPEG, or of the PNG that was `drawn`. Raises ArchiveUnavailable.
    """
    options = _INK if drawn else _WEBP
    wanted = [
        Copy(width, "WEBP", options, _GREYS if drawn and width < plate.width else 256)
        for width in reversed(widths(plate))
    ]
    wanted.append(Copy(FALLBACK_WIDTH, "JPEG", _JPEG))
    try:
        made = copies(content, "png" if drawn else "jpeg", MAX_PIXELS, wanted)
    except ProviderError:
        return None
    return dict(zip(thumbs(plate), made, strict=True))
