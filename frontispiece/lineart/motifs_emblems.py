"""Motifs from the street and the desk. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math
from itertools import pairwise
from typing import Final

from frontispiece.lineart.geometry import PI, TAU, Frame, Line, Point, between, moved
from frontispiece.lineart.pen import Pen, Tone


def bridge(pen: Pen, at: Frame) -> None:
    """A stone bridge of two arches whose second half is missing its last stones; a coloured flag on it."""
    deck = [(-1.05, -0.2), (-0.5, -0.34), (0.1, -0.4), (0.62, -0.36)]
    top = at.spline(deck)
    broken = at.line([(0.74, -0.3), (0.66, -0.2), (0.8, -0.12), (0.7, -0.02)])
    under = at.line([(0.5, 0.02)]) + at.arc(0.5, 0.36, 0.3, 0.42, -PI / 2, -PI)
    under += (
        at.line([(0.2, 0.74), (-0.06, 0.74)])
        + at.arc(-0.46, 0.36, 0.4, 0.52, 0, -PI)
        + at.line([(-0.86, 0.74), (-1.05, 0.74)])
    )
    body = top + broken + under
    for u, v, w, x in ((0.5, 0.36, 0.3, 0.42), (-0.46, 0.36, 0.4, 0.52)):  # the depth of the vaults
        if u < 0:
            depth = (
                at.arc(u, v, w, x, 0, -PI)
                + at.line([(u - w, 0.74), (u - w + 0.16, 0.74)])
                + at.arc(u + 0.1, v + 0.03, w - 0.02, x, -PI, 0)
            )
            pen.fill(depth + at.line([(u + w, 0.74)]), Tone.INK)
    pen.shape(body, 2.6)
    for u, w, x in ((-0.46, 0.4, 0.52), (0.5, 0.3, 0.42)):
        count = 11
        for k in range(count + 1):
            angle = PI + PI * k / count
            if u > 0 and angle > 1.6 * PI:
                break
            cos, sin = math.cos(angle), math.sin(angle)
            pen.stroke(
                at.line([(u + w * cos, 0.36 + x * sin), (u + 1.3 * w * cos, 0.36 + 1.22 * x * sin)]), 1.6, taper=1
            )
        end = TAU if u < 0 else 1.6 * PI
        pen.stroke(at.arc(u, 0.36, 1.3 * w, 1.22 * x, PI, end), 1.6, taper=1)
    for row in range(4):
        v = -0.08 + 0.19 * row
        for u in (-1.0, -0.02, 0.06):
            pen.tick(at.point(u, v + 0.02), at.point(u + 0.12, v), 1.3)
    pen.shade(at.box(-0.04, 0.1, 0.2, 0.74), at.tilt, 3.6, 0.6)
    rail = at.spline([(u, v - 0.13) for u, v in deck])
    pen.fill(rail + top[::-1])
    pen.stroke(rail, 2.4, taper=1)
    pen.stroke(top, 1.8, taper=1)
    for k in range(12):
        share = int((len(top) - 1) * k / 11)
        pen.stroke([rail[min(share, len(rail) - 1)], top[share]], 1.5, taper=1)
    for u, v in ((0.86, -0.1), (0.95, 0.12), (0.82, 0.28)):
        pen.shape(at.line([(u, v), (u + 0.1, v - 0.03), (u + 0.12, v + 0.07), (u + 0.02, v + 0.1)]), 1.8)
    pen.stroke(at.line([(-0.2, -0.5), (-0.2, -0.98)]), 2.2, taper=1)
    pen.tint(
        at.spline([(-0.2, -0.96), (0.0, -1.0), (0.18, -0.9), (0.34, -0.94)])
        + at.spline([(0.34, -0.7), (0.18, -0.68), (0.0, -0.78), (-0.2, -0.72)]),
        1.8,
        2,
        1,
    )


def map_sheet(pen: Pen, at: Frame) -> None:
    """A map in four folds, a way across it, and one place marked in colour."""
    xs = (-1.0, -0.5, 0.0, 0.5, 1.0)
    lift = (0.0, -0.16, 0.0, -0.16, 0.0)

    def spot(u: float, v: float) -> Point:
        k = min(3, int((u + 1) * 2))
        share = (u + 1) * 2 - k
        return at.point(u, v + lift[k] * (1 - share) + lift[k + 1] * share)

    for k in range(4):
        panel = [spot(xs[k], -0.62), spot(xs[k + 1] - 1e-6, -0.62), spot(xs[k + 1] - 1e-6, 0.76), spot(xs[k], 0.76)]
        pen.shape(panel, 2.4)
        if k % 2:
            pen.hatch(panel, 1.2, 7, 0.9)
    coast = [(-1.0, 0.3), (-0.7, 0.18), (-0.5, 0.36), (-0.22, 0.2), (0.0, 0.42), (0.2, 0.6), (0.3, 0.76)]
    shore = [spot(u, v) for u, v in coast]
    pen.fill([*shore, spot(-1.0, 0.76)], Tone.INK)
    for k in range(5):
        pen.stroke(
            [spot(-0.92 + 0.13 * k, 0.52 + 0.04 * (k % 3)), spot(-0.8 + 0.13 * k, 0.5 + 0.04 * (k % 3))],
            1.6,
            Tone.PAPER,
        )
    for k in range(3):
        pen.stroke([spot(u, v - 0.06 - 0.06 * k) for u, v in coast[: 7 - k]], 1.1, taper=0.3)
    way: Line = [(-0.62, -0.1), (-0.4, -0.28), (-0.12, -0.18), (0.1, 0.06), (0.36, 0.1), (0.52, -0.14)]
    for a, b in pairwise(way):
        for j in range(3):
            pen.stroke(
                [spot(*between(a, b, j / 3)), spot(*between(a, b, j / 3 + 0.2))],
                max(2.4, 0.035 * at.size),
                taper=1,
                wobble=0.2,
            )
    for u, v in ((0.66, 0.4), (0.8, 0.3), (0.74, 0.52)):
        x, y = spot(u, v)
        pen.shape([(x - 0.07 * at.size, y), (x, y - 0.15 * at.size), (x + 0.07 * at.size, y)], 1.6)
    x, y = spot(0.54, -0.2)
    pin = Frame(x, y, at.size)
    drop = pin.bezier((0, 0), (-0.1, -0.18), (-0.2, -0.26), (-0.2, -0.4)) + pin.arc(0, -0.4, 0.2, start=PI, end=TAU)
    pen.tint(drop + pin.bezier((0.2, -0.4), (0.2, -0.26), (0.1, -0.18), (0, 0)), 2.2, 2, 1.5)
    pen.dot(*pin.point(0, -0.4), 0.075 * at.size, Tone.PAPER)


def coins(pen: Pen, at: Frame) -> None:
    """Two towers of coins, and one that rolls."""

    def stack(u: float, foot: float, count: int, coloured: int) -> None:
        for k in range(count):
            v = foot - 0.155 * k
            w = u + 0.03 * math.sin(2.3 * k + 3 * u)
            rim = [*at.arc(w, v - 0.15, 0.4, 0.13, PI, TAU), *at.arc(w, v, 0.4, 0.13, 0, PI)]
            pen.shape(rim, 2, Tone.ACCENT if k == coloured else Tone.PAPER)
            for j in range(13):
                angle = 0.25 + (PI - 0.5) * j / 12
                x, y = 0.4 * math.cos(angle), 0.13 * math.sin(angle)
                pen.tick(at.point(w + x, v + y - 0.02), at.point(w + x, v + y - 0.13), 1.8 if x > 0.12 else 1)
            pen.shape(at.arc(w, v - 0.15, 0.4, 0.13), 2, Tone.ACCENT if k == coloured else Tone.PAPER)
            if k == count - 1:
                pen.stroke(at.arc(w, v - 0.15, 0.29, 0.09), 1.3, closed=True)

    stack(-0.4, 0.82, 10, 6)
    stack(0.42, 0.86, 5, -1)
    pen.shape(at.arc(0.56, -0.36, 0.36), 2.6, Tone.INK)
    pen.shape(at.arc(0.5, -0.38, 0.36), 2.4)
    pen.stroke(at.arc(0.5, -0.38, 0.29), 1.4, closed=True)
    pen.shape(at.line([(0.5, -0.6), (0.66, -0.38), (0.5, -0.16), (0.34, -0.38)]), 1.8, Tone.ACCENT)
    for k in range(4):
        pen.stroke(at.arc(0.5, -0.38, 0.26 - 0.03 * k, start=0.1, end=1.3), 1.1, taper=0.1)


def chain(pen: Pen, at: Frame) -> None:
    """Five links aslant, the last one open and coloured."""

    def link(u: float, v: float, turn: float, half: str, tone: Tone = Tone.PAPER) -> None:
        own = at.within(u, v, 1, turn)
        start, end = {"all": (0.0, TAU), "near": (PI * 0.42, PI * 1.1), "open": (0.5, TAU - 0.35)}[half]
        ring = own.arc(0, 0, 0.31, 0.17, start, end)
        pen.stroke(ring, 0.16 * at.size, wobble=0, taper=1)
        pen.stroke(ring, 0.16 * at.size - 4.6, tone, wobble=0, taper=1)
        if half != "near":
            for k in range(3):
                pen.stroke(own.arc(0, 0, 0.33 - 0.02 * k, 0.2 - 0.02 * k, 0.7, 1.7), 1.2, taper=0.1, wobble=0.2)

    spots = [(-0.72 + 0.36 * k, -0.72 + 0.35 * k) for k in range(5)]
    for k, (u, v) in enumerate(spots):
        link(
            u,
            v,
            PI / 4 + (0.42 if k % 2 else -0.28),
            "open" if k == 4 else "all",
            Tone.ACCENT if k == 4 else Tone.PAPER,
        )
        if k:
            a, b = spots[k - 1]
            link(a, b, PI / 4 + (0.42 if (k - 1) % 2 else -0.28), "near", Tone.PAPER)
    for k in range(5):
        turn = -0.2 + 0.35 * k
        pen.tick(
            at.point(0.78 + 0.18 * math.cos(turn), 0.72 + 0.2 * math.sin(turn)),
            at.point(0.78 + 0.3 * math.cos(turn), 0.72 + 0.3 * math.sin(turn)),
            2,
        )


_PIPS: Final = (((0.27, 0.25), (0.5, 0.5), (0.73, 0.75)), ((0.28, 0.28), (0.72, 0.28), (0.28, 0.72), (0.72, 0.72)))


def dice(pen: Pen, at: Frame) -> None:
    """Two dice, one of them black, on a corner and on a face."""

    def die(own: Frame, dark: bool) -> None:
        a, b, c = (0.0, -1.0), (0.9, -0.55), (0.0, -0.12)
        d, e, f, g = (-0.9, -0.55), (-0.82, 0.5), (0.0, 1.0), (0.82, 0.5)
        faces = ((a, b, c, d), (d, c, f, e), (c, b, g, f))
        body = own.line([a, b, g, f, e, d])
        pen.shape(body, 3)
        for place, face in enumerate(faces):
            pen.shape(own.line(face), 2, Tone.INK if dark else Tone.PAPER)
            if place == 2 and not dark:
                pen.hatch(own.line(face), own.tilt + PI / 2, max(2.8, 0.05 * own.size), 1)
        if dark:
            for end in (b, d, f):
                pen.stroke(own.line([c, between(c, end, 0.96)]), 1.6, Tone.PAPER, taper=0.5)
        black, white = (Tone.PAPER, Tone.INK) if dark else (Tone.INK, Tone.PAPER)
        pen.fill(own.arc(0, -0.56, 0.2, 0.1), Tone.ACCENT)
        pen.stroke(own.arc(0, -0.56, 0.2, 0.1), 1.6, black, closed=True)
        for face, pips in zip(faces[1:], _PIPS, strict=True):
            for x, y in pips:
                spot = between(between(face[0], face[1], x), between(face[3], face[2], x), y)
                pen.fill(own.arc(*spot, 0.15), white)
                pen.fill(own.arc(*spot, 0.13), black)

    die(at.within(-0.42, -0.38, 0.52, -0.35), dark=False)
    die(at.within(0.42, 0.4, 0.54, 0.25), dark=True)
    for k in range(4):
        pen.stroke(at.arc(-0.42, -0.38, 0.6 + 0.05 * k, start=3.4 + 0.1 * k, end=4.2), 1.8 - 0.2 * k, taper=0.1)


def quill(pen: Pen, at: Frame) -> None:
    """A quill that leaves a coloured line behind."""
    spine = at.bezier((-0.62, 0.86), (-0.4, 0.3), (0.1, -0.3), (0.86, -0.98))
    upper = at.bezier((-0.36, 0.34), (-0.5, -0.2), (0.1, -0.85), (0.86, -0.98))
    lower = at.bezier((-0.3, 0.26), (0.2, 0.3), (0.6, -0.2), (0.86, -0.98))
    pen.shape(upper + lower[::-1], 2.4)
    pen.fill(lower + spine[int(0.38 * len(spine)) :][::-1], Tone.INK)
    count = 22
    for k in range(1, count):
        share = k / count
        a = spine[int((0.4 + 0.58 * share) * (len(spine) - 1))]
        b = upper[min(len(upper) - 1, int((share + 0.03) * (len(upper) - 1)))]
        pen.tick(a, between(a, b, 0.92), 1.1)
        if k % 2 == 0:
            c = lower[min(len(lower) - 1, int((share + 0.03) * (len(lower) - 1)))]
            pen.tick(a, between(a, c, 0.9), 1.5, Tone.PAPER)
    for k in (6, 13):
        a, b = upper[int(len(upper) * k / 20)], spine[int((0.4 + 0.58 * k / 20) * (len(spine) - 1))]
        pen.fill([a, between(a, b, 0.55), (a[0] + 0.05 * at.size, a[1] - 0.05 * at.size)])
    pen.stroke(spine, 0.05 * at.size, taper=0.3)
    pen.stroke(spine[2:], 0.02 * at.size, Tone.PAPER, wobble=0, taper=0.3)
    nib = at.line([(-0.62, 0.86), (-0.6, 0.62), (-0.48, 0.66)])
    pen.shape(nib, 1.8, Tone.INK)
    ink = at.spline(
        [(-0.62, 0.88), (-0.4, 0.96), (-0.2, 0.78), (0.0, 0.96), (0.2, 0.8), (0.42, 0.96), (0.66, 0.84), (0.9, 0.92)]
    )
    pen.stroke(ink, 0.06 * at.size, Tone.ACCENT, taper=0.3)
    pen.stroke(moved(ink, 0, 3), 1.4, taper=0.3)


def car(pen: Pen, at: Frame) -> None:
    """A motor car of the first years, its cabin coloured."""
    pen.shape(at.spline([(-1.0, 0.34), (-0.96, 0.08), (-0.66, -0.04), (-0.3, 0.1), (-0.26, 0.36)]), 2.2, Tone.INK)
    pen.shape(at.spline([(0.3, 0.36), (0.34, 0.1), (0.66, -0.04), (0.96, 0.1), (1.0, 0.36)]), 2.2, Tone.INK)
    cabin = at.spline([(-0.66, 0.02), (-0.64, -0.5), (-0.52, -0.66), (0.06, -0.68), (0.16, -0.6), (0.2, -0.12)])
    pen.tint([*cabin, at.point(0.2, 0.1), at.point(-0.66, 0.1)], 2.6, 3, 2)
    for left, right in ((-0.54, -0.22), (-0.14, 0.1)):
        window = at.box(left, -0.54, right, -0.14)
        pen.shape(window, 2)
        pen.hatch(window, 0.9, 4.4, 0.9)
    body = at.spline([(-0.74, 0.34), (-0.72, -0.02), (-0.2, -0.06), (0.3, -0.12), (0.78, -0.1), (0.8, 0.34)])
    pen.shape(body, 2.6)
    for k in range(6):
        pen.stroke(at.line([(0.36 + 0.065 * k, -0.04), (0.36 + 0.065 * k, 0.14)]), 1.5, taper=0.6)
    pen.shade(at.box(-0.7, 0.14, 0.78, 0.34), at.tilt + PI / 2, 4, 0.5)
    pen.stroke(at.line([(-0.34, -0.04), (-0.34, 0.3)]), 1.5)
    pen.shape(at.arc(0.86, -0.06, 0.1, 0.12), 2)
    for k in range(3):
        pen.tick(at.point(0.99, -0.1 + 0.06 * k), at.point(1.14, -0.16 + 0.11 * k), 1.8)
    for u in (-0.62, 0.66):
        pen.dot(*at.point(u, 0.38), 0.3 * at.size)
        pen.shape(at.arc(u, 0.38, 0.21), 1.6)
        for k in range(8):
            angle = TAU * k / 8 + 0.2
            pen.stroke(at.line([(u, 0.38), (u + 0.2 * math.cos(angle), 0.38 + 0.2 * math.sin(angle))]), 1.5, taper=1)
        pen.dot(*at.point(u, 0.38), 0.06 * at.size)
