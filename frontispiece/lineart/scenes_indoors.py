"""Scenes on stages and tables: theatre, teacup, glass bell.

Every scene is laid out on a page of 768 x 1024 pixels from the back to the front.
"""

from frontispiece.lineart.geometry import PI, TAU, Box, Line, Point, arc, bezier, moved, spline
from frontispiece.lineart.pen import Pen, Tone
from frontispiece.lineart.scenery import (
    CENTER,
    HEIGHT,
    WIDTH,
    Sheet,
    board,
    chequered_floor,
    cloud,
    sun,
    walker,
)

# ---- theatre


def theatre(sheet: Sheet) -> None:
    """A marionette stage between curtains, the label on the marquee."""
    pen = sheet.pen
    hero, frame = sheet.place(Box(CENTER - 150, 350, CENTER + 150, 706))
    _backdrop(pen)
    for share in (0.12, 0.38, 0.62, 0.88):
        x = hero.left + share * hero.width
        depth = 0.5 if share in (0.12, 0.88) else 0.15
        pen.stroke([(1.2 * x - 0.2 * CENTER, 150), (x, hero.top + depth * hero.height)], 1.3, taper=1, wobble=0.5)
    sheet.draw_hero(frame)
    for index, x in ((0, 238), (1, 530)):
        sheet.hang_minor(index, x, 150, 240, 40)
    _stage(pen)
    for side in (-1, 1):
        _curtain(pen, side)
    _valance(pen)
    board(sheet, CENTER, 86, 470, 140)
    _audience(pen)


def _backdrop(pen: Pen) -> None:
    """A painted sun, in lines only: a coloured one would swallow the hero's colour; and hills."""
    for k in range(5):
        pen.stroke(arc(CENTER, 476, 178 - 9 * k), 1.6 - 0.2 * k, closed=True)
    for y, rise in ((612, 0), (650, 1), (700, 2)):
        hill = bezier((50, y + 20), (230, y - 70 + 40 * rise), (460, y + 44 - 30 * rise), (718, y - 10))
        pen.fill([*hill, (718, 800), (50, 800)])
        pen.stroke(hill, 1.6, taper=1)
        pen.hatch(hill + moved(hill, 0, 24)[::-1], 1.1, 5.5, 0.9)


def _stage(pen: Pen) -> None:
    pen.shape([(90, 772), (678, 772), (WIDTH, 880), (0, 880)], 2.6)
    for k in range(1, 14):
        pen.stroke([(90 + 42 * k, 772), (WIDTH * k / 14, 880)], 1.2, taper=1, wobble=0.4)
    pen.hatch(arc(CENTER + 16, 806, 150, 20), 0, 4, 1.1)
    pen.shape(Box(0, 880, WIDTH, 916).corners(), 2.4)
    for x in range(36, WIDTH, 70):
        shell = arc(x, 898, 20, 12, PI, TAU)
        pen.shape([*shell, (x + 20, 904), (x - 20, 904)], 1.8)
        pen.hatch(shell, 0, 3.4, 0.9)


def _curtain(pen: Pen, side: int) -> None:
    def at(x: float) -> float:
        return x if side < 0 else WIDTH - x

    edge = spline([(at(196), 130), (at(176), 330), (at(128), 540), (at(66), 640)])
    low = spline([(at(66), 640), (at(92), 720), (at(112), 880)])
    outer, hem = at(-10), edge + low
    pen.fill([*hem, (outer, 880), (outer, 130)])
    for k in range(1, 9):
        fold = [(outer + (x - outer) * k / 9, y) for x, y in hem]
        pen.stroke(fold, 1.9 if k % 2 else 1.1, taper=0.8, wobble=1)
        if k % 2 == 0:
            next_fold = [(outer + (x - outer) * (k / 9 + 0.1), y) for x, y in reversed(hem)]
            pen.hatch(fold + next_fold, 0, 5.6, 0.95)
    pen.stroke(edge, 3.2, taper=1)
    pen.stroke(low, 3.2, taper=1)
    pen.tint(Box(min(at(-4), at(74)), 628, max(at(-4), at(74)), 654).corners(), 2, 2, 1)


