"""How the command ends, as scripts see it: the real command against fakes of the providers."""

import asyncio
import contextlib
import io
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from fakes.providers import Providers, fake_providers
from helpers.bill import books
from helpers.real_server import PATIENCE, RealServer
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Crashed, Failed, Suspended

from deployments.cli import main
from deployments.cli.running import exit_after
from deployments.exit_codes import Exit, exit_of
from flows.verdict import BUDGET_REACHED
from frontispiece.errors import BadInput, FrontispieceError, OutOfService

ROOT = Path(__file__).parents[2]
PAPERS_OF_A_DAY = 3
DAYS = "2024-10-01..2024-10-02"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass
class Place:
    """A folder with a list of papers, where the command is started with paid providers, and a Prefect server."""

    folder: Path
    world: Providers
    server: RealServer

    @property
    def variables(self) -> dict[str, str]:
        settings = {
            "FRONTISPIECE_ARCHIVE": str(self.folder / "archive"),
            "FRONTISPIECE_SNAPSHOT": str(self.folder / "papers.jsonl"),
            "FRONTISPIECE_ATTEMPTS": "1",
            "FRONTISPIECE_PROMPTS_AT_ONCE": "1",
            "FRONTISPIECE_GALLERY": "false",
        }
        return {**self.server.environment, **settings, **self.world.variables}

    def __call__(self, *arguments: str, **variables: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "deployments.cli", *arguments],
            cwd=self.folder,
            env={**self.variables, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def here(self, *arguments: str) -> Ended:
        """As the command, in this process, which takes a third of the time."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            patch.chdir(self.folder)
            for name, value in self.variables.items():
                patch.setenv(name, value)
            code = main(arguments)
        return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture
def place(tmp_path: Path, at_server: RealServer) -> Iterator[Place]:
    at_server.clear()
    lines = [
        {
            **{"id": f"2410.{number:05}", "authors": "Ada Lovelace", "title": f"Paper Birds, Part {number}"},
            **{"abstract": f"We fold {number} birds.", "categories": "cs.CL", "update_date": f"2024-10-0{day}"},
            "versions": [{"version": "v1", "created": f"{date(2024, 10, day):%a, %d %b %Y} 12:00:00 GMT"}],
        }
        for day in (1, 2)
        for number in range(day * 10, day * 10 + PAPERS_OF_A_DAY)
    ]
    (tmp_path / "papers.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    with fake_providers() as world:
        yield Place(tmp_path, world, at_server)


def test_every_paper_failed(place: Place) -> None:
    place.world.openai.faults.always("chat", "unknown model")
    ended = place("run", "2024-10-01")
    assert (ended.code, ended.out.count("✗")) == (Exit.FAILED, PAPERS_OF_A_DAY), ended
    ended = place.here("paper", "2410.00010")
    assert (ended.code, ended.out.count("✗")) == (Exit.FAILED, 1), ended
    ended = place.here("backfill", DAYS)
    assert ended.code == Exit.FAILED, ended
    assert f"2024-10-02 ({PAPERS_OF_A_DAY} failed)" in ended.out.splitlines()[-1]
    assert place.world.paid == (0, 0)


def test_a_refused_key(place: Place) -> None:
    place.world.openai.faults.always("models", "401")
    ended = place("run", "2024-10-01")
    assert (ended.code, ended.out) == (Exit.FAILED, "")
    assert len(re.findall(r"^frontispiece: The key is refused: ", ended.err, re.M)) == 1


def test_the_limit_in_dollars(place: Place) -> None:
    """With work left it is told apart from done; a higher one goes on, and then all is done. A dry run buys nothing."""
    ended = place.here("run", "2024-10-01", "--dry-run", "--limit", "2", "--max-usd", "0.0075")
    assert (ended.code, place.world.paid) == (Exit.DONE, (0, 0)), ended
    assert "1 of 1 day to run · 2 papers · 4 calls · " in ended.out.splitlines()[-1]
    assert not (place.folder / "archive").exists(), "a dry run begins no archive"
    ended = place.here("run", "2024-10-01", "--max-usd", "0.0075")
    assert (ended.code, place.world.paid) == (Exit.BUDGET_REACHED, (2, 2)), ended
    assert re.search(r"left  1 \(at the limit in dollars", ended.out)
    ended = place("backfill", DAYS, "--max-usd", "0.0075")
    assert (ended.code, place.world.paid) == (Exit.BUDGET_REACHED, (4, 4)), ended
    assert f"{BUDGET_REACHED}: " in ended.out
    assert "2 papers are left" in ended.out
    ended = place.here("backfill", DAYS, "--max-usd", "0.05")
    assert (ended.code, place.world.paid) == (Exit.DONE, (6, 6)), ended


def test_bad_input_that_only_the_run_finds(place: Place) -> None:
    ended = place("backfill", DAYS, OPENAI_API_KEY="", FRONTISPIECE_OPENAI_SECRET_BLOCK="no-such")
    assert (ended.code, place.world.paid) == (Exit.BAD_INPUT, (0, 0)), ended
    assert re.search(r"^frontispiece: .* this Prefect server has no Secret block named 'no-such'\.$", ended.err, re.M)


@pytest.mark.parametrize("command", ["run 2024-10-01", "deploy", "serve"])
def test_a_prefect_server_out_of_reach(command: str, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://me:planted@127.0.0.1:{taken.getsockname()[1]}/api"
    ended = place(*command.split(), PREFECT_API_URL=url)
    assert (ended.code, ended.out, ended.err.count("\n")) == (Exit.FAILED, "", 1), ended
    assert ended.err.startswith("frontispiece: Prefect's server at http://***@127.0.0.1:")
    assert "planted" not in ended.err
    assert [each.name for each in place.folder.iterdir()] == ["papers.jsonl"], "nothing is begun before"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        pytest.param(Completed(), Exit.DONE, id="completed"),
        pytest.param(Completed(name="Waiting for batch"), Exit.DONE, id="waiting for a batch"),
        pytest.param(Completed(name=BUDGET_REACHED), Exit.BUDGET_REACHED, id="budget reached"),
        pytest.param(Failed(), Exit.FAILED, id="failed"),
        pytest.param(Failed(name=BUDGET_REACHED), Exit.FAILED, id="failed at the limit"),
        pytest.param(Crashed(), Exit.FAILED, id="crashed"),
        pytest.param(Suspended(), Exit.FAILED, id="not ended"),
    ],
)
def test_the_state_decides(state: State[None], code: Exit) -> None:
    assert exit_after(state, None) is code


def test_who_was_cancelled_was_interrupted() -> None:
    with pytest.raises(KeyboardInterrupt):
        exit_after(Cancelled(), None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(BadInput("no"), Exit.BAD_INPUT, id="bad input"),
        pytest.param(OutOfService("no"), Exit.FAILED, id="a refused key"),
    ],
)
def test_an_error_of_ours_is_for_the_command_to_say(error: FrontispieceError, code: Exit) -> None:
    with pytest.raises(type(error)):
        exit_after(Failed(), error)
    assert exit_of(error) is code


def test_another_error_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_after(Crashed(message="It broke."), ZeroDivisionError()) is Exit.FAILED
    assert capsys.readouterr().err == "frontispiece: It broke.\n"


def test_help_and_docs_tell_all_codes() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "--help"],
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    told = re.findall(r"^ +(\d+)  (.+)$", said.partition("exit codes:")[2], re.M)
    rows = re.findall(r"^\| (\d+) \| (.+?) \|$", (ROOT / "docs" / "failures.md").read_text(), re.M)
    assert told == rows == [(str(code.value), code.meaning) for code in Exit]


def test_recipes_are_compared_within_one_limit(place: Place) -> None:
    """Each paper that is paid for is painted by both; prompts that they share are bought once, and nothing twice."""
    asked = ("compare", "2024-10-01", "--with", "painter=fal", "--with", "painter=fal,fal_model=fal-ai/qwen-image")
    quoted = place.here(*asked, "--dry-run", "--limit", "2")
    assert (quoted.code, place.world.paid) == (Exit.DONE, (0, 0)), quoted
    assert "Dry run: 2 papers · 4 pictures to make · $" in quoted.out
    assert not (place.folder / "archive").exists()
    limited = place.here(*asked, "--max-usd", "0.05")
    assert (limited.code, place.world.paid) == (Exit.BUDGET_REACHED, (2, 4)), limited
    assert "1 paper left at the limit in dollars" in limited.out
    ended = place.here(*asked, "--max-usd", "0.1")
    assert (ended.code, place.world.paid) == (Exit.DONE, (3, 6)), ended
    (page,) = (place.folder / "archive" / "compare").glob("2024-10-01-*.html")
    assert f"3 papers to compare: {page}" in ended.out
    assert page.read_text().count('class="versus"') == 3
    again = place.here(*asked, "--max-usd", "0.05")  # which is spent already
    assert (again.code, place.world.paid) == (Exit.DONE, (3, 6)), again
    assert again.out.splitlines()[-1] == "Nothing is left to make."
    assert asyncio.run(books(place.folder / "archive")).dollars == pytest.approx(place.world.dollars)
