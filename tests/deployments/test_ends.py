"""Commands end as they ought to, whatever the libraries below them are still at."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from ends import COMMANDS, bucket, places, start, wrong_ends
from helpers.real_server import PATIENCE, until

from frontispiece.archive.calendar import note_empty
from frontispiece.archive.store import Archive

pytestmark = pytest.mark.slow
LEFT_OPEN = (
    "import sys, threading; from deployments.cli import main\n"
    "def run():\n"
    "    try: yield\n"
    "    finally: threading.Thread(target=print).start()\n"
    "left = run(); next(left); sys.exit(main())"
)


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_no_command_is_aborted_at_its_end(place: str, tmp_path: Path) -> None:
    """All side by side keep a machine busy; `make chaos` runs hundreds."""
    with places(tmp_path) as archives:
        assert wrong_ends(archives[place], tmp_path, runs=len(COMMANDS), side_by_side=len(COMMANDS)) == []


LOADING = (
    "import sys, time; from deployments.cli import main\n"
    "class Slow:\n"
    "    def find_spec(self, name, *_):\n"
    "        if name == 'cyclopts': print(flush=True); time.sleep(1000)\n"
    "sys.meta_path.insert(0, Slow()); sys.exit(main())"
)


@contextlib.contextmanager
def while_it_loads(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    process = start(("settings",), "archive", folder, run=("-c", LOADING))
    assert process.stdout is not None
    assert process.stdout.readline() == "\n"
    yield process


@contextlib.contextmanager
def at_a_mute_bucket(
    folder: Path, run: tuple[str, ...] = ("-m", "deployments.cli")
) -> Iterator["subprocess.Popen[str]"]:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        process = start(("journal",), bucket(f"http://127.0.0.1:{mute.getsockname()[1]}"), folder, run=run)
        connection, _ = mute.accept()
        with connection:
            connection.recv(1)  # now it waits for an answer
            yield process


@contextlib.contextmanager
def at_a_mute_source(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        code = (
            "import os, sys; from deployments.cli import main\n"
            f"os.environ['FRONTISPIECE_ARXIV_URL'] = 'http://127.0.0.1:{mute.getsockname()[1]}/api/query'\n"
            "sys.exit(main())"
        )
        asked = ("run", "2024-10-31", "--source", "arxiv")
        process = start(asked, str(folder / "archive"), folder, run=("-c", code))
        connection, _ = mute.accept()
        with connection:
            connection.recv(1)
            yield process


@contextlib.contextmanager
def in_a_long_query(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    archive = folder / "archive"
    asyncio.run(note_empty(Archive.open(str(archive)), date(2024, 11, 2), "snapshot"))
    process = start(
        ("query", "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"), str(archive), folder
    )
    until(lambda: processor_seconds(process.pid) > 2, every=0.02)
    yield process


@contextlib.contextmanager
def while_its_server_starts(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    process = start(("run", "--limit", "1"), str(folder / "archive"), folder)
    (server,) = until(lambda: children(process.pid), every=0.02)
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, signal.SIGKILL)  # it would end, too, but first get ready


@contextlib.contextmanager
def with_a_library_that_waits(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """At its end, for a thread that does not end."""
    code = (
        "import sys, threading, time; from deployments.cli import main\n"
        "threading.Thread(target=lambda: [print(main.__name__, flush=True), time.sleep(1000)]).start()\n"
        "sys.exit(main())"
    )
    process = start(("settings",), "archive", folder, run=("-c", code))
    assert process.stdout is not None
    until(lambda: "FRONTISPIECE_WEBHOOK" in process.stdout.readline(), every=0)  # type: ignore[union-attr]
    yield process


@contextlib.contextmanager
def with_a_run_left_open(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Which Python closes as it goes: Prefect would start a thread to log that, and no thread starts any more."""
    with at_a_mute_bucket(folder, ("-c", LEFT_OPEN)) as process:
        yield process


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT], ids=["told to end", "Ctrl-C again and again"])
@pytest.mark.parametrize(
    "phase",
    [
        while_it_loads,
        *(at_a_mute_bucket, in_a_long_query, while_its_server_starts, with_a_library_that_waits, with_a_run_left_open),
    ],
)
def test_who_is_told_to_end_does_so_within_two_seconds(
    phase: Callable[[Path], "contextlib.AbstractContextManager[subprocess.Popen[str]]"],
    end: signal.Signals,
    tmp_path: Path,
) -> None:
    with phase(tmp_path) as process:
        began = time.monotonic()
        process.send_signal(end)
        if end is signal.SIGINT:  # as fast as a person: the system makes one of two that come at once
            until(lambda: process.poll() is not None or process.send_signal(end))
        _, complaints = process.communicate(timeout=PATIENCE)
        seconds = time.monotonic() - began
    assert (process.returncode, "Traceback" in complaints) == (130, False), complaints
    assert "frontispiece: " in complaints
    assert seconds < 3, "a second of it is the machine's, when it is busy"


@pytest.mark.parametrize(
    ("command", "code"), [(("settings",), 0), (("run", "2999-01-01"), 2)], ids=["done", "bad input"]
)
def test_a_run_left_open_keeps_no_command_from_its_end(command: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """It may have been told to end while it was ending by itself, or with an error."""
    with start(command, "archive", tmp_path, run=("-c", LEFT_OPEN)) as process:
        said, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in complaints) == (code, False), complaints
    assert bool(said) == (code == 0)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        pytest.param(at_a_mute_bucket, ["frontispiece: interrupted"], id="a bucket"),
        pytest.param(at_a_mute_source, ["Asking arxiv for ", "frontispiece: ended at once"], id="a source"),
    ],
)
def test_one_ctrl_c_does_not_wait_for_who_never_answers(
    phase: Callable[[Path], "contextlib.AbstractContextManager[subprocess.Popen[str]]"], said: list[str], tmp_path: Path
) -> None:
    with phase(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    lines = complaints.splitlines()
    assert all(each in line for each, line in zip(said, lines, strict=True)), complaints