def _valance(pen: Pen) -> None:
    for k in range(6):
        left, right = 128 * k, 128 * (k + 1)
        swag = bezier((left, 128), (left + 20, 232), (right - 20, 232), (right, 128))
        pen.fill([(left, 90), *swag, (right, 90)])
        for share in (0.2, 0.4, 0.6, 0.8):
            y = 124 + 104 * share
            pen.stroke(bezier((left, 124), (left + 20, y), (right - 20, y), (right, 124)), 1.1, taper=0.2)
        pen.stroke(swag, 3, taper=0.9)
        pen.hatch(swag, 0.9, 6.2, 0.9)
    pen.shape(Box(-6, 100, WIDTH + 6, 132).corners(), 2.6)
    for k in range(33):
        pen.shape(arc(12 + 24 * k, 116, 6), 1.4, Tone.ACCENT if k % 4 == 2 else Tone.PAPER)


def _audience(pen: Pen) -> None:
    for k, (x, y, size) in enumerate(
        (
            (60, 1000, 40),
            (158, 1014, 44),
            (262, 1004, 42),
            (372, 1018, 46),
            (486, 1004, 42),
            (596, 1012, 44),
            (704, 1002, 40),
        )
    ):
        pen.dot(x, y - 26, 0.6 * size)
        if k in (1, 5):  # hats
            pen.fill(arc(x, y - 40, 0.62 * size, start=PI, end=TAU), Tone.INK)
            pen.fill(arc(x, y - 40, size, 6), Tone.INK)
        shoulders = arc(x, y + 24, 1.15 * size, 0.9 * size, PI, TAU)
        pen.fill([*shoulders, (x + 1.15 * size, HEIGHT + 6), (x - 1.15 * size, HEIGHT + 6)], Tone.INK)


# ---- teacup


def teacup(sheet: Sheet) -> None:
    """A giant cup whose tea is a small sea; the label on its side."""
    pen, x = sheet.pen, CENTER - 20
    hero, frame = sheet.place(Box(x - 168, 96, x + 168, 584))
    sun(pen, 660, 180, 78, hero)
    cloud(pen, 110, 176, 80)
    chequered_floor(pen, 812, CENTER)
    pen.shape(arc(x, 926, 318, 58), 3)
    pen.fill(arc(x + 2, 925, 300, 51), Tone.ACCENT)
    pen.shape(arc(x, 922, 280, 44), 1.6)
    pen.hatch(arc(x + 40, 924, 236, 36), 0.1, 4.4, 1)
    _handle(pen, x)
    rim = arc(x, 556, 250, 62)
    pen.shape(rim, 3)
    tea = arc(x, 562, 226, 50)
    pen.hatch(tea, 0, 5, 1)
    pen.stroke(tea, 1.8, closed=True)
    pen.fill(arc(x, 564, min(196, 0.5 * hero.width + 26), 34))
    sheet.draw_hero(frame)
    _ripples(pen, x, 0.5 * hero.width)
    _cup(pen, x)
    sheet.letter(
        Box(x - 176, 664, x + 160, 796),
        bend=lambda at: 26 * (1 - ((at - x) / 240) ** 2) - 20,
        largest=50,
    )
    for index, (at_x, at_y) in enumerate(((92, 420), (682, 400))):
        _steam(pen, at_x, at_y + 62)
        sheet.draw_minor(index, at_x, at_y, 54)
    walker(pen, x - 244, 936, 62)


def _handle(pen: Pen, x: float) -> None:
    outer = [(x + 226, 640), (x + 330, 610), (x + 352, 700), (x + 290, 778), (x + 176, 800)]
    inner = [(x + 196, 764), (x + 268, 742), (x + 304, 694), (x + 296, 652), (x + 222, 676)]
    handle = spline(outer) + spline(inner)
    pen.shape(handle, 3)
    pen.shade(handle, 0, 5, 0.3, 1)


def _ripples(pen: Pen, x: float, reach: float) -> None:
    """The tea that covers the foot of what stands in it."""
    pen.fill(arc(x, 562, 226, 50, 0.3, PI - 0.3))
    for k in range(3):
        pen.stroke(arc(x, 570 + 3 * k, min(200, reach + 22 * k), 7 + 8 * k, 0.15, PI - 0.15), 1.9 - 0.4 * k, taper=0.15)


