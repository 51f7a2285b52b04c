"""SQL over the catalog, by DuckDB: read-only, and without a way to any file or to the network.

Looking at the statement is not enough: DuckDB 2 writes a file in what its parser calls a SELECT
(`WITH x AS (COPY … TO …) …`), and runs SQL that stands in a text (`json_execute_serialized_sql`). So the connection
that answers has no files at all: it is handed the rows, by Arrow, and what it gives is written by another one.

Views, each row once even while files are being compacted:

    outcomes   every row of the catalog: one paper in one attempt of a run
    pictures   those outcomes that made a picture; where a run came by it several times, the first
    latest     for each paper and recipe the outcome that holds (`frontispiece.archive.precedence`)
    runs       one row a run, whatever its attempts: papers by the outcome that holds in it, dollars of them all

Besides the columns of the catalog all but `runs` have `day` (of the list), `month` (of the run), `dollars` and
`seconds` (what was spent on the paper; dollars with those for answers of no use) and `unpriced` (calls of unknown
price). A call counts once, in the row of the run that made it; where that was killed before it wrote anything, in the
first row that tells of the call.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]
from pyarrow.fs import LocalFileSystem  # type: ignore[import-untyped]

from frontispiece.archive.catalog import SCHEMA
from frontispiece.archive.precedence import HOLDS_FIRST, ONE_ROW
from frontispiece.archive.reader import FileGone, Reader, columns_of
from frontispiece.archive.store import Archive, Entry
from frontispiece.errors import ArchiveUnavailable, BadInput

FileFormat = Literal["csv", "json", "parquet"]

_EXPLAIN: Final = re.compile(r"\s*EXPLAIN\b(?:\s+ANALYZE\b)?", re.IGNORECASE)
_ONLY: Final = "A query is one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN of a SELECT); nothing else is run."
_OPTIONS: Final = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json, ARRAY", "parquet": "FORMAT parquet"}

# Whether a call counts in this row.
_WROTE: Final = """writer IS NOT NULL AND row_number() OVER (
    PARTITION BY paper_key, writer_model, prompt, writer_request_id, writer_seconds, writer_dollars
    ORDER BY list_contains(cached, 'prompt'), run_finished_at, run, list_day
) = 1"""
_PAINTED: Final = """painter IS NOT NULL AND row_number() OVER (
    PARTITION BY paper_key, painter_model, original_digest, painter_request_id, painter_seconds, painter_dollars
    ORDER BY list_contains(cached, 'painting'), run_finished_at, run, list_day
) = 1"""

_VIEWS: Final = f"""
CREATE VIEW outcomes AS
WITH once AS (SELECT * FROM files QUALIFY row_number() OVER (PARTITION BY {ONE_ROW}) = 1),
counted AS (SELECT *, {_WROTE} AS wrote, {_PAINTED} AS painted FROM once)
SELECT * EXCLUDE (wrote, painted),
    list_day AS day,
    strftime(run_started_at, '%Y-%m') AS month,
    CASE WHEN wrote THEN coalesce(writer_dollars, 0) ELSE 0 END
        + CASE WHEN painted THEN coalesce(painter_dollars, 0) ELSE 0 END
        + coalesce(wasted_dollars, 0) AS dollars,
    CASE WHEN wrote THEN writer_seconds ELSE 0 END
        + CASE WHEN painted THEN painter_seconds ELSE 0 END AS seconds,
    CASE WHEN wrote AND writer_dollars IS NULL THEN 1 ELSE 0 END
        + CASE WHEN painted AND painter_dollars IS NULL THEN 1 ELSE 0 END
        + coalesce(wasted_unpriced, 0) AS unpriced
FROM counted;

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
    SELECT *, row_number() OVER (PARTITION BY run, paper_key, recipe ORDER BY {HOLDS_FIRST}) = 1 AS holds FROM outcomes
)
SELECT run, any_value(source) AS source, min(run_started_at) AS started_at, max(run_finished_at) AS finished_at,
    count(*) FILTER (holds) AS papers,
    count(*) FILTER (holds AND status = 'done') AS pictures,
    count(*) FILTER (holds AND status = 'skipped') AS skipped,
    count(*) FILTER (holds AND status = 'blocked') AS blocked,
    count(*) FILTER (holds AND status = 'failed') AS failed,
    sum(dollars) AS dollars, sum(unpriced)::BIGINT AS unpriced,
    max_by(program_version, run_finished_at) AS program_version
