"""A backfill that is killed hard, again and again, beside fakes that count what they are paid. No pytest in here.

`python tests/killed_backfill.py [DAYS PAPERS KILLS]` plays it with a server of its own: 30 days of 20 papers, killed
three times.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
from fakes.providers import Providers, fake_providers
from helpers.bill import Books, books_after_upkeep
from helpers.real_server import RealServer, real_server_in, until

FIRST = date(2024, 10, 1)
DOLLARS_A_PAPER = 0.004


@dataclass(frozen=True)
class Killed:
    """How it ended."""

    code: int
    rounds: int
    prompts: int
    pictures: int
    dollars: float
    seconds: float
    papers_twice: tuple[str, ...]
    days_done: int
    said: Books
    calendars: list[dict[str, Any]]
    """What the pages of all rounds show."""


def snapshot(path: Path, days: int, papers: int) -> Path:
    """So many papers on each of so many days."""
    noons = [f"{FIRST + timedelta(number):%a, %d %b %Y} 12:00:00 GMT" for number in range(days)]
    lines = (
        {
            "id": f"2410.{number:05d}",
            "authors": "Ada Lovelace",
            "title": f"On the Motion of Paper Birds, Part {number}",
            "abstract": f"We fold {number} birds out of paper and watch them.",
            "categories": "cs.CL",
            "versions": [{"version": "v1", "created": noons[number // papers]}],
            "update_date": "2024-11-01",
        }
        for number in range(days * papers)
    )
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def play(folder: Path, server: RealServer, days: int, papers: int, kills: int) -> Killed:
    """Run the same command until it ends by itself, after it was killed so many times on the way."""
    began = time.monotonic()
    with fake_providers() as world:
        environment = {
            **server.environment,
            **world.variables,
            "FRONTISPIECE_ARCHIVE": str(folder / "archive"),
            "FRONTISPIECE_SNAPSHOT": str(snapshot(folder / "papers.jsonl", days, papers)),
        }
        stretch = f"{FIRST}..{FIRST + timedelta(days - 1)}"
        limit = f"{days * papers * DOLLARS_A_PAPER}"
        command = [sys.executable, "-m", "deployments.cli", "backfill", stretch, "--max-usd", limit]
        before = {each["id"] for each in calendars(server, stretch)}
        for number in range(1, kills + 1):
            with process(command, environment, folder) as run:
                until(lambda number=number: world.fal.paid >= days * papers * number // (kills + 1) or ended(run), 600)
                until(lambda number=number: len(calendars(server, stretch)) == len(before) + number or ended(run))
                kill_between_prompts(run, world, folder / "archive")
        with process(command, environment, folder) as run:
            code = run.wait(900)
        return Killed(
            code=code,
            rounds=kills + 1,
            prompts=world.openai.paid,
            pictures=world.fal.paid,
            dollars=world.dollars,
            seconds=time.monotonic() - began,
            papers_twice=papers_archived_twice(folder / "archive"),
            days_done=days_done(folder / "archive"),
            said=asyncio.run(books_after_upkeep(folder / "archive")),
            calendars=[each for each in calendars(server, stretch) if each["id"] not in before],
        )


def calendars(server: RealServer, stretch: str) -> list[dict[str, Any]]:
    """On the pages of this stretch's backfills, one on each."""
    asked = {
        "artifacts": {"key": {"any_": ["calendar"]}},
        "flow_runs": {"name": {"any_": [f"backfill {stretch} · snapshot"]}},
    }
    found: list[dict[str, Any]] = server.ask("/artifacts/filter", asked)
    assert len({each["flow_run_id"] for each in found}) == len(found)
    return found


@contextlib.contextmanager
def process(command: list[str], environment: dict[str, str], folder: Path):  # type: ignore[no-untyped-def]
    """A run in a session of its own; nothing of it is left afterwards."""
    with (folder / "log.txt").open("ab") as log:
        run = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield run
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def ended(run: "subprocess.Popen[bytes]") -> bool:
    assert run.poll() is None, f"it ended by itself, with {run.poll()}"
    return False


def kill_between_prompts(run: "subprocess.Popen[bytes]", world: Providers, archive: Path) -> None:
    """SIGKILL while pictures are under way, but no chat call whose answer could be lost.

    OpenAI keeps no list of chat calls: one that is cut off after it was charged can only be made again. Here the
    provider stops answering first, and everything it was paid for has arrived.
    """
    world.openai.faults.always("chat", "never answered")
    until(lambda: not world.openai.faults.at_work["chat"] or ended(run))
    until(lambda: prompts_delivered(archive) == world.openai.paid or ended(run))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    world.openai.faults.always("chat", None)


def prompts_delivered(archive: Path) -> int:
    """Paid prompts in the journal."""
    delivered = 0
    for folder in (archive / "journal").iterdir():
        entries = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
        delivered += entries[0]["what"].startswith("prompt") and any(entry["kind"] == "done" for entry in entries)
    return delivered


def papers_archived_twice(archive: Path) -> tuple[str, ...]:
    """Papers that two rows call freshly painted."""
    rows = ds.dataset(archive / "catalog", format="parquet", exclude_invalid_files=True).to_table(
        columns=["paper_id", "status", "painter_request_id"]
    )
    orders = {(row["paper_id"], row["painter_request_id"]) for row in rows.to_pylist() if row["status"] == "done"}
    return tuple(paper for paper, count in Counter(paper for paper, _ in orders).items() if count > 1)


def days_done(archive: Path) -> int:
    """Days on which every picture is there."""
    return len({path.parent.name for path in (archive / "pictures").rglob("*.jpg")})


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:4]] or [30, 20, 3]
    with tempfile.TemporaryDirectory(prefix="frontispiece backfill ") as place:
        home = Path(place) / "prefect"
        home.mkdir()
        with real_server_in(home) as own:
            killed = play(Path(place), own, *numbers)
        print(killed, (Path(place) / "log.txt").read_text()[-2000:], sep="\n")
        assert (killed.prompts, killed.pictures) == (numbers[0] * numbers[1],) * 2
        assert (killed.code, killed.papers_twice, killed.days_done) == (0, (), numbers[0])
        assert killed.said.agree_with(killed.dollars)
