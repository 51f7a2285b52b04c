"""The catalog: how every picture came to be, as one Parquet file per attempt of a run and listed day.

Files are never rewritten, though closed months may be put together (`frontispiece.maintenance.compact`); which of
several rows about a paper and a recipe holds is said in `frontispiece.archive.precedence`. All columns are explained in
docs/catalog.md.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pydantic import Field

from frontispiece.archive.paid_calls import FIELDS, paid_call_rows
from frontispiece.archive.paths import catalog_may_hold, catalog_month, catalog_path
from frontispiece.archive.precedence import AGE, IDENTITY
from frontispiece.archive.reader import BROKEN, MAX_FILE, Reader
from frontispiece.archive.store import Archive
from frontispiece.archive.views import STANDING, TALLIES, narrowed
from frontispiece.errors import ArchiveError
from frontispiece.models import CallState, Check, Original, Outcome, PaidCall, Painting, Paper, Picture, Prompt, Value
from frontispiece.money import known

MAX_ATTEMPTS: Final = 1000
"""So many files one run may write about a day."""
_STRINGS: Final = pa.list_(pa.string())
PURCHASES: Final = pa.list_(pa.struct(list(FIELDS)))
_TIME: Final = pa.timestamp("us", tz="UTC")


class Run(Value):
    """What all rows of a run have in common."""

    id: str = Field(description="the run's id, which names its files: lower-case letters, digits and dashes")
    attempt: int = Field(default=1, ge=1, description="which attempt it is: a run that is tried again keeps its id")
    source: str = Field(description="where the list of papers came from")
    started_at: datetime
    finished_at: datetime
    version: str = Field(description="version of this program")
    min_upvotes: int | None = Field(default=None, description="papers with fewer votes were skipped")
    categories: tuple[str, ...] = Field(default=(), description="the arXiv categories asked for; empty means all")
    list_length: int | None = Field(
        default=None, description="papers on the day's list when it was read; 0: single papers; None: unknown"
    )


def _field(name: str, kind: pa.DataType, description: str, nullable: bool = True) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


SCHEMA: Final = pa.schema(
    [
        _field("run", pa.string(), "id of the run that wrote the row", nullable=False),
        _field("run_started_at", _TIME, "when the run began", nullable=False),
        _field("run_finished_at", _TIME, "when the run wrote its rows: the newest row holds", nullable=False),
        _field("program_version", pa.string(), "version of Frontispiece", nullable=False),
        _field("source", pa.string(), "where the list came from, such as arxiv-oai", nullable=False),
        _field("run_categories", _STRINGS, "arXiv categories the run asked for; empty means all", nullable=False),
        _field("min_upvotes", pa.int64(), "papers with fewer votes were skipped"),
        _field("list_day", pa.date32(), "day of the list; `day`, the partition, says the same", nullable=False),
        _field("list_length", pa.int64(), "papers on the list then, looked at or not; 0 in a run of single papers"),
        _field("rank", pa.int64(), "place in the list, from 0", nullable=False),
        _field("upvotes", pa.int64(), "votes at `seen_at`, where the source has votes"),
        _field("summary", pa.string(), "what the list itself says of the paper in short, where it does"),
        _field("summary_by", pa.string(), "whose words these are, such as an AI at Hugging Face"),
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
        _field(
            "cached", _STRINGS, "steps that cost nothing in this run: prompt, painting, check, picture", nullable=False
        ),
        _field("writer", pa.string(), "kind of writer, such as openai"),
        _field("writer_model", pa.string(), "model that wrote the prompt"),
        _field("writer_request", pa.string(), "exact text sent to the writer"),
        _field("prompt", pa.string(), "what the painter was asked to paint"),
        _field("writer_tokens_in", pa.int64(), "tokens of the request, cached ones included"),
        _field("writer_tokens_cached", pa.int64(), "tokens of the request billed as cached"),
        _field("writer_tokens_out", pa.int64(), "tokens of the answer, reasoning included"),
        _field("writer_request_id", pa.string(), "the provider's id of the call"),
        _field("writer_seconds", pa.float64(), "wall time of the call, seconds"),
        _field("writer_dollars", pa.float64(), "price of the call, US dollars; null when unknown, 0 when free"),
        _field("painter", pa.string(), "kind of painter, such as fal"),
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
        _field("original_dhash", pa.string(), "what it looks like, 256 bits in hex: few of them differ in look-alikes"),
        _field("original_vector", pa.string(), "place of the same picture as SVG, of painters that draw in strokes"),
        _field("checker", pa.string(), "who looked whether the label reads, such as tesseract; null: nobody"),
        _field("checker_model", pa.string(), "model or program that read it"),
        _field("label_wanted", pa.string(), "the words that the label is to show"),
        _field("label_read", pa.string(), "the words that were read on the picture"),
        _field("label_score", pa.float64(), "how much of the wanted words was read: from 0 to 1"),
        _field("label_reads", pa.bool_(), "whether that is enough"),
        _field("critic_label", pa.int64(), "a critic's mark for the label, from 0 to 10; null: none was asked"),
        _field("critic_faithfulness", pa.int64(), "its mark for how well the picture fits the paper"),
        _field("critic_readability", pa.int64(), "its mark for how well the picture is understood at a glance"),
        _field("critic_style", pa.int64(), "its mark for the style"),
        _field("critic_reasons", pa.string(), "its reasons, a line for each mark"),
        _field("critic_advice", pa.string(), "the prompt as it would have it; null: as it is"),
        _field("checker_tokens_in", pa.int64(), "tokens of the request, the picture's included"),
        _field("checker_tokens_out", pa.int64(), "tokens of the answer, reasoning included"),
        _field("checker_request_id", pa.string(), "the provider's id of the call"),
        _field("checker_seconds", pa.float64(), "wall time of the reading, seconds"),
        _field("checker_dollars", pa.float64(), "price of the call, US dollars; null when unknown, 0 when free"),
        _field("picture_path", pa.string(), "the archived JPEG's place in the archive"),
        _field("picture_digest", pa.string(), "SHA-256 of the JPEG, hex"),
        _field("picture_width", pa.int32(), "pixels"),
        _field("picture_height", pa.int32(), "pixels"),
        _field("picture_bytes", pa.int64(), "size in bytes"),
        _field("resembles", pa.string(), "id of a paper whose picture looks nearly the same; only a remark"),
        _field("purchases", PURCHASES, "all paid calls that led here, whoever made them; null in rows of no run"),
        _field("wasted_calls", _STRINGS, "answers this run paid for and are of no use, by attempt in the journal"),
        _field("wasted_dollars", pa.float64(), "what they cost, US dollars, as far as prices are known"),
        _field("wasted_unpriced", pa.int64(), "how many of them have an unknown price"),
        _field("writer_lost_seconds", pa.float64(), "wall time of the run's calls that came to no prompt, seconds"),
        _field(
            "painter_lost_seconds", pa.float64(), "wall time of those that came to no picture, from order to failure"
        ),
        _field("checker_lost_seconds", pa.float64(), "wall time of those that came to no verdict, seconds"),
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
        [(name, "ascending") for name in (*AGE, "rank", "paper_key", "recipe")]
    )
    seen = zip(*(table[name].to_pylist() for name in IDENTITY), strict=True)
    last = {row: number for number, row in enumerate(seen)}
    file = pa.BufferOutputStream()
    pq.write_table(table.take(pa.array(sorted(last.values()), pa.int64())), file, compression="zstd")
    return bytes(file.getvalue().to_pybytes())


def _table(path: str, content: bytes) -> pa.Table:
    try:
        table = pq.read_table(pa.py_buffer(content), partitioning=None)
        pa.unify_schemas([SCHEMA, table.schema.remove_metadata()], promote_options="permissive")
        table.select(IDENTITY)
    except BROKEN as error:
        raise ArchiveError(f"The catalog's file {path} cannot be read.") from error
    return table


class Standing(Value):
    """How a paper stands under one recipe, by all its rows on whatever lists."""

    picture: Picture | None = Field(default=None, description="its newest archived picture; later failures leave it")
    refusal: str | None = Field(default=None, description="why a provider refuses it, where no picture was made since")
    failed: bool = Field(default=False, description="whether its last attempt failed")
    stale: bool = Field(default=False, description="whether another recipe has made a picture of it")


class Tally(Value):
    """One day of a source. All numbers but `stale` are papers under one recipe."""

    day: date
    listed: int = Field(default=0, description="papers that were on the list at any time")
    unseen: int = Field(default=0, description="those of them that no run has looked at, as after a run with a limit")
    is_read: bool = Field(default=False, description="whether the list, as it was last seen, was looked at in full")
    wanted: int = Field(default=0, description="papers that were looked at and have enough votes")
    prompted: int = Field(default=0, description="papers with a prompt")
    painted: int = Field(default=0, description="papers with a painting")
    archived: int = Field(default=0, description="papers with a picture")
    failed: int = Field(default=0, description="papers without a picture or a refusal that failed")
    blocked: int = Field(default=0, description="papers a provider refuses for their content")
    stale: int = Field(default=0, description="papers whose only pictures are by other recipes")
    left: int = Field(default=0, description="archived papers that have gone from the list since")
    run: str | None = Field(default=None, description="the newest run over this day")


class Catalog:
    """The catalog of one archive."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.reader = Reader(archive, SCHEMA)

    @property
    def problems(self) -> list[str]:
        """Files that could not be read and were left out, a sentence each, each once."""
        return self.reader.problems

    async def write(self, day: date, run_id: str, outcomes: Sequence[Outcome], run: Run) -> str:
        """Write the rows of one listed day in one piece, and give the file's path. Raises ArchiveError.

        What another attempt of the run has written stays: these rows get a file beside it. A retry's has a name of its
        own even where the first file was put together with others since. The same rows written again, as when the
        answer to the first writing was lost, stay in the file they are in.
        """
        file = pa.BufferOutputStream()
        pq.write_table(rows(outcomes, run), file, compression="zstd")
        content = file.getvalue().to_pybytes()
        for number in range(run.attempt, run.attempt + MAX_ATTEMPTS):
            path = catalog_path(day, run_id, number)
            if await self.archive.put_if_absent(path, content) or await self.archive.get(path, MAX_FILE) == content:
                return path
        raise ArchiveError(f"The run {run_id} has {MAX_ATTEMPTS:,} files of {day} in the catalog, and gets no more.")

    async def standing(self, keys: Collection[str], recipe: str) -> dict[str, Standing]:
        """How each of these papers (by key) stands under this recipe; one without rows has the default.

        All days are looked through: a paper may stand on several lists. Raises ArchiveError.
        """
        if not keys:
            return {}
        asked = {"keys": sorted(set(keys)), "recipe": recipe}
        found = await self.reader.ask(STANDING, asked)
        known = {row.pop("paper_key"): Standing.model_validate(row) for row in found}
        return {key: known.get(key) or Standing() for key in keys}

    async def archived(self, keys: Collection[str], recipe: str) -> dict[str, Picture]:
        """The newest archived picture of each of these papers under this recipe, where there is one.

        Raises ArchiveError.
        """
        return {key: each.picture for key, each in (await self.standing(keys, recipe)).items() if each.picture}

    async def tallies(
        self, first: date, last: date, source: str, recipe: str, categories: Sequence[str] = ()
    ) -> list[Tally]:
        """How the papers of these days stand: one for each day of which a run has looked at this source's list.

        With `categories` the list meant is that of the papers in any of them: runs that asked for fewer have read only
        a part of it. Raises ArchiveError.
        """

        def year(path: str) -> str | None:
            # A day's rows stand in files of its month, and what is counted side by side should be little.
            return str(catalog_month(path))[:4] if catalog_may_hold(path, first, last) else None

        asked = {"first": first, "last": last, "source": source, "recipe": recipe, "categories": list(categories)}
        return [Tally.model_validate(row) for row in await self.reader.ask(TALLIES, asked, year)]

    async def narrow(
        self,
        names: Sequence[str],
        *,
        first: date = date.min,
        last: date = date.max,
        newest: int | None = None,
        keys: Collection[str] | None = None,
    ) -> list[dict[str, Any]]:
        """A few columns of all rows listed on these days, also while files are compacted: a row may come twice.

        With `newest` only files of so many days are read, those written last; with `keys` only rows about these papers
        come back. Raises ArchiveError.
        """
        asked: dict[str, object] = {"first": first, "last": last}
        if keys is not None:
            asked["keys"] = sorted(keys)
        sql = narrowed(names, by_keys=keys is not None)
        return await self.reader.ask(
            sql, asked, lambda path: "" if catalog_may_hold(path, first, last) else None, newest
        )


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
        "list_length": run.list_length,
        **_about_paper(outcome.paper),
        "status": outcome.status.value,
        "reason": outcome.reason,
        "message": outcome.message,
        "recipe": outcome.recipe,
        "cached": outcome.cached,
        "resembles": outcome.resembles,
        **(_about_prompt(outcome.prompt) if outcome.prompt else {}),
        **(_about_painting(outcome.painting) if outcome.painting else {}),
        **(_about_check(outcome.check) if outcome.check else {}),
        **(_prefixed("picture", outcome.picture) if outcome.picture else {}),
        "purchases": None if outcome.purchases is None else paid_call_rows(outcome.purchases),
        **_about_waste([call for call in outcome.bought if call.state is CallState.REFUSED]),
        "writer_lost_seconds": outcome.lost_seconds.get("prompt", 0.0),
        "painter_lost_seconds": outcome.lost_seconds.get("painting", 0.0),
        "checker_lost_seconds": outcome.lost_seconds.get("check"),
    }


