"""The pages, rendered: everything of strangers' is escaped by the templates, and nothing on a page is inline code."""

import calendar
import hashlib
import math
import urllib.parse
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from frontispiece.dates import first_day, month_of
from frontispiece.gallery import layout
from frontispiece.gallery.cards import Card, Day, Plate, first_sentences
from frontispiece.gallery.citing import bibtex, json_ld, ris
from frontispiece.gallery.comparison import Comparison
from frontispiece.gallery.related import Related
from frontispiece.gallery.search import day_scripts, days_script, words_scripts
from frontispiece.gallery.words import STOP
from frontispiece.text import counted

PER_PAGE: Final = 36
"""Papers on one page of a day."""
RECENT: Final = 7
"""Days on the front page."""
_FEED_ENTRIES: Final = 60
_BEST: Final = 8

_HERE: Final = Path(__file__).parent
_STATIC: Final = {path.name: path.read_bytes() for path in sorted((_HERE / "static").iterdir())}

VERSION: Final = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(_HERE.rglob("*.*")) if path.suffix in (".py", ".html", ".xml"))
    + b"".join(_STATIC.values())
).hexdigest()[:8]
"""Of how pages are made: another one means that all are to be written again."""

Files = dict[str, bytes]
"""Contents by place in the gallery."""


# What search.js clones and fills for each paper it finds.
_PLATE: Final = Plate(
    path="pictures/00000000/0.jpg",
    digest="0" * 64,
    width=3,
    height=4,
    recipe="",
    prompt="",
    run="",
    finished_at=datetime(1970, 1, 1, tzinfo=UTC),
)
_SPECIMEN: Final = Card(
    key="0" * 16,
    id="",
    title="",
    authors=(),
    categories=("",),
    day=date(1970, 1, 1),
    home=date(1970, 1, 1),
    source="",
    rank=0,
    upvotes=0,
    plates=(_PLATE, _PLATE),
)


def long_day(day: date) -> str:
    """Such as Thursday, 31 October 2024."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def _long_month(month: str) -> str:
    return f"{calendar.month_name[int(month[5:])]} {month[:4]}"


def environment(folder: Path) -> Environment:
    """Templates that escape what is filled in, and fail where anything is missing."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # or it would look for each page whether a template has changed
    )
    made.globals.update(layout=layout, version=VERSION, long_day=long_day, long_month=_long_month)
    made.globals.update(counted=counted, first_sentences=first_sentences, per_page=PER_PAGE)
    return made


_ENVIRONMENT: Final = environment(_HERE / "templates")


def _rendered(template: str, place: str, root: str | None = None, **context: object) -> bytes:
    """A page; `root` leads to the gallery's folder, from the page's place unless told otherwise."""
    root = "../" * place.count("/") if root is None else root
    return _ENVIRONMENT.get_template(template).render(root=root, place=place, **context).encode()


def pages_of(day: Day) -> int:
    """How many pages a day has."""
    return max(1, math.ceil(len(day.cards) / PER_PAGE))


def day_files(day: Day) -> Files:
    """A day's pages, and what a search shows of them."""
    last = pages_of(day)
    pages = {
        (place := layout.day_page(day.day, number)): _rendered(
            "day.html",
            place,
            day=day,
            cards=day.cards[(number - 1) * PER_PAGE : number * PER_PAGE],
            number=number,
            last=last,
        )
        for number in range(1, last + 1)
    }
    return pages | _encoded(day_scripts(day, PER_PAGE))


def words_files(part: str, days: Iterable[Day]) -> Files:
    """A part of the search index."""
    return _encoded(words_scripts(part, days))


def _encoded(scripts: Mapping[str, str]) -> Files:
    return {place: text.encode() for place, text in scripts.items()}


def paper_files(day: Day, like: Related, site_url: str) -> Files:
    """The own pages of a day's papers, of those that hang on no later day."""
    files: Files = {}
    for number, card in enumerate(day.cards):
        if card.home != day.day:
            continue
        place = layout.paper_page(card)
        files[place] = _rendered(
            "paper.html",
            place,
            card=card,
            plate=card.plates[0],
            page=f"{layout.day_page(day.day, 1 + number // PER_PAGE)}#{card.key}",
            earlier=day.cards[number - 1] if number else None,
            later=day.cards[number + 1] if number + 1 < len(day.cards) else None,
            like=like.get(card.key, ()),
            bibtex=bibtex(card),
            ris=ris(card),
            json_ld=json_ld(card, site_url),
            site_url=site_url,
            absolute=partial(urllib.parse.urljoin, site_url),
        )
    return files


