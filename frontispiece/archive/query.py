"""SQL over the catalog, by DuckDB: read-only, and without a way to any file or to the network.

Looking at the statement is not enough: DuckDB 2 writes a file in what its parser calls a SELECT
(`WITH x AS (COPY … TO …) …`), and runs SQL that stands in a text (`json_execute_serialized_sql`). So the connection
that answers has no files at all: it is handed the rows, by Arrow, and what it gives is written by another one.

Views, each row once even while files are being compacted:

    outcomes   every row of the catalog: one paper in one attempt of a run
    pictures   those outcomes that made a picture; where a run came by it several times, the first
    latest     for each paper and recipe the outcome that holds (`frontispiece.archive.precedence`)
    runs       one row a run, whatever its attempts: papers by the outcome that holds in it, dollars of all its calls
    purchases  every paid call once, for the run that made it, whether it wrote a row or was killed before

Besides the columns of the catalog the first three have `day` (of the list), `month` (of the run), `dollars` (what the
run spent on the paper, in one of its rows, with those for answers of no use), `unpriced` (calls of unknown price) and
`seconds` (of the calls that this row is the first to tell of, and of those that came to nothing). All dollars come from
`purchases`; sums of them are rounded to billionths, for their last digit hangs on the order of the rows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]
from pyarrow.fs import LocalFileSystem  # type: ignore[import-untyped]

from frontispiece.archive.catalog import SCHEMA
from frontispiece.archive.exports import FileFormat, export
from frontispiece.archive.folder import Entry
from frontispiece.archive.paid_calls import entered
from frontispiece.archive.precedence import AS_READ, HOLDS_FIRST, ONE_ROW
from frontispiece.archive.reader import FileGone, Reader, columns_of, looks
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveUnavailable, BadInput
from frontispiece.models import CallState
from frontispiece.scratch import Scratch

T = TypeVar("T")

MAX_ROWS: Final = 5_000_000
"""So many rows an answer may have that is handed over in memory."""
# What anybody may ask is bounded: what does not fit into memory waits on the disk.
_MEMORY, _SPILLED = "1GB", "20GB"

_EXPLAIN: Final = re.compile(r"\s*EXPLAIN\b(?:\s+ANALYZE\b)?", re.IGNORECASE)
_ONLY: Final = "A query is one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN of a SELECT); nothing else is run."

# Whether this row is the first to tell of a call, by all that its own columns say.
_WROTE: Final = """writer IS NOT NULL AND row_number() OVER (
    PARTITION BY paper_key, writer_model, writer_request_id, writer_seconds
    ORDER BY list_contains(cached, 'prompt'), run_finished_at, run, list_day
) = 1"""
_PAINTED: Final = """painter IS NOT NULL AND row_number() OVER (
    PARTITION BY paper_key, painter_model, painter_request_id, painter_seconds
    ORDER BY list_contains(cached, 'painting'), run_finished_at, run, list_day
) = 1"""
_CHECKED: Final = """checker IS NOT NULL AND row_number() OVER (
    PARTITION BY paper_key, checker_model, checker_request_id, checker_seconds
    ORDER BY list_contains(cached, 'check'), run_finished_at, run, list_day
) = 1"""
# Of the rows of a run about a paper the one that says what was spent on it.
_SPENT_HERE: Final = """row_number() OVER (
    PARTITION BY run, paper_id ORDER BY status = 'done' DESC, run_finished_at, len(cached), list_day, recipe
) = 1"""
_ON_THE_BILL: Final = "state IN ('delivered', 'refused')"

# Rows of earlier versions name no calls, so theirs follow from the other columns: `mark` is what tells a call from
# others of its paper, here and where the journal is known.
_PURCHASES: Final = f"""
CREATE SCHEMA parts;

CREATE VIEW parts.once AS SELECT {AS_READ} FROM files QUALIFY row_number() OVER (PARTITION BY {ONE_ROW}) = 1;

CREATE VIEW parts.journalled AS
SELECT *, CASE state WHEN 'delivered' THEN coalesce(request_id, seconds::VARCHAR) ELSE attempt END AS mark
FROM (SELECT unnest(purchases, max_depth := 2) FROM files UNION ALL BY NAME FROM entered)
QUALIFY row_number() OVER (
    PARTITION BY call ORDER BY list_position({list(map(str, CallState))}, state), dollars IS NULL
) = 1;