def _about_paper(paper: Paper) -> dict[str, object]:
    summary = paper.listing.summary
    return {
        "list_day": paper.listing.day,
        "rank": paper.listing.rank,
        "upvotes": paper.listing.upvotes,
        "summary": summary and summary.text,
        "summary_by": summary and summary.by,
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


def _about_check(check: Check) -> dict[str, object]:
    call = ("model", "tokens_in", "tokens_out", "request_id", "seconds", "dollars")
    return {
        "checker": check.checker,
        **{f"checker_{name}": getattr(check, name) for name in call},
        **{f"label_{name}": getattr(check, name) for name in ("wanted", "read", "score", "reads")},
        **{f"critic_{each.about}": each.mark for each in check.marks},
        "critic_reasons": "\n".join(f"{each.about}: {each.reason}" for each in check.marks) or None,
        "critic_advice": check.advice or None,
    }


def _about_waste(wasted: Sequence[PaidCall]) -> dict[str, object]:
    if not wasted:
        return {}
    prices = [call.dollars for call in wasted]
    return {
        "wasted_calls": sorted(call.attempt for call in wasted),
        "wasted_dollars": known(prices),
        "wasted_unpriced": prices.count(None),
    }


def _prefixed(prefix: str, value: Original | Picture) -> dict[str, object]:
    return {f"{prefix}_{name}": field for name, field in value.model_dump().items()}
