"""Scenes at sea and in the air: balloon, ship, mobile, whale, floating chessboard.

Every scene is laid out on a page of 768 x 1024 pixels from the back to the front.
"""

import math

from frontispiece.lineart.geometry import PI, TAU, Box, Frame, Path, Point, arc, between, bezier, moved, spline
from frontispiece.lineart.pen import Pen, Tone
from frontispiece.lineart.scenery import (
    CENTER,
    HEIGHT,
    WIDTH,
    Sheet,
    board,
    chequered_floor,
    sea,
    walker,
)
from frontispiece.lineart.skies import cloud

# ---- balloon


def balloon(sheet: Sheet) -> None:
    """An airship that is an eye, the hero in its pupil, the label on a sign below it."""
    pen = sheet.pen
    globe = Frame(CENTER, 306, 210)
    horizon = sheet.horizon(850)
    sheet.sky(horizon, Box(CENTER - 230, 40, CENTER + 230, 530))
    sea(pen, horizon, sheet.look.bold)
    boat = Frame(pen.random.choice((110, 662)), 940, pen.random.uniform(40, 64))
    _paper_boat(pen, boat)
    with sheet.figure(Box(CENTER - 246, 40, CENTER + 246, 930), floats=True):
        start = len(pen.display)
        for k in range(7):  # ropes
            share = k / 3 - 1
            angle = PI / 2 - 0.98 * share
            ends = globe.point(math.cos(angle), math.sin(angle)), (CENTER + 170 * share, 650)
            pen.stroke(spline([ends[0], (CENTER + 132 * share, 568), ends[1]]), 2, taper=1)
        sheet.halo(start)
        _globe(sheet, globe)
        _iris(sheet, globe)
        _lids(pen, globe)
        sheet.hang_minor(0, 276, 770, 806, 58)
        sheet.hang_minor(1, 492, 770, 822, 58)
        board(sheet, CENTER, 712, 372, 136, pen.random.uniform(-0.02, 0.02))
        if sheet.look.walker:
            walker(pen, 306, 646, 58, shadow=False)
            _parasol(pen, Frame(306, 646, 58))


def _globe(sheet: Sheet, at: Frame) -> None:
    """The ball with its meridians and the lashes that leave it."""
    pen, ball, start = sheet.pen, at.arc(0, 0, 1), len(sheet.pen.display)
    pen.fill(ball)
    for share in (-0.8, -0.45, 0, 0.45, 0.8):
        pen.stroke(at.arc(0, 0, share, 1, -0.15, PI / 2), 1.3, taper=0.3)
    pen.stroke(at.arc(0, 0, 1, 0.2, 0.15, PI - 0.15), 1.4, taper=0.3)
    pen.shade(ball, 0.5, 6, 0.2, 1.1)
    for k in range(13):
        angle = -PI + 0.3 + (PI - 0.6) * (2 + 3 * k) / 40
        length, bend = 0.16 + 0.1 * math.sin(PI * (2 + 3 * k) / 40), 0.1 * math.cos(angle)
        cos, sin = math.cos(angle), math.sin(angle)
        tip = cos * (1 + length) + bend, sin * (1 + length) - 0.04
        lash = at.bezier(
            (cos, sin), (1.07 * cos, 1.07 * sin), (cos * (1 + 0.7 * length) + 0.3 * bend, sin * (1 + 0.8 * length)), tip
        )
        pen.stroke(lash, 4.4, taper=0.12)
    pen.stroke(ball, 3.8, closed=True)
    sheet.halo(start)


_EYE_UPPER: tuple[Point, Point, Point, Point] = ((-0.93, -0.14), (-0.57, -1.02), (0.57, -1.02), (0.93, -0.14))
_EYE_LOWER: tuple[Point, Point, Point, Point] = ((0.93, -0.14), (0.52, 0.5), (-0.52, 0.5), (-0.93, -0.14))


