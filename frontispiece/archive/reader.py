"""Opens the catalog's files to SQL: those that may hold what is asked for, and of these only the columns that are.

DuckDB reads the Parquet files where they lie. What lies in a bucket is fetched first, and kept while the reader lives:
a file of the catalog is never written anew, and one whose size or time is another is fetched again.
"""

import asyncio
import re
import weakref
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from frontispiece.archive.folder import Entry
from frontispiece.archive.paths import CATALOG, catalog_days
from frontispiece.archive.precedence import AS_READ, IDENTITY
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.errors import ArchiveError, ArchiveUnavailable
from frontispiece.scratch import Scratch

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

MAX_FILE: Final = 256_000_000
BROKEN: Final = (pa.ArrowException, OSError, ValueError, LookupError)
"""What pyarrow raises for bytes that are no Parquet file, or not the one that was expected."""
_READS_AT_ONCE: Final = 16
PAUSES: Final = (0.0, *(0.05 * 2**number for number in range(8)))
"""Seconds before each look at files that are changing: 13 in all."""
_MEMORY: Final = "256MB"
_WORD: Final = re.compile(r"\w+")


class FileGone(Exception):
    """A file went after it was listed: its rows now stand in another one."""


async def looks() -> AsyncIterator[None]:
    """Step by step, as often as it is worth looking again: as months are put together, their files go one by one."""
    for pause in PAUSES:
        await asyncio.sleep(pause)
        yield


