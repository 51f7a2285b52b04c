"""What a person sees of a run over papers: a line for each, and what came of it all."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from deployments.cli.markup import plain, print_fact
from deployments.cli.terminal import Stage
from frontispiece.models import ARCHIVED, STEPS, TOO_FEW_VOTES, Outcome, Paper, Status
from frontispiece.money import price
from frontispiece.report import Report
from frontispiece.text import counted, one_line

SKIPPED: Final = {ARCHIVED: "archived before", TOO_FEW_VOTES: "with too few votes"}
"""Reasons for which papers are skipped, where the word itself does not say it to a person."""

MOST_NAMED: Final = 10
MOST_LED_TO: Final = 3


class RunStage(Stage):
    """Shows a run, and keeps its report."""

    report: Report | None = None
    _waiting = 0
    _asked = ""

    def asks(self, source: str, wanted: str) -> None:
        """The bar says who is waited for, and so does a line in a pipe, once."""
        asked, self._asked = self._asked, f"Asking {source} for {one_line(wanted, 60)}"
        self.bar.show(f"{self._asked} …")
        if not self.told.is_terminal and asked != self._asked:
            self.say(f"{self._asked}.")

    def listed(self, papers: int, waiting: int) -> None:
        """The bar runs over the papers that are to be illustrated."""
        self._at: dict[str, str] = {}
        self._waiting += waiting
        self.bar.show(f"{waiting} of {counted(papers, 'paper')} to illustrate", self._waiting)

    def step(self, paper: Paper, name: str) -> None:
        """The bar says how many papers are at which step."""
        self._at[paper.key] = name
        self._describe()

    def ended(self, outcome: Outcome) -> None:
        """A line for a picture, with its file; the log has those of failures."""
        self._at.pop(outcome.paper.key, None)
        self._describe()
        if outcome.is_reached:
            self.bar.step()
        if outcome.status is Status.DONE and outcome.picture is not None:
            paper = outcome.paper
            self.say(f"✓ {one_line(paper.id)}  {outcome.picture.path}  {one_line(paper.title)}", "green", is_cut=True)

    def closed(self, report: Report) -> None:
        """Keep the report for the summary."""
        self.report = report

    def _describe(self) -> None:
        counts = Counter(self._at.values())
        parts = [f"{counts[verb]} at the {verb}" for verb in STEPS if counts[verb]]
        self.bar.show(", ".join(parts) or "Finishing …", self._waiting)


def print_summary(console: Console, report: Report) -> None:
    """The end of a run, in a few lines, the last of which leads to a picture."""
    days = ", ".join(map(str, report.days)) or "no day"
    if not report.papers:
        listed = f"{counted(report.listed, 'paper')} listed, none asked for" if report.listed else "no papers listed"
        said = f"{days} · {report.source}: {listed}{f': {report.reason}' if report.reason else ''}."
        console.print(plain(said), highlight=False, soft_wrap=True)
        return
    reasons = ", ".join(f"{count} {SKIPPED.get(reason, reason)}" for reason, count in report.reasons.items())
    folders = {str(Path(each).parent) for each in report.files}
    where = f"{report.archive.rstrip('/')}/{folders.pop()}" if len(folders) == 1 else report.archive
    rows = {
        "papers": f"{report.papers} · {days} · {report.source}",
        "pictures": f"{report.pictures or 'none'} new, in {where}",
        "labels": _labels(report) if report.checked else None,
        "skipped": reasons or None,
        "on order": f"{report.on_order} (in a batch; a later run fetches them)" if report.on_order else None,
        "left": f"{report.unbought} (at the limit in dollars; a higher one goes on)" if report.unbought else None,
        "not reached": f"{report.not_reached} (the next run goes on with them)" if report.not_reached else None,
        "blocked": str(report.blocked) if report.blocked else None,
        "failed": str(report.failed) if report.failed else None,
        "cost": f"{cost(report)}, {report.seconds:.1f} s",
        "in doubt": f"{doubtful}, {_doubts(report)}" if (doubtful := in_doubt(report)) else None,
        "catalog": ", ".join(report.catalog) or None,
    }
    for name, value in rows.items():
        if value is not None:
            print_fact(console, name, value)
    for failure in report.failures:
        print_fact(console, "✗", failure, "red")
    if report.files:
        print_fact(console, "see all", "frontispiece open")
        for file in report.files[:MOST_LED_TO]:
            print_fact(console, "picture", _link(report.archive, file))


def in_doubt(report: Report) -> str:
    """What calls may cost that are perhaps on the bill; empty where there are none."""
    if not (report.doubts or report.orders):
        return ""
    return price(report.in_doubt) + (" at most" if report.in_doubt else "")


def _doubts(report: Report) -> str:
    kinds = {"perhaps on the bill": report.doubts, "ordered, and fetched by the next run": report.orders}
    return "; ".join(f"{words}: {_listed(named)}" for words, named in kinds.items() if named)


def _listed(named: Sequence[str]) -> str:
    return ", ".join(named[:MOST_NAMED]) + (" …" if len(named) > MOST_NAMED else "")


def _labels(report: Report) -> str:
    said = f"{report.checked - len(report.unread)} of {report.checked} read"
    if not report.unread:
        return said
    return f"{said}; not those of {_listed([one_line(each) for each in report.unread])}"


def cost(report: Report) -> str:
    """What a run has paid."""
    unknown = f"{counted(report.unpriced, 'call')} of unknown price" if report.unpriced else ""
    known = price(report.dollars) if report.dollars or not unknown else ""
    refused = f" ({price(report.refused)} of it for answers of no use)" if report.refused else ""
    return " and ".join(filter(None, (known, unknown))) + refused


def _link(archive: str, file: str) -> Text:
    """Where the picture is, to be clicked on where the terminal can do that."""
    place = plain(f"{archive.rstrip('/')}/{file}")
    folder = Path(archive)
    if folder.is_absolute():
        place.stylize(f"link {(folder / file).as_uri()}")
    return place
