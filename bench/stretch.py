"""A stretch of days by ours, by plain asyncio and by Prefect as a newcomer would write it: `python bench/stretch.py`.

Round by round, one after the other, each with new fakes and a new archive; all must make the same pictures. `one day`
is ours with all these papers on a single day; `served` is asked of `serve`, and its CPU holds the start of its
processes. It and `naive` have the server that `serve` starts, the others that of a command. Prints turns, and one line
of JSON with the medians.
"""

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from job import FIRST_DAY, environment, files, providers, write_snapshot
from measuring import Server, cpu_of, prefect_server, python, run, server_of_a_command

from deployments.server import SERVER_SETTINGS

HERE = Path(__file__).parent
CONTENDERS = ("plain", "one day", "ours", "served", "naive")
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Turn:
    """One contender's turn. CPU is in milliseconds a paper."""

    seconds: float
    client_cpu: float
    """From the first list to the last row, without the processes that decode pictures."""
    children_cpu: float
    """Of these, and of the imports before."""
    server_cpu: float
    logs: float
    """Log lines a paper."""
    artifacts: int


class Stretch:
    """Turns over the same days with one latency."""

    def __init__(self, folder: Path, days: int, papers: int, latency: float) -> None:
        self._folder = folder
        self._papers = days * papers
        self._latency = latency
        last = FIRST_DAY + timedelta(days=days - 1)
        self._stretch = f"{FIRST_DAY}..{last}", write_snapshot(folder / "days", papers, days)
        self._day = FIRST_DAY.isoformat(), write_snapshot(folder / "one", days * papers)
        self._files: dict[str, str] | None = None
        self.turns: dict[str, list[Turn]] = {}

    def turn(self, name: str, server: Server) -> Turn:
        """Have a contender do the job."""
        days, snapshot = self._day if name == "one day" else self._stretch
        with tempfile.TemporaryDirectory(dir=self._folder) as place, providers(self._latency) as url:
            folder = Path(place)
            variables = environment(folder / "archive", snapshot, url, AT_ONCE) | SERVER_SETTINGS
            variables |= {"PREFECT_API_URL": server.api}
            before, used = counted(server.home), cpu_of(server.pid)
            script = HERE / f"{'ours' if name == 'one day' else name}.py"
            ended = run(python(str(script), days), variables, folder)
            logs, artifacts = (now - then for now, then in zip(counted(server.home), before, strict=True))
            if name != "one day":
                self._compare(files(folder / "archive"))
        result = Turn(
            seconds=round(ended.said["seconds"], 2),
            client_cpu=round(1000 * ended.said["cpu"] / self._papers, 1),
            children_cpu=round(1000 * (ended.cpu - ended.said["cpu"]) / self._papers, 1),
            server_cpu=round(1000 * (cpu_of(server.pid) - used) / self._papers, 1),
            logs=round(logs / self._papers, 1),
            artifacts=artifacts,
        )
        self.turns.setdefault(name, []).append(result)
        return result

    def _compare(self, made: dict[str, str]) -> None:
        assert len(made) == 2 * self._papers, f"{len(made)} files instead of {2 * self._papers}"
        self._files = self._files or made
        assert made == self._files, "not the same files"

    def medians(self) -> dict[str, dict[str, float]]:
        return {
            name: {field: statistics.median(getattr(turn, field) for turn in turns) for field in asdict(turns[0])}
            for name, turns in self.turns.items()
        }


def counted(home: Path) -> tuple[int, int]:
    """Log lines and artifacts in the database below this Prefect home."""
    with closing(sqlite3.connect(f"file:{home / 'prefect.db'}?mode=ro", uri=True, timeout=30)) as database:
        (logs,), (artifacts,) = (
            database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 constants
            for table in ("log", "artifact")
        )
    return int(logs), int(artifacts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="8 days of 10 papers, one round")
    parser.add_argument("--days", type=int)
    parser.add_argument("--papers", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--latency", type=float, action="append", help="only this one")
    parser.add_argument("--only", action="append", help="only these contenders")
    asked = parser.parse_args()
    days, papers = asked.days or (8 if asked.quick else 30), asked.papers or (10 if asked.quick else 20)
    rounds = asked.rounds or (1 if asked.quick else 3)
    os.environ.update(SERVER_SETTINGS)
    found: dict[str, object] = {
        "bench": "stretch",
        "days": days,
        "papers": papers,
        "rounds": rounds,
        "at_once": AT_ONCE,
    }
    with tempfile.TemporaryDirectory() as place:
        for latency in asked.latency or (0.0, 1.0):
            folder = Path(place) / f"{latency:g}"
            folder.mkdir()
            stretch = Stretch(folder, days, papers, latency)
            with prefect_server(folder / "served") as served, server_of_a_command(folder / "own") as own:
                for _ in range(rounds):
                    for name in asked.only or CONTENDERS:
                        server = served if name in ("served", "naive") else own
                        print(f"{latency:g} s  {name:8} {stretch.turn(name, server)}", flush=True)
            found[f"latency {latency:g}"] = stretch.medians()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
