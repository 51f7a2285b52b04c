"""SQL over the catalog, by DuckDB: read-only, and without a way to other files or to the network.

Views, each row once even while files are being compacted:

    outcomes   every row of the catalog: one paper's trip through one run
    pictures   those outcomes that made a picture
    latest     for each paper and recipe the outcome that holds: its newest picture, else the refusal, else the failure
    runs       one row a run: counts, dollars, seconds

Besides the columns of the catalog all but `runs` have `day` (of the list), `month` (of the run), `dollars` and
`seconds` (what this run spent on the paper, cached steps left out) and `unpriced` (its calls of unknown price).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import duckdb

from tasks.archive.catalog import merged
from tasks.archive.layout import CATALOG
from tasks.archive.reader import MAX_FILE
from tasks.archive.store import Archive
from tasks.errors import ArchiveUnavailable, BadInput

FileFormat = Literal["csv", "json", "parquet"]

_READS_AT_ONCE = 16
_TRIES = 3
_NONE = "none.parquet"  # no rows, but all columns, whatever the other files hold
_OPTIONS: Final = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json, ARRAY", "parquet": "FORMAT parquet"}

# A row whose prompt or painting was bought by this very run.
_WROTE: Final = "writer IS NOT NULL AND NOT list_contains(cached, 'prompt')"
_PAINTED: Final = "painter IS NOT NULL AND NOT list_contains(cached, 'painting')"

_VIEWS: Final = f"""
CREATE VIEW outcomes AS
SELECT *,
    list_day AS day,
    strftime(run_started_at, '%Y-%m') AS month,
    CASE WHEN {_WROTE} THEN coalesce(writer_dollars, 0) ELSE 0 END
        + CASE WHEN {_PAINTED} THEN coalesce(painter_dollars, 0) ELSE 0 END AS dollars,
    CASE WHEN {_WROTE} THEN writer_seconds ELSE 0 END
        + CASE WHEN {_PAINTED} THEN painter_seconds ELSE 0 END AS seconds,
    CASE WHEN {_WROTE} AND writer_dollars IS NULL THEN 1 ELSE 0 END
        + CASE WHEN {_PAINTED} AND painter_dollars IS NULL THEN 1 ELSE 0 END AS unpriced
FROM files
QUALIFY row_number() OVER (PARTITION BY run, paper_key, recipe ORDER BY run_finished_at DESC) = 1;

CREATE VIEW pictures AS SELECT * FROM outcomes WHERE status = 'done' AND picture_path IS NOT NULL;

CREATE VIEW latest AS
SELECT * FROM outcomes
QUALIFY row_number() OVER (
    PARTITION BY paper_key, recipe
    ORDER BY list_position(['done', 'blocked', 'failed', 'skipped'], status), run_finished_at DESC, run DESC
) = 1;

CREATE VIEW runs AS
SELECT run, any_value(source) AS source, min(run_started_at) AS started_at, max(run_finished_at) AS finished_at,
    count(*) AS papers,
    count(*) FILTER (status = 'done') AS pictures,
    count(*) FILTER (status = 'skipped') AS skipped,
    count(*) FILTER (status = 'blocked') AS blocked,
    count(*) FILTER (status = 'failed') AS failed,
    sum(dollars) AS dollars, sum(unpriced)::BIGINT AS unpriced,
    any_value(program_version) AS program_version
FROM outcomes GROUP BY run;
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
    count(*) FILTER (status = 'done') AS pictures,
    coalesce(any_value(failures.kinds), '') AS failures,
    round(sum(dollars), 6) AS dollars,
    sum(unpriced)::BIGINT AS unpriced,
    round(quantile_cont(seconds, 0.5) FILTER (status = 'done' AND seconds > 0), 3) AS p50_seconds,
    round(quantile_cont(seconds, 0.95) FILTER (status = 'done' AND seconds > 0), 3) AS p95_seconds,
    sum(len(cached))::BIGINT AS cache_hits
FROM outcomes LEFT JOIN failures USING (month)
GROUP BY month ORDER BY month
"""
"""What the runs of each month (UTC) did: `cache_hits` are steps that were there already, `unpriced` calls of unknown
price; seconds are those of pictures made."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


