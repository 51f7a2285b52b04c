"""Scenes of heads: bust and gentleman.

Every scene is laid out on a page of 768 x 1024 pixels from the back to the front.
"""

from frontispiece.lineart.geometry import PI, Box, Frame, Line, Path, arc, bezier, moved, spline
from frontispiece.lineart.pen import Pen, Tone
from frontispiece.lineart.scenery import (
    CENTER,
    HEIGHT,
    WIDTH,
    Sheet,
    board,
    chequered_floor,
    desert,
)

# ---- bust


def bust(sheet: Sheet) -> None:
    """A marble head, open at its top, on a plinth with the label."""
    pen = sheet.pen
    hero, frame = sheet.place(Box(CENTER - 182, 56, CENTER + 174, 424))
    horizon = sheet.horizon(790)
    sheet.sky(horizon, hero)
    if pen.random.random() < 0.5:
        chequered_floor(pen, horizon, CENTER, sheet.look.bold)
    else:
        desert(pen, horizon, sheet.look.bold)
    sheet.float_minors((104, 520), (676, 520))
    with sheet.figure(Box(186, 66, 582, 962)):
        at = Frame(CENTER - 0.45 * 385, 318, 385)
        rim = at.arc(0.435, 0.272, 0.333, 0.062)
        pen.fill(rim, Tone.INK)
        pen.stroke(rim, 2.6, closed=True)
        sheet.draw_hero(frame)
        _head(sheet, at)
        _plinth(sheet)
        board(sheet, 384, 836, 320, 158, shadow=False)
    sheet.walk(96, 950, 66)


_PROFILE: Line = [
    *[(0.765, 0.265), (0.775, 0.33), (0.79, 0.375), (0.772, 0.425), (0.82, 0.5), (0.868, 0.555), (0.845, 0.585)],
    *[(0.785, 0.597), (0.792, 0.63), (0.757, 0.655), (0.785, 0.68), (0.752, 0.715), (0.765, 0.755), (0.735, 0.805)],
    *[(0.655, 0.825), (0.58, 0.835), (0.545, 0.88), (0.55, 0.95), (0.6, 1.04)],
]
_NAPE: Line = [
    (0.1, 1.04),
    (0.17, 0.96),
    (0.2, 0.87),
    (0.165, 0.76),
    (0.1, 0.62),
    (0.075, 0.45),
    (0.1, 0.31),
    (0.105, 0.28),
]


def _head(sheet: Sheet, at: Frame) -> None:
    pen = sheet.pen
    profile, nape = at.spline(_PROFILE), at.spline(_NAPE)
    front = at.arc(0.435, 0.272, 0.333, 0.062, 0, PI)
    pen.fill(profile + nape + front[::-1])
    pen.stroke(profile, 4.2, taper=0.7)
    pen.stroke(nape, 4.2, taper=0.7)
    pen.stroke(front, 3, taper=1)
    pen.stroke(moved(front[3:-3], 0, 9), 1.2, taper=0.2)
    _face(pen, at)
    shadow = nape + at.line([(0.5, 0.3), (0.46, 0.6), (0.5, 0.85), (0.6, 1.03)])
    pen.shade(shadow, 0.12, 6.2, 0.55, 1.05, near=True, limit=78)
    neck = [(0.545, 0.86), (0.6, 1.04), (0.28, 1.04), (0.3, 0.8), (0.5, 0.78), (0.66, 0.815), (0.58, 0.84)]
    pen.hatch(at.line(neck), 0.9, 5.4)


def _face(pen: Pen, at: Frame) -> None:
    """Closed lid, brow, nostril, ear and jaw."""
    pen.stroke(at.bezier((0.66, 0.455), (0.69, 0.485), (0.735, 0.485), (0.752, 0.462)), 2.4, taper=0.3)
    for k in range(4):
        pen.tick(at.point(0.675 + 0.02 * k, 0.476), at.point(0.682 + 0.024 * k, 0.5), 1.5)
    pen.stroke(at.bezier((0.645, 0.4), (0.69, 0.372), (0.73, 0.375), (0.765, 0.395)), 2.8, taper=0.2)
    pen.stroke(at.bezier((0.8, 0.578), (0.778, 0.57), (0.775, 0.555), (0.79, 0.54)), 1.8, taper=0.2)
    ear = [
        (0.37, 0.5),
        (0.395, 0.455),
        (0.44, 0.45),
        (0.465, 0.49),
        (0.45, 0.54),
        (0.42, 0.575),
        (0.405, 0.61),
        (0.378, 0.6),
    ]
    pen.stroke(at.spline(ear), 2.4, taper=0.4)
    pen.stroke(at.spline([(0.395, 0.5), (0.425, 0.48), (0.44, 0.505), (0.42, 0.54)]), 1.6, taper=0.3)
    pen.stroke(at.bezier((0.735, 0.805), (0.68, 0.8), (0.6, 0.76), (0.545, 0.69)), 1.4, taper=0.05)


def _plinth(sheet: Sheet) -> None:
    pen = sheet.pen
    sheet.shadow([(554, 850), (1100, 930), (1100, 1010), (582, 962)], 0.42, 7)
    for box in (Box(196, 718, 572, 742), Box(214, 742, 554, 930), Box(186, 930, 582, 962)):
        pen.fill(box.corners())
        pen.shade(box.corners(), 0, 4.6, 0.075)
        pen.stroke(box.corners(), 2.8, closed=True, wobble=0.7)


# ---- gentleman


