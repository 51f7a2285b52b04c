"""A seeded ink pen. Whatever it draws becomes a list of filled polygons, the later ones covering the earlier."""

import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from typing import Final

from frontispiece.lineart.geometry import PI, TAU, Line, Path, Point, arc, contains, moved


class Tone(IntEnum):
    """The three colours of a drawing: paper, ink, and one accent; and a rim of paper along a polygon's edge."""

    PAPER = 0
    INK = 1
    ACCENT = 2
    HALO = 3


HALO: Final = 4.5
"""How broad such a rim is, pixels."""


Fill = tuple[Tone, Path, float | None]
"""A polygon and its tone: an area, or with the width 0 a piece of a stroke's ink.

Any other width, in pixels, says that it is no polygon but the line of a stroke, or the middle of a dot: what a pen of
one width draws, while its ink follows as polygons.
"""
Display = list[Fill]

# A hand never draws quite straight: a smooth periodic curve in -1..1, one value a pixel, is
# looked up for every waver of a line or its width, which is far cheaper than three sines each time.
_PERIOD: Final = 4096
_WAVER: Final = [
    0.55 * math.sin(TAU * 16 * i / _PERIOD)
    + 0.3 * math.sin(TAU * 38 * i / _PERIOD + 1)
    + 0.15 * math.sin(TAU * 93 * i / _PERIOD + 2)
    for i in range(_PERIOD)
]
# The nib is broader across this direction than along it.
_NIB_COS, _NIB_SIN = math.cos(1.8), math.sin(1.8)
_SHARP_TURN: Final = math.cos(0.6)
_CHUNK: Final = 14
_BROAD: Final = 6.5  # pixels: a broader stroke is an area; the largest letters have this width
_OUTLINE: Final = 1.6  # pixels: of the lines along its sides
_BROAD_PAPER: Final = 3.0  # pixels: a narrower one of paper is a glint, and hides no other stroke
_MANY: Final = 40  # points of a line: every other one of a longer line does for a pen, and its corners
_LARGE: Final = 3.0  # pixels: from this radius on a dot is an area


