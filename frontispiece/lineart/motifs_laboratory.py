"""Motifs from the laboratory. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math
from itertools import pairwise

from frontispiece.lineart.geometry import PI, TAU, Frame, arc, between, moved
from frontispiece.lineart.pen import Pen, Tone


def radio(pen: Pen, at: Frame) -> None:
    """A lattice mast with a coloured tip that sends out rings."""
    for side in (-1, 1):
        for k in range(4):
            middle = 0.0 if side > 0 else PI
            pen.stroke(
                at.arc(0, -0.62, 0.24 + 0.17 * k, start=middle - 0.62, end=middle + 0.62), 4.2 - 0.7 * k, taper=0.2
            )
    levels = (1.0, 0.66, 0.36, 0.1, -0.12, -0.3)

    def half(v: float) -> float:
        return 0.06 + 0.4 * math.pow((v + 0.5) / 1.5, 1.3)

    rails = [at.spline([(side * half(v), v) for v in (1.0, 0.66, 0.36, 0.1, -0.12, -0.3, -0.48)]) for side in (-1, 1)]
    pen.fill(rails[0] + rails[1][::-1])
    for a, b in pairwise(levels):
        pen.stroke(at.line([(-half(a), a), (half(b), b)]), 2.2, taper=1)
        pen.stroke(at.line([(half(a), a), (-half(b), b)]), 2.2, taper=1)
        pen.stroke(at.line([(-half(b), b), (half(b), b)]), 2.6, taper=1)
    for rail in rails:
        pen.stroke(rail, max(3, 0.05 * at.size), taper=0.8)
    pen.stroke(at.line([(0, -0.44), (0, -0.62)]), 3, taper=1)
    pen.tint(at.arc(0, -0.64, 0.12), 2.2, 1.5, 1)
    hut = at.box(-0.2, 0.74, 0.2, 1.0)
    pen.shape(hut, 2.2, Tone.INK)
    pen.fill(at.box(-0.06, 0.82, 0.06, 1.0))
    pen.stroke(at.line([(-0.62, 1.0), (0.62, 1.0)]), 2.6, taper=0.4)


def chip(pen: Pen, at: Frame) -> None:
    """A microchip with many legs, ways on it, and a coloured core."""
    for k in range(7):
        place = -0.57 + 0.19 * k
        for side in (-1, 1):
            for box in (
                (place - 0.045, side * 0.7, place + 0.045, side * 0.98),
                (side * 0.7, place - 0.045, side * 0.98, place + 0.045),
            ):
                left, right = sorted((box[0], box[2]))
                top, bottom = sorted((box[1], box[3]))
                pen.shape(at.box(left, top, right, bottom), 1.8, wobble=0.3)
    pen.fill(moved(at.box(-0.74, -0.74, 0.74, 0.74), 4, 4), Tone.INK)
    pen.shape(at.box(-0.74, -0.74, 0.74, 0.74), 3, Tone.INK)
    for turn in range(4):
        own = at.within(0, 0, 1, turn * PI / 2)
        for k, (u, bend) in enumerate(((-0.24, -0.5), (-0.08, -0.2), (0.1, 0.14), (0.24, 0.42))):
            reach = -0.56 + 0.06 * (k % 2)
            pen.stroke(
                own.line([(u, -0.34), (u, -0.42), (bend, -0.42 - abs(bend - u) * 0.5), (bend, reach)]),
                2,
                Tone.PAPER,
                taper=1,
                wobble=0.2,
            )
            pen.dot(*own.point(bend, reach), 0.04 * at.size, Tone.PAPER)
    pen.shape(at.box(-0.34, -0.34, 0.34, 0.34), 2.2)
    pen.tint(at.box(-0.24, -0.24, 0.24, 0.24), 2, 1, 1)
    for k in range(5):
        pen.stroke(at.line([(-0.18 + 0.09 * k, 0.2), (0.2, -0.18 + 0.09 * k)]), 1.2, taper=0.3)
    pen.dot(*at.point(-0.6, 0.6), 0.045 * at.size, Tone.PAPER)


def battery(pen: Pen, at: Frame) -> None:
    """A jar battery with two poles, a coloured band, and a spark between its wires."""
    pen.stroke(at.bezier((-0.24, -0.55), (-0.24, -0.8), (-0.46, -0.9), (-0.12, -0.97)), 0.05 * at.size, taper=0.7)
    pen.stroke(at.bezier((0.24, -0.55), (0.24, -0.8), (0.46, -0.9), (0.12, -0.97)), 0.05 * at.size, taper=0.7)
    for k in range(9):
        angle = TAU * k / 9
        pen.tick(
            at.point(0.05 * math.cos(angle), -0.97 + 0.05 * math.sin(angle)),
            at.point(0.13 * math.cos(angle), -0.97 + 0.1 * math.sin(angle)),
            2.2,
        )
    for u in (-0.24, 0.24):
        pen.shape(at.box(u - 0.1, -0.6, u + 0.1, -0.36), 2.2, Tone.INK)
    can = [*at.arc(0, -0.34, 0.52, 0.13, PI, TAU), *at.arc(0, 0.86, 0.52, 0.13, 0, PI)]
    pen.shape(can, 3)
    band = [*at.arc(0, 0.1, 0.52, 0.13, PI, 0), *at.arc(0, 0.62, 0.52, 0.13, 0, PI)]
    pen.fill(band, Tone.ACCENT)
    pen.fill([*at.arc(0, -0.02, 0.52, 0.13, PI, 0), *at.arc(0, 0.1, 0.52, 0.13, 0, PI)], Tone.INK)
    for k in range(10):
        u = 0.5 * math.cos(0.12 + 0.1 * k)
        v = 0.13 * math.sin(0.12 + 0.1 * k)
        pen.stroke(at.line([(u, -0.3 + v), (u, 0.84 + v)]), 2 - 0.14 * k, taper=0.4)
    pen.stroke(at.line([(-0.4, -0.2), (-0.4, 0.8)]), 2.4, Tone.PAPER, taper=0.2)
    bolt = at.line([(0.08, 0.2), (-0.16, 0.52), (-0.02, 0.52), (-0.1, 0.76), (0.16, 0.42), (0.02, 0.42)])
    pen.shape(bolt, 2.2)
    pen.shape(at.arc(0, -0.34, 0.52, 0.13), 2.2)
    for u in (-0.24, 0.24):
        pen.shape(at.box(u - 0.1, -0.56, u + 0.1, -0.34), 2, Tone.INK)
        pen.shape(at.arc(u, -0.56, 0.1, 0.04), 1.8)


def magnet(pen: Pen, at: Frame) -> None:
    """A horseshoe magnet, coloured, its poles black, filings in the air between and around."""

    def leg(angle: float, inner: bool) -> tuple[float, float]:
        radius = 0.32 if inner else 0.7
        return radius * math.cos(angle), 0.26 + radius * math.sin(angle)

    for k in range(4):  # the field
        pen.stroke(at.arc(0, -0.62, 0.36 + 0.1 * k, 0.14 + 0.085 * k, PI, TAU), 2.4 - 0.3 * k, taper=0.3)
    outer = at.line([(-0.7, -0.5)]) + at.arc(0, 0.26, 0.7, start=PI, end=0) + at.line([(0.7, -0.5), (0.32, -0.5)])
    body = outer + at.arc(0, 0.26, 0.32, start=0, end=PI) + at.line([(-0.32, -0.5)])
    pen.tint(body, 3, 4, 3)
    for k in range(22):
        angle = 0.0 + 1.9 * k / 21
        a, b = leg(angle, False), leg(angle, True)
        pen.tick(at.point(*between(a, b, 0.05)), at.point(*between(a, b, 0.45 - 0.1 * (k % 2))), 1.5)
    pen.stroke(at.arc(0, 0.26, 0.58, start=2.3, end=3.2), 3, Tone.PAPER, taper=0.1)
    for side in (-1, 1):
        left, right = sorted((side * 0.32, side * 0.7))
        pen.shape(at.box(left, -0.62, right, -0.28), 2.6, Tone.INK)
        pen.stroke(at.line([(left + 0.08, -0.54), (left + 0.08, -0.36)]), 2, Tone.PAPER, taper=0.3)
    for _ in range(34):
        u, v = pen.random.uniform(-0.24, 0.24), pen.random.uniform(-0.6, -0.2)
        pen.tick(at.point(u - 0.05, v + 0.02), at.point(u + 0.05, v - 0.02), 1.5)


def cradle(pen: Pen, at: Frame) -> None:
    """Five steel balls on threads in a frame; the first, coloured, is about to fall."""
    for dx, dy in ((0.1, -0.1), (0.0, 0.0)):
        frame = at.line(
            [(-0.72 + dx, 0.82 + dy), (-0.72 + dx, -0.74 + dy), (0.72 + dx, -0.74 + dy), (0.72 + dx, 0.82 + dy)]
        )
        pen.stroke(frame, 0.07 * at.size, taper=1)
        pen.stroke(frame, 0.07 * at.size - 4.4, Tone.PAPER, taper=1, wobble=0)
    base = at.line([(-0.92, 0.82), (0.92, 0.82), (0.98, 1.0), (-0.98, 1.0)])
    pen.shape(base, 2.6, Tone.INK)
    pen.stroke(at.line([(-0.84, 0.87), (0.84, 0.87)]), 1.8, Tone.PAPER, taper=0.3)
    for k in range(5):
        u = -0.4 + 0.225 * k
        end = (u, 0.42) if k else (u - 0.58, 0.2)
        for dx, dy in ((0.0, 0.0), (0.1, -0.1)):
            pen.stroke(at.line([(u + dx, -0.74 + dy), end]), 1.5, taper=1, wobble=0.2)
        if k:
            pen.ball(*at.point(*end), 0.118 * at.size, 2.2, lines=4)
        else:
            pen.tint(at.arc(*end, 0.125), 2.4, 2, 1)
            pen.stroke(at.arc(*end, 0.075, start=3.4, end=4.6), 1.8, Tone.PAPER, taper=0.2)
    for k in range(3):
        pen.stroke(at.arc(-0.4, -0.74, 1.16, start=1.62 + 0.07 * k, end=1.86 - 0.02 * k), 1.2, taper=0.2)


def flask(pen: Pen, at: Frame) -> None:
    """A flask with a coloured liquid, bubbles, and a drop at its lip."""
    half = [(0.16, -0.86), (0.15, -0.3), (0.3, -0.06), (0.66, 0.5), (0.72, 0.78), (0.56, 0.94)]
    outline = at.spline(half) + at.spline([(-u, v) for u, v in half])[::-1]
    pen.shape(outline, 2.8)
    fluid = at.spline([(0.5, 0.24), (0.66, 0.5), (0.72, 0.78), (0.56, 0.94)]) + at.spline(
        [(-0.56, 0.94), (-0.72, 0.78), (-0.66, 0.5), (-0.5, 0.24)]
    )
    surface = at.spline([(-0.5, 0.24), (-0.2, 0.3), (0.1, 0.2), (0.5, 0.24)])
    pen.fill(fluid + surface, Tone.ACCENT)
    pen.stroke(surface, 2.2, taper=1)
    for k in range(9):
        pen.stroke(
            at.spline(
                [(0.47 + 0.022 * k - 0.012 * k * k, 0.3 + 0.02 * k), (0.6 - 0.045 * k, 0.56), (0.62 - 0.06 * k, 0.86)]
            ),
            1.5 - 0.1 * k,
            taper=0.15,
        )
    pen.stroke(outline, 2.8, closed=True)
    pen.stroke(at.spline([(-0.1, -0.7), (-0.09, -0.26), (-0.24, 0.02), (-0.44, 0.34)]), 2, taper=0.1)
    pen.stroke(at.spline([(-0.54, 0.5), (-0.58, 0.66), (-0.54, 0.8)]), 3.4, Tone.PAPER, taper=0.2)
    for u, v, r in (
        (-0.2, 0.62, 0.09),
        (0.08, 0.46, 0.06),
        (0.16, 0.74, 0.1),
        (-0.06, 0.12, 0.06),
        (0.06, -0.12, 0.05),
        (-0.02, -0.42, 0.045),
    ):
        pen.shape(at.arc(u, v, r), 1.8)
    for k in range(5):
        pen.tick(at.point(0.04, -0.1 - 0.12 * k), at.point(0.13, -0.1 - 0.12 * k), 1.8)
    pen.shape(at.box(-0.23, -0.96, 0.23, -0.84), 2.4, Tone.INK)
    pen.stroke(at.line([(-0.16, -0.91), (0.1, -0.91)]), 1.8, Tone.PAPER, taper=0.3)


def funnel(pen: Pen, at: Frame) -> None:
    """A funnel, many balls above, one coloured drop below."""
    pick = pen.random.uniform
    for k in range(11):
        u = -0.62 + 0.25 * (k % 6) + pick(-0.04, 0.04)
        v = -0.78 + 0.2 * (k // 6) + pick(-0.05, 0.05)
        if k % 3 == 1:
            pen.dot(*at.point(u, v), 0.085 * at.size)
        else:
            pen.ball(*at.point(u, v), 0.1 * at.size, 1.8, lines=2)
    half = [(0.9, -0.46), (0.7, -0.2), (0.16, 0.16), (0.12, 0.52)]
    cone = at.spline(half) + at.spline([(-u, v) for u, v in half])[::-1]
    pen.shape(cone, 2.8)
    for k in range(12):
        share = 0.06 + 0.05 * k
        pen.stroke(at.spline([(u * (1 - share), v + 0.05) for u, v in half]), 1.9 - 0.11 * k, taper=0.15)
    pen.fill(at.line([(0.02, 0.14), (0.155, 0.16), (0.12, 0.52), (0.02, 0.52)]), Tone.INK)
    rim = at.arc(0, -0.46, 0.9, 0.15)
    pen.shape(rim, 2.8)
    pen.shape(at.arc(0, -0.44, 0.78, 0.1), 1.6, Tone.INK)
    for u in (-0.42, -0.08, 0.34):
        front = at.arc(u, -0.5, 0.12)
        pen.fill(front)
        pen.ball(*at.point(u, -0.5), 0.12 * at.size, 2, lines=3)
    pen.fill(at.arc(0, -0.46, 0.9, 0.15, 0.12, PI - 0.12) + at.arc(0, -0.44, 0.78, 0.1, PI, 0))
    pen.stroke(at.arc(0, -0.46, 0.9, 0.15, 0, PI), 2.8, taper=1)
    pen.stroke(at.arc(0, -0.44, 0.78, 0.1, 0, PI), 1.6, taper=0.6)
    drop = at.bezier((0, 0.58), (0.06, 0.7), (0.13, 0.76), (0.13, 0.86)) + at.arc(0, 0.86, 0.13, start=0, end=PI)
    pen.tint(drop + at.bezier((-0.13, 0.86), (-0.13, 0.76), (-0.06, 0.7), (0, 0.58)), 2, 1.5, 1)


def atom(pen: Pen, at: Frame) -> None:
    """A nucleus of balls with three orbits in front of and behind it, an electron on each."""
    turns = (0.0, PI / 3, -PI / 3)
    for turn in turns:
        pen.stroke(at.arc(0, 0, 0.98, 0.36, PI, TAU, tilt=turn), 2, taper=1)
    for k, (u, v) in enumerate(
        ((-0.12, -0.1), (0.13, -0.1), (0.0, -0.19), (-0.15, 0.08), (0.16, 0.07), (0.0, 0.15), (0.0, 0.0))
    ):
        if k in (1, 3):
            pen.tint(at.arc(u, v, 0.125), 2, 1, 1)
        elif k in (2, 4):
            pen.dot(*at.point(u, v), 0.13 * at.size)
            pen.stroke(at.arc(u, v, 0.08, start=3.4, end=4.6), 1.6, Tone.PAPER, taper=0.2)
        else:
            pen.ball(*at.point(u, v), 0.125 * at.size, 2, lines=3)
    for turn in turns:
        line = at.arc(0, 0, 0.98, 0.36, 0.0, PI, tilt=turn)
        pen.stroke(line, 7, Tone.PAPER, taper=1, wobble=0)
        pen.stroke(line, max(2.6, 0.03 * at.size), taper=1)
    for k, turn in enumerate(turns):
        angle = (0.5, 2.2, 1.2)[k]
        u, v = 0.98 * math.cos(angle), 0.36 * math.sin(angle)
        x, y = at.point(u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn))
        pen.fill(arc(x, y, 0.09 * at.size + 3))
        pen.dot(x, y, 0.085 * at.size)
        pen.dot(x - 0.025 * at.size, y - 0.025 * at.size, 0.02 * at.size, Tone.PAPER)