class Reader:
    """Reads the catalog of one archive; `schema` has the columns that all files are taken to have, null where not."""

    def __init__(self, archive: Archive, schema: pa.Schema) -> None:
        self._archive = archive
        self._schema = schema
        self._kept: dict[Entry, Path] = {}
        self._numbers = count()
        self._fetching = asyncio.Lock()
        self._scratch: Scratch | None = None
        self._opened: list[duckdb.DuckDBPyConnection] = []
        weakref.finalize(self, self._opened.clear)  # at the latest when the process ends, or DuckDB complains
        self.problems: list[str] = []
        """Files that could not be read and were left out, a sentence each, each once."""

    async def over_listing(self, look: Callable[[list[Entry]], Awaitable[T]]) -> T:
        """What `look` makes of the catalog's files; it looks again where one of them goes meanwhile (FileGone).

        Raises ArchiveError.
        """
        async for _ in looks():
            found, strangers = await self._archive.survey(CATALOG)
            for stranger in strangers:
                if stranger.path.lower().endswith(".parquet"):  # it may have rows that are nowhere else
                    self._note(str(stranger))
            listed = [each for each in found if each.path.endswith(".parquet")]
            self._forget(self._kept.keys() - set(listed))
            with suppress(FileGone):
                return await look(listed)
        raise ArchiveUnavailable("The catalog's files are changing; try again in a moment.")

    async def ask(
        self,
        sql: str,
        values: Mapping[str, object],
        group: Callable[[str], str | None] = lambda _: "",
        newest: int | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of a `WITH … SELECT` over `files`, which has every row of the catalog, some of them twice.

        It has the columns that are named in `sql`: there, `*` stands for these.
        `group` says, by a file's path, with which others it is to be asked together, or None for not at all: what does
        not hang together takes less time and memory apart. Answers come in the order of groups. With `newest` only
        files of so many days are asked, those written last. Raises ArchiveError.
        """

        async def look(listed: list[Entry]) -> list[dict[str, Any]]:
            entries = [each for each in listed if group(each.path) is not None]
            if newest is not None:
                entries = _newest(entries, newest)
            groups: dict[str, dict[Path, str]] = defaultdict(dict)
            for place, path in (await self.fetch(entries)).items():
                groups[group(path) or ""][place] = path
            return await asyncio.to_thread(self._answer, sql, values, [groups[name] for name in sorted(groups)])

        return await self.over_listing(look)

    async def fetch(self, entries: Iterable[Entry]) -> dict[Path, str]:
        """Each file's place on this machine, with its path in the archive. Raises FileGone, or ArchiveError."""
        if (root := self._archive.local_root) is not None:
            return {root / entry.path: entry.path for entry in entries}
        entries = list(entries)
        async with self._fetching:
            await gather_bounded(self._keep, [each for each in entries if each not in self._kept], _READS_AT_ONCE)
            try:
                return {self._kept[entry]: entry.path for entry in entries}
            except KeyError:  # gone by another listing
                raise FileGone from None

    async def _keep(self, entry: Entry) -> None:
        content = await self._archive.get(entry.path, max_bytes=MAX_FILE)
        if content is None:
            raise FileGone
        place = self._folder / f"{next(self._numbers)}.parquet"
        await asyncio.to_thread(place.write_bytes, content)
        self._kept[entry] = place

    @property
    def _folder(self) -> Path:
        """For files of a bucket, and what does not fit into memory; it goes with the reader."""
        self._scratch = self._scratch or Scratch()
        return self._scratch.path

    def _database(self) -> "duckdb.DuckDBPyConnection":
        """Opened by the first question, in as much time as it takes to answer one; of the files it keeps nothing."""
        import duckdb  # it takes a while, and most commands do without

        if self._opened:
            return self._opened[0]
        settings: dict[str, Any] = {"autoinstall_known_extensions": False, "enable_external_file_cache": False}
        connection = duckdb.connect(
            ":memory:", config={**settings, "memory_limit": _MEMORY, "temp_directory": str(self._folder)}
        )
        connection.register("empty", self._schema.empty_table())
        connection.execute("CREATE TABLE nothing AS FROM empty")
        connection.unregister("empty")
        self._opened.append(connection)
        return self._opened[0]

    def _forget(self, entries: Iterable[Entry]) -> None:
        for entry in list(entries):
            self._kept.pop(entry).unlink(missing_ok=True)

    def _answer(
        self, sql: str, values: Mapping[str, object], groups: Iterable[Mapping[Path, str]]
    ) -> list[dict[str, Any]]:
        with self._database().cursor() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            named = {*_WORD.findall(sql), *_WORD.findall(AS_READ)}  # the fewer, the sooner DuckDB has understood it
            columns = _columns(connection.table("nothing"))
            ours = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns if name in named)

            def ask(places: Collection[Path]) -> list[dict[str, Any]]:
                # Cast, so that a file of other types is an error, and does not change what all others are taken for.
                typed = f"SELECT {ours} FROM ({_all_rows(places)})"  # noqa: S608
                # One statement: with a view, and with a relation, every file is opened once more to see its columns.
                files = f"files AS NOT MATERIALIZED (SELECT {AS_READ} FROM ({typed}))"  # noqa: S608
                rows = connection.execute(sql.replace("WITH", f"WITH {files},", 1), dict(values)).fetchall()
                names = [column[0] for column in connection.description or ()]
                return [dict(zip(names, row, strict=True)) for row in rows]

            return [row for places in groups for row in self._without_broken(ask, places)]

    def _without_broken(
        self, ask: Callable[[Collection[Path]], list[dict[str, Any]]], places: Mapping[Path, str]
    ) -> list[dict[str, Any]]:
        """All files are taken for whole; when that fails each is looked at, and the broken ones are left out."""
        import duckdb

        whole = dict(places)
        for flaw in (self._flaw_of_head, _flaw_within):
            try:
                return ask(whole)
            except duckdb.Error:
                if not all(place.exists() for place in whole):
                    raise FileGone from None
                for place, wrong in {place: flaw(place) for place in whole}.items():
                    if wrong is not None:
                        self.leave_out(whole.pop(place), wrong)
        try:
            return ask(whole)
        except duckdb.Error as error:
            raise ArchiveError(f"The catalog cannot be read: {_first_line(error)}.") from error

    def _flaw_of_head(self, place: Path) -> str | None:
        found = columns_of(place, self._schema)
        return found if isinstance(found, str) else None

    def leave_out(self, path: str, why: str) -> None:
        """Remember that a file cannot be read."""
        self._note(f"The catalog's file {path} cannot be read and is left out: {why}.")

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _newest(entries: Iterable[Entry], days: int) -> list[Entry]:
    chosen: list[Entry] = []
    for entry in sorted(entries, key=lambda each: each.modified, reverse=True):
        if days <= 0:
            break
        chosen.append(entry)
        days -= catalog_days(entry.path)
    return chosen


def _columns(relation: Any) -> Iterable[tuple[str, object]]:
    return zip(relation.columns, relation.types, strict=True)


def _all_rows(places: Collection[Path]) -> str:
    if not places:
        return "FROM nothing"
    names = ", ".join("'" + str(place).replace("'", "''") + "'" for place in places)
    options = "union_by_name = true, hive_partitioning = false"
    return f"FROM nothing UNION ALL BY NAME FROM read_parquet([{names}], {options})"


def columns_of(place: Path, ours: pa.Schema) -> "pa.Schema | str":
    """The columns of a file, by its footer, or why it is none of the catalog's."""
    try:
        found = pq.read_schema(place).remove_metadata()
        if missing := [name for name in IDENTITY if name not in found.names]:
            return f"it has no column {missing[0]}"
        pa.unify_schemas([ours, found], promote_options="permissive")
    except BROKEN as error:
        return _first_line(error)
    return found


def _flaw_within(place: Path) -> str | None:
    """Why not all that is in the file can be read."""
    try:
        with pq.ParquetFile(place, pre_buffer=False) as file:
            for _ in file.iter_batches():
                pass
    except BROKEN as error:
        return _first_line(error)
    return None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".")[:200]
