"""Publishes the gallery: finds what is new since the last time, and writes the pages that show it, and no others.

By month, a mark of the catalog's files says whether anything may be new; by day, a digest says whether it is. A mark is
remembered when all that follows from it is written, so whatever interrupts a publication only makes the next one write
more.
"""

import asyncio
import hashlib
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.dates import first_day, last_day, month_of
from frontispiece.errors import ArchiveError, ArchiveUnavailable
from frontispiece.gallery import layout
from frontispiece.gallery.cards import Day, Plate
from frontispiece.gallery.hanging import COLUMNS, hang
from frontispiece.gallery.manifest import MAX_MANIFEST, Hung, Manifest
from frontispiece.gallery.pages import (
    RECENT,
    VERSION,
    Files,
    day_files,
    front_files,
    month_files,
    pages_of,
    paper_files,
    words_files,
)
from frontispiece.gallery.related import Related, related
from frontispiece.gallery.search import DRAWERS, parts
from frontispiece.gallery.thumbnails import MAX_BYTES, drawing, thumbnails
from frontispiece.models import Outcome

_AT_ONCE: Final = 8
_MONTH: Final = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])")


class Listed(Protocol):
    """One stored object."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def modified(self) -> datetime: ...  # noqa: D102


class Store(Protocol):
    """The archive, as far as the gallery needs it: see `frontispiece.archive.store.Archive`."""

    async def get(self, path: str, max_bytes: int | None = None) -> bytes | None: ...  # noqa: D102
    async def exists(self, path: str) -> bool: ...  # noqa: D102
    async def put(self, path: str, content: bytes) -> None: ...  # noqa: D102
    async def delete(self, path: str) -> None: ...  # noqa: D102
    async def list(self, prefix: str) -> Sequence[Listed]: ...  # noqa: D102


class Narrow(Protocol):
    """Reads columns of the catalog's rows of some days: see `frontispiece.archive.catalog.Catalog.narrow`."""

    async def __call__(  # noqa: D102
        self, names: Sequence[str], *, first: date, last: date
    ) -> list[dict[str, Any]]: ...


@dataclass
class Published:
    """What a publication wrote."""

    days: list[date] = field(default_factory=list)
    """Days whose pages were written."""
    removed: list[date] = field(default_factory=list)
    """Days whose pages were deleted, because nothing is left of them."""
    files: int = 0
    """All files written: pages, search index, feed, static files and thumbnails."""
    thumbnails: int = 0
    """Pictures of which thumbnails were made."""
    papers: int = 0
    """Papers with pictures in the whole gallery, once for each day they were listed on."""
    site_url: str = ""
    """The gallery's address, where it is known."""
    problems: list[str] = field(default_factory=list)
    """What could not be shown, a sentence each; lost pictures are looked for again the next time."""


async def publish(
    store: Store,
    narrow: Narrow,
    catalog: Iterable[Listed],
    month_of: Callable[[str], str | None],
    *,
    site_url: str | None = None,
    everything: bool = False,
    unread: Sequence[str] = (),
) -> Published:
    """Write into `gallery/` of `store` what is new in the catalog, and what hangs together with it.

    `catalog` are the catalog's files, and `month_of` says whose month's rows one holds. `site_url` is the gallery's
    address, for the feed; None means the one that was given last. `everything` writes all pages again. `unread` grows
    with what `narrow` could not read: then nothing is taken down for want of its rows. Raises ArchiveError.
    """
    manifest = Manifest.parse(await store.get(layout.placed(layout.MANIFEST), max_bytes=MAX_MANIFEST))
    if site_url is not None:
        manifest = manifest.model_copy(update={"site_url": site_url and site_url.rstrip("/") + "/"})
    publication = _Publication(store, narrow, manifest, _marks(catalog, month_of), everything, unread)
    return await publication.run()


