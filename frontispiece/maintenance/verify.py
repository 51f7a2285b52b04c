"""Does the archive agree with itself? Catalog, pictures, originals and journal, each against the others."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

from pydantic import Field

from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.duplicates import no_picture
from frontispiece.archive.folder import Entry, Stranger
from frontispiece.archive.images import MAX_BYTES, Provenance, inspect, read_provenance
from frontispiece.archive.paths import CATALOG, ORIGINALS, PICTURES, ROOMS, catalog_files_of, is_ours
from frontispiece.archive.precedence import NEWEST_FIRST
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError, ProviderError
from frontispiece.models import Value
from frontispiece.purchases.entries import Phase, State
from frontispiece.purchases.overview import paintings, paper_of, read_journal
from frontispiece.text import MAX_QUOTE, counted, one_line

_READS_AT_ONCE = 16

# The newest row of each file: a picture made anew lies where the earlier one did.
_ROWS: Final = f"""
SELECT picture_path, picture_digest, picture_bytes, picture_width, picture_height, paper_id, run, list_day
FROM pictures QUALIFY row_number() OVER (PARTITION BY picture_path ORDER BY {NEWEST_FIRST}) = 1
ORDER BY picture_path
"""  # noqa: S608 constants
# What each row that holds says of its file, be there a newer row about it by another recipe.
_RECIPES: Final = f"""
SELECT picture_path, recipe, run, list_day FROM latest
WHERE status = 'done' AND picture_path IS NOT NULL ORDER BY {NEWEST_FIRST}
"""  # noqa: S608 constants
_ORIGINALS: Final = "SELECT DISTINCT original_path, original_bytes, original_digest FROM pictures"


class Finding(Value):
    """Something that is wrong, and how to mend it."""

    about: str = Field(description="the file, or the paid call's key")
    wrong: str = Field(description="what is wrong, one sentence")
    mend: str = Field(description="what to do, one sentence")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and what is wrong with it."""

    rows: int
    """Rows of the catalog that say where a picture lies."""
    pictures: int
    """Files below pictures/."""
    calls: int
    """Paid calls in the journal."""
    findings: list[Finding]
    strangers: list[Stranger]
    """What lies among its files and is none of them."""


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    digest: str
    size: int
    width: int
    height: int
    paper: str
    run: str
    day: date


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a row says of who made a file."""

    recipe: str
    run: str
    day: date


@dataclass(frozen=True, slots=True)
class _Present:
    """What the archive holds, by path."""

    pictures: Mapping[str, Entry]
    catalog: Collection[str]
    claims: Mapping[str, Sequence[_Claim]]


async def verify(archive: Archive) -> Verdict:
    """Compare the catalog's rows, the files and the journal; reads every picture. Raises ArchiveError."""
    present, strangers = dict[str, dict[str, Entry]](), list[Stranger]()
    for room in ROOMS:
        own, others = await archive.survey(room)
        present[room] = {entry.path: entry for entry in own}
        strangers += others
    files = present[PICTURES]
    journal = await read_journal(archive)
    async with open_records(archive) as records:
        rows = [_Row(*row) for row in records.ask(_ROWS).rows]  # type: ignore[arg-type] # DuckDB's rows are untyped
        known = {str(path): (size, str(digest)) for path, size, digest in records.ask(_ORIGINALS).rows}
        claims = defaultdict[str, list[_Claim]](list)
        for path, *claim in records.ask(_RECIPES).rows:
            claims[str(path)].append(_Claim(*claim))  # type: ignore[arg-type] # DuckDB's rows are untyped
        findings = _about_catalog(problem for problem in records.problems if problem not in map(str, strangers))
    if files and not rows:  # all that follows would be wrong, and mended at once
        findings.append(
            Finding(
                about="catalog",
                wrong=f"It tells of none, and {counted(len(files), 'picture is', 'pictures are')} in the archive.",
                mend="`frontispiece rebuild` enters what pictures and journal tell, `frontispiece import-log` an old "
                "log's; then look again.",
            )
        )
        return Verdict(0, len(files), len(journal), findings, strangers)
    known_files = _Present(files, present[CATALOG], claims)
    lane = asyncio.Semaphore(_READS_AT_ONCE)
    looked = await asyncio.gather(*(_about_row(row, known_files, archive, lane) for row in rows))
    findings += chain.from_iterable(looked)
    findings += _about_files(files.keys() - {row.path for row in rows})
    findings += _about_originals(known, present[ORIGINALS])
    findings += _about_journal(journal, {digest for _, digest in known.values()})
    return Verdict(len(rows), len(files), len(journal), findings, strangers)


def _about_catalog(problems: Iterable[str]) -> list[Finding]:
    mend = "Delete that file, then run `frontispiece rebuild`."
    return [Finding(about="catalog", wrong=problem, mend=mend) for problem in problems]


