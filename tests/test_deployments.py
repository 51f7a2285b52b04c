"""The deployments as they are defined, and as a real server and a real worker take them."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import yaml
from fake_server import serving
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings
from providers import fake_providers
from real_server import RealServer, until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.definitions import Definition, definitions
from deployments.deploying import ALARM, deploy, travelling
from flows.daily import days_before, logical_day
from tasks.errors import BadInput
from tasks.settings import load_settings

ROOT = Path(__file__).parents[1]
PLANTED = "sk-planted-in-a-block-0123456789"


def names() -> list[str]:
    return [each.name for each in definitions(load_settings())]


def test_prefect_yaml_says_the_same() -> None:
    written = {each["name"]: each for each in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    assert list(written) == names()
    for each in definitions(load_settings()):
        entry = written[each.name]
        path, function = entry["entrypoint"].split(":")
        assert f"{path.removesuffix('.py').replace('/', '.')}.{function}" == each.entrypoint
        assert entry["description"] == each.description
        assert entry.get("parameters", {}) == each.parameters
        assert entry.get("concurrency_limit", {}).get("limit") == each.at_once
        schedules = [(schedule["cron"], schedule["timezone"]) for schedule in entry.get("schedules", [])]
        assert schedules == ([(each.cron, each.timezone)] if each.cron else [])


def test_schedule_and_recipe_are_settings() -> None:
    chosen = load_settings(daily_cron="0 7 * * 1-5", timezone="Europe/Berlin", source="arxiv", painter="fal")
    daily = definitions(chosen)[0]
    assert daily.schedule == "0 7 * * 1-5 Europe/Berlin"
    assert (daily.parameters["source"], daily.parameters["painter"]) == ("arxiv", "fal")


@pytest.mark.parametrize("setting", [{"timezone": "Mars/Olympus"}, {"daily_catch_up": 99}, {"ui_port": 0}])
def test_impossible_schedules_are_named(setting: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="FRONTISPIECE_"):
        load_settings(**setting)


async def test_an_impossible_cron_is_named() -> None:
    with pytest.raises(BadInput, match="61 25"):
        await definitions(load_settings(daily_cron="61 25 * * *"))[0].build()


@pytest.mark.parametrize("definition", definitions(load_settings()), ids=names())
async def test_the_form_has_choices_and_words_and_no_secrets(definition: Definition) -> None:
    built = await definition.build()
    form = built._parameter_openapi_schema.model_dump(exclude_unset=True)
    assert form["additionalProperties"] is False
    for name, field in form["properties"].items():
        assert field["description"], name
        assert "anyOf" not in field, name
        assert not any(word in name for word in ("key", "secret", "token", "password"))
        if name in ("source", "writer", "painter", "style"):
            assert len(field["enum"]) > 1
            assert definition.parameters[name] in field["enum"]
        if name == "day":
            assert field["format"] == "date"


def test_days_are_looked_at_the_newest_first() -> None:
    assert days_before(date(2024, 11, 1), 2) == (date(2024, 11, 1), date(2024, 10, 31), date(2024, 10, 30))


@pytest.mark.parametrize(
    ("scheduled", "zone", "day"),
    [
        pytest.param("2024-11-02T00:30:00+00:00", "America/New_York", date(2024, 11, 1), id="evening in New York"),
        pytest.param("2024-11-01T22:00:00+00:00", "Asia/Tokyo", date(2024, 11, 2), id="morning in Tokyo"),
        pytest.param("2024-11-03T05:30:00+00:00", "America/New_York", date(2024, 11, 3), id="when clocks change"),
    ],
)
def test_a_late_run_has_the_day_it_was_scheduled_for(scheduled: str, zone: str, day: date) -> None:
    assert logical_day(datetime.fromisoformat(scheduled), zone) == day


@pytest.fixture
def at_server(real_server: RealServer) -> Iterator[RealServer]:
    with temporary_settings({PREFECT_API_URL: f"{real_server.url}/api"}):
        yield real_server


@pytest.fixture
def hooked() -> Iterator[tuple[str, "Queue[Any]"]]:
    """A webhook's address, and what it was told."""
    told: Queue[Any] = Queue()

    async def hear(request: Request) -> Response:
        told.put(await request.json())
        return Response()

    with serving(Starlette(routes=[Route("/hook", hear, methods=["POST"])])) as url:
        yield f"{url}/hook", told


