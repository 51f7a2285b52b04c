"""Decodes pictures from outside, in a process of its own: the only code that looks at their pixels.

`frontispiece.archive.decoding` starts this file as a program that answers until its other end is gone. Nothing of the
library is imported, so that it starts quickly and a picture that takes a decoder over finds nothing here.

What a picture may take is bounded before and while it is decoded, by its own number of pixels: processor time by a
timer, after which the kernel ends the process, wherever it is; memory by RLIMIT_AS, where there is one that holds
(Linux). Elsewhere the memory is bounded by the pixels alone: no format needs more than 16 bytes for one.
"""

import io
import json
import os
import resource
import select
import signal
import sys
import warnings
from _thread import start_new_thread
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from PIL import Image, ImageCms, ImageOps, TiffTags

Answer = tuple[dict[str, Any], list[bytes]]
"""What is said of a picture, and the pictures made of it."""

SRGB: Final = ImageCms.createProfile("sRGB")
# Tags of EXIF.
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
DATE_TIME, POSITIONING, EXIF_IFD = 0x0132, 0x0213, 0x8769
VERSION, ORIGINALLY, DIGITIZED, COMPONENTS, FLASHPIX = 0x9000, 0x9003, 0x9004, 0x9101, 0xA000
COLOUR_SPACE, WIDTH, HEIGHT = 0xA001, 0xA002, 0xA003
# A tag whose type Pillow does not know.
TiffTags.TAGS_V2_GROUPS.setdefault(EXIF_IFD, {})[COMPONENTS] = TiffTags.TagInfo(
    COMPONENTS, "ComponentsConfiguration", TiffTags.UNDEFINED, 1
)
MIN_SIDE: Final = 16
MAX_SIDE: Final = 65_000  # JPEG ends at 65,535
# Painters that withhold a picture send an all-black one; as a JPEG it may be a shade off.
BLACK: Final = 8
BLANK: Final = 8
MAX_VALUE: Final = 255  # of a colour

# Ten times what ordinary pictures take on an ordinary machine.
SECONDS: Final = 2.0
PIXELS_A_SECOND: Final = 4_000_000
# A WebP takes 16 bytes a pixel and its copy 4, a progressive JPEG 10 and 4; encoding again takes 6.
BYTES_A_PIXEL: Final = 24
SPARE_BYTES: Final = 128_000_000
ROWS: Final = 64
# What Pillow says where zlib or a decoder of its own got no memory: it is not damage.
NO_MEMORY: Final = ("memory", "bad configuration")


class Unfit(Exception):
    """The picture cannot be taken: its arguments are why (side, pixels, damaged), and its size as far as it matters."""


def facts(image: Image.Image) -> Answer:
    """What the picture looks like: black or blank all over, and its dHash."""
    flat = _flat(image)
    # RGB: a pair a band.
    bands: list[tuple[int, int]] = [(int(low), int(high)) for low, high in flat.getextrema()]  # type: ignore[misc]
    black, blank = max(high for _, high in bands) <= BLACK, max(high - low for low, high in bands) <= BLANK
    return {"black": black, "blank": blank, "dhash": _dhash(flat)}, []


def _dhash(picture: Image.Image) -> str:
    """Of a grey miniature of 17x16 dots, whether each dot is darker than its right neighbour, row by row."""
    dots = picture.convert("L").resize((17, 16), Image.Resampling.BOX).tobytes()
    bits = ("1" if dots[17 * y + x] < dots[17 * y + x + 1] else "0" for y in range(16) for x in range(16))
    return f"{int(''.join(bits), 2):064x}"


def jpeg(image: Image.Image, quality: int, sampling: int, exif: dict[str, str], xmp: str) -> Answer:
    """The picture as a baseline JPEG in sRGB with this metadata; `exif` by the tags' numbers."""
    profile = image.info.get("icc_profile")
    picture, tags = _in_srgb(_flat(image), profile), Image.Exif()
    for tag, text in exif.items():
        tags[int(tag)] = text.encode("ascii", "replace")
    tags[RESOLUTION_UNIT], tags[X_RESOLUTION], tags[Y_RESOLUTION], tags[POSITIONING] = 2, 72.0, 72.0, 1
    own = tags.get_ifd(EXIF_IFD)
    own[VERSION], own[COMPONENTS], own[FLASHPIX] = b"0232", b"\1\2\3\0", b"0100"
    own[COLOUR_SPACE], own[WIDTH], own[HEIGHT] = 1, picture.width, picture.height
    own[ORIGINALLY] = own[DIGITIZED] = exif[str(DATE_TIME)]
    options = {"subsampling": sampling, "exif": tags.tobytes(), "xmp": xmp.encode()}
    return _sized(picture), [_saved(picture, "JPEG", quality=quality, optimize=True, **options)]


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture's colours in sRGB, where it says that they are others; a profile that is damaged says nothing."""
    if not profile or b"sRGB" in profile or b"s\0R\0G\0B" in profile:
        return picture
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if theirs.profile.xcolor_space.strip() != "RGB":
            return picture
        converted = ImageCms.profileToProfile(picture, theirs, SRGB, outputMode="RGB")
    except MemoryError:
        raise
    except Exception:
        return picture
    converted = converted or picture
    converted.info.clear()
    return converted


def thumbnail(image: Image.Image, max_side: int, max_bytes: int) -> Answer:
    """A small JPEG without metadata."""
    picture = _flat(image)
    side = max_side
    while True:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in (75, 60, 45):
            small = _saved(picture, "JPEG", quality=quality, optimize=True)
            if len(small) <= max_bytes or side <= MIN_SIDE:
                return _sized(picture), [small]
        side = side * 3 // 4


