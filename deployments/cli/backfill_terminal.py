"""What a person at the terminal sees of a backfill."""

import logging
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deployments.cli.calendar import counts, days_table, marked
from deployments.cli.markup import plain, print_fact
from deployments.cli.terminal import LogLines
from flows.listener import RunListener
from frontispiece.archive.calendar import Day
from frontispiece.models import Outcome
from frontispiece.money import amount
from frontispiece.purchases.plan import Plan


class StretchStage(RunListener):
    """Shows a backfill: the plan, a bar over all papers, a line for each day."""

    def __init__(self, answers: Console, console: Console, verbose: bool = False) -> None:
        self._answers = answers
        self._console = console
        self._lines = LogLines(console, verbose)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("Reading lists …", total=None)

    def __enter__(self) -> "StretchStage":
        self._progress.start()
        self._lines.take_over()
        logging.getLogger("prefect").setLevel(logging.INFO)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def planned(self, plan: Plan) -> None:
        """Show the plan; the bar runs over its papers."""
        print_plan(self._answers, plan)
        self._progress.update(self._task, total=plan.estimate.papers, description="Papers")

    def day_ended(self, day: Day) -> None:
        """A line for the day."""
        words = {"archived": day.archived, "failed": day.failed, "blocked": day.blocked, "not looked at": day.unseen}
        facts = ", ".join(f"{count} {word}" for word, count in words.items() if count)
        self._answers.print(f"{day.day}  {marked(day.mark)}  {facts}", highlight=False)

    def ended(self, outcome: Outcome) -> None:
        """The bar moves on."""
        self._progress.advance(self._task)


def print_plan(console: Console, plan: Plan) -> None:
    """The plan as a table, and the estimate."""
    table = days_table(console, "to do", "at most", "")
    for day in plan.days:
        price = "unknown" if day.dollars is None else amount(day.dollars) if day.dollars else ""
        table.add_row(
            str(day.day), marked(day.mark), *counts(console, day), str(day.to_do or ""), price, plain(day.problem or "")
        )
    console.print(table)
    asked = plan.estimate
    by = "this recipe's own averages" if asked.by_catalog else "list prices, on the high side"
    is_counted = asked.tokens_in is not None and asked.tokens_out is not None
    rows = {
        "backfill": f"{plan.id} · {plan.source} · {plan.writer} · {plan.painter}",
        "plan": plan.headline,
        "tokens": f"{asked.tokens_in:,} in, {asked.tokens_out:,} out" if is_counted else "unknown",
        "price": "unknown" if plan.unread == len(plan.days) else asked.price + (f" by {by}" if asked.dollars else ""),
    }
    for name, value in rows.items():
        print_fact(console, name, value)
