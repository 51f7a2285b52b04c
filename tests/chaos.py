"""Kill it anywhere: a day of papers, SIGKILL at random moments, until it is done; then the books are checked.

`make chaos` runs all scenarios; `python tests/chaos.py SCENARIO SEED` one. All runs on this machine, in processes
of its own: the fake providers, a Prefect server, and the runs that are killed.
"""

import asyncio
import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from helpers.bill import books_after_upkeep
from helpers.real_server import free_port
from PIL import Image

from deployments.server import SERVER_SETTINGS

PAPERS = 40
ROUNDS = 25
HERE = Path(__file__).parent


def snapshot(folder: Path) -> Path:
    """A day of papers that nobody wrote."""
    path = folder / "papers.jsonl"
    lines = (
        {
            "id": f"2501.{number:05d}",
            "authors": "Ada Lovelace",
            "title": f"On the Motion of Paper Birds, Part {number}",
            "abstract": f"We fold {number} birds out of paper and watch them.",
            "categories": "cs.CL",
            "versions": [{"version": "v1", "created": "Fri, 3 Jan 2025 12:00:00 GMT"}],
            "update_date": "2025-01-03",
        }
        for number in range(1, PAPERS + 1)
    )
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 only ever this machine
        return bytes(answer.read())


def wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            get(url)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


class Stage:
    """The processes of one scenario, and where they keep things."""

    def __init__(self, folder: Path, latency: float, faults: float, seed: int) -> None:
        self.archive = folder / "archive"
        self._home = folder / "prefect"
        self._providers_port, self._server_port = free_port(), free_port()
        self.providers = f"http://127.0.0.1:{self._providers_port}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._arguments = [str(self._providers_port), str(latency), str(faults), str(seed)]
        self.environment = {
            **os.environ,
            **SERVER_SETTINGS,
            "PREFECT_HOME": str(self._home),
            "PREFECT_API_URL": f"http://127.0.0.1:{self._server_port}/api",
            "FRONTISPIECE_ARCHIVE": str(self.archive),
            "FRONTISPIECE_SNAPSHOT": str(snapshot(folder)),
            "FRONTISPIECE_WRITER": "openai",
            "FRONTISPIECE_PAINTER": "fal",
            "FRONTISPIECE_ATTEMPTS": "10",
            "FRONTISPIECE_RETRY_SECONDS": "0.2",
            "OPENAI_API_KEY": "sk-chaos",
            "OPENAI_BASE_URL": f"{self.providers}/v1",
            "FAL_KEY": "fal-chaos",
            "FRONTISPIECE_FAL_URL": self.providers,
            "FRONTISPIECE_PICTURE_HOSTS": self.providers,
        }

    def open(self) -> None:
        self._start([sys.executable, "-m", "fakes.providers", *self._arguments])
        self.server = self.start_server()
        wait_for(f"{self.providers}/books")

    def start_server(self) -> subprocess.Popen[bytes]:
        command = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self._server_port), "--no-ui"]
        server = self._start([sys.executable, "-m", *command])
        wait_for(f"http://127.0.0.1:{self._server_port}/api/health")
        return server

    def start_run(self) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "deployments.cli", "run", "2025-01-03"])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in self._processes:
            kill(process)

    def books(self) -> dict[str, float]:
        books: dict[str, float] = json.loads(get(f"{self.providers}/books"))
        return books


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def stage(latency: float, faults: float, seed: int) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="frontispiece chaos ") as folder:
        opened = Stage(Path(folder), latency, faults, seed)
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


def until_done(opened: Stage, rng: random.Random, side_by_side: int = 1, kill_server: bool = False) -> int:
    """Run and kill, run and kill; the last round may finish. Gives the number of rounds."""
    for number in range(1, ROUNDS + 1):
        runs = [opened.start_run() for _ in range(side_by_side)]
        moment = rng.uniform(2.5, 9.0)
        deadline = time.monotonic() + (moment if number < ROUNDS else 300)
        while time.monotonic() < deadline and any(run.poll() is None for run in runs):
            time.sleep(0.05)
        codes = [run.poll() for run in runs]
        if kill_server:
            kill(opened.server)
            opened.server = opened.start_server()
        for run in runs:
            kill(run)
        print(f"  round {number}: killed after {moment:.2f} s, {opened.books()}, exit codes {codes}", flush=True)
        if codes == [0] * side_by_side:
            return number
    raise AssertionError(f"not done after {ROUNDS} rounds")


def check(opened: Stage) -> str:
    """Every paper archived once, every JPEG opens, the catalog reads, the sums are the bill but for named doubts."""
    pictures = sorted((opened.archive / "pictures").rglob("*.jpg"))
    assert len(pictures) == PAPERS, f"{len(pictures)} pictures"
    for path in pictures:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            image.load()
    rows = [
        row
        for path in (opened.archive / "catalog").rglob("*.parquet")
        for row in pq.read_table(path, partitioning=None).to_pylist()
        if row["status"] == "done"
    ]
    newest = {row["paper_id"]: row for row in sorted(rows, key=lambda row: row["run_finished_at"])}
    assert len(newest) == PAPERS, f"{len(newest)} papers in the catalog"
    billed = opened.books()
    said = asyncio.run(books_after_upkeep(opened.archive))
    more = billed["openai"] + billed["fal"] - 2 * PAPERS
    assert 0 <= more <= said.doubts, f"{billed} with {said.doubts} doubts"
    assert said.unpriced == 0
    assert said.agree_with(billed["dollars"]), f"${billed['dollars']:.4f} billed, and stats say {said}"
    doubtful = f"${said.in_doubt:.4f} in doubt ({', '.join(said.named) or 'nothing'})"
    return f"{billed['openai']:.0f} prompts and {billed['fal']:.0f} pictures, ${said.dollars:.4f} and {doubtful}"


SCENARIOS = {
    "kill": dict(latency=0.5, faults=0.0, side_by_side=1, kill_server=False),
    "two": dict(latency=0.5, faults=0.0, side_by_side=2, kill_server=False),
    "server": dict(latency=0.5, faults=0.0, side_by_side=1, kill_server=True),
    "faults": dict(latency=0.2, faults=0.1, side_by_side=1, kill_server=False),
}


def play(name: str, seed: int) -> None:
    scenario = SCENARIOS[name]
    print(f"{name}, seed {seed}", flush=True)
    with stage(float(scenario["latency"]), float(scenario["faults"]), seed) as opened:
        rounds = until_done(
            opened,
            random.Random(seed),
            int(scenario["side_by_side"]),
            bool(scenario["kill_server"]),
        )
        print(f"  done after {rounds} rounds: {check(opened)}", flush=True)


if __name__ == "__main__":
    names = sys.argv[1:2] or list(SCENARIOS)
    for each in names:
        play(each, int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6))
