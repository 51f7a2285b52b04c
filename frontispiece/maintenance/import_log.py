"""Moves the predecessor's pictures in: reads its logs, finds its papers, and enters both into the catalog.

A log line is `[dd.mm.yyyy HH:MM] message`; lines without that beginning carry the message before them on. The
predecessor went through its papers one by one: "Generating an image for paper", the request, the response, the prompt
again, and "Saving generated image from URL to KEY.jpg". Everything else is skipped.

The log does not name the paper's id, and KEY is a hash of it; but there are few enough arXiv ids to try them all.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from os.path import commonprefix
from pathlib import Path
from typing import Final

from frontispiece.archive.catalog import Catalog, Run
from frontispiece.archive.images import MAX_BYTES, inspect
from frontispiece.archive.paths import PICTURES, picture_path
from frontispiece.archive.store import Archive
from frontispiece.dates import month_from, month_of
from frontispiece.errors import BadInput, ProviderBroken
from frontispiece.maintenance.rebuild import picture_as_original
from frontispiece.models import Listing, Outcome, Painting, Paper, Picture, Prompt, Status
from frontispiece.providers.openai_account import MAX_COMPLETION_TOKENS
from frontispiece.recipe import Recipe, digest
from frontispiece.services import recipe_of
from frontispiece.settings import Settings
from frontispiece.version import VERSION

SOURCE = "imported"
MAX_MESSAGE = 100_000

_LINE: Final = re.compile(r"\[(\d{2}\.\d{2}\.\d{4} \d{2}:\d{2})\] (.*)")
# The first and the last of these are one line; the others may hold several.
_START: Final = re.compile(r"(?:\[Experimental\] )?Generating an image for paper (.+)\.\s*(?:\n|$)")
_REQUEST: Final = re.compile(r"OpenAI request\. Model: (\S+)\. Prompt: (.+)", re.DOTALL)
_ANSWER: Final = re.compile(r"Response: (.+)", re.DOTALL)
_PROMPT: Final = re.compile(r"Generating image by prompt: (.+)", re.DOTALL)
_SAVED: Final = re.compile(r"Saving generated image from (\S+) to ([0-9a-f]{16})\.jpg\.\s*(?:\n|$)")
_ABSTRACT: Final = re.compile(r" Text: '(.*)'\s*", re.DOTALL)
_FIRST_MONTH: Final = "2007-04"
_FIVE_DIGITS: Final = "2015-01"  # from then on ids have five digits after the dot
_MOST: Final = {4: 9_999, 5: 59_999}


@dataclass(frozen=True, slots=True)
class Past:
    """One picture as the log tells of it."""

    at: datetime
    """When it was saved: the log's minute, taken for UTC."""
    key: str
    """The paper's key, 16 hex digits: the file's name."""
    title: str
    model: str
    """The chat model."""
    request: str
    prompt: str
    url: str

    @property
    def abstract(self) -> str:
        """The abstract, as the request quotes it; empty when it does not."""
        found = _ABSTRACT.search(self.request)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Log:
    """What a log tells."""

    past: tuple[Past, ...]
    """Pictures in the log's order; of several about one paper the last."""
    problems: tuple[str, ...]
    """Papers that got no picture, and pictures nobody asked for, a sentence each."""


def parse_log(text: str) -> Log:
    """Read a log; what is none of the predecessor's lines is skipped."""
    past: dict[str, Past] = {}
    problems: list[str] = []
    told: dict[str, str] = {}
    for at, message in _messages(text):
        if found := _START.match(message):
            problems += _unfinished(told)
            told = {"title": found[1]}
        elif found := _REQUEST.match(message):
            told |= {"model": found[1], "request": found[2].strip()}
        elif found := _ANSWER.match(message):
            told["answer"] = found[1]
        elif found := _PROMPT.match(message):
            told["prompt"] = found[1]
        elif found := _SAVED.match(message):
            past.pop(found[2], None)
            if one := _past(at, found[2], found[1], told):
                past[one.key] = one
            else:
                problems.append(f"{found[2]}.jpg is left out: the log does not tell how it was made.")
            told = {}
    problems += _unfinished(told)
    return Log(tuple(past.values()), tuple(problems))


def _messages(text: str) -> Iterator[tuple[datetime, str]]:
    """Each message with its time, the lines it goes on in included."""
    at, lines = None, list[str]()
    for line in chain(text.splitlines(), ["[01.01.2000 00:00] end"]):
        found = _LINE.fullmatch(line)
        moment = _moment(found[1]) if found else None
        if found is None or moment is None:
            lines.append(line)
            continue
        if at is not None:
            yield at, "\n".join(lines)[:MAX_MESSAGE]
        at, lines = moment, [found[2]]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _past(at: datetime, key: str, url: str, told: Mapping[str, str]) -> Past | None:
    if not {"title", "model", "request", "answer", "prompt"} <= told.keys():
        return None
    # The prompt stands in the log twice, the second time with a full stop; what follows it there is foreign.
    prompt = commonprefix([told["answer"], told["prompt"]]).strip()  # noqa: RUF071 texts, no paths
    return Past(at, key, told["title"], told["model"], told["request"], prompt, url) if prompt else None


