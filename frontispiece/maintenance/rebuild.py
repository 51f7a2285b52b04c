"""Writes the catalog's lost rows again, from the stories in the pictures and the deliveries in the journal.

What a picture says of itself comes back exactly; what only the journal knows (tokens, seconds, dollars, request ids)
comes back for paid calls; docs/care.md lists what is gone. Rows that are still there stay as they are.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from frontispiece import registry
from frontispiece.archive.catalog import Catalog, Run
from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.folder import Entry, Stranger
from frontispiece.archive.images import MAX_BYTES, ImageFacts, inspect, read_provenance
from frontispiece.archive.paths import CATALOG, ORIGINALS, PICTURES, picture_path, vector_path
from frontispiece.archive.provenance import Provenance
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError, ProviderError
from frontispiece.maintenance.enter import enter_paid_calls
from frontispiece.models import Listing, Original, Outcome, Painting, Paper, Picture, Prompt, Status
from frontispiece.purchases.overview import paintings, prompts, read_journal
from frontispiece.version import VERSION

SOURCE = "rebuilt"
_READS_AT_ONCE = 16
_ANY_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it."""

    known: int
    """Pictures the catalog had a row for."""
    entered: int
    """Pictures it has a row for now."""
    files: tuple[str, ...]
    """Parquet files written."""
    problems: tuple[str, ...]
    """What could not be entered, a sentence each."""
    strangers: tuple[Stranger, ...]
    """What lies among pictures and catalog and is nothing of ours."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture as its file tells of it."""

    provenance: Provenance
    facts: ImageFacts
    picture: Picture


@dataclass(frozen=True, slots=True)
class _Sources:
    """What else is known."""

    prompts: Mapping[str, Prompt]
    paintings: Mapping[str, Painting]
    originals: Mapping[str, Entry]
    vectors: Collection[str]
    """By digest."""


async def rebuild(archive: Archive, now: datetime) -> Rebuilt:
    """Enter every picture that the catalog has no row for; buys and paints nothing. Raises ArchiveError."""
    async with open_records(archive) as records:
        known = set(records.ask("SELECT picture_path, picture_digest FROM pictures").rows)
        files, beside_pictures = await archive.survey(PICTURES)
        strangers = (*beside_pictures, *(await archive.survey(CATALOG))[1])
        problems = [problem for problem in records.problems if problem not in map(str, strangers)]
    sources = await _sources(archive)
    lane = asyncio.Semaphore(_READS_AT_ONCE)
    looked = await asyncio.gather(*(_look(archive, entry, known, lane) for entry in files))
    by_day: dict[date, list[Outcome]] = defaultdict(list)
    for entry, found in zip(files, looked, strict=True):
        if isinstance(found, str):
            problems.append(found)
        elif found is not None:
            rank = len(by_day[found.provenance.created])
            by_day[found.provenance.created].append(await _outcome(archive, found, entry, rank, sources))
    run_id = f"{SOURCE}-{now:%Y%m%d-%H%M%S-%f}"
    run = Run(id=run_id, source=SOURCE, started_at=now, finished_at=now, version=VERSION)
    catalog = Catalog(archive)
    written = [await catalog.write(day, run_id, outcomes, run) for day, outcomes in sorted(by_day.items())]
    await enter_paid_calls(archive)
    return Rebuilt(looked.count(None), sum(map(len, by_day.values())), tuple(written), tuple(problems), strangers)


async def _sources(archive: Archive) -> _Sources:
    journal = await read_journal(archive)
    entries = await archive.list(ORIGINALS)
    vectors = {entry.path for entry in entries if entry.path.endswith(".svg")}
    originals = {
        entry.path.partition("/")[2].partition(".")[0]: entry for entry in entries if entry.path not in vectors
    }
    return _Sources(prompts(journal), paintings(journal), originals, vectors)


