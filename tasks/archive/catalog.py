"""The catalog: how every picture came to be, as one Parquet file per run and listed day.

Files are never rewritten, though closed months may be put together (`tasks.archive.compact`); of several rows about a
paper and a recipe the newest one holds. All columns are explained in docs/catalog.md.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final, cast

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pydantic import Field

from tasks.archive.layout import CATALOG, catalog_may_hold, catalog_path
from tasks.archive.store import Archive
from tasks.errors import ArchiveError, ArchiveUnavailable
from tasks.models import Original, Outcome, Painting, Paper, Picture, Prompt, Status, Value

MAX_FILE = 256_000_000
_READS_AT_ONCE = 16
_READERS = 4
_LISTINGS = 5
_CHANGING = "The catalog's files are changing; try again in a moment."

_STRINGS: Final = pa.list_(pa.string())
_TIME: Final = pa.timestamp("us", tz="UTC")


class Run(Value):
    """What all rows of a run have in common."""

    id: str = Field(description="the run's id, which names its files: lower-case letters, digits and dashes")
    source: str = Field(description="where the list of papers came from")
    started_at: datetime
    finished_at: datetime
    version: str = Field(description="version of this program")
    min_upvotes: int | None = Field(default=None, description="papers with fewer votes were skipped")
    categories: tuple[str, ...] = Field(default=(), description="the arXiv categories asked for; empty means all")


def _field(name: str, kind: pa.DataType, description: str, nullable: bool = True) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


SCHEMA: Final = pa.schema(
    [
        _field("run", pa.string(), "id of the run that wrote the row", nullable=False),
        _field("run_started_at", _TIME, "when the run began", nullable=False),
        _field("run_finished_at", _TIME, "when the run wrote its rows: the newest row holds", nullable=False),
        _field("program_version", pa.string(), "version of Frontispiece", nullable=False),
        _field("source", pa.string(), "where the list came from: snapshot, arxiv or huggingface", nullable=False),
        _field("run_categories", _STRINGS, "arXiv categories the run asked for; empty means all", nullable=False),
        _field("min_upvotes", pa.int64(), "papers with fewer votes were skipped"),
        _field("list_day", pa.date32(), "day of the list; `day`, the partition, says the same", nullable=False),
        _field("rank", pa.int64(), "place in the list, from 0", nullable=False),
        _field("upvotes", pa.int64(), "votes at `seen_at`, where the source has votes"),
        _field("seen_at", _TIME, "when the source gave this list: the time of the decision", nullable=False),
        _field("paper_key", pa.string(), "the paper's name in the archive, 16 hex digits", nullable=False),
        _field("paper_id", pa.string(), "arXiv id without version", nullable=False),
        _field("paper_version", pa.int64(), "arXiv version that was illustrated, where known"),
        _field("paper_title", pa.string(), "title, in one line", nullable=False),
        _field("paper_authors", _STRINGS, "authors, in the paper's order", nullable=False),
        _field("paper_categories", _STRINGS, "arXiv categories, the primary one first", nullable=False),
        _field("paper_published", pa.date32(), "UTC date of version 1, where known"),
        _field("paper_updated", pa.date32(), "UTC date of the illustrated version, where known"),
        _field("paper_abstract_digest", pa.string(), "SHA-256 of the abstract in UTF-8, hex", nullable=False),
        _field("status", pa.string(), "done, skipped, blocked or failed", nullable=False),
        _field("reason", pa.string(), "kind of error, or why the paper was skipped"),
        _field("message", pa.string(), "the same as one sentence"),
        _field("recipe", pa.string(), "fingerprint of writer, painter and JPEG quality, 16 hex digits", nullable=False),
        _field("cached", _STRINGS, "steps that cost nothing in this run: prompt, painting, picture", nullable=False),
        _field("writer", pa.string(), "kind of writer: template or openai"),
        _field("writer_model", pa.string(), "model that wrote the prompt"),
        _field("writer_request", pa.string(), "exact text sent to the writer"),
        _field("prompt", pa.string(), "what the painter was asked to paint"),
        _field("writer_tokens_in", pa.int64(), "tokens of the request, cached ones included"),
        _field("writer_tokens_cached", pa.int64(), "tokens of the request billed as cached"),
        _field("writer_tokens_out", pa.int64(), "tokens of the answer, reasoning included"),
        _field("writer_request_id", pa.string(), "the provider's id of the call"),
        _field("writer_seconds", pa.float64(), "wall time of the call, seconds"),
        _field("writer_dollars", pa.float64(), "price of the call, US dollars; null when unknown, 0 when free"),
        _field("painter", pa.string(), "kind of painter: lineart, fal or openai-images"),
        _field("painter_model", pa.string(), "model that painted"),
        _field("painter_parameters", pa.string(), "what was asked besides the prompt, as JSON"),
        _field("painter_seed", pa.string(), "seed in decimal digits; it may exceed 64 bits"),
        _field("painter_url", pa.string(), "where the picture was downloaded from"),
        _field("painter_request_id", pa.string(), "the provider's id of the call"),
        _field("painter_seconds", pa.float64(), "from order to delivered bytes, seconds"),
        _field("painter_dollars", pa.float64(), "price of the call, US dollars; null when unknown, 0 when free"),
        _field("painter_nsfw", pa.bool_(), "the provider's own flag, where it gives one"),
        _field("original_digest", pa.string(), "SHA-256 of the bytes the painter sent, hex"),
        _field("original_path", pa.string(), "their place in the archive"),
        _field("original_format", pa.string(), "what they are: png, jpeg or webp"),
        _field("original_width", pa.int32(), "pixels"),
        _field("original_height", pa.int32(), "pixels"),
        _field("original_bytes", pa.int64(), "size in bytes"),
        _field("picture_path", pa.string(), "the archived JPEG's place in the archive"),
        _field("picture_digest", pa.string(), "SHA-256 of the JPEG, hex"),
        _field("picture_width", pa.int32(), "pixels"),
        _field("picture_height", pa.int32(), "pixels"),
        _field("picture_bytes", pa.int64(), "size in bytes"),
    ],
    metadata={"description": "Frontispiece: one row for each paper a run looked at"},
)


def rows(outcomes: Iterable[Outcome], run: Run) -> pa.Table:
    """The outcomes as rows of SCHEMA, failures included."""
    return pa.Table.from_pylist([_row(outcome, run) for outcome in outcomes], schema=SCHEMA)


def merged(files: Mapping[str, bytes]) -> bytes:
    """One Parquet file with the rows of these ones (by path), the oldest first and each once.

    The same rows give the same bytes; columns that only a newer version knows are kept; of no files come no rows.
    Raises ArchiveError for a file that cannot be read.
    """
    tables = [_table(path, content) for path, content in files.items()]
    table = pa.concat_tables([SCHEMA.empty_table(), *tables], promote_options="permissive").sort_by(
        [(name, "ascending") for name in ("run_finished_at", "run", "list_day", "rank", "paper_key", "recipe")]
    )
    seen = zip(*(table[name].to_pylist() for name in ("run", "paper_key", "recipe")), strict=True)
    last = {row: number for number, row in enumerate(seen)}
    file = pa.BufferOutputStream()
    pq.write_table(table.take(pa.array(sorted(last.values()), pa.int64())), file, compression="zstd")
    content: bytes = file.getvalue().to_pybytes()
    return content


def _table(path: str, content: bytes) -> pa.Table:
    try:
        return pq.read_table(pa.py_buffer(content), partitioning=None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ArchiveError(f"The catalog's file {path} cannot be read.") from error


class Catalog:
    """The catalog of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.problems: list[str] = []
        """Files that could not be read and were left out, a sentence each, each once."""

    async def write(self, day: date, run_id: str, outcomes: Sequence[Outcome], run: Run) -> str:
        """Write the rows of one listed day in one piece, and give the file's path. Raises ArchiveError."""
        path = catalog_path(day, run_id)
        file = pa.BufferOutputStream()
        pq.write_table(rows(outcomes, run), file, compression="zstd")
        await self._archive.put(path, file.getvalue().to_pybytes(), durable=True)
        return path

    async def archived(self, keys: Collection[str], recipe: str) -> dict[str, Picture]:
        """The newest archived picture of each of these papers (by key) under this recipe, where there is one.

        All days are looked through: a paper may stand on several lists. Raises ArchiveError.
        """
        return {row.key: row.picture for row in await self._rows_about(keys, recipe) if row.picture is not None}

    async def blocked(self, keys: Collection[str], recipe: str) -> dict[str, str]:
        """Why a provider refuses these papers under this recipe, for those not archived since."""
        newest = {row.key: row for row in await self._rows_about(keys, recipe)}
        return {key: row.message for key, row in newest.items() if row.status is Status.BLOCKED}

    async def stale(self, keys: Collection[str], recipe: str) -> set[str]:
        """Those of these papers that another recipe has made a picture of. Raises ArchiveError."""
        found = await self._of(keys, (pc.field("recipe") != recipe) & (pc.field("status") == Status.DONE.value))
        return set(found["paper_key"].to_pylist())

    async def failed(self, keys: Collection[str], recipe: str) -> set[str]:
        """Those of these papers whose last trip under this recipe failed. Raises ArchiveError."""
        found = await self._of(keys, (pc.field("recipe") == recipe) & (pc.field("status") != Status.SKIPPED.value))
        last = {row["paper_key"]: row["status"] for row in found.sort_by(_OLDEST_FIRST).to_pylist()}
        return {key for key, status in last.items() if status == Status.FAILED}

    async def narrow(
        self, names: Sequence[str], *, first: date = date.min, last: date = date.max, newest: int | None = None
    ) -> list[dict[str, Any]]:
        """A few columns, `list_day` among them, of all rows listed on these days, also while files are compacted.

        With `newest` only so many files are read, those written last. Raises ArchiveError.
        """
        for _ in range(_LISTINGS):
            entries = [each for each in await self._archive.list(CATALOG) if catalog_may_hold(each.path, first, last)]
            if newest is not None:
                entries = sorted(entries, key=lambda each: each.modified)[-newest:]
            with suppress(_FileGone):
                tables = await self._narrow_all([each.path for each in entries], names)
                table = pa.concat_tables([_nothing(names), *tables], promote_options="default")
                chosen = table.filter((pc.field("list_day") >= first) & (pc.field("list_day") <= last))
                return cast("list[dict[str, Any]]", chosen.to_pylist())
        raise ArchiveUnavailable(_CHANGING)

    async def _narrow_all(self, paths: Sequence[str], names: Sequence[str]) -> list[pa.Table]:
        """Faster than a dataset where there are thousands of small files; columns that a file has not are left out."""
        root = self._archive.local_root

        async def fetch(path: str) -> object:
            return pa.py_buffer(await self._archive.get(path, max_bytes=MAX_FILE) or b"")

        def read(path: str, place: object) -> pa.Table:
            try:
                with pq.ParquetFile(place, pre_buffer=False) as file:
                    return file.read(columns=list(names), use_threads=False)
            except FileNotFoundError:
                raise _FileGone from None
            except (pa.ArrowException, OSError, ValueError) as error:
                self._leave_out(path, error)
                return _nothing(names)

        places = [str(root / path) for path in paths] if root else await asyncio.gather(*map(fetch, paths))
        with ThreadPoolExecutor(_READERS) as readers:
            return await asyncio.to_thread(lambda: list(readers.map(read, paths, places)))

    def _leave_out(self, path: str, error: Exception) -> None:
        reason = (str(error).splitlines() or [""])[0].rstrip(".")[:200]
        problem = f"The catalog's file {path} cannot be read and is left out: {reason}."
        if problem not in self.problems:
            self.problems.append(problem)

    async def _rows_about(self, keys: Collection[str], recipe: str) -> "list[_Row]":
        """Rows about these papers that settle something, the newest ones last."""
        settled = pc.field("status").isin([Status.DONE.value, Status.BLOCKED.value])
        found = await self._of(keys, (pc.field("recipe") == recipe) & settled)
        return [_Row.of(row) for row in found.sort_by(_OLDEST_FIRST).to_pylist()]

    async def _of(self, keys: Collection[str], wanted: pc.Expression) -> pa.Table:
        return await self._read_all(wanted & pc.field("paper_key").isin(sorted(keys))) if keys else _NOTHING

    async def _read_all(self, wanted: pc.Expression) -> pa.Table:
        """The wanted rows of the whole catalog, also while `tasks.archive.compact` puts files together."""
        for _ in range(_LISTINGS):
            paths = [entry.path for entry in await self._archive.list(CATALOG) if entry.path.endswith(".parquet")]
            with suppress(_FileGone):
                return await self._read(paths, wanted)
        raise ArchiveUnavailable(_CHANGING)

    async def _read(self, paths: Sequence[str], wanted: pc.Expression) -> pa.Table:
        """The wanted rows of all files; what cannot be read is left out and named in `problems`."""
        if self._archive.local_root is not None:
            try:
                return await asyncio.to_thread(_scan, [self._archive.where(path) for path in paths], wanted)
            except (pa.ArrowException, OSError):
                pass  # one of them is broken: find out which
        lane = asyncio.Semaphore(_READS_AT_ONCE)
        tables = await asyncio.gather(*(self._read_one(path, wanted, lane) for path in paths))
        return pa.concat_tables([_NOTHING, *tables])

    async def _read_one(self, path: str, wanted: pc.Expression, lane: asyncio.Semaphore) -> pa.Table:
        async with lane:
            try:
                content = await self._archive.get(path, max_bytes=MAX_FILE)
                if content is None:
                    raise _FileGone
                return await asyncio.to_thread(_scan_bytes, content, wanted)
            except (pa.ArrowException, OSError, ValueError) as error:
                self._leave_out(path, error)
                return _NOTHING