def _iris(sheet: Sheet, at: Frame) -> None:
    pen, iris = sheet.pen, at.within(0, -0.267, 0.495)
    pen.fill(at.bezier(*_EYE_UPPER) + at.bezier(*_EYE_LOWER))
    pen.tint(iris.arc(0, 0, 1), 2.6, 5, 4)
    for k in range(96):
        angle, far = TAU * k / 96 + pen.random.uniform(-0.02, 0.02), pen.random.uniform(0.86, 0.97)
        cos, sin = math.cos(angle), math.sin(angle)
        pen.tick(iris.point(0.76 * cos, 0.76 * sin), iris.point(far * cos, far * sin), 1.3)
    pen.shape(iris.arc(0, 0, 0.75), 2.4)
    pupil = 0.49 * iris.size
    _, frame = sheet.place(Box(iris.x - pupil, iris.y - pupil, iris.x + pupil, iris.y + pupil), foot=False)
    sheet.draw_hero(frame)


def _lids(pen: Pen, at: Frame) -> None:
    upper, lower = at.bezier(*_EYE_UPPER), at.bezier(*_EYE_LOWER)
    pen.fill(upper + at.arc(0, 0, 0.985, start=-0.17, end=-PI + 0.17))
    pen.stroke(upper, 4.6, taper=0.4)
    pen.stroke(lower, 3, taper=0.3)
    crease = at.bezier((-0.86, -0.35), (-0.53, -1.1), (0.53, -1.1), (0.86, -0.35))
    pen.stroke([p for p in crease if math.dist(p, (at.x, at.y)) < at.size - 4], 1.6, taper=0.2)
    for k, (x, y) in enumerate(upper[3:-3]):
        angle = -PI / 2 + 0.75 * (x - at.x) / at.size
        length = 9 + 6 * (k % 2)
        tip = x + length * math.cos(angle), y - 4 + length * math.sin(angle)
        if math.dist(tip, (at.x, at.y)) < at.size - 6:
            pen.tick((x, y - 4), tip, 1.1)
    pen.stroke(at.arc(0, 0, 1), 3.2, closed=True)


def _paper_boat(pen: Pen, at: Frame) -> None:
    pen.shape(at.line([(-1, 0), (1, 0), (0.62, 0.42), (-0.62, 0.42)]), 2.2)
    pen.shape(at.line([(-0.55, 0), (0, -0.85), (0.55, 0)]), 2.2)
    pen.hatch(at.line([(0, -0.85), (0.55, 0), (0, 0)]), 1.2, 4, 0.9)
    pen.stroke(at.line([(-1, 0), (1, 0)]), 2.2, taper=1)


def _parasol(pen: Pen, at: Frame) -> None:
    pen.stroke(at.line([(0.14, -0.55), (0.3, -1.15)]), 1.6, wobble=0)
    pen.fill(at.arc(0.3, -1.12, 0.42, 0.3, PI, TAU), Tone.INK)


# ---- ship


def ship(sheet: Sheet) -> None:
    """A folded paper boat at sea, the hero on its peak, the label on its hull."""
    pen, x = sheet.pen, CENTER
    hero, frame = sheet.place(Box(x - 190, 90, x + 190, 566))
    horizon = sheet.horizon(716)
    sheet.sky(horizon, hero)
    sea(pen, horizon, sheet.look.bold)
    sheet.float_minors((100, 560), (672, 570))
    with sheet.figure(Box(x - 310, 90, x + 310, 950)):
        sheet.draw_hero(frame)
        peak = (x, 548)
        pen.shape([(x - 172, 772), peak, (x + 172, 772)], 3.4)
        sheet.shadow([peak, (x + 172, 772), (x + 26, 772)], 1.25)
        pen.stroke([peak, (x + 26, 772)], 1.6, taper=1)
        edge = [(-306, 706), (-172, 768), (0, 772), (172, 768), (306, 706)]
        pen.shape([(x + u, v) for u, v in [*edge, (214, 902), (-214, 902)]], 3.6)
        for side in (-1, 1):
            fold = [(x + side * u, v) for u, v in ((306, 706), (172, 768), (204, 902), (214, 902))]
            pen.hatch(fold, 1.1 * side, 5.4)
            pen.stroke([(x + side * 172, 768), (x + side * 206, 900)], 2, taper=1)
        sheet.letter(Box(x - 166, 782, x + 166, 866), largest=50)
        if sheet.look.walker:
            walker(pen, x - 216, 742, 62, shadow=False)
    for row in range(3):
        _breakers(pen, 905 + 26 * row, -80 + 30 * row, WIDTH + 60, 2.6 + 0.4 * row)


