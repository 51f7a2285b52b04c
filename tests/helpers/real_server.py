"""A real Prefect server in a process of its own, and what tests ask of it over HTTP."""

import asyncio
import contextlib
import fcntl
import functools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar

from deployments.server import SERVER_SETTINGS, launch_server

T = TypeVar("T")

_SERVED: Final = ["backfill-day", "backfill-days", "daily"]
"""Deployments that change what other tests do."""
PATIENCE: Final = 300.0
"""Seconds after which what has not happened will not: what comes at all comes long before, however busy we are."""


def free_port() -> int:
    """One for a program that has to be told its port, and takes it later.

    The system gives ports of its own range to whoever wants any, and would give this one away in the meantime.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = 10_000 + secrets.randbelow(lowest - 10_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def until(look: Callable[[], T | None], seconds: float = PATIENCE, every: float = 0.1) -> T:
    """The first answer that says something."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing after {seconds} seconds"
        time.sleep(every)


async def eventually(look: Callable[[], object]) -> None:
    """Until this is so: for what goes on in this very loop, or in a fake's thread, and tells nobody."""
    async with asyncio.timeout(PATIENCE):
        while not look():  # noqa: ASYNC110 neither a fake's list nor a catalog rings a bell
            await asyncio.sleep(0.005)


@dataclass(frozen=True)
class RealServer:
    """A server's address, and the home it keeps its database in."""

    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **SERVER_SETTINGS, "PREFECT_HOME": str(self.home), "PREFECT_API_URL": f"{self.url}/api"}

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        """The JSON answer to GET, or to POST when there is a body. Raises HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api{path}", data, headers, method=method)  # noqa: S310 only us
        for patience in (3, 2, 1, 0):  # a server on SQLite is at times too busy to answer; Prefect's client asks again
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                    content = answer.read()
                break
            except urllib.error.HTTPError as error:
                if error.code != 503 or not patience:
                    raise
                time.sleep(0.5)
        return json.loads(content) if content else None

    def deployment(self, name: str) -> Any:
        return self.ask(f"/deployments/name/{name}")

    def start(self, name: str, **parameters: object) -> str:
        """Have a deployment's run started; gives its id."""
        deployment = self.deployment(name)["id"]
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return str(self.ask(f"/deployments/{deployment}/create_flow_run", body)["id"])

    def run(self, run: str) -> Any:
        return self.ask(f"/flow_runs/{run}")

    def wait(self, run: str, state: str) -> Any:
        """The run once it is in this state; fails when it ends in another one."""

        def look() -> Any:
            now = self.run(run)
            is_over = now["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
            assert not is_over or now["state_name"] == state, now["state"]
            return now if now["state_name"] == state else None

        return until(look)

    def clear(self) -> None:
        """Close what other tests have left open on purpose: a backfill would wait for it. Nobody has deployed days."""
        left = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
        for run in self.ask("/flow_runs/filter", left):
            self.ask(f"/flow_runs/{run['id']}/set_state", {"state": {"type": "COMPLETED"}, "force": True})
        self.delete_deployments({"name": {"any_": _SERVED}})

    def delete_deployments(self, which: Mapping[str, Any] | None = None) -> None:
        """Delete those that this filter finds, or all."""
        for deployed in self.ask("/deployments/filter", {"deployments": which or {}}):
            self.ask(f"/deployments/{deployed['id']}", method="DELETE")

    def task_states(self, run: str) -> list[str]:
        found = self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return [each["state_type"] for each in found]

    def page(self, run: str) -> list[dict[str, Any]]:
        """All artifacts of a run, also two of a key."""
        found: list[dict[str, Any]] = self.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
        return found

    def artifacts(self, run: str) -> dict[str, Any]:
        return {each["key"]: each for each in self.page(run)}


def await_serve(serve: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it is ready; fails with what it has said when it ends instead."""
    until(lambda: "Ctrl-C" in log.read_text() or serve.poll() is not None)
    assert serve.poll() is None, log.read_text()


@contextlib.contextmanager
def serve_beside(server: RealServer, folder: Path, **variables: str) -> Iterator[None]:
    """`frontispiece serve` in this folder, which is ready, beside a server that runs already."""
    server.clear()
    environment = {**server.environment, "PREFECT_RUNNER_POLL_FREQUENCY": "1", **variables}
    log = folder / "serve.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "deployments.cli", "serve"]
        serve = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        await_serve(serve, log)
        yield
    finally:
        serve.terminate()
        serve.wait(PATIENCE)


def prepared(home: Path) -> Path:
    """A home for Prefect whose database is ready, as `make` leaves it: a new one takes a server ten seconds."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_new_database(), home / "prefect.db")
    return home


@functools.cache
def _new_database() -> Path:
    """What this environment keeps; of several processes the first one makes it."""
    kept = Path(sys.prefix, f"prefect-{version('prefect')}.db")
    with kept.with_suffix(".lock").open("w") as lock, tempfile.TemporaryDirectory(dir=sys.prefix) as home:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
            subprocess.run(command, env={**os.environ, "PREFECT_HOME": home}, check=True, capture_output=True)
            Path(home, "prefect.db").rename(kept)
    return kept


@contextlib.contextmanager
def real_server_in(home: Path) -> Iterator[RealServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RealServer(f"http://127.0.0.1:{listener.getsockname()[1]}", prepared(home))
        environment = {name: value for name, value in server.environment.items() if name != "PREFECT_API_URL"}
        environment["PREFECT_UI_API_URL"] = environment["PREFECT_SERVER_UI_API_URL"] = f"{server.url}/api"
        process = launch_server(listener, environment, home / "server.log", with_starter=False)
    try:
        until(lambda: _is_healthy(server))
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_healthy(server: RealServer) -> bool:
    try:
        return bool(server.ask("/health"))
    except OSError:
        return False
