"""Motifs that somebody made. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math
from itertools import pairwise

from frontispiece.lineart.geometry import PI, TAU, Frame, Line, moved
from frontispiece.lineart.motifs_forms import cube
from frontispiece.lineart.motifs_nature import eye
from frontispiece.lineart.pen import Pen, Tone


def books(pen: Pen, at: Frame) -> None:
    """A leaning pile of seven books standing on the foot of the frame."""
    pick, count = pen.random.uniform, 7
    heights = [pick(0.16, 0.3) for _ in range(count)]
    scale = 2 / sum(heights)
    coloured, floor = pen.random.randrange(1, count), 1.0
    for i, height in enumerate(heights):
        width = pick(0.9, 1.35)
        lying = at.within(pick(-0.1, 0.1) - width / 2, floor, 1)
        binding = (
            "colour" if i == coloured else "black" if i % 4 == 2 else pen.random.choice(("paged", "paged", "banded"))
        )
        _book(pen, lying, width, height * scale, binding)
        floor -= height * scale


def _book(pen: Pen, at: Frame, width: float, height: float, binding: str) -> None:
    """A lying book whose lower left corner is the frame's origin."""

    def bands(*shares: float, tone: Tone = Tone.INK) -> None:
        for share in shares:
            pen.stroke(at.line([(share * width, -0.02), (share * width, 0.02 - height)]), 1.3, tone, taper=1)

    body = at.box(0, -height, width, 0)
    if binding == "colour":
        pen.tint(body, 2.2, 3, 3)
        bands(0.12, 0.88)
        return
    pen.shape(body, 2.2)
    if binding == "black":
        pen.fill(at.box(0.02, 0.02 - height, width - 0.02, -0.02), Tone.INK)
        bands(0.1, 0.13, 0.87, 0.9, tone=Tone.PAPER)
    elif binding == "banded":
        bands(0.1, 0.2, 0.8, 0.9)
        pen.hatch(at.box(0.2 * width, -0.35 * height, 0.8 * width, 0), at.tilt, 3.4, 0.8)
    else:
        edge = 0.84 * width
        bands(0.08, 0.12, 0.84)
        pages = max(3, int(height * at.size / 4))
        for k in range(1, pages):
            pen.tick(at.point(edge + 0.01, -height * k / pages), at.point(width - 0.01, -height * k / pages), 0.8)


def clock(pen: Pen, at: Frame) -> None:
    """A round clock on a coloured shadow; it shows any time."""
    pen.dot(at.x + 4, at.y + 4, at.size, Tone.ACCENT)
    pen.shape(at.arc(0, 0, 1), 3)
    pen.stroke(at.arc(0, 0, 0.87), 1.4, closed=True)
    for k in range(1, 7):
        pen.stroke(at.arc(0, 0, 1 - 0.018 * k, start=0.2, end=1.3 - 0.06 * k), 0.9, taper=0.1, wobble=0.3)

    def hand(angle: float, start: float, end: float, width: float) -> None:
        cos, sin = math.cos(angle), math.sin(angle)
        pen.stroke(at.line([(start * cos, start * sin), (end * cos, end * sin)]), width, taper=0.5, wobble=0)

    for i in range(12):
        hand(TAU * i / 12, 0.78, 0.6 if i % 3 == 0 else 0.67, 3 if i % 3 == 0 else 1.7)
    hand(pen.random.random() * TAU, -0.1, 0.4, max(3, 0.055 * at.size))
    hand(pen.random.random() * TAU, -0.12, 0.62, max(2, 0.035 * at.size))
    pen.dot(at.x, at.y, max(2.5, 0.05 * at.size))


def gears(pen: Pen, at: Frame) -> None:
    """Three gears of different sizes, the largest on a coloured shadow."""
    _gear(pen, at.within(0.5, -0.44, 0.42), 0.1)
    _gear(pen, at.within(-0.3, 0.22, 0.66), 0.0, Tone.ACCENT)
    _gear(pen, at.within(0.57, 0.62, 0.3), 0.2)