def _breakers(pen: Pen, y: float, left: float, right: float, width: float) -> None:
    """A row of curling waves in front of the hull."""
    x = left
    while x < right:
        at = Frame(x, y, pen.random.uniform(58, 92))
        height = pen.random.uniform(0.15, 0.25)
        rise = at.bezier((0, 0.03), (0.3, -height), (0.55, -1.2 * height), (0.72, -0.2 * height))
        crest = rise + at.bezier((0.72, -0.2 * height), (0.62, -0.35 * height), (0.6, 0.03), (1, 0))
        pen.fill([*crest, *at.line([(1, 0.5), (0, 0.5)])])
        pen.stroke(crest, width, taper=0.25)
        for k in (1, 2):
            pen.stroke(moved(rise[1:-2], 0, 6 * k), 1.1, taper=0.1)
        x += at.size - 3


# ---- mobile


def mobile(sheet: Sheet) -> None:
    """A hanging mobile over a chequered floor, the label on a plate below the hero."""
    pen = sheet.pen
    horizon = sheet.horizon(872)
    sheet.sky(horizon, Box(90, 260, 720, 640), (272, 460), disc=False)
    chequered_floor(pen, horizon, 300, sheet.look.bold)
    with sheet.figure(Box(20, 60, 748, 850), floats=True):
        _mobile(sheet)
    pen.hatch(arc(272, 950, 170, 16), 0, 4, 1.1)
    sheet.walk(626, 984, 92)


def _mobile(sheet: Sheet) -> None:
    pen = sheet.pen

    def wire(*points: Point, width: float = 2.0) -> None:
        start = len(pen.display)
        pen.stroke(list(points), width, taper=1)
        sheet.halo(start)

    def arm(a: Point, b: Point, c: Point, d: Point, width: float) -> None:
        start = len(pen.display)
        pen.stroke(bezier(a, b, c, d), width, taper=1)
        sheet.halo(start)

    wire((384, -400), (384, 92), width=2.4)
    arm((150, 150), (250, 66), (470, 70), (640, 128), 4.4)
    wire((150, 150), (150, 232))
    arm((60, 262), (110, 214), (200, 220), (262, 268), 3.6)
    wire((60, 262), (60, 300))
    _hanging_leaf(sheet, Frame(56, 338, 46, 1.45))
    wire((640, 128), (640, 404))
    arm((520, 240), (580, 170), (680, 172), (730, 224), 3.6)
    wire((730, 224), (730, 262))
    _hanging_leaf(sheet, Frame(724, 298, 44, 1.7))
    sheet.hang_minor(0, 520, 240, 290, 66)
    arm((560, 456), (596, 400), (668, 392), (716, 418), 3.4)
    wire((716, 418), (716, 452))
    _hanging_leaf(sheet, Frame(714, 486, 38, 1.5))
    wire((560, 456), (560, 512))
    if sheet.look.sun:
        sheet.hang_minor(1, 560, 640, 694, 62)
        pen.tint(arc(560, 580, 68), 2.2, 3.5, 3.5)
    else:
        sheet.hang_minor(1, 560, 456, 530, 84)
    hero, frame = sheet.place(Box(96, 312, 438, 612), foot=False)
    wire((262, 268), (262, 290), (hero.center[0], 300))
    wire((hero.center[0], 300), (hero.center[0], 624))  # behind the hero
    sheet.hang_hero(frame, 298)
    arm((190, 660), (230, 612), (294, 612), (334, 660), 3.2)
    for x in (190, 334):
        wire((x, 660), (x, 692))
    board(sheet, 272, 752, 400, 136, pen.random.uniform(-0.025, 0.025))


def _hanging_leaf(sheet: Sheet, at: Frame) -> None:
    pen, start = sheet.pen, len(sheet.pen.display)
    leaf = at.spline([(-1, 0), (-0.3, -0.46), (0.55, -0.38), (1, 0.05), (0.4, 0.4), (-0.35, 0.34)], closed=True)
    pen.shape(leaf, 2.2, Tone.INK)
    pen.stroke(at.line([(-0.8, 0.02), (0.7, 0.02)]), 1.6, Tone.PAPER, taper=0.2)
    sheet.halo(start)


# ---- whale


