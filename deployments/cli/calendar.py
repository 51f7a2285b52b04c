"""The calendar as a person at the terminal sees it; whoever only looks loads nothing of Prefect."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from frontispiece.archive.calendar import COUNTS, Day, Mark
from frontispiece.archive.catalog import Tally
from frontispiece.text import counted

COLOURS = {Mark.DONE: "green", Mark.PARTIAL: "yellow", Mark.FAILED: "red", Mark.EMPTY: "dim", Mark.NEVER_RUN: "dim"}
WIDE, WITH_RUNS, WITH_STEPS, WITH_REASONS = 100_000, 130, 115, 75
STEPS = ("prompted", "painted")
ENDS = ("archived", "failed")


def print_calendar(console: Console, days: Sequence[Day], source: str, ui: str) -> None:
    """The calendar as a table, and its sums; each day is a link to its run, below the UI's address."""
    table = days_table(console, *(["run"] if _width(console) >= WITH_RUNS else []))
    for day in days:
        run = quote(day.run or "", safe="")
        name = f"[link={ui}/runs/flow-run/{run}]{day.day}[/]" if run else str(day.day)
        table.add_row(*[name, marked(day.mark), *counts(console, day), run][: len(table.columns)])
    if not days:
        console.print(f"[bold]{source}[/]  no day has been run: frontispiece run begins", highlight=False)
        return
    console.print(table)
    marks = Counter(day.mark for day in days)
    said = ", ".join(f"{marks[mark]} {mark}" for mark in Mark if marks[mark])
    console.print(f"[bold]{source}[/]  {counted(len(days), 'day')}: {said}", highlight=False)


def marked(mark: Mark) -> str:
    """The mark in its colour, in rich's markup."""
    return f"[{COLOURS[mark]}]{mark.label}[/]"


def days_table(console: Console, *more: str) -> Table:
    """A table of days as plans and calendars have it, without rows; `more` columns come last."""
    console.width = _width(console)
    has_room = console.width >= WITH_STEPS
    table = Table(box=None, header_style="bold", padding=(0, 1) if has_room else (0, 1, 0, 0), pad_edge=has_room)
    for name in ("day", "", *_columns(console), *more):
        table.add_column(name, justify="left" if name in ("day", "", "run") else "right", no_wrap=bool(name))
    return table


def counts(console: Console, day: Tally) -> list[str]:
    """What goes into the table's columns of counts; zeros are left blank."""
    return [str(getattr(day, name) or "") for name in _columns(console)]


def _columns(console: Console) -> tuple[str, ...]:
    """Where there is little room, only what became of papers; where there is hardly any, only whether it did."""
    if (width := _width(console)) < WITH_REASONS:
        return ENDS
    return tuple(name for name in COUNTS if width >= WITH_STEPS or name not in STEPS)


def _width(console: Console) -> int:
    return console.width if console.is_terminal else WIDE  # nothing is wrapped in a pipe
