"""`frontispiece serve`: a Prefect server where there is none, the deployments, and their runs, until Ctrl-C."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from deployments.ending import at_the_end
from deployments.lines import HANDLER
from deployments.notice import Notice, named_here, naming, notice_path, read_notice, write_notice
from deployments.output import say
from deployments.server import answers, check_server, did_not_start, launch_server, share_password
from frontispiece.errors import BadInput
from frontispiece.purchases.process_identity import ProcessIdentity
from frontispiece.settings import Settings

STARTING: Final = 120.0
# Together less than five seconds. Prefect looks after three whether a run that it ends has ended.
RUNS_STOPPING: Final = 3.6
SERVER_STOPPING: Final = 0.5
FORGETTING: Final = 10.0


@contextmanager
def only_one(home: Path) -> Iterator["IO[str]"]:
    """Hold the place of the one `serve` of this Prefect home. Raises BadInput while another one holds it.

    The lock goes with the process, however that ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    with notice_path(home).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(_running_already(read_notice(file))) from None
        _stop_leftovers(read_notice(file))
        yield file


def _running_already(notice: Notice | None) -> str:
    if notice is None:
        return "frontispiece serve is starting or running already."
    return f"frontispiece serve is running already (process {notice.serve.pid}); its UI is at {notice.ui}."


@contextmanager
def own_server(file: "IO[str]", home: Path, port: int) -> Iterator[str]:
    """A Prefect server on this machine for as long as it is wanted; gives its address. Raises BadInput."""
    url = f"http://127.0.0.1:{port}"
    log = home / "server.log"
    environment = {**os.environ, "PREFECT_UI_API_URL": f"{url}/api", "PREFECT_SERVER_UI_API_URL": f"{url}/api"}
    environment["PREFECT_UI_URL"] = url  # links in automations lead there
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise BadInput(f"Port {port} cannot be had: {error.strerror}.") from None
        raise BadInput(
            f"Port {port} is taken. If it is a Prefect server, set PREFECT_API_URL=http://127.0.0.1:{port}/api; "
            "else name another port in FRONTISPIECE_UI_PORT."
        ) from None
    with listener:
        server = launch_server(listener, environment, log, with_starter=False)
    at_the_end(lambda: _kill(server))
    try:
        write_notice(file, Notice(serve=ProcessIdentity.here(), ui=url, server=ProcessIdentity.of(server.pid)))
        if not answers(url, lambda: server.poll() is None, STARTING):
            raise did_not_start(log)
        yield url
    finally:
        _stop(server.pid, SERVER_STOPPING)
        server.wait()


def _stop_leftovers(notice: Notice | None) -> None:
    """End what a `serve` that was killed has left running: nobody else would."""
    for left in (notice.runner, notice.server) if notice is not None else ():
        if left is not None and left.is_alive():
            _stop(left.pid, SERVER_STOPPING)
            _wait_until_forgotten(left.pid)


def _wait_until_forgotten(leader: int) -> None:
    """What was killed holds its port until the machine has taken its memory back, too."""
    deadline = time.monotonic() + FORGETTING
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(leader, 0)
            time.sleep(0.05)


def _stop(leader: int, patience: float) -> None:
    """End a process group: kindly, and after so many seconds for certain."""
    deadline = time.monotonic() + patience
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        while time.monotonic() < deadline and ProcessIdentity.of(leader).is_alive():
            time.sleep(0.05)
        os.killpg(leader, signal.SIGKILL)


def _kill(leader: "subprocess.Popen[bytes]") -> None:
    if leader.poll() is None:
        os.killpg(leader.pid, signal.SIGKILL)


def serve(settings: Settings, *, reset: bool = False) -> int:
    """Serve until SIGINT or SIGTERM; gives the exit code. Raises BadInput when somebody does so already.

    With `reset`, what was changed of the deployments in Prefect's UI is taken back.
    """
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_UI_URL

    home = PREFECT_HOME.value()
    with only_one(home) as file:
        url = PREFECT_API_URL.value()
        if url and ("PREFECT_API_URL" in os.environ or url != named_here(Path.cwd())):
            check_server()
            return _serve_at(url, PREFECT_UI_URL.value() or url.removesuffix("/api"), file, reset)
        share_password(os.environ)
        if named_here(Path.cwd()):  # by one that was killed
            Path("prefect.toml").unlink()
        with own_server(file, home, settings.ui_port) as ui, naming(f"{ui}/api", Path.cwd()):
            return _serve_at(f"{ui}/api", ui, file, reset)


def _serve_at(api: str, ui: str, file: "IO[str]", reset: bool) -> int:
    """Have the runner work in a process group of its own, so that nothing of it is left when it has to go."""
    known = read_notice(file)
    runner = subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-m", "deployments.runner", ui, *(["--reset"] if reset else [])],
        env={**HANDLER, **os.environ, "PREFECT_API_URL": api, "PREFECT_UI_URL": ui},
        start_new_session=True,
    )
    at_the_end(lambda: _kill(runner))
    try:
        us = ProcessIdentity.here()
        server = known.server if known and known.serve == us else None
        write_notice(file, Notice(serve=us, ui=ui, server=server, runner=ProcessIdentity.of(runner.pid)))
        return runner.wait()
    except KeyboardInterrupt:
        say("Stopping …", flush=True)
        return 0
    finally:
        _stop(runner.pid, RUNS_STOPPING)
        runner.wait()
