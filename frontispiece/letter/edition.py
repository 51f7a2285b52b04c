"""Days with their pictures, read from an archive for a letter or a poster."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from frontispiece.archive.absence import no_picture
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import Copy, copies
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.archive.store import Archive
from frontispiece.dates import Days, first_day, last_day, month_from, month_of
from frontispiece.errors import ArchiveError, ArchiveUnavailable, BadInput, ProviderError
from frontispiece.gallery.cards import Card
from frontispiece.gallery.hanging import COLUMNS, hang
from frontispiece.gallery.layout import MANIFEST, placed
from frontispiece.gallery.manifest import MAX_MANIFEST, Manifest
from frontispiece.gallery.thumbnails import MAX_BYTES, MAX_PIXELS
from frontispiece.settings import Settings
from frontispiece.text import counted


@dataclass(frozen=True, slots=True)
class Edition:
    """What there is to show of some days."""

    days: Days
    cards: tuple[Card, ...]
    """Papers with pictures, each once: day by day in the order of the lists."""
    site_url: str
    """The gallery's address, where it is known."""


async def newest_day(archive: Archive) -> date:
    """The newest day of which there is a picture. Raises BadInput where there is none, and ArchiveError."""
    catalog = Catalog(archive)
    months = {month for each in await archive.list(CATALOG) if (month := catalog_month(each.path))}
    for month in sorted(months, reverse=True):
        rows = await catalog.narrow(("list_day", "picture_path"), first=first_day(month), last=last_day(month))
        days: list[date] = [row["list_day"] for row in rows if row["picture_path"]]
        if days:
            return max(days)
    raise BadInput(f"The archive {archive.where()} has no picture yet.")


async def edition(archive: Archive, days: Days, settings: Settings) -> Edition:
    """What there is of these days. Raises BadInput when that is nothing, and ArchiveError."""
    catalog = Catalog(archive)
    keys = {row["paper_key"] for row in await catalog.narrow(("paper_key",), first=days.first, last=days.last)}
    # A paper that was skipped because it has a picture got that on another day, most often a near one.
    around = (first_day(month_from(month_of(days.first), -1)), last_day(month_from(month_of(days.last), 1)))
    rows = await catalog.narrow(COLUMNS, first=around[0], last=around[1], keys=keys) if keys else []
    cards: dict[str, Card] = {}
    for day in hang(rows, days.first, days.last)[0].values():
        for card in day.cards:
            cards.setdefault(card.key, card)
    if not cards:
        raise await no_picture(archive, days, settings)
    manifest = Manifest.parse(await archive.get(placed(MANIFEST), max_bytes=MAX_MANIFEST))
    return Edition(days, tuple(cards.values()), manifest.site_url)


async def smaller(archive: Archive, card: Card, width: int, kind: str, options: Mapping[str, object]) -> bytes | None:
    """A copy of a paper's newest picture, never enlarged; None when it is missing or damaged.

    Raises ArchiveUnavailable.
    """
    try:
        content = await archive.get(card.plates[0].path, max_bytes=MAX_BYTES)
        if content is None:
            return None
        (made,) = await in_a_picture_thread(copies, content, "jpeg", MAX_PIXELS, [Copy(width, kind, options)])
    except ArchiveUnavailable:
        raise
    except (ArchiveError, ProviderError):
        return None
    return made


def lost(count: int, days: Days) -> list[str]:
    """What is said of pictures that cannot be shown."""
    named = days.first if len(days) == 1 else days
    return [f"{counted(count, 'picture')} of {named} cannot be shown; see frontispiece verify."] if count else []
