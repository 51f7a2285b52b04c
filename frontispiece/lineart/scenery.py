"""What surrounds a motif: the sheet with its sky, ground, tiny people, and the boards that carry the label."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from frontispiece.lineart.composition import PLAIN, Composition, Sky
from frontispiece.lineart.geometry import (
    PI,
    Box,
    Frame,
    Line,
    Path,
    Point,
    arc,
    between,
    bezier,
    box_around,
    moved,
)
from frontispiece.lineart.lettering import letter
from frontispiece.lineart.motifs import MOTIFS
from frontispiece.lineart.pen import HALO, Pen, Tone
from frontispiece.lineart.raster import zoomed
from frontispiece.lineart.skies import CENTER as CENTER
from frontispiece.lineart.skies import HEIGHT as HEIGHT
from frontispiece.lineart.skies import WIDTH as WIDTH
from frontispiece.lineart.skies import cloud, draw_sky, gull


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page being drawn: the pen, what the plan wants on it, and how the page is composed."""

    pen: Pen
    hero: str
    minors: tuple[str, str]
    label: str
    look: Composition = PLAIN

    # ---- behind the figure

    def horizon(self, y: float) -> float:
        """Where the horizon lies on this page."""
        return y + self.look.rise

    def sky(self, horizon: float, clear_of: Box, heart: Point | None = None, disc: bool = True) -> None:
        """The air above a horizon, with its disc, clouds and birds; the disc stays clear of the hero."""
        pen, pick, look = self.pen, self.pen.random.uniform, self.look
        draw_sky(pen, look.sky, horizon, heart or clear_of.center)
        side = pen.random.choice((-1, 1))
        if look.sun and disc:
            x, y = CENTER + side * pick(190, 330), pick(110, 330)
            radius = min(pick(60, 124), clear_of.distance(x, y) - 16)
            if radius >= 40:  # a smaller one, or one behind the hero, would swallow the hero's own colour
                self.pen.fill(arc(x, y, radius + HALO))
                pen.tint(arc(x, y, radius), 2.2, 0.05 * radius, 0.05 * radius)
        for k in range(pen.random.choice((0, 1, 2, 3))):
            where = -side if k % 2 == 0 else side
            start = len(pen.display)
            cloud(pen, CENTER + where * pick(200, 350), pick(0.25, 0.8) * horizon, pick(60, 124))
            self.halo(start)
        if look.sky in (Sky.EMPTY, Sky.STIPPLE):
            x, y = CENTER - side * pick(190, 300), pick(120, 360)
            for k in range(pen.random.choice((0, 2, 3))):
                gull(pen, x + 58 * k, y + pick(-30, 30), 28 - 6 * k)

    def halo(self, start: int) -> None:
        """A rim of paper around all that was drawn since the display had that length, unless the sky is empty."""
        if self.look.sky is Sky.EMPTY:
            return
        drawn = self.pen.display[start:]
        rims = [
            (Tone.HALO, line, width and width + 2 * HALO)
            for tone, line, width in drawn
            if tone is not Tone.PAPER and not (len(line) < 4 if width else _is_texture(line))
        ]
        self.pen.display[start:] = rims + drawn

    def shadow(self, polygon: Path, angle: float = 0.2, gap: float = 6.0) -> None:
        """What the figure throws on the ground: hatched, or solid where the page is bold."""
        if self.look.bold:
            self.pen.fill(polygon, Tone.INK)
        else:
            self.pen.hatch(polygon, angle, gap)

    def float_minors(self, *spots: Point) -> None:
        """Both minor motifs in the air around these points; one may be large and cropped by the nearest edge."""
        pick = self.pen.random.uniform
        for index, (x, y) in enumerate(spots):
            start = len(self.pen.display)
            if index == self.look.large:
                reach = pick(118, 150)
                self.draw_minor(index, -0.12 * reach if x < CENTER else WIDTH + 0.12 * reach, y + pick(-110, 60), reach)
            else:
                self.draw_minor(index, x + pick(-22, 22), y + pick(-70, 50), pick(62, 84))
            self.halo(start)

    def walk(self, x: float, y: float, height: float, shadow: bool = True) -> None:
        """A tiny walker, on pages that have one."""
        if self.look.walker:
            start = len(self.pen.display)
            walker(self.pen, x + self.pen.random.uniform(-16, 16), y, height * (0.6 + 0.4 * self.look.zoom), shadow)
            self.halo(start)

    # ---- the figure

    @contextmanager
    def figure(self, extent: Box, floats: bool = False) -> Iterator[None]:
        """What is drawn in here is seen by the camera: nearer or farther, and out of the middle.

        `extent` is what of it must stay on the page. Its foot stays where it is, unless it floats.
        """
        start, look, edge = len(self.pen.display), self.look, 10.0
        yield
        zoom = min(look.zoom, (WIDTH - 2 * edge) / extent.width, (extent.bottom - edge) / extent.height)
        if floats:
            zoom = min(look.zoom, (WIDTH - 2 * edge) / extent.width)
        x, foot = extent.center[0], extent.bottom
        room = max(0.0, (WIDTH - zoom * extent.width) / 2 - edge)
        dx = CENTER + look.aside * min(room, 150.0) - x
        dy = 0.0
        if floats:
            top = foot - zoom * extent.height
            dy = -look.lift * max(0.0, min(top - edge, 120.0))
        dx, dy = x - zoom * x + dx, foot - zoom * foot + dy
        self.pen.display[start:] = [
            (tone, zoomed(line, zoom, dx, dy), width and zoom * width) for tone, line, width in self.pen.display[start:]
        ]

    def place(self, box: Box, foot: bool = True) -> tuple[Box, Frame]:
        """Where the hero will stand (or, without `foot`, float) when it fills a box as far as the page wants it to."""
        room, share = box, self.look.hero
        width, height = share * box.width, share * box.height
        if foot:
            room = Box(box.center[0] - width / 2, box.bottom - height, box.center[0] + width / 2, box.bottom)
        else:
            room = box_around(*box.center, width, height)
        filled, frame = MOTIFS[self.hero].fitted(room, "foot" if foot else "middle")
        tilt = self.look.tilt * (0.5 if foot else 1.0)
        (x, y), (u, v) = filled.center, MOTIFS[self.hero].extent.center
        turned = Frame(0, 0, frame.size, tilt).point(u, v)
        return filled, Frame(x - turned[0], y - turned[1], frame.size, tilt)

    def draw_hero(self, frame: Frame) -> None:
        """Draw the hero at the place found before."""
        start = len(self.pen.display)
        MOTIFS[self.hero].draw(self.pen, frame)
        self.halo(start)

    def hang_hero(self, frame: Frame, top: float) -> None:
        """Draw the hero at the place found before, on a thread from that height."""
        start = len(self.pen.display)
        self.pen.stroke(MOTIFS[self.hero].thread(frame, top), 1.8, taper=1, wobble=0.5)
        self.halo(start)
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
        motif, start = MOTIFS[self.minors[index]], len(self.pen.display)
        _, frame = motif.fitted(Box(x - reach, y, x + reach, y + 2.2 * reach), "head")
        self.pen.stroke(motif.thread(frame, top), 1.6, taper=1, wobble=0.5)
        motif.draw(self.pen, frame)
        self.halo(start)


