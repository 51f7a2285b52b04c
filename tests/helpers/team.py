"""What deployments/compose.yaml starts, as processes of this machine with homes of their own. No pytest in here.

PostgreSQL and Redis are Debian's, the bucket is moto's; the others are the compose file's own commands and variables.
Nothing is left afterwards: whatever has the folder in its environment is killed, by its id.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import yaml

from helpers.real_server import RealServer, free_port, until

COMPOSE: Final = Path(__file__).parents[2] / "deployments" / "compose.yaml"
MARK: Final = "TEAM_OF"
OURS: Final = ("PREFECT_", "FRONTISPIECE_", "AWS_")


def program(name: str) -> str:
    """Where Debian's packages put it. Raises FileNotFoundError."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(":"))]
    found = next((str(place / name) for place in places if (place / name).exists()), None)
    if found is None:
        raise FileNotFoundError(f"{name} is not there: apt-get install postgresql redis-server")
    return found


def all_with(words: bytes) -> Iterator[int]:
    """Every process that has these words in its environment."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if words in (place / "environ").read_bytes():
                yield int(place.name)


def all_of(sessions: Collection[int]) -> Iterator[int]:
    """Every process of these: Redis and PostgreSQL write titles over their environment."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(place.name)) in sessions:
                yield int(place.name)


