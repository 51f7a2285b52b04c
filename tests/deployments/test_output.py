"""Nobody reads what a command says, or the disk is full: it does its work, and its end is told without a traceback."""

import asyncio
import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from helpers.stocked import DAY, stocked
from rich.console import Console

from deployments.cli import main
from deployments.cli.run_terminal import print_summary
from deployments.cli.terminal import LogLines, Stage
from frontispiece.report import Report

ROOT = Path(__file__).parents[2]
COMMANDS = ("--help", "settings", "status 2024-10", "stats", "stats --format csv", "verify", "query --help")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("archive")
    asyncio.run(stocked(place))
    return place


@contextmanager
def closed_pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


@contextmanager
def full_disk() -> Iterator[int]:
    with Path("/dev/full").open("wb") as file:
        yield file.fileno()


def ended(command: str, archive: Path, out: int | None, *, closing: str = "", **variables: str) -> tuple[int, str]:
    asked = f'exec "$0" -m deployments.cli {command} {closing}'
    done = subprocess.run(
        ["/bin/sh", "-c", asked, sys.executable],
        env={**os.environ, "FRONTISPIECE_ARCHIVE": str(archive), "PYTHONPATH": str(ROOT), **variables},
        cwd=archive,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_who_has_left_is_no_trouble(command: str, archive: Path) -> None:
    with closed_pipe() as out:
        assert ended(command, archive, out) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_told_in_one_sentence(command: str, archive: Path) -> None:
    with full_disk() as out:
        said = "frontispiece: standard output cannot be written: No space left on device.\n"
        assert ended(command, archive, out) == (1, said)


@pytest.mark.slow
@pytest.mark.parametrize("closing", [">&-", ">&- 2>&-", "</dev/null >/dev/full 2>/dev/full"])
def test_streams_that_are_closed_or_full_break_nothing(closing: str, archive: Path) -> None:
    assert ended("verify", archive, subprocess.DEVNULL, closing=closing) == (int("full" in closing), "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "variables"),
    [
        pytest.param("status 2024-10", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="ASCII"),
        pytest.param("query \"SELECT '✓'\"", {"PYTHONIOENCODING": "latin-1:strict"}, id="Latin-1"),
    ],
)
def test_a_terminal_that_lacks_letters_gets_the_others(
    command: str, variables: dict[str, str], archive: Path, tmp_path: Path
) -> None:
    with (tmp_path / "said").open("wb") as out:
        assert ended(command, archive, out.fileno(), **variables) == (0, "")
    assert b"?" in (tmp_path / "said").read_bytes()


def test_a_folder_that_is_gone_is_told_in_one_sentence(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(archive))
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert [main(["settings"]), main(["stats"]), main(["run", "--limit", "1"])] == [0, 0, 1]
    assert capsys.readouterr().err == "frontispiece: data: No such file or directory.\n"


@pytest.mark.parametrize("make", [closed_pipe, full_disk])
def test_bad_input_stays_bad_input(make: Callable[[], "contextmanager[int]"], archive: Path) -> None:
    with make() as out:  # type: ignore[attr-defined]
        code, said = ended("status 2024-13", archive, out)
    assert (code, said.count("\n")) == (2, 1)


def test_what_is_printed_within_a_test_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    assert main(["--version"]) == 0
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out


def test_a_crash_of_ours_moves_no_cursor(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can tell which words of whom an error quotes of which nobody has thought."""
    monkeypatch.setattr("frontispiece.settings.load_settings", lambda: int("\x1b[2J\n\x9b31m\ud83d"))
    assert main(["settings"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert "ValueError: invalid literal" in said
    assert all(line.isprintable() for line in said.splitlines())


def test_what_prefect_still_sends_is_no_news() -> None:
    shown = Console(file=io.StringIO(), width=200)
    lines = LogLines(Stage(told=shown), verbose=True)
    for name in ("APILogWorker", "EventsWorker"):
        for said in ("Still processing items: 5 items remaining...", "3 items were dropped."):
            lines.handle(logging.LogRecord(name, logging.WARNING, __file__, 1, said, None, None))
    assert [line.partition(" ")[2] for line in cast("io.StringIO", shown.file).getvalue().splitlines()] == [
        "3 items were dropped.",
        "3 items were dropped.",
    ]


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        pytest.param({"archived": 2}, "2 archived before", id="archived"),
        pytest.param({"upvotes": 1, "withdrawn": 1}, "1 with too few votes, 1 withdrawn", id="not wanted"),
    ],
)
def test_papers_are_skipped_for_reasons_that_there_are(reasons: dict[str, int], said: str) -> None:
    counts = {"papers": 2, "pictures": 0, "skipped": 2, "blocked": 0, "failed": 0, "unpriced": 0}
    report = Report.model_validate(
        {
            **counts,
            **{"days": (DAY,), "source": "arxiv", "reasons": reasons, "failures": (), "dollars": 0.0, "seconds": 1.0},
            **{"catalog": (), "archive": "here"},
        }
    )
    console = Console(file=io.StringIO(), width=200)
    print_summary(console, report)
    assert f"skipped  {said}\n" in cast("io.StringIO", console.file).getvalue()
