"""How soon it is there, and what nothing to do costs: `python bench/startup.py [--quick]`.

All on the embedded default and without a server, as `frontispiece run` is used at first: on the one it starts itself.
Prints a table and one line of JSON with the medians, in seconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from job import FIRST_DAY, ROOT, write_snapshot

COMMAND = [str(Path(sys.executable).with_name("frontispiece"))]


def command(folder: Path, *arguments: str) -> float:
    """Seconds that the command takes in this folder."""
    began = time.perf_counter()
    subprocess.run(  # noqa: S603
        [*COMMAND, *arguments], cwd=folder, env=_environment(folder), check=True, capture_output=True
    )
    return time.perf_counter() - began


def first_picture(folder: Path, day: date) -> float:
    """Seconds from the command's start until a picture of this day is in the archive."""
    place = folder / "archive" / "pictures" / day.isoformat().replace("-", "")
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [*COMMAND, "run", day.isoformat()],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list(place.glob("*.jpg")):
        assert process.poll() in (None, 0), "the run failed"
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    process.wait()
    return seconds


def _environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FRONTISPIECE_", "PREFECT"))}
    return {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "PREFECT_HOME": str(folder / "prefect"),
        "FRONTISPIECE_ARCHIVE": str(folder / "archive"),
        "FRONTISPIECE_SNAPSHOT": str(folder / "papers.jsonl"),
    }


def measure(folder: Path, papers: int, rounds: int) -> dict[str, float]:
    """The day after the last one is empty; each round's first picture is of another day."""
    with write_snapshot(folder / "papers.jsonl", papers).open("a", encoding="ascii") as file:
        few = write_snapshot(folder / "few.jsonl", 2, rounds + 2).read_text().splitlines()
        file.writelines(f"{line}\n" for line in few if FIRST_DAY.strftime("%-d %b") not in line[-60:])
    command(folder, "run", FIRST_DAY.isoformat())
    empty = FIRST_DAY + timedelta(days=500)
    days = iter([FIRST_DAY + timedelta(days=number) for number in range(1, rounds + 2)])
    turns: dict[str, Callable[[], float]] = {
        "help": lambda: command(folder, "--help"),
        "empty day": lambda: command(folder, "run", empty.isoformat()),
        "archived day": lambda: command(folder, "run", FIRST_DAY.isoformat()),
        "first picture": lambda: first_picture(folder, next(days)),
    }
    found: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            found[name].append(turn())
    medians = {name: round(statistics.median(each), 2) for name, each in found.items()}
    return medians | {"archived - empty": round(medians["archived day"] - medians["empty day"], 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 archived papers, one round")
    quick = parser.parse_args().quick
    papers, rounds = (20, 1) if quick else (300, 5)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), papers, rounds)
    print("\n".join(f"{name:>18}  {value:6.2f} s" for name, value in found.items()))
    print(json.dumps({"bench": "startup", "papers": papers, "rounds": rounds, **found}))


if __name__ == "__main__":
    main()
