"""Single-stroke lettering with the Hershey fonts `futural` and `greek`, drawn by the same pen as everything else.

Latin letters are drawn as capitals with their accents, Greek ones as they are: σ and Σ are not the same sign.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import Final

from HersheyFonts import HersheyFonts

from frontispiece.lineart.geometry import Box, Frame, Line, Point, moved, spline
from frontispiece.lineart.pen import Pen

# Font units: the base line is at 9, capitals reach up to -12; rows are so far apart.
CAP: Final = 21
BASE: Final = 9
LEADING: Final = 36
_GREEK: Final = dict(zip("αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", "abgdezhqiklmnxoprstufcywGDQLXPSUFYW", strict=True))

# Accents above a capital's middle (or below it), and what turns other letters into these.
_MARKS: Final[dict[str, tuple[Line, ...]]] = {
    "\u0300": ([(-4, -19), (1, -15)],),
    "\u0301": ([(4, -19), (-1, -15)],),
    "\u0302": ([(-5, -15), (0, -19), (5, -15)],),
    "\u0303": ([(-6, -15), (-3, -18), (2, -15), (6, -18)],),
    "\u0304": ([(-5, -17), (5, -17)],),
    "\u0306": ([(-5, -19), (-3, -16), (0, -15), (3, -16), (5, -19)],),
    "\u0307": ([(-0.5, -17), (0.5, -17)],),
    "\u0308": ([(-5, -17), (-4, -17)], [(4, -17), (5, -17)]),
    "\u030a": ([(0, -20), (-3, -17.5), (0, -15), (3, -17.5), (0, -20)],),
    "\u030b": ([(1, -19), (-3, -15)], [(7, -19), (3, -15)]),
    "\u030c": ([(-5, -19), (0, -15), (5, -19)],),
    "\u0323": ([(-0.5, 13), (0.5, 13)],),
    "\u0327": ([(1, 9), (3, 12), (0, 15), (-3, 14)],),
    "\u0328": ([(3, 9), (0, 12), (2, 15), (5, 14)],),
}
_CROSSED: Final[dict[str, tuple[str, Line]]] = {
    "Ł": ("L", [(-9, 0), (0, -5)]),
    "Ø": ("O", [(8, -14), (-8, 11)]),
    "Đ": ("D", [(-11, -2), (-1, -2)]),
    "0": ("0", [(4.5, -8.5), (-4.5, 5.5)]),
}
_SIGNS: Final[dict[str, tuple[Line, ...]]] = {
    "-": ([(-4, 0), (5, 0)],),  # the font's own is as wide as a dash
    "→": ([(-10, 0), (10, 0)], [(4, -5), (10, 0), (4, 5)]),
    "×": ([(-6, -7), (6, 5)], [(6, -7), (-6, 5)]),
    "⁺": ([(-4, -8), (4, -8)], [(0, -12), (0, -4)]),
    "⁻": ([(-4, -8), (4, -8)],),
    "√": ([(-9, 0), (-6, -2), (-2, 9), (5, -12), (9, -12)],),
    "∇": ([(-9, -12), (9, -12), (0, 9), (-9, -12)],),
    "∞": (
        [
            (0, 0),
            (-4, -4),
            (-8, -4),
            (-10, 0),
            (-8, 4),
            (-4, 4),
            (0, 0),
            (4, -4),
            (8, -4),
            (10, 0),
            (8, 4),
            (4, 4),
            (0, 0),
        ],
    ),
    "±": ([(-7, -3), (7, -3)], [(0, -10), (0, 4)], [(-7, 8), (7, 8)]),
    "≤": ([(7, -10), (-7, -3), (7, 4)], [(-7, 9), (7, 9)]),
    "≥": ([(-7, -10), (7, -3), (-7, 4)], [(-7, 9), (7, 9)]),
    "≈": ([(-8, -2), (-3, -6), (3, -2), (8, -6)], [(-8, 6), (-3, 2), (3, 6), (8, 2)]),
}
# Cyrillic capitals: those that look like another letter, and strokes for the rest.
_LOOKS: Final = dict(zip("АВЕКМНОРСТХГЛПФ", "ABEKMHOPCTXΓΛΠΦ", strict=True))
_CYRILLIC: Final[dict[str, tuple[Line, ...]]] = {
    "Б": ([(6, -12), (-7, -12), (-7, 9), (2, 9), (6, 7), (7, 3), (6, 0), (2, -2), (-7, -2)],),
    "Д": ([(-9, 13), (-9, 9), (9, 9), (9, 13)], [(-6, 9), (-4, 2), (-3, -12), (6, -12), (6, 9)]),
    "Ж": ([(0, -12), (0, 9)], [(-10, -12), (0, -2), (10, -12)], [(-10, 9), (0, -2), (10, 9)]),
    "З": ([(-6, -10), (-2, -12), (3, -12), (6, -9), (5, -4), (0, -2), (6, 0), (7, 5), (3, 9), (-3, 9), (-7, 6)],),
    "И": ([(-7, -12), (-7, 9), (7, -12), (7, 9)],),
    "Й": ([(-7, -12), (-7, 9), (7, -12), (7, 9)], [(-4, -18), (0, -15.5), (4, -18)]),
    "У": ([(-7, -12), (0, 0)], [(7, -12), (-1, 6), (-4, 9), (-7, 9)]),
    "Ц": ([(-7, -12), (-7, 9), (9, 9), (9, 13)], [(6, -12), (6, 9)]),
    "Ч": ([(-7, -12), (-7, -5), (-4, -1), (1, -1), (6, -3)], [(6, -12), (6, 9)]),
    "Ш": ([(-10, -12), (-10, 9), (10, 9), (10, -12)], [(0, -12), (0, 9)]),
    "Щ": ([(-10, -12), (-10, 9), (12, 9), (12, 13)], [(0, -12), (0, 9)], [(10, -12), (10, 9)]),
    "Ъ": ([(-10, -12), (-5, -12), (-5, 9), (3, 9), (7, 6), (7, 1), (3, -2), (-5, -2)],),
    "Ы": ([(-8, -12), (-8, 9), (-2, 9), (2, 6), (2, 1), (-2, -2), (-8, -2)], [(8, -12), (8, 9)]),
    "Ь": ([(-6, -12), (-6, 9), (2, 9), (6, 6), (6, 1), (2, -2), (-6, -2)],),
    "Э": ([(-7, -9), (-2, -12), (3, -11), (7, -5), (7, 2), (3, 8), (-2, 9), (-7, 6)], [(-2, -2), (7, -2)]),
    "Ю": (
        [(-10, -12), (-10, 9)],
        [(-10, -2), (-4, -2)],
        [(3, -12), (-2, -9), (-4, -2), (-2, 6), (3, 9), (8, 6), (10, -2), (8, -9), (3, -12)],
    ),
    "Я": ([(7, 9), (7, -12), (-2, -12), (-6, -9), (-6, -5), (-2, -2), (7, -2)], [(0, -2), (-7, 9)]),
}
_CAPITALS: Final = {"ß": "SS", "æ": "Æ", "œ": "Œ", "Æ": "AE", "Œ": "OE"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character: its strokes around its middle, and the space it takes."""

    left: float
    width: float
    strokes: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A text set in rows: pixels per font unit, and the rows as they are drawn."""

    scale: float
    rows: tuple[str, ...]

    @property
    def cap_height(self) -> float:
        """Height of the capitals, pixels."""
        return self.scale * CAP


@cache
def _font(name: str) -> dict[str, Glyph]:
    font = HersheyFonts()
    font.load_default_font(name)
    return {
        sign: Glyph(
            glyph.left_offset, glyph.char_width, tuple([(float(x), float(y)) for x, y in s] for s in glyph.strokes)
        )
        for sign, glyph in font.all_glyphs.items()
    }


@cache
def glyph(sign: str) -> Glyph:
    """The strokes of one character as it is drawn. Raises KeyError for what cannot be lettered."""
    sign = _LOOKS.get(sign, sign)
    strokes = _SIGNS.get(sign) or _CYRILLIC.get(sign)
    if strokes:
        reach = max(x for stroke in strokes for x, _ in stroke) + 3
        return Glyph(-reach, 2 * reach, strokes)
    if sign in _GREEK:
        return _font("greek")[_GREEK[sign]]
    if sign in _CROSSED:
        base, bar = _CROSSED[sign]
        plain = _font("futural")[base]
        return Glyph(plain.left, plain.width, (*plain.strokes, bar))
    parts = unicodedata.normalize("NFKD", sign)
    if len(parts) == 1 and parts != sign:
        return _small(parts, raised=unicodedata.decomposition(sign).startswith("<super>"))
    plain = _font("futural")[parts[0]]
    marks = tuple(stroke for mark in parts[1:] for stroke in _MARKS[mark])
    return Glyph(plain.left, plain.width, (*plain.strokes, *marks))


def _small(sign: str, raised: bool) -> Glyph:
    """A superscript or subscript."""
    plain = _font("futural")[sign]
    middle = -8.0 if raised else 8.0
    strokes = tuple([(0.6 * x, 0.6 * y + middle) for x, y in stroke] for stroke in plain.strokes)
    return Glyph(0.6 * plain.left, 0.6 * plain.width, strokes)


def capitals(text: str) -> str:
    """The text as it is lettered: Latin letters as capitals, ligatures spelled out, all else unchanged."""
    raised = (
        letter if letter in _GREEK or unicodedata.decomposition(letter).startswith("<su") else letter.upper()
        for letter in text
    )
    return "".join(_CAPITALS.get(letter, letter) for letter in raised)


def _length(row: str) -> float:
    return sum(glyph(sign).width for sign in row)


def set_text(text: str, width: float, height: float, largest: float = 54.0) -> Setting:
    """The text in the number of rows that makes it largest within width x height pixels.

    `largest` bounds the height of the capitals.
    """
    words = capitals(text).split()
    best = Setting(0.0, ())
    for count in range(1, min(4, len(words)) + 1):
        rows, longest = _even_rows(words, count)
        scale = min(width / longest, height / (LEADING * (count - 1) + CAP + 4), largest / CAP)
        if scale > best.scale * (1.04 if best.rows else 1.0):  # fewer rows look calmer
            best = Setting(scale, rows)
    return best


def _even_rows(words: list[str], count: int) -> tuple[tuple[str, ...], float]:
    """The words in that many rows, about as even as they can be, and the length of the longest."""
    space = glyph(" ").width
    lengths = [_length(word) for word in words]

    def rows(cuts: tuple[int, ...]) -> list[float]:
        ends = [0, *cuts, len(words)]
        return [sum(lengths[a:b]) + space * (b - a - 1) for a, b in pairwise(ends)]

    def raggedness(cuts: tuple[int, ...]) -> float:
        found = rows(cuts)
        return max(found) + 0.5 * (max(found) - min(found))

    cuts = min(combinations(range(1, len(words)), count - 1), key=raggedness)
    ends = [0, *cuts, len(words)]
    return tuple(" ".join(words[a:b]) for a, b in pairwise(ends)), max(rows(cuts))


def letter(
    pen: Pen,
    text: str,
    box: Box,
    *,
    tilt: float = 0.0,
    bend: Callable[[float], float] | None = None,
    largest: float = 54.0,
) -> None:
    """Letter a text into a box, turned by `tilt` around its middle; `bend` gives how far to lower what stands at x."""
    setting = set_text(text, box.width, box.height, largest)
    scale, rows = setting.scale, setting.rows
    frame = Frame(*box.center, 1.0, tilt)
    top = -scale * (LEADING * (len(rows) - 1) + CAP) / 2
    for i, row in enumerate(rows):
        x = -scale * _length(row) / 2
        base = top + scale * (CAP - BASE + i * LEADING)
        for sign in row:
            shape = glyph(sign)
            _draw_glyph(pen, shape, frame, (x - shape.left * scale, base), scale, bend)
            x += shape.width * scale


def _draw_glyph(
    pen: Pen, shape: Glyph, frame: Frame, origin: Point, scale: float, bend: Callable[[float], float] | None
) -> None:
    """One character, with the small unevenness of a hand."""
    uneven = pen.random.uniform
    lift, lean, tall = uneven(-0.5, 0.5) * scale, uneven(-0.022, 0.022), uneven(0.97, 1.04) * scale
    facing = -1.0 if pen.mirrored else 1.0
    for stroke in shape.strokes:
        smooth = spline(stroke, step=3.0) if len(stroke) > 3 else stroke
        line = []
        for u, v in smooth:
            across, down = u * scale - v * scale * lean, v * tall + u * scale * lean + lift
            x, y = frame.point(facing * (origin[0] + across), origin[1] + down)
            line.append((x, y + bend(x)) if bend else (x, y))
        width = max(1.8, min(6.5, 2.9 * scale))
        for beside in (-0.45, 0.45):  # two strokes give uprights their weight
            pen.stroke(moved(line, beside * scale, 0), width, wobble=0.3, taper=0.85, step=max(3.0, 4 * scale))
