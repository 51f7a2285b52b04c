"""Scenes on stages and tables: theatre, teacup, glass bell.

Every scene is laid out on a page of 768 x 1024 pixels from the back to the front.
"""

from frontispiece.lineart.composition import Sky
from frontispiece.lineart.geometry import PI, TAU, Box, Frame, Line, arc, bezier, moved, spline
from frontispiece.lineart.pen import Pen, Tone
from frontispiece.lineart.scenery import (
    CENTER,
    HEIGHT,
    WIDTH,
    Sheet,
    board,
    chequered_floor,
    walker,
)
from frontispiece.lineart.skies import draw_sky

# ---- theatre


def theatre(sheet: Sheet) -> None:
    """A marionette stage between curtains, the label on the marquee."""
    pen = sheet.pen
    hero, frame = sheet.place(Box(CENTER - 160, 340, CENTER + 160, 716))
    _backdrop(sheet)
    _control(sheet, hero.center[0], hero.top - 46, 0.5 * min(hero.width, 240))
    sheet.hang_hero(frame, hero.top - 46)
    drop = pen.random.uniform(-14, 60)
    for index, x in ((0, 222), (1, 546)):
        sheet.hang_minor(index, x, 150, 262 + (drop if index else 46 - drop), 52)
    _stage(sheet)
    for side in (-1, 1):
        _curtain(sheet, side)
    _valance(sheet)
    board(sheet, CENTER, 86, 480, 144)
    _audience(pen)


def _control(sheet: Sheet, x: float, y: float, half: float) -> None:
    """The cross of wood that a puppet hangs from, and its strings to the flies."""
    pen, start = sheet.pen, len(sheet.pen.display)
    for side in (-1, 1):
        pen.stroke([(CENTER + side * 1.25 * half, 150), (x + side * half, y + 3 * side)], 1.6, taper=1, wobble=0.4)
    pen.stroke([(x - half - 12, y - 4), (x + half + 12, y + 4)], 9, taper=0.8, wobble=0.4)
    pen.stroke([(x - half - 8, y - 4), (x + half + 8, y + 4)], 4, Tone.PAPER, taper=0.8, wobble=0)
    pen.stroke([(x + 8, y - 22), (x - 6, y + 20)], 8, taper=0.8, wobble=0)
    sheet.halo(start)


def _backdrop(sheet: Sheet) -> None:
    """A painted sky and hills; a plain one has a sun in lines only: a coloured one would swallow the hero's colour."""
    pen, sky = sheet.pen, sheet.look.sky
    draw_sky(pen, sky, 640, (CENTER, 520))
    if sky in (Sky.EMPTY, Sky.STIPPLE):
        for k in range(5):
            pen.stroke(arc(CENTER, 476, 178 - 9 * k), 1.6 - 0.2 * k, closed=True)
    for y, rise in ((612, 0), (650, 1), (700, 2)):
        hill = bezier((50, y + 20), (230, y - 70 + 40 * rise), (460, y + 44 - 30 * rise), (718, y - 10))
        pen.fill([*hill, (718, 800), (50, 800)])
        pen.stroke(hill, 1.6, taper=1)
        pen.hatch(hill + moved(hill, 0, 24)[::-1], 1.1, 5.5, 0.9)


def _stage(sheet: Sheet) -> None:
    pen = sheet.pen
    pen.shape([(90, 772), (678, 772), (WIDTH, 880), (0, 880)], 2.6)
    for k in range(1, 14):
        pen.stroke([(90 + 42 * k, 772), (WIDTH * k / 14, 880)], 1.2, taper=1, wobble=0.4)
    sheet.shadow(arc(CENTER + 16, 812, 150, 20), 0, 4)
    pen.shape(Box(0, 880, WIDTH, 916).corners(), 2.4)
    for x in range(36, WIDTH, 70):
        shell = arc(x, 898, 20, 12, PI, TAU)
        pen.shape([*shell, (x + 20, 904), (x - 20, 904)], 1.8)
        pen.hatch(shell, 0, 3.4, 0.9)


def _curtain(sheet: Sheet, side: int) -> None:
    pen = sheet.pen

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
            sheet.shadow(fold + next_fold, 0, 5.6)
    pen.stroke(edge, 3.2, taper=1)
    pen.stroke(low, 3.2, taper=1)
    pen.tint(Box(min(at(-4), at(74)), 628, max(at(-4), at(74)), 654).corners(), 2, 2, 1)