def whale(sheet: Sheet) -> None:
    """A whale in the sky with the hero on its back, the label on its flank."""
    pen = sheet.pen
    hero, frame = sheet.place(Box(176, 50, 516, 416))
    horizon = sheet.horizon(884)
    sheet.sky(horizon, hero, (346, 480))
    _hills(pen, horizon - 884, sheet.look.bold)
    with sheet.figure(Box(30, 60, 764, 850), floats=True):
        sheet.draw_hero(frame)
        _whale_body(sheet)
        sheet.letter(Box(160, 446, 500, 572), bend=lambda x: -12 * (1 - ((x - 325) / 200) ** 2) + 6, largest=50)
        sheet.hang_minor(0, 216, 634, 696, 64)
        sheet.hang_minor(1, 450, 618, 706, 64)
    sheet.walk(140, 1004, 74)


def _whale_body(sheet: Sheet) -> None:
    pen = sheet.pen
    back = [(52, 540), (60, 470), (120, 418), (240, 396), (380, 404), (510, 452), (610, 486), (664, 470)]
    belly = [(672, 500), (600, 560), (480, 616), (340, 640), (190, 632), (90, 600)]
    tail = spline(
        [(654, 474), (660, 420), (632, 366), (690, 392), (706, 430), (722, 394), (758, 372), (742, 430), (690, 490)]
    )
    pen.shape([*tail, (660, 500)], 3)
    for k in range(4):
        pen.tick((684 - 6 * k, 462), (656 - 4 * k, 392 + 10 * k), 1.1)
        pen.tick((700 + 6 * k, 458), (744 + k, 390 + 10 * k), 1.1)
    body = spline(back + belly, closed=True)
    pen.fill(body)
    throat = spline([(56, 556), (150, 596), (300, 604), (450, 590), (600, 540)])
    pen.hatch(throat + spline(belly[1:]), 0.06, 6.4, 1)
    for k in range(4):
        pen.stroke(
            spline([(70 + 14 * k, 572 + 12 * k), (190, 600 + 9 * k), (330 - 24 * k, 608 + 6 * k)]), 1.4, taper=0.1
        )
    pen.shade(body, 1.2, 7, 0.1, 1)
    pen.stroke(body, 3.4, closed=True)
    pen.stroke(throat, 1.8, taper=0.2)
    pen.stroke(spline([(52, 548), (84, 556), (110, 548), (122, 536)]), 2.6, taper=0.3)
    pen.tint(arc(124, 506, 11), 2.2)
    pen.dot(124, 506, 5)
    pen.stroke(arc(124, 502, 20, 16, PI + 0.3, TAU - 0.3), 1.6, taper=0.2)
    fin = spline([(300, 604), (330, 650), (386, 690), (352, 630), (364, 602)])
    pen.shape(fin, 2.8)
    pen.hatch(fin, 0.9, 5)
    start = len(pen.display)
    for k, (u, v) in enumerate(((-52, -40), (-30, -66), (0, -78), (30, -66), (52, -40))):  # the spout
        bow = bezier((128, 410), (128 + 0.3 * u, 410 + 0.9 * v), (128 + 0.8 * u, 410 + 1.25 * v), (128 + u, 410 + v))
        pen.stroke(bow, 3.4 if k == 2 else 2.8, taper=0.35)
        pen.dot(128 + 1.12 * u, 410 + v + 9, 3.6)
    sheet.halo(start)


def _hills(pen: Pen, rise: float, bold: bool) -> None:
    for k, level in enumerate((884, 914, 952)):
        y = level + rise * (1 - 0.3 * k)
        hill = bezier((-10, y + 20 * (k % 2)), (220, y - 60 + 40 * k), (480, y + 60 - 40 * k), (WIDTH + 10, y - 10))
        pen.fill([*hill, (WIDTH + 10, HEIGHT + 10), (-10, HEIGHT + 10)])
        if bold and k == 1:
            pen.fill([*hill, (WIDTH + 10, HEIGHT + 10), (-10, HEIGHT + 10)], Tone.INK)
        pen.stroke(hill, 2 + 0.5 * k, taper=1)
        pen.hatch(hill + moved(hill, 0, 16 + 8 * k)[::-1], 1.1, 7, 0.9)
    for x, level in ((596, 900), (632, 910), (670, 902), (330, 904)):
        y = level + rise
        pen.stroke([(x, y), (x, y - 24)], 2, taper=1)
        pen.shape(arc(x, y - 32, 11, 15), 1.8)
        pen.shade(arc(x, y - 32, 11, 15), 0, 3.4, 0.5, 0.9)


