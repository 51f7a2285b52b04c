"""An index of the catalog, so that a look need not open thousands of small files. Nothing depends on it.

One Parquet file for each year of listed days, `catalog-index/<year>.parquet`, has the columns that looks ask for and
names the files they were taken from, with size and time. Of each of its rows the number of its file is known, and a
row is believed only while the catalog lists that very file. Files that it does not cover are read themselves; when
they have become many, the index of their years is written anew, in one piece. Of two programs that do so at once the
last one wins: both are right. A damaged or foreign index covers nothing, and is replaced in time.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from frontispiece.archive.paths import catalog_may_hold, catalog_year, index_path
from frontispiece.archive.reader import BROKEN, Reader
from frontispiece.archive.store import Archive, Entry
from frontispiece.errors import ArchiveError

MAX_UNCOVERED: Final = 32
"""So many files are read themselves before the index is written anew."""
_ROWS_IN_GROUP: Final = 16_384
_COVERS: Final = b"frontispiece covers"
_FEW: Final = pa.dictionary(pa.int32(), pa.string())  # columns of few different values

COLUMNS: Final = pa.schema(
    [
        *((name, _FEW) for name in ("run", "source", "recipe", "status", "reason", "message", "writer", "painter")),
        *(("run_finished_at", pa.timestamp("us", tz="UTC")), ("list_day", pa.date32()), ("rank", pa.int64())),
        *(("paper_key", pa.string()), ("picture_path", pa.string()), ("picture_digest", pa.string())),
        *(("picture_width", pa.int32()), ("picture_height", pa.int32()), ("picture_bytes", pa.int64())),
    ]
)
"""What the index holds of the catalog's columns."""
_EACH_DIFFERENT: Final = ("paper_key", "picture_path", "picture_digest")  # a dictionary would only cost time
_STORED: Final = COLUMNS.append(pa.field("file", pa.int32()))


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows are wanted, and what of them."""

    names: tuple[str, ...]
    """Columns of COLUMNS."""
    probe: str
    """The column that decides."""
    test: Callable[[pa.ChunkedArray], pa.ChunkedArray]
    """Which of its values are wanted."""
    first: date = date.min
    last: date = date.max
    """Only files that may hold rows listed on these days are looked at; without them all are."""

    def may_stand_in(self, path: str) -> bool:
        """Whether a file of the catalog may have such rows."""
        return (self.first, self.last) == (date.min, date.max) or catalog_may_hold(path, self.first, self.last)


class Index:
    """Finds rows of one archive's catalog."""

    def __init__(self, archive: Archive, reader: Reader, max_uncovered: int = MAX_UNCOVERED) -> None:
        self._archive = archive
        self._reader = reader
        self._max_uncovered = max_uncovered

    async def rows(self, question: Question) -> pa.Table:
        """The wanted rows of the whole catalog, also while files are written or compacted; a row may come twice.

        Raises ArchiveError.
        """

        async def look(listed: Sequence[Entry]) -> pa.Table:
            return await self._look({each.path: _version(each) for each in listed}, question)

        return await self._reader.over_listing(look)

    async def _look(self, versions: Mapping[str, str], question: Question) -> pa.Table:
        asked = [path for path in versions if question.may_stand_in(path)]
        years = {catalog_year(path) for path in asked}
        found = await asyncio.gather(*(self._in_year(year, versions, question) for year in years))
        covered = {path for each in found for path in each.files.values()}
        fresh = await self._reader.read([path for path in asked if path not in covered], COLUMNS)
        if len(fresh) > self._max_uncovered:
            await self._extend(fresh, versions)
        tables = [table.filter(question.test(table[question.probe])) for table in fresh.values()]
        tables += [each.rows for each in found]
        return pa.concat_tables([table.select(question.names) for table in (_NOTHING.rows, *tables)])

    async def _in_year(self, year: str | None, versions: Mapping[str, str], question: Question) -> "_Found":
        """What the index has to say; nothing where it is missing, damaged or another version's."""
        if year is None:
            return _NOTHING
        try:
            place = await self._reader.place(index_path(year))
            return await asyncio.to_thread(_find, place, versions, question)
        except (*BROKEN, TypeError, ArchiveError):
            return _NOTHING

    async def _extend(self, fresh: Mapping[str, pa.Table], versions: Mapping[str, str]) -> None:
        """Write the index of these files' years anew, with them. Where nobody may write all goes on without."""
        by_year: dict[str, dict[str, pa.Table]] = defaultdict(dict)
        for path, table in fresh.items():
            if year := catalog_year(path):
                by_year[year][path] = table
        for year, tables in by_year.items():
            old = await self._in_year(year, versions, _ALL)
            content = await asyncio.to_thread(_index, old, tables, versions)
            with suppress(ArchiveError):
                await self._archive.put(index_path(year), content)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the index of a year had to say."""

    rows: pa.Table
    """The wanted rows of files that are still there."""
    files: Mapping[int, str]
    """Those files, by their numbers."""


_NOTHING: Final = _Found(_STORED.empty_table(), {})
_ALL: Final = Question(tuple(COLUMNS.names), "file", pc.is_valid)


def _find(place: "str | pa.BufferReader", versions: Mapping[str, str], question: Question) -> _Found:
    """The column that decides is read first, and of the others only row groups with wanted rows."""
    with pq.ParquetFile(place, pre_buffer=False, page_checksum_verification=True) as file:
        if not file.schema_arrow.equals(_STORED):
            raise ValueError("the index of another version")
        covers = json.loads(file.schema_arrow.metadata[_COVERS])
        files = {number: path for number, (path, version) in enumerate(covers) if versions.get(path) == version}
        probe = file.read(columns=[question.probe], use_threads=False)[question.probe]
        wanted, groups, start = question.test(probe), [], 0
        masks = []
        for group in range(file.num_row_groups):
            mask = wanted.slice(start, file.metadata.row_group(group).num_rows)
            start += len(mask)
            if pc.any(mask).as_py():
                groups.append(group)
                masks += mask.chunks
        rows = file.read_row_groups(groups, columns=[*question.names, "file"], use_threads=False)
    rows = rows.filter(pa.chunked_array(masks, pa.bool_()))
    return _Found(rows.filter(pc.is_in(rows["file"], pa.array(files, pa.int32()))), files)


def _index(old: _Found, fresh: Mapping[str, pa.Table], versions: Mapping[str, str]) -> bytes:
    """The index of a year that covers what `old` did and these files besides."""
    fresh = {path: table for path, table in fresh.items() if path not in set(old.files.values())}
    tables = [
        old.rows.set_column(
            old.rows.schema.get_field_index("file"),
            "file",
            pc.index_in(old.rows["file"], pa.array(old.files, pa.int32())),
        )
    ]
    for number, table in enumerate(fresh.values(), len(old.files)):
        tables.append(table.append_column("file", pa.repeat(pa.scalar(number, pa.int32()), len(table))))
    covers = json.dumps([(path, versions[path]) for path in (*old.files.values(), *fresh)])
    # By day, so that one month is a few row groups.
    together = pa.concat_tables([table.select(_STORED.names) for table in tables]).sort_by("list_day")
    file = pa.BufferOutputStream()
    pq.write_table(
        together.replace_schema_metadata({_COVERS: covers}),
        file,
        compression="zstd",
        row_group_size=_ROWS_IN_GROUP,
        use_dictionary=[name for name in _STORED.names if name not in _EACH_DIFFERENT],
        write_page_checksum=True,
    )
    content: bytes = file.getvalue().to_pybytes()
    return content


def _version(entry: Entry) -> str:
    return f"{entry.size} {entry.modified.isoformat()}"