def _unfinished(told: Mapping[str, str]) -> list[str]:
    return [f"“{told['title']}” has no picture in the log."] if "title" in told else []


def find_ids(keys: Iterable[str], newest: date) -> dict[str, str]:
    """The arXiv ids with these keys, among all that there can be up to the month of `newest`, the latest tried first.

    Seven million hashes, some seconds, when a key is none of an arXiv id; far fewer when papers were recent.
    """
    missing, found = set(keys), dict[str, str]()
    base = hashlib.md5(b"https://huggingface.co/papers/", usedforsecurity=False)
    month = month_of(newest)
    while missing and month >= _FIRST_MONTH:
        digits = 5 if month >= _FIVE_DIGITS else 4
        stem = f"{month[2:4]}{month[5:]}."
        prefix = base.copy()
        prefix.update(stem.encode())
        for number in range(1, _MOST[digits] + 1):
            tail = f"{number:0{digits}}"
            trial = prefix.copy()
            trial.update(tail.encode())
            if (key := trial.hexdigest()[:16]) in missing:
                found[key] = stem + tail
                missing.discard(key)
        month = month_from(month, -1)
    return found


def predecessor_recipe(settings: Settings, model: str) -> Recipe:
    """The recipe of a picture whose prompt this chat model wrote; everything else never changed.

    A run with these very settings takes the pictures for its own.
    """
    then = settings.model_copy(
        update={
            **{"writer": "openai", "painter": "fal", "style": "seed", "jpeg_quality": 60},
            **{"openai_model": model, "openai_temperature": 0.8, "openai_reasoning_effort": None},
            "openai_max_completion_tokens": MAX_COMPLETION_TOKENS,  # it set no limit: the recipe says nothing of it
            **{"fal_model": "fal-ai/flux/schnell", "fal_width": 384, "fal_height": 720, "fal_seed": 42},
        }
    )
    return recipe_of(then)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a log."""

    entered: int
    known: int
    """Pictures the catalog had already."""
    files: tuple[str, ...]
    """Parquet files written."""
    problems: tuple[str, ...]


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
        folders = await self._folders()
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
                    made = await self._outcome(one, ids[one.key], recipe, folders.get(one.key), len(outcomes))
                    problems += [made] if isinstance(made, str) else []
                    outcomes += [made] if isinstance(made, Outcome) else []
        return Imported(len(outcomes), known, await self._write(catalog, outcomes), tuple(problems))

    async def _folders(self) -> dict[str, str]:
        """Where the archive's plainly named pictures lie, by key."""
        paths = [entry.path for entry in await self._archive.list(PICTURES)]
        return {path.rpartition("/")[2].removesuffix(".jpg"): path for path in paths}

    async def _outcome(self, one: Past, paper_id: str, recipe: Recipe, path: str | None, rank: int) -> Outcome | str:
        """The row of one picture, which is copied in when it is not there; or why there is none."""
        content, folder = await self._content(one.key, path)
        if content is None:
            return f"{one.key}.jpg is left out: there is no such picture (“{one.title}”)."
        try:
            facts = await asyncio.to_thread(inspect, content)
        except ProviderBroken as error:
            return f"{one.key}.jpg is left out: {error}"
        listing = Listing(source=SOURCE, day=one.at.date(), rank=rank, seen_at=one.at)
        paper = Paper(id=paper_id, title=one.title, abstract=one.abstract, published=folder, listing=listing)
        if path is None:
            path = picture_path(paper)
            await self._archive.put_if_absent(path, content)
        sha = hashlib.sha256(content).hexdigest()
        picture = Picture(path=path, digest=sha, width=facts.width, height=facts.height, bytes=len(content))
        return Outcome(
            paper=paper,
            status=Status.DONE,
            recipe=recipe.fingerprint,
            prompt=_prompt(one),
            painting=_painting(one, recipe, picture),
            picture=picture,
        )

    async def _content(self, key: str, path: str | None) -> tuple[bytes | None, date | None]:
        """The picture's bytes, those of the archive first, and the day of its folder."""
        if path is not None:
            return await self._archive.get(path, max_bytes=MAX_BYTES), folder_day(path.split("/")[1])
        if key not in self._offered:
            return None, None
        place, day = self._offered[key]
        return await asyncio.to_thread(_read, place), day

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
