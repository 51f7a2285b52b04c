"""The Prefect server that a command starts for itself where nobody has named one."""

import asyncio
import math
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.faults import Held
from fakes.providers import fake_providers
from helpers.real_server import PATIENCE, RealServer, prepared, until
from scale_demo import prompts_delivered

from deployments.notice import Notice, notice_path, write_notice
from deployments.own_server import TRIES, AskedAgain
from deployments.serve import only_one
from deployments.server import LOG, knows_a_server, may_know_a_server, server_of_serve
from frontispiece.purchases.process_identity import ProcessIdentity

ROOT = Path(__file__).parents[2]
CODE = """
import signal, sys
from deployments.cli import main
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who runs the tests may outlive a terminal
code = main()
# Prefect imports it where it starts the server itself.
print("server", "prefect.server.api.server" in sys.modules)
sys.exit(code)
"""


class Folder:
    """Where commands run as they do for a newcomer, whom nobody has given a server."""

    def __init__(self, place: Path) -> None:
        self.place = place
        prepared(place / "prefect")

    def start(self, *arguments: str, code: str = CODE, **variables: str) -> "subprocess.Popen[str]":
        ours = ("PREFECT_", "FRONTISPIECE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        mine = {"PREFECT_HOME": str(self.place / "prefect"), "FRONTISPIECE_ARCHIVE": str(self.place / "archive")}
        given = {**inherited, **mine, "PYTHONPATH": str(ROOT), **variables}
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=self.place,
            env={name: value for name, value in given.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def pictures(self) -> int:
        return len(list((self.place / "archive" / "pictures").rglob("*.jpg")))

    def flow_runs(self) -> dict[str, str]:
        """The type of each one's state, by its id."""
        with sqlite3.connect(self.place / "prefect" / "prefect.db") as database:
            return dict(database.execute("select id, state_type from flow_run").fetchall())

    def states(self, table: str) -> dict[str, int]:
        with sqlite3.connect(self.place / "prefect" / "prefect.db") as database:
            return dict(database.execute(f"select state_type, count(*) from {table} group by 1").fetchall())  # noqa: S608


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("newcomer"))


@pytest.mark.server
def test_a_run_starts_its_server_at_once_and_leaves_with_everything_recorded(folder: Folder) -> None:
    """Also behind proxies, with a password for Prefect's server, by a plain terminal, and where one has no home."""
    (folder.place / "sitecustomize.py").write_text("import pwd\npwd.getpwuid = {}.__getitem__\n")
    environment = {
        **dict.fromkeys(("HTTP_PROXY", "https_proxy"), "http://127.0.0.1:9"),
        **{"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "fd00::/8,.intern.test"},
        **{"PREFECT_SERVER_API_AUTH_STRING": "me:planted", "PYTHONIOENCODING": "ascii", "HOME": ""},
        "PYTHONPATH": f"{folder.place}{os.pathsep}{ROOT}",
    }
    process = folder.start("run", "--limit", "2", **environment)
    said, complaints = process.communicate(timeout=PATIENCE)
    (folder.place / "sitecustomize.py").unlink()
    assert process.returncode == 0, complaints
    assert "server False" in said, "Prefect has started one itself"
    assert folder.pictures == 2
    assert folder.states("task_run") == {"COMPLETED": 2 * 3 + 2}, "three tasks a paper and two a day"


@pytest.mark.server
@pytest.mark.parametrize(
    ("end", "code", "day"),
    [
        pytest.param(signal.SIGINT, 130, "2024-10-31", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 130, "2024-10-30", id="told to end"),
        pytest.param(signal.SIGHUP, 130, "2024-10-28", id="its terminal is closed"),
        pytest.param(signal.SIGKILL, -9, "2024-10-29", id="killed"),
    ],
)
def test_a_command_ends_at_once_and_its_server_with_it(
    folder: Folder, end: signal.Signals, code: int, day: str
) -> None:
    held = Held()
    with fake_providers() as providers:
        providers.openai.faults.know("held", held)
        providers.openai.faults.always("chat", "held" if end is signal.SIGINT else "never answered")
        process = folder.start("run", "-v", day, "--painter", "lineart", **providers.variables)
        until(lambda: providers.openai.faults.served)
        (server,) = [each for each in children(process.pid) if "deployments.own_server" in each[1]]
        began = time.monotonic()
        os.killpg(process.pid, end)  # as a terminal does
        if end is signal.SIGINT:
            assert process.stderr is not None
            assert any("Interrupted: it ends when answers on their way have come" in line for line in process.stderr)
            held.may_go.set()
        process.wait(PATIENCE)
        seconds = time.monotonic() - began
        said, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert "Traceback" not in complaints
    if end in (signal.SIGTERM, signal.SIGHUP):
        assert seconds < 3  # a second of it is the machine's
        assert "Interrupted" not in complaints, "for that there is no time"
    else:
        assert ("Recorded " in complaints) is (code == 130)
    until(lambda: not server[0].is_alive())
    ends = folder.states("flow_run").keys() - {"COMPLETED"}
    if end is signal.SIGINT:
        assert ends == {"CANCELLED"}
        assert "in doubt" not in said, "who waited for a place has asked nobody"
        assert asyncio.run(prompts_delivered(str(folder.place / "archive"))) == providers.openai.paid > 0
    elif code == 130:  # a busy machine is not through by then: the next start closes it as cancelled
        assert ends <= {"CANCELLED", "CANCELLING"}


@pytest.mark.server
@pytest.mark.parametrize(
    ("asked", "summary"),
    [
        pytest.param(
            ["run", "2024-10-26"], r" 2 \(the next run goes on with them\)\n(.*\n)* in doubt  \$\S+ at most", id="run"
        ),
        pytest.param(
            ["backfill", "2024-10-25"],
            r"Cancelled: 0 pictures made, \$\S+ in doubt; 2 papers were not reached\.",
            id="backfill",
        ),
        pytest.param(
            ["compare", "2024-10-24", "--with", "style=seed", "--with", "style=fenced"],
            r"seed: 0 new pictures, free, \$\S+ at most in doubt",
            id="compare",
        ),
    ],
)
def test_ctrl_c_again_and_again_waits_for_no_answer_and_all_is_recorded(
    folder: Folder, asked: list[str], summary: str
) -> None:
    """However soon the second comes: asyncio would raise wherever the program is just then."""
    before = folder.flow_runs()
    at_leisure = f"import deployments.ending\ndeployments.ending.PATIENCE = {PATIENCE}\n{CODE}"
    with fake_providers() as providers:
        providers.openai.faults.always("chat", "never answered")
        process = folder.start(*asked, "--limit", "2", code=at_leisure, **providers.variables)
        until(lambda: len(providers.openai.faults.served) == 2 or process.poll() is not None)
        until(lambda: process.poll() is not None or os.killpg(process.pid, signal.SIGINT), every=0.05)
        said, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert re.search(summary, said), said
    assert complaints.splitlines()[-1].startswith("frontispiece: interrupted"), complaints
    assert "Traceback" not in complaints
    day = asked[1]
    assert list((folder.place / "archive" / "catalog" / f"day={day}").glob("*.parquet"))
    ends = {state for run, state in folder.flow_runs().items() if run not in before}
    assert ends == {"CANCELLED"}


def children(pid: int) -> list[tuple[ProcessIdentity, str]]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [(ProcessIdentity.of(int(each)), Path(f"/proc/{each}/cmdline").read_text()) for each in listed]


@pytest.mark.server
def test_a_server_that_does_not_start_is_told_in_one_line(tmp_path: Path) -> None:
    bad = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////nowhere/at/all/prefect.db"}
    folder = Folder(tmp_path)
    process = folder.start("run", "--limit", "1", **bad)
    _, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert complaints.startswith("frontispiece: Prefect's server did not start: ")
    assert complaints.count("\n") == 1
    assert "Fatal" not in (tmp_path / "prefect" / LOG).read_text()
    assert folder.pictures == 0


@pytest.mark.server
def test_who_asks_while_others_write_is_not_turned_away(real_server: RealServer) -> None:
    """Prefect's clients would wait for seconds and ask again; SQLite turns away half of these, one by one."""

    async def ask() -> list[int]:
        async with httpx.AsyncClient(base_url=f"{real_server.url}/api", timeout=PATIENCE) as client:
            flow = (await client.post("/flows/", json={"name": "crowd"})).json()["id"]

            async def start(number: int) -> int:
                answer = await client.post("/flow_runs/", json={"flow_id": flow, "name": f"run {number}"})
                task = {"flow_run_id": answer.json().get("id"), "task_key": "a", "dynamic_key": "0"}
                return max(answer.status_code, (await client.post("/task_runs/", json=task)).status_code)

            return await asyncio.gather(*map(start, range(30)))

    assert asyncio.run(ask()) == [201] * 30


class Busy:
    """An application that turns a request away so many times, as Prefect's does: 503, and the error is raised, too."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.asked: list[str] = []

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.asked.append(body.decode())
        self.left -= 1
        is_busy = self.left >= 0
        await send({"type": "http.response.start", "status": 503 if is_busy else 201, "headers": []})
        await send({"type": "http.response.body", "body": b"no" if is_busy else b"yes"})
        if is_busy:
            raise sqlite3.OperationalError("database is locked")


@pytest.mark.parametrize(
    ("method", "times", "answer", "asked"),
    [
        pytest.param("POST", 0, (201, "yes"), 1, id="at once"),
        pytest.param("PATCH", 3, (201, "yes"), 4, id="later"),
        pytest.param("POST", 1000, (503, "no"), TRIES + 2, id="never"),
        pytest.param("GET", 1, (503, "no"), 1, id="only reading"),
    ],
)
def test_what_is_turned_away_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, method: str, times: int, answer: tuple[int, str], asked: int
) -> None:
    monkeypatch.setattr("deployments.own_server.PAUSE", 0)
    app = Busy(times)

    async def ask() -> tuple[int, str]:
        transport = httpx.ASGITransport(AskedAgain(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://server.test") as client:
            answered = await client.request(method, "/api/flow_runs/", content="a run")
            return answered.status_code, answered.text

    assert asyncio.run(ask()) == answer
    assert app.asked == ["a run"] * asked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "known"),
    [
        pytest.param('active = "a"\n[profiles.a]\nPREFECT_API_URL = "http://a.test/api"\n', True, id="a server"),
        pytest.param('active = "a"\n[profiles.a]\nPREFECT_LOGGING_LEVEL = "INFO"\n', True, id="no start"),
        pytest.param('active = "a"\n[profiles.a]\nPREFECT_SERVER_ALLOW_EPHEMERAL_MODE = true\n', False, id="none"),
    ],
)
def test_prefect_is_asked_what_a_profile_says(tmp_path: Path, profile: str, known: bool) -> None:
    (tmp_path / "profiles.toml").write_text(profile)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    assert knows_a_server({**inherited, "PREFECT_HOME": str(tmp_path)}, tmp_path) is known


@pytest.mark.parametrize(
    ("variables", "files", "told"),
    [
        pytest.param({}, {}, False, id="nothing said"),
        pytest.param({"PREFECT_API_URL": "http://a.test/api"}, {}, True, id="an address"),
        pytest.param({"PREFECT_PROFILE": "work"}, {}, True, id="a profile"),
        pytest.param({"PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"}, {}, True, id="no server of its own wanted"),
        pytest.param({}, {"home/profiles.toml": ""}, True, id="profiles"),
        pytest.param({}, {"prefect.toml": ""}, True, id="prefect.toml"),
        pytest.param({}, {".env": "export PREFECT_API_URL=http://a.test/api"}, True, id="in .env"),
        pytest.param({}, {".env": "FAL_KEY=abc"}, False, id="other things in .env"),
        pytest.param({}, {"pyproject.toml": "[tool.prefect]"}, True, id="in pyproject.toml"),
        pytest.param({}, {"pyproject.toml": 'dependencies = ["prefect"]'}, False, id="a project that needs Prefect"),
    ],
)
def test_nobody_is_overruled(tmp_path: Path, variables: dict[str, str], files: dict[str, str], told: bool) -> None:
    (tmp_path / "home").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert may_know_a_server({"PREFECT_HOME": str(tmp_path / "home"), **variables}, tmp_path) is told


@pytest.mark.parametrize(
    ("server", "url"),
    [
        pytest.param(ProcessIdentity.here(), "http://127.0.0.1:4200", id="it runs"),
        pytest.param(ProcessIdentity.here().model_copy(update={"born": 1}), None, id="it was killed"),
        pytest.param(None, None, id="it uses another's server"),
    ],
)
def test_the_server_of_serve_is_used_while_it_runs(
    tmp_path: Path, server: ProcessIdentity | None, url: str | None
) -> None:
    with notice_path(tmp_path).open("a+") as file:
        write_notice(file, Notice(serve=ProcessIdentity.here(), ui="http://127.0.0.1:4200", server=server))
    found = server_of_serve(tmp_path)
    assert (found and found[0]) == url


def test_a_run_does_not_wait_for_the_server_of_a_serve_that_has_ended(folder: Folder, real_server: RealServer) -> None:
    """Prefect's client would ask again for minutes, for each of its requests."""
    serve = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    home = folder.place / "prefect"
    with notice_path(home).open("a+") as file:
        told = Notice(serve=ProcessIdentity.here(), ui=real_server.url, server=ProcessIdentity.of(serve.pid))
        write_notice(file, told)
    try:
        with fake_providers() as world:
            world.openai.latency = math.inf
            paid = {"FRONTISPIECE_WRITER": "openai", "FRONTISPIECE_PAINTER": "fal", **world.variables}
            going = folder.start("run", "2024-10-28", "--limit", "1", **paid)
            until(lambda: world.openai.requests)
            serve.communicate()
            _, said = going.communicate(timeout=PATIENCE)
    finally:
        notice_path(home).unlink()
    assert going.returncode == 1
    assert "that of `frontispiece serve`, has ended, and without it nothing goes on.\n" in said
    assert "what is done is kept" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("content", [pytest.param(None, id="none"), pytest.param(b'{"serve": {"ho', id="half written")])
def test_without_a_notice_nobody_serves(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        notice_path(tmp_path).write_bytes(content)
    assert server_of_serve(tmp_path) is None


LEFT_BEHIND = """
import os, signal, socket
signal.signal(signal.SIGTERM, signal.SIG_IGN)
memory = bytearray(b"x") * 400_000_000
listener = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), listener.getsockname()[1], flush=True)
signal.pause()
"""
STARTER = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True)"


def test_the_port_of_a_server_that_was_left_behind_is_free_once_it_is_ended(tmp_path: Path) -> None:
    """The kernel first takes its memory back, which takes a while, and then closes its sockets."""
    with subprocess.Popen([sys.executable, "-c", STARTER, LEFT_BEHIND], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        pid, port = map(int, starter.stdout.readline().split())
    with notice_path(tmp_path).open("a+") as file:
        gone = ProcessIdentity.here().model_copy(update={"born": 1})
        write_notice(file, Notice(serve=gone, ui=f"http://127.0.0.1:{port}", server=ProcessIdentity.of(pid)))
    try:
        with only_one(tmp_path):
            socket.create_server(("127.0.0.1", port)).close()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