async def _look(
    archive: Archive, entry: Entry, known: Collection[tuple[object, ...]], lane: asyncio.Semaphore
) -> _Found | str | None:
    """What the file says, or why it cannot be entered; None when the catalog knows this very file."""
    async with lane:
        try:
            content = await archive.get(entry.path, max_bytes=MAX_BYTES) or b""
            digest = hashlib.sha256(content).hexdigest()
            if (entry.path, digest) in known:
                return None
            return await in_a_picture_thread(_read, entry.path, content, digest)
        except (ArchiveError, ProviderError) as error:
            return f"{entry.path} is left out: {error}"


def _read(path: str, content: bytes, digest: str) -> _Found | str:
    facts, provenance = inspect(content), read_provenance(content)
    if provenance is None:
        return f"{path} is left out: it tells no story; when it is an old log's, `frontispiece import-log` enters it."
    paper = _paper(provenance, _ANY_TIME, 0)
    if path not in (picture_path(paper), picture_path(paper, provenance.recipe)):
        return f"{path} is left out: by its own story it belongs to {picture_path(paper)}."
    picture = Picture(path=path, digest=digest, width=facts.width, height=facts.height, bytes=len(content))
    return _Found(provenance, facts, picture)


async def _outcome(archive: Archive, found: _Found, entry: Entry, rank: int, sources: _Sources) -> Outcome:
    provenance = found.provenance
    painting = sources.paintings.get(provenance.original or "")
    return Outcome(
        paper=_paper(provenance, entry.modified, rank),
        status=Status.DONE,
        recipe=provenance.recipe,
        prompt=sources.prompts.get(provenance.prompt) or _prompt(provenance),
        painting=painting or await _painting(archive, found, sources),
        picture=found.picture,
    )


def _paper(provenance: Provenance, seen_at: datetime, rank: int) -> Paper:
    listing = Listing(source=SOURCE, day=provenance.created, rank=rank, seen_at=seen_at)
    return Paper(
        id=provenance.paper_id, title=provenance.title, abstract="", published=provenance.created, listing=listing
    )


def _prompt(provenance: Provenance) -> Prompt:
    """A prompt that the journal does not know: a free one, or one from before the journal."""
    return Prompt(
        text=provenance.prompt,
        writer=provenance.writer or "unknown",
        model=provenance.writer_model,
        request="",
        seconds=0.0,
        dollars=_dollars(registry.WRITERS, provenance.writer),
    )


async def _painting(archive: Archive, found: _Found, sources: _Sources) -> Painting:
    """A painting that the journal does not know. When its original is gone the picture itself stands for it."""
    provenance = found.provenance
    return Painting(
        painter=provenance.painter,
        model=provenance.painter_model,
        parameters="{}",
        seed=provenance.seed,
        seconds=0.0,
        dollars=_dollars(registry.PAINTERS, provenance.painter),
        original=await _original(archive, sources, provenance.original or "") or picture_as_original(found.picture),
    )


def _dollars(group: str, name: str | None) -> float | None:
    """What a call cost that the journal does not know: nothing by one who is free, and who knows by any other."""
    if name not in registry.registered(group):
        return None
    return None if registry.load(group, name).paid else 0.0


async def _original(archive: Archive, sources: _Sources, digest: str) -> Original | None:
    if (entry := sources.originals.get(digest)) is None:
        return None
    try:
        content = await archive.get(entry.path, max_bytes=MAX_BYTES) or b""
        facts = await in_a_picture_thread(inspect, content)
    except (ArchiveError, ProviderError):
        return None  # damaged: as good as gone
    digest = hashlib.sha256(content).hexdigest()
    vector = vector_path(digest)
    return Original(
        digest=digest,
        path=entry.path,
        format=facts.format,
        width=facts.width,
        height=facts.height,
        bytes=len(content),
        vector=vector if vector in sources.vectors else None,
    )


def picture_as_original(picture: Picture) -> Original:
    """The archived JPEG in place of an original that nobody kept: the best there is."""
    return Original(format="jpeg", **picture.model_dump())