def gentleman(sheet: Sheet) -> None:
    """A suit and a bowler hat with the hero between them, the label on a placard."""
    pen = sheet.pen
    hero, frame = sheet.place(Box(CENTER - 146, 302, CENTER + 146, 562), foot=False)
    wall = sheet.horizon(716)
    sheet.sky(wall - 84, Box(CENTER - 152, 124, CENTER + 152, hero.bottom))
    _sea_and_wall(sheet, wall)
    sheet.float_minors((96, 540), (690, 540))
    with sheet.figure(Box(62, 110, 706, 1024)):
        _suit(sheet)
        sheet.draw_hero(frame)
        _bowler(sheet, 292)
        for side in (-1, 1):
            cord = [(CENTER + side * 58, 585), (CENTER + side * 120, 700), (CENTER + side * 150, 786)]
            pen.stroke(spline(cord), 7, Tone.PAPER, taper=1)
            pen.stroke(spline(cord), 2.6, taper=1)
        board(sheet, CENTER, 866, 380, 164, pen.random.choice((-0.03, 0.025)))


def _sea_and_wall(sheet: Sheet, wall: float) -> None:
    pen = sheet.pen
    pick = pen.random.uniform
    pen.fill(Box(-4, wall - 84, WIDTH + 4, HEIGHT + 4).corners(), Tone.INK if sheet.look.bold else Tone.PAPER)
    pen.stroke([(0, wall - 84), (WIDTH, wall - 84)], 1.6, taper=1, wobble=0.5)
    water = Tone.PAPER if sheet.look.bold else Tone.INK
    for _ in range(34):
        x, y = pick(-20, 760), wall - 78 + pick(0, 1) ** 1.3 * 72
        pen.stroke(bezier((x, y), (x + 14, y - 4), (x + 24, y + 4), (x + pick(34, 70), y)), 1.8, water, taper=0.1)
    pen.fill(Box(-4, wall, WIDTH + 4, HEIGHT + 4).corners())
    for row, y in enumerate(range(int(wall), HEIGHT, 40)):
        pen.stroke([(0, y), (WIDTH, y)], 1.3 if row else 2.2, taper=1, step=20)
        x = (46 if row % 2 else 0) - 40 + pick(-6, 6)
        while x < WIDTH:
            pen.stroke([(x, y), (x + pick(-2, 2), y + 40)], 1.2, taper=1, wobble=0.3)
            if pick(0, 1) < 0.22:
                sheet.shadow(Box(x + 5, y + 6, x + 80, y + 35).corners(), 0, 4.4)
            x += 92 + pick(-8, 8)


def _suit(sheet: Sheet) -> None:
    pen = sheet.pen
    shoulder = [(62, 566), (120, 606), (216, 642), (262, 720), (284, 1040)]
    left = spline([(CENTER - u, v) for u, v in shoulder])
    coat = left + [(2 * CENTER - x, y) for x, y in reversed(left)]
    pen.fill(moved(coat, 0, -5))
    if sheet.look.bold:
        pen.fill(coat, Tone.INK)
    else:
        pen.fill(coat)
        pen.hatch(coat, PI / 2 - 0.06, 5.4, 1.25)
        pen.shade(coat, 0, 5, 0.27, 1.2)
    pen.stroke(coat, 3.6, taper=1)
    shirt = [(-58, 560), (58, 560), (34, 660), (0, 800), (-34, 660)]
    pen.shape([(CENTER + u, v) for u, v in shirt], 2)
    for side in (-1, 1):

        def facing(points: Path, side: int = side) -> Line:
            return [(CENTER + side * u, v) for u, v in points]

        seam = bezier(*facing([(205, 700), (190, 800), (196, 900), (200, 1030)]))
        pen.stroke(seam, 2.4, Tone.PAPER if sheet.look.bold else Tone.INK, taper=0.4)
        lapel = [(60, 562), (104, 606), (116, 676), (84, 690), (92, 716), (6, 830), (4, 800), (36, 650)]
        pen.shape(facing(lapel), 2.4)
        pen.hatch(facing(lapel), 1.2 * side, 6.5, 0.9)
        pen.shape(facing([(60, 556), (66, 596), (26, 640), (0, 596)]), 2.4)
    tie = [(-16, 596), (16, 596), (11, 624), (26, 780), (0, 806), (-26, 780), (-11, 624)]
    pen.tint([(CENTER + u, v) for u, v in tie], 2.2, 3, 2)
    pen.stroke([(CENTER - 11, 624), (CENTER + 11, 624)], 2, taper=1)


def _bowler(sheet: Sheet, y: float) -> None:
    pen, x, start = sheet.pen, CENTER, len(sheet.pen.display)
    brim = arc(x, y, 152, 25)
    crown = bezier((x - 100, y), (x - 108, y - 150), (x - 62, y - 168), (x, y - 168))
    crown += bezier((x, y - 168), (x + 62, y - 168), (x + 108, y - 150), (x + 100, y))
    pen.fill(brim, Tone.INK)
    pen.fill(crown, Tone.INK)
    pen.stroke(brim, 3, closed=True)
    sheet.halo(start)
    for k in range(7):
        left = x - 86 + 7 * k
        sheen = bezier((left, y - 38), (left - 4, y - 96), (left + 12, y - 136), (left + 34, y - 150))
        pen.stroke(sheen, 1.6, Tone.PAPER, taper=0.1)
    pen.stroke(spline([(x - 100, y - 22), (x, y - 6), (x + 100, y - 22)]), 3, Tone.PAPER, taper=0.9, wobble=0.3)
    pen.stroke(arc(x, y + 1, 146, 20, 0.35, PI - 0.35), 1.6, Tone.PAPER, taper=0.1)
