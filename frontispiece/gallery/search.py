"""The search index, as scripts: a page opened from a disk may not fetch data, but it may load scripts.

One shard a month, loaded on demand, and one list of all days. Their text is ASCII, so nothing in it can end a script.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date

from frontispiece.dates import month_of
from frontispiece.gallery.cards import Card, Day, Plate
from frontispiece.gallery.layout import day_page, thumb, widths

_AUTHORS = 40


def shard_script(month: str, days: Iterable[Day], per_page: int) -> str:
    """What can be found in a month, the newest day first."""
    papers = [
        _paper(card, day_page(day.day, 1 + place // per_page))
        for day in sorted(days, key=lambda day: day.day, reverse=True)
        for place, card in enumerate(day.cards)
    ]
    return f"frontispiece.arrived({_literal(month)}, {_literal(papers)});\n"


def days_script(pictures: Mapping[date, int], shards: Mapping[str, str]) -> str:
    """How many papers each day shows, by month and day, and each shard's digest."""
    months: dict[str, dict[str, int]] = {}
    for day, count in sorted(pictures.items()):
        months.setdefault(month_of(day), {})[day.isoformat()[8:]] = count
    return f'frontispiece.arrived("days", {_literal({"months": months, "shards": shards})});\n'


def _paper(card: Card, page: str) -> dict[str, object]:
    return {
        "key": card.key,
        "title": card.title,
        "url": card.url,
        "byline": card.byline,
        "authors": card.authors[:_AUTHORS],
        "categories": card.categories,
        "day": card.day.isoformat(),
        "source": card.source,
        "upvotes": card.upvotes,
        "page": f"{page}#{card.key}",
        "plates": [_plate(plate) for plate in card.plates],
    }


def _plate(plate: Plate) -> dict[str, object]:
    return {
        "path": plate.path,
        "thumb": thumb(plate),
        "widths": widths(plate),
        "width": plate.width,
        "height": plate.height,
        "recipe": plate.recipe,
        "painter": plate.painter or "unknown painter",
        "caption": plate.caption,
        "prompt": plate.prompt,
        "facts": plate.facts,
    }


def _literal(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