CREATE VIEW parts.told AS
WITH unnamed AS (SELECT * FROM files WHERE purchases IS NULL),
calls AS (
    SELECT 'prompt' AS kind, paper_id, run, run_started_at AS made_at, 'delivered' AS state, writer_dollars AS dollars,
        writer_request_id AS request_id, writer_seconds AS seconds,
        coalesce(request_id, nullif(seconds, 0)::VARCHAR, 'prompt of ' || recipe) AS mark,
        list_contains(cached, 'prompt') AS was_there, run_finished_at, list_day
    FROM unnamed WHERE writer IS NOT NULL AND writer_dollars IS DISTINCT FROM 0
    UNION ALL BY NAME
    SELECT 'painting' AS kind, paper_id, run, run_started_at AS made_at, 'delivered' AS state,
        painter_dollars AS dollars, painter_request_id AS request_id, painter_seconds AS seconds,
        coalesce(request_id, nullif(seconds, 0)::VARCHAR, 'painting of ' || recipe) AS mark,
        list_contains(cached, 'painting') AS was_there, run_finished_at, list_day
    FROM unnamed WHERE painter IS NOT NULL AND painter_dollars IS DISTINCT FROM 0
    UNION ALL BY NAME
    SELECT '' AS kind, paper_id, run, run_started_at AS made_at, 'refused' AS state,
        CASE WHEN number > wasted_unpriced THEN wasted_dollars / (len(wasted_calls) - wasted_unpriced) END AS dollars,
        wasted_calls[number] AS mark, false AS was_there, run_finished_at, list_day
    FROM (SELECT *, unnest(generate_series(1, len(wasted_calls))) AS number FROM unnamed)
)
SELECT * FROM calls QUALIFY row_number() OVER (
    PARTITION BY paper_id, mark ORDER BY was_there, run_finished_at, run, list_day
) = 1;

CREATE VIEW purchases AS
WITH known AS (FROM parts.journalled), told AS (FROM parts.told)
SELECT call, kind, paper_id, run, made_at, strftime(made_at, '%Y-%m') AS month, state, dollars, request_id, seconds
FROM (
    SELECT known.* REPLACE (
        coalesce(known.run, told.run) AS run, coalesce(told.made_at, known.made_at) AS made_at
    )
    FROM known LEFT JOIN told USING (paper_id, mark) WHERE known.state <> '{CallState.FREE}'
    UNION ALL BY NAME
    SELECT *, kind || ' ' || mark AS call FROM told ANTI JOIN known USING (paper_id, mark)
);

CREATE VIEW parts.spent AS
SELECT run, paper_id,
    coalesce(round(sum(dollars) FILTER ({_ON_THE_BILL}), 9), 0) AS dollars,
    count(*) FILTER ({_ON_THE_BILL} AND dollars IS NULL) AS unpriced
FROM purchases GROUP BY ALL;
"""  # noqa: S608 constants of this file

_VIEWS: Final = f"""
{_PURCHASES}
CREATE VIEW outcomes AS
WITH counted AS (
    SELECT *, {_WROTE} AS wrote, {_PAINTED} AS painted, {_CHECKED} AS checked,
        {_SPENT_HERE} AS spent_here
    FROM parts.once
)
SELECT counted.* EXCLUDE (wrote, painted, checked, spent_here),
    list_day AS day,
    strftime(run_started_at, '%Y-%m') AS month,
    CASE WHEN spent_here THEN coalesce(spent.dollars, 0) ELSE 0 END AS dollars,
    CASE WHEN wrote THEN writer_seconds ELSE 0 END
        + CASE WHEN painted THEN painter_seconds ELSE 0 END
        + CASE WHEN checked THEN checker_seconds ELSE 0 END
        + coalesce(writer_lost_seconds, 0) + coalesce(painter_lost_seconds, 0) + coalesce(checker_lost_seconds, 0)
        AS seconds,
    CASE WHEN spent_here THEN coalesce(spent.unpriced, 0) ELSE 0 END AS unpriced
FROM counted LEFT JOIN parts.spent USING (run, paper_id);

CREATE VIEW pictures AS
SELECT * FROM outcomes WHERE status = 'done' AND picture_path IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY run, paper_key, recipe, picture_digest ORDER BY run_finished_at, len(cached), list_day
) = 1;

CREATE VIEW latest AS
SELECT * FROM outcomes
QUALIFY row_number() OVER (PARTITION BY paper_key, recipe ORDER BY {HOLDS_FIRST}) = 1;