# ---- floating chessboard


def chess(sheet: Sheet) -> None:
    """A chessboard among the clouds, the label on its front edge."""
    pen = sheet.pen
    hero, frame = sheet.place(Box(CENTER - 180, 80, CENTER + 180, 676))
    sheet.sky(HEIGHT + 20, hero)
    sheet.float_minors((92, 420), (676, 440))
    with sheet.figure(Box(46, 90, 722, 1004), floats=True):
        _underside(pen)
        corners = [(148, 610), (620, 610), (722, 758), (46, 758)]
        _squares(sheet, corners)
        for x, y, size in ((196, 648, 66), (572, 648, 66)):
            _pawn(pen, Frame(x, y, size), dark=False)
        sheet.draw_hero(frame)
        pawns = [(128, 738, 96), (640, 738, 96), *([(236, 748, 104)] if sheet.look.tilt > 0 else [])]
        for x, y, size in pawns:
            _pawn(pen, Frame(x, y, size), dark=True)
        front = Box(46, 758, 722, 862)
        pen.shape(front.corners(), 3.6)
        pen.stroke(front.inset(9).corners(), 1.2, closed=True)
        pen.shade(front.corners(), 0, 4.6, 0.05, 1)
        sheet.letter(Box(front.left + 46, front.top + 16, front.right - 46, front.bottom - 16), largest=54)
        if sheet.look.walker:
            walker(pen, 478, 742, 58)
    if sheet.look.zoom < 0.9:
        cloud(pen, pen.random.uniform(60, 700), 990, 130)


def _squares(sheet: Sheet, corners: Path) -> None:
    """Eight by four squares in perspective, and the board's upper face around them."""
    pen = sheet.pen
    pen.shape(corners, 3)
    (a, b, c, d), rows, columns = corners, 4, 8
    depths = [(k / rows) ** 1.25 for k in range(rows + 1)]

    def crossing(column: int, row: int) -> Point:
        share = 0.04 + 0.92 * column / columns
        depth = 0.05 + 0.9 * depths[row]
        return between(between(a, b, share), between(d, c, share), depth)

    for row in range(rows):
        for column in range(columns):
            square = [crossing(column + u, row + v) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
            if (row + column) % 2:
                sheet.shadow(square, 0, 3.6 + 0.5 * row)
            pen.stroke(square, 1.3, closed=True, wobble=0.3)


def _pawn(pen: Pen, at: Frame, dark: bool) -> None:
    """A pawn standing on the frame's origin, one unit high."""
    half = [(0.3, 0), (0.3, -0.1), (0.2, -0.16), (0.12, -0.4), (0.1, -0.56), (0.19, -0.62)]
    body = at.line([*[(-u, v) for u, v in half], *reversed(half)])
    head = at.arc(0, -0.78, 0.18)
    for part in (body, head):
        pen.shape(part, 2.4, Tone.INK if dark else Tone.PAPER)
    if dark:
        pen.stroke(at.arc(0, -0.78, 0.11, start=3.4, end=4.6), 1.6, Tone.PAPER, taper=0.2)
        pen.stroke(at.line([(-0.2, -0.1), (0.2, -0.1)]), 1.6, Tone.PAPER, taper=0.3)
    else:
        pen.shade(body, 0, 3.8, 0.4, 0.9)
        pen.shade(head, 0, 3.8, 0.35, 0.9)


def _underside(pen: Pen) -> None:
    """The rock that hangs below the board, with cloud around it."""
    rock = [
        (70, 862),
        (150, 900),
        (214, 888),
        (286, 958),
        (360, 934),
        (414, 1002),
        (470, 930),
        (560, 950),
        (620, 890),
        (700, 862),
    ]
    pen.shape(rock, 2.8)
    pen.shade(rock, 0.5, 6, 0.4, 1.1)
    for x, y in ((214, 888), (360, 934), (470, 930), (620, 890)):
        pen.stroke([(x, y), (x + pen.random.uniform(-20, 20), 866)], 1.5, taper=0.2)
    cloud(pen, 150, 972, 66)
    cloud(pen, 640, 988, 80)