def _is_texture(line: Path) -> bool:
    """Whether it is a short tick or a tiny dot, which lies within some shape."""
    return len(line) == 7 or (len(line) == 6 and math.dist(line[0], line[2]) < 24)


# ---- ground


def sea(pen: Pen, top: float, bold: bool = False) -> None:
    """Scalloped waves from a horizon to the lower edge; a bold sea is black far out, with glints."""
    pick = pen.random.uniform
    pen.stroke([(0, top), (WIDTH, top)], 1.8, taper=1, wobble=0.4)
    y = top + 7
    if bold:
        pen.fill(Box(-4, top, WIDTH + 4, top + 40).corners(), Tone.INK)
        for _ in range(70):
            x, down = pick(-20, WIDTH), pick(0, 1)
            pen.tick((x, top + 5 + 34 * down), (x + pick(16, 60), top + 5 + 34 * down), 1.2 + 2.6 * down, Tone.PAPER)
        y = top + 52
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


def desert(pen: Pen, top: float, bold: bool = False) -> None:
    """Dunes and grit from a horizon to the lower edge; bold dunes have black lee sides."""
    pick = pen.random.uniform
    pen.stroke([(0, top), (WIDTH, top)], 1.8, taper=1, wobble=0.6)
    for k in range(7):
        y = top + 14 + (HEIGHT - top) * (k / 7) ** 1.4
        left = pick(-200, 300)
        width = pick(260, 620)
        dune = bezier(
            (left, y), (left + 0.3 * width, y - 10 - 3 * k), (left + 0.6 * width, y + 8 + 3 * k), (left + width, y)
        )
        if bold and k % 2:
            crest = dune[len(dune) // 3 :]
            lee = [(x, y + (8 + 3.5 * k) * math.sin(PI * i / (len(crest) - 1))) for i, (x, y) in enumerate(crest)]
            pen.fill(crest + lee[::-1], Tone.INK)
        pen.stroke(dune, 0.9 + 0.2 * k, taper=0.05)
        for x, ground in dune[4:-4:3]:
            if pick(0, 1) < 0.5:
                pen.tick((x, ground + 2), (x + pick(10, 34), ground + pick(4, 9)), 0.8)
    for _ in range(50):
        near = pick(0, 1)
        pen.dot(pick(0, WIDTH), top + 10 + (HEIGHT - top) * near, 0.6 + 1.4 * near)


def chequered_floor(pen: Pen, top: float, vanishing: float, bold: bool = False) -> None:
    """Tiles that run towards a vanishing point on the horizon, hatched or black."""
    rows, columns = 7, 13
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
                if bold:
                    pen.fill(tile, Tone.INK)
                else:
                    pen.hatch(tile, 0, min(8, 2.6 + 1.1 * row), 0.9)
    for column in range(columns + 1):
        pen.stroke([corner(column, top + 1), corner(column, HEIGHT)], 1.5, taper=0.3, wobble=0.3, step=20)
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
    sheet.letter(box_around(x, y, width - 50, height - 36), tilt)


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