def month_files(month: str, days: Mapping[date, Day]) -> Files:
    """A month's page."""
    first = first_day(month)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    place = layout.month_page(month)
    cards = {card.key: card for day in days.values() for card in day.cards if card.upvotes}
    best = sorted(cards.values(), key=lambda card: -(card.upvotes or 0))[:_BEST]
    return {place: _rendered("month.html", place, month=month, weeks=weeks, days=days, best=best)}


def comparison_page(comparison: Comparison) -> bytes:
    """The page on which recipes are compared; it lies beside the gallery's folder, in one of its own."""
    return _rendered("compare.html", "", "../gallery/", comparison=comparison)


def front_files(
    recent: Sequence[Day],
    pictures: Mapping[date, int],
    digests: Mapping[date, str],
    parts: Mapping[str, str],
    site_url: str,
    own_id: str,
) -> Files:
    """The pages that speak of all days, the list of days, and the static files; `recent` comes newest first.

    `pictures` says how many papers each day has, `digests` what changes when they do; `parts` are those of the search
    index, with what changes when they do; `own_id` is a UUID of this gallery's own.
    """
    years: dict[int, dict[str, int]] = {}
    for day, count in sorted(pictures.items(), reverse=True):
        months = years.setdefault(day.year, {})
        month = month_of(day)
        months[month] = months.get(month, 0) + count
    about: dict[str, Any] = {"years": years, "total": sum(pictures.values()), "days": len(pictures)}
    return {
        layout.INDEX: _rendered("index.html", layout.INDEX, recent=recent, **about),
        layout.CALENDAR: _rendered("calendar.html", layout.CALENDAR, **about),
        layout.SEARCH: _rendered("search.html", layout.SEARCH, specimen=_SPECIMEN, stop=sorted(STOP)),
        **_feeds(recent, site_url, uuid.UUID(own_id)),
        layout.KEPT: _rendered("kept.html", layout.KEPT),
        layout.NOT_FOUND: _rendered("404.html", layout.NOT_FOUND, urllib.parse.urlsplit(site_url).path),
        layout.DAYS: days_script(pictures, digests, parts).encode(),
        **{f"assets/{name}": content for name, content in _STATIC.items()},
    }


def _feeds(recent: Sequence[Day], site_url: str, own: uuid.UUID) -> Files:
    """The newest pictures as Atom feeds: all of them, and those of each category and of each field, such as cs."""
    cards: dict[str, Card] = {}
    for day in recent:
        for card in day.cards:
            cards.setdefault(card.key, card)
    entries = list(cards.values())
    by_category: dict[str, list[Card]] = {}
    for card in entries:
        own_ones = [category for category in card.categories if layout.is_category(category)]
        for category in dict.fromkeys([*own_ones, *(each.partition(".")[0] for each in own_ones)]):
            by_category.setdefault(category, []).append(card)
    return {layout.FEED: _feed(layout.FEED, "", entries, site_url, own)} | {
        (place := layout.category_feed(category)): _feed(place, category, listed, site_url, own)
        for category, listed in sorted(by_category.items())
    }


def _feed(place: str, category: str, cards: Sequence[Card], site_url: str, own: uuid.UUID) -> bytes:
    """One feed; without the gallery's address its links lead from its own place."""
    cards = cards[:_FEED_ENTRIES]
    # That of nothing is told when it is written.
    updated = max((card.since(card.plates[0]) for card in cards), default=datetime.now(UTC).replace(microsecond=0))
    base = site_url or "../" * place.count("/")

    def link(place: str) -> str:
        return urllib.parse.urljoin(base, place) if site_url else f"{base}{place}"

    def content(card: Card) -> str:
        return _rendered("entry.html", place, card=card, plate=card.plates[0], link=link).decode()

    return _rendered(
        "feed.xml",
        place,
        cards=cards,
        updated=updated,
        link=link,
        own=uuid.uuid5(own, category).urn,
        category=category,
        content=content,
    )