def _gear(pen: Pen, at: Frame, phase: float, shadow: Tone = Tone.PAPER) -> None:
    count = max(9, int(at.size / 6))
    outline = []
    for i in range(count):
        for share, radius in ((-0.28, 0.83), (-0.2, 1), (0.2, 1), (0.28, 0.83)):
            angle = phase + TAU * (i + share) / count
            outline.append((radius * math.cos(angle), radius * math.sin(angle)))
    teeth = at.line(outline)
    pen.fill(moved(teeth, 4, 3), shadow)
    pen.shape(teeth, 2.4)
    pen.stroke(at.arc(0, 0, 0.68), 1.6, closed=True)
    pen.shade(teeth, 0.7, 5, 0.22, 0.9)
    pen.shape(at.arc(0, 0, 0.62), 1.4, Tone.INK)
    for i in range(5):
        angle = phase + TAU * i / 5
        spoke = [(0.2, -0.25), (0.62, -0.1), (0.62, 0.1), (0.2, 0.25)]
        pen.shape(at.line([(r * math.cos(angle + turn), r * math.sin(angle + turn)) for r, turn in spoke]), 1.5)
    pen.shape(at.arc(0, 0, 0.24), 2)
    pen.dot(at.x, at.y, 0.09 * at.size)


def key(pen: Pen, at: Frame) -> None:
    """An old key with a coloured bow, lying aslant."""
    own = at.within(0.08, 0, 0.98, -0.7)
    pen.shape(own.box(-0.2, -0.07, 0.95, 0.07), 2.2)
    bit = [(0.62, 0.07), (0.62, 0.3), (0.72, 0.3), (0.72, 0.2), (0.78, 0.2), (0.78, 0.33), (0.9, 0.33), (0.9, 0.07)]
    pen.shape(own.line(bit), 2.2)
    pen.shape(own.box(-0.24, -0.13, -0.12, 0.13), 2)
    bow = own.arc(-0.6, 0, 0.4, 0.36)
    pen.tint(bow, 2.4, 3, 2)
    pen.shade(bow, 0.5, 4, 0.3, 0.9)
    pen.shape(own.arc(-0.62, 0, 0.22, 0.2), 2)


def lock(pen: Pen, at: Frame) -> None:
    """A padlock on a coloured shadow."""
    shackle = at.arc(0, -0.15, 0.36, 0.6, PI, TAU)
    broad = max(6.0, 0.09 * at.size)
    pen.stroke(shackle, broad, taper=1)
    pen.stroke(shackle, 0.55 * broad, Tone.PAPER, taper=1, wobble=0)
    body = at.box(-0.6, -0.15, 0.6, 0.85)
    pen.fill(moved(body, 5, 4), Tone.ACCENT)
    pen.shape(body, 2.6)
    pen.shade(body, 0, 4.5, 0.3)
    pen.dot(*at.point(-0.05, 0.25), 0.12 * at.size)
    pen.fill(at.line([(-0.1, 0.25), (0, 0.25), (0.04, 0.6), (-0.14, 0.6)]), Tone.INK)


def crane(pen: Pen, at: Frame) -> None:
    """A folded paper bird with one coloured wing."""
    wing = at.line([(-0.05, 0.05), (0.12, -0.85), (0.38, -0.02)])
    pen.tint(wing, 1.8, 2, 1)
    pen.hatch(wing, -1.1, 3.6, 0.9)
    for part in (
        [(0.2, 0.1), (0.95, -0.42), (0.3, 0.28)],
        [(-0.28, 0.12), (-0.82, -0.5), (-0.12, 0.3)],
        [(-0.82, -0.5), (-1.02, -0.3), (-0.73, -0.36)],
    ):
        pen.shape(at.line(part), 1.8)
    body = at.line([(-0.35, 0.1), (0.3, 0.06), (0.05, 0.55)])
    pen.shape(body, 1.8)
    pen.shape(at.line([(-0.3, 0.1), (-0.42, -0.95), (0.2, 0.07)]), 2)
    pen.stroke(at.line([(-0.42, -0.95), (-0.06, 0.09)]), 1.2)
    pen.shade(body, 0, 3.6, 0.45, 0.9)


def cage(pen: Pen, at: Frame) -> None:
    """A birdcage with a paper crane inside."""
    pen.fill(at.arc(0, -0.5, 0.62, 0.5, PI, TAU) + at.line([(0.62, 0.7), (-0.62, 0.7)]))
    crane(pen, at.within(0, 0.25, 0.42))
    for k in range(7):
        u = -1 + k / 3
        bar = [(0, -1), (0.45 * u, -0.86), (0.62 * u, -0.5), (0.62 * u, 0.3), (0.62 * u, 0.7)]
        pen.stroke(at.spline(bar), 1.5, taper=1)
    pen.shape(at.arc(0, 0.7, 0.62, 0.1), 2.2)
    pen.stroke(at.arc(0, -0.5, 0.62, 0.1, 0, PI), 1.6, taper=1)
    pen.stroke(at.arc(0, -1.08, 0.08), 2, closed=True)