@pytest.mark.parametrize("secret", ["&secret_access_key=planted", "&sas_token=planted", "&key=planted"])
def test_secrets_do_not_travel_in_the_archives_address(secret: str) -> None:
    place = "s3://papers/a?region=eu-west-1&endpoint=http://127.0.0.1:1&skip_signature=true"
    assert travelling(load_settings(archive=place)) == {"FRONTISPIECE_ARCHIVE": place}
    with pytest.raises(BadInput, match="FRONTISPIECE_ARCHIVE") as caught:
        travelling(load_settings(archive=place + secret))
    assert "planted" not in str(caught.value)


async def test_deploying_twice_is_deploying_once_and_the_schedule_makes_runs(
    at_server: RealServer, hooked: tuple[str, "Queue[Any]"]
) -> None:
    webhook, told = hooked
    settings = load_settings(webhook=webhook)
    for _ in range(2):
        await deploy(settings)
    assert sorted(each["name"] for each in at_server.ask("/deployments/filter", {})) == sorted(names())
    daily = at_server.deployment("daily/daily")
    assert [each["schedule"]["timezone"] for each in daily["schedules"]] == ["America/New_York"]
    assert [each["name"] for each in at_server.ask("/automations/filter", {})] == [ALARM]

    wanted = {"deployments": {"id": {"any_": [daily["id"]]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs = until(lambda: at_server.ask("/flow_runs/filter", wanted), 90)
    assert all(run["auto_scheduled"] for run in runs)
    assert datetime.fromisoformat(runs[0]["expected_start_time"]) > datetime.now(UTC)

    # What a worker would say of a run that failed.
    run = at_server.start("daily/daily", limit=1)
    failed = {"state": {"type": "FAILED", "name": "Failed", "message": 'no "list"'}, "force": True}
    at_server.ask(f"/flow_runs/{run}/set_state", failed)
    heard = told.get(timeout=30)
    assert heard["state"] == "Failed"
    assert heard["message"] == 'no "list"'
    assert heard["id"] == run

    await deploy(load_settings())
    assert at_server.ask("/automations/filter", {}) == []


async def test_a_worker_elsewhere_runs_what_was_deployed_with_a_key_from_a_block(
    at_server: RealServer, tmp_path: Path
) -> None:
    archive, elsewhere = tmp_path / "the archive", tmp_path / "elsewhere"
    elsewhere.mkdir()
    await Secret(value=PLANTED).save("openai-key", overwrite=True)
    await deploy(load_settings(archive=str(archive)))
    with fake_providers() as providers:
        run = at_server.start("illustrate%20papers/papers", ids=["2410.24175"], writer="openai")
        environment = {
            **at_server.environment,
            "OPENAI_BASE_URL": f"{providers.url}/v1",
            "FRONTISPIECE_OPENAI_SECRET_BLOCK": "openai-key",
        }
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "frontispiece", "--run-once"]
        worker = await asyncio.to_thread(
            subprocess.run, command, cwd=elsewhere, env=environment, capture_output=True, timeout=120, check=True
        )
        at_server.wait(run, "Completed", 5)
        assert providers.paid[0] == 1
    assert (archive / "pictures" / "20241031" / "6550f79d46b1945c.jpg").exists()
    assert PLANTED.encode() not in worker.stdout + worker.stderr
    places = [path for room in (archive, at_server.home) for path in room.rglob("*") if path.is_file()]
    assert [path for path in places if PLANTED.encode() in path.read_bytes()] == []


def test_prefects_own_deploy_takes_the_file(real_server: RealServer) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**real_server.environment, "PWD": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert real_server.deployment("daily/daily")["entrypoint"] == "flows/daily.py:daily"