def cpu_of(process: int) -> float:
    """Seconds of CPU that it and those of its children have used that have ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


@dataclass
class Team:
    """What runs, and the folder that all of it lives in."""

    folder: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("postgres:5432", "redis:6379", "s3:9000", "api:4200")}
    )
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def server(self) -> RealServer:
        return RealServer(f"http://127.0.0.1:{self.ports['api:4200']}", self.folder)

    @property
    def bucket(self) -> dict[str, str]:
        """What it takes to use the bucket `papers`."""
        return {
            **{"AWS_ACCESS_KEY_ID": "team", "AWS_SECRET_ACCESS_KEY": "planted", "AWS_REGION": "us-east-1"},
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['s3:9000']}",
        }

    def service(self, name: str) -> dict[str, Any]:
        """One of the compose file, with addresses and ports of here, and no password."""
        given = {"POSTGRES_PASSWORD": "planted", **self.bucket}
        text = re.sub(r"\$\{(\w+):[?-]([^}]*)\}", lambda found: given.get(found[1], found[2]), COMPOSE.read_text())
        for place, port in self.ports.items():
            text = text.replace(place, f"127.0.0.1:{port}")
        service: dict[str, Any] = yaml.safe_load(text)["services"][name]
        host, port = "PREFECT_REDIS_MESSAGING_HOST", "PREFECT_REDIS_MESSAGING_PORT"
        here = {host: "127.0.0.1", port: str(self.ports["redis:6379"])}
        told = {
            each: here.get(each, value or "") for each, value in service["environment"].items() if "AUTH" not in each
        }
        moved = {"0.0.0.0": "127.0.0.1", "4200": str(self.ports["api:4200"])}  # noqa: S104 nobody listens there
        command = [moved.get(word, word) for word in service["command"] if word != "--with-healthcheck"]
        return {"command": [str(Path(sys.executable).parent / command[0]), *command[1:]], "environment": told}

    def start(
        self, name: str, command: Sequence[str], told: Mapping[str, str], **how: Any
    ) -> "subprocess.Popen[bytes]":
        """A process with a home of its own; its log is `NAME.log`."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        inherited = {each: value for each, value in os.environ.items() if not each.startswith(OURS)}
        environment = {**inherited, "HOME": str(home), "PREFECT_HOME": str(home), MARK: f"{home}/", **told}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True, **how
            )
        self.running[name] = process
        return process

    def start_service(self, service: str, name: str = "", *options: str, **more: str) -> "subprocess.Popen[bytes]":
        """One of the compose file's, with further options and variables."""
        as_told = self.service(service)
        return self.start(name or service, [*as_told["command"], *options], as_told["environment"] | more)

    def finish(self, service: str, **more: str) -> None:
        """One that ends by itself, well."""
        code = self.start_service(service, **more).wait()
        assert code == 0, (self.folder / f"{service}.log").read_text()[-3000:]

    def workers(self) -> list[str]:
        """Those that the server takes for alive. One that was killed it takes for dead a minute and a half later."""
        found = self.server.ask(
            "/work_pools/frontispiece/workers/filter", {"workers": {"status": {"any_": ["ONLINE"]}}}
        )
        return [each["name"] for each in found]

    def forget_workers(self) -> None:
        """They were killed, and the server need not find that out."""
        for name in self.workers():
            self.server.ask(f"/work_pools/frontispiece/workers/{quote(name)}", method="DELETE")

    def has_run(self, worker: str) -> bool:
        """Whether it has started any that goes on."""
        return len([*all_with(f"{MARK}={self.folder / worker}/".encode())]) > 1

    def cpu(self, name: str = "") -> float:
        """Seconds of CPU that one, or all, of what runs has used so far; those of who was killed are forgotten."""
        own = [process.pid for each, process in self.running.items() if name in ("", each)]
        return sum(map(cpu_of, {*all_of(own), *all_with(f"{MARK}={self.folder / name}/".encode())}))

    def kill(self, name: str) -> None:
        """As when its machine is gone: it and all that it has started."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for each in all_with(f"{MARK}={self.folder / name}/".encode()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()

    def start_bucket(self) -> None:
        """That of `bucket`, and nothing is in it."""
        s3 = ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.ports["s3:9000"])]
        self.start("s3", [sys.executable, *s3], {})
        until(self._has_bucket)

    def start_databases(self) -> None:
        """PostgreSQL and Redis."""
        data = self.folder / "pg"
        data.mkdir()
        how: dict[str, Any] = {}
        if os.getuid() == 0:  # as which PostgreSQL does not run
            shutil.chown(data, "postgres", "postgres")
            how = {"user": "postgres", "group": "postgres", "extra_groups": ()}
        (self.folder / "initdb").mkdir()
        made = [program("initdb"), "--pgdata", str(data), "--auth", "trust", "--username", "prefect", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd="/", **how)
        port = str(self.ports["postgres:5432"])
        told = ["-p", port, "-k", ""]
        for each in ("fsync=off", "listen_addresses=127.0.0.1", "max_connections=300"):
            told += ["-c", each]
        self.start("postgres", [program("postgres"), "-D", str(data), *told], {}, **how)
        self.start("redis", [program("redis-server"), "--port", str(self.ports["redis:6379"]), "--save", ""], {})
        connect = [program("psql"), "-h", "127.0.0.1", "-p", port, "-U", "prefect"]
        until(lambda: subprocess.run([*connect, "-l", "postgres"], capture_output=True, check=False).returncode == 0)
        subprocess.run([*connect, "-c", "CREATE DATABASE prefect", "postgres"], check=True, capture_output=True)

    def _has_bucket(self) -> bool:
        request = urllib.request.Request(f"{self.bucket['AWS_ENDPOINT_URL']}/papers", method="PUT")  # noqa: S310 ours
        with contextlib.suppress(OSError), urllib.request.urlopen(request) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def start_server(self) -> None:
        """Prefect's, in its two halves."""
        self.finish("database")
        self.start_service("api")
        self.start_service("services")
        until(self._is_ready)

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self.server.ask("/ready"))
        return False


@contextlib.contextmanager
def leaving_nothing(team: Team) -> Iterator[Team]:
    """Whatever it has started ends here."""
    try:
        yield team
    finally:
        for name in reversed(list(team.running)):
            team.kill(name)


@contextlib.contextmanager
def team_in(folder: Path) -> Iterator[Team]:
    """Everything but the deployments and their workers."""
    folder.chmod(0o755)
    with leaving_nothing(Team(folder)) as team:
        team.start_bucket()
        team.start_databases()
        team.start_server()
        yield team