def hourglass(pen: Pen, at: Frame) -> None:
    """An hourglass with coloured sand."""
    width = 0.55
    left = at.bezier((-width, -0.85), (-width, -0.3), (-0.05, -0.18), (-0.05, 0))
    left += at.bezier((-0.05, 0), (-0.05, 0.18), (-width, 0.3), (-width, 0.85))
    right = [(2 * at.x - x, y) for x, y in left]
    pen.fill(left + right[::-1])
    heap = at.bezier((-0.53, 0.83), (-0.33, 0.62), (-0.11, 0.25), (0, 0.22))
    heap += at.bezier((0, 0.22), (0.11, 0.25), (0.33, 0.62), (0.53, 0.83))
    pen.fill(moved(heap, 2, 0), Tone.ACCENT)
    pen.stipple(heap, 7, 1.1)
    pen.stroke(at.line([(0, -0.1), (0, 0.25)]), 1.4, taper=1)
    rest = at.line([(-0.39, -0.42), (0.39, -0.42), (0, -0.05)])
    pen.fill(rest, Tone.ACCENT)
    pen.stipple(rest, 7, 1.1)
    for side in (left, right):
        pen.stroke(side, 2.2, taper=1)
    for k in range(4):
        pen.stroke(moved(right[3:12], -0.05 * at.size * (k + 1), 0), 0.9, taper=0.1)
    for v in (-0.93, 0.93):
        pen.shape(at.box(-0.66, v - 0.08, 0.66, v + 0.08), 2.2, Tone.INK)
        pen.stroke(at.line([(-0.56, v - 0.02), (0.3, v - 0.02)]), 1.8, Tone.PAPER, taper=0.2)
    for u in (-0.595, 0.595):
        pen.stroke(at.line([(u, -0.84), (u, 0.84)]), 2.4, taper=1)


def horn(pen: Pen, at: Frame) -> None:
    """A gramophone horn and its sound."""
    upper = at.bezier((0.45, -0.9), (-0.1, -0.5), (-0.6, -0.1), (-0.8, 0.75))
    lower = at.bezier((0.02, 0.25), (-0.2, 0.1), (-0.45, 0.3), (-0.68, 0.8))
    tube = upper + lower[::-1]
    pen.shape(tube, 2.4)
    pen.shade(tube, 0.5, 5, 0.3)
    pen.tint(at.arc(0.35, -0.3, 0.28, 0.6, tilt=0.35), 2.6, 3, 2)
    pen.shape(at.arc(0.32, -0.285, 0.19, 0.46, tilt=0.35), 1.6)
    pen.hatch(at.arc(0.28, -0.26, 0.1, 0.28, tilt=0.35), 0.4, 3.6)
    for k in range(4):
        pen.stroke(at.arc(0.35, -0.3, 0.55 + 0.17 * k, start=-0.75, end=0.3), 1.9 - 0.2 * k, taper=0.1)


