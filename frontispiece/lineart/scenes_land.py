"""Scenes on the ground: tower, walking chest, open book, lonely door.

Every scene is laid out on a page of 768 x 1024 pixels from the back to the front.
"""

import math

from frontispiece.lineart.geometry import PI, TAU, Box, Line, arc, between, bezier
from frontispiece.lineart.pen import Pen, Tone
from frontispiece.lineart.scenery import (
    CENTER,
    Sheet,
    board,
    chequered_floor,
    desert,
    ladder,
    ribbon,
    walker,
)

# ---- tower


def tower(sheet: Sheet) -> None:
    """A round tower of arches in the desert, the label on a ribbon around it."""
    pen = sheet.pen
    tiers = []
    floor = 930.0
    for k, width in enumerate((236, 204, 176, 150, 126, 104)):
        tiers.append((k, floor, 104 - 9 * k, width))
        floor -= 0.86 * (104 - 9 * k)
    _, last_floor, last_height, _ = tiers[-1]
    hero, frame = sheet.place(Box(CENTER - 160, 50, CENTER + 160, last_floor - last_height + 8))
    horizon = sheet.horizon(850)
    sheet.sky(horizon, hero)
    desert(pen, horizon, sheet.look.bold)
    sheet.float_minors((112, 480), (660, 560))
    with sheet.figure(Box(CENTER - 300, 60, CENTER + 300, 962)):
        sheet.shadow([(CENTER + 180, 882), (1100, 920), (1100, 968), (CENTER + 180, 940)], 0.07)
        for k, bottom, height, width in tiers:
            _tier(pen, k, bottom, height, width)
        sheet.draw_hero(frame)
        ladder(pen, (CENTER - 306, 960), (CENTER - 184, 706), 44)
        ribbon(sheet, CENTER, 806, 478, 122, sag=18)
    sheet.walk(664, 976, 66)


def _tier(pen: Pen, k: int, bottom: float, height: float, width: float) -> None:
    """One storey: a drum, narrower at its top, with arches around it and a stair on its side."""
    sag = 17 - k

    def rim(y: float, reach: float) -> Line:
        return arc(CENTER, y, reach, sag, start=PI, end=0)

    lower, upper = rim(bottom, width), rim(bottom - height, width - 14)
    pen.fill(upper + lower[::-1])
    pen.shade(upper + lower[::-1], 0, 5, 0.26, 1.05)
    count = 9 - k // 2
    for j in range(count):
        angle = PI * (j + 0.7) / (count + 0.4)
        half = max(3, 15 * math.sin(angle) * (1 - 0.06 * k))
        x, y = CENTER - (width - 7) * math.cos(angle), bottom - 0.2 * height + sag * math.sin(angle)
        _arch(pen, x, y, half, 0.46 * height, (j + k) % 4)
    for share in (0.86, 0.93):
        pen.stroke(rim(bottom - share * height, width - 14 * share), 1.2, taper=0.6)
    pen.stroke(lower, 2.4, taper=1)
    pen.stroke(upper, 2.4, taper=1)
    for side in (0, -1):
        pen.stroke([lower[side], upper[side]], 2.8, taper=1)
    pen.shape(arc(CENTER, bottom - height, width - 14, sag), 2.2)


def _arch(pen: Pen, x: float, y: float, half: float, height: float, kind: int) -> None:
    """A window: coloured, dark or hatched."""
    outline = [(x - half, y), *arc(x, y - height + half, half, start=PI, end=TAU), (x + half, y)]
    pen.fill(outline, {1: Tone.ACCENT, 3: Tone.INK}.get(kind, Tone.PAPER))
    if kind % 2 == 0:
        pen.hatch(outline, 0.9, 3.4)
    pen.stroke(outline, 1.7, taper=1, closed=True, wobble=0.4)


# ---- walking chest