class _FileGone(Exception):
    """A file went after it was listed: its rows now stand in another one."""


class _Row(Value):
    """What a row says about a paper's standing."""

    key: str
    status: Status
    message: str
    picture: Picture | None

    @classmethod
    def of(cls, row: dict[str, str | int | None]) -> "_Row":
        picture = {name: row[f"picture_{name}"] for name in Picture.model_fields}
        is_whole = row["status"] == Status.DONE and None not in picture.values()
        return cls.model_validate(
            {
                "key": row["paper_key"],
                "status": row["status"],
                "message": row["message"] or "A provider refuses it for its content.",
                "picture": picture if is_whole else None,
            }
        )


_COLUMNS: Final = [
    *("paper_key", "status", "message", "run", "run_finished_at"),
    *(f"picture_{name}" for name in Picture.model_fields),
]


def _nothing(names: Iterable[str]) -> pa.Table:
    """No rows, but these columns."""
    return pa.schema([SCHEMA.field(name) for name in names]).empty_table()


_NOTHING: Final = _nothing(_COLUMNS)


_OLDEST_FIRST: Final = [("run_finished_at", "ascending"), ("run", "ascending")]


def _scan(files: Sequence[str], wanted: pc.Expression) -> pa.Table:
    """One pass over local files, on all cores; raises when any of them is broken."""
    dataset = ds.dataset(list(files), schema=SCHEMA, format="parquet")
    return dataset.to_table(columns=_COLUMNS, filter=wanted)


