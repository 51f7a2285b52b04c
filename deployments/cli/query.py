"""The commands that ask the catalog: query and stats."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from cyclopts import Parameter

from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import BadInput

if TYPE_CHECKING:
    from frontispiece.archive.query import Answer
    from frontispiece.archive.store import Archive

WIDE = 100_000

Format = Literal["table", "csv", "json", "parquet"]
Form: TypeAlias = Annotated[Format, Parameter(name="--format", help="Of the answer.")]
File: TypeAlias = Annotated[
    Path | None, Parameter(metavar="FILE", help="Where the answer goes; left out, to standard output.")
]


def query(
    sql: Annotated[str, Parameter(metavar="SELECT", help='Such as "select paper_id, paper_title from latest".')],
    /,
    *,
    form: Form = "table",
    output: File = None,
) -> int:
    """Ask the catalog in SQL: views pictures, latest, outcomes, runs."""
    return answer(sql, form, output)


def stats(*, form: Form = "table", output: File = None) -> int:
    """Show papers, pictures, failures, dollars and seconds by month."""
    from frontispiece.archive.query import STATS

    return answer(STATS, form, output)


def archive() -> "Archive":
    """The one of the settings. Raises BadInput where there is none."""
    from frontispiece.archive.presence import begun
    from frontispiece.settings import load_settings

    return asyncio.run(begun(load_settings().archive))


def answer(sql: str, form: Format, output: Path | None) -> int:
    """Ask the archive of the settings, and print or store what it says."""
    if output is not None and form == "table":
        raise BadInput("--output wants --format csv, json or parquet.")
    return asyncio.run(_answer(archive(), sql, form, output))


async def _answer(archive: "Archive", sql: str, form: Format, output: Path | None) -> int:
    from frontispiece.archive.query import open_records

    async with open_records(archive) as records:
        work: Callable[[], Answer | Path] = (
            partial(records.ask, sql) if form == "table" else partial(records.export, sql, form)
        )
        made = await records.aside(work)
        if isinstance(made, Path):
            await asyncio.to_thread(_hand_over, made, output)
        else:
            print_table(made)
        for problem in records.problems:
            say(problem, sys.stderr)
    return Exit.DONE


def _hand_over(made: Path, output: Path | None) -> None:
    if output is None:
        with made.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        shutil.copyfile(made, output)
    except OSError as error:
        raise BadInput(f"The answer cannot be written to {output}: {error.strerror}.") from error


def print_table(answer: "Answer") -> None:
    """For people; in a pipe nothing is wrapped."""
    from rich.console import Console
    from rich.table import Table

    from deployments.cli.markup import plain

    table = Table(box=None, header_style="bold")
    for name in answer.columns:
        table.add_column(plain(name), overflow="fold")
    for row in answer.rows:
        table.add_row(*(plain(_plain(value)) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
