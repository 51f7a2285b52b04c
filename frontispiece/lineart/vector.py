"""From the display list to an SVG of single strokes, for plotters and print.

A pen has one width and cannot lay paper over ink. So a stroke is drawn along its middle, as far as no area covers it;
and an area gets an outline, and rows of strokes where it shows.

What covers what is looked up in a plane that holds, for every pixel, the number of the last area drawn there: for all
points at once, as one by one they would cost more than the drawing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from operator import itemgetter
from re import compile as compiled
from typing import Final
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImagePath

from frontispiece.lineart.geometry import Line, Path, Point
from frontispiece.lineart.pen import HALO, Display, Tone
from frontispiece.lineart.raster import HEIGHT, INK, WIDTH

_MILLIMETRES: Final = 0.25  # a pixel: the page is 192 x 256 mm, which fits on A4 and on Letter
_UNITS: Final = 10  # a pixel: coordinates are whole numbers
_WIDTHS: Final = 4  # units from one width of strokes to the next: 0.1 mm
_OUTLINE: Final = 1.2  # pixels: its width
_ROW: Final = 3  # pixels from one row of an area to the next
_LONG: Final = 20.0  # pixels: longer pieces of a line are looked up in shorter steps

_PENS: Final = (Tone.INK, Tone.ACCENT)
_KINDS: Final = 4  # the plane's values are numbers times this, plus the tone of an area, or else
_CUT: Final = 3  # where a stroke of paper cuts into an area; it covers no other stroke
_SOLID: Final = {tone: bytes([value % _KINDS == tone for value in range(256)]) for tone in _PENS}
_SHOWN: Final = compiled(b"\x01+")
_BEYOND: Final = 0xFFFF  # the value below the page, which stands for all around it: everything is covered there
_OFF: Final = WIDTH * HEIGHT
# An area's rim is its polygon, moved to three sides; from each place, the way to the next.
_SIDES: Final = ((0, -HALO), (0.87 * HALO, 1.5 * HALO), (-1.73 * HALO, 0))

Drawn = tuple[Tone, float, Path, int]
"""A colour, a width in pixels, a line, and the least value of the plane that covers it."""
Data = tuple[Tone, float, str]
"""A colour, a width in pixels, and path data."""


def to_svg(display: Display, accent: str, title: str, mirrored: bool = False) -> bytes:
    """The display as an SVG of 192 x 256 mm with a layer for each colour; `accent` is #rrggbb."""
    plane, lines = _covered(display)
    paths: dict[Tone, dict[int, list[str]]] = {tone: defaultdict(list) for tone in _PENS}
    for tone, width, data in chain(_seen(lines, plane, mirrored), _rows(plane, mirrored)):
        paths[tone][max(1, round(width * _UNITS / _WIDTHS)) * _WIDTHS].append(data)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"\n'
        f'  width="{WIDTH * _MILLIMETRES:g}mm" height="{HEIGHT * _MILLIMETRES:g}mm"'
        f' viewBox="0 0 {WIDTH * _UNITS} {HEIGHT * _UNITS}">\n'
        f"<title>{escape(title)}</title>\n"
        f"{_layer('accent', 1, accent, paths[Tone.ACCENT])}"
        f"{_layer('ink', 2, '#{:02x}{:02x}{:02x}'.format(*INK), paths[Tone.INK])}"
        "</svg>\n"
    ).encode()


def _layer(name: str, number: int, colour: str, paths: Mapping[int, list[str]]) -> str:
    """All of one colour. Plotters go by the number in front of a layer's name."""
    groups = "".join(
        f'<g stroke-width="{width}">\n<path d="{drawn}"/>\n</g>\n'
        for width, drawn in sorted((width, '"/>\n<path d="'.join(drawn)) for width, drawn in paths.items())
    )
    return (
        f'<g id="{name}" inkscape:groupmode="layer" inkscape:label="{number} {name}"\n'
        f'  fill="none" stroke="{colour}" stroke-linecap="round" stroke-linejoin="round">\n{groups}</g>\n'
    )


def _covered(display: Display) -> tuple[bytes, list[Drawn]]:
    """The plane, and what pens draw, covered or not: strokes, dots, and the outlines of areas."""
    plane = Image.new("I;16", (WIDTH, HEIGHT + 1))
    draw = ImageDraw.Draw(plane)
    lines: list[Drawn] = []
    number = 0
    for tone, line, width in display:
        if width:
            if tone is Tone.HALO:
                number += _KINDS
                draw.line(line, number, round(width))
            elif tone is not Tone.PAPER:
                lines.append((tone, width, _in_steps(line) if len(line) > 1 else line, number + _KINDS))
        elif width is None:
            number += _KINDS
            path = ImagePath.Path(line)
            if tone is Tone.HALO:
                for dx, dy in _SIDES:
                    path.transform((1, 0, dx, 0, 1, dy))
                    draw.polygon(path, number)
            else:
                draw.polygon(path, number + tone)
                if tone is not Tone.PAPER:
                    lines.append((tone, _OUTLINE, _in_steps([*line, line[0]]), number + _KINDS))
        elif tone is Tone.PAPER:
            draw.polygon(ImagePath.Path(line), number + _CUT)
    plane.paste(_BEYOND, (0, HEIGHT, WIDTH, HEIGHT + 1))
    return plane.tobytes(), lines


