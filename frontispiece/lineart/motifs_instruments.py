"""Motifs that measure, carry or compute. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math

from frontispiece.lineart.geometry import PI, TAU, Frame, between
from frontispiece.lineart.pen import Pen, Tone


def rocket(pen: Pen, at: Frame) -> None:
    """A rocket of the old films, its port and fire coloured, in a cloud of its own."""
    own = at.within(0.06, -0.1, 0.92, 0.22)
    fire = own.spline([(-0.16, 0.72), (-0.2, 0.92), (0, 1.2), (0.2, 0.92), (0.16, 0.72)])
    pen.tint(fire, 2, 2, 1)
    for u, v, radius in (
        (-0.62, 0.82, 0.17),
        (-0.3, 0.92, 0.14),
        (-0.12, 0.78, 0.12),
        (0.2, 0.9, 0.16),
        (0.44, 0.8, 0.12),
    ):
        pen.shape(at.arc(u, v, radius), 2)
        for k in range(3):
            pen.stroke(at.arc(u, v, radius * (0.8 - 0.18 * k), start=0.2, end=1.5), 1.1, taper=0.1)
    for side in (-1, 1):
        fin = own.spline(
            [(side * 0.22, 0.2), (side * 0.52, 0.46), (side * 0.56, 0.9), (side * 0.4, 0.78), (side * 0.2, 0.66)]
        )
        pen.shape(fin, 2.4, Tone.INK)
        pen.stroke(
            own.spline([(side * 0.3, 0.42), (side * 0.44, 0.58), (side * 0.48, 0.76)]), 1.6, Tone.PAPER, taper=0.2
        )
    half = [(0.0, -1.06), (0.2, -0.7), (0.3, -0.25), (0.29, 0.25), (0.18, 0.72)]
    hull = own.spline(half) + own.spline([(-u, v) for u, v in half])[::-1]
    pen.shape(hull, 2.8)
    nose = own.spline([(0.0, -1.06), (0.13, -0.86), (0.235, -0.58)]) + own.arc(0, -0.58, 0.235, 0.06, 0, PI)
    pen.shape([*nose, *own.spline([(-0.235, -0.58), (-0.13, -0.86), (0.0, -1.06)])], 2.2, Tone.INK)
    pen.stroke(own.spline([(-0.13, -0.68), (-0.06, -0.86), (-0.02, -0.94)]), 1.8, Tone.PAPER, taper=0.2)
    for k in range(11):  # the round of the hull
        v = -0.44 + 0.1 * k
        pen.stroke(own.arc(0, v, 0.275 - 0.004 * abs(k - 5) ** 1.7, 0.06, 0.05, 1.0), 1.3, taper=0.15, wobble=0.2)
    pen.tint(own.arc(0, -0.18, 0.145), 2.6, 1.5, 1)
    pen.stroke(own.arc(0, -0.18, 0.19), 1.4, closed=True)
    pen.stroke(own.arc(0, -0.18, 0.09, start=3.4, end=4.6), 1.8, Tone.PAPER, taper=0.2)
    pen.stroke(own.arc(0, 0.5, 0.24, 0.06, 0, PI), 2, taper=1)
    pen.shape(own.spline([(0, 0.36), (0.06, 0.6), (0, 0.9), (-0.06, 0.6)], closed=True), 2, Tone.INK)


def camera(pen: Pen, at: Frame) -> None:
    """An old camera with a large lens; its glass is coloured."""
    for u, w in ((-0.62, 0.16), (0.5, 0.24)):
        pen.shape(at.box(u, -0.68, u + w, -0.5), 2.2, Tone.INK)
    pen.shape(at.line([(-0.26, -0.52), (-0.18, -0.78), (0.24, -0.78), (0.32, -0.52)]), 2.4)
    pen.shape(at.box(-0.1, -0.72, 0.16, -0.58), 1.8, Tone.INK)
    body = at.box(-1.0, -0.54, 1.0, 0.74)
    pen.shape(body, 3)
    pen.fill(at.box(-0.98, -0.28, 0.98, 0.54), Tone.INK)
    for v in (-0.28, 0.54):
        pen.stroke(at.line([(-1, v), (1, v)]), 1.6, taper=1)
    for row in range(7):
        for column in range(16):
            u, v = -0.92 + 0.123 * column + 0.06 * (row % 2), -0.2 + 0.11 * row
            if math.hypot(u, v - 0.12) > 0.66 and u < 0.95:
                pen.tick(at.point(u, v), at.point(u + 0.05, v + 0.02), 1.6, Tone.PAPER)
    pen.hatch(at.box(0.2, 0.58, 0.97, 0.72), at.tilt, 3.4, 0.9)
    pen.shape(at.arc(-0.76, -0.41, 0.07), 1.8)
    pen.shape(at.box(0.6, -0.48, 0.88, -0.34), 1.8)
    pen.shape(at.arc(0, 0.12, 0.6), 3)
    for k in range(40):
        angle = TAU * k / 40
        pen.tick(
            at.point(0.52 * math.cos(angle), 0.12 + 0.52 * math.sin(angle)),
            at.point(0.59 * math.cos(angle), 0.12 + 0.59 * math.sin(angle)),
            1.5,
        )
    pen.stroke(at.arc(0, 0.12, 0.5), 2, closed=True)
    pen.shape(at.arc(0, 0.12, 0.43), 2, Tone.INK)
    pen.tint(at.arc(0, 0.12, 0.32), 1.8, 1, 1)
    pen.dot(*at.point(0, 0.12), 0.15 * at.size)
    pen.dot(*at.point(-0.11, 0.0), 0.055 * at.size, Tone.PAPER)
    pen.stroke(at.arc(0, 0.12, 0.25, start=0.2, end=1.4), 2, Tone.PAPER, taper=0.2)


def telescope(pen: Pen, at: Frame) -> None:
    """A brass telescope on three legs that looks at a coloured star."""
    for u, v in ((-0.66, 1.0), (0.06, 1.04), (0.6, 1.0)):
        pen.stroke(at.line([(0.02, 0.16), (u, v)]), 0.075 * at.size, taper=0.7)
    pen.stroke(at.line([(-0.34, 0.62), (0.34, 0.62)]), 2.2, taper=1)
    own = at.within(0.0, 0.0, 1, -0.62)
    for left, right, half, dark in ((-0.98, -0.62, 0.1, False), (-0.66, -0.1, 0.145, True), (-0.14, 0.84, 0.2, False)):
        tube = own.line([(left, -half), (right, -half * 1.12), (right, half * 1.12), (left, half)])
        pen.shape(tube, 2.6, Tone.INK if dark else Tone.PAPER)
        count = int((right - left) * 26)
        for k in range(1, count):
            u = left + (right - left) * k / count
            if dark:
                continue
            pen.stroke(own.line([(u, half * (0.15 + 0.1 * (k % 3))), (u, half * 1.02)]), 1.4, taper=0.2)
        if dark:
            pen.stroke(own.line([(left + 0.06, -0.4 * half), (right - 0.08, -0.42 * half)]), 2.2, Tone.PAPER, taper=0.3)
    for u, half in ((-1.0, 0.13), (-0.64, 0.16), (-0.12, 0.23), (0.84, 0.26)):
        pen.shape(own.box(u - 0.035, -half, u + 0.055, half), 2.2)
        pen.hatch(own.box(u - 0.03, 0, u + 0.05, half), own.tilt, 3, 1)
    pen.shape(own.arc(0.9, 0, 0.07, 0.25), 2.2, Tone.INK)
    pen.shape(at.arc(0.02, 0.16, 0.12), 2.4)
    pen.dot(*at.point(0.02, 0.16), 0.05 * at.size)
    star = []
    for k in range(10):
        angle, radius = -PI / 2 + TAU * k / 10, 0.2 if k % 2 == 0 else 0.085
        star.append((-0.62 + radius * math.cos(angle), -0.72 + radius * math.sin(angle)))
    pen.tint(at.line(star), 2, 1.5, 1)
    for u, v in ((-0.2, -0.9), (-0.9, -0.4), (0.2, -0.72)):
        for dx, dy in ((0.06, 0.0), (0.0, 0.06)):
            pen.tick(at.point(u - dx, v - dy), at.point(u + dx, v + dy), 1.6)


def compass(pen: Pen, at: Frame) -> None:
    """A compass with a rose; one half of its needle is coloured."""
    pen.shape(at.arc(0, -0.86, 0.13), 2.4)
    pen.dot(*at.point(0.03, 0.14), 0.85 * at.size)
    pen.shape(at.arc(0, 0.12, 0.85), 3)
    pen.shape(at.arc(0, 0.12, 0.7), 2)
    for k in range(48):
        angle, near = TAU * k / 48, 0.73 if k % 4 else 0.71
        pen.tick(
            at.point(near * math.cos(angle), 0.12 + near * math.sin(angle)),
            at.point(0.82 * math.cos(angle), 0.12 + 0.82 * math.sin(angle)),
            1.2 if k % 4 else 2.4,
        )
    for k in range(8):
        angle, far = TAU * ((k * 2 + 1) % 8 + (k >= 4) * 7 % 8) / 8, 0.0
        order = (1, 3, 5, 7, 0, 2, 4, 6)[k]
        angle, far = TAU * order / 8, 0.62 if order % 2 == 0 else 0.42
        tip = at.point(far * math.cos(angle), 0.12 + far * math.sin(angle))
        for side, tone in ((-1, Tone.PAPER), (1, Tone.INK)):
            foot = at.point(
                0.17 * math.cos(angle + side * PI / 8 * 1.6), 0.12 + 0.17 * math.sin(angle + side * PI / 8 * 1.6)
            )
            pen.shape([at.point(0, 0.12), tip, foot], 1.6, tone, wobble=0.3)
    turn = pen.random.uniform(-0.9, -0.4)
    needle = at.within(0, 0.12, 1, turn)
    pen.stroke(needle.line([(0, -0.66), (0, 0.66)]), 0.2 * at.size, Tone.PAPER, taper=0.1, wobble=0)
    pen.shape(needle.line([(-0.09, 0), (0, 0.64), (0.09, 0)]), 2)
    pen.hatch(needle.line([(0, 0), (0, 0.6), (0.085, 0)]), needle.tilt, 3, 1)
    pen.tint(needle.line([(-0.09, 0), (0, -0.64), (0.09, 0)]), 2, 1, 1)
    pen.dot(*needle.point(0, 0), 0.05 * at.size)
    for k in range(4):
        pen.stroke(at.arc(0, 0.12, 0.66 - 0.03 * k, start=3.6, end=4.5 - 0.1 * k), 1.2, taper=0.1)


def globe(pen: Pen, at: Frame) -> None:
    """A globe in its ring on a turned foot; the land is black, one land coloured."""
    pen.shape(at.line([(-0.07, 0.68), (0.07, 0.68), (0.12, 0.86), (-0.12, 0.86)]), 2.2, Tone.INK)
    pen.shape([*at.arc(0, 0.94, 0.42, 0.08, PI, TAU), *at.arc(0, 0.98, 0.42, 0.08, 0, PI)], 2.4)
    pen.stroke(at.arc(0, -0.12, 0.84, start=-0.95, end=2.6), 0.075 * at.size, taper=1)
    pen.stroke(at.arc(0, -0.12, 0.84, start=-0.93, end=2.58), 0.075 * at.size - 4.2, Tone.PAPER, taper=1, wobble=0)
    ball = at.arc(0, -0.12, 0.7)
    pen.shape(ball, 2.8)
    own = at.within(0, -0.12, 1, 0.38)
    for share in (-0.66, -0.25, 0.25, 0.66):
        pen.stroke(own.arc(0, 0, 0.7 * share, 0.7, -PI / 2, PI / 2), 1.1, taper=0.6)
    for v in (-0.4, 0.0, 0.4):
        reach = math.sqrt(0.49 - v * v)
        pen.stroke(own.arc(0, v, reach, 0.1, 0, PI), 1.1, taper=0.6)
    west = [
        (-0.5, -0.36),
        (-0.28, -0.48),
        (-0.1, -0.36),
        (-0.2, -0.2),
        (-0.3, -0.06),
        (-0.18, 0.04),
        (-0.08, 0.2),
        (-0.2, 0.52),
        (-0.32, 0.3),
        (-0.36, 0.06),
        (-0.5, -0.1),
    ]
    pen.shape(own.spline(west, closed=True), 1.6, Tone.INK)
    east = [(0.12, -0.44), (0.4, -0.46), (0.56, -0.24), (0.42, -0.12), (0.3, -0.2), (0.16, -0.22)]
    pen.shape(own.spline(east, closed=True), 1.6, Tone.INK)
    pen.tint(
        own.spline([(0.14, -0.08), (0.34, -0.04), (0.44, 0.1), (0.34, 0.36), (0.24, 0.4), (0.2, 0.16)], closed=True),
        1.6,
        1.5,
        1,
    )
    for k in range(6):
        pen.stroke(
            at.arc(0, -0.12, 0.66 - 0.035 * k, start=-0.1 + 0.08 * k, end=1.6 - 0.08 * k), 1.3, taper=0.1, wobble=0.3
        )
    for v in (-0.78, 0.78):
        pen.dot(*own.point(0, v), 0.06 * at.size)


def reel(pen: Pen, at: Frame) -> None:
    """A reel of film with a strip that runs off; one frame is coloured."""
    strip = at.spline([(-0.2, 0.62), (0.2, 0.7), (0.5, 0.5), (0.98, 0.62)])
    lower = at.spline([(-0.2, 0.98), (0.2, 1.0), (0.5, 0.82), (0.98, 0.94)])
    pen.shape(strip + lower[::-1], 2.2, Tone.INK)
    length = min(len(strip), len(lower)) - 1
    for k in range(4):
        a, b = int(length * (0.26 + 0.185 * k)), int(length * (0.41 + 0.185 * k))
        if b > length:
            break
        panel = [
            between(strip[a], lower[a], 0.25),
            between(strip[b], lower[b], 0.25),
            between(strip[b], lower[b], 0.75),
            between(strip[a], lower[a], 0.75),
        ]
        pen.fill(panel, Tone.ACCENT if k == 1 else Tone.PAPER)
    for k in range(16):
        i = int(length * (0.2 + 0.05 * k))
        for share in (0.1, 0.9):
            pen.dot(*between(strip[min(i, length)], lower[min(i, length)], share), 0.022 * at.size, Tone.PAPER)
    pen.dot(*at.point(-0.15, -0.1), 0.84 * at.size)
    pen.shape(at.arc(-0.18, -0.12, 0.82), 3)
    pen.stroke(at.arc(-0.18, -0.12, 0.74), 1.5, closed=True)
    turn = pen.random.uniform(0, 1)
    for k in range(5):
        angle = turn + TAU * k / 5
        u, v = -0.18 + 0.44 * math.cos(angle), -0.12 + 0.44 * math.sin(angle)
        pen.shape(at.arc(u, v, 0.21), 2.2, Tone.INK)
        for j in range(3):
            pen.stroke(at.arc(u, v, 0.17 - 0.04 * j, start=0.4, end=1.6), 1.3, Tone.PAPER, taper=0.2)
    pen.tint(at.arc(-0.18, -0.12, 0.13), 2.2, 1, 1)
    pen.dot(*at.point(-0.18, -0.12), 0.045 * at.size)
    for k in range(5):
        pen.stroke(at.arc(-0.18, -0.12, 0.71 - 0.02 * k, start=-0.5 + 0.1 * k, end=1.0), 1.2, taper=0.1)
