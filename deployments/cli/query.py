"""The commands that ask the catalog: query and stats."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from cyclopts import Parameter

from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from frontispiece.archive.query import Answer
    from frontispiece.archive.store import Archive

WIDE, GAP, READABLE = 100_000, 2, 20

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
    """Ask the catalog in SQL: views pictures, latest, outcomes, runs, purchases."""
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
    from rich.console import Console

    from frontispiece.archive.query import open_records

    async with open_records(archive) as records:
        work: Callable[[], Answer | Path] = (
            partial(records.ask, sql) if form == "table" else partial(records.export, sql, form)
        )
        made = await records.aside(work)
        if isinstance(made, Path):
            await asyncio.to_thread(_hand_over, made, output)
        else:
            print_table(Console(), made)
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


def print_table(console: "Console", answer: "Answer") -> None:
    """For people: a table, or, where it does not fit, its rows one below the other; in a pipe nothing is wrapped."""
    from rich.text import Text

    from deployments.cli.markup import plain

    if not console.is_terminal:
        console.width = WIDE
    names = [plain(name) for name in answer.columns]
    rows = [[plain(_plain(value)) for value in row] for row in answer.rows]
    columns = [[name, *(row[place] for row in rows)] for place, name in enumerate(names)]
    if widths := _widths(console, columns):
        console.print(_grid(names, widths, rows))
    elif not rows:
        console.print(Text(", ").join(names))
    else:
        both = _widths(console, [names, [value for row in rows for value in row]])
        for place, row in enumerate(rows):
            if place:
                console.print()
            console.print(_grid((Text(), Text()), both or (None, None), list(zip(names, row, strict=True))))


def _grid(head: Sequence["Text"], widths: Sequence[int | None], rows: Sequence[Sequence["Text"]]) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", show_header=any(head))
    for name, width in zip(head, widths, strict=True):
        table.add_column(name, width=width, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _widths(console: "Console", columns: Sequence[Sequence["Text"]]) -> list[int] | None:
    """As wide as the columns should be, or what there is room for; None where a word would have to be broken."""
    from rich.measure import measure_renderables

    endless = console.options.update(max_width=WIDE)
    wanted = [measure_renderables(console, endless, column) for column in columns]
    widths = [max(each.minimum, min(each.maximum, READABLE)) for each in wanted]
    room = console.width - sum(widths) - GAP * len(widths)
    if room < 0:
        return None
    # Who wants least is served first, and what it leaves is there for the others.
    waiting = sorted(range(len(widths)), key=lambda place: wanted[place].maximum - widths[place])
    for served, place in enumerate(waiting):
        more = min(wanted[place].maximum - widths[place], room // (len(waiting) - served))
        widths[place] += more
        room -= more
    return widths


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
