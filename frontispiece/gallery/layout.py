"""Names and places in the gallery, all relative to its folder."""

import re
from datetime import date
from typing import Final, Protocol

from frontispiece.dates import month_from
from frontispiece.gallery.cards import Card

GALLERY: Final = "gallery"
"""The gallery's folder in the archive, beside `pictures`."""

INDEX: Final = "index.html"
CALENDAR: Final = "calendar.html"
SEARCH: Final = "search.html"
FEED: Final = "feed.xml"
NOT_FOUND: Final = "404.html"
KEPT: Final = "kept.html"
DAYS: Final = "data/days.js"
MANIFEST: Final = "manifest.json"

WIDTHS: Final = (384, 768)
"""Widths of thumbnails as WebP, pixels, one half of the other; pictures are not enlarged."""
FALLBACK_WIDTH: Final = WIDTHS[0]
"""Width of the JPEG for browsers without WebP, pixels."""


_CATEGORY: Final = re.compile(r"[A-Za-z][A-Za-z-]{0,19}(?:\.[A-Za-z-]{1,20})?")
_THUMB: Final = re.compile(r"(thumbs/.+-[0-9a-f]{8})(?:-[0-9]+\.webp|\.jpg)")


class Shown(Protocol):
    """A picture of the archive: a plate, or what its paper's run has of it."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102


def placed(place: str) -> str:
    """A place in the gallery as a path of the archive."""
    return f"{GALLERY}/{place}"


def unplaced(path: str) -> str:
    """A path of the archive as a place in the gallery."""
    return path.removeprefix(f"{GALLERY}/")


def day_page(day: date, number: int = 1) -> str:
    """A page of a day; a day of many pictures has several."""
    return f"day/{day.isoformat()}.html" if number == 1 else f"day/{day.isoformat()}-{number}.html"


def paper_page(card: Card) -> str:
    """A paper's own page, whatever lists it is on."""
    return page_of(card.key)


def page_of(key: str) -> str:
    """The own page of the paper with this key."""
    return f"paper/{key[:2]}/{key}.html"


def is_category(category: str) -> bool:
    """Whether it is shaped as arXiv's are, so that a file can have its name."""
    return _CATEGORY.fullmatch(category) is not None


def category_feed(category: str) -> str:
    """The feed of a category."""
    return f"feed/{category.lower().replace('.', '-')}.xml"


def month_page(month: str) -> str:
    """A month's page."""
    return f"month/{month}.html"


def day_data(day: date, number: int = 1) -> str:
    """What a search shows of the papers on a day's page."""
    return f"data/{day_page(day, number)[len('day/') : -len('.html')]}.js"


def words_data(part: str, drawer: str) -> str:
    """A drawer of a part of the search index; a part has the name of its first month."""
    return f"data/words/{part}-{drawer}.js"


def widths(plate: Shown) -> list[int]:
    """The widths that a picture's WebP thumbnails have, the smallest first."""
    return sorted({min(width, plate.width) for width in WIDTHS})


def thumbs_folder(plate: Shown) -> str:
    """The folder of a picture's thumbnails."""
    return f"thumbs/{plate.path.split('/')[1]}"


def thumb(plate: Shown) -> str:
    """The beginning of the names of a picture's thumbnails; it changes with the picture."""
    _, folder, name = plate.path.split("/")
    return f"thumbs/{folder}/{name.removesuffix('.jpg')}-{plate.digest[:8]}"


def thumb_of(place: str) -> str | None:
    """The beginning of a thumbnail's name, or None for another file's."""
    found = _THUMB.fullmatch(place)
    return found[1] if found else None


def picture_of(thumb: str) -> str:
    """What of a thumbnail's name stays when the picture is made anew."""
    return thumb.rpartition("-")[0]


def webp(plate: Shown, width: int) -> str:
    """A WebP thumbnail."""
    return f"{thumb(plate)}-{width}.webp"


def srcset(plate: Shown, root: str) -> str:
    """The WebP thumbnails as a browser chooses among them."""
    name = thumb(plate)
    return ", ".join(f"{root}{name}-{width}.webp {width}w" for width in widths(plate))


def fallback(plate: Shown) -> str:
    """The JPEG thumbnail."""
    return f"{thumb(plate)}.jpg"


def thumbs(plate: Shown) -> list[str]:
    """All thumbnails of a picture: as WebP, the widest first, and the JPEG."""
    return [*(webp(plate, width) for width in reversed(widths(plate))), fallback(plate)]


def around(month: str) -> tuple[str, str, str]:
    """The month before, the month and the month after."""
    return month_from(month, -1), month, month_from(month, 1)