async def hang_ahead(store: Store, outcome: Outcome) -> None:
    """Write the thumbnails of a picture that was just made: its publication finds them. Raises ArchiveError."""
    if (picture := outcome.picture) is None:
        return
    painting = outcome.painting
    ink = drawing(painting.painter, painting.original.path) if painting else None
    for place, small in (await _shrunk(store, picture, ink) or {}).items():
        await store.put(layout.placed(place), small)


async def _shrunk(store: Store, picture: layout.Shown, ink: str | None) -> Files | None:
    """A picture's thumbnails, of its original in `ink` while there is one.

    None when the picture is gone, or cannot be read or decoded.
    """
    if ink and await store.exists(picture.path) and (content := await _read(store, ink)):
        made = await in_a_picture_thread(thumbnails, picture, content, drawn=True)
        if made is not None:
            return made
    content = await _read(store, picture.path)
    return await in_a_picture_thread(thumbnails, picture, content) if content else None


async def _read(store: Store, path: str) -> bytes | None:
    """A file's bytes; None when it is not there or cannot be read. Raises ArchiveUnavailable."""
    try:
        return await store.get(path, max_bytes=MAX_BYTES)
    except ArchiveUnavailable:
        raise
    except ArchiveError:
        return None


def _marks(catalog: Iterable[Listed], month_of: Callable[[str], str | None]) -> dict[str, str]:
    """By month, what changes whenever one of its files does."""
    files: dict[str, list[str]] = {}
    for each in catalog:
        month = month_of(each.path)
        if month is not None and _MONTH.fullmatch(month):
            files.setdefault(month, []).append(f"{each.path} {each.size} {each.modified.isoformat()}")
    return {month: _digest(VERSION, *sorted(lines)) for month, lines in sorted(files.items())}


def _misses(day: Day | None, hung: Hung) -> bool:
    """Whether papers that hang there are no longer known."""
    return day is None or not {*hung.own} <= {card.key for card in day.cards}


