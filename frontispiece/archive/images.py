"""Pictures as bytes: what a painter sent is checked before it is decoded, and archived as a JPEG with its story."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image, ImageOps

from frontispiece.archive.provenance import CREATOR_TOOL, MAX_LINE, Provenance, from_xmp, to_xmp
from frontispiece.errors import NotAccepted, ProviderBroken
from frontispiece.text import one_line

__all__ = ["MAX_BYTES", "ImageFacts", "Provenance", "inspect", "read_provenance", "thumbnail", "to_jpeg"]

MAX_BYTES = 64_000_000
MAX_PIXELS = 100_000_000
MIN_SIDE = 16
MAX_SIDE = 65_000  # JPEG ends at 65,535
# Painters that withhold a picture send an all-black one; as a JPEG it may be a shade off.
BLACK = 8
BLANK = 8

# Pillow's own bound would warn on stderr and lies above ours, which is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
# Damaged EXIF in a picture from outside is nobody's concern: it is not kept.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")

Format = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a picture's bytes are, whatever was promised."""

    format: Format
    width: int
    """Pixels, as stored: before any turn that EXIF asks for."""
    height: int
    black: bool
    """Whether it is black all over."""
    blank: bool
    """Whether it is one colour all over, black included."""
    dhash: str
    """What it looks like: 256 bits as 64 hex digits, nearly the same for pictures that look the same."""


def inspect(content: bytes, most_pixels: int = MAX_PIXELS) -> ImageFacts:
    """Decode a picture from outside once, within bounds.

    Raises ProviderBroken when it is no picture, damaged or tiny; NotAccepted when it is none of PNG, JPEG and WebP, or
    larger than allowed.
    """
    with _decoded(content, most_pixels=most_pixels) as (kind, image):
        flat = _flat(image)
        # RGB: a pair a band.
        bands: list[tuple[int, int]] = [(int(low), int(high)) for low, high in flat.getextrema()]  # type: ignore[misc]
        return ImageFacts(
            kind,
            image.width,
            image.height,
            black=max(high for _, high in bands) <= BLACK,
            blank=max(high - low for low, high in bands) <= BLANK,
            dhash=_dhash(flat),
        )


def _dhash(picture: Image.Image) -> str:
    """Of a grey miniature of 17x16 dots, whether each dot is darker than its right neighbour, row by row."""
    dots = picture.convert("L").resize((17, 16), Image.Resampling.BOX).tobytes()
    bits = ("1" if dots[17 * y + x] < dots[17 * y + x + 1] else "0" for y in range(16) for x in range(16))
    return f"{int(''.join(bits), 2):064x}"


def to_jpeg(content: bytes, quality: int, provenance: Provenance) -> tuple[bytes, int, int]:
    """The picture as a baseline JPEG that carries its story, with its width and height.

    The same input gives the same bytes. Transparent parts become white, of an animation the first frame is taken,
    and a turn that EXIF asks for is made. Raises ProviderBroken as `inspect` does.
    """
    with _decoded(content) as (_, image):
        picture = _flat(image)
    exif = Image.Exif()
    exif[_DESCRIPTION] = " ".join(
        one_line(text, MAX_LINE) for text in (provenance.title, provenance.paper_url)
    ).encode()
    exif[_SOFTWARE] = CREATOR_TOOL
    exif[_DATE_TIME] = f"{provenance.created.isoformat().replace('-', ':')} 00:00:00"
    return _saved(picture, quality, exif=exif.tobytes(), xmp=to_xmp(provenance)), picture.width, picture.height


def read_provenance(content: bytes) -> Provenance | None:
    """The story in a JPEG, or None when it is no JPEG or carries no story of ours."""
    try:
        with Image.open(io.BytesIO(content), formats=("jpeg",)) as image:
            packet = image.info.get("xmp")
    except _BROKEN:
        return None
    return from_xmp(packet) if isinstance(packet, bytes) else None


def thumbnail(content: bytes, max_side: int = 256, max_bytes: int = 20_000) -> bytes:
    """A small JPEG of the picture, without metadata. Raises ProviderBroken as `inspect` does."""
    with _decoded(content, side=2 * max_side) as (_, image):
        picture = _flat(image)
    side = max_side
    while True:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in (75, 60, 45):
            small = _saved(picture, quality)
            if len(small) <= max_bytes or side <= MIN_SIDE:
                return small
        side = side * 3 // 4


_MAGIC: Final[tuple[tuple[bytes, int, Format], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"\xff\xd8\xff", 0, "jpeg"),
    (b"WEBP", 8, "webp"),
)
_NOT_TAKEN: Final[tuple[tuple[bytes, int, str], ...]] = (
    (b"GIF8", 0, "GIF"),
    (b"BM", 0, "BMP"),
    (b"II*\0", 0, "TIFF"),
    (b"MM\0*", 0, "TIFF"),
    (b"ftypavif", 4, "AVIF"),
    (b"ftyphei", 4, "HEIC"),
    (b"<svg", 0, "SVG"),
)
_DESCRIPTION, _SOFTWARE, _DATE_TIME = 0x010E, 0x0131, 0x0132
# Pillow's decoders answer damage with any of these; Image.UnidentifiedImageError is an OSError.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError, OverflowError, struct.error, zlib.error
)  # fmt: skip


@contextmanager
def _decoded(
    content: bytes, side: int = MAX_SIDE, most_pixels: int = MAX_PIXELS
) -> Iterator[tuple[Format, Image.Image]]:
    """The picture, wholly decoded; ProviderBroken when there is none to trust.

    A JPEG that is larger than `side` pixels is decoded at a half, quarter or eighth, in as much less time.
    """
    kind = _kind(content)
    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as image:
            _check_size(image.width, image.height, most_pixels)
            image.draft(None, (side, side))
            image.load()
            yield kind, image
    except _BROKEN as error:
        raise ProviderBroken(f"The picture sent is a damaged {kind.upper()} ({len(content):,} bytes).") from error


def _kind(content: bytes) -> Format:
    if len(content) > MAX_BYTES:
        raise NotAccepted(f"The picture sent has {len(content):,} bytes; {MAX_BYTES:,} are the most.")
    for magic, place, kind in _MAGIC:
        if content.startswith(magic, place):
            return kind
    for magic, place, name in _NOT_TAKEN:
        if content.startswith(magic, place):
            raise NotAccepted(
                f"The picture sent is a {name}, and only PNG, JPEG and WebP are taken: choose another model."
            )
    raise ProviderBroken(f"What was sent as a picture is no PNG, JPEG or WebP; it begins {content[:16]!r}.")


def _check_size(width: int, height: int, most_pixels: int) -> None:
    has = f"The picture sent has {width}x{height} pixels"
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        raise ProviderBroken(f"{has}; {MIN_SIDE} a side are the least and {MAX_SIDE:,} the most.")
    if width * height > most_pixels:
        raise NotAccepted(f"{has}, and {most_pixels:,} in all are the most: FRONTISPIECE_PICTURE_MEGAPIXELS says so.")


def _flat(image: Image.Image) -> Image.Image:
    """A copy of the picture as upright, opaque RGB without metadata."""
    image = _upright(image)
    if image.mode.startswith("I"):
        # 16 bits a pixel: Pillow would clip them, not scale them.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    flat = image.convert("RGB")
    flat.info.clear()  # or Pillow would pass the original's metadata on
    return flat


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        return image  # its EXIF is damaged, the picture is not


def _saved(picture: Image.Image, quality: int, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, optimize=True, exif=exif, xmp=xmp)
    return file.getvalue()