def at_side(image: Image.Image, longer: int) -> Answer:
    """A JPEG whose longer side has so many pixels; nothing becomes more than four times as large."""
    picture = _flat(image)
    scale = min(longer / max(picture.size), 4)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    sized = picture.resize((width, height), Image.Resampling.LANCZOS)
    return _sized(sized), [_saved(sized, "JPEG", quality=90)]


def copies(image: Image.Image, wanted: list[tuple[int, int, str, dict[str, object]]]) -> Answer:
    """Copies of these widths, levels of each colour, kinds and options of Pillow's, the widest first.

    Nothing is enlarged.
    """
    picture = _flat(image)
    small, made = picture, []
    for width, levels, kind, options in wanted:
        if width < small.width:
            # From the copy before; half of it takes a tenth of the time.
            height = max(1, round(picture.height * width / picture.width))
            half = small.width == 2 * width
            small = small.reduce(2) if half else small.resize((width, height), Image.Resampling.HAMMING)
        made.append(_saved(small if levels > MAX_VALUE else small.point(_steps(levels)), kind, **options))
    return _sized(picture), made


def _steps(levels: int) -> list[int]:
    """For each value of red, green and blue the nearest of so many that lie evenly between none and all."""
    most = levels - 1
    return [round(value * most / MAX_VALUE) * MAX_VALUE // most for value in range(MAX_VALUE + 1)] * 3


WORKS: Final[dict[str, Callable[..., Answer]]] = {
    work.__name__: work for work in (facts, jpeg, thumbnail, at_side, copies)
}


def _sized(picture: Image.Image) -> dict[str, Any]:
    return {"width": picture.width, "height": picture.height}


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _flat(image: Image.Image) -> Image.Image:
    """The picture as upright, opaque RGB without metadata; there are never more than two of it in memory."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:  # noqa: S110 # its EXIF is damaged, the picture is not
        pass
    flat = image if image.mode == "RGB" and not image.has_transparency_data else _in_bands(image)
    flat.info.clear()  # or Pillow would pass the original's metadata on
    return flat


def _in_bands(image: Image.Image) -> Image.Image:
    flat = Image.new("RGB", image.size)
    for top in range(0, image.height, ROWS):
        band = image.crop((0, top, image.width, min(image.height, top + ROWS)))
        if band.mode.startswith("I"):
            # 16 bits a pixel: Pillow would clip them, not scale them.
            band = band.convert("I").point(lambda value: value / 256).convert("L")
        if band.has_transparency_data:
            band = band.convert("RGBA")
            band = Image.alpha_composite(Image.new("RGBA", band.size, "white"), band)
        flat.paste(band.convert("RGB"), (0, top))
    return flat


def answer(content: bytes, work: str, kind: str, most_pixels: int, side: int, options: dict[str, Any]) -> Answer:
    """Decode a picture of this kind and do this work on it. Raises Unfit.

    A JPEG that is larger than `side` pixels is decoded at a half, quarter or eighth, in as much less time.
    """
    # A WebP is given its memory as soon as it is opened; that of a larger one is not even asked for.
    Image.MAX_IMAGE_PIXELS = most_pixels // 2 if kind == "webp" else None  # Pillow refuses what is twice as large
    _allow(len(content), most_pixels if kind == "webp" else 0)
    image, width, height = _decoded(content, kind, most_pixels, side)
    said, made = WORKS[work](image, **options)
    return {"width": width, "height": height, **said}, made


def _decoded(content: bytes, kind: str, most_pixels: int, side: int) -> tuple[Image.Image, int, int]:
    """The picture, wholly decoded, and its size as stored."""
    try:
        image = Image.open(io.BytesIO(content), formats=(kind,))
        width, height = image.size
        _check_size(width, height, most_pixels)
        _allow(len(content), width * height)
        image.draft(None, (side, side))
        image.load()
    except (Unfit, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise Unfit("pixels") from error
    except Exception as error:  # Pillow's decoders answer damage with whatever comes
        raise Unfit("memory" if any(word in str(error) for word in NO_MEMORY) else "damaged") from error
    return image, width, height


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        raise Unfit("side", width, height)
    if width * height > most_pixels:
        raise Unfit("pixels", width, height)


def _allow(size: int, pixels: int) -> None:
    """From now on, a picture of that many bytes and pixels may take so much time and memory."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS + pixels / PIXELS_A_SECOND)
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:  # noqa: PTH123 # pathlib is slow to import
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = used + SPARE_BYTES + 4 * size + BYTES_A_PIXEL * pixels
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))


def serve(asked: BinaryIO, answered: BinaryIO) -> None:
    """Answer until the other end is gone.

    Both ways go four bytes that say how much JSON follows, and what the JSON says that there is: its `sizes`.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    start_new_thread(_end_with_line, (asked.fileno(),))
    warnings.simplefilter("ignore")
    while length := asked.read(4):
        question = json.loads(asked.read(int.from_bytes(length, "big")))
        content = b"".join(asked.read(size) for size in question.pop("sizes"))
        try:
            said, made = answer(content, **question)
        except Unfit as error:
            said, made = {"unfit": error.args}, []
        except MemoryError:
            said, made = {"unfit": ["memory"]}, []
        signal.setitimer(signal.ITIMER_PROF, 0)
        header = json.dumps({**said, "sizes": [len(each) for each in made]}).encode()
        answered.writelines([len(header).to_bytes(4, "big"), header, *made])
        answered.flush()


def _end_with_line(line: int) -> None:
    """Whatever is being decoded, once nobody waits for it."""
    gone = select.poll()
    gone.register(line, 0)  # that it is closed is told unasked
    gone.poll()
    os._exit(0)


if __name__ == "__main__":
    with open(0, "rb") as asked, open(0, "wb", closefd=False) as answered:
        serve(asked, answered)