CREATE VIEW runs AS
WITH marked AS (
    SELECT *, row_number() OVER (PARTITION BY run, paper_key, recipe ORDER BY {HOLDS_FIRST}) = 1 AS holds
    FROM parts.once
), recorded AS (
    SELECT run, any_value(source) AS source, min(run_started_at) AS started_at, max(run_finished_at) AS finished_at,
        count(*) FILTER (holds) AS papers,
        count(*) FILTER (holds AND status = 'done') AS pictures,
        count(*) FILTER (holds AND status = 'skipped') AS skipped,
        count(*) FILTER (holds AND status = 'blocked') AS blocked,
        count(*) FILTER (holds AND status = 'failed') AS failed,
        max_by(program_version, run_finished_at) AS program_version
    FROM marked GROUP BY run
), paying AS (
    SELECT run, min(made_at) AS first_call,
        round(sum(dollars) FILTER ({_ON_THE_BILL}), 9) AS dollars,
        count(*) FILTER ({_ON_THE_BILL} AND dollars IS NULL) AS unpriced,
        round(sum(dollars) FILTER (state = '{CallState.IN_DOUBT}'), 9) AS in_doubt,
        count(*) FILTER (state = '{CallState.IN_DOUBT}') AS doubts
    FROM purchases GROUP BY run
)
SELECT run, source, coalesce(started_at, first_call) AS started_at, finished_at,
    coalesce(papers, 0) AS papers, coalesce(pictures, 0) AS pictures, coalesce(skipped, 0) AS skipped,
    coalesce(blocked, 0) AS blocked, coalesce(failed, 0) AS failed,
    coalesce(dollars, 0) AS dollars, coalesce(unpriced, 0) AS unpriced,
    coalesce(in_doubt, 0) AS in_doubt, coalesce(doubts, 0) AS doubts, program_version
FROM recorded FULL JOIN paying USING (run);
"""  # noqa: S608 constants of this file

STATS: Final = f"""
WITH kinds AS (
    SELECT month, reason, count(*) AS times FROM outcomes WHERE status IN ('failed', 'blocked') GROUP BY ALL
), failures AS (
    SELECT month, string_agg(reason || ' ' || times, ', ' ORDER BY times DESC, reason) AS kinds
    FROM kinds GROUP BY month
), worked AS (
    SELECT month,
        count(DISTINCT paper_key) AS papers,
        count(DISTINCT (run, paper_key, recipe)) FILTER (status = 'done') AS pictures,
        quantile_cont(seconds, 0.5) FILTER (status = 'done' AND seconds > 0) AS p50,
        quantile_cont(seconds, 0.95) FILTER (status = 'done' AND seconds > 0) AS p95,
        sum(len(cached))::BIGINT AS cache_hits,
        count(*) FILTER (status = 'done' AND resembles IS NOT NULL) AS alike
    FROM outcomes GROUP BY month
), paid AS (
    SELECT month,
        round(sum(dollars) FILTER ({_ON_THE_BILL}), 9) AS dollars,
        round(sum(dollars) FILTER (state = '{CallState.REFUSED}'), 9) AS refused,
        round(sum(dollars) FILTER (state = '{CallState.IN_DOUBT}'), 9) AS in_doubt,
        count(*) FILTER (state = '{CallState.IN_DOUBT}') AS doubts,
        count(*) FILTER ({_ON_THE_BILL} AND dollars IS NULL) AS unpriced
    FROM purchases GROUP BY month
)
SELECT month, coalesce(papers, 0) AS papers, coalesce(pictures, 0) AS pictures, coalesce(kinds, '') AS failures,
    round(coalesce(dollars, 0), 6) AS dollars, round(coalesce(refused, 0), 6) AS refused,
    coalesce(unpriced, 0) AS unpriced, round(coalesce(in_doubt, 0), 6) AS in_doubt, coalesce(doubts, 0) AS doubts,
    round(p50, 3) AS p50_seconds, round(p95, 3) AS p95_seconds, coalesce(cache_hits, 0) AS cache_hits,
    coalesce(alike, 0) AS alike
FROM worked FULL JOIN paid USING (month) LEFT JOIN failures USING (month)
ORDER BY month
"""  # noqa: S608 constants of this file
"""What the runs of each month (UTC) did, and which calls were made in it: `dollars` are on the provider's bill, and
`refused` those of them that were for answers of no use; `unpriced` calls are on the bill at an unknown price; `doubts`
are calls that may be on it, at most at `in_doubt` dollars. `cache_hits` are steps that were there already; seconds are
those of pictures made; `alike` counts pictures that look nearly like another paper's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


