"""Motifs that are forms more than things. Each is drawn in a frame whose units it fills from about -1 to 1."""

import math
from collections.abc import Iterator
from itertools import combinations, groupby, pairwise
from typing import Final

from frontispiece.lineart.geometry import PI, TAU, Frame, Line, Point
from frontispiece.lineart.lettering import glyph
from frontispiece.lineart.pen import Pen, Tone


def network(pen: Pen, at: Frame) -> None:
    """Spheres tied by threads, one of them coloured; fewer and larger when small."""
    small = at.size < 90
    spots = _scattered(pen, 9 if small else 24, 0.44 if small else 0.33)
    threads = set()
    for i, spot in enumerate(spots):
        nearest = sorted(range(len(spots)), key=lambda j: math.dist(spot, spots[j]))
        threads |= {(min(i, j), max(i, j)) for j in nearest[1:4]}
    for i, j in sorted(threads):
        pen.stroke(at.line([spots[i], spots[j]]), 2.4, taper=1, wobble=0.8)
    hot = pen.random.randrange(len(spots))
    for k, (u, v) in enumerate(sorted(spots, key=lambda spot: spot[1])):
        radius = pen.random.uniform(0.05, 0.12) * (1 if small else 0.85)
        x, y = at.point(u, v)
        if k == hot:
            pen.tint(at.arc(u, v, 0.14), 2)
        elif k % 3 == 2:
            pen.dot(x, y, 0.95 * radius * at.size)
        else:
            pen.ball(x, y, radius * at.size, 1.9)


def _scattered(pen: Pen, count: int, gap: float) -> Line:
    """Up to that many points of the unit disc, none closer to another than `gap`."""
    spots: Line = []
    for _ in range(900):
        angle, radius = pen.random.random() * TAU, math.sqrt(pen.random.random())
        spot = radius * math.cos(angle), 0.92 * radius * math.sin(angle)
        if all(math.dist(spot, other) > gap for other in spots):
            spots.append(spot)
        if len(spots) == count:
            break
    return spots


def letters(pen: Pen, at: Frame) -> None:
    """A swarm of loose letters, one of them on a coloured disc."""
    pick = pen.random.uniform
    placed: list[tuple[float, float, float]] = []
    for _ in range(60):
        angle, radius, size = pick(0, TAU), 0.88 * math.sqrt(pick(0, 1)), pick(0.1, 0.24)
        u, v = radius * math.cos(angle), radius * math.sin(angle)
        if all(math.dist((u, v), (a, b)) > 0.72 * (size + other) for a, b, other in placed):
            placed.append((u, v, size))
    hot = pen.random.randrange(len(placed))
    for k, (u, v, size) in enumerate(placed):
        if k == hot:
            pen.dot(*at.point(u, v), 0.95 * size * at.size, Tone.ACCENT)
        small = at.within(u, v, 1.5 * size / 21, pick(-0.6, 0.6))
        facing = -1 if pen.mirrored else 1
        for stroke in glyph(pen.random.choice("ABCDEFGHKLMNQRSTWXYZaegkqs&?")).strokes:
            line = [(facing * a, b) for a, b in stroke]
            smooth = small.spline(line) if len(line) > 3 else small.line(line)
            pen.stroke(smooth, max(2.0, 0.2 * size * at.size), wobble=0.2, taper=0.6, step=3)


