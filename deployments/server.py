"""Which Prefect server a run talks to, and how the one we start ourselves is set up."""

import atexit
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from tasks.errors import BadInput

SERVER_SETTINGS: Final = {
    # By default the server writes task runs one by one, lags behind, and a short-lived one loses them.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    # A slot whose holder was killed is freed although the server was started anew.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # Old runs go, with their logs and artifacts; the catalog remembers what counts.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    # Nothing is reported to anybody.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A new database takes its time on a small machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
}

_STARTING: Final = float(SERVER_SETTINGS["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"])
_STOPPING: Final = 5.0
_FOR_ONE_PROCESS: Final = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""No pages and no schedules; what Prefect 3.8 tells the server that it starts itself (SubprocessASGIServer)."""
_TELLING: Final = {
    *("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"),
    *("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "PREFECT_SERVER_EPHEMERAL_ENABLED"),
}


def use_own_server(environment: MutableMapping[str, str], folder: Path) -> None:
    """Let Prefect keep its database in `folder` and start its server when a run needs one.

    Whoever has set up Prefect (an API address, a home, a profile) keeps that. Call before Prefect is imported.
    """
    for name, value in SERVER_SETTINGS.items():
        environment.setdefault(name, value)
    chosen = {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"} & environment.keys()
    if not chosen and not Path("~/.prefect/profiles.toml").expanduser().exists():
        folder.mkdir(parents=True, exist_ok=True)  # the server does not make it, and then cannot open its database
        environment["PREFECT_HOME"] = str(folder.resolve())


def start_server(environment: MutableMapping[str, str]) -> Callable[[], None]:
    """Start a Prefect server for this process, unless Prefect may know one; gives what waits until it answers.

    Prefect would start one, too, but only when it first wants something of it, and would import all of the server here
    before that. This one starts while Prefect itself is imported, so call it before. It ends with the process, when
    everything is reported. Waiting raises BadInput when it does not start.
    """
    if may_know_a_server(environment, Path.cwd()):
        return lambda: None
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", "--lifespan", "on"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen(command, env={**environment, **_FOR_ONE_PROCESS})  # noqa: S603
    atexit.register(_stop, server)
    environment["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"

    def wait() -> None:
        if not answers(port, server, _STARTING):
            raise BadInput("Prefect's server did not start; what it said about that stands above.")

    return wait


def answers(port: int, server: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Wait until a server that is starting on this machine answers; False when it ends before, or takes longer."""
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/api/health")
            if connection.getresponse().status == HTTPStatus.OK:
                return True
        time.sleep(0.05)
    return False


def may_know_a_server(environment: Mapping[str, str], folder: Path) -> bool:
    """Whether any of the places where Prefect looks for its settings may say which server to use, or to start none."""
    home = Path(environment.get("PREFECT_HOME", "~/.prefect")).expanduser()
    return (
        bool(_TELLING & environment.keys())
        or (home / "profiles.toml").exists()
        or (folder / "prefect.toml").exists()
        or _says(folder / ".env", b"PREFECT_")
        or _says(folder / "pyproject.toml", b"[tool.prefect")
    )


def _says(file: Path, words: bytes) -> bool:
    try:
        return words in file.read_bytes()
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
