"""Reads a few columns of many of the catalog's small files."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow.fs import LocalFileSystem  # type: ignore[import-untyped]

from frontispiece.archive.paths import CATALOG
from frontispiece.archive.store import Archive, Entry
from frontispiece.errors import ArchiveUnavailable

T = TypeVar("T")
Dataset: TypeAlias = ds.Dataset

MAX_FILE: Final = 256_000_000
BROKEN: Final = (pa.ArrowException, OSError, ValueError, LookupError)
"""What pyarrow raises for bytes that are no Parquet file, or not the one that was expected."""
_READS_AT_ONCE: Final = 16
_LISTINGS: Final = 5


class FileGone(Exception):
    """A file went after it was listed: its rows now stand in another one."""


class Reader:
    """Reads files of one archive's catalog."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.problems: list[str] = []
        """Files that could not be read and were left out, a sentence each, each once."""

    async def over_listing(self, look: Callable[[list[Entry]], Awaitable[T]]) -> T:
        """What `look` makes of the catalog's files; it looks again where one of them goes meanwhile (FileGone).

        Raises ArchiveError.
        """
        for _ in range(_LISTINGS):
            listed = [each for each in await self._archive.list(CATALOG) if each.path.endswith(".parquet")]
            with suppress(FileGone):
                return await look(listed)
        raise ArchiveUnavailable("The catalog's files are changing; try again in a moment.")

    async def read(self, paths: Collection[str], schema: pa.Schema) -> dict[str, pa.Table]:
        """These columns of each file that can be read; null where it has not got one.

        Faster than a dataset where there are thousands of small files. Raises FileGone, or ArchiveError.
        """
        lane = asyncio.Semaphore(_READS_AT_ONCE)
        tables = await asyncio.gather(*(self._read_one(path, schema, lane) for path in paths))
        return {path: table for path, table in zip(paths, tables, strict=True) if table is not None}

    async def _read_one(self, path: str, schema: pa.Schema, lane: asyncio.Semaphore) -> pa.Table | None:
        async with lane:
            try:
                return await asyncio.to_thread(_columns, await self.place(path), schema)
            except FileNotFoundError:
                raise FileGone from None
            except BROKEN as error:
                self._leave_out(path, error)
                return None

    async def place(self, path: str) -> "str | pa.BufferReader":
        """Where pyarrow finds the file: its own place, or its bytes. Raises FileNotFoundError, ArchiveError."""
        if self._archive.local_root is not None:
            return str(self._archive.local_root / path)
        content = await self._archive.get(path, max_bytes=MAX_FILE)
        if content is None:
            raise FileNotFoundError(path)
        return pa.BufferReader(content)

    def _leave_out(self, path: str, error: Exception) -> None:
        problem = f"The catalog's file {path} cannot be read and is left out: {_reason(error)}."
        if problem not in self.problems:
            self.problems.append(problem)


def _columns(place: "str | pa.BufferReader", schema: pa.Schema) -> pa.Table:
    with pq.ParquetFile(place, pre_buffer=False) as file:
        there = set(file.schema_arrow.names)
        found = file.read(columns=[name for name in schema.names if name in there], use_threads=False)
    columns = [
        found[field.name].cast(field.type) if field.name in there else pa.nulls(len(found), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def dataset(places: Collection[Path], schema: pa.Schema) -> tuple[Dataset, dict[Path, str]]:
    """All rows of these files, with the columns of `schema` and any further ones; and what is broken, with why."""
    parquet, here = ds.ParquetFileFormat(), LocalFileSystem()
    fragments = [parquet.make_fragment(str(place), here) for place in places]
    with ThreadPoolExecutor() as threads:
        schemas = list(threads.map(_schema_of, fragments))
    broken = {place: found for place, found in zip(places, schemas, strict=True) if isinstance(found, str)}
    whole = {fragment: found for fragment, found in zip(fragments, schemas, strict=True) if not isinstance(found, str)}
    everything = pa.unify_schemas([schema, *dict.fromkeys(whole.values())], promote_options="permissive")
    return ds.FileSystemDataset(list(whole), everything, parquet, here), broken


def _schema_of(fragment: ds.Fragment) -> "pa.Schema | str":
    """The columns of a file, or why it cannot be read."""
    try:
        return fragment.physical_schema.remove_metadata()
    except BROKEN as error:
        return _reason(error)


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".")[:200]