def walker_chest(sheet: Sheet) -> None:
    """A chest of drawers on long legs, the label on its widest drawer."""
    pen, x = sheet.pen, CENTER
    chest = Box(x - 196, 470, x + 196, 706)
    hero, frame = sheet.place(Box(x - 180, 64, x + 212, 460))
    horizon = sheet.horizon(872)
    sheet.sky(horizon, hero)
    desert(pen, horizon, sheet.look.bold)
    float_one = pen.random.uniform(0, 60)
    start = len(pen.display)
    large = sheet.look.large == 1
    sheet.draw_minor(1, -14 if large else 92, 600 + float_one, 128 if large else 74)
    sheet.halo(start)
    with sheet.figure(Box(x - 210, 74, x + 316, 990)):
        sheet.shadow([(250, 990), (330, 990), (1100, 930), (1100, 905)], -0.1, 5.2)
        sheet.shadow([(480, 985), (540, 985), (1100, 968), (1100, 948)], -0.06, 5.2)
        for hip, knee, foot, width in (
            ((x - 96, 690), (x - 150, 800), (x - 120, 930), 15),
            ((x + 110, 690), (x + 84, 806), (x + 132, 926), 15),
            ((x - 140, 700), (x - 196, 830), (x - 178, 984), 18),
            ((x + 150, 700), (x + 196, 824), (x + 164, 980), 18),
        ):
            _leg(pen, [hip, knee, foot], width)
        _chest(sheet, chest)
        drawer = Box(chest.left + 12, chest.top + 104, chest.right - 12, chest.bottom - 12)
        pen.shape(drawer.corners(), 2.4)
        pen.stroke(drawer.inset(8).corners(), 1.1, closed=True)
        sheet.letter(Box(drawer.left + 28, drawer.top + 16, drawer.right - 28, drawer.bottom - 16), largest=50)
        _small_drawers(pen, chest)
        sheet.draw_hero(frame)
        rod = chest.right + 112
        start = len(pen.display)
        pen.stroke([(chest.right + 34, chest.top - 16), (rod, chest.top - 34)], 4.4, taper=0.8)
        sheet.halo(start)
        sheet.hang_minor(0, rod - 2, chest.top - 34, chest.top + 44, 66)
    sheet.walk(88, 960, 58)


def _leg(pen: Pen, joints: Line, width: float) -> None:
    (hip_x, hip_y), (knee_x, knee_y), (foot_x, foot_y) = joints
    thigh = [
        (hip_x - width, hip_y),
        (knee_x - 0.4 * width, knee_y),
        (knee_x + 0.4 * width, knee_y),
        (hip_x + width, hip_y),
    ]
    shin = [
        (knee_x - 0.34 * width, knee_y),
        (foot_x - 0.22 * width, foot_y),
        (foot_x + 0.3 * width, foot_y),
        (knee_x + 0.34 * width, knee_y),
    ]
    for bone in (thigh, shin):
        pen.shape(bone, 2)
        pen.hatch([between(bone[0], bone[3], 0.5), between(bone[1], bone[2], 0.4), bone[2], bone[3]], 0.3, 5, 0.9)
    pen.ball(knee_x, knee_y, 0.52 * width, 2, lines=3)
    hoof = [(-0.5, 7), (-0.2, -4), (0.3, -4), (0.7, 7)]
    pen.shape([(foot_x + u * width, foot_y + v) for u, v in hoof], 2)


def _chest(sheet: Sheet, front: Box) -> None:
    pen = sheet.pen
    left, top, right, bottom = front
    side = [(right, top), (right + 40, top - 26), (right + 40, bottom - 30), (right, bottom)]
    pen.shape(side, 2.4)
    sheet.shadow(side, PI / 2, 4.6)
    pen.shape([(left, top), (left + 40, top - 26), (right + 40, top - 26), (right, top)], 2.4)
    pen.shape(front.corners(), 3)


def _small_drawers(pen: Pen, chest: Box) -> None:
    """Three in a row, the middle one pulled out."""
    top = chest.top
    for k in (0, 2, 1):
        left = chest.left + 12 + 126 * k
        front = Box(left, top + 12, left + 116, top + 66)
        if k == 1:
            pen.fill(front.corners(), Tone.INK)
            pulled = Box(left - 7, top + 34, left + 123, top + 92)
            rim = [(left, top + 24), (left + 116, top + 24), (pulled.right, pulled.top), (pulled.left, pulled.top)]
            pen.fill(rim)
            pen.hatch(rim, 0, 2.6)
            front = pulled
        pen.shape(front.corners(), 2.4 if k == 1 else 2)
        pen.shade(front.corners(), 0, 4.2, 0.12, 0.9)
        pen.ball(*front.center, 6.5, 1.8, lines=2)


# ---- open book


def book(sheet: Sheet) -> None:
    """An open book on a chequered floor, the label on a sign in front of it."""
    pen, x = sheet.pen, CENTER
    hero, frame = sheet.place(Box(x - 216, 200, x + 216, 812))
    horizon = sheet.horizon(742)
    sheet.sky(horizon, hero)
    chequered_floor(pen, horizon, CENTER - 200 * sheet.look.aside, sheet.look.bold)
    sheet.float_minors((104, 540), (666, 540))
    with sheet.figure(Box(x - 370, 210, x + 370, 1000)):
        for k in range(4, -1, -1):
            for side in (-1, 1):
                _page(pen, side, 7 * k, top_leaf=k == 0)
        sheet.draw_hero(frame)
        board(sheet, x, 932, 430, 122, pen.random.uniform(-0.02, 0.02))
        if sheet.look.walker:
            walker(pen, 648, 792, 70)


