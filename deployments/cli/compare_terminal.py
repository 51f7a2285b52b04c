"""What a person sees of a comparison: what it will cost, a line for each picture, and what each recipe came to."""

from rich.console import Console
from rich.table import Table

from deployments.cli.markup import plain, print_fact
from deployments.cli.run_terminal import RunStage, cost, in_doubt
from frontispiece.comparing import Quote
from frontispiece.report import Report
from frontispiece.text import counted


class CompareStage(RunStage):
    """Shows a comparison, and keeps the report of each recipe's run."""

    def __init__(self, verbose: bool) -> None:
        super().__init__(verbose)
        self._reports: list[Report] = []

    def closed(self, report: Report) -> None:
        """Keep them all."""
        self._reports.append(report)

    def print_summary(self, asked: Quote) -> None:
        """What each recipe's run came to."""
        for share, report in zip(asked.shares, self._reports, strict=False):
            left = f", {report.unbought} left at the limit" if report.unbought else ""
            failed = f", {report.failed} failed" if report.failed else ""
            blocked = f", {report.blocked} blocked" if report.blocked else ""
            doubtful = f", {sum_in_doubt} in doubt" if (sum_in_doubt := in_doubt(report)) else ""
            made = counted(report.pictures, "new picture")
            self.answers.print(
                plain(f"{share.rival.name}: {made}, {cost(report)}{doubtful}{failed}{blocked}{left}"), soft_wrap=True
            )
            for failure in report.failures:
                print_fact(self.answers, "✗", failure, "red")


def print_quote(console: Console, asked: Quote) -> None:
    """What is to be made by which recipe, and its price at most."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("recipe", overflow="fold")
    table.add_column("to make", justify="right")
    table.add_column("at most", justify="right")
    for share in asked.shares:
        table.add_row(plain(share.rival.name), str(share.to_do), share.price if share.to_do else "")
    console.print(table)
    print_fact(console, "compare", f"{asked.day} · {asked.source} · {asked.headline}")
