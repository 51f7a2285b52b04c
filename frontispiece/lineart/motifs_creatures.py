"""Motifs with a life or a glow of their own. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math
from itertools import pairwise

from frontispiece.lineart.geometry import PI, TAU, Frame, Line, between
from frontispiece.lineart.pen import Pen, Tone


def parrot(pen: Pen, at: Frame) -> None:
    """A parrot with a coloured wing, on a swinging ring."""
    pen.stroke(at.arc(0, -0.02, 0.9), 0.07 * at.size, closed=True)
    pen.stroke(at.arc(0, -0.02, 0.9), 0.03 * at.size, Tone.PAPER, closed=True, wobble=0)
    tail = at.spline([(0.1, 0.35), (0.28, 0.7), (0.36, 1.05), (0.2, 1.1), (0.02, 0.75), (-0.16, 0.4)], closed=True)
    pen.shape(tail, 2.2, Tone.INK)
    for k in range(3):
        pen.stroke(at.line([(0.0 + 0.07 * k, 0.5), (0.2 + 0.05 * k, 1.02)]), 1.4, Tone.PAPER, taper=0.2)
    body = at.spline(
        [(-0.1, -0.78), (0.2, -0.7), (0.38, -0.4), (0.4, 0.05), (0.22, 0.48), (-0.12, 0.56), (-0.36, 0.3),
         (-0.42, -0.1), (-0.38, -0.5)], closed=True
    )  # fmt: skip
    pen.shape(body, 2.6)
    for row in range(4):  # breast feathers
        for k in range(4 - row % 2):
            u, v = -0.3 + 0.11 * k + 0.05 * (row % 2), -0.14 + 0.13 * row
            pen.stroke(at.arc(u, v, 0.055, start=0.2, end=PI - 0.2), 1.2, taper=0.3, wobble=0.2)
    wing = at.spline(
        [(0.3, -0.36), (0.5, 0.0), (0.42, 0.42), (0.26, 0.8), (0.1, 0.4), (0.02, 0.0), (0.1, -0.32)], closed=True
    )
    pen.tint(wing, 2.4, 3, 2)
    for k in range(4):
        pen.stroke(
            at.bezier((0.14 + 0.06 * k, -0.2), (0.12 + 0.09 * k, 0.1), (0.14 + 0.07 * k, 0.3), (0.24, 0.68)),
            1.5,
            taper=0.2,
        )
    pen.shape(at.arc(-0.2, -0.5, 0.17, 0.19), 1.6)
    pen.dot(*at.point(-0.2, -0.52), 0.075 * at.size)
    pen.dot(*at.point(-0.18, -0.54), 0.022 * at.size, Tone.PAPER)
    beak = at.bezier((-0.3, -0.7), (-0.62, -0.68), (-0.66, -0.3), (-0.5, -0.16))
    beak += at.bezier((-0.5, -0.16), (-0.5, -0.32), (-0.44, -0.38), (-0.36, -0.4))
    pen.shape(beak, 2.2, Tone.INK)
    pen.stroke(at.bezier((-0.4, -0.62), (-0.54, -0.58), (-0.56, -0.42), (-0.53, -0.32)), 1.6, Tone.PAPER, taper=0.2)
    perch = at.box(-0.62, 0.55, 0.62, 0.64)
    pen.shape(perch, 2)
    pen.hatch(at.box(0.1, 0.59, 0.6, 0.63), at.tilt, 3)
    for u in (-0.18, 0.04):
        for k in range(3):
            pen.stroke(at.arc(u + 0.06 * k, 0.56, 0.035, 0.08, PI, TAU), 2, taper=0.6, wobble=0)


def brain(pen: Pen, at: Frame) -> None:
    """A brain from the side, its folds in deep lines, one lobe coloured."""
    stem = at.spline([(0.1, 0.4), (0.16, 0.7), (0.12, 0.98), (0.34, 0.98), (0.42, 0.66), (0.46, 0.36)])
    pen.shape(stem, 2.4)
    pen.shade(stem, at.tilt, 4, 0.5, 0.9)
    small = at.arc(0.56, 0.42, 0.36, 0.25, tilt=-0.25)
    pen.shape(small, 2.4, Tone.INK)
    for k in range(4):
        pen.stroke(at.arc(0.54, 0.36 + 0.06 * k, 0.27, 0.12, 0.2, PI - 0.2, tilt=-0.25), 1.5, Tone.PAPER, taper=0.3)
    bumps = [
        (-0.98, 0.1), (-0.96, -0.22), (-0.8, -0.34), (-0.76, -0.58), (-0.5, -0.66), (-0.38, -0.84), (-0.1, -0.82),
        (0.1, -0.92), (0.32, -0.78), (0.56, -0.74), (0.68, -0.5), (0.9, -0.38), (0.9, -0.1), (1.0, 0.08), (0.84, 0.3),
        (0.56, 0.3), (0.3, 0.42), (0.02, 0.4), (-0.16, 0.54), (-0.44, 0.46), (-0.56, 0.36), (-0.8, 0.36),
    ]  # fmt: skip
    mass = at.spline(bumps, closed=True)
    pen.shape(mass, 3)
    lobe = at.spline(
        [
            (-0.6, 0.3),
            (-0.5, 0.04),
            (-0.2, -0.06),
            (0.16, 0.0),
            (0.3, 0.14),
            (0.06, 0.34),
            (-0.14, 0.46),
            (-0.42, 0.42),
        ],
        closed=True,
    )
    pen.tint(lobe, 2, 2, 2)
    folds = (
        [(-0.94, -0.06), (-0.72, -0.14), (-0.66, 0.08), (-0.8, 0.2)],
        [(-0.76, -0.36), (-0.56, -0.32), (-0.5, -0.12), (-0.32, -0.2), (-0.36, -0.4), (-0.54, -0.5)],
        [(-0.4, -0.78), (-0.3, -0.58), (-0.12, -0.56), (-0.14, -0.34), (0.04, -0.2), (0.2, -0.26)],
        [(0.06, -0.86), (0.1, -0.64), (0.28, -0.56), (0.24, -0.4), (0.4, -0.24), (0.36, -0.04)],
        [(0.5, -0.72), (0.46, -0.56), (0.62, -0.44), (0.58, -0.22), (0.74, -0.14), (0.7, 0.06), (0.52, 0.14)],
        [(0.88, -0.3), (0.74, -0.3)],
        [(-0.86, 0.28), (-0.7, 0.3), (-0.6, 0.22)],
        [(-0.2, -0.74), (-0.06, -0.68)],
        [(0.16, -0.1), (0.3, -0.06), (0.42, 0.1), (0.36, 0.24)],
        [(-0.94, -0.2), (-0.84, -0.22)],
        [(0.3, -0.72), (0.38, -0.62)],
        [(-0.6, -0.62), (-0.64, -0.48)],
        [(0.94, 0.1), (0.82, 0.06), (0.74, 0.2)],
        [(-0.44, 0.24), (-0.2, 0.12), (0.0, 0.2), (0.16, 0.14)],
        [(-0.1, 0.34), (0.02, 0.28)],
    )
    for fold in folds:
        pen.stroke(at.spline(fold), max(1.8, 0.042 * at.size), taper=0.3)
    for fold in folds[:5]:
        for (u, v), (w, x) in pairwise(fold):
            for share in (0.25, 0.6):
                a, b = between((u, v), (w, x), share)
                pen.tick(at.point(a + 0.02, b + 0.02), at.point(a + 0.09, b + 0.08), 1)


def heart(pen: Pen, at: Frame) -> None:
    """A coloured heart, crossed by the trace of its beat."""
    half = [(0.0, -0.42), (0.2, -0.74), (0.56, -0.82), (0.88, -0.52), (0.84, -0.06), (0.5, 0.42), (0.0, 0.9)]
    left = at.spline([(-u, v) for u, v in half])
    shape = at.spline(half) + left[::-1]
    pen.tint(shape, 3, 4, 3)
    for k in range(8):
        inner = at.within(0, 0, 0.94 - 0.055 * k)
        line = inner.spline(half[2:6])
        cut = min(k, len(line) // 3)
        pen.stroke(line[cut : len(line) - cut], 1.5 - 0.1 * k, taper=0.15)
    pen.stroke(at.arc(-0.45, -0.42, 0.26, start=3.4, end=4.7), 3, Tone.PAPER, taper=0.1)
    beat = [
        (-1.1, 0.02),
        (-0.5, 0.02),
        (-0.4, -0.1),
        (-0.3, 0.02),
        (-0.2, 0.02),
        (-0.1, 0.14),
        (0.04, -0.5),
        (0.18, 0.44),
    ]
    trace = at.line([*beat, (0.28, 0.02), (0.44, 0.02), (0.54, -0.12), (0.66, 0.02), (1.1, 0.02)])
    pen.stroke(trace, 0.1 * at.size, Tone.PAPER, wobble=0, taper=1)
    pen.stroke(trace, max(2.2, 0.045 * at.size), wobble=0.2, taper=0.9, step=3)


def leaf(pen: Pen, at: Frame) -> None:
    """One great leaf, half of it in shadow, with a coloured drop."""
    stem = at.bezier((-0.7, 1.0), (-0.4, 0.55), (-0.05, 0.1), (0.6, -0.95))
    right = at.bezier((-0.44, 0.6), (0.5, 0.75), (0.95, 0.0), (0.6, -0.95))
    left = at.bezier((-0.44, 0.6), (-0.95, 0.0), (-0.35, -0.85), (0.6, -0.95))
    pen.shape(left + right[::-1], 2.6)
    dark = right + at.bezier((0.6, -0.95), (-0.05, 0.1), (-0.3, 0.4), (-0.44, 0.6))
    pen.fill(dark, Tone.INK)
    count = 8
    for k in range(1, count):
        share = k / count
        a = stem[int((0.32 + 0.62 * share) * (len(stem) - 1))]
        for side, tone in ((left, Tone.INK), (right, Tone.PAPER)):
            b = side[int((0.2 + 0.76 * share) * (len(side) - 1))]
            middle = between(a, b, 0.5)
            pen.stroke(
                [a, (middle[0] - 0.03 * at.size, middle[1] - 0.02 * at.size), between(a, b, 0.93)], 1.7, tone, taper=0.2
            )
            if side is left:
                for j in range(1, 4):
                    c = between(a, b, 0.22 * j)
                    pen.tick(c, between(c, left[int((0.28 + 0.72 * share) * (len(left) - 1))], 0.4), 1)
    pen.stroke(stem, 0.05 * at.size, taper=0.4)
    pen.stroke(stem[len(stem) // 3 :], 0.022 * at.size, Tone.PAPER, wobble=0, taper=0.4)
    pen.tint(at.arc(-0.28, -0.02, 0.11, 0.14, tilt=0.5), 1.7, 1.5, 1.5)


def butterfly(pen: Pen, at: Frame) -> None:
    """A butterfly with eyes on its wings."""
    for side in (-1, 1):

        def wing(points: Line, side: int = side) -> Line:
            return at.spline([(side * u, v) for u, v in points], closed=True)

        lower = wing([(0.08, 0.1), (0.5, 0.12), (0.72, 0.4), (0.56, 0.78), (0.36, 0.66), (0.3, 0.84), (0.16, 0.6)])
        pen.shape(lower, 2.2)
        upper = wing([(0.07, -0.1), (0.3, -0.52), (0.7, -0.86), (1.0, -0.76), (0.98, -0.3), (0.74, 0.08), (0.3, 0.16)])
        pen.shape(upper, 2.4, Tone.INK)
        inner = wing(
            [(0.12, -0.08), (0.34, -0.42), (0.66, -0.68), (0.8, -0.58), (0.78, -0.26), (0.6, -0.02), (0.3, 0.08)]
        )
        pen.fill(inner)
        for k in range(6):
            end = 0.78 - 0.03 * k * k + 0.02 * k, -0.62 + 0.12 * k
            pen.stroke(at.line([(0.14 * side, -0.06), (0.97 * end[0] * side, end[1])]), 1.3, taper=0.4)
        for u, v, tone in ((0.88, -0.62, Tone.PAPER), (0.9, -0.42, Tone.PAPER), (0.83, -0.2, Tone.PAPER)):
            pen.dot(*at.point(side * u, v), 0.026 * at.size, tone)
        for u, v, r in ((0.56, -0.34, 0.15), (0.44, 0.42, 0.13)):
            pen.tint(at.arc(side * u, v, r), 1.8, 1, 1)
            pen.dot(*at.point(side * u, v), 0.5 * r * at.size)
            pen.dot(*at.point(side * u - 0.02, v - 0.03), 0.15 * r * at.size, Tone.PAPER)
        for k in range(4):
            pen.stroke(
                at.arc(
                    side * 0.44, 0.42, 0.18 + 0.03 * k, start=0.3 if side > 0 else 1.2, end=2.0 if side > 0 else 2.9
                ),
                1,
                taper=0.2,
            )
        pen.stroke(
            at.bezier((0.02 * side, -0.36), (0.06 * side, -0.6), (0.16 * side, -0.74), (0.3 * side, -0.8)),
            1.6,
            taper=0.7,
        )
        pen.dot(*at.point(0.3 * side, -0.8), 0.028 * at.size)
    pen.shape(
        at.spline([(0, -0.34), (0.09, -0.1), (0.06, 0.3), (0, 0.6), (-0.06, 0.3), (-0.09, -0.1)], closed=True),
        1.6,
        Tone.INK,
    )
    for k in range(4):
        pen.stroke(at.arc(0, 0.08 + 0.1 * k, 0.05, 0.03, 0.2, PI - 0.2), 1.2, Tone.PAPER, taper=0.4, wobble=0)
    pen.dot(*at.point(0, -0.38), 0.075 * at.size)


def snake(pen: Pen, at: Frame) -> None:
    """A banded snake wound around a staff, its tongue and a knob coloured."""
    count, bend = 72, 2.5
    path: list[tuple[float, float, bool]] = []
    for i in range(count + 1):
        t = i / count
        angle = TAU * bend * t + PI
        path.append((0.5 * (1 - 0.6 * t**2) * math.sin(angle + 0.5), -0.6 + 1.45 * t, math.cos(angle + 0.5) < 0))

    def coil(front: bool) -> None:
        pieces = [i for i in range(count) if path[i][2] is front]
        for tone in (Tone.INK, Tone.PAPER):
            for i in pieces:
                width = at.size * (0.03 + 0.2 * (1 - i / count) ** 0.6) - (5 if tone is Tone.PAPER else 0)
                if tone is Tone.INK or (front and (i // 3) % 2):
                    pen.stroke(at.line([path[i][:2], path[i + 1][:2]]), max(1.5, width), tone, wobble=0, taper=1)

    coil(front=False)
    pen.shape(at.box(-0.06, -0.86, 0.06, 1.0), 2)
    pen.hatch(at.box(0.0, -0.8, 0.055, 0.98), at.tilt, 4)
    pen.tint(at.arc(0, -0.93, 0.1), 2, 1.5, 1)
    coil(front=True)
    u, v = path[0][:2]
    tongue = at.spline([(u + 0.2, v - 0.06), (u + 0.36, v - 0.04), (u + 0.44, v - 0.1)])
    pen.stroke(tongue, 0.035 * at.size, Tone.ACCENT, taper=0.6)
    pen.stroke(at.line([(u + 0.36, v - 0.04), (u + 0.45, v + 0.0)]), 0.03 * at.size, Tone.ACCENT, taper=0.6)
    pen.shape(
        at.spline(
            [(u - 0.1, v + 0.06), (u - 0.06, v - 0.12), (u + 0.1, v - 0.17), (u + 0.26, v - 0.06), (u + 0.1, v + 0.06)],
            closed=True,
        ),
        2.2,
    )
    pen.dot(*at.point(u + 0.07, v - 0.08), 0.03 * at.size)


def virus(pen: Pen, at: Frame) -> None:
    """A ball crowned with nails, each with a head, some coloured."""
    count = 14 if at.size > 70 else 10
    for k in range(count):
        cos, sin = math.cos(TAU * k / count), math.sin(TAU * k / count)
        pen.stroke(at.line([(0.55 * cos, 0.55 * sin), (0.9 * cos, 0.9 * sin)]), max(2, 0.035 * at.size), taper=1)
        if k % 3 == 1:
            pen.tint(at.arc(0.9 * cos, 0.9 * sin, 0.1), 1.8, 1.5, 1)
        else:
            pen.dot(*at.point(0.9 * cos, 0.9 * sin), 0.095 * at.size)
    pen.ball(at.x, at.y, 0.64 * at.size, 2.8, lines=10)
    for k in range(7):
        angle, radius = 2.4 * k, 0.15 + 0.055 * k
        u, v = radius * math.cos(angle), radius * math.sin(angle)
        pen.shape(at.arc(u, v, 0.085, 0.07), 1.6)
        pen.dot(*at.point(u + 0.015, v + 0.01), 0.045 * at.size)


def sun(pen: Pen, at: Frame) -> None:
    """A sun with a calm face, half of it in shadow, between straight and curling rays."""
    for k in range(16):
        angle = TAU * k / 16
        near, far, half = 0.6, (1.0 if k % 2 == 0 else 0.92), (0.13 if k % 2 == 0 else 0.07)

        def out(radius: float, turn: float, angle: float = angle) -> tuple[float, float]:
            return radius * math.cos(angle + turn), radius * math.sin(angle + turn)

        if k % 2:
            curl = at.bezier(out(near, -half), out(0.75, 0.16), out(0.85, -0.16), out(far, 0))
            curl += at.bezier(out(far, 0), out(0.85, -0.02), out(0.75, 0.34), out(near, half))
            pen.shape(curl, 1.8, Tone.INK)
        else:
            ray = at.line([out(near, -half), out(far, 0), out(near, half)])
            pen.shape(ray, 2)
            pen.hatch(at.line([out(near, 0), out(far, 0), out(near, half)]), angle + at.tilt, 2.6, 0.9)
    face = at.arc(0, 0, 0.6)
    pen.tint(face, 2.8, 3, 2)
    for k in range(9):
        pen.stroke(
            at.arc(0, 0, 0.565 - 0.035 * k, start=-0.9 + 0.06 * k, end=1.2 - 0.06 * k), 1.3, taper=0.1, wobble=0.3
        )
    for side in (-1, 1):
        pen.shape(
            at.bezier((0.1 * side, -0.1), (0.16 * side, -0.2), (0.3 * side, -0.2), (0.38 * side, -0.1))
            + at.bezier((0.38 * side, -0.1), (0.3 * side, -0.03), (0.16 * side, -0.03), (0.1 * side, -0.1)),
            1.6,
        )
        pen.dot(*at.point(0.24 * side, -0.11), 0.05 * at.size)
        pen.stroke(
            at.bezier((0.07 * side, -0.24), (0.14 * side, -0.32), (0.32 * side, -0.32), (0.42 * side, -0.2)),
            2.2,
            taper=0.2,
        )
    pen.stroke(at.spline([(0.02, -0.2), (0.0, 0.02), (0.09, 0.14), (-0.03, 0.17)]), 1.9, taper=0.4)
    pen.stroke(at.bezier((-0.2, 0.3), (-0.08, 0.4), (0.1, 0.4), (0.22, 0.28)), 2.6, taper=0.2)
    pen.stroke(at.bezier((-0.1, 0.42), (-0.03, 0.46), (0.06, 0.46), (0.12, 0.41)), 1.6, taper=0.2)


def flame(pen: Pen, at: Frame) -> None:
    """A candle in its holder, with a coloured flame."""
    for k in range(18):
        angle = TAU * k / 18
        cos, sin = math.cos(angle), math.sin(angle)
        if sin < 0.55:
            far = 0.6 if k % 2 else 0.52
            pen.tick(at.point(0.4 * cos, -0.5 + 0.44 * sin), at.point(far * cos, -0.5 + far * sin * 0.95), 2)
    fire = at.spline(
        [
            (0, -1.04),
            (0.12, -0.8),
            (0.26, -0.56),
            (0.2, -0.28),
            (0, -0.18),
            (-0.2, -0.28),
            (-0.24, -0.52),
            (-0.06, -0.78),
        ],
        closed=True,
    )
    pen.tint(fire, 2.2, 2.5, 2)
    pen.shape(at.spline([(0, -0.7), (0.1, -0.44), (0.06, -0.28), (-0.06, -0.28), (-0.1, -0.44)], closed=True), 1.4)
    pen.stroke(at.line([(0, -0.36), (0, -0.1)]), 2.6, taper=1)
    stick = [*at.arc(0, -0.1, 0.24, 0.07, PI, TAU), *at.line([(0.24, 0.72), (-0.24, 0.72)])]
    pen.shape(stick, 2.4)
    pen.fill(at.line([(0.06, -0.04), (0.22, -0.06), (0.22, 0.7), (0.06, 0.7)]), Tone.INK)
    for k in range(3):
        pen.stroke(at.line([(0.09 + 0.05 * k, 0.0), (0.09 + 0.05 * k, 0.66)]), 1.1, Tone.PAPER, taper=0.2)
    pen.stroke(at.arc(0, -0.1, 0.24, 0.07), 1.8, closed=True)
    pen.shape(at.spline([(-0.24, -0.08), (-0.2, 0.16), (-0.14, 0.3), (-0.1, 0.14), (-0.06, -0.02)]), 1.6)
    pen.shape(at.arc(0.62, 0.76, 0.17), 2.2)
    pen.shape(at.arc(0.62, 0.76, 0.09), 1.6)
    plate = [*at.arc(0, 0.74, 0.62, 0.14, PI, TAU), *at.bezier((0.62, 0.74), (0.5, 1.0), (-0.5, 1.0), (-0.62, 0.74))]
    pen.shape(plate, 2.4)
    pen.stroke(at.arc(0, 0.74, 0.62, 0.14, 0, PI), 1.6, taper=1)
    pen.shade(at.arc(0, 0.8, 0.58, 0.12, 0, PI), at.tilt, 3.2, 0.6)


def mask(pen: Pen, at: Frame) -> None:
    """A carnival mask with plumes, on a stick."""
    pen.stroke(at.line([(0.66, 0.1), (0.78, 1.02)]), 0.055 * at.size, taper=0.9)
    for k in range(5):
        turn = -2.35 + 0.38 * k
        base, tip = (0.0, -0.2), (0.96 * math.cos(turn), -0.1 + 0.94 * math.sin(turn))
        bow = (0.5 * math.cos(turn - 0.22), -0.1 + 0.55 * math.sin(turn - 0.22))
        back = (0.55 * math.cos(turn + 0.28), -0.1 + 0.6 * math.sin(turn + 0.28))
        plume = at.spline([base, bow, tip, back], closed=True)
        if k == 2:
            pen.tint(plume, 2, 2, 1)
        else:
            pen.shape(plume, 2, Tone.INK if k % 2 else Tone.PAPER)
        tone = Tone.PAPER if k % 2 else Tone.INK
        pen.stroke(at.line([base, between(base, tip, 0.92)]), 1.5, tone, taper=0.3)
        for j in range(3, 9):
            spot = between(base, tip, j / 10)
            for other in (bow, back):
                pen.tick(at.point(*spot), at.point(*between(spot, between(other, tip, 0.1 * j), 0.6)), 1, tone)
    half = [
        (0.0, -0.22),
        (0.3, -0.34),
        (0.74, -0.4),
        (0.98, -0.3),
        (0.9, 0.06),
        (0.62, 0.36),
        (0.3, 0.34),
        (0.12, 0.16),
        (0.0, 0.24),
    ]
    face = at.spline(half) + at.spline([(-u, v) for u, v in half])[::-1]
    pen.shape(face, 2.8)
    for side in (-1, 1):
        almond = at.spline(
            [(side * 0.2, 0.0), (side * 0.4, -0.16), (side * 0.7, -0.14), (side * 0.56, 0.08), (side * 0.34, 0.1)],
            closed=True,
        )
        pen.shape(almond, 2, Tone.INK)
        for k in range(5):
            pen.tick(at.point(side * (0.3 + 0.1 * k), -0.17 - 0.01 * k), at.point(side * (0.32 + 0.12 * k), -0.26), 1.5)
        pen.dot(*at.point(side * 0.86, -0.24), 0.035 * at.size)
    pen.shade(face, at.tilt, 4.2, 0.16, 0.9)
    pen.shape(at.line([(0, -0.2), (0.09, -0.06), (0, 0.08), (-0.09, -0.06)]), 1.8, Tone.ACCENT)
