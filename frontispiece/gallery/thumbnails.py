"""Small copies of a picture, for pages."""

import io
from typing import Final

from PIL import Image

from frontispiece.gallery.cards import Plate
from frontispiece.gallery.layout import FALLBACK_WIDTH, fallback, webp, widths

MAX_BYTES: Final = 64_000_000
_MAX_PIXELS: Final = 40_000_000
# The quality at which hatching in ink stays clean, and little effort: twice as quick, 2 % larger.
_WEBP: Final = {"quality": 72, "method": 2}
_JPEG: Final = {"quality": 72, "optimize": True, "progressive": True}


def thumbnails(plate: Plate, content: bytes) -> dict[str, bytes] | None:
    """The thumbnails of an archived JPEG by their places in the gallery, or None when it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=("jpeg",)) as image:
            if image.width * image.height > _MAX_PIXELS:
                return None
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return None
    made = {webp(plate, width): _saved(picture, width, "WEBP", **_WEBP) for width in widths(plate)}
    made[fallback(plate)] = _saved(picture, FALLBACK_WIDTH, "JPEG", **_JPEG)
    return made


def _saved(picture: Image.Image, width: int, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    if width < picture.width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    picture.save(file, kind, **options)
    return file.getvalue()