def _cup(pen: Pen, x: float) -> None:
    """The bowl in front of whatever stands in the tea."""
    left = spline([(x - 250, 556), (x - 240, 660), (x - 196, 780), (x - 120, 860)])
    right = [(2 * x - u, v) for u, v in reversed(left)]
    front = arc(x, 556, 250, 62, 0, PI)
    tea = arc(x, 562, 226, 50, 0, PI)
    bowl = [*left, *arc(x, 860, 120, 20, PI, 0), *right, *front]
    pen.fill(front + tea[::-1])
    pen.fill(bowl)
    pen.shade(bowl, 0, 5.4, 0.12, 1.1, limit=54)
    pen.stroke(left, 3.2, taper=1)
    pen.stroke(right, 3.2, taper=1)
    pen.stroke(front, 3, taper=1)
    pen.stroke(moved(front[2:-2], 0, 14), 1.2, taper=0.2)
    pen.stroke(tea, 1.6, taper=0.5)
    foot = [*arc(x, 860, 120, 20, PI, 0), *arc(x, 896, 132, 22, 0, PI)]
    pen.shape(foot, 2.8)
    pen.shade(foot, 0, 4.4, 0.3)


def _steam(pen: Pen, x: float, y: float) -> None:
    for k in (-1, 0, 1):
        left = x + 26 * k

        def curl(u: float, v: float, left: float = left) -> Point:
            return left + u, y + v

        pen.stroke(bezier(curl(0, 96), curl(-26, 62), curl(26, 34), curl(0, 4)), 1.5, taper=0.05)


# ---- glass bell


def jar(sheet: Sheet) -> None:
    """A glass bell on a wooden base on a table, the label on the base."""
    pen = sheet.pen
    dome = spline([(206, 716), (206, 560), (206, 360), (256, 214), (CENTER, 158)])
    glass = dome + [(2 * CENTER - x, y) for x, y in reversed(dome)]
    _, frame = sheet.place(Box(CENTER - 156, 232, CENTER + 156, 706))
    for index, x in ((0, 96), (1, 676)):
        sheet.hang_minor(index, x, -6, 240 + 120 * index, 58)
    _table(pen)
    pen.fill(glass)
    pen.stroke(arc(CENTER, 712, 178, 30, PI, TAU), 1.6, taper=1)
    pen.hatch(arc(CENTER + 30, 714, 110, 14), 0, 4.2)
    sheet.draw_hero(frame)
    _glass(pen, glass)
    _base(pen)
    board(sheet, CENTER, 800, 330, 112, shadow=False)
    walker(pen, 116, 866, 62)


def _glass(pen: Pen, outline: Line) -> None:
    pen.stroke(outline, 3, taper=1)
    for k in range(3):
        pen.stroke(
            spline([(226 + 12 * k, 600 - 50 * k), (224 + 12 * k, 400), (262 + 8 * k, 268 - 4 * k)]),
            1.5 - 0.3 * k,
            taper=0.05,
        )
    for k in range(6):
        pen.tick((516 - 7 * k, 330 + 16 * k), (542 - 3 * k, 300 + 26 * k), 1.1)
    pen.shape(arc(CENTER, 146, 20, 18), 2.8)
    pen.tint(arc(CENTER, 124, 14), 2)


def _base(pen: Pen) -> None:
    upper = [*arc(CENTER, 716, 196, 34, PI, 0), *arc(CENTER, 738, 196, 34, 0, PI)]
    pen.shape(upper, 2.8)
    drum = [*arc(CENTER, 738, 184, 32, PI, 0), *arc(CENTER, 852, 214, 36, 0, PI)]
    pen.shape(drum, 3)
    pen.shade(drum, 0, 4.8, 0.14, 1.1)
    pen.shade(drum, 0, 4.8, 0.06, 1.1, near=True)


def _table(pen: Pen) -> None:
    top = arc(CENTER, 874, 352, 62)
    edge = [*arc(CENTER, 874, 352, 62, PI, 0), *arc(CENTER, 898, 352, 62, 0, PI)]
    leg = [(CENTER - 70, 930), (CENTER - 40, 1040), (CENTER + 40, 1040), (CENTER + 70, 930)]
    pen.shape(leg, 2.8)
    pen.hatch(leg, PI / 2, 5, 1.1)
    pen.shape(edge, 2.8)
    pen.hatch(edge, PI / 2, 7, 0.9)
    pen.shape(top, 3)
    for k in range(1, 6):
        pen.stroke(arc(CENTER, 874, 352 - 26 * k, 62 - 6 * k, 0.2 + 0.1 * k, 1.3 + 0.2 * k), 1.1, taper=0.1)
    pen.hatch(arc(CENTER + 70, 884, 240, 34), 0.06, 5.2)
