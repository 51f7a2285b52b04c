"""What surrounds a motif: sky, ground, tiny people, and the boards that carry the label."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from frontispiece.lineart.geometry import (
    PI,
    Box,
    Frame,
    Line,
    Point,
    arc,
    between,
    bezier,
    box_around,
    moved,
)
from frontispiece.lineart.lettering import letter
from frontispiece.lineart.motifs import MOTIFS
from frontispiece.lineart.pen import Pen, Tone

WIDTH: Final = 768
HEIGHT: Final = 1024
CENTER: Final = WIDTH / 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page being drawn: the pen, and what the plan wants on it."""

    pen: Pen
    hero: str
    minors: tuple[str, str]
    label: str

    def place(self, box: Box, foot: bool = True) -> tuple[Box, Frame]:
        """Where the hero will stand (or, without `foot`, float) when it fills a box."""
        return MOTIFS[self.hero].fitted(box, "foot" if foot else "middle")

    def draw_hero(self, frame: Frame) -> None:
        """Draw the hero at the place found before."""
        MOTIFS[self.hero].draw(self.pen, frame)

    def hang_hero(self, frame: Frame, top: float) -> None:
        """Draw the hero at the place found before, on a thread from that height."""
        self.pen.stroke(MOTIFS[self.hero].thread(frame, top), 1.4, taper=1, wobble=0.5)
        self.draw_hero(frame)

    def letter(
        self, box: Box, tilt: float = 0.0, bend: Callable[[float], float] | None = None, largest: float = 54.0
    ) -> None:
        """Letter the label into a box; see `lettering.letter`."""
        letter(self.pen, self.label, box, tilt=tilt, bend=bend, largest=largest)

    def draw_minor(self, index: int, x: float, y: float, reach: float) -> None:
        """A minor motif floating around (x, y)."""
        motif = MOTIFS[self.minors[index]]
        motif.draw(self.pen, motif.fitted(box_around(x, y, 2 * reach, 2.2 * reach), "middle")[1])

    def hang_minor(self, index: int, x: float, top: float, y: float, reach: float) -> None:
        """A minor motif on a thread from (x, top), its own top at y."""
        motif = MOTIFS[self.minors[index]]
        _, frame = motif.fitted(Box(x - reach, y, x + reach, y + 2.2 * reach), "head")
        self.pen.stroke(motif.thread(frame, top), 1.3, taper=1, wobble=0.5)
        motif.draw(self.pen, frame)


# ---- sky


def sun(pen: Pen, x: float, y: float, radius: float, clear_of: Box) -> None:
    """A coloured disc that stays clear of the hero, whose own colour it would swallow."""
    radius = min(radius, clear_of.distance(x, y) - 16)
    if radius >= 40:
        pen.tint(arc(x, y, radius), 1.8, 0.05 * radius, 0.05 * radius)


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


# ---- ground


def sea(pen: Pen, top: float) -> None:
    """Scalloped waves from a horizon to the lower edge."""
    pick = pen.random.uniform
    pen.stroke([(0, top), (WIDTH, top)], 1.8, taper=1, wobble=0.4)
    y = top + 7
    while y < HEIGHT:
        near = (y - top) / (HEIGHT - top)
        x = pick(-80, 30)
        while x < WIDTH:
            scallop = 12 + 34 * near
            count = max(1, round(pick(40, 120) * (0.5 + near) / scallop))
            height = 5 * (0.3 + near)
            line = [(x + scallop * i / 4, y - height * math.sin(PI * (i % 4) / 4) ** 0.8) for i in range(4 * count + 1)]
            pen.stroke(line, 0.9 + near, taper=0.1, wobble=0.3, step=5)
            x += scallop * count + pick(25, 130) * (1.1 - 0.4 * near)
        y += 8 + 22 * near


def desert(pen: Pen, top: float) -> None:
    """Dunes and grit from a horizon to the lower edge."""
    pick = pen.random.uniform
    pen.stroke([(0, top), (WIDTH, top)], 1.8, taper=1, wobble=0.6)
    for k in range(7):
        y = top + 14 + (HEIGHT - top) * (k / 7) ** 1.4
        left = pick(-200, 300)
        width = pick(260, 620)
        dune = bezier(
            (left, y), (left + 0.3 * width, y - 10 - 3 * k), (left + 0.6 * width, y + 8 + 3 * k), (left + width, y)
        )
        pen.stroke(dune, 1.3, taper=0.05)
        for x, ground in dune[4:-4:3]:
            if pick(0, 1) < 0.5:
                pen.tick((x, ground + 2), (x + pick(10, 34), ground + pick(4, 9)), 0.8)
    for _ in range(50):
        near = pick(0, 1)
        pen.dot(pick(0, WIDTH), top + 10 + (HEIGHT - top) * near, 0.6 + 1.4 * near)