def _scan_bytes(content: bytes, wanted: pc.Expression) -> pa.Table:
    fragment = ds.ParquetFileFormat().make_fragment(pa.py_buffer(content))
    return fragment.to_table(schema=SCHEMA, columns=_COLUMNS, filter=wanted)


def _row(outcome: Outcome, run: Run) -> dict[str, object]:
    """One row by column; what is missing here is null."""
    return {
        "run": run.id,
        "run_started_at": run.started_at,
        "run_finished_at": run.finished_at,
        "program_version": run.version,
        "source": run.source,
        "run_categories": run.categories,
        "min_upvotes": run.min_upvotes,
        **_about_paper(outcome.paper),
        "status": outcome.status.value,
        "reason": outcome.reason,
        "message": outcome.message,
        "recipe": outcome.recipe,
        "cached": outcome.cached,
        **(_about_prompt(outcome.prompt) if outcome.prompt else {}),
        **(_about_painting(outcome.painting) if outcome.painting else {}),
        **(_prefixed("picture", outcome.picture) if outcome.picture else {}),
    }


def _about_paper(paper: Paper) -> dict[str, object]:
    return {
        "list_day": paper.listing.day,
        "rank": paper.listing.rank,
        "upvotes": paper.listing.upvotes,
        "seen_at": paper.listing.seen_at,
        "paper_key": paper.key,
        "paper_id": paper.id,
        "paper_version": paper.version,
        "paper_title": paper.title,
        "paper_authors": paper.authors,
        "paper_categories": paper.categories,
        "paper_published": paper.published,
        "paper_updated": paper.updated,
        "paper_abstract_digest": hashlib.sha256(paper.abstract.encode()).hexdigest(),
    }


def _about_prompt(prompt: Prompt) -> dict[str, object]:
    return {
        "writer": prompt.writer,
        "writer_model": prompt.model,
        "writer_request": prompt.request,
        "prompt": prompt.text,
        "writer_tokens_in": prompt.tokens_in,
        "writer_tokens_cached": prompt.tokens_cached,
        "writer_tokens_out": prompt.tokens_out,
        "writer_request_id": prompt.request_id,
        "writer_seconds": prompt.seconds,
        "writer_dollars": prompt.dollars,
    }


def _about_painting(painting: Painting) -> dict[str, object]:
    return {
        "painter": painting.painter,
        "painter_model": painting.model,
        "painter_parameters": painting.parameters,
        "painter_seed": painting.seed,
        "painter_url": painting.url,
        "painter_request_id": painting.request_id,
        "painter_seconds": painting.seconds,
        "painter_dollars": painting.dollars,
        "painter_nsfw": painting.nsfw,
        **_prefixed("original", painting.original),
    }


def _prefixed(prefix: str, value: Original | Picture) -> dict[str, object]:
    return {f"{prefix}_{name}": field for name, field in value.model_dump().items()}
