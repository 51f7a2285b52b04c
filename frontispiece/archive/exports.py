"""Answers as files: CSV without formulas for spreadsheets, JSON without commands for terminals, and Parquet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from frontispiece.text import cell, escaped

FileFormat = Literal["csv", "json", "parquet"]

_OPTIONS: Final = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json, ARRAY", "parquet": "FORMAT parquet"}
_NUMBERS: Final = frozenset(
    {f"{sign}{size}" for sign in ("", "u") for size in ("tinyint", "smallint", "integer", "bigint", "hugeint")}
    | {"float", "double", "decimal"}
)


def export(rows: duckdb.DuckDBPyRelation, file_format: FileFormat, folder: Path) -> Path:
    """Write the rows into a file in `folder`, by a connection that may write. Raises duckdb.Error."""
    path = folder / f"answer.{file_format}"
    with duckdb.connect(":memory:") as writer:
        writer.execute("SET TimeZone = 'UTC'")
        writer.register("answer", _as_cells(rows) if file_format == "csv" else rows.to_arrow_reader())
        place = str(path).replace("'", "''")
        writer.execute(f"COPY answer TO '{place}' ({_OPTIONS[file_format]})")
    return _with_escapes(path) if file_format == "json" else path


def _as_cells(rows: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    """Numbers as they are, and all else as text, which is made harmless; names of columns, too."""
    names = [cell(name).replace('"', '""') for name in rows.columns]
    columns = [
        f'#{place}{"" if kind.id in _NUMBERS else "::VARCHAR"} AS "{name}"'
        for place, (name, kind) in enumerate(zip(names, rows.types, strict=True), start=1)
    ]
    reader = rows.project(", ".join(columns)).to_arrow_reader()

    def harmless() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield pa.record_batch([_harmless(column) for column in batch.columns], schema=reader.schema)

    return pa.RecordBatchReader.from_batches(reader.schema, harmless())


def _harmless(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    return pa.array([None if text is None else cell(text) for text in column.to_pylist()], column.type)


def _with_escapes(path: Path) -> Path:
    """The same JSON in a file of signs that can be seen, made line by line."""
    made = path.with_suffix(".escaped")
    with path.open(encoding="utf-8", newline="\n") as lines, made.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(map(escaped, lines))
    return made
