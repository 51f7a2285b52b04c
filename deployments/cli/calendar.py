"""The calendar as a person at the terminal sees it; whoever only looks loads nothing of Prefect."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from frontispiece.archive.calendar import Day, Mark

STYLES = {
    Mark.DONE: "[green]✓ done[/]",
    Mark.PARTIAL: "[yellow]◐ partial[/]",
    Mark.FAILED: "[red]✗ failed[/]",
    Mark.EMPTY: "[dim]– empty[/]",
    Mark.NEVER_RUN: "[dim]· never run[/]",
}
WIDE, WITH_RUNS = 100_000, 130
COUNTS = ("listed", "prompted", "painted", "archived", "failed", "blocked", "stale", "left")


def print_calendar(console: Console, days: Sequence[Day], source: str, ui: str) -> None:
    """The calendar as a table, and its sums; each day is a link to its run, below the UI's address."""
    if not console.is_terminal:
        console.width = WIDE  # nothing is wrapped in a pipe
    table = Table(box=None, header_style="bold")
    for name in ("day", "", *COUNTS, *(["run"] if console.width >= WITH_RUNS else [])):
        table.add_column(name, justify="right" if name in COUNTS else "left", no_wrap=True)
    for day in days:
        counts = [str(getattr(day, name) or "") for name in COUNTS]
        run = quote(day.run or "", safe="")
        name = f"[link={ui}/runs/flow-run/{run}]{day.day}[/]" if run else str(day.day)
        table.add_row(*[name, STYLES[day.mark], *counts, run][: len(table.columns)])
    console.print(table)
    marks = Counter(day.mark for day in days)
    said = ", ".join(f"{marks[mark]} {mark}" for mark in Mark if marks[mark])
    console.print(f"[bold]{source}[/]  {len(days)} days: {said}", highlight=False)