def _in_steps(line: Path) -> Path:
    """The line with more points when its pieces are long; where there are many, all are about as long as the first."""
    (ax, ay), (bx, by) = line[0], line[1]
    reach = abs(ax - bx) + abs(ay - by)
    if 3 < len(line) < 8:
        reach = max([abs(ax - bx) + abs(ay - by) for (ax, ay), (bx, by) in pairwise(line)])
    if reach <= _LONG:
        return line
    pieces = int(reach / _LONG) + 1
    finer = [
        (ax + (bx - ax) * k / pieces, ay + (by - ay) * k / pieces)
        for (ax, ay), (bx, by) in pairwise(line)
        for k in range(pieces)
    ]
    return [*finer, line[-1]]


def _seen(lines: Sequence[Drawn], plane: bytes, mirrored: bool) -> Iterator[Data]:
    """The lines as far as nothing covers them."""
    values = memoryview(plane).cast("H")
    points = list(chain.from_iterable([line for _, _, line, _ in lines]))
    path = ImagePath.Path(points)
    path.transform((_UNITS, 0, 0, 0, _UNITS, 0))
    parts = list(map(int, path.tolist(1)))
    wide, high = _UNITS * WIDTH, _UNITS * HEIGHT
    places = [
        y // _UNITS * WIDTH + x // _UNITS if 0 <= x < wide and 0 <= y < high else _OFF
        for x, y in zip(parts[::2], parts[1::2], strict=True)
    ]
    covers = itemgetter(_OFF, *places)(values)
    if mirrored:
        parts[::2] = map(wide.__sub__, parts[::2])
    end = 0
    for tone, width, line, number in lines:
        start, end = end, end + len(line)
        over = covers[start + 1 : end + 1]
        if max(over) < number:
            yield tone, width, _FORMATS[end - start] % tuple(parts[2 * start : 2 * end])
        elif min(over) < number:
            shown = _shown(line, bytes([value < number for value in over]), number, values)
            if mirrored:
                shown = [[(WIDTH - x, y) for x, y in part] for part in shown]
            yield (
                tone,
                width,
                "".join(
                    [_FORMATS[len(part)] % tuple([_UNITS * each for point in part for each in point]) for part in shown]
                ),
            )


def _shown(line: Path, seen: bytes, number: int, values: Sequence[int]) -> list[Line]:
    """The parts of a line whose points are seen, up to where they are covered."""
    parts = []
    for run in _SHOWN.finditer(seen):
        a, b = run.span()
        part = list(line[a:b])
        if a:
            part.insert(0, _edge(line[a], line[a - 1], number, values))
        if b < len(line):
            part.append(_edge(line[b - 1], line[b], number, values))
        parts.append(part)
    return parts


def _edge(inside: Point, outside: Point, number: int, values: Sequence[int]) -> Point:
    """The last point on the way from inside to outside that is not covered."""
    for _ in range(3):
        x, y = (inside[0] + outside[0]) / 2, (inside[1] + outside[1]) / 2
        if 0 <= x < WIDTH and 0 <= y < HEIGHT and values[int(y) * WIDTH + int(x)] < number:
            inside = x, y
        else:
            outside = x, y
    return inside


class _Formats(dict[int, str]):
    """How a path of so many points is written."""

    def __missing__(self, count: int) -> str:
        self[count] = f"M%d %dL{' '.join(['%d %d'] * (count - 1))}" if count > 1 else "M%d %dh0"
        return self[count]


_FORMATS: Final = _Formats()


def _rows(plane: bytes, mirrored: bool) -> Iterator[Data]:
    """Strokes from side to side that fill areas where they show."""
    line = 2 * WIDTH
    low = b"\0".join([plane[start : start + line : 2] for start in range(line, HEIGHT * line, _ROW * line)])
    facing, edge = (-_UNITS, _UNITS * WIDTH) if mirrored else (_UNITS, 0)
    for tone in _PENS:
        solid, data, start = low.translate(_SOLID[tone]) + b"\0", [], -1
        while (start := solid.find(1, start + 1)) >= 0:
            end = solid.find(0, start)
            if end - start > _ROW:
                row, x = divmod(start, WIDTH + 1)
                y = _UNITS * (_ROW * row + 1) + _UNITS // 2
                data.append(f"M{edge + facing * (x + 1.5):.0f} {y}h{facing * (end - start - _ROW)}")
            start = end
        if data:
            yield tone, _ROW, "".join(data)