class Pen:
    """Draws with wavering lines, hatching and dots; the same seed gives the same lines.

    `mirrored` says that the page will be turned left to right in the end, so that lettering can turn itself back.
    """

    def __init__(self, seed: int, mirrored: bool = False) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a drawing needs no secrets
        self.display: Display = []
        self.mirrored = mirrored

    def fill(self, line: Path, tone: Tone = Tone.PAPER) -> None:
        """Fill a polygon."""
        if len(line) > 2:
            self.display.append((tone, line, None))

    def dot(self, x: float, y: float, radius: float, tone: Tone = Tone.INK) -> None:
        """Fill a circle."""
        is_small = radius < _LARGE
        if is_small:
            self.display.append((tone, [(x, y)], 2 * radius))
        self.display.append((tone, _disc(x, y, radius), 0.0 if is_small else None))

    def stroke(
        self,
        line: Path,
        width: float = 2.2,
        tone: Tone = Tone.INK,
        *,
        wobble: float = 0.9,
        taper: float = 0.25,
        closed: bool = False,
        step: float = 7.0,
    ) -> None:
        """Draw along a line by hand.

        `taper` is the width of the ends as a share of `width`, `wobble` how far the hand strays in pixels, `step` the
        length of the pieces the line is drawn in.
        """
        points, ways = _sampled([*line, line[0]] if closed else line, step)
        length = ways[-1]
        if length < 0.5:
            return
        stray = min(1.0, length / 60) * wobble
        waver, pick = _WAVER, self.random.random
        first, second = int(pick() * _PERIOD), int(pick() * _PERIOD)
        points = [
            (x + stray * waver[int(way + first) % _PERIOD], y + stray * waver[int(way + second) % _PERIOD])
            for (x, y), way in zip(points, ways, strict=True)
        ]
        halves = self._half_widths(ways, width, 1.0 if closed else taper)
        is_broad = width > (_BROAD if tone is not Tone.PAPER else _BROAD_PAPER)
        place = len(self.display)
        corners = self._ink(points, halves, tone, None if is_broad else 0.0)
        if not is_broad:
            if len(points) > _MANY and step < 10:
                kept = sorted({*range(0, len(points), 2), *corners, len(points) - 1})
                line = [points[i] for i in kept]
            else:
                line = points
            self.display.insert(place, (tone, line, width))
        if width > 1.6:
            for end in (0, -1):
                if halves[end] < 0.8:
                    continue
                self.display.append((tone, _disc(*points[end], halves[end]), 0.0))

    def _half_widths(self, ways: Sequence[float], width: float, taper: float) -> list[float]:
        """Half the width at every point: thinner towards the ends, and wavering."""
        length, offset, half = ways[-1], int(self.random.random() * _PERIOD), width / 2
        fade = max(3.0, min(length * 0.35, 34.0))
        halves = []
        for way in ways:
            near = min(way, length - way) / fade
            body = 1.0 if near >= 1 else taper + (1 - taper) * near * near * (3 - 2 * near)
            halves.append(max(0.22, half * body * (1 + 0.2 * _WAVER[int(way + offset) % _PERIOD])))
        return halves

    def _ink(self, points: Line, halves: list[float], tone: Tone, kind: float | None) -> list[int]:
        """Fill a ribbon around the points, in short pieces so that it never overlaps itself within one polygon.

        Gives the points where it turns sharply.
        """
        corners: list[int] = []
        left: Line = []
        right: Line = []
        last, start = len(points) - 1, 0
        before_x = before_y = 0.0
        hypot = math.hypot
        neighbours = zip([points[0], *points], points, [*points[1:], points[last]], halves, strict=False)
        for i, ((ax, ay), (x, y), (bx, by), half) in enumerate(neighbours):
            dx, dy = bx - ax, by - ay
            span = hypot(dx, dy) or 1.0
            dx, dy = dx / span, dy / span
            half *= 1 + 0.16 * ((dx * dx - dy * dy) * _NIB_COS + 2 * dx * dy * _NIB_SIN)
            left.append((x - dy * half, y + dx * half))
            right.append((x + dy * half, y - dx * half))
            turns = i > 0 and dx * before_x + dy * before_y < _SHARP_TURN
            if turns:
                corners.append(i)
                self.display.append((tone, _disc(x, y, half), kind))
            if turns or i - start >= _CHUNK or i == last:
                self.display.append((tone, left[start : i + 1] + right[start : i + 1][::-1], kind))
                start = i
            before_x, before_y = dx, dy
        if kind is None:
            self.display += [(tone, side, _OUTLINE) for side in (left, right)]
        return corners

    def shape(self, line: Path, width: float = 2.4, tone: Tone = Tone.PAPER, wobble: float = 0.9) -> None:
        """A filled shape with an ink outline."""
        self.fill(line, tone)
        self.stroke(line, width, wobble=wobble, closed=True)

    def tint(self, line: Path, width: float = 2.0, dx: float = 2.5, dy: float = 2.0) -> None:
        """A shape in the accent colour, printed slightly beside its outline as old prints are."""
        self.fill(line)
        self.fill(moved(line, dx, dy), Tone.ACCENT)
        self.stroke(line, width, closed=True)

    def tick(self, a: Point, b: Point, width: float = 1.0, tone: Tone = Tone.INK) -> None:
        """One quick line with pointed ends and a slight bow."""
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        if length < 0.8:
            return
        pick = self.random.random
        half = width * (0.375 + 0.225 * pick()) / length
        bow = (2 * pick() - 1) * min(1.1, length * 0.012) / length
        nx, ny = -dy * half, dx * half
        mx, my = (ax + bx) / 2 - dy * bow, (ay + by) / 2 + dx * bow
        outline = [
            (ax + 0.4 * nx, ay + 0.4 * ny),
            (mx + nx, my + ny),
            (bx + 0.3 * nx, by + 0.3 * ny),
            (bx - 0.3 * nx, by - 0.3 * ny),
            (mx - nx, my - ny),
            (ax - 0.4 * nx, ay - 0.4 * ny),
        ]
        self.display.append((tone, [a, (mx, my), b], 1.4 * half * length))
        self.display.append((tone, outline, 0.0))

    def hatch(
        self,
        polygon: Path,
        angle: float = 0.6,
        gap: float = 6.0,
        width: float = 1.0,
        keep: Callable[[float, float, float], tuple[float, float]] | None = None,
    ) -> None:
        """Fill a polygon with parallel ticks, `gap` pixels apart.

        `keep` may shorten each: it is given the row's place (0 to 1) and the tick's ends, and returns new ends.
        """
        cos, sin, pick = math.cos(angle), math.sin(angle), self.random.random
        for place, y, crossings in self._rows(polygon, cos, sin, gap):
            for a, b in zip(crossings[::2], crossings[1::2], strict=False):
                start, end = keep(place, a, b) if keep else (a, b)
                start, end = start + 0.6 * pick(), end - 0.6 * pick()
                if end - start < 1.2:
                    continue
                cut = end
                if end - start > 26 and pick() < 0.1:  # the hand lifts
                    cut = start + 8 + (end - start - 20) * pick()
                    after = cut + 2 + 3 * pick()
                    self.tick(
                        (after * cos - y * sin, after * sin + y * cos),
                        (end * cos - y * sin, end * sin + y * cos),
                        width,
                    )
                self.tick(
                    (start * cos - y * sin, start * sin + y * cos), (cut * cos - y * sin, cut * sin + y * cos), width
                )

    def _rows(self, polygon: Path, cos: float, sin: float, gap: float) -> list[tuple[float, float, list[float]]]:
        """Rows at that angle: place from 0 to 1, turned y, and the turned x where they cross the edges, in order."""
        turned = [(x * cos + y * sin, y * cos - x * sin) for x, y in polygon]
        top, bottom = min(y for _, y in turned), max(y for _, y in turned)
        heights = []
        y = top + gap * (0.3 + 0.5 * self.random.random())
        while y < bottom:
            heights.append(y)
            y += gap * (0.86 + 0.28 * self.random.random())
        crossings: list[list[float]] = [[] for _ in heights]
        ax, ay = turned[-1]
        for bx, by in turned:
            if ay != by:
                slope = (bx - ax) / (by - ay)
                for row in range(bisect_left(heights, min(ay, by)), bisect_left(heights, max(ay, by))):
                    crossings[row].append(ax + (heights[row] - ay) * slope)
            ax, ay = bx, by
        span = bottom - top or 1.0
        return [((y - top) / span, y, sorted(row)) for y, row in zip(heights, crossings, strict=True)]

    def shade(
        self,
        polygon: Path,
        angle: float = 0.0,
        gap: float = 6.0,
        share: float = 0.4,
        width: float = 1.0,
        *,
        near: bool = False,
        limit: float = 90.0,
    ) -> None:
        """Hatch only the far end of every row (or the near one), with a breathing edge, at most `limit` pixels deep."""
        offset, pick = int(self.random.random() * _PERIOD), self.random.random

        def keep(place: float, a: float, b: float) -> tuple[float, float]:
            breath = 1 + 0.35 * _WAVER[int(place * 260 + offset) % _PERIOD]
            depth = min(b - a, min(limit, (b - a) * share) * breath * (0.85 + 0.25 * pick()))
            return (a, a + depth) if near else (b - depth, b)

        self.hatch(polygon, angle, gap, width, keep)

    def stipple(self, polygon: Path, gap: float = 9.0, radius: float = 1.2) -> None:
        """Fill a polygon with dots."""
        pick = self.random.random
        xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
        y, row = min(ys), 0
        while y < max(ys):
            x = min(xs) + (gap / 2 if row % 2 else 0)
            while x < max(xs):
                px, py = x + (pick() - 0.5) * gap / 2, y + (pick() - 0.5) * gap / 2
                if contains(polygon, px, py):
                    self.dot(px, py, radius * (0.7 + 0.5 * pick()))
                x += gap
            y += gap * 0.87
            row += 1

    def ball(self, x: float, y: float, radius: float, width: float = 2.2, lines: int | None = None) -> None:
        """A sphere: a circle with curved shading at its lower right."""
        self.shape(arc(x, y, radius), width)
        lines = max(2, min(9, int(radius / 5))) if lines is None else lines
        for k in range(1, lines + 1):
            depth = k / (lines + 1)
            inner = radius * (1 - 0.55 * depth)
            half = 1.15 * (1 - depth) ** 0.8 * (0.85 + 0.25 * self.random.random())
            self.stroke(
                arc(x, y, inner, start=PI / 4 - half, end=PI / 4 + half),
                max(0.7, 1.25 - 0.07 * k),
                taper=0.15,
                wobble=0.4,
            )


def _disc(x: float, y: float, radius: float) -> Line:
    corners = 7 if radius < 2 else 10 if radius < 4 else max(14, int(radius * 1.2))
    return [(x + radius * cos, y + radius * sin) for cos, sin in _circle(corners)]


@cache
def _circle(corners: int) -> Line:
    """The unit circle's points, computed once for each number of corners."""
    return [(math.cos(TAU * i / corners), math.sin(TAU * i / corners)) for i in range(corners)]


def _sampled(line: Path, step: float) -> tuple[Line, list[float]]:
    """The line in pieces of about `step` pixels, its corners kept, and the way along it to each point."""
    points, ways = [line[0]], [0.0]
    ax, ay = line[0]
    way, last = 0.0, len(line) - 1
    for i in range(1, last + 1):
        bx, by = line[i]
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        if length < 0.4 * step and i < last:
            continue
        pieces = max(1, round(length / step))
        for k in range(1, pieces + 1):
            share = k / pieces
            points.append((ax + dx * share, ay + dy * share))
            ways.append(way + length * share)
        way += length
        ax, ay = bx, by
    return points, ways