def maze(pen: Pen, at: Frame) -> None:
    """A circular maze with a coloured seed in its middle."""
    pick = pen.random.uniform
    pen.dot(at.x, at.y, at.size, Tone.PAPER)
    rings = 6 if at.size > 70 else 4
    for k in range(1, rings + 1):
        radius = (k + 0.4) / (rings + 0.4)
        outermost = k == rings
        gap = max(0.22, 16 / (radius * at.size)) / 2
        way = PI / 2 if outermost else pick(0, TAU)
        second = way + TAU * pick(0.35, 0.65)
        if outermost or pick(0, 1) < 0.5:
            pen.stroke(at.arc(0, 0, radius, start=way + gap, end=way + TAU - gap), 3 if outermost else 2.4, taper=1)
        else:
            pen.stroke(at.arc(0, 0, radius, start=way + gap, end=second - gap), 2.4, taper=1, wobble=0.7)
            pen.stroke(at.arc(0, 0, radius, start=second + gap, end=way + TAU - gap), 2.4, taper=1, wobble=0.7)
        for _ in range(0 if outermost else 1 + k // 2):
            angle, next_radius = pick(0, TAU), (k + 1.4) / (rings + 0.4)
            cos, sin = math.cos(angle), math.sin(angle)
            wall = at.line([(radius * cos, radius * sin), (next_radius * cos, next_radius * sin)])
            pen.stroke(wall, 2.4, taper=1, wobble=0.3)
    pen.tint(at.arc(0, 0, 0.1), 1.6, 1.5, 1)


def cube(pen: Pen, at: Frame, coloured: bool = False) -> None:
    """One cube, seen from above."""
    top = at.line([(0, -1), (0.87, -0.5), (0, 0), (-0.87, -0.5)])
    left = at.line([(-0.87, -0.5), (0, 0), (0, 1), (-0.87, 0.5)])
    right = at.line([(0, 0), (0.87, -0.5), (0.87, 0.5), (0, 1)])
    for face in (top, left, right):
        pen.fill(face, Tone.ACCENT if coloured and face is top else Tone.PAPER)
    pen.hatch(right, PI / 2, max(3.2, 0.07 * at.size), 0.95)
    for face in (top, left, right):
        pen.stroke(face, 2, closed=True, wobble=0.5)


def cubes(pen: Pen, at: Frame) -> None:
    """A stair of cubes, drawn from the back to the front; one has a coloured top."""
    unit = 0.36
    coloured = pen.random.choice((-2, 0, 2))
    for row, columns in enumerate(((0,), (-1, 1), (-2, 0, 2))):
        for column in columns:
            height = pen.random.choice((1, 1, 2)) if row == 2 else pen.random.choice((1, 2, 3)) if row else 2
            for level in range(height):
                at_cube = at.within(column * unit * 0.87, 0.05 + unit * (1.5 * row - 0.5 - level), unit)
                cube(pen, at_cube, coloured=row == 2 and column == coloured and level == height - 1)


_PHI: Final = (1 + 5**0.5) / 2
_CORNERS: Final = [
    corner
    for a in (-1, 1)
    for b in (-_PHI, _PHI)
    for corner in ((0.0, float(a), b), (float(a), b, 0.0), (b, 0.0, float(a)))
]
_FACES: Final = [
    face
    for face in combinations(range(12), 3)
    if all(math.dist(_CORNERS[a], _CORNERS[b]) < 2.02 for a, b in combinations(face, 2))
]


def crystal(pen: Pen, at: Frame) -> None:
    """An icosahedron, turned by chance, with one coloured face."""
    spin, nod = pen.random.random() * TAU, pen.random.uniform(0.2, 0.9)
    turned = []
    for x, y, z in _CORNERS:
        x, z = x * math.cos(spin) - z * math.sin(spin), x * math.sin(spin) + z * math.cos(spin)
        y, z = y * math.cos(nod) - z * math.sin(nod), y * math.sin(nod) + z * math.cos(nod)
        turned.append((x / 1.9, y / 1.9, z / 1.9))
    hot = pen.random.randrange(8)
    seen = 0
    for face in _FACES:
        nx, ny, nz = (sum(axis) / 3 for axis in zip(*(turned[i] for i in face), strict=True))
        if nz <= 0:
            continue
        light = (-0.55 * nx - 0.65 * ny + 0.5 * nz) / math.hypot(nx, ny, nz)
        polygon = at.line([turned[i][:2] for i in face])
        pen.fill(polygon, Tone.ACCENT if seen == hot else Tone.PAPER)
        if light < 0.55:
            pen.hatch(polygon, 1.0 + 0.5 * (seen % 3), 3.2 + 7 * max(0.0, light + 0.25), 0.95)
        pen.stroke(polygon, 2, closed=True, wobble=0.5)
        seen += 1


def molecule(pen: Pen, at: Frame) -> None:
    """Three joined hexagons of atoms."""
    atoms: set[Point] = set()
    bonds: set[tuple[Point, Point]] = set()
    for u, v in ((0.0, 0.0), (1.732, 0.0), (0.866, 1.5)):
        angles = [PI / 6 + i * PI / 3 for i in range(6)]
        ring = [(round(u + math.cos(angle), 2), round(v + math.sin(angle), 2)) for angle in angles]
        atoms |= set(ring)
        bonds |= {(min(a, b), max(a, b)) for a, b in pairwise([*ring, ring[0]])}
    own = at.within(-0.434, -0.25, 0.5)
    for k, (a, b) in enumerate(sorted(bonds)):
        (ax, ay), (bx, by) = own.line([a, b])
        length = math.dist((ax, ay), (bx, by))
        nx, ny = (ay - by) / length * 2.8, (bx - ax) / length * 2.8
        for side in (-1, 1) if k % 2 else (0,):
            line = [(ax + side * nx, ay + side * ny), (bx + side * nx, by + side * ny)]
            pen.stroke(line, 1.7 if k % 2 else 2.2, taper=1)
    for k, (u, v) in enumerate(sorted(atoms)):
        if k % 6 == 1:
            pen.tint(own.arc(u, v, 0.27), 2, 2, 1)
        else:
            pen.ball(*own.point(u, v), own.size * (0.22 if k % 2 else 0.16), 1.9)


def helix(pen: Pen, at: Frame) -> None:
    """A standing double helix."""
    count = 44
    turns = [(1.6 * TAU * i / count + 0.5, -1 + 2 * i / count) for i in range(count + 1)]
    for angle, v in turns[1::2]:
        pen.stroke(at.line([(0.42 * math.cos(angle), v), (-0.42 * math.cos(angle), v)]), 1.4, taper=1, wobble=0.3)
    broad = max(5.0, min(9.0, 0.08 * at.size))
    for front in (False, True):
        for side in (-1, 1):
            for run in _runs([side * math.sin(angle) > 0 for angle, _ in turns], front):
                strand = at.line([(side * 0.42 * math.cos(angle), v) for angle, v in turns[run]])
                pen.stroke(strand, broad if front else 0.45 * broad, wobble=0, taper=1)
                if front:
                    pen.stroke(strand, 0.5 * broad, Tone.PAPER, wobble=0, taper=1)
    for angle, v in turns[3::8]:
        pen.tint(at.arc(0.42 * math.cos(angle), v, 0.055), 1.6, 1.5, 1)


def _runs(flags: list[bool], wanted: bool) -> Iterator[slice]:
    """Where the flag stays as wanted; each run reaches one step further, so that runs meet."""
    for flag, run in groupby(range(len(flags)), key=flags.__getitem__):
        steps = list(run)
        if flag == wanted:
            yield slice(steps[0], steps[-1] + 2)


def ridges(pen: Pen, at: Frame) -> None:
    """A block of land: a mountain range in stacked lines, its front cut open, one peak marked in colour."""
    pick = pen.random.uniform
    count = max(9, min(22, int(at.size / 8)))
    peaks = [(pick(-0.5, 0.5), pick(0.12, 0.28), pick(0.45, 0.95), pick(0.05, 0.95)) for _ in range(6)]
    highest = (0.0, 1.0)
    line: Line = []
    for k in range(count):
        t = k / (count - 1)
        half, base, phase = 0.7 + 0.3 * t, -0.42 + 0.66 * t, pick(0, 9)
        line = []
        for i in range(49):
            u = (-1 + i / 24) * half
            height = sum(a * math.exp(-(((u - m) / w) ** 2) - ((t - z) / 0.3) ** 2) for m, w, a, z in peaks)
            height += 0.035 * math.sin(9 * u + phase) + 0.02 * math.sin(23 * u + 2 * phase)
            line.append((u, max(-1.0, base - 0.6 * height * max(0.0, 1 - abs(u / half) ** 3))))
        highest = min(highest, *line, key=lambda spot: spot[1])
        pen.fill(at.line([*line, (half, base + 0.06), (-half, base + 0.06)]))
        pen.stroke(at.line(line), 1.4 + 0.9 * t, taper=0.5, wobble=0.3, step=5)
    front = at.line([*line, (1.0, 0.62), (-1.0, 0.62)])
    pen.shape(front, 2.6, Tone.INK)
    for k in range(3):
        strata = [(u, max(v, 0.2) + 0.1 + 0.09 * k + 0.02 * math.sin(4 * u + k)) for u, v in line[2:-2]]
        pen.stroke(at.line(strata), 1.8 - 0.2 * k, Tone.PAPER, taper=0.3, wobble=0.5)
    pen.tint(at.arc(*highest, 0.03 + 3 / at.size), 1.8, 1.5, 1)
