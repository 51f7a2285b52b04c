"""The search index, as scripts: a page opened from a disk may not fetch data, but it may load scripts.

`days.js` says how many papers each day has, so that a number names a paper: its place among all of them, the oldest day
first. The index comes in parts of some months, and each part in drawers by the first letter of words, with the numbers
of the papers that have them; a search opens the drawers of its words, and then what is told of the papers to be shown,
page of a day by page. The text of all is ASCII, so nothing in it can end a script.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from frontispiece.dates import month_of
from frontispiece.gallery.cards import Card, Day, Plate
from frontispiece.gallery.layout import day_data, paper_page, thumb, widths, words_data
from frontispiece.gallery.words import drawer, words_of

PART: Final = 2_000
"""Papers after which a new part begins, with the next month."""
FACETS: Final = "facets"
DRAWERS: Final = (FACETS, *"abcdefghijklmnopqrstuvwxyz0_")
_HEAVIEST: Final = 7

Postings = dict[str, list[int]]
"""By word, the numbers of papers in their part times eight, plus how much the word weighs in each."""


def parts(papers: Mapping[date, int]) -> dict[str, list[str]]:
    """The months of each part, by the first one, from how many papers each day has."""
    months: dict[str, int] = {}
    for day, count in sorted(papers.items()):
        months[month_of(day)] = months.get(month_of(day), 0) + count
    found: dict[str, list[str]] = {}
    part, held = "", PART
    for month, count in months.items():
        if held >= PART:
            part, held = month, 0
            found[part] = []
        found[part].append(month)
        held += count
    return found


def words_scripts(part: str, days: Iterable[Day]) -> dict[str, str]:
    """A part's drawers, by place."""
    words: Postings = defaultdict(list)
    facets: Postings = defaultdict(list)
    number = -8
    for day in sorted(days, key=lambda day: day.day):
        for card in day.cards:
            number += 8
            if card.home != card.day:
                continue  # it is found once
            for word, weight in _weights(card).items():
                words[word].append(number + min(weight, _HEAVIEST))
            for facet in _facets(card):
                facets[facet].append(number)
    drawers: dict[str, Postings] = {name: {} for name in DRAWERS}
    drawers[FACETS] = facets
    for word in words:
        drawers[drawer(word)][word] = words[word]
    return {words_data(part, name): _script(f"{part}-{name}", _close(each)) for name, each in drawers.items()}


def _weights(card: Card) -> dict[str, int]:
    weights = dict.fromkeys(words_of(card.abstract), 1)
    prompts = " ".join(plate.prompt for plate in card.plates)
    for weight, text in ((2, prompts), (4, " ".join(card.authors)), (5, card.title)):
        for word in words_of(text):
            weights[word] = weights.get(word, 0) + weight
    return weights


def _facets(card: Card) -> set[str]:
    recipes = {f"recipe {plate.recipe} {plate.painter or 'unknown painter'}" for plate in card.plates}
    return {f"source {card.source}"} | {f"category {category}" for category in card.categories} | recipes


def _close(postings: Postings) -> Postings:
    """Each number as the step from the one before, in eights: less to load."""
    return {
        word: [number - (before & ~7) for before, number in zip([0, *numbers], numbers, strict=False)]
        for word, numbers in postings.items()
    }


def day_scripts(day: Day, per_page: int) -> dict[str, str]:
    """What a search shows of a day's papers, by place."""
    return {
        (place := day_data(day.day, 1 + first // per_page)): _script(
            place[len("data/") : -len(".js")], [_paper(card) for card in day.cards[first : first + per_page]]
        )
        for first in range(0, max(1, len(day.cards)), per_page)
    }


def days_script(pictures: Mapping[date, int], digests: Mapping[date, str], marks: Mapping[str, str]) -> str:
    """How many papers each day shows, by month and day, with what changes when they do; and the parts' digests."""
    months: dict[str, dict[str, list[object]]] = {}
    for day, count in sorted(pictures.items()):
        months.setdefault(month_of(day), {})[day.isoformat()[8:]] = [count, digests[day][:6]]
    return _script("days", {"months": months, "parts": {part: mark[:6] for part, mark in sorted(marks.items())}})


def _paper(card: Card) -> dict[str, object]:
    return {
        "key": card.key,
        "title": card.title,
        "url": card.url,
        "byline": card.byline,
        "abstract": card.abstract,
        "categories": card.categories,
        "day": card.day.isoformat(),
        "upvotes": card.upvotes,
        "page": paper_page(card),
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
        "caption": plate.caption,
        "prompt": plate.prompt,
        "facts": plate.facts,
    }


def _script(name: str, value: object) -> str:
    return f"frontispiece.arrived({json.dumps(name)}, {json.dumps(value, separators=(',', ':'))});\n"
