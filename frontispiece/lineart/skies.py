"""Skies behind the figure, and what flies in them."""

import math
from typing import Final

from frontispiece.lineart.composition import Sky
from frontispiece.lineart.geometry import PI, Box, Frame, Line, Point, arc
from frontispiece.lineart.pen import Pen, Tone

WIDTH: Final = 768
HEIGHT: Final = 1024
CENTER: Final = WIDTH / 2


def draw_sky(pen: Pen, sky: Sky, horizon: float, heart: Point) -> None:
    """The air from the upper edge down to the horizon; rays leave the point `heart`."""
    match sky:
        case Sky.LINES:
            _engraved(pen, horizon)
        case Sky.RAIN:
            _rain(pen, horizon)
        case Sky.STIPPLE:
            _stippled(pen, horizon)
        case Sky.NIGHT:
            _night(pen, horizon)
        case Sky.RAYS:
            _rays(pen, horizon, heart)
        case Sky.EMPTY:
            pass


def _engraved(pen: Pen, horizon: float) -> None:
    """Ruled lines, close and heavy at the top, thin and far apart at the horizon, broken here and there."""
    pick = pen.random.uniform
    y, phase = 6.0, pick(0, 6)
    while y < horizon - 14:
        share = y / horizon
        width = 4.6 * (1 - share) ** 1.3 + 0.9
        x = -20.0
        while x < WIDTH + 20:
            end = min(WIDTH + 20, x + pick(300, 1100))
            count = max(2, int((end - x) / 60))
            spots = [x + (end - x) * i / count for i in range(count + 1)]
            pen.stroke([(u, y + 2.4 * math.sin(u / 130 + phase + y / 90)) for u in spots], width, taper=0.15, step=24)
            x = end + pick(6, 16 + 60 * share)
        y += 10 + 17 * share


def _rain(pen: Pen, horizon: float) -> None:
    pick = pen.random.uniform
    for k in range(210):
        x, y, length = pick(-60, WIDTH), pick(-60, horizon - 40), pick(24, 74)
        pen.tick((x, y), (x + 0.34 * length, min(horizon - 4, y + length)), 3.0 if k % 6 == 0 else 1.7)


def _stippled(pen: Pen, horizon: float) -> None:
    """Dots that grow and crowd towards the upper edge."""
    pick = pen.random.uniform
    for _ in range(1250):
        share = pick(0, 1) ** 1.9
        y = share * (horizon - 30)
        pen.dot(pick(0, WIDTH), y, 0.9 + 2.7 * (1 - share) * pick(0.4, 1))


def _night(pen: Pen, horizon: float) -> None:
    """Solid ink with stars in it; a few are crosses or in colour."""
    pick = pen.random.uniform
    pen.fill(Box(-4, -4, WIDTH + 4, horizon).corners(), Tone.INK)
    for k in range(150):
        x, y = pick(6, WIDTH - 6), pick(6, horizon - 8)
        if k % 11 == 0:
            reach = pick(6, 11)
            for dx, dy in ((reach, 0), (0, reach)):
                pen.tick((x - dx, y - dy), (x + dx, y + dy), 3.2, Tone.PAPER)
        else:
            pen.dot(x, y, pick(0.9, 2.2), Tone.ACCENT if k % 9 == 0 else Tone.PAPER)


def _rays(pen: Pen, horizon: float, heart: Point) -> None:
    """Wedges of ink that leave a point behind the figure."""
    x, y = heart
    count, turn = 30, pen.random.uniform(0, 1)
    for k in range(count):
        angle = 2 * PI * (k + turn) / count
        cos, sin, half = math.cos(angle), math.sin(angle), 0.03 + 0.028 * (k % 2)
        near, far = 150.0 + 34 * (k % 3), 1300.0
        if sin > 0.02:
            far = min(far, (horizon - y) / sin)
        if far > near + 30:
            wedge = [(x + near * cos, y + near * sin)]
            for turned in (-half, half):
                reach = far
                if math.sin(angle + turned) > 0.02:
                    reach = min(far, (horizon - y) / math.sin(angle + turned))
                wedge.append((x + reach * math.cos(angle + turned), y + reach * math.sin(angle + turned)))
            pen.fill(wedge, Tone.INK)


_BUMPS: Final = ((-0.68, 0.12, 0.26), (-0.34, -0.1, 0.34), (0.08, -0.22, 0.42), (0.5, -0.02, 0.33), (0.78, 0.16, 0.2))


def cloud(pen: Pen, x: float, y: float, size: float) -> None:
    """A flat-bottomed cloud."""
    base = y + 0.3 * size
    bumps = [(x + u * size, y + v * size, r * size) for u, v, r in _BUMPS]
    for cx, cy, radius in bumps:
        pen.dot(cx, cy, radius, Tone.PAPER)
    (left, left_y, _), (right, right_y, _) = bumps[0], bumps[-1]
    pen.fill([(left, left_y), (right, right_y), (right, base), (left, base)])
    for cx, cy, radius in bumps:
        run: Line = []
        for px, py in [*arc(cx, cy, radius, start=0.86 * PI, end=2.14 * PI), (math.nan, base + 1)]:
            covered = py > base or any(math.hypot(px - u, py - v) < r - 0.5 for u, v, r in bumps if u != cx)
            if not covered:
                run.append((px, py))
            elif run:
                if len(run) > 2:
                    pen.stroke(run, 2.2, taper=0.45, wobble=0.4)
                run = []
        if radius > 0.3 * size:
            pen.stroke(arc(cx, cy, 0.8 * radius, start=-0.5, end=0.75), 1.2, taper=0.05, wobble=0.3)
    pen.stroke([(left - 0.3 * size, base), (right + 0.25 * size, base)], 1.8, taper=0.05)
    for k in range(1, 4):
        start = x + size * pen.random.uniform(-0.35, 0.1)
        pen.tick(
            (start, base - 0.075 * size * k), (start + size * pen.random.uniform(0.4, 0.65), base - 0.075 * size * k)
        )


def gull(pen: Pen, x: float, y: float, size: float) -> None:
    """A bird far away."""
    at = Frame(x, y, size)
    pen.stroke(at.bezier((-1, -0.25), (-0.55, -0.6), (-0.2, -0.3), (0, 0)), 2, taper=0.1)
    pen.stroke(at.bezier((0, 0), (0.2, -0.35), (0.6, -0.55), (1, -0.1)), 2, taper=0.1)
