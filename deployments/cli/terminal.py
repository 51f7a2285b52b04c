"""What a person at the terminal sees of a run: progress and lines while it goes, a summary at its end."""

import logging
from collections import Counter
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from deployments.cli.markup import plain, print_fact
from flows.listener import RunListener
from frontispiece.models import ARCHIVED, TOO_FEW_VOTES, Outcome, Paper, Status
from frontispiece.money import amount
from frontispiece.report import Report

# Prefect's workers say so of what they tell the server, whenever any of that is left as the program ends; it is sent.
_STILL_SENDING: Final = "Still processing items"

SKIPPED: Final = {ARCHIVED: "archived before", TOO_FEW_VOTES: "with too few votes"}
"""Reasons for which papers are skipped, where the word itself does not say it to a person."""

MOST_NAMED = 10


class Stage(RunListener):
    """Shows a run, and its log.

    At a terminal: a live bar, and a line for each paper that is done. In a pipe or file: the log's lines.
    """

    def __init__(self, console: Console, verbose: bool = False) -> None:
        self._console = console
        self._lines = LogLines(console, verbose or not console.is_terminal)
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
        self._task = self._progress.add_task("Starting Prefect …", total=None)
        self._at: dict[str, str] = {}
        self.report: Report | None = None

    def __enter__(self) -> "Stage":
        self._progress.start()
        self._lines.take_over()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def listed(self, papers: int, waiting: int) -> None:
        """The bar runs over the papers that are to be illustrated."""
        self._progress.update(self._task, total=waiting, description=f"{waiting} of {papers} papers to illustrate")

    def step(self, paper: Paper, name: str) -> None:
        """The bar says how many papers are at which step."""
        self._at[paper.key] = name
        self._describe()

    def ended(self, outcome: Outcome) -> None:
        """A line for the paper, and the bar moves on."""
        self._at.pop(outcome.paper.key, None)
        self._describe()
        self._progress.advance(self._task)
        if self._console.is_terminal and outcome.status is Status.DONE:  # failures are in the log's lines
            line = Text.assemble(("✓", "green"), " ", plain(f"{outcome.paper.id}  {outcome.paper.title}"))
            self._console.print(line, overflow="ellipsis", no_wrap=True)

    def closed(self, report: Report) -> None:
        """Keep the report for the summary."""
        self.report = report

    def _describe(self) -> None:
        counts = Counter(self._at.values())
        parts = [f"{counts[verb]} at the {verb}" for verb in ("prompt", "painting", "picture") if counts[verb]]
        self._progress.update(self._task, description=", ".join(parts) or "Finishing …")


class LogLines(logging.Handler):
    """Prints what our tasks log, and anybody's warnings, one line each, in place of Prefect's own console."""

    def __init__(self, console: Console, verbose: bool) -> None:
        super().__init__(logging.NOTSET)
        self._console = console
        self._verbose = verbose
        self.setFormatter(logging.Formatter("[%(asctime)s] %(message)s", "%d.%m.%Y %H:%M"))

    def take_over(self) -> None:
        """Replace the handlers of the root logger."""
        root = logging.getLogger()
        root.handlers[:] = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record, unless it is Prefect's engine talking to itself."""
        from_run = record.name in ("prefect.flow_runs", "prefect.task_runs")
        if record.name.startswith("prefect._internal") or (from_run and record.module.endswith("_engine")):
            return
        if record.levelno < logging.WARNING and not (from_run and self._verbose):
            return
        if record.getMessage().startswith(_STILL_SENDING):
            return
        record.exc_info = record.exc_text = None  # the server keeps the traceback; a person gets the sentence
        text = self.format(record)
        if self._console.is_terminal:
            self._console.print(Text(text), soft_wrap=True)  # above the bar
        else:
            self._console.file.write(f"{text}\n")


def print_summary(console: Console, report: Report) -> None:
    """The end of a run, in a few lines."""
    days = ", ".join(map(str, report.days)) or "no day"
    if not report.papers:
        found = f"none of {report.listed} papers was asked for" if report.listed else "no papers listed"
        console.print(f"{days} · {report.source}: {found}.", highlight=False)
        return
    money = amount(report.dollars) + (f" and {report.unpriced} calls of unknown price" if report.unpriced else "")
    reasons = ", ".join(f"{count} {SKIPPED.get(reason, reason)}" for reason, count in report.reasons.items())
    refused = f", {amount(report.refused)} of it for answers of no use" if report.refused else ""
    named = ", ".join(report.doubts[:MOST_NAMED]) + (" …" if len(report.doubts) > MOST_NAMED else "")
    rows = {
        "papers": f"{report.papers} · {days} · {report.source}",
        "pictures": f"{report.pictures} new",
        "skipped": f"{report.skipped} ({reasons})" if report.skipped else "0",
        "on order": f"{report.on_order} (in a batch; a later run fetches them)" if report.on_order else None,
        "left": f"{report.unbought} (at the limit in dollars; a higher one goes on)" if report.unbought else None,
        "blocked": str(report.blocked) if report.blocked else None,
        "failed": str(report.failed),
        "cost": f"{money} in {report.seconds:.1f} s{refused}",
        "in doubt": f"{amount(report.in_doubt)} at most, perhaps on the bill: {named}" if report.doubts else None,
        "archive": report.archive,
        "catalog": ", ".join(report.catalog),
    }
    for name, value in rows.items():
        if value is not None:
            print_fact(console, name, value)
    for failure in report.failures:
        print_fact(console, "✗", failure, "red")