def scales(pen: Pen, at: Frame) -> None:
    """A pair of scales: one coloured cube against many small balls."""
    tilt = pen.random.choice((-0.16, 0.16))
    pen.stroke(at.line([(0, -0.8), (0, 0.8)]), max(5, 0.06 * at.size), taper=1)
    ends = [(side * 0.85 * math.cos(tilt), -0.7 + side * 0.85 * math.sin(tilt)) for side in (-1, 1)]
    pen.stroke(at.line(ends), max(4, 0.05 * at.size), taper=0.6)
    pen.shape(at.arc(0, -0.82, 0.07), 2)
    pen.shape(at.spline([(-0.35, 0.9), (-0.1, 0.75), (0.1, 0.75), (0.35, 0.9)]), 2.2, Tone.INK)
    for side, (u, v) in enumerate(ends):
        for d in (-0.32, 0.32):
            pen.stroke(at.line([(u, v), (u + d, v + 0.75)]), 1.2, taper=1)
        if side == 0:
            cube(pen, at.within(u, v + 0.6, 0.16), coloured=True)
        else:
            for k in range(5):
                ball = at.point(u + 0.09 * (k % 3) - 0.09, v + 0.68 - 0.12 * (k // 3))
                pen.ball(*ball, 0.08 * at.size, 1.5, lines=2)
        pan = at.arc(u, v + 0.75, 0.36, 0.2, 0, PI)
        pen.shape(pan, 2, Tone.INK)


def lens(pen: Pen, at: Frame) -> None:
    """A magnifying glass with an eye inside."""
    own = at.within(-0.2, -0.2, 1, 0.85)
    pen.shape(own.line([(0.62, -0.07), (1.3, -0.09), (1.36, 0), (1.3, 0.09), (0.62, 0.07)]), 2.2)
    pen.fill(own.line([(0.86, 0), (1.28, 0), (1.31, 0.07), (0.86, 0.07)]), Tone.INK)
    pen.shape(at.arc(-0.2, -0.2, 0.68), 3.2)
    pen.stroke(at.arc(-0.2, -0.2, 0.58), 1.6, closed=True)
    for k in range(4):
        pen.stroke(at.arc(-0.2, -0.2, 0.5 - 0.05 * k, start=3.4, end=4.4 - 0.12 * k), 1.1, taper=0.1)
    eye(pen, at.within(-0.2, -0.16, 0.36), lashes=False)


def mirror(pen: Pen, at: Frame) -> None:
    """An oval mirror in a beaded frame; a gull and a coloured sun cross the sky in it."""
    pen.shape(at.arc(0, 0, 0.66, 0.95), 2.8, Tone.INK)
    for k in range(28):
        angle = TAU * k / 28
        pen.shape(at.arc(0.6 * math.cos(angle), 0.885 * math.sin(angle), 0.045), 1.2)
    pen.shape(at.arc(0, 0, 0.54, 0.82), 2)
    pen.tint(at.arc(0.16, -0.3, 0.17), 1.6)
    for k in range(5):
        u = -0.3 + 0.14 * k
        pen.stroke(at.line([(u - 0.12, 0.25 - 0.03 * k), (u + 0.14, -0.25 + 0.02 * k)]), 1.2, taper=0.1)
    for wing in ([(-0.2, 0.38), (-0.08, 0.3), (0.04, 0.42)], [(0.04, 0.42), (0.12, 0.31), (0.25, 0.4)]):
        pen.stroke(at.spline(wing), 2, taper=0.1)


def umbrella(pen: Pen, at: Frame) -> None:
    """An open umbrella with one coloured panel."""
    panels = 5
    ribs = [(1 - 2 * k / panels, 0.0) for k in range(panels + 1)]

    def rib(u: float) -> Line:
        return at.bezier((0, -0.72), (0.5 * u, -0.68), (u, -0.4), (u, 0))

    hems = [at.bezier((a, 0), (a - 0.08, -0.13), (b + 0.08, -0.13), (b, 0)) for (a, _), (b, _) in pairwise(ribs)]
    pen.stroke(at.line([(0, -0.1), (0, 0.75)]), 3, taper=1)
    pen.stroke(at.arc(0.1, 0.75, 0.1, start=0, end=PI), 3, taper=0.8)
    pen.fill(at.arc(0, 0, 1, 0.72, PI, TAU) + [point for hem in hems for point in hem])
    pen.fill(rib(ribs[3][0]) + hems[2][::-1] + rib(ribs[2][0])[::-1], Tone.ACCENT)
    shaded = rib(ribs[1][0]) + hems[0][::-1] + at.arc(0, 0, 1, 0.72, TAU, 1.5 * PI)
    pen.fill(shaded, Tone.INK)
    pen.fill(rib(ribs[5][0]) + hems[4][::-1] + rib(ribs[4][0])[::-1], Tone.INK)
    pen.stroke(at.arc(0, 0, 1, 0.72, PI, TAU) + [point for hem in hems for point in hem], 2.6, closed=True)
    for u, _ in ribs[1:-1]:
        pen.stroke(rib(u), 1.6, taper=1)
    pen.stroke(at.line([(0, -0.72), (0, -0.86)]), 3, taper=0.3)


def bulb(pen: Pen, at: Frame) -> None:
    """A shining light bulb."""
    half = [(0.22, 0.55), (0.3, 0.3), (0.62, -0.1), (0.6, -0.55), (0.3, -0.88)]
    pen.shape(at.spline([*[(-u, v) for u, v in half], (0, -0.95), *reversed(half)]), 2.6)
    pen.dot(*at.point(0.02, -0.26), 0.24 * at.size, Tone.ACCENT)
    wire = [(-0.14, 0.5), (-0.2, -0.05), (-0.08, -0.25), (0, -0.05), (0.08, -0.25), (0.2, -0.05), (0.14, 0.5)]
    pen.stroke(at.spline(wire), 1.6)
    for k in range(4):
        pen.shape(at.box(-0.22, 0.58 + 0.1 * k, 0.22, 0.66 + 0.1 * k), 1.8, Tone.INK if k % 2 else Tone.PAPER)
    for k in range(13):
        angle = PI * (0.95 + 1.1 * k / 12)
        cos, sin = math.cos(angle), math.sin(angle)
        pen.tick(at.point(0.85 * cos, -0.3 + 0.85 * sin), at.point(1.05 * cos, -0.3 + 1.05 * sin), 2)
