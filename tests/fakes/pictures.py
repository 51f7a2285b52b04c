"""Pictures for the fakes: real ones drawn by Pillow, and all that a painter should not send. No pytest in here."""

import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw


def _saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@lru_cache(maxsize=256)
def png(width: int, height: int, subject: str = "") -> bytes:
    """A small drawing that differs with its subject."""
    seed = hashlib.sha256(subject.encode()).digest()
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for index in range(6):
        x, y = seed[index] * width // 256, seed[index + 6] * height // 256
        ink = (seed[index + 12], seed[index + 13], 40)
        draw.ellipse((x - width // 6, y - width // 6, x + width // 6, y + width // 6), outline=ink, width=3)
    return _saved(image)


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims this size."""
    content = bytearray(_saved(Image.new("L", (1, 1), 255)))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


def of_scans(number: int, width: int = 384, height: int = 720) -> bytes:
    """A progressive JPEG whose last scan comes again and again: each is a walk over all pixels for a few bytes."""
    jpeg = _saved(Image.new("RGB", (width, height), "beige"), "JPEG", progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * (number - jpeg.count(b"\xff\xda")) + jpeg[-2:]


def _animated() -> bytes:
    frames = [Image.new("RGB", (384, 720), ink) for ink in ("white", "navy")]
    return _saved(frames[0], save_all=True, append_images=frames[1:], duration=100)


def _sixteen_bit() -> bytes:
    return _saved(Image.new("I;16", (384, 720), 40_000))


ODD: dict[str, Callable[[], bytes]] = {
    "1x1": lambda: _saved(Image.new("RGB", (1, 1), "white")),
    "20000x20000": lambda: claiming(20_000, 20_000),
    "animated": _animated,
    "CMYK": lambda: _saved(Image.new("CMYK", (384, 720), (10, 20, 30, 40)), "JPEG"),
    "16-bit": _sixteen_bit,
    "500 scans": lambda: of_scans(500),
    "RGBA": lambda: _saved(Image.new("RGBA", (384, 720), (200, 10, 10, 100))),
    "JPEG named png": lambda: _saved(Image.new("RGB", (384, 720), "beige"), "JPEG"),
    "black": lambda: _saved(Image.new("RGB", (384, 720), "black")),
    "cut short": lambda: png(384, 720)[:-200],
    "text": lambda: b"<html>not a picture</html>",
}


def marked(content: bytes, number: int) -> bytes:
    """The picture with its first pixel of another shade for each number: other bytes, the same look."""
    with Image.open(io.BytesIO(content)) as image:
        image.putpixel((0, 0), (number % 256,) * 3)
        file = io.BytesIO()
        image.save(file, "PNG")
    return file.getvalue()
