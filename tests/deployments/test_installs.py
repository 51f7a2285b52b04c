"""Dockerfile, compose.yaml, Helm values and systemd units: what they name exists."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import get_current_settings
from prefect_redis.client import RedisMessagingSettings

from deployments.cli.app import app
from deployments.server import SERVER_SETTINGS
from deployments.travelling import HEARTBEAT
from frontispiece.settings import settings_model, variable
from frontispiece.version import VERSION

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deployments"
DOCKERFILE = (HERE / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((HERE / "compose.yaml").read_text())
SERVER, WORKER = (yaml.safe_load((HERE / "helm" / f"{name}.yaml").read_text()) for name in ("server", "worker"))
UNITS = {path.name: path.read_text() for path in sorted((HERE / "systemd").iterdir())}
EXAMPLE = (HERE / "compose.env.example").read_text()

OF_PREFECT = {
    *("server start", "server services start", "server database upgrade", "worker start"),
    *("--host", "--port", "--no-services", "--yes", "--pool", "--limit", "--with-healthcheck", "--name"),
}
"""What of Prefect's command line was tried; its own help would take seconds."""
LEASES = "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"
OF_THE_BUCKET = {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def commands() -> Iterator[list[str]]:
    for service in COMPOSE["services"].values():
        if service["image"] == ours():
            yield service["command"]
    for text in UNITS.values():
        yield shlex.split(re.findall(r"^ExecStart=/opt/frontispiece/bin/(.*)$", text, re.MULTILINE)[0])
    yield json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[0])


def ours() -> str:
    return str(COMPOSE["services"]["worker"]["image"])


@pytest.mark.parametrize("command", [pytest.param(each, id=" ".join(each)) for each in commands()])
def test_every_command_is_one(command: list[str]) -> None:
    program, *arguments = command
    if program == "frontispiece":
        app.parse_args(arguments, print_error=False, exit_on_error=False)
        return
    assert program == "prefect"
    words = [each for each in arguments if not each.startswith("-")]
    assert any(" ".join(words).startswith(each) for each in OF_PREFECT)
    assert {each for each in arguments if each.startswith("--")} <= OF_PREFECT
    if "--pool" in arguments:
        assert arguments[arguments.index("--pool") + 1] == settings_model().model_fields["work_pool"].default


def environment(service: str) -> dict[str, str]:
    return dict(COMPOSE["services"][service].get("environment", {}))


def set_somewhere() -> set[str]:
    """Variables that our own processes are given."""
    named = {
        name
        for each, service in COMPOSE["services"].items()
        if service["image"] == ours()
        for name in environment(each)
    }
    named |= {each["name"] for each in (*SERVER["global"]["prefect"]["env"], *WORKER["worker"]["extraEnvVars"])}
    named |= set(re.findall(r"^Environment=(\w+)=", "\n".join(UNITS.values()), re.MULTILINE))
    return named | set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def test_every_variable_is_one() -> None:
    known = {variable(field) for field in settings_model().model_fields}
    prefects = get_current_settings().to_environment_variables()
    redis = {f"PREFECT_REDIS_MESSAGING_{field.upper()}" for field in RedisMessagingSettings.model_fields}
    files = "\n".join([DOCKERFILE, EXAMPLE, *UNITS.values(), *(path.read_text() for path in HERE.rglob("*.yaml"))])
    assert set(re.findall(r"FRONTISPIECE_[A-Z_]+", files)) <= known
    others = {"POSTGRES_PASSWORD", "WORKERS", "DO_NOT_TRACK", *OF_THE_BUCKET}
    assert {name for name in set_somewhere() if name not in known | redis | others and name not in prefects} <= {
        *("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING")
    }


def test_both_halves_of_the_server_are_set_up_alike_and_as_it_wants() -> None:
    wanted = {name: value for name, value in SERVER_SETTINGS.items() if "EPHEMERAL" not in name and "FLOWS" not in name}
    assert environment("api") == environment("services") == environment("database")
    compose = environment("api")
    helm = {each["name"]: each["value"] for each in SERVER["global"]["prefect"]["env"]}
    assert compose.pop(LEASES) == "prefect_redis.lease_storage"  # several processes see them
    del wanted[LEASES]
    assert wanted.items() <= compose.items()
    assert wanted == helm
    beats = environment("worker")[HEARTBEAT]
    assert beats == SERVER_SETTINGS[HEARTBEAT]
    assert {"name": HEARTBEAT, "value": beats} in WORKER["worker"]["extraEnvVars"]
    assert f"Environment={HEARTBEAT}={beats}" in UNITS["frontispiece-worker@.service"]


def test_ports_and_health_are_asked_where_they_are() -> None:
    api = COMPOSE["services"]["api"]
    port = api["command"][api["command"].index("--port") + 1]
    assert port == api["ports"][0].rpartition(":")[2]
    assert f"http://127.0.0.1:{port}/api/ready" in api["healthcheck"]["test"][-1]
    assert environment("worker")["PREFECT_API_URL"] == f"http://api:{port}/api"
    workers = get_current_settings().worker.webserver.port
    assert f"http://127.0.0.1:{workers}/health" in DOCKERFILE
    assert "--with-healthcheck" in COMPOSE["services"]["worker"]["command"]


def test_the_image_is_what_is_locked_and_runs_as_nobody() -> None:
    assert ours() == f"${{FRONTISPIECE_IMAGE:-frontispiece:{VERSION}}}"
    assert f"frontispiece:{VERSION}" in DOCKERFILE
    for chart in (SERVER["global"]["prefect"]["image"], WORKER["worker"]["image"]):
        assert chart["prefectTag"] == VERSION
    assert "--require-hashes --requirement deployments/requirements.lock" in DOCKERFILE
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["1001"]  # the charts' own
    python = re.findall(r"^FROM python:(3\.\d+)", DOCKERFILE, re.MULTILINE)
    assert len(python) == 2
    assert set(python) <= {"3.11", "3.12", "3.13"}
    lock = (HERE / "requirements.lock").read_text()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["team"]
    for wanted in ("prefect", "asyncpg", *(re.split(r"[^\w-]", each)[0] for each in extras)):
        assert re.search(rf"^{wanted}==", lock, re.MULTILINE), wanted


def test_the_same_versions_are_locked_for_the_image_as_for_the_tests() -> None:
    def versions(path: Path) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE))

    image, tests = versions(HERE / "requirements.lock"), versions(ROOT / "requirements.lock")
    assert {
        name: (version, tests[name]) for name, version in image.items() if tests.get(name, version) != version
    } == {}


@pytest.mark.parametrize("service", ["worker", "deploy"])
def test_what_compose_must_be_told_stands_in_its_example(service: str) -> None:
    needed: dict[str, Any] = COMPOSE["services"][service]["environment"]
    asked = set(re.findall(r"\$\{(\w+):\?\}", str(needed) + str(COMPOSE["x-server"])))
    assert asked <= set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
