"""Motifs that stand for an idea alone. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math

from frontispiece.lineart.geometry import PI, TAU, Frame, Line, Point, between
from frontispiece.lineart.pen import Pen, Tone


def knot(pen: Pen, at: Frame) -> None:
    """A trefoil of rope; its middle is coloured."""
    count = 132
    rope = []
    for i in range(count + 1):
        t = TAU * i / count
        rope.append(
            (
                0.27 * (math.sin(t) + 2 * math.sin(2 * t)),
                0.05 + 0.3 * (math.cos(t) - 2 * math.cos(2 * t)),
                -math.sin(3 * t),
            )
        )
    pen.tint(at.arc(0, 0.06, 0.19), 1.6, 2, 1)
    broad = 0.2

    def piece(i: int) -> None:
        (a, b, _), (c, d, _) = rope[i], rope[i + 1]
        length = math.dist((a, b), (c, d)) or 1.0
        nx, ny = (b - d) / length * broad / 2, (c - a) / length * broad / 2
        quad = [(a + nx, b + ny), (c + nx, d + ny), (c - nx, d - ny), (a - nx, b - ny)]
        pen.fill(at.line(quad))
        pen.stroke(at.line(quad[:2]), 2.2, taper=1, wobble=0)
        pen.stroke(at.line(quad[2:]), 2.2, taper=1, wobble=0)
        if i % 2 == 0:
            pen.stroke(
                at.line([between(quad[0], quad[3], 0.08), between(quad[1], quad[2], 0.92)]), 1.8, taper=0.5, wobble=0
            )

    for i in sorted(range(count), key=lambda i: rope[i][2]):
        piece(i)


def shield(pen: Pen, at: Frame) -> None:
    """A quartered shield, black and coloured, with arrows stuck in it."""
    for (u, v), (w, x) in (((-0.3, -0.2), (-0.92, -0.86)), ((0.35, 0.1), (0.98, -0.5))):
        pen.stroke(at.line([(u, v), (w, x)]), 3, taper=1)
        for k in range(4):
            a = between((w, x), (u, v), 0.05 + 0.06 * k)
            pen.tick(at.point(*a), at.point(a[0] - 0.13 * (1 if u < 0 else -1), a[1] + 0.02), 2)
            pen.tick(at.point(*a), at.point(a[0], a[1] - 0.13), 2)
    half = [(0.0, -0.84), (0.4, -0.72), (0.72, -0.78), (0.72, -0.1), (0.5, 0.5), (0.0, 1.0)]
    right, left = at.spline(half), at.spline([(-u, v) for u, v in half])
    rim = right + left[::-1]
    pen.shape(rim, 3.2)
    own = at.within(0, 0.03, 0.85)
    right, left = own.spline(half), own.spline([(-u, v) for u, v in half])
    pen.shape(right + left[::-1], 2)
    cut = int(0.55 * len(right))
    quarter = [own.point(0, -0.84), *right[:cut], own.point(0, 0.0)]
    pen.fill(quarter, Tone.INK)
    pen.fill([own.point(0, 0.0), *left[cut - 1 :], own.point(0, 1.0)], Tone.INK)
    pen.fill([own.point(0, 0.0), *left[:cut][::-1]], Tone.ACCENT)
    pen.fill([own.point(0, 0.0), *right[cut - 1 :]], Tone.ACCENT)
    for line in (own.line([(0, -0.84), (0, 1.0)]), [left[cut], right[cut]]):
        pen.stroke(line, 5, taper=1)
        pen.stroke(line, 2.4, Tone.PAPER, taper=1, wobble=0)
    pen.stroke(right + left[::-1], 2, closed=True)
    for k in range(7):
        pen.tick(
            at.point(0.6 - 0.02 * k * k / 4, -0.5 + 0.16 * k), at.point(0.7 - 0.03 * k * k / 3.2, -0.55 + 0.16 * k), 1.4
        )
    pen.ball(*own.point(0, 0.03), 0.17 * at.size, 2.2)
    for (u, v), (w, x) in (((-0.3, -0.2), (-0.92, -0.86)), ((0.35, 0.1), (0.98, -0.5))):
        pen.stroke(at.line([(u, v), between((u, v), (w, x), 0.5)]), 4.6, Tone.PAPER, taper=1, wobble=0)
        pen.stroke(at.line([(u, v), between((u, v), (w, x), 0.5)]), 2.8, taper=1, wobble=0)


def blackhole(pen: Pen, at: Frame) -> None:
    """A black disc in a tilted ring of light, light bent over its top, stars drawn in."""
    own = at.within(0, 0, 1, -0.28)
    for k in range(9):
        radius = 0.58 + 0.045 * k
        pen.stroke(
            own.arc(0, -0.03, radius, radius * 0.92, PI + 0.12 * k, TAU - 0.12 * k),
            2.4 - 0.18 * k,
            taper=0.15,
            wobble=0.4,
        )
    pen.dot(*own.point(0, 0), 0.5 * at.size)
    pen.stroke(own.arc(0, 0, 0.545), 2, closed=True)

    def ring(radius: float) -> Line:
        return own.arc(0, 0.02, radius, 0.27 * radius, -0.12, PI + 0.12)

    pen.fill(ring(1.02) + ring(0.56)[::-1])
    pen.fill(ring(0.8) + ring(0.68)[::-1], Tone.ACCENT)
    for k in range(9):
        pen.stroke(ring(0.56 + 0.0575 * k), 2.6 if k in (0, 8) else 1.3, taper=0.25, wobble=0.3)
    for k in range(7):
        angle = PI * 0.1 + 0.12 * k
        pen.tick(
            own.point(0.6 * math.cos(angle), 0.02 + 0.162 * math.sin(angle)),
            own.point(0.98 * math.cos(angle), 0.02 + 0.26 * math.sin(angle)),
            1.6,
        )
    for u, v, r in (
        (-0.8, -0.62, 0.03),
        (0.62, -0.84, 0.024),
        (0.88, 0.62, 0.03),
        (-0.5, 0.8, 0.022),
        (0.2, 0.86, 0.018),
    ):
        pen.dot(*at.point(u, v), r * at.size)
        toward = between((u, v), (0, 0), 0.14)
        pen.tick(at.point(u, v), at.point(*toward), 1.6)


def puzzle(pen: Pen, at: Frame) -> None:
    """Four pieces of a puzzle, one black, the coloured one not quite in its place."""

    def edge(a: Point, b: Point, bump: float) -> Line:
        if not bump:
            return [a, b]
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay

        def to(along: float, out: float) -> Point:
            return ax + along * dx + out * bump * dy, ay + along * dy - out * bump * dx

        return [
            a,
            to(0.38, 0),
            to(0.4, 0.05),
            to(0.33, 0.13),
            to(0.38, 0.23),
            to(0.5, 0.27),
            to(0.62, 0.23),
            to(0.67, 0.13),
            to(0.6, 0.05),
            to(0.62, 0),
            b,
        ]

    def piece(own: Frame, bumps: tuple[int, int, int, int], tone: Tone) -> None:
        corners = [(-0.44, -0.44), (0.44, -0.44), (0.44, 0.44), (-0.44, 0.44)]
        outline: Line = []
        for k in range(4):
            outline += own.line(edge(corners[k], corners[(k + 1) % 4], bumps[k]))
        pen.shape(outline, 2.6, tone, wobble=0.4)
        if tone is Tone.PAPER:
            pen.shade(outline, own.tilt, 4.4, 0.3, 1)

    piece(at.within(-0.44, -0.4, 1), (0, 1, -1, 0), Tone.PAPER)
    piece(at.within(-0.44, 0.48, 1), (1, -1, 0, 0), Tone.INK)
    piece(at.within(0.44, 0.48, 1), (-1, 0, 0, 1), Tone.PAPER)
    piece(at.within(0.56, -0.5, 1, 0.2), (0, 0, 1, -1), Tone.ACCENT)


def target(pen: Pen, at: Frame) -> None:
    """A round target on a stand, with an arrow in its coloured middle."""
    for u, v in ((-0.5, 1.0), (0.5, 1.0)):
        pen.stroke(at.line([(0.4 * u, 0.4), (u, v)]), 0.07 * at.size, taper=0.8)
    pen.shape(at.arc(0.05, 0.0, 0.8), 2.6, Tone.INK)
    for k, radius in enumerate((0.8, 0.64, 0.48, 0.32)):
        pen.shape(at.arc(0, -0.02, radius), 2.2, Tone.INK if k % 2 else Tone.PAPER)
    for k in range(4):
        pen.stroke(at.arc(0, -0.02, 0.76 - 0.03 * k, start=-0.4, end=1.1), 1.1, taper=0.1)
    pen.tint(at.arc(0, -0.02, 0.17), 2, 1.5, 1)
    shaft = at.line([(0.02, -0.04), (0.86, -0.8)])
    pen.stroke(shaft, 0.075 * at.size, Tone.PAPER, taper=1, wobble=0)
    pen.stroke(shaft, 0.036 * at.size, taper=1, wobble=0)
    for k in range(4):
        u, v = 0.66 + 0.065 * k, -0.62 - 0.059 * k
        for du, dv in ((0.14, -0.02), (0.0, -0.15)):
            pen.stroke(at.line([(u, v), (u + du, v + dv)]), 2.2, taper=0.6)


def bubbles(pen: Pen, at: Frame) -> None:
    """Two speech bubbles, black and white, each with its three dots; one dot is coloured."""
    back = at.arc(0.26, -0.36, 0.74, 0.5, 0.75, TAU + 0.4)
    pen.shape([*back, at.point(0.95, 0.32)], 2.8, Tone.INK)
    for k in range(3):
        pen.stroke(at.arc(0.26, -0.36, 0.66 - 0.05 * k, 0.43 - 0.04 * k, 3.4, 4.5), 1.6, Tone.PAPER, taper=0.1)
    for k in range(3):
        pen.dot(*at.point(0.02 + 0.26 * k, -0.42), 0.075 * at.size, Tone.PAPER)
    front = at.arc(-0.26, 0.26, 0.74, 0.5, 2.75, TAU + 2.4)
    pen.stroke([*front, at.point(-0.98, 0.94)], 7, Tone.PAPER, closed=True, wobble=0)
    pen.shape([*front, at.point(-0.98, 0.94)], 2.8)
    for k in range(5):
        pen.stroke(at.arc(-0.26, 0.26, 0.7 - 0.035 * k, 0.46 - 0.03 * k, 0.0 + 0.06 * k, 1.4 - 0.1 * k), 1.3, taper=0.1)
    for k in range(3):
        spot = at.point(-0.52 + 0.26 * k, 0.24)
        pen.dot(*spot, 0.085 * at.size)
        if k == 1:
            pen.dot(*spot, 0.06 * at.size, Tone.ACCENT)


def trophy(pen: Pen, at: Frame) -> None:
    """A cup with two handles, its bowl coloured, on a black foot."""
    for side in (-1, 1):
        handle = at.spline([(side * 0.5, -0.68), (side * 0.92, -0.72), (side * 0.9, -0.24), (side * 0.34, 0.02)])
        pen.stroke(handle, 0.13 * at.size, taper=1, wobble=0)
        pen.stroke(handle, 0.13 * at.size - 4.6, Tone.PAPER, taper=1, wobble=0)
    half = [(0.58, -0.88), (0.54, -0.4), (0.36, 0.0), (0.12, 0.2)]
    bowl = at.spline(half) + at.spline([(-u, v) for u, v in half])[::-1]
    pen.tint(bowl, 2.8, 3, 2)
    for k in range(7):
        inner = [(u * (0.95 - 0.09 * k), v + 0.03) for u, v in half]
        pen.stroke(at.spline(inner)[k // 2 :], 1.5 - 0.12 * k, taper=0.15)
    pen.stroke(at.spline([(-0.46, -0.7), (-0.42, -0.4), (-0.3, -0.12)]), 3, Tone.PAPER, taper=0.1)
    pen.shape(at.arc(0, -0.88, 0.58, 0.12), 2.4)
    pen.fill(at.arc(0.04, -0.87, 0.48, 0.075), Tone.INK)
    pen.shape(at.line([(-0.1, 0.2), (0.1, 0.2), (0.08, 0.42), (0.22, 0.56), (-0.22, 0.56), (-0.08, 0.42)]), 2.2)
    pen.shape(at.arc(0, 0.24, 0.15, 0.06), 2)
    pen.shape(at.line([(-0.34, 0.56), (0.34, 0.56), (0.42, 0.94), (-0.42, 0.94)]), 2.4, Tone.INK)
    pen.shape(at.box(-0.22, 0.66, 0.22, 0.84), 1.6)
    pen.shape(at.box(-0.5, 0.92, 0.5, 1.0), 2.2)