FROM marked GROUP BY run;
"""  # noqa: S608 constants of this file

STATS: Final = """
WITH kinds AS (
    SELECT month, reason, count(*) AS times FROM outcomes WHERE status IN ('failed', 'blocked') GROUP BY ALL
), failures AS (
    SELECT month, string_agg(reason || ' ' || times, ', ' ORDER BY times DESC, reason) AS kinds
    FROM kinds GROUP BY month
)
SELECT month,
    count(DISTINCT paper_key) AS papers,
    count(DISTINCT (run, paper_key, recipe)) FILTER (status = 'done') AS pictures,
    coalesce(any_value(failures.kinds), '') AS failures,
    round(sum(dollars), 6) AS dollars,
    sum(unpriced)::BIGINT AS unpriced,
    round(quantile_cont(seconds, 0.5) FILTER (status = 'done' AND seconds > 0), 3) AS p50_seconds,
    round(quantile_cont(seconds, 0.95) FILTER (status = 'done' AND seconds > 0), 3) AS p95_seconds,
    sum(len(cached))::BIGINT AS cache_hits,
    count(*) FILTER (status = 'done' AND resembles IS NOT NULL) AS alike
FROM outcomes LEFT JOIN failures USING (month)
GROUP BY month ORDER BY month
"""
"""What the runs of each month (UTC) did: `cache_hits` are steps that were there already, `unpriced` calls of unknown
price; seconds are those of pictures made; `alike` counts pictures that look nearly like another paper's."""


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
        """The rows of one reading statement. Raises BadInput for any other, ArchiveUnavailable when files change."""
        with self._diagnosed():
            cursor = self._connection.execute(_reading(sql))
            return Answer(tuple(column[0] for column in cursor.description or ()), cursor.fetchall())

    def export(self, sql: str, file_format: FileFormat) -> Path:
        """The rows as a file, which goes when the records are closed. Raises as `ask` does."""
        path = self._folder / f"answer.{file_format}"
        with self._diagnosed(), duckdb.connect(":memory:") as writer:
            writer.execute("SET TimeZone = 'UTC'")
            writer.register("answer", self._connection.sql(_reading(sql)).to_arrow_reader())
            writer.execute(f"COPY answer TO {_quoted(path)} ({_OPTIONS[file_format]})")
        return path

    @contextmanager
    def _diagnosed(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if all(place.exists() for place in self._places):
                raise BadInput(f"The query cannot be answered: {_first(error)}") from error
            raise ArchiveUnavailable("The catalog's files changed while they were read; ask again.") from error


@asynccontextmanager
async def open_records(archive: Archive) -> AsyncIterator[Records]:
    """The archive's catalog as views; files of a bucket are fetched first. Raises ArchiveError."""
    reader = Reader(archive, SCHEMA)
    places, files = await reader.over_listing(partial(_opened, reader))
    with TemporaryDirectory(prefix="frontispiece-") as name:
        folder = Path(name)
        connection = await asyncio.to_thread(_connect, files, folder)
        try:
            yield Records(connection, folder, places, tuple(reader.problems))
        finally:
            connection.close()


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


def _connect(files: ds.Dataset, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that sees these rows and nothing else; what does not fit into memory waits in `folder`."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": str(folder),
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.register("files", files)
    connection.execute(_VIEWS)
    connection.execute("SET lock_configuration = true")
    return connection


def _reading(sql: str) -> str:
    """The one statement of `sql`, when it is one that reads."""
    match _statements(sql):
        case [only] if only.type is duckdb.StatementType.SELECT:
            return only.query
        case [only] if only.type is duckdb.StatementType.EXPLAIN and (word := _EXPLAIN.match(only.query)):
            match _statements(only.query[word.end() :]):
                case [explained] if explained.type is duckdb.StatementType.SELECT:
                    return only.query
    raise BadInput(_ONLY)


def _statements(sql: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise BadInput(f"The query cannot be understood: {_first(error)}") from error


def _first(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line.partition("Error: ")[2] or line


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