def _valance(sheet: Sheet) -> None:
    pen = sheet.pen
    pen.fill(Box(-4, -4, WIDTH + 4, 124).corners(), Tone.INK if sheet.look.bold else Tone.PAPER)
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
    hero, frame = sheet.place(Box(x - 178, 76, x + 178, 584))
    horizon = sheet.horizon(812)
    sheet.sky(horizon, hero)
    chequered_floor(pen, horizon, CENTER, sheet.look.bold)
    sheet.float_minors((92, 360), (682, 340))
    with sheet.figure(Box(x - 322, 86, x + 354, 984)):
        pen.shape(arc(x, 926, 318, 58), 3.4)
        pen.fill(arc(x + 2, 925, 300, 51), Tone.ACCENT)
        pen.shape(arc(x, 922, 280, 44), 1.6)
        sheet.shadow(arc(x + 30, 926, 226, 32), 0.1, 4.4)
        _handle(pen, x)
        pen.shape(arc(x, 556, 250, 62), 3.4)
        tea = arc(x, 562, 226, 50)
        pen.fill(tea, Tone.INK if sheet.look.bold else Tone.PAPER)
        pen.hatch(tea, 0, 5, 1)
        pen.stroke(tea, 1.8, closed=True)
        pen.fill(arc(x, 564, min(196, 0.5 * hero.width + 26), 34))
        start = len(pen.display)
        for side in (-1, 1):
            _steam(pen, x + side * max(150, min(206, 0.5 * hero.width + 30)), 420)
        sheet.halo(start)
        sheet.draw_hero(frame)
        _ripples(sheet, x, 0.5 * hero.width)
        _cup(pen, x)
        sheet.letter(
            Box(x - 178, 640, x + 154, 786),
            bend=lambda at: 26 * (1 - ((at - x) / 240) ** 2) - 20,
            largest=54,
        )
        if sheet.look.walker:
            walker(pen, x - 244, 936, 62)


def _handle(pen: Pen, x: float) -> None:
    outer = [(x + 226, 640), (x + 330, 610), (x + 352, 700), (x + 290, 778), (x + 176, 800)]
    inner = [(x + 196, 764), (x + 268, 742), (x + 304, 694), (x + 296, 652), (x + 222, 676)]
    handle = spline(outer) + spline(inner)
    pen.shape(handle, 3)
    pen.shade(handle, 0, 5, 0.3, 1)


def _ripples(sheet: Sheet, x: float, reach: float) -> None:
    """The tea that covers the foot of what stands in it."""
    pen, ripple = sheet.pen, Tone.PAPER if sheet.look.bold else Tone.INK
    pen.fill(arc(x, 562, 226, 50, 0.3, PI - 0.3), Tone.INK if sheet.look.bold else Tone.PAPER)
    for k in range(3):
        pen.stroke(
            arc(x, 570 + 3 * k, min(200, reach + 22 * k), 7 + 8 * k, 0.15, PI - 0.15), 2.4 - 0.4 * k, ripple, taper=0.15
        )


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
        at = Frame(x + 20 * k, y + 14 * abs(k), 1.0)
        pen.stroke(at.bezier((0, 128), (-30, 84), (30, 46), (0, 0)), 2.6, taper=0.1)


# ---- glass bell


def jar(sheet: Sheet) -> None:
    """A glass bell on a wooden base on a table, the label on the base."""
    pen = sheet.pen
    dome = spline([(206, 716), (206, 560), (206, 360), (256, 214), (CENTER, 158)])
    glass = dome + [(2 * CENTER - x, y) for x, y in reversed(dome)]
    _, frame = sheet.place(Box(CENTER - 166, 226, CENTER + 166, 708))
    sheet.sky(HEIGHT + 10, Box(190, 120, 578, 870), (CENTER, 480))
    side = pen.random.choice((0, 1))
    for index, x in ((0, 92), (1, 676)):
        sheet.hang_minor(index, x, -6, 170 + 190 * (index ^ side) + pen.random.uniform(-60, 60), 76)
    with sheet.figure(Box(CENTER - 356, 100, CENTER + 356, 980)):
        _table(sheet)
        pen.fill(glass)
        pen.stroke(arc(CENTER, 712, 178, 30, PI, TAU), 1.6, taper=1)
        sheet.shadow(arc(CENTER + 30, 714, 110, 14), 0, 4.2)
        sheet.draw_hero(frame)
        _glass(pen, glass)
        _base(pen)
        board(sheet, CENTER, 800, 362, 124, shadow=False)
        if sheet.look.walker:
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


def _table(sheet: Sheet) -> None:
    pen = sheet.pen
    top = arc(CENTER, 874, 352, 62)
    edge = [*arc(CENTER, 874, 352, 62, PI, 0), *arc(CENTER, 898, 352, 62, 0, PI)]
    leg = [(CENTER - 70, 930), (CENTER - 40, 1400), (CENTER + 40, 1400), (CENTER + 70, 930)]
    pen.shape(leg, 2.8)
    sheet.shadow(leg, PI / 2, 5)
    pen.shape(edge, 2.8)
    pen.hatch(edge, PI / 2, 7, 0.9)
    pen.shape(top, 3)
    for k in range(1, 6):
        pen.stroke(arc(CENTER, 874, 352 - 26 * k, 62 - 6 * k, 0.2 + 0.1 * k, 1.3 + 0.2 * k), 1.1, taper=0.1)
    sheet.shadow(arc(CENTER + 90, 890, 226, 30), 0.06, 5.2)
