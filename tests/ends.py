"""How commands end: hundreds of short ones, on a folder and on a bucket, while the machine is kept busy.

A thread of a library that enters Python while the interpreter ends aborts the process (exit code 134), now and then,
and rarely on a machine that has nothing else to do. `make chaos` runs it; `python tests/ends.py 20` fewer of them.
"""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from fakes.s3 import FakeS3
from fakes.server import serving

from frontispiece.archive.calendar import note_empty
from frontispiece.archive.store import Archive

ROOT = Path(__file__).parents[1]
RUNS = 200
COMMANDS = {
    ("journal",): 0,
    ("run", "2999-01-01"): 2,
    ("stats",): 0,
    ("status",): 0,
    ("settings",): 0,
}
"""With the exit codes they ought to have."""


def variables(archive: str) -> dict[str, str]:
    """The environment of a command on this archive, and of nobody's settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FRONTISPIECE_", "AWS_"))}
    return {**inherited, "FRONTISPIECE_ARCHIVE": archive, "PYTHONPATH": str(ROOT)}


def bucket(url: str) -> str:
    return f"s3://papers/some/where?endpoint={url}&region=us-east-1&skip_signature=true"


@contextlib.contextmanager
def places(folder: Path) -> Iterator[dict[str, str]]:
    """An archive in a folder, and one in a bucket, where a run has been."""
    with serving(FakeS3().app()) as url:
        made = {"folder": str(folder / "archive"), "bucket": bucket(url)}
        for place in made.values():
            asyncio.run(note_empty(Archive.open(place), date(2024, 11, 2), "snapshot"))
        yield made


def start(
    arguments: tuple[str, ...], archive: str, folder: Path, run: tuple[str, ...] = ("-m", "deployments.cli")
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *run, *arguments],
        cwd=folder,
        env=variables(archive),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wrong_ends(archive: str, folder: Path, runs: int, side_by_side: int) -> list[str]:
    """Run the commands in turn, so many in all; what did not end as it ought to, with what it said."""

    def run(arguments: tuple[str, ...]) -> str | None:
        with start(arguments, archive, folder) as process:
            try:
                said, complaints = process.communicate(timeout=300)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        if process.returncode == COMMANDS[arguments]:
            return None
        return f"{' '.join(arguments)} ended with {process.returncode}: {said}{complaints}"

    with ThreadPoolExecutor(side_by_side) as pool:
        ends = pool.map(run, itertools.islice(itertools.cycle(COMMANDS), runs))
        return [end for end in ends if end is not None]


@contextlib.contextmanager
def busy_machine(loops: int = 2) -> Iterator[None]:
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def play(runs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="frontispiece ends ") as name, places(Path(name)) as archives:
        for place, archive in archives.items():
            began = time.monotonic()
            with busy_machine():
                wrong = wrong_ends(archive, Path(name), runs, side_by_side=2)
            seconds = time.monotonic() - began
            print(f"{place}: {len(wrong)} of {runs} commands ended wrongly, {seconds:.0f} s", flush=True)
            assert not wrong, Counter(wrong).most_common(5)


if __name__ == "__main__":
    play(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
