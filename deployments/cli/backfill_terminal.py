"""What a person sees of a backfill: its plan, a bar over all papers, a line for each day."""

import logging

from rich.console import Console

from deployments.cli.calendar import counts, days_table, marked
from deployments.cli.markup import plain, print_fact
from deployments.cli.terminal import Stage
from frontispiece.archive.calendar import Day
from frontispiece.archive.spending import Spent
from frontispiece.models import Outcome
from frontispiece.money import amount
from frontispiece.purchases.plan import Plan
from frontispiece.report import Report
from frontispiece.text import counted


class BackfillStage(Stage):
    """Shows a backfill, or a day as one, by the command that asks for it."""

    command = "backfill"

    def __init__(self, verbose: bool) -> None:
        super().__init__(verbose)
        self._planned: int | None = None
        self._reached = 0
        self._reports: list[Report] = []

    def begin(self) -> None:
        """And what Prefect itself has to say of days that run elsewhere."""
        super().begin()
        logging.getLogger("prefect").setLevel(logging.INFO)

    def planned(self, plan: Plan) -> None:
        """Show the plan; the bar runs over its papers."""
        print_plan(self.answers, plan, self.command)
        self.answers.file.flush()
        self._planned = plan.estimate.papers
        self.bar.show("Papers", plan.estimate.papers)

    def day_ended(self, day: Day) -> None:
        """A line for the day."""
        words = {"archived": day.archived, "failed": day.failed, "blocked": day.blocked, "not looked at": day.unseen}
        facts = ", ".join(f"{count} {word}" for word, count in words.items() if count)
        self.answers.print(f"{day.day}  {marked(day.mark)}  {facts}", highlight=False)
        self.answers.file.flush()

    def ended(self, outcome: Outcome) -> None:
        """The bar moves on."""
        if outcome.is_reached:
            self._reached += 1
            self.bar.step()

    def closed(self, report: Report) -> None:
        """One day of this process is recorded."""
        self._reports.append(report)

    @property
    def so_far(self) -> str:
        """What an interrupted backfill has done in this process, in a sentence."""
        if self._planned is None:
            return "nothing had begun."
        made = counted(sum(each.pictures for each in self._reports), "picture")
        spent = Spent.of(
            Spent(dollars=each.dollars, unpriced=each.unpriced, in_doubt=each.in_doubt) for each in self._reports
        )
        left = counted(self._planned - self._reached, "paper was", "papers were")
        return f"{made} made, {spent.price or 'free'}; {left} not reached."


def print_plan(console: Console, plan: Plan, command: str = "backfill") -> None:
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
    who = plan.source if command == "run" else f"{plan.id} · {plan.source}"
    ways = (("in", asked.tokens_in), ("out", asked.tokens_out))
    tokens = ("unknown" if count is None else f"{count:,} {name}" for name, count in ways if count != 0)
    rows = {
        command: f"{who} · {plan.writer} · {plan.painter}",
        "labels": f"read by {plan.checker}" if plan.checker else "",
        "plan": plan.headline,
        "tokens": ", ".join(dict.fromkeys(tokens)),
        "price": "unknown" if plan.is_blind else f"{asked.price} by {by}" if asked.dollars else "",
    }
    for name, value in rows.items():
        if value:
            print_fact(console, name, value)
