"""Moves the predecessor's pictures in: enters what its logs tell into the catalog, for pictures that are its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from frontispiece.archive.catalog import Catalog, Run
from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import MAX_BYTES, inspect, read_provenance
from frontispiece.archive.paths import PICTURES
from frontispiece.archive.pictures import put_picture
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput, ProviderError
from frontispiece.maintenance.import_log import Log, Past, find_ids, predecessor_recipe
from frontispiece.maintenance.rebuild import picture_as_original
from frontispiece.models import Listing, Outcome, Painting, Paper, Picture, Prompt, Status
from frontispiece.recipe import Recipe, digest
from frontispiece.settings import Settings
from frontispiece.version import VERSION

SOURCE = "imported"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a log."""

    entered: int
    known: int
    """Pictures the catalog had already."""
    files: tuple[str, ...]
    """Parquet files written."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What lies where a picture of the log may be."""

    content: bytes
    place: str
    day: date | None
    """That of its folder, where known."""
    archived: bool


class Importer:
    """Enters past pictures into the catalog of one archive.

    `offered` are pictures that may be copied in, by key; each with the day of its folder, where that is known.
    """

    def __init__(
        self, archive: Archive, settings: Settings, offered: Mapping[str, tuple[Path, date | None]] | None = None
    ) -> None:
        self._archive = archive
        self._settings = settings
        self._offered = offered or {}

    async def enter(self, log: Log) -> Imported:
        """Write a row for each picture of the log that is there and has none. Raises ArchiveError."""
        catalog, problems = Catalog(self._archive), list(log.problems)
        newest = max((one.at for one in log.past), default=datetime.now(UTC)).date()
        ids = await asyncio.to_thread(find_ids, [one.key for one in log.past], newest)
        places = await self._places()
        outcomes: list[Outcome] = []
        known = 0
        for model in dict.fromkeys(one.model for one in log.past):
            recipe = predecessor_recipe(self._settings, model)
            there = await catalog.archived([one.key for one in log.past], recipe.fingerprint)
            for one in (one for one in log.past if one.model == model):
                if one.key in there:
                    known += 1
                elif one.key not in ids:
                    problems.append(f"{one.key}.jpg is left out: no arXiv id has this key (“{one.title}”).")
                else:
                    made = await self._outcome(one, ids[one.key], recipe, places, len(outcomes))
                    problems += [made] if isinstance(made, str) else []
                    outcomes += [made] if isinstance(made, Outcome) else []
        return Imported(len(outcomes), known, await self._write(catalog, outcomes), tuple(problems))

    async def _places(self) -> dict[str, str]:
        """Where the archive's pictures lie, by name."""
        paths = [entry.path for entry in await self._archive.list(PICTURES)]
        return {path.rpartition("/")[2].removesuffix(".jpg"): path for path in paths}

    async def _outcome(
        self, one: Past, paper_id: str, recipe: Recipe, places: Mapping[str, str], rank: int
    ) -> Outcome | str:
        """The row of one picture, which is copied in when it is not there; or why there is none."""
        found, refusal = None, f"there is no such picture (“{one.title}”)."
        async for candidate in self._candidates(one.key, recipe, places):
            story = await asyncio.to_thread(read_provenance, candidate.content)
            if story is None:
                found = candidate
                break
            refusal = (
                f"by its own story {candidate.place} was made by {story.painter}, with the recipe {story.recipe}. "
                "Where the catalog has no row about it, `frontispiece rebuild` enters it as that."
            )
        if found is None:
            return f"{one.key}.jpg is left out: {refusal}"
        try:
            facts = await in_a_picture_thread(inspect, found.content)
        except ProviderError as error:
            return f"{one.key}.jpg is left out: {error}"
        listing = Listing(source=SOURCE, day=one.at.date(), rank=rank, seen_at=one.at)
        paper = Paper(id=paper_id, title=one.title, abstract=one.abstract, published=found.day, listing=listing)
        path = found.place
        if not found.archived:
            path = await put_picture(self._archive, paper, recipe.fingerprint, found.content)
        sha = hashlib.sha256(found.content).hexdigest()
        picture = Picture(path=path, digest=sha, width=facts.width, height=facts.height, bytes=len(found.content))
        return Outcome(
            paper=paper,
            status=Status.DONE,
            recipe=recipe.fingerprint,
            prompt=_prompt(one),
            painting=_painting(one, recipe, picture),
            picture=picture,
        )

    async def _candidates(self, key: str, recipe: Recipe, places: Mapping[str, str]) -> AsyncIterator[_Candidate]:
        """What may be the picture: by its name in the archive, by its name beside another's picture, as offered."""
        for name in (key, f"{key}-{recipe.fingerprint}"):
            if path := places.get(name):
                content = await self._archive.get(path, max_bytes=MAX_BYTES)
                if content is not None:
                    yield _Candidate(content, path, folder_day(path.split("/")[1]), archived=True)
        if key in self._offered:
            place, day = self._offered[key]
            yield _Candidate(await asyncio.to_thread(_read, place), str(place), day, archived=False)

    async def _write(self, catalog: Catalog, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """One file a day; named by its pictures, so that a second import of more pictures adds a file."""
        written = []
        for day in sorted({outcome.paper.listing.day for outcome in outcomes}):
            of_day = [outcome for outcome in outcomes if outcome.paper.listing.day == day]
            times = [outcome.paper.listing.seen_at for outcome in of_day]
            run_id = f"{SOURCE}-{digest([(outcome.paper.key, outcome.recipe) for outcome in of_day])}"
            run = Run(id=run_id, source=SOURCE, started_at=min(times), finished_at=max(times), version=VERSION)
            written.append(await catalog.write(day, run_id, of_day, run))
        return tuple(written)


def _read(place: Path) -> bytes:
    """A file's bytes; those of an absurdly large one are cut, which the decoder notices."""
    try:
        with place.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{place} cannot be read: {error.strerror}.") from error


def folder_day(name: str) -> date | None:
    """The day that a folder of pictures is named after: YYYYMMDD."""
    try:
        return datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _prompt(one: Past) -> Prompt:
    return Prompt(text=one.prompt, writer="openai", model=one.model, request=one.request, seconds=0.0, dollars=None)


def _painting(one: Past, recipe: Recipe, picture: Picture) -> Painting:
    return Painting(
        painter=recipe.painter.kind,
        model=recipe.painter.model,
        parameters=recipe.painter.parameters,
        seed="42",
        url=one.url,
        seconds=0.0,
        dollars=None,
        original=picture_as_original(picture),
    )