async def _about_row(row: _Row, present: _Present, archive: Archive, lane: asyncio.Semaphore) -> list[Finding]:
    """The first thing that is wrong with a row's file, or else who claims to have made it and has not."""
    by_the_same = f"`frontispiece paper {row.paper}` with the same writer, painter and style"
    again = f"{by_the_same} makes it again; what was bought is kept"
    if not is_ours(row.path):
        said = f"The catalog's row of the run {row.run} names this as a picture; no picture has such a path."
        mend = f"Delete {_files_of(row, present)}, then run `frontispiece rebuild`."
        return [Finding(about=one_line(row.path, MAX_QUOTE), wrong=said, mend=mend)]
    if row.path not in present.pictures:
        mend = f"{again}; what else stands in its place has to be moved away first."
        return [Finding(about=row.path, wrong="The catalog names it, but there is no such file.", mend=mend)]
    async with lane:
        try:
            content = await archive.get(row.path, max_bytes=MAX_BYTES) or b""
        except ArchiveError as error:
            return [Finding(about=row.path, wrong=str(error), mend=f"If you cannot mend that, delete it; {again}.")]
        wrong = await in_a_picture_thread(_flaw, row, content)
        if wrong is None:
            return _about_claims(row.path, await asyncio.to_thread(read_provenance, content), present)
    opens = await in_a_picture_thread(_opens, content)
    if opens:
        mend = (
            "If you changed it on purpose, and it still tells its story, `frontispiece rebuild` enters it as it is; "
            f"else delete it, then {again}."
        )
        return [Finding(about=row.path, wrong=wrong, mend=mend)]
    return [Finding(about=row.path, wrong=wrong, mend=f"Delete it, then {again}.")]


def _about_claims(path: str, story: Provenance | None, present: _Present) -> list[Finding]:
    """Rows that contradict what the picture says of itself; one of the predecessor's says nothing."""
    return [
        Finding(
            about=path,
            wrong=f"The catalog's row of the run {claim.run} says that the recipe {claim.recipe} made it; by its own "
            f"story {story.painter} did, with the recipe {story.recipe}.",
            mend=f"Delete {_files_of(claim, present)}, then run `frontispiece rebuild`, "
            "and `frontispiece import-log` again for what came from a log.",
        )
        for claim in present.claims.get(path, ())
        if story is not None and story.recipe != claim.recipe
    ]


def _files_of(row: _Row | _Claim, present: _Present) -> str:
    return " and ".join(catalog_files_of(row.run, row.day, present.catalog))


def _flaw(row: _Row, content: bytes) -> str | None:
    if hashlib.sha256(content).hexdigest() == row.digest:
        return None
    try:
        facts = inspect(content)
    except ProviderError:
        return f"It cannot be opened: {counted(len(content), 'byte')}, where the catalog says {row.size:,}."
    if (facts.width, facts.height) != (row.width, row.height):
        return f"It has {facts.width}x{facts.height} pixels, where the catalog says {row.width}x{row.height}."
    return (
        f"It is not the file that was archived: {counted(len(content), 'byte')}, where the catalog says {row.size:,}."
    )


def _opens(content: bytes) -> bool:
    try:
        inspect(content)
    except ProviderError:
        return False
    return True


def _about_files(paths: Iterable[str]) -> list[Finding]:
    mend = (
        "A run that was cut off enters it when the same is run again; else `frontispiece rebuild` does, or "
        "`frontispiece import-log` for an old log's. What none of them takes may be deleted."
    )
    return [Finding(about=path, wrong="The catalog has no row about this file.", mend=mend) for path in sorted(paths)]


def _about_originals(known: Mapping[str, tuple[object, str]], originals: Mapping[str, Entry]) -> list[Finding]:
    """Originals may have been pruned; those that are there must be whole."""
    return [
        Finding(
            about=path,
            wrong=f"It has {counted(originals[path].size, 'byte')}, where the catalog says {size:,}.",
            mend="Delete it: its picture is archived, and a run that needs it fetches or paints it again.",
        )
        for path, (size, _) in sorted(known.items())
        if path in originals and originals[path].size != size
    ]


def _about_journal(journal: Mapping[str, State], recorded: set[str]) -> list[Finding]:
    """Paid calls that nobody has finished, and deliveries that never became a picture."""
    findings = []
    for key, state in sorted(journal.items()):
        paper = paper_of(state)
        finish = f"`frontispiece paper {paper}`" if paper else "A run over the same papers"
        if state.phase in (Phase.CALLING, Phase.ORDERED, Phase.IN_DOUBT):
            findings.append(
                Finding(
                    about=f"journal/{key}",
                    wrong=f"The paid call “{state.what or 'unknown'}” is {state.phase} and not finished.",
                    mend=f"If no run is going on, {finish} with the same writer, painter and style finishes it.",
                )
            )
    return findings + _about_deliveries(journal, recorded)


def _about_deliveries(journal: Mapping[str, State], recorded: set[str]) -> list[Finding]:
    """Of a painting that shows nothing no picture is made, and none is missing."""
    return [
        Finding(
            about=painting.original.path,
            wrong="The journal says it was bought, but the catalog has no picture of it.",
            mend="If no run is going on, a run over the same papers makes the picture and buys nothing; "
            "when the picture is there, `frontispiece rebuild` enters it.",
        )
        for digest, painting in sorted(paintings(journal).items())
        if digest not in recorded and no_picture(painting.original) is None
    ]