class Records:
    """The catalog's views, open for questions."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, problems: Sequence[str]) -> None:
        self._connection = connection
        self._folder = folder
        self.problems = tuple(problems)
        """Files that could not be read and were left out, a sentence each."""

    def ask(self, sql: str) -> Answer:
        """The rows of one SELECT. Raises BadInput for anything else, ArchiveUnavailable when the files change."""
        return self._run(_only_select(sql))

    def export(self, sql: str, file_format: FileFormat) -> Path:
        """The rows of one SELECT as a file, which goes when the records are closed. Raises as `ask` does."""
        path = self._folder / f"answer.{file_format}"
        # On lines of its own, so that a comment at the query's end hides nothing.
        self._run(f"COPY (\n{_only_select(sql)}\n) TO {_quoted(path)} ({_OPTIONS[file_format]})")
        return path

    def _run(self, sql: str) -> Answer:
        try:
            cursor = self._connection.execute(sql)
            columns = tuple(column[0] for column in cursor.description or ())
            return Answer(columns, cursor.fetchall())
        except duckdb.IOException as error:
            raise ArchiveUnavailable(
                f"The catalog's files changed while they were read; ask again. ({_first(error)})"
            ) from error
        except duckdb.Error as error:
            raise BadInput(f"The query cannot be answered: {_first(error)}") from error


@asynccontextmanager
async def open_records(archive: Archive) -> AsyncIterator[Records]:
    """The archive's catalog as views; files of a bucket are fetched first. Raises ArchiveError."""
    with TemporaryDirectory(prefix="frontispiece-") as name:
        folder = Path(name)
        await asyncio.to_thread((folder / _NONE).write_bytes, merged({}))
        connection, problems = await _connected(archive, folder)
        try:
            yield Records(connection, folder, problems)
        finally:
            connection.close()


async def _connected(archive: Archive, folder: Path) -> tuple[duckdb.DuckDBPyConnection, list[str]]:
    for _ in range(_TRIES):
        places = await _files(archive, folder)
        connection, broken = await asyncio.to_thread(_connect, list(places), folder, archive.local_root)
        if all(place.exists() for place in broken):
            return connection, [
                f"The catalog's file {places[place]} cannot be read and is left out: {why}"
                for place, why in broken.items()
            ]
        connection.close()  # a file has gone since it was listed, as when months are compacted: look again
    raise ArchiveUnavailable("The catalog's files are changing; try again in a moment.")


async def _files(archive: Archive, folder: Path) -> dict[Path, str]:
    """Every file of the catalog on this machine, with its path in the archive."""
    paths = [entry.path for entry in await archive.list(CATALOG) if entry.path.endswith(".parquet")]
    if archive.local_root is not None:
        return {archive.local_root / path: path for path in paths}
    lane = asyncio.Semaphore(_READS_AT_ONCE)

    async def fetch(number: int, path: str) -> Path:
        place = folder / f"{number}.parquet"
        async with lane:
            content = await archive.get(path, max_bytes=MAX_FILE)
        if content is not None:
            await asyncio.to_thread(place.write_bytes, content)
        return place

    places = await asyncio.gather(*(fetch(number, path) for number, path in enumerate(paths)))
    return dict(zip(places, paths, strict=True))


def _connect(
    places: list[Path], folder: Path, local_root: Path | None
) -> tuple[duckdb.DuckDBPyConnection, dict[Path, str]]:
    """A connection that sees these files and nothing else, and those it cannot read, with why."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )
    roots = [f"{folder}/"] + ([f"{local_root / CATALOG}/"] if local_root is not None else [])
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_directories = [{', '.join(map(_quoted, roots))}]")
    connection.execute("SET enable_external_access = false")
    broken: dict[Path, str] = {}
    try:
        _view(connection, [folder / _NONE, *places])
    except duckdb.Error:
        broken = {place: why for place in places if (why := _trouble(connection, place))}
        _view(connection, [folder / _NONE, *(place for place in places if place not in broken)])
    connection.execute(_VIEWS)
    connection.execute("SET lock_configuration = true")
    return connection, broken


def _view(connection: duckdb.DuckDBPyConnection, places: list[Path]) -> None:
    names = ", ".join(map(_quoted, places))
    source = f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"
    connection.execute(f"CREATE OR REPLACE VIEW files AS SELECT * FROM {source}")  # noqa: S608 quoted names


def _trouble(connection: duckdb.DuckDBPyConnection, place: Path) -> str:
    try:
        connection.execute(f"SELECT count(*) FROM read_parquet({_quoted(place)}, hive_partitioning = false)").fetchall()  # noqa: S608 quoted
    except duckdb.Error as error:
        return _first(error)
    return ""


def _only_select(sql: str) -> str:
    """The one statement of `sql`, when it only reads."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise BadInput(f"The query cannot be understood: {_first(error)}") from error
    if len(statements) != 1 or statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise BadInput("A query is one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES); nothing else is run.")
    return statements[0].query.rstrip().rstrip(";")


def _first(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line.partition("Error: ")[2] or line


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
