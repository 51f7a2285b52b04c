"""Ours, plain asyncio and the naive Prefect version on the same day of papers: `python bench/pipeline.py [--quick]`.

They run one after the other, round by round, each with new fakes and a new archive; with no latency also as many empty
tasks, for what Prefect alone costs. Then ours runs without a server, on the one that Prefect starts by itself. Prints a
table, and one line of JSON with the medians.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from job import FIRST_DAY, environment, files, providers, write_snapshot
from measuring import Server, cpu_of, prefect_server, python, recorded, run

from deployments.server import SERVER_SETTINGS

HERE = Path(__file__).parent
CONTENDERS = ("plain", "ours", "naive")
EMPTY = "bare"
AT_ONCE = 16
TASKS = {"plain": (0, 0), "ours": (3, 2), "naive": (3, 2), EMPTY: (3, 0)}
"""So many a paper, and so many a day."""
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One contender's turn. CPU is in milliseconds a paper."""

    seconds: float
    client_cpu: float
    """From the first list to the last row."""
    process_cpu: float
    """From the start of the process to its end, imports included."""
    server_cpu: float
    caught_up: float
    """Seconds from the end of the process until every task run was recorded."""
    recorded: int


class Race:
    """Rounds of turns with one latency, and whether all made the same files."""

    def __init__(self, folder: Path, papers: int, latency: float) -> None:
        self._folder = folder
        self._papers = papers
        self._latency = latency
        self._snapshot = write_snapshot(folder / f"{papers}.jsonl", papers)
        self._files: dict[str, str] | None = None
        self.turns: dict[str, list[Turn]] = {}

    def turn(self, name: str, server: Server | None) -> Turn:
        """Have a contender do the job; without a server, on the one that Prefect starts for it."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place, providers(self._latency) as url:
            folder = Path(place)
            variables = environment(folder / "archive", self._snapshot, url, AT_ONCE) | SERVER_SETTINGS
            home = server.home if server else self._folder / "own"
            variables |= {"PREFECT_API_URL": server.api} if server else {"PREFECT_HOME": str(home)}
            before, used = (recorded(home), cpu_of(server.pid)) if server else (recorded(home), 0.0)
            ended = run(python(str(HERE / f"{name}.py"), FIRST_DAY.isoformat()), variables, folder)
            caught_up = _until_recorded(home, before + self._tasks(name), PATIENCE if server else 0.0)
            if name != EMPTY:
                self._compare(folder / "archive")
            # A server that Prefect starts is waited for by the process that uses it.
            used = cpu_of(server.pid) - used if server else ended.cpu - ended.said["process"]
            result = Turn(
                seconds=ended.said["seconds"],
                client_cpu=1000 * ended.said["cpu"] / self._papers,
                process_cpu=1000 * (ended.cpu if server else ended.said["process"]) / self._papers,
                server_cpu=1000 * used / self._papers,
                caught_up=caught_up,
                recorded=recorded(home) - before,
            )
        self.turns.setdefault(name if server else f"{name} by itself", []).append(result)
        return result

    def _tasks(self, name: str) -> int:
        a_paper, a_day = TASKS[name]
        return a_paper * self._papers + a_day

    def _compare(self, archive: Path) -> None:
        made = files(archive)
        assert len(made) == 2 * self._papers, f"{len(made)} files instead of {2 * self._papers}"
        self._files = self._files or made
        differing = sorted(place for place, _ in self._files.items() ^ made.items())
        assert not differing, f"not the same files: {differing[:4]} and {len(differing)} in all"

    def medians(self) -> dict[str, dict[str, float]]:
        return {
            name: {
                field: round(statistics.median(getattr(turn, field) for turn in turns), 2) for field in asdict(turns[0])
            }
            for name, turns in self.turns.items()
        }


def _until_recorded(home: Path, count: int, patience: float) -> float:
    began = time.monotonic()
    while recorded(home) < count and time.monotonic() - began < patience:
        time.sleep(0.1)
    return time.monotonic() - began


def make_database(home: Path) -> None:
    """As `make` does before the first run."""
    home.mkdir()
    run(
        python("-m", "prefect", "server", "database", "upgrade", "--yes"),
        os.environ | {"PREFECT_HOME": str(home)},
        home,
    )


def show(race: Race, latency: float, papers: int) -> None:
    print(f"\n{papers} papers, {latency:g} s a prompt and a picture, {AT_ONCE} of each at once; medians")
    print(f"{'':16}{'seconds':>9}{'client':>9}{'process':>9}{'server':>9}{'caught up':>11}{'recorded':>10}")
    for name, each in race.medians().items():
        print(
            f"{name:16}{each['seconds']:9.2f}{each['client_cpu']:9.1f}{each['process_cpu']:9.1f}"
            f"{each['server_cpu']:9.1f}{each['caught_up']:11.1f}{each['recorded']:10.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 papers, one round")
    parser.add_argument("--papers", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--latency", type=float, action="append", help="only this one")
    parser.add_argument("--only", action="append", help="only these contenders")
    asked = parser.parse_args()
    papers, rounds = asked.papers or (60 if asked.quick else 300), asked.rounds or (1 if asked.quick else 3)
    contenders = asked.only or CONTENDERS
    os.environ.update(SERVER_SETTINGS)
    found: dict[str, object] = {"bench": "pipeline", "papers": papers, "rounds": rounds, "at_once": AT_ONCE}
    with tempfile.TemporaryDirectory() as place:
        for latency in asked.latency or (0.0, 1.0):
            folder = Path(place) / f"{latency:g}"
            folder.mkdir()
            race = Race(folder, papers, latency)
            with prefect_server(folder / "served") as server:
                for _ in range(rounds):
                    for name in (*contenders, EMPTY) if latency == 0 and not asked.only else contenders:
                        print(f"{latency:g} s  {name:8} {race.turn(name, server)}", flush=True)
            if latency == 0 and "ours" in contenders:
                make_database(folder / "own")
                for _ in range(rounds):
                    print(f"{latency:g} s  by itself {race.turn('ours', None)}", flush=True)
            show(race, latency, papers)
            found[f"latency {latency:g}"] = race.medians()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
