"""Plane geometry of the drawings: curves, boxes, and frames that carry a motif onto the page.

Units are page pixels, x to the right, y down, angles in radians clockwise.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

PI = math.pi
TAU = math.tau

Point = tuple[float, float]
Line = list[Point]
Path = Sequence[Point]  # a line that is only read


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def center(self) -> Point:
        """The middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def corners(self) -> Line:
        """Clockwise from the upper left."""
        return [(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]

    def inset(self, by: float) -> "Box":
        """The box that lies `by` inside this one."""
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def distance(self, x: float, y: float) -> float:
        """From a point to the nearest point of the box; 0 inside."""
        return math.hypot(max(self.left - x, 0, x - self.right), max(self.top - y, 0, y - self.bottom))


def box_around(x: float, y: float, width: float, height: float) -> Box:
    """The box of that size around a center."""
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def arc(
    x: float, y: float, rx: float, ry: float | None = None, start: float = 0.0, end: float = TAU, tilt: float = 0.0
) -> Line:
    """Part of an ellipse around (x, y), by default a whole circle, in steps of about 6 pixels."""
    ry = rx if ry is None else ry
    steps = max(8, int(abs(end - start) * max(rx, ry) / 6))
    cos, sin, sweep = math.cos(tilt), math.sin(tilt), (end - start) / steps
    line = []
    for step in range(steps + 1):
        angle = start + sweep * step
        u, v = rx * math.cos(angle), ry * math.sin(angle)
        line.append((x + u * cos - v * sin, y + u * sin + v * cos))
    return line


def bezier(a: Point, b: Point, c: Point, d: Point) -> Line:
    """A cubic Bézier curve from `a` to `d`, in steps of about 8 pixels."""
    length = math.dist(a, b) + math.dist(b, c) + math.dist(c, d)
    steps = max(6, min(48, int(length / 8)))
    line = []
    for step in range(steps + 1):
        t = step / steps
        s = 1 - t
        wa, wb, wc, wd = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        line.append((wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0], wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1]))
    return line


def spline(points: Sequence[Point], closed: bool = False, step: float = 7.0) -> Line:
    """A Catmull-Rom curve through all points."""
    count = len(points)
    if closed:
        around = [points[-1], *points, points[0], points[1]]
    else:
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[0], points[1], points[-1], points[-2]
        around = [(2 * ax - bx, 2 * ay - by), *points, (2 * cx - dx, 2 * cy - dy)]
    line: Line = []
    for i in range(count if closed else count - 1):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = around[i : i + 4]
        steps = max(2, min(24, int(math.hypot(cx - bx, cy - by) / step)))
        for k in range(steps):
            t = k / steps
            t2 = t * t
            wa, wb, wc, wd = -t + 2 * t2 - t2 * t, 2 - 5 * t2 + 3 * t2 * t, t + 4 * t2 - 3 * t2 * t, t2 * t - t2
            line.append(((wa * ax + wb * bx + wc * cx + wd * dx) / 2, (wa * ay + wb * by + wc * cy + wd * dy) / 2))
    line.append(line[0] if closed else points[-1])
    return line


def moved(line: Iterable[Point], dx: float, dy: float) -> Line:
    """The line, shifted."""
    return [(x + dx, y + dy) for x, y in line]


def between(a: Point, b: Point, share: float) -> Point:
    """The point at that share of the way from `a` to `b`."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def contains(polygon: Sequence[Point], x: float, y: float) -> bool:
    """Whether the point lies inside, by the even-odd rule."""
    inside = False
    ax, ay = polygon[-1]
    for bx, by in polygon:
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
        ax, ay = bx, by
    return inside


@dataclass(frozen=True, slots=True)
class Frame:
    """Carries a motif's own units, in which it spans about -1..1, onto the page."""

    x: float
    y: float
    size: float
    tilt: float = 0.0

    def point(self, u: float, v: float) -> Point:
        """One point."""
        if not self.tilt:
            return self.x + self.size * u, self.y + self.size * v
        cos, sin = self.size * math.cos(self.tilt), self.size * math.sin(self.tilt)
        return self.x + u * cos - v * sin, self.y + u * sin + v * cos

    def line(self, points: Iterable[Point]) -> Line:
        """Straight from point to point."""
        return [self.point(u, v) for u, v in points]

    def box(self, left: float, top: float, right: float, bottom: float) -> Line:
        """The corners of a rectangle."""
        return self.line(Box(left, top, right, bottom).corners())

    def spline(self, points: Iterable[Point], closed: bool = False) -> Line:
        """A curve through all points."""
        return spline(self.line(points), closed)

    def bezier(self, a: Point, b: Point, c: Point, d: Point) -> Line:
        """A cubic Bézier curve."""
        return bezier(self.point(*a), self.point(*b), self.point(*c), self.point(*d))

    def arc(
        self,
        u: float,
        v: float,
        ru: float,
        rv: float | None = None,
        start: float = 0.0,
        end: float = TAU,
        tilt: float = 0.0,
    ) -> Line:
        """Part of an ellipse."""
        x, y = self.point(u, v)
        rv = ru if rv is None else rv
        return arc(x, y, ru * self.size, rv * self.size, start, end, tilt + self.tilt)

    def within(self, u: float, v: float, size: float, tilt: float = 0.0) -> "Frame":
        """A smaller frame inside this one."""
        x, y = self.point(u, v)
        return Frame(x, y, size * self.size, self.tilt + tilt)