class _Publication:
    """One publication at work."""

    def __init__(
        self,
        store: Store,
        narrow: Narrow,
        manifest: Manifest,
        marks: Mapping[str, str],
        everything: bool,
        unread: Sequence[str],
    ) -> None:
        self._store = store
        self._narrow = narrow
        self._id = manifest.id or str(uuid.uuid4())
        self._site_url = manifest.site_url
        self._front = manifest.front
        self._old_marks = manifest.catalog
        self._marks = marks
        self._hung = dict(manifest.days)
        self._parts = manifest.parts
        self._everything = everything
        self._unread = unread
        self._lost: set[str] = set()
        self._left: set[str] = set()
        self._kept: dict[str, list[dict[str, Any]]] = {}
        self._lane = asyncio.Semaphore(_AT_ONCE)
        self._done = Published(site_url=manifest.site_url)

    async def run(self) -> Published:
        """Write what is new; when nothing is, nothing is read but the manifest."""
        changed = {
            each
            for each in self._marks.keys() | self._old_marks.keys()
            if self._everything or self._marks.get(each) != self._old_marks.get(each)
        }
        known = self._marks.keys() | {month_of(day) for day in self._hung}
        for month in sorted({near for each in changed for near in layout.around(each)} & known):
            if await self._month(month):
                await self._remember(self._old_marks)
        front = _digest(VERSION, self._site_url, *(f"{day} {hung.digest}" for day, hung in sorted(self._hung.items())))
        if front != self._front or self._everything:
            await self._index()
            await self._write(await self._front_files())
        elif not changed:
            return self._summed()
        self._front = front
        # A month that misses a picture, or rows, is looked at again the next time.
        troubled = self._left | {month_of(day) for day, hung in self._hung.items() if not hung.whole}
        await self._remember({month: mark for month, mark in self._marks.items() if month not in troubled})
        return self._summed()

    def _summed(self) -> Published:
        self._done.papers = sum(hung.papers for hung in self._hung.values())
        return self._done

    async def _month(self, month: str) -> bool:
        """Write what is new in a month; False when nothing is."""
        days, problems = await self._days_of(month)
        self._done.problems += [problem for problem in problems if problem not in self._done.problems]
        like = related(days.values())
        digests = {day: self._digest_of(shown, like.get(day, {})) for day, shown in days.items()}
        old = {day: hung for day, hung in self._hung.items() if day.isoformat().startswith(month)}
        fresh = [
            day for day, digest in digests.items() if self._everything or day not in old or old[day].digest != digest
        ]
        gone = sorted(old.keys() - days.keys())
        if not fresh and not gone:
            return False
        if self._unread and any(_misses(days.get(day), hung) for day, hung in old.items()):
            self._left.add(month)
            self._done.problems.append(f"What hangs of {month} stays as it is until all of its catalog can be read.")
            return False
        await self._thumbnails([plate for day in fresh for card in days[day].cards for plate in card.plates])
        whole = {day: days[day] for day in fresh}
        if self._lost:
            days |= {day: _without(days[day], self._lost) for day in fresh}
            like = related(days.values())
        for day in fresh:
            shown, alike = days[day], like.get(day, {})
            papers = paper_files(shown, alike, self._site_url)
            await self._write({**day_files(shown), **papers})
            await self._delete_pages(day, pages_of(shown) + 1)
            self._hung[day] = Hung(
                digest=self._digest_of(shown, alike),
                whole=shown == whole[day],
                papers=len(shown.cards),
                pages=pages_of(shown),
                own=tuple(card.key for card in shown.cards if card.home == day),
            )
        for day in gone:
            await self._delete_pages(day, 1)
            del self._hung[day]
        await self._delete_papers({key for hung in old.values() for key in hung.own})
        await self._month_files(month, days)
        self._done.days += fresh
        self._done.removed += gone
        return True

    def _digest_of(self, day: Day, like: Related) -> str:
        """Changes when any page of the day or of its papers does."""
        shown = (f"{key} {other.key} {other.plates[0].digest}" for key, others in like.items() for other in others)
        return _digest(VERSION, self._site_url, day.digest, *shown)

    async def _delete_papers(self, before: set[str]) -> None:
        """Delete the own pages of papers that no day has any more."""
        if before:
            for key in sorted(before - {key for hung in self._hung.values() for key in hung.own}):
                await self._store.delete(layout.placed(layout.page_of(key)))

    async def _month_files(self, month: str, days: Mapping[date, Day]) -> None:
        if days:
            await self._write(month_files(month, days))
            return
        await self._store.delete(layout.placed(layout.month_page(month)))

    async def _index(self) -> None:
        """Write the parts of the search index that tell of days that have changed."""
        wanted: dict[str, str] = {}
        for part, months in parts({day: hung.papers for day, hung in sorted(self._hung.items())}).items():
            held = [f"{day} {hung.digest}" for day, hung in sorted(self._hung.items()) if month_of(day) in months]
            wanted[part] = _digest(VERSION, *held)
            if self._everything or self._parts.get(part) != wanted[part]:
                days = [day for month in months for day in (await self._days_of(month))[0].values()]
                await self._write(words_files(part, [_without(day, self._lost) for day in days]))
        for gone in self._parts.keys() - wanted.keys():
            for drawer in DRAWERS:
                await self._store.delete(layout.placed(layout.words_data(gone, drawer)))
        self._parts = wanted

    async def _days_of(self, month: str) -> tuple[dict[date, Day], list[str]]:
        """A month's days, with pictures of their papers from the months around."""
        rows = await self._rows(month)
        keys = {row["paper_key"] for row in rows}
        for near in layout.around(month):
            if near != month:
                rows = [*rows, *(row for row in await self._rows(near) if row["paper_key"] in keys)]
        return hang(rows, first_day(month), last_day(month))

    async def _rows(self, month: str) -> list[dict[str, Any]]:
        """A month's rows; those of three months are kept: the next month asks for two of them again."""
        if month not in self._marks:
            return []
        if month not in self._kept:
            read = await self._narrow(COLUMNS, first=first_day(month), last=last_day(month))
            self._kept = {near: self._kept[near] for near in layout.around(month) if near in self._kept} | {month: read}
        return self._kept[month]

    async def _front_files(self) -> Files:
        """The newest days are read again: the manifest tells of no pictures."""
        newest = sorted((day for day, hung in self._hung.items() if hung.papers), reverse=True)[:RECENT]
        found: dict[date, Day] = {}
        for month in sorted({month_of(day) for day in newest}):
            found |= (await self._days_of(month))[0]
        return front_files(
            [_without(found[day], self._lost) for day in newest if day in found],
            {day: hung.papers for day, hung in self._hung.items()},
            {day: hung.digest for day, hung in self._hung.items()},
            self._parts,
            self._site_url,
            self._id,
        )

    async def _thumbnails(self, plates: Sequence[Plate]) -> None:
        """Make the thumbnails that are missing, and note the pictures that cannot be shown."""
        there: set[str] = set()
        for folder in {layout.thumbs_folder(plate) for plate in plates}:
            there |= {layout.unplaced(each.path) for each in await self._store.list(layout.placed(folder))}
        await self._delete_replaced(plates, there)
        missing = {layout.thumb(plate): plate for plate in plates if not there.issuperset(layout.thumbs(plate))}
        lane = asyncio.Semaphore(_AT_ONCE // 2)  # pictures in memory

        async def make(plate: Plate) -> None:
            async with lane:
                made = await _shrunk(self._store, plate, drawing(plate.painted_by, plate.original))
                if made is None:
                    if plate.path not in self._lost:
                        self._done.problems.append(f"{plate.path} is missing or damaged; see frontispiece verify.")
                    self._lost.add(plate.path)
                    return
                for place, small in made.items():
                    await self._write({place: small})
                self._done.thumbnails += 1

        await asyncio.gather(*map(make, missing.values()))

    async def _delete_replaced(self, plates: Sequence[Plate], there: Iterable[str]) -> None:
        """Delete thumbnails of what these pictures were before they were made anew, and of other widths."""
        now = {place for plate in plates for place in layout.thumbs(plate)}
        names = {layout.picture_of(layout.thumb(plate)) for plate in plates}
        for place in there:
            thumb = layout.thumb_of(place)
            if thumb is not None and place not in now and layout.picture_of(thumb) in names:
                await self._store.delete(layout.placed(place))

    async def _write(self, files: Files) -> None:
        async def put(place: str, content: bytes) -> None:
            async with self._lane:
                await self._store.put(layout.placed(place), content)

        await asyncio.gather(*(put(place, content) for place, content in files.items()))
        self._done.files += len(files)

    async def _delete_pages(self, day: date, first: int) -> None:
        """Delete the pages of a day from this number on, as far as the last publication wrote some."""
        old = self._hung.get(day)
        for number in range(first, (old.pages if old else 0) + 1):
            for place in (layout.day_page(day, number), layout.day_data(day, number)):
                await self._store.delete(layout.placed(place))

    async def _remember(self, marks: Mapping[str, str]) -> None:
        manifest = Manifest(
            id=self._id,
            site_url=self._site_url,
            front=self._front,
            catalog=dict(marks),
            days=self._hung,
            parts=self._parts,
        )
        await self._store.put(layout.placed(layout.MANIFEST), manifest.to_bytes())


def _without(day: Day, lost: Collection[str]) -> Day:
    """The day without the pictures that cannot be shown."""
    cards = []
    for card in day.cards:
        plates = tuple(plate for plate in card.plates if plate.path not in lost)
        if plates:
            cards.append(card.model_copy(update={"plates": plates}))
    return day.model_copy(update={"cards": tuple(cards)})


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
