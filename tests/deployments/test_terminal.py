"""What reaches a terminal: nobody's title, prompt or error moves its cursor, sets its title or is taken for markup."""

import io
import logging

import pytest
from rich.console import Console

from deployments.cli.markup import plain
from deployments.cli.query import print_table
from deployments.cli.terminal import LogLines, print_summary
from frontispiece.archive.query import Answer
from frontispiece.report import Report, sum_up

HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]not red[/] \u202eback \x9b31m"
READABLE = "[2J ]0;owned [red]not red[/]  back  31m"


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def console(request: pytest.FixtureRequest) -> Console:
    """One that writes where it can be read."""
    return Console(file=io.StringIO(), force_terminal=request.param, color_system=None, width=200)


def written(console: Console) -> str:
    """What has been written so far."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_line_of_the_log_is_harmless(console: Console) -> None:
    lines = LogLines(console, verbose=True)
    lines.emit(logging.LogRecord("prefect.task_runs", logging.INFO, "x.py", 1, "Response: %s", (HOSTILE,), None))
    assert READABLE in written(console)
    assert written(console).rstrip("\n").isprintable()


def test_a_summary_is_harmless(console: Console) -> None:
    told = {**sum_up([]), "papers": 1, "failures": (HOSTILE,), "archive": HOSTILE}
    print_summary(
        console, Report.model_validate({**told, "days": (), "source": "sample", "seconds": 1.0, "catalog": ()})
    )
    text = written(console)
    assert text.count(READABLE) == 2
    assert all(line.isprintable() for line in text.splitlines())


def test_a_table_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Answer((HOSTILE,), [(HOSTILE,)]))
    assert capsys.readouterr().out.count(READABLE) == 2


def test_markup_of_others_is_text(console: Console) -> None:
    console.print(plain(HOSTILE))
    assert READABLE in written(console)
