"""From the display list to PNG bytes."""

import io
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, cast

from PIL import Image, ImageColor, ImageDraw, ImagePath

from frontispiece.lineart.geometry import Path
from frontispiece.lineart.pen import HALO, Fill, Tone

WIDTH: Final = 768
HEIGHT: Final = 1024

INK: Final = (24, 23, 30)
_PAPER: Final = (255, 255, 255)

# Each pixel is drawn as 3 x 3 points. Their values are such that the mean of the nine is exactly
# `ink points + 10 x accent points`: one 8-bit plane holds the smoothed picture without loss, and its
# palette is the 55 mixtures of ink, accent and paper.
_FINE: Final = 3
_POINTS: Final = _FINE * _FINE
_VALUE: Final = {Tone.PAPER: 0, Tone.INK: _POINTS, Tone.ACCENT: 10 * _POINTS}
# A rim is the polygon itself, moved a little to all sides; from each place, the way to the next.
_SIDES: Final = [(-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (-0.5, -0.5)]
_RIM: Final = [
    (_FINE * HALO * (x - before_x), _FINE * HALO * (y - before_y))
    for (before_x, before_y), (x, y) in pairwise([(0.0, 0.0), *_SIDES])
]


def zoomed(line: Path, zoom: float, dx: float, dy: float) -> Path:
    """The line, enlarged and moved, in Pillow's own form: it is quicker to make, and to paint."""
    path = ImagePath.Path(line)
    path.transform((zoom, 0, dx, 0, zoom, dy))
    return cast("Path", path)


def to_png(display: Iterable[Fill], accent: str, mirrored: bool = False) -> bytes:
    """Paint the fills in order on white, `WIDTH` x `HEIGHT` pixels; `accent` is #rrggbb."""
    plane = Image.new("L", (WIDTH * _FINE, HEIGHT * _FINE), _VALUE[Tone.PAPER])
    polygon = ImageDraw.Draw(plane).polygon
    for tone, line, width in display:
        if width:
            continue
        path = ImagePath.Path(line)
        path.transform((_FINE, 0, 0, 0, _FINE, 0))
        if tone is Tone.HALO:
            for dx, dy in _RIM:
                path.transform((1, 0, dx, 0, 1, dy))
                polygon(path, _VALUE[Tone.PAPER])
        else:
            polygon(path, _VALUE[tone])
    picture = plane.reduce(_FINE)
    if mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture.putpalette(_palette(accent))
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=4)
    return png.getvalue()


def _palette(accent: str) -> list[int]:
    """Red, green and blue of every value in the plane."""
    colour = ImageColor.getrgb(accent)
    mixtures = []
    for value in range(10 * _POINTS + 1):
        accents, inks = divmod(value, 10)
        papers = _POINTS - inks - accents
        for ink, paper, tint in zip(INK, _PAPER, colour, strict=False):
            mixtures.append(max(0, round((inks * ink + accents * tint + papers * paper) / _POINTS)))
    return mixtures
