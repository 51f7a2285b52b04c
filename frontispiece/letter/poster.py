"""Draws a poster: the pictures of some days on one sheet, lettered by the hand that letters the ink drawings.

The pictures come from the processes that decode them as bare pixels (PPM), so nothing from outside is decoded here.
"""

import asyncio
import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import groupby
from typing import Final

from PIL import Image, ImageDraw

from frontispiece.archive.paths import poster_path
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.errors import ArchiveError
from frontispiece.gallery.cards import Card
from frontispiece.gallery.pages import long_day
from frontispiece.letter.edition import Edition, lost, smaller
from frontispiece.lineart.geometry import Line, spline
from frontispiece.lineart.label import drawable
from frontispiece.lineart.lettering import BASE, CAP, LEADING, glyph, set_text
from frontispiece.text import counted

WIDTH, HEIGHT, DPI = 2480, 3508, 300
"""Of a sheet of A4, pixels, and pixels an inch."""
MOST: Final = 20
"""Pictures on a poster."""
_PAPER, _MAT, _INK, _SOFT, _HAIR = (253, 252, 249), (255, 254, 251), (27, 25, 22), (101, 94, 84), (221, 214, 200)
_ACCENT: Final = (154, 44, 27)
_MARGIN, _GAP, _HEAD, _FOOT, _CAPTION, _PAD = 170, 70, 470, 190, 150, 0.035
_FINE: Final = 3
_MOST_LETTERS: Final = 110


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster as files, and what could not be shown on it, a sentence each."""

    paths: tuple[str, ...]
    problems: tuple[str, ...]


async def make_poster(archive: Archive, edition: Edition) -> Poster:
    """Write a poster of these days into the archive, as PNG and PDF.

    Raises ArchiveError, also when none of the pictures can be shown.
    """
    title = _title(edition.days)
    cards = chosen(edition.cards)
    grid = _grid(cards)
    made = await asyncio.gather(*(smaller(archive, card, _width(card, grid), "PPM", {}) for card in cards))
    shown = [(card, ppm) for card, ppm in zip(cards, made, strict=True) if ppm is not None]
    problems = tuple(lost(len(cards) - len(shown), edition.days))
    if not shown:
        raise ArchiveError(f"There is no poster: {problems[0]}")
    sheet = _sheet([card for card, _ in shown], [ppm for _, ppm in shown], len(edition.cards), edition.days, title)
    png, pdf = io.BytesIO(), io.BytesIO()
    sheet.save(png, "PNG", dpi=(DPI, DPI))
    made_on = datetime.combine(edition.days.last, time.min, UTC).timetuple()  # the same days give the same file
    about = {"title": f"Frontispiece: {title}", "creationDate": made_on, "modDate": made_on}
    sheet.save(pdf, "PDF", resolution=DPI, quality=92, subsampling=0, **about)
    name = str(edition.days.first if len(edition.days) == 1 else edition.days)
    paths = poster_path(name, "png"), poster_path(name, "pdf")
    for path, file in zip(paths, (png, pdf), strict=True):
        await archive.put(path, file.getvalue())
    return Poster(paths, problems)


def chosen(cards: Sequence[Card]) -> list[Card]:
    """Those with most votes first, MOST at most; where votes do not tell, each day has as many as the others."""
    day_by_day = (enumerate(of_day) for _, of_day in groupby(cards, key=lambda card: card.day))
    places = {card.key: place for of_day in day_by_day for place, card in of_day}
    first = sorted(cards, key=lambda card: (-(card.upvotes or 0), places[card.key]))[:MOST]
    return sorted(first, key=lambda card: (-(card.upvotes or 0), card.day))


@dataclass(frozen=True, slots=True)
class _Grid:
    columns: int
    rows: int
    width: float
    """Of a cell, pixels; below it is its caption."""
    height: float


def _grid(cards: Sequence[Card]) -> _Grid:
    """The one in which pictures of their shape are largest."""
    shape = sorted(card.plates[0].height / card.plates[0].width for card in cards)[len(cards) // 2]

    def grid(columns: int) -> _Grid:
        rows = math.ceil(len(cards) / columns)
        width = (WIDTH - 2 * _MARGIN - (columns - 1) * _GAP) / columns
        height = (HEIGHT - _HEAD - _FOOT - rows * _CAPTION - (rows - 1) * _GAP / 2) / rows
        width = min(width, height / shape)
        return _Grid(columns, rows, width, width * shape)

    return max(map(grid, range(1, min(6, len(cards)) + 1)), key=lambda grid: grid.width)


def _width(card: Card, grid: _Grid) -> int:
    """Of a picture in its mat, pixels."""
    plate, inside = card.plates[0], 1 - 2 * _PAD
    return max(1, int(min(grid.width * inside, grid.height * inside * plate.width / plate.height)))


def _sheet(cards: Sequence[Card], pictures: Sequence[bytes], papers: int, days: Days, title: str) -> Image.Image:
    grid = _grid(cards)
    sheet = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _letter(sheet, "Frontispiece", (_MARGIN, 150, WIDTH - _MARGIN, 230), 44, _ACCENT)
    _letter(sheet, title, (_MARGIN, 245, WIDTH - _MARGIN, 400), 96, _INK)
    block = grid.rows * (grid.height + _CAPTION) + (grid.rows - 1) * _GAP / 2
    top = _HEAD + max(0.0, (HEIGHT - _HEAD - _FOOT - block) / 2)
    captions = [set_text(_caption(card), grid.width, _CAPTION - 30, 23).cap_height for card in cards]
    letters = sorted(captions)[len(captions) // 4]  # most are as large as each other
    for number, (card, ppm) in enumerate(zip(cards, pictures, strict=True)):
        row, column = divmod(number, grid.columns)
        in_row = min(grid.columns, len(cards) - row * grid.columns)
        x = (WIDTH - in_row * grid.width - (in_row - 1) * _GAP) / 2 + column * (grid.width + _GAP)
        y = top + row * (grid.height + _CAPTION + _GAP / 2)
        _hang(sheet, draw, Image.open(io.BytesIO(ppm), formats=("PPM",)), (x, y), grid)
        below = y + grid.height + 22
        _letter(sheet, _caption(card), (x, below, x + grid.width, below + _CAPTION - 30), letters, _INK)
    shown = f", {len(cards)} of them shown" if papers > len(cards) else ""
    _letter(sheet, counted(papers, "paper") + shown, (_MARGIN, HEIGHT - 150, WIDTH - _MARGIN, HEIGHT - 90), 24, _SOFT)
    return sheet


def _title(days: Days) -> str:
    first, last = days.first, days.last
    if first == last:
        return long_day(first)
    begins = f"{first.day}" if (first.year, first.month) == (last.year, last.month) else f"{first.day} {first:%B}"
    return f"{begins}{'' if first.year == last.year else f' {first.year}'} - {last.day} {last:%B} {last.year}"


def _caption(card: Card) -> str:
    """The title as far as it can be lettered, cut at a word."""
    title = textwrap.shorten(drawable(card.title), _MOST_LETTERS, placeholder="...")
    return title if any(map(str.isalnum, title)) else f"arXiv {card.id}"


def _hang(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, picture: Image.Image, place: tuple[float, float], grid: _Grid
) -> None:
    """A picture in the middle of its mat."""
    x, y = place
    draw.rectangle((x, y, x + grid.width, y + grid.height), fill=_MAT, outline=_HAIR, width=2)
    # It is as wide already, unless it was smaller than that, some were lost, or its shape is not what its row says.
    inside = ((1 - 2 * _PAD) * grid.width, (1 - 2 * _PAD) * grid.height)
    ratio = min(inside[0] / picture.width, inside[1] / picture.height)
    size = max(1, round(ratio * picture.width)), max(1, round(ratio * picture.height))
    if abs(size[0] - picture.width) > 1:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    left, top = round(x + (grid.width - picture.width) / 2), round(y + (grid.height - picture.height) / 2)
    sheet.paste(picture, (left, top))


def _letter(
    sheet: Image.Image,
    text: str,
    box: tuple[float, float, float, float],
    largest: float,
    colour: tuple[int, int, int],
    weight: float = 2.6,
) -> None:
    """Letter a text into the middle of a box, its capitals at most so high; what cannot be lettered is an error."""
    left, top, right, bottom = box
    setting = set_text(text, right - left, bottom - top, largest)
    scale = setting.scale
    mask = Image.new("L", (round(right - left) * _FINE, round(bottom - top + 2 * largest) * _FINE))
    draw = ImageDraw.Draw(mask)
    thick = max(1, round(weight * scale * _FINE))
    for number, row in enumerate(setting.rows):
        x = ((right - left) - scale * sum(glyph(sign).width for sign in row)) / 2
        base = scale * (CAP - BASE + number * LEADING) + largest
        for sign in row:
            shape = glyph(sign)
            for stroke in shape.strokes:
                smooth: Line = spline(stroke, step=3.0) if len(stroke) > 3 else stroke
                points = [((x + (u - shape.left) * scale) * _FINE, (base + v * scale) * _FINE) for u, v in smooth]
                draw.line(points, fill=255, width=thick, joint="curve")
                for px, py in (points[0], points[-1]):
                    draw.ellipse((px - thick / 2, py - thick / 2, px + thick / 2, py + thick / 2), fill=255)
            x += shape.width * scale
    mask = mask.reduce(_FINE)
    sheet.paste(Image.new("RGB", mask.size, colour), (round(left), round(top - largest)), mask)