class Records:
    """The catalog's views, open for questions."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        places: Collection[Path],
        problems: tuple[str, ...],
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._places = places
        self.problems = problems
        """Files that could not be read and were left out, a sentence each."""

    def ask(self, sql: str) -> Answer:
        """The rows of one reading statement.

        Raises BadInput for any other, and for an answer beyond all bounds; ArchiveUnavailable when files change.
        """
        with self._diagnosed():
            cursor = self._connection.execute(_reading(sql))
            rows = cursor.fetchmany(MAX_ROWS + 1)
        if len(rows) > MAX_ROWS:
            raise BadInput(f"The answer has more than {MAX_ROWS:,} rows: ask for fewer, or for a file (--output).")
        return Answer(tuple(column[0] for column in cursor.description or ()), rows)

    def export(self, sql: str, file_format: FileFormat) -> Path:
        """The rows as a file, which goes when the records are closed. Raises as `ask` does."""
        with self._diagnosed():
            return export(self._connection.sql(_reading(sql)), file_format, self._folder)

    async def aside(self, work: Callable[[], T]) -> T:
        """What this asking gives, in a thread. Who is cancelled ends it, and leaves when it has ended."""
        asked = asyncio.create_task(asyncio.to_thread(work))
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:  # which a thread does not hear
            self.interrupt()
            await asyncio.gather(asked, return_exceptions=True)  # the connection cannot be closed under it
            raise

    def interrupt(self) -> None:
        """End what is being asked in another thread, which then raises."""
        self._connection.interrupt()

    @contextmanager
    def _diagnosed(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if all(place.exists() for place in self._places):
                raise BadInput(f"The query cannot be answered: {_first(error)}") from error
            raise ArchiveUnavailable("The catalog's files changed while they were read; ask again.") from error


@asynccontextmanager
async def open_records(archive: Archive, reader: Reader | None = None) -> AsyncIterator[Records]:
    """The archive's catalog as views; files of a bucket that `reader` has not kept are fetched first.

    Raises ArchiveError.
    """
    reader = reader or Reader(archive, SCHEMA)
    places, files = await reader.over_listing(partial(_opened, reader))
    with Scratch() as folder:
        others, damaged = await entered(archive)
        connection = await asyncio.to_thread(_connect, files, others, folder)
        try:
            yield Records(connection, folder, places, (*reader.problems, *damaged))
        finally:
            # Who is cancelled a second time has not waited for a question to end: then it closes the connection.
            with suppress(duckdb.Error):
                connection.close()


async def answer(archive: Archive, sql: str, reader: Reader | None = None) -> Answer:
    """The rows of one reading statement; it is asked again while files go as they are read. Raises as `Records.ask`."""
    async for _ in looks():
        async with open_records(archive, reader) as records:
            with suppress(ArchiveUnavailable):
                return await records.aside(partial(records.ask, sql))
    raise ArchiveUnavailable("The catalog's files are changing; try again in a moment.")


async def _opened(reader: Reader, listed: list[Entry]) -> tuple[list[Path], ds.Dataset]:
    """The places of the catalog's files, and all rows of those that can be read."""
    places = await reader.fetch(listed)
    return list(places), await asyncio.to_thread(_dataset, reader, places)


def _dataset(reader: Reader, places: Mapping[Path, str]) -> ds.Dataset:
    """All rows of these files, with the columns of SCHEMA and any further ones."""
    with ThreadPoolExecutor() as threads:
        found = dict(zip(places, threads.map(partial(columns_of, ours=SCHEMA), places), strict=True))
    for place, flaw in found.items():
        if isinstance(flaw, str):
            if not place.exists():
                raise FileGone
            reader.leave_out(places[place], flaw)
    whole = {place: columns for place, columns in found.items() if not isinstance(columns, str)}
    parquet, here = ds.ParquetFileFormat(), LocalFileSystem()
    fragments = [parquet.make_fragment(str(place), here) for place in whole]
    everything = pa.unify_schemas([SCHEMA, *dict.fromkeys(whole.values())], promote_options="permissive")
    return ds.FileSystemDataset(fragments, everything, parquet, here)


def _connect(files: ds.Dataset, others: pa.Table, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that sees these rows and nothing else; what does not fit into memory waits in `folder`."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": str(folder),
            "memory_limit": _MEMORY,
            "max_temp_directory_size": _SPILLED,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.register("files", files)
    connection.register("entered", others)
    connection.execute(_VIEWS)
    connection.execute("SET lock_configuration = true")
    return connection


def _reading(sql: str) -> str:
    """The one statement of `sql`, when it is one that reads."""
    match _statements(sql):
        case [only] if _kind(only) is duckdb.StatementType.SELECT:
            return only.query
        case [only] if _kind(only) is duckdb.StatementType.EXPLAIN and (word := _EXPLAIN.match(only.query)):
            match _statements(only.query[word.end() :]):
                case [explained] if _kind(explained) is duckdb.StatementType.SELECT:
                    return only.query
    raise BadInput(_ONLY)


def _kind(statement: duckdb.Statement) -> duckdb.StatementType | None:
    """None where DuckDB's own client does not know it."""
    try:
        return statement.type
    except ValueError:
        return None


def _statements(sql: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise BadInput(f"The query cannot be understood: {_first(error)}") from error


def _first(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line.partition("Error: ")[2] or line
