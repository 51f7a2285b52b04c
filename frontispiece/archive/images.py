"""Pictures as bytes: what a painter sent is checked before it is decoded, and archived as a JPEG with its story.

Nothing from outside is decoded in this process (`frontispiece.archive.decoding`).
"""

import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from frontispiece.archive.decoding import decode
from frontispiece.archive.provenance import CREATOR_TOOL, MAX_LINE, Provenance, from_xmp, to_xmp
from frontispiece.errors import Blocked, NotAccepted, ProviderBroken, ProviderError
from frontispiece.tex import readable
from frontispiece.text import one_line

__all__ = [
    "MAX_BYTES",
    "Copy",
    "ImageFacts",
    "Provenance",
    "at_side",
    "copies",
    "inspect",
    "read_provenance",
    "thumbnail",
    "to_jpeg",
]

MAX_BYTES = 64_000_000
MAX_PIXELS = 100_000_000
# A progressive JPEG has ten, a few dozen where a program has sought the best, and each walks over all pixels.
MAX_SCANS = 100
MIN_SIDE, MAX_SIDE = 16, 65_000  # JPEG ends at 65,535

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
    """Decode a picture from outside once, within bounds; a WebP's pixels count twice, as they take twice the memory.

    Raises ProviderBroken when it is no picture, damaged or tiny; NotAccepted when it is none of PNG, JPEG and WebP, or
    larger than allowed; Blocked when it takes more time or memory than any honest picture; ArchiveUnavailable.
    """
    said, _ = _decoded(content, "facts", most_pixels=most_pixels)
    return ImageFacts(format=_kind(content), **said)


def to_jpeg(content: bytes, quality: int, provenance: Provenance) -> tuple[bytes, int, int]:
    """The picture as a baseline JPEG that carries its story, with its width and height.

    The same input gives the same bytes. Transparent parts become white, of an animation the first frame is taken,
    and a turn that EXIF asks for is made. Raises as `inspect` does.
    """
    title = unicodedata.normalize("NFKD", one_line(readable(provenance.title), MAX_LINE)).encode("ascii", "ignore")
    midnight = "" if provenance.made else " 00:00:00"
    exif = {
        # The standard allows ASCII here, and programs read anything else as Latin-1: the title itself is in the XMP.
        _DESCRIPTION: one_line(f"{title.decode()} {provenance.paper_url}"),
        _SOFTWARE: CREATOR_TOOL,
        _DATE_TIME: provenance.made_on[:19].replace("-", ":").replace("T", " ") + midnight,
    }
    # Colour at half the size is what photos bear, and a drawing in ink does not.
    sampling = 2 if provenance.is_ai else 0
    xmp = to_xmp(provenance).decode()
    said, (made,) = _decoded(content, "jpeg", quality=quality, sampling=sampling, exif=exif, xmp=xmp)
    return made, said["width"], said["height"]


def read_provenance(content: bytes) -> Provenance | None:
    """The story in a JPEG, or None when it is no JPEG or carries no story of ours."""
    packet = _xmp(content)
    return None if packet is None else from_xmp(packet)


def _xmp(content: bytes) -> bytes | None:
    """The packet in the last segment before the pixels that has one."""
    packet, place = None, 2
    while content.startswith(b"\xff\xd8") and place + 4 <= len(content):
        start, marker, length = struct.unpack_from(">BBH", content, place)
        if start != 0xFF or marker == 0xDA:
            break
        if marker == 0xE1 and content.startswith(_XMP, place + 4):
            packet = content[place + 4 + len(_XMP) : place + 2 + length]
        place += 2 + length
    return packet


def thumbnail(content: bytes, max_side: int = 256, max_bytes: int = 20_000) -> bytes:
    """A small JPEG of the picture, without metadata. Raises as `inspect` does."""
    _, (made,) = _decoded(content, "thumbnail", side=2 * max_side, max_side=max_side, max_bytes=max_bytes)
    return made


def at_side(content: bytes, side: int) -> bytes:
    """The picture as a JPEG whose longer side has so many pixels, for who reads what is on it.

    Small pictures are enlarged, four times at most. Raises as `inspect` does.
    """
    _, (made,) = _decoded(content, "at_side", longer=side)
    return made


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that is wanted of a picture."""

    width: int
    """Pixels; it is not enlarged."""
    kind: str
    """As Pillow calls it, such as WEBP."""
    options: Mapping[str, object]
    """Pillow's, of that kind."""
    levels: int = 256
    """So many values red, green and blue may have: with few of them ink on paper takes less room."""


def copies(content: bytes, kind: Format, most_pixels: int, wanted: Sequence[Copy]) -> list[bytes]:
    """Copies of an archived picture of this kind, without metadata; the widest comes first.

    Of a much larger JPEG no more is decoded than that takes. Raises as `inspect` does, and ProviderBroken when the
    picture is of another kind.
    """
    if _kind(content) != kind:
        raise ProviderBroken(f"The picture is no {kind.upper()}.")
    asked = [(each.width, each.levels, each.kind, dict(each.options)) for each in wanted]
    return _decoded(content, "copies", most_pixels=most_pixels, side=wanted[0].width, wanted=asked)[1]


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
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


def _decoded(
    content: bytes, work: str, *, most_pixels: int = MAX_PIXELS, side: int = MAX_SIDE, **options: object
) -> tuple[dict[str, Any], list[bytes]]:
    kind = _kind(content)
    # These bytes begin a scan wherever they stand in what is decoded; elsewhere chance has them once in 65,000 bytes.
    if kind == "jpeg" and (scans := content.count(b"\xff\xda")) > MAX_SCANS + len(content) // 30_000:
        raise Blocked(f"The picture sent is a JPEG of {scans:,} scans, made to take long; {MAX_SCANS} are the most.")
    most = most_pixels // 2 if kind == "webp" else most_pixels
    said, made = decode(content, work=work, kind=kind, most_pixels=most, side=side, options=options)
    if "unfit" in said:
        raise _refusal(kind, len(content), most, *said["unfit"])
    return said, made


def _refusal(kind: Format, size: int, most_pixels: int, why: str, width: int = 0, height: int = 0) -> ProviderError:
    has = f"The picture sent has {f'{width}x{height}' if width else 'too many'} pixels"
    match why:
        case "damaged":
            return ProviderBroken(f"The picture sent is a damaged {kind.upper()} ({size:,} bytes).")
        case "side":
            return ProviderBroken(f"{has}; {MIN_SIDE} a side are the least and {MAX_SIDE:,} the most.")
        case "pixels":
            return NotAccepted(
                f"{has}, and {most_pixels:,} are the most of a {kind.upper()}: FRONTISPIECE_PICTURE_MEGAPIXELS says so."
            )
        case "crash":
            return Blocked(f"The picture sent, a {kind.upper()} of {size:,} bytes, makes its decoder crash.")
        case _:
            return Blocked(
                f"The picture sent, a {kind.upper()} of {size:,} bytes, takes more {why} to decode than one of its "
                "size may."
            )


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
