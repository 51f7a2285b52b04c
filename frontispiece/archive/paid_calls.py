"""Paid calls as they stand in the archive's tables: in the catalog's rows, and in files of their own.

Rows name the calls that led to them. What no row names, as of a run that was killed and whose papers nobody has looked
at since, is entered below `paid-calls/`, by whoever looks through the journal (`frontispiece.maintenance.enter`).
"""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from frontispiece.archive.paths import PAID_CALLS, paid_calls_path
from frontispiece.archive.reader import BROKEN, MAX_FILE
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveUnavailable
from frontispiece.models import PaidCall

FIELDS: Final = pa.schema(
    [
        pa.field("call", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("paper_id", pa.string(), nullable=False),
        pa.field("run", pa.string()),
        pa.field("made_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("dollars", pa.float64()),
        pa.field("request_id", pa.string()),
        pa.field("seconds", pa.float64()),
        pa.field("attempt", pa.string(), nullable=False),
        pa.field("entries", pa.int64(), nullable=False),
    ]
)
"""Those of `PaidCall`."""

_TRIES: Final = 5


def paid_call_rows(calls: Iterable[PaidCall]) -> list[dict[str, object]]:
    """The calls as values of `FIELDS`."""
    return [{**call.model_dump(), "state": call.state.value} for call in calls]


async def entered(archive: Archive) -> tuple[pa.Table, list[str]]:
    """What stands below `paid-calls/`, and files that cannot be read, a sentence each. Raises ArchiveError."""
    for _ in range(_TRIES):
        paths = [entry.path for entry in await archive.list(PAID_CALLS)]
        contents = await asyncio.gather(*(archive.get(path, max_bytes=MAX_FILE) for path in paths))
        if None in contents:  # they were put together since they were listed
            continue
        tables, problems = [FIELDS.empty_table()], []
        for path, content in zip(paths, contents, strict=True):
            try:
                tables.append(pq.read_table(pa.py_buffer(content)).select(FIELDS.names).cast(FIELDS))
            except BROKEN:
                problems.append(f"The file {path} cannot be read and is left out.")
        return pa.concat_tables(tables), problems
    raise ArchiveUnavailable("The files of paid calls are changing; try again in a moment.")


async def enter(archive: Archive, calls: Iterable[PaidCall]) -> None:
    """Put these calls beside those that were entered before, all in one file. Raises ArchiveError."""
    before = [entry.path for entry in await archive.list(PAID_CALLS)]
    old, problems = await entered(archive)
    rows = {row["call"]: row for row in [*old.to_pylist(), *paid_call_rows(calls)]}
    file = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([rows[name] for name in sorted(rows)], schema=FIELDS), file, compression="zstd")
    content = file.getvalue().to_pybytes()
    path = paid_calls_path(hashlib.sha256(content).hexdigest()[:16])
    await archive.put_if_absent(path, content)
    if not problems:
        for gone in before:
            if gone != path:
                await archive.delete(gone)