def _page(pen: Pen, side: int, drop: float, top_leaf: bool) -> None:
    """One leaf, `drop` pixels down the stack; the top one carries lines of text."""

    def at(x: float, y: float) -> tuple[float, float]:
        return CENTER + side * x, y + drop

    upper = bezier(at(0, 800), at(90, 738), at(220, 744), at(322, 772))
    lower = bezier(at(366, 912), at(250, 876), at(110, 872), at(0, 944))
    pen.shape(upper + lower, 2.4 if top_leaf or drop > 27 else 1.0, wobble=0.5)
    if not top_leaf:
        return
    for j in range(1, 9):
        pairs = zip(upper, lower[::-1], strict=False)
        line = [between(a, b, j / 9.5) for a, b in pairs]
        length = len(line)
        pen.stroke(line[length // 8 : int(length * (0.9 if j % 4 else 0.6))], 1.3, taper=0.6, wobble=0.8)
    pen.hatch([at(0, 800), at(40, 772), at(46, 905), at(0, 944)], 0.2 * side, 4.2)


# ---- lonely door


def door(sheet: Sheet) -> None:
    """A door alone in a desert, open on the night; the label on a board above the lintel."""
    pen = sheet.pen
    horizon = sheet.horizon(810)
    opening = Box(226, 286, 542, 866)
    sheet.sky(horizon, Box(180, 130, 640, 870))
    desert(pen, horizon, sheet.look.bold)
    sheet.float_minors((102, 560), (702, 500))
    with sheet.figure(Box(160, 110, 642, 940)):
        sheet.shadow([(560, 882), (1100, 940), (1100, 1000), (590, 930)])
        pen.shape(Box(196, 256, 572, 872).corners(), 3.6)
        for box in ((200, 262, 214, 870), (554, 262, 568, 870)):
            pen.shade(Box(*box).corners(), 0, 4.4, 0.7)
        pen.fill(opening.corners(), Tone.INK)
        moon_x, moon_y = opening.center[0], 560
        pen.dot(moon_x, moon_y, 152, Tone.PAPER)
        _stars(pen, opening, moon_x, moon_y)
        _, frame = sheet.place(Box(moon_x - 116, moon_y - 116, moon_x + 116, moon_y + 116), foot=False)
        sheet.draw_hero(frame)
        pen.stroke(opening.corners(), 3, closed=True)
        _leaf(pen, opening)
        _steps(pen, opening)
        board(sheet, CENTER, 186, 440, 136, shadow=False)
        for x in (250, 518):
            pen.stroke([(x, 254), (x, 262)], 3, taper=1)
    sheet.walk(196, 976, 68)


def _stars(pen: Pen, sky: Box, moon_x: float, moon_y: float) -> None:
    pick = pen.random.uniform
    for k in range(90):
        x, y = pick(sky.left + 8, sky.right - 8), pick(sky.top + 8, sky.bottom - 8)
        if math.dist((x, y), (moon_x, moon_y)) < 166:
            continue
        if k % 9 == 0:
            for dx, dy in ((7, 0), (0, 7)):
                pen.tick((x - dx, y - dy), (x + dx, y + dy), 1.8, Tone.PAPER)
        else:
            pen.dot(x, y, pick(0.8, 1.9), Tone.ACCENT if k % 7 == 0 else Tone.PAPER)


def _leaf(pen: Pen, opening: Box) -> None:
    """The open leaf, swung out to the right and foreshortened."""
    hinge, far = opening.right, opening.right + 96
    leaf = [(hinge, opening.top), (far, opening.top + 34), (far, opening.bottom + 46), (hinge, opening.bottom)]
    pen.shape(leaf, 3)
    for upper, lower in ((0.07, 0.44), (0.52, 0.93)):
        panel = [
            between(between(leaf[0], leaf[3], share), between(leaf[1], leaf[2], share), across)
            for share, across in ((upper, 0.2), (upper, 0.82), (lower, 0.82), (lower, 0.2))
        ]
        pen.shape(panel, 1.8)
        pen.hatch(panel, PI / 2, 5, 1)
    knob_x, knob_y = between(leaf[1], leaf[2], 0.5)
    pen.tint(arc(knob_x - 10, knob_y - 4, 7), 2)


def _steps(pen: Pen, opening: Box) -> None:
    for k in range(3):
        step = Box(opening.left - 30 - 16 * k, 866 + 18 * k, opening.right + 30 + 10 * k, 886 + 18 * k)
        pen.shape(step.corners(), 2.4)
        pen.shade(step.corners(), 0, 3.6, 0.16)