def chequered_floor(pen: Pen, top: float, vanishing: float, rows: int = 7, columns: int = 13) -> None:
    """Tiles that run towards a vanishing point on the horizon."""
    depth, span = HEIGHT - top, 1500
    ys = [top + depth * (k / rows) ** 1.9 for k in range(rows + 1)]
    shift = (vanishing - CENTER) * 0.3

    def corner(column: int, y: float) -> Point:
        return vanishing + (span * (column / columns - 0.5) - shift) * (y - top + 6) / depth, y

    pen.stroke([(0, top), (WIDTH, top)], 1.8, taper=1)
    for row in range(1, rows):
        for column in range(row % 2, columns, 2):
            upper, lower = ys[row], ys[row + 1]
            tile = [corner(column, upper), corner(column + 1, upper), corner(column + 1, lower), corner(column, lower)]
            if any(0 < x < WIDTH for x, _ in tile):
                pen.hatch(tile, 0, min(8, 2.6 + 1.1 * row), 0.9)
    for column in range(columns + 1):
        pen.stroke([corner(column, top + 1), corner(column, HEIGHT)], 1.1, taper=0.3, wobble=0.3, step=20)
    for y in ys[1:]:
        pen.stroke([(0, y), (WIDTH, y)], 1.1, taper=1, wobble=0.5, step=20)


# ---- people and small things


def walker(pen: Pen, x: float, y: float, height: float, shadow: bool = True) -> None:
    """A tiny figure in a hat, its feet at (x, y)."""
    at = Frame(x, y, height)
    if shadow:
        pen.hatch(at.line([(-0.08, 0), (0.1, 0), (1.7, 0.34), (1.5, 0.38)]), 0.2, 2.6)
    for foot in (-0.09, 0.1):
        pen.stroke(at.line([(0, -0.45), (foot, 0)]), 0.07 * height, taper=0.8, wobble=0)
    pen.fill(
        at.spline([(-0.13, -0.36), (-0.11, -0.7), (0, -0.8), (0.11, -0.7), (0.15, -0.36), (0, -0.33)], True), Tone.INK
    )
    pen.dot(*at.point(0.01, -0.9), 0.075 * height)
    pen.stroke(at.line([(-0.14, -0.955), (0.16, -0.955)]), 0.045 * height, taper=0.8, wobble=0)
    pen.fill(at.line([(-0.075, -0.96), (0.095, -0.96), (0.08, -1.05), (-0.06, -1.05)]), Tone.INK)
    pen.stroke(at.line([(0.09, -0.68), (0.19, -0.42)]), 0.05 * height, wobble=0)


def ladder(pen: Pen, foot: Point, head: Point, width: float) -> None:
    """A ladder that narrows to half its width at the head."""
    length = math.dist(foot, head)
    nx, ny = (foot[1] - head[1]) / length, (head[0] - foot[0]) / length

    def rung(share: float) -> Line:
        x, y = between(foot, head, share)
        half = width * (1 - 0.5 * share) / 2
        return [(x - nx * half, y - ny * half), (x + nx * half, y + ny * half)]

    ends = zip(rung(0), rung(1), strict=True)
    for rail in ends:
        pen.stroke(list(rail), 3.2, taper=0.7)
    for k in range(1, int(length / 24)):
        pen.stroke(rung(k * 24 / length), 2.2, taper=1, wobble=0.3)


# ---- label carriers


def board(
    sheet: Sheet, x: float, y: float, width: float, height: float, tilt: float = 0.0, shadow: bool = True
) -> None:
    """A framed and riveted board with the label on it."""
    pen, at = sheet.pen, Frame(x, y, 1.0, tilt)
    half_width, half_height = width / 2, height / 2

    def rectangle(inset: float) -> Line:
        return at.box(inset - half_width, inset - half_height, half_width - inset, half_height - inset)

    outer = rectangle(0)
    if shadow:
        pen.fill(moved(outer, 9, 9))
        pen.hatch(moved(outer, 10, 10), 0.75, 4.2)
    pen.shape(outer, 3, wobble=0.8)
    pen.stroke(rectangle(8), 1.2, closed=True, wobble=0.6)
    for rivet in rectangle(16):
        pen.dot(*rivet, 2.4)
    sheet.letter(box_around(x, y, width - 62, height - 42), tilt)


def ribbon(sheet: Sheet, x: float, y: float, width: float, height: float, sag: float) -> None:
    """A ribbon that hangs through by `sag`, with the label on it."""
    pen, half = sheet.pen, width / 2

    def bend(at_x: float) -> float:
        return sag * (1 - ((at_x - x) / half) ** 2)

    xs = [x - half + width * i / 40 for i in range(41)]
    for side in (-1, 1):
        end = x + side * half
        low = y + height / 2
        offsets = [
            (-46, -height / 2 + 26),
            (52, -height / 2 + 10),
            (34, 14),
            (58, height / 2 + 16),
            (-46, height / 2 + 30),
        ]
        tail = [(end + side * u, y + v) for u, v in offsets]
        pen.shape(tail, 2.2)
        pen.hatch(tail, 1.2, 5, 0.9)
        pen.fill([(end, low), (end - side * 46, low + 30), (end - side * 46, low)], Tone.INK)
    band = [(u, y - height / 2 + bend(u)) for u in xs] + [(u, y + height / 2 + bend(u)) for u in reversed(xs)]
    pen.shape(band, 2.8)
    sheet.letter(box_around(x, y, width - 52, height - 26), bend=bend, largest=50)
