"""Motifs that live, grow or shine. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math

from frontispiece.lineart.geometry import PI, TAU, Frame, Line, Point, contains, spline
from frontispiece.lineart.pen import Pen, Tone


def tree(pen: Pen, at: Frame) -> None:
    """A bare branching tree with globes for leaves; its root is at the foot of the frame."""
    tips: Line = []
    pick = pen.random.uniform

    def grow(x: float, y: float, angle: float, length: float, width: float, depth: int) -> None:
        end = x + length * math.cos(angle), y + length * math.sin(angle)
        middle = (x + end[0]) / 2 + pick(-0.12, 0.12) * length, (y + end[1]) / 2 + pick(-0.1, 0.1) * length
        pen.stroke(at.spline([(x, y), middle, end]), width * at.size, taper=0.9, wobble=0.6)
        if depth == 0:
            tips.append(end)
            return
        count = 3 if depth >= 3 and pick(0, 1) < 0.6 else 2
        spread = pick(0.6, 0.85) * (1.4 if count == 2 else 1)
        for i in range(count):
            turned = angle + spread * (i - (count - 1) / 2) + pick(-0.14, 0.14)
            grow(*end, 0.92 * turned - 0.04 * PI, length * pick(0.66, 0.78), 0.66 * width, depth - 1)

    grow(0, 1, -PI / 2 + pick(-0.06, 0.06), 0.56, 0.075, 4)
    for k, (u, v) in enumerate(sorted(tips, key=lambda tip: tip[1])):
        x, y = at.point(u, v)
        if k % 9 == 4:
            pen.tint(at.arc(u, v, 0.05 + 2 / at.size), 1.5, 2, 1.5)
        elif k % 5 == 2:
            pen.dot(x, y, 0.022 * at.size + 1.5)
        else:
            pen.ball(x, y, 0.035 * at.size + 1.5, 1.5, lines=2)


def eye(pen: Pen, at: Frame, lashes: bool = True) -> None:
    """An open eye with a coloured iris."""
    upper = at.bezier((-1, 0.06), (-0.5, -0.72), (0.45, -0.74), (1, 0))
    lower = at.bezier((1, 0), (0.5, 0.56), (-0.5, 0.6), (-1, 0.06))
    pen.fill(upper + lower)
    iris = at.within(0, -0.03, 0.4)
    pen.tint(iris.arc(0, 0, 1), 2.2)
    count = max(18, int(1.1 * iris.size))
    for i in range(count):
        angle = TAU * i / count + pen.random.uniform(-0.05, 0.05)
        cos, sin, far = math.cos(angle), math.sin(angle), pen.random.uniform(0.75, 0.95)
        pen.tick(iris.point(0.5 * cos, 0.5 * sin), iris.point(far * cos, far * sin), 1.1)
    pen.dot(iris.x, iris.y, 0.5 * iris.size)
    pen.dot(*iris.point(0.2, -0.22), 0.15 * iris.size, Tone.PAPER)
    pen.stroke(upper, max(2.4, 0.05 * at.size), taper=0.2)
    pen.stroke(lower, max(1.8, 0.028 * at.size), taper=0.2)
    pen.stroke(at.bezier((-0.85, -0.25), (-0.45, -0.9), (0.4, -0.93), (0.9, -0.23)), 1.3, taper=0.1)
    if lashes:
        _lashes(pen, at)


def _lashes(pen: Pen, at: Frame) -> None:
    rim = Frame(0, 0, 200).bezier((-1, 0.06), (-0.5, -0.72), (0.45, -0.74), (1, 0))[3:-3]
    for i in range(0, len(rim), max(2, int(300 / at.size))):
        u, v = rim[i][0] / 200, rim[i][1] / 200
        angle = -PI / 2 + 0.85 * u
        length = 0.16 + 0.12 * (1 - abs(u))

        def out(
            share: float, turn: float, u: float = u, v: float = v, angle: float = angle, length: float = length
        ) -> Point:
            return u + share * length * math.cos(angle + turn), v + share * length * math.sin(angle + turn / 2)

        pen.stroke(at.bezier((u, v), out(0.3, 0), out(0.75, 0.2), out(1, 0.35)), max(1.6, 0.028 * at.size), taper=0.1)


def fish(pen: Pen, at: Frame) -> None:
    """A fish in profile."""
    tail = at.spline([(0.68, 0), (0.85, -0.18), (1.1, -0.42), (1.02, 0), (1.12, 0.4), (0.85, 0.16)], closed=True)
    pen.shape(tail, 2, Tone.INK)
    for k in range(6):
        v = -0.26 + 0.1 * k
        pen.tick(at.point(0.8, 0.3 * v), at.point(1.04, 1.2 * v), 1.8, Tone.PAPER)
    pen.shape(at.spline([(-0.3, -0.36), (-0.05, -0.68), (0.35, -0.62), (0.3, -0.3)]), 2, Tone.INK)
    for k in range(6):
        pen.tick(at.point(-0.15 + 0.08 * k, -0.4), at.point(0.07 * k, -0.6), 1.8, Tone.PAPER)
    back = at.bezier((-1, 0), (-0.6, -0.55), (0.25, -0.5), (0.72, -0.05))
    body = back + at.bezier((0.72, 0.05), (0.25, 0.5), (-0.6, 0.52), (-1, 0))
    pen.shape(body, 2.6)
    pen.stroke(at.bezier((-0.55, -0.3), (-0.38, -0.1), (-0.38, 0.15), (-0.55, 0.32)), 2)
    for column in range(7):
        for row in range(-3, 4):
            u, v = -0.32 + 0.14 * column, 0.12 * row + (0.06 if column % 2 else 0)
            if contains(body, *at.point(u + 0.1, 1.3 * v)):
                pen.stroke(at.arc(u, v, 0.075, start=-1.2, end=1.2), 1.1, wobble=0.1)
    pen.tint(at.arc(-0.7, -0.08, 0.085), 1.6, 0.03 * at.size, 0.01 * at.size)
    pen.dot(*at.point(-0.7, -0.08), 0.035 * at.size)
    pen.shade(body, 0, 4.5, 0.12, 0.9)


def planet(pen: Pen, at: Frame) -> None:
    """A ringed planet with a coloured moon."""

    def ring(size: float, start: float, end: float) -> Line:
        return at.arc(0, 0, size, 0.28 * size, start, end, tilt=-0.35)

    for size in (1.0, 0.9, 0.82):
        pen.stroke(ring(size, PI, TAU), 1.6, taper=1)
    pen.ball(at.x, at.y, 0.56 * at.size, 2.4, lines=8)
    pen.fill(ring(1, 0, PI) + ring(0.8, 0, PI)[::-1])
    for size, width in ((1.0, 2.2), (0.94, 1), (0.9, 1.4), (0.82, 1.2), (0.8, 1.8)):
        pen.stroke(ring(size, 0, PI), width, taper=1)
    pen.tint(at.arc(0.95, -0.75, 0.13), 1.8, 2, 1)


def robot(pen: Pen, at: Frame) -> None:
    """A mechanical head."""
    pen.stroke(at.line([(0, -0.72), (0, -1)]), 2.4, taper=1)
    pen.tint(at.arc(0, -1.04, 0.1), 2, 2, 1)
    for side in (-1, 1):
        pen.shape(at.arc(0.82 * side, 0, 0.12, 0.2), 2, Tone.INK)
    skull = [(-0.72, -0.6), (0, -0.72), (0.72, -0.6), (0.8, 0), (0.66, 0.72), (0, 0.8), (-0.66, 0.72), (-0.8, 0)]
    head = at.spline(skull, closed=True)
    pen.shape(head, 2.8)
    pen.shade(head, 0.3, 5.5, 0.24)
    for side in (-1, 1):
        pen.shape(at.arc(0.34 * side, -0.14, 0.22), 2.2)
        pen.dot(*at.point(0.34 * side + 0.05, -0.12), 0.09 * at.size)
        pen.stroke(at.arc(0.34 * side, -0.14, 0.16, start=3.5, end=4.6), 1.1)
    pen.shape(at.box(-0.34, 0.36, 0.34, 0.56), 2, Tone.INK)
    for k in range(1, 6):
        u = -0.34 + 0.68 * k / 6
        pen.stroke(at.line([(u, 0.38), (u, 0.54)]), 2.2, Tone.PAPER, taper=1)
    for rivet in at.line([(-0.6, -0.48), (0.6, -0.48), (-0.55, 0.6), (0.55, 0.6)]):
        pen.dot(*rivet, 2.2)


def apple(pen: Pen, at: Frame) -> None:
    """A coloured apple with one leaf."""
    half = [(0.35, -0.78), (0.75, -0.6), (0.92, -0.1), (0.75, 0.5), (0.4, 0.86), (0.12, 0.84)]
    fruit = at.spline([(0, -0.62), *half, (0, 0.8), *[(-u, v) for u, v in reversed(half)]], closed=True)
    pen.tint(fruit, 2.8, 4, 3)
    pen.shade(fruit, 0.9, 6, 0.3, 1.1)
    pen.stroke(at.bezier((0, -0.55), (0, -0.8), (0.05, -0.95), (0.15, -1.1)), 3.6, taper=0.6)
    leaf = at.bezier((0.1, -0.88), (0.3, -1.2), (0.6, -1.15), (0.75, -1))
    leaf += at.bezier((0.75, -1), (0.5, -0.8), (0.3, -0.8), (0.1, -0.88))
    pen.shape(leaf, 2)
    pen.hatch(leaf, 0.2, 4, 0.9)
    pen.stroke(at.arc(0, 0, 0.74, start=3.5, end=4.3), 2.4, Tone.PAPER, taper=0.1)


def wave(pen: Pen, at: Frame) -> None:
    """One great curling wave over a coloured ball."""
    crest = [(-1.25, 0.75), (-1, 0.3), (-0.62, -0.25), (-0.1, -0.72), (0.4, -0.78), (0.78, -0.5), (0.9, -0.12)]
    hollow = [
        (0.72, 0.1),
        (0.62, -0.12),
        (0.38, -0.28),
        (0.12, -0.18),
        (0.02, 0.12),
        (0.2, 0.5),
        (0.7, 0.7),
        (1.25, 0.78),
    ]
    body = at.spline(crest + hollow)
    pen.fill(body + at.line([(1.25, 0.9), (-1.25, 0.9)]))
    for k in range(1, 8):
        flow = [(-1.25 + 0.16 * k, 0.78), (-0.98 + 0.13 * k, 0.42 + 0.03 * k), (-0.6 + 0.09 * k, -0.1 + 0.055 * k)]
        line = at.spline([*flow, (-0.12 + 0.03 * k, -0.58 + 0.055 * k), (0.3, -0.66 + 0.05 * k)])
        pen.stroke(line[: int(len(line) * (1 - 0.055 * k))], 2.6 - 0.12 * k, taper=0.1)
    cave = at.spline([*hollow[:6], (0.36, 0.3), (0.5, 0.16)], closed=True)
    pen.fill(cave, Tone.INK)
    pen.stroke(body, 3.4, taper=0.3)
    for k in range(9):  # claws of foam
        angle = -0.9 + 0.24 * k
        u, v = 0.42 + 0.45 * math.cos(angle), -0.33 + 0.44 * math.sin(angle)
        pen.stroke(at.arc(u, v, 0.07, start=angle - 1.2, end=angle + 1.5), 1.8, wobble=0.2)
    pen.tint(at.arc(0.35, 0.12, 0.12), 1.8)
    for _ in range(7):
        spray = at.point(pen.random.uniform(0.6, 1.1), pen.random.uniform(-0.85, -0.3))
        pen.dot(*spray, pen.random.uniform(1.2, 3))


def moon(pen: Pen, at: Frame) -> None:
    """A coloured crescent with a sleeping face turned to the right."""
    outer = at.arc(0, 0, 1, start=0.6, end=TAU - 0.6)
    crescent = outer + at.arc(0.45, 0, 0.68, start=TAU - 0.98, end=0.98)
    pen.tint(crescent, 2.4, 4, 2)
    pen.shade(spline(outer[: len(outer) // 2]) + at.line([(-0.5, 0.1), (-0.15, 0.7)]), 0.6, 6, 0.35, 1)
    pen.stroke(at.arc(-0.5, -0.12, 0.13, start=0.3, end=PI - 0.3), 2.2, taper=0.3)
    for k in range(3):
        angle = 0.7 + 0.45 * k
        inner, far = (at.point(-0.5 + r * math.cos(angle), -0.12 + r * math.sin(angle)) for r in (0.14, 0.2))
        pen.tick(inner, far, 1.4)
    pen.stroke(at.bezier((-0.4, 0.34), (-0.35, 0.4), (-0.25, 0.4), (-0.18, 0.36)), 2, taper=0.3)
