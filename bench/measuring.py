"""Processes, and what they use: seconds, CPU, memory; and what Prefect's database has recorded of them."""

import json
import os
import platform
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from helpers.real_server import free_port, prepared

from deployments.serve import STARTING, Notice, only_one, own_server
from deployments.server import FOR_ONE_PROCESS, answers, launch_server

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    seconds: float
    """Wall time, from its start to its end."""
    cpu: float
    """CPU seconds, user and system, of itself and of the children it has waited for."""
    said: dict[str, float]
    """The last line it printed, which is JSON."""
    megabytes: float
    """The most memory it had."""


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Ended:
    """Run it to its end in this folder; raises AssertionError with the end of its log when it fails."""
    log = folder / "log.txt"
    began = time.monotonic()
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603
            command, env=dict(environment), cwd=folder, stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed:\n{output[-3000:]}\n{log.read_text()[-3000:]}"
    lines = output.strip().splitlines()
    is_json = bool(lines) and lines[-1].startswith("{")
    said = json.loads(lines[-1]) if is_json else {}
    return Ended(time.monotonic() - began, usage.ru_utime + usage.ru_stime, said, usage.ru_maxrss / 1024)


def cpu_of(pid: int) -> float:
    """CPU seconds that a running process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_of(pid: int) -> float:
    """Megabytes that a running process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(frozen=True, slots=True)
class Server:
    """Prefect's server, started as we start it."""

    api: str
    pid: int
    home: Path


@contextmanager
def prefect_server(home: Path) -> Iterator[Server]:
    """That of `serve`, with a database of its own. Its settings are those of this process' environment."""
    os.environ["PREFECT_HOME"] = str(home)
    with only_one(home) as file, own_server(file, home, free_port()) as url:
        file.seek(0)
        server = Notice.model_validate_json(file.read()).server
        assert server is not None
        yield Server(f"{url}/api", server.pid, home)


@contextmanager
def server_of_a_command(home: Path) -> Iterator[Server]:
    """That of `run` and `backfill`, likewise."""
    prepared(home)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = {**os.environ, **FOR_ONE_PROCESS, "PREFECT_HOME": str(home)}
        process = launch_server(listener, environment, home / "server.log", with_starter=True)
    assert answers(url, lambda: process.poll() is None, STARTING)
    try:
        yield Server(f"{url}/api", process.pid, home)
    finally:
        process.communicate(timeout=STARTING)


def recorded(home: Path) -> int:
    """Task runs that the database below this Prefect home has as Completed."""
    with closing(sqlite3.connect(f"file:{home / 'prefect.db'}?mode=ro", uri=True, timeout=30)) as database:
        (count,) = database.execute("SELECT count(*) FROM task_run WHERE state_type = 'COMPLETED'").fetchone()
    return int(count)


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = names[0].partition(":")[2].strip() if names else platform.machine()
    return {
        "machine": f"{os.cpu_count()} × {model}",
        "system": f"Linux {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("prefect", "httpx", "openai", "pillow", "pyarrow", "obstore")},
    }


def python(*arguments: str) -> list[str]:
    """A command that runs Python with these arguments."""
    return [sys.executable, *arguments]
