"""Small copies of a picture, for pages."""

from typing import Final

from frontispiece.archive.images import copies
from frontispiece.errors import ProviderError
from frontispiece.gallery.layout import FALLBACK_WIDTH, Shown, fallback, webp, widths

MAX_BYTES: Final = 64_000_000
MAX_PIXELS: Final = 40_000_000
# The quality at which hatching in ink stays clean, and little effort: twice as quick, 2 % larger.
_WEBP: Final[dict[str, object]] = {"quality": 72, "method": 2}
_JPEG: Final[dict[str, object]] = {"quality": 72, "optimize": True}


def thumbnails(plate: Shown, content: bytes) -> dict[str, bytes] | None:
    """The thumbnails of an archived JPEG by their places in the gallery, or None when it cannot be decoded.

    Raises ArchiveUnavailable.
    """
    wanted = {webp(plate, width): (width, "WEBP", _WEBP) for width in reversed(widths(plate))}
    wanted[fallback(plate)] = (FALLBACK_WIDTH, "JPEG", _JPEG)
    try:
        made = copies(content, MAX_PIXELS, list(wanted.values()))
    except ProviderError:
        return None
    return dict(zip(wanted, made, strict=True))
