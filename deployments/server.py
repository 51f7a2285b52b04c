"""Which Prefect server a run talks to, and how the one we start ourselves is set up."""

import asyncio
import atexit
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from deployments.ending import end_for_want_of
from deployments.notice import named_here, notice_path, read_notice
from frontispiece.addresses import shown
from frontispiece.errors import BadInput, ServerOutOfReach
from frontispiece.scratch import Scratch

SERVER_SETTINGS: Final = {
    # By default the server writes task runs one by one, lags behind, and a short-lived one loses them.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    # A slot whose holder was killed is freed although the server was started anew.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # Of a run whose process is gone it is known soon (deployments/alarms.py).
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # Old runs go, with their logs and artifacts; the catalog remembers what counts.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    # Nothing is reported to anybody.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A new database takes its time on a small machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
}

LOG: Final = "server-of-a-run.log"
_STARTING: Final = float(SERVER_SETTINGS["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"])
_ANSWERING: Final = 20.0
_KNOCKING: Final = 2.0
_LOOKING: Final = 1.0
_STOPPING: Final = 30.0  # a busy machine takes its time to write down what the run has told
FOR_ONE_PROCESS: Final = {
    # No pages and no schedules; what Prefect 3.8 tells the server that it starts itself (SubprocessASGIServer).
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    # Automations hear of events, and then they go: nobody sees the feed, and its rows are a third of the server's work.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
}
_TELLING: Final = {
    *("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"),
    *("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "PREFECT_SERVER_EPHEMERAL_ENABLED"),
}
_ASK: Final = """
from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE
print("a server" if PREFECT_API_URL.value() or not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value() else "none")
"""
_SCHEDULE: Final = """
import sys
from prefect.client.schemas.schedules import CronSchedule
CronSchedule(cron=sys.argv[1])
"""


def use_own_server(environment: MutableMapping[str, str], folder: Path) -> None:
    """Let Prefect keep its database in `folder` and start its server when a run needs one.

    Whoever has set up Prefect (an API address, a home, a profile) keeps that. Call before Prefect is imported, and when
    what the user has asked for is checked.
    """
    for name, value in SERVER_SETTINGS.items():
        environment.setdefault(name, value)
    chosen = {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"} & environment.keys()
    if not chosen and not (_home(environment) / "profiles.toml").exists():
        folder.mkdir(parents=True, exist_ok=True)  # the server does not make it, and then cannot open its database
        environment["PREFECT_HOME"] = str(folder.resolve())


def start_server(environment: MutableMapping[str, str]) -> Callable[[], None]:
    """Name Prefect a server, unless it may know one: that of a running `serve`, else a new one for this process.

    Gives what waits until it answers, and raises BadInput when it never does; where one is named already, what raises
    as `check_server`. Prefect would start a server, too, but only when it first wants something of it, and would import
    all of the server here before that. This one starts while Prefect itself is imported, so call it before. It ends
    with the process, when everything is reported. Raises as `check_is_there`.
    """
    check_is_there(environment.get("PREFECT_API_URL"))
    if knows_a_server(environment, Path.cwd()):
        return check_server
    share_password(environment)
    home = _home(environment)
    served = server_of_serve(home)
    if served is not None:
        threading.Thread(target=_end_with, args=(served[1],), daemon=True).start()
    url, is_alive = served or _own_server(environment, home / LOG)
    environment["PREFECT_API_URL"] = f"{url}/api"

    def wait() -> None:
        if not answers(url, is_alive, _STARTING):
            raise did_not_start(home / LOG)

    return wait


def share_password(environment: MutableMapping[str, str]) -> None:
    """Let Prefect's clients know the password that its server of ours will ask for, where one is set."""
    if password := environment.get("PREFECT_SERVER_API_AUTH_STRING"):
        environment.setdefault("PREFECT_API_AUTH_STRING", password)


def check_address(url: str | None) -> None:
    """Raise BadInput, which quotes no secret, for a PREFECT_API_URL that leads nowhere."""
    try:
        parts = urlsplit(url or "http://localhost")
        is_good = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise BadInput(f"PREFECT_API_URL cannot be {shown(url or '')}; write it as http://127.0.0.1:4200/api.")


def check_is_there(url: str | None) -> None:
    """The same, and ServerOutOfReach where nobody listens; what else there is, Prefect's client finds out, and late."""
    check_address(url)
    parts = urlsplit(url or "")
    if parts.hostname is None or parts.scheme in getproxies():
        return
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    with suppress(OSError):
        try:
            socket.create_connection((parts.hostname, port), _KNOCKING).close()
        except ConnectionRefusedError:
            place = shown(url or "")
            raise ServerOutOfReach(f"Prefect's server at {place} cannot be asked: nobody listens there.") from None


def check_schedule(cron: str) -> None:
    """Raise BadInput for a cron expression that cannot be."""
    # Nor is Prefect to be imported here before that is known: it makes its home at once.
    with Scratch() as home:
        environment = {**os.environ, "PREFECT_HOME": str(home)}
        command = [sys.executable, "-c", _SCHEDULE, cron]
        asked = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603
    if asked.returncode:
        raise BadInput(f"FRONTISPIECE_DAILY_CRON: the schedule {cron!r} cannot be.")


def check_server() -> None:
    """See whether the server that Prefect is told of answers. Raises BadInput and ServerOutOfReach."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    async def ask() -> None:
        async with asyncio.timeout(_ANSWERING), get_client() as client:
            if problem := await client.api_healthcheck():
                raise problem

    check_address(PREFECT_API_URL.value())
    with asking_server():
        try:
            asyncio.run(ask())
        except ValueError as error:  # it may start no server, and knows none
            raise BadInput(f"{str(error).rstrip('.')}.") from error


@contextmanager
def asking_server() -> Iterator[None]:
    """Say in one sentence what is wrong with Prefect's server. Raises ServerOutOfReach."""
    from httpx import HTTPError, HTTPStatusError
    from prefect.settings import PREFECT_API_URL

    try:
        yield
    except (HTTPError, TimeoutError) as error:
        status = f"it answers {error.response.status_code}" if isinstance(error, HTTPStatusError) else ""
        reason = status or (str(error).splitlines() or ["no answer"])[0].rstrip(".")
        place = shown(PREFECT_API_URL.value() or "")
        raise ServerOutOfReach(f"Prefect's server at {place} cannot be asked: {reason}.") from error


def did_not_start(log: Path) -> BadInput:
    """Of a server that wrote into this file."""
    said = log.read_text(errors="replace") if log.exists() else ""
    last = (said.strip().splitlines() or ["it said nothing"])[-1]
    return BadInput(f"Prefect's server did not start: {last} (all of it is in {log}).")


def server_of_serve(home: Path) -> tuple[str, Callable[[], bool]] | None:
    """Two servers of one database would wait for each other."""
    with suppress(OSError), notice_path(home).open() as file:
        notice = read_notice(file)
        if notice is not None and notice.server is not None and notice.server.is_alive():
            return notice.ui, notice.server.is_alive
    return None


def _end_with(is_alive: Callable[[], bool]) -> None:
    """Whoever asks a server that is gone is asked to wait, and again, for minutes."""
    while is_alive():
        time.sleep(_LOOKING)
    end_for_want_of("Prefect's server, that of `frontispiece serve`,")


def _own_server(environment: Mapping[str, str], log: Path) -> tuple[str, Callable[[], bool]]:
    log.parent.mkdir(parents=True, exist_ok=True)
    # It is given a port that is taken already: one that was only found free may be another's by then.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        server = launch_server(listener, {**environment, **FOR_ONE_PROCESS}, log, with_starter=True)
    atexit.register(_stop, server)
    return f"http://127.0.0.1:{port}", lambda: server.poll() is None


def launch_server(
    listener: socket.socket, environment: Mapping[str, str], log: Path, *, with_starter: bool
) -> "subprocess.Popen[bytes]":
    """Start a Prefect server at this socket, in a session of its own: Ctrl-C is for us, and the server goes last.

    With its starter it ends when its standard input is closed.
    """
    # -P: somebody's own folder `deployments` is not this one.
    command = [sys.executable, "-P", "-m", "deployments.own_server", str(listener.fileno())]
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603
            command + ["--with-starter"] * with_starter,
            pass_fds=[listener.fileno()],
            env={**environment, "PREFECT__SERVER_FINAL": "1"},  # one application is all that this process makes
            stdin=subprocess.PIPE if with_starter else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def answers(url: str, is_alive: Callable[[], bool], seconds: float) -> bool:
    """Wait until a server that is starting on this machine answers; False when it ends before, or takes longer."""
    deadline = time.monotonic() + seconds
    place = urlsplit(url).netloc
    while is_alive() and time.monotonic() < deadline:
        with suppress(OSError, HTTPException), closing(HTTPConnection(place, timeout=5)) as connection:
            connection.request("GET", "/api/health")
            if connection.getresponse().status == HTTPStatus.OK:
                return True
        time.sleep(0.05)
    return False


def knows_a_server(environment: Mapping[str, str], folder: Path) -> bool:
    """Whether Prefect is told which server to use, or to start none."""
    if not may_know_a_server(environment, folder):
        return False
    # In a process of its own: here Prefect is to be imported when that is decided.
    asked = subprocess.run([sys.executable, "-c", _ASK], env=environment, cwd=folder, capture_output=True, check=False)  # noqa: S603
    return asked.stdout.strip() != b"none"


def may_know_a_server(environment: Mapping[str, str], folder: Path) -> bool:
    """Whether any of the places where Prefect looks for its settings may say which server to use, or to start none."""
    return (
        bool(_TELLING & environment.keys())
        or (_home(environment) / "profiles.toml").exists()
        or ((folder / "prefect.toml").exists() and named_here(folder) is None)
        or _says(folder / ".env", b"PREFECT_")
        or _says(folder / "pyproject.toml", b"[tool.prefect")
    )


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("PREFECT_HOME", "~/.prefect")).expanduser()


def _says(file: Path, words: bytes) -> bool:
    try:
        return words in file.read_bytes()
    except OSError:
        return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    try:
        server.communicate(timeout=_STOPPING)  # the end of its input is its end
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
