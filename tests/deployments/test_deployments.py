"""The deployments as they are defined, and as a real server and a real worker take them."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import yaml
from fakes.providers import fake_providers
from fakes.server import serving
from helpers.real_server import PATIENCE, RealServer, until
from hypothesis import example, given
from hypothesis import strategies as st
from prefect.blocks.system import Secret
from prefect.events import emit_event
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.alarms import ALARM, OVERDUE, SILENT
from deployments.changes import FieldPath, Fields, digests, merge
from deployments.definitions import Definition, definitions
from deployments.deploy import build_all, deploy, make_work_pool
from deployments.form import RISING, day_pattern, days_pattern
from deployments.registering import every
from deployments.travelling import STAYS, travelling
from frontispiece import registry
from frontispiece.dates import parse_days
from frontispiece.errors import BadInput
from frontispiece.settings import Settings, is_secret, load_settings, settings_model, variable
from frontispiece.sources.ids import PASTED, parse_id

ROOT = Path(__file__).parents[2]
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
        assert entry["description"] == each.build().description
        assert entry.get("parameters", {}) == each.parameters
        assert entry.get("concurrency_limit", {}).get("limit") == each.at_once
        assert entry["work_pool"] == {"name": "frontispiece", "work_queue_name": each.queue}
        schedules = [(schedule["cron"], schedule["timezone"]) for schedule in entry.get("schedules", [])]
        assert schedules == ([(each.cron, each.timezone)] if each.cron else [])


def test_the_docs_have_the_names_that_prefects_own_commands_want() -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    rows = [f"| `{each.name}` | `{each.flow.name}/{each.name}` |" for each in definitions(load_settings())]
    table = told.partition("| deployment |")[2].partition("\n\n")[0].splitlines()[2:]
    assert [line[: len(row)] for line, row in zip(table, rows, strict=True)] == rows


def test_schedule_and_recipe_are_settings() -> None:
    chosen = load_settings(daily_cron="0 7 * * 1-5", timezone="Europe/Berlin", source="arxiv", painter="fal")
    daily = definitions(chosen)[0]
    assert (daily.cron, daily.timezone) == ("0 7 * * 1-5", "Europe/Berlin")
    assert (daily.parameters["source"], daily.parameters["painter"]) == ("arxiv", "fal")


@pytest.mark.parametrize("setting", [{"timezone": "Mars/Olympus"}, {"daily_catch_up": 99}, {"ui_port": 0}])
def test_impossible_schedules_are_named(setting: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="FRONTISPIECE_"):
        load_settings(**setting)


def test_an_impossible_cron_is_named() -> None:
    with pytest.raises(BadInput, match="61 25"):
        definitions(load_settings(daily_cron="61 25 * * *"))[0].build()


@pytest.mark.parametrize("definition", definitions(load_settings()), ids=names())
def test_the_form_has_choices_and_words_and_no_secrets(definition: Definition) -> None:
    form = definition.build().form
    assert form["additionalProperties"] is False
    for name, field in form["properties"].items():
        assert field["description"], name
        assert "anyOf" not in field, name
        assert not any(word in name for word in ("key", "secret", "token", "password"))
        if name in ("source", "writer", "painter", "style"):
            assert len(field["enum"]) > 1
            assert definition.parameters[name] in field["enum"]
        if name == "checker":
            assert {"none", "tesseract"} <= set(field["enum"])
        if name == "day":
            assert field["format"] == "date"


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
    assert travelling(load_settings(archive=place)).environment["FRONTISPIECE_ARCHIVE"] == place
    with pytest.raises(BadInput, match="FRONTISPIECE_ARCHIVE") as caught:
        travelling(load_settings(archive=place + secret))
    assert "planted" not in str(caught.value)


CHANGED = {
    **{"archive": "s3://papers/a", "source": "arxiv", "writer": "openai", "painter": "fal", "style": "fenced"},
    **{"checker": "tesseract", "label_attempts": 2, "openai_temperature": None, "max_usd": 7.5},
    **{"timezone": "Europe/Berlin", "snapshot": ROOT / "some.jsonl"},
    **{"work_pool_type": "docker", "openai_image_size": "64x64", "openai_image_quality": "high"},
    **{"prompts_for_all": 8, "paintings_for_all": 9, "smtp_port": 2525, "smtp_security": "tls"},
    **{"gemini_aspect_ratio": "1:1", "gemini_image_size": "2K", "local_images_size": "64x64", "replicate_input": "{}"},
    **{"comfyui_workflow": ROOT / "workflow.json", "comfyui_url": "http://127.0.0.1:8189"},
    "categories": ("cs.CV", "math.PR"),
    **{"letter_from": "papers@example.org", "letter_to": ("ada@example.org",), "letter_pictures": "linked"},
}
"""What a setting may be that is no number and no text."""


def another(name: str, field: FieldInfo) -> object:
    """A value that is not the default."""
    if name in CHANGED:
        return CHANGED[name]
    if is_secret(field):
        return SecretStr("http://planted.example")
    match field.default:
        case bool():
            return not field.default
        case int() | float():
            return type(field.default)(field.default / 2)
        case tuple():
            return ("a", "b")
        case Path():
            return ROOT / "another"
    return f"{field.default or 'http://127.0.0.1'}x"


def test_all_settings_but_keys_arrive_at_a_worker_whatever_it_has_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds a setting need not think of it."""
    fields = settings_model().model_fields
    changed = settings_model()(**{name: another(name, field) for name, field in fields.items()})
    unchanged = settings_model()(archive=str(Path.cwd()))
    assert [name for name in fields if getattr(changed, name) == getattr(unchanged, name)] == []
    stay = {name for name, field in fields.items() if name in STAYS or is_secret(field)}
    of_the_worker = {"max_usd", *unchanged.blocks_of_keys.values()}  # unless whoever deploys sets them
    for here, there, missing in ((changed, unchanged, stay), (unchanged, changed, stay | of_the_worker)):
        with monkeypatch.context() as patch:
            own = travelling(there).environment
            for name, value in {**own, **travelling(here).environment}.items():
                patch.setenv(name, value)
            arrived = load_settings()
        assert {name for name in fields if getattr(arrived, name) != getattr(here, name)} <= missing
        assert "planted" not in str(travelling(here))


class Watched:
    """Settings that note what is read of them."""

    def __init__(self) -> None:
        self.settings, self.read = load_settings(), set[str]()

    def __getattr__(self, name: str) -> object:
        self.read.add(name)
        return getattr(self.settings, name)


def test_whatever_enters_a_recipe_travels() -> None:
    watched = Watched()
    for family in (registry.WRITERS, registry.PAINTERS):
        for name in registry.registered(family):
            registry.load(family, name).recipe_for(watched)
    assert "fal_seed" in watched.read
    told = travelling(watched.settings).environment
    assert {variable(name) for name in {*watched.read, "jpeg_quality", "snapshot"}} - told.keys() == set()


def test_what_may_be_a_secret_stays_and_that_is_said() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", "https://me:planted@example.org/v1")
        patch.setenv("FRONTISPIECE_PICTURE_HOSTS", "fal.media,https://me:planted@example.org")
        told = travelling(load_settings())
    assert told.kept_back == ("FRONTISPIECE_PICTURE_HOSTS", "OPENAI_BASE_URL")
    assert not {*told.kept_back} & told.environment.keys()
    assert "planted" not in str(told)


@pytest.mark.parametrize(
    ("name", "value"), [("style", "own.txt"), ("snapshot", "own.jsonl")], ids=["style", "snapshot"]
)
def test_files_are_named_in_full(name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / value).write_text("{title} {abstract}")
    monkeypatch.setenv(variable(name), value)
    assert travelling(load_settings()).environment[variable(name)] == str(tmp_path / value)


def test_a_file_that_a_package_looks_for_where_it_is_started_is_named_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WithShelf(Settings):
        shelf_file: Path = Path("shelf.csv")

    monkeypatch.chdir(tmp_path)
    assert travelling(WithShelf()).environment[variable("shelf_file")] == str(tmp_path / "shelf.csv")


async def test_deploying_twice_is_deploying_once_and_the_schedule_makes_runs(
    at_server: RealServer, hooked: tuple[str, "Queue[Any]"]
) -> None:
    at_server.delete_deployments()  # those of other tests, whichever came before
    webhook, told = hooked
    settings = load_settings(webhook=webhook)
    lines = [await deploy(settings) for _ in range(2)]
    assert lines[0] == lines[1]
    assert not any("keeps" in line or "deleted" in line for line in lines[1])
    assert sorted(each["name"] for each in at_server.ask("/deployments/filter", {})) == sorted(names())
    daily = at_server.deployment("daily/daily")
    assert [each["schedule"]["timezone"] for each in daily["schedules"]] == ["America/New_York"]
    assert set(automations(at_server)) == {ALARM, OVERDUE, SILENT}

    wanted = {"deployments": {"id": {"any_": [daily["id"]]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs = until(lambda: at_server.ask("/flow_runs/filter", wanted))
    assert all(run["auto_scheduled"] for run in runs)
    # The first of them may be due this very minute.
    assert max(datetime.fromisoformat(run["expected_start_time"]) for run in runs) > datetime.now(UTC)

    # What runs would say of themselves, in this order: of the first nobody is told.
    ends = [("daily", "FAILED", "Refused"), ("daily", "FAILED", "Failed"), ("backfill", "COMPLETED", "Budget reached")]
    for name, kind, state in ends:
        run = at_server.start(f"{name}/{name}", limit=1)
        ended = {"state": {"type": kind, "name": state, "message": 'no "list"'}, "force": True}
        at_server.ask(f"/flow_runs/{run}/set_state", ended)
        if state != "Refused":
            heard = told.get(timeout=PATIENCE)
            assert (heard["state"], heard["message"], heard["id"]) == (state, 'no "list"', run)

    await deploy(load_settings())
    assert set(automations(at_server)) == {SILENT}


def automations(server: RealServer) -> dict[str, Any]:
    return {each["name"]: each for each in server.ask("/automations/filter", {})}


async def test_a_run_of_which_nothing_is_heard_any_longer_crashes(
    at_server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.alarms.BEATS_MISSED", 2 / 30)  # seconds, not a minute
    await deploy(load_settings(), reset=True)
    silent, refuted = (at_server.start("daily/daily", limit=1) for _ in range(2))
    for run in (silent, refuted):
        at_server.ask(f"/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}, "force": True})
        related = [{"prefect.resource.id": "prefect.tag.frontispiece", "prefect.resource.role": "tag"}]
        emit_event("prefect.flow-run.heartbeat", {"prefect.resource.id": f"prefect.flow-run.{run}"}, related=related)
    at_server.ask(f"/flow_runs/{refuted}/set_state", {"state": {"type": "COMPLETED"}, "force": True})
    at_server.wait(silent, "Crashed")
    assert at_server.run(refuted)["state_name"] == "Completed"
    monkeypatch.undo()
    await deploy(load_settings(), reset=True)


async def test_a_deployment_may_be_served_and_deployed_in_turn(at_server: RealServer) -> None:
    await deploy(load_settings(), reset=True)
    for each in build_all(load_settings()):
        await each.aapply()
    served = at_server.deployment("daily/daily")
    assert (served["work_pool_name"], served["job_variables"]) == (None, {})
    lines = await deploy(load_settings())
    deployed = at_server.deployment("daily/daily")
    assert (deployed["work_pool_name"], deployed["work_queue_name"]) == ("frontispiece", "daily")
    assert deployed["job_variables"] == {"env": travelling(load_settings()).environment}
    assert not any("keeps" in line for line in lines)


def queues(server: RealServer, pool: str) -> list[str]:
    """Those whose runs are taken first come first."""
    there = server.ask(f"/work_pools/{pool}/queues/filter", {})
    return [each["name"] for each in sorted(there, key=itemgetter("priority"))]


async def test_todays_papers_are_taken_before_a_backfills_days(at_server: RealServer) -> None:
    await deploy(load_settings(), reset=True)
    assert queues(at_server, "frontispiece") == ["daily", "default", "backfill", "days"]
    late = [at_server.start("backfill%20day/backfill-day", day="2024-10-30", backfill="b") for _ in range(2)]
    parent, papers = (
        at_server.start("backfill/backfill"),
        at_server.start("illustrate%20papers/papers", ids=["2410.24175"]),
    )
    today = at_server.start("daily/daily", limit=1)
    due = {"limit": 3, "scheduled_before": datetime.now(UTC).isoformat()}
    taken = at_server.ask("/work_pools/frontispiece/get_scheduled_flow_runs", due)
    assert [each["flow_run"]["id"] for each in taken] == [today, papers, parent]
    for run in (*late, parent, papers, today):
        at_server.ask(f"/flow_runs/{run}", method="DELETE")


async def test_a_pool_is_made_of_its_type_and_what_people_made_of_it_stays(at_server: RealServer) -> None:
    made = "registry.example/frontispiece:0.1.0"
    settings = settings_model()(work_pool="boxes", work_pool_type="docker", image=made)
    with pytest.raises(BadInput, match="FRONTISPIECE_IMAGE"):
        await deploy(settings.model_copy(update={"image": None}))
    at_server.ask("/work_pools/", {"name": "boxes", "type": "docker"})
    at_server.ask("/work_pools/boxes/queues", {"name": "ours"})
    await make_work_pool("boxes", "docker")
    at_server.ask("/work_pools/boxes/queues/ours", {"priority": 1}, "PATCH")
    await deploy(settings, reset=True)
    assert at_server.deployment("daily/daily")["job_variables"] == {
        "image": made,
        "env": travelling(settings).environment,
    }
    assert queues(at_server, "boxes") == ["ours", "daily", "default", "backfill", "days"]
    with pytest.raises(BadInput, match=r"of the type docker, not kubernetes.*FRONTISPIECE_WORK_POOL_TYPE"):
        await make_work_pool("boxes", "kubernetes")
    await deploy(load_settings(), reset=True)


async def test_what_the_form_no_longer_takes_is_named(at_server: RealServer) -> None:
    await deploy(load_settings(), reset=True)
    daily = at_server.deployment("daily/daily")
    form = {"parameter_openapi_schema": {}, "parameters": {**daily["parameters"], "source": "gone"}}
    at_server.ask(f"/deployments/{daily['id']}", form, "PATCH")
    with pytest.raises(BadInput, match=r"gone.*--reset"):
        await deploy(load_settings())
    await deploy(load_settings(), reset=True)
    assert at_server.deployment("daily/daily")["parameters"] == daily["parameters"]


def changed_in_the_ui(server: RealServer) -> dict[str, Any]:
    """Somebody pauses and moves daily's schedule, adds another, and fills in the form; gives what is there then."""
    daily = server.deployment("daily/daily")
    path = f"/deployments/{daily['id']}"
    (schedule,) = daily["schedules"]
    later = {"schedule": {"cron": "15 7 * * *", "timezone": "Europe/Berlin"}, "active": False}
    server.ask(f"{path}/schedules/{schedule['id']}", later, "PATCH")
    server.ask(f"{path}/schedules", [{"schedule": {"interval": 86400.0, "timezone": "Asia/Tokyo"}}])
    form = {
        "parameters": {**daily["parameters"], "painter": "fal", "limit": 3},
        "tags": ["frontispiece", "ours"],
        "description": "What the boss reads.",
        "concurrency_limit": 2,
        "job_variables": {"env": {**daily["job_variables"]["env"], "FRONTISPIECE_MIN_UPVOTES": "20"}},
    }
    server.ask(path, form, "PATCH")
    upkeep = server.deployment("upkeep/upkeep")
    server.ask(f"/deployments/{upkeep['id']}", {"paused": True}, "PATCH")
    server.ask(f"/deployments/{upkeep['id']}/schedules/{upkeep['schedules'][0]['id']}", method="DELETE")
    return standing(server)


FORM = ("parameters", "tags", "description", "concurrency_options", "job_variables", "paused", "work_queue_name")


def standing(server: RealServer) -> dict[str, Any]:
    """What people may have changed of daily and upkeep."""
    both = {name: server.deployment(f"{name}/{name}") for name in ("daily", "upkeep")}
    return {
        name: {
            **{field: each[field] for field in FORM},
            "limit": (each["global_concurrency_limit"] or {}).get("limit"),
            "schedules": [
                (one["id"], one["schedule"], one["active"]) for one in sorted(each["schedules"], key=itemgetter("id"))
            ],
        }
        for name, each in both.items()
    }


async def test_deploying_again_leaves_alone_what_people_changed(
    at_server: RealServer, hooked: tuple[str, "Queue[Any]"]
) -> None:
    webhook = hooked[0]
    await deploy(load_settings(webhook=webhook), reset=True)
    defined = standing(at_server)
    changed = changed_in_the_ui(at_server)
    path = f"/automations/{automations(at_server)[ALARM]['id']}"
    at_server.ask(path, {"enabled": False}, "PATCH")

    lines = await deploy(load_settings(webhook=webhook))
    assert standing(at_server) == changed
    assert automations(at_server)[ALARM]["enabled"] is False
    assert "daily         15 7 * * * Europe/Berlin (paused); every day" in lines
    assert "upkeep        when asked (paused)" in lines
    assert [line for line in lines if "keeps" in line] == [
        "daily keeps what was changed in Prefect's UI: description, concurrency limit, tags, painter, limit, "
        "FRONTISPIECE_MIN_UPVOTES, schedule. --reset takes that back.",
        "upkeep keeps what was changed in Prefect's UI: paused, schedule. --reset takes that back.",
        "alarm keeps what was changed in Prefect's UI: enabled. --reset takes that back.",
    ]

    # Settings change: what nobody has touched follows them.
    moved = load_settings(webhook=webhook, source="arxiv", painter="openai-images", style="fenced", timezone="UTC")
    lines = await deploy(moved)
    now = standing(at_server)
    assert now["daily"]["parameters"] == {
        **{"source": "arxiv", "writer": "template", "painter": "fal", "style": "fenced"},
        "limit": 3,
    }
    environment = travelling(moved).environment
    for name, own in (("daily", {"FRONTISPIECE_MIN_UPVOTES": "20"}), ("upkeep", {})):
        changed[name]["job_variables"] = {"env": environment | own}
    assert now == {**changed, "daily": {**changed["daily"], "parameters": now["daily"]["parameters"]}}
    backfill = at_server.deployment("backfill/backfill")
    assert (backfill["parameters"]["source"], backfill["parameters"]["painter"]) == ("arxiv", "openai-images")

    lines = await deploy(load_settings(webhook=webhook), reset=True)
    assert not any("keeps" in line for line in lines)
    now = standing(at_server)
    for name, each in now.items():
        assert [one[1:] for one in each.pop("schedules")] == [one[1:] for one in defined[name].pop("schedules")]
        assert each == defined[name]
    assert automations(at_server)[ALARM]["enabled"] is True
    await deploy(load_settings())


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (timedelta(days=1), "every day"),
        (timedelta(hours=12), "every 12 hours"),
        (timedelta(minutes=1), "every minute"),
        (timedelta(days=1, hours=1, minutes=30), "every 1 day 1 hour 30 minutes"),
        (timedelta(weeks=2), "every 14 days"),
        (timedelta(seconds=90.5), "every 1 minute 30.5 seconds"),
    ],
)
def test_an_interval_is_said_in_words(interval: timedelta, said: str) -> None:
    assert every(interval) == said


TODAY = date(2026, 11, 25)


@given(st.text(alphabet="0123456789-", min_size=8, max_size=11) | st.dates().map(str) | st.from_regex(day_pattern()))
@example("2024-10-31\n")
@example("2024-02-29")
@example("2023-02-29")
@example("1900-02-29")
@example("2000-02-29")
@example("2024-13-01")
@example("2024-04-31")
@example("0000-01-01")
@example("2026-11-25")
@example("2026-11-26")
def test_the_form_takes_the_days_of_the_calendar_and_no_others(text: str) -> None:
    try:
        is_day = len(text) == 10 and str(date.fromisoformat(text)) == text
    except ValueError:
        is_day = False
    assert (re.search(day_pattern(), text) is not None) == is_day
    assert (re.search(day_pattern(TODAY), text) is not None) == (is_day and text <= str(TODAY))


ENDS = st.builds(lambda day, signs: str(day)[:signs], st.dates(date(2023, 1, 1)), st.sampled_from([4, 7, 10]))


@given(
    st.text(alphabet="0123456789-. todaylsehr", max_size=24)
    | ENDS
    | st.builds("{}{}{}".format, ENDS, st.sampled_from(["..", " .. ", "...", ".", "-"]), ENDS)
    | st.builds("{} {} days".format, st.sampled_from(["last", "Last ", "last-"]), st.integers(0, 10**7))
)
@example("2024-10-31..2024-10-01")
@example("2024-10-15..2024-10")
@example("2024..2023-12-31")
@example("2024-02..2024-02-30")
@example("LAST 30\tDAYS\n")
@example("last-1-day")
@example(" yesterday..Today ")
@example("2024-10-31..")
@example("")
def test_the_form_takes_the_ranges_that_a_backfill_reads_and_no_others(text: str) -> None:
    """But for those before all calendars, or between a date and a word: they are for the flow to refuse."""
    fits = all(re.search(pattern, text) for pattern in (days_pattern(TODAY), RISING))
    try:
        parse_days(text, TODAY)
        is_range = True
    except BadInput:
        is_range = False
    assert fits if is_range else not fits or re.search(r"[1-9][0-9]{5}|y *\.\.|\.\. *y|\.\. *t", text, re.IGNORECASE)


@given(
    st.text(max_size=20)
    | st.from_regex(
        r"(arXiv:)?(https://arxiv\.org/abs/)?([0-9]{4}\.[0-9]{4,5}|hep-th/[0-9]{7})(v[0-9])?", fullmatch=True
    )
)
@example("https://huggingface.co/papers/2410.24175?q=1\n")
@example(" 2410.24175v2 [cs.CL] ")
def test_the_form_takes_the_ids_that_are_read_and_no_others(text: str) -> None:
    try:
        parse_id(text)
    except BadInput:
        is_id = False
    else:
        is_id = True
    assert (re.search(PASTED, text) is not None) == is_id


async def test_what_was_removed_stays_removed_although_nobody_knows_what_was_deployed(at_server: RealServer) -> None:
    await deploy(load_settings(), reset=True)
    daily = at_server.deployment("daily/daily")
    at_server.ask(f"/deployments/{daily['id']}/schedules/{daily['schedules'][0]['id']}", method="DELETE")
    at_server.ask("/variables/name/frontispiece-daily-as-registered", method="DELETE")
    lines = await deploy(load_settings(timezone="Asia/Tokyo", source="arxiv"))
    assert "daily         when asked" in lines
    assert at_server.deployment("daily/daily")["parameters"]["source"] == "snapshot"
    await deploy(load_settings(), reset=True)
    assert at_server.deployment("daily/daily")["schedules"][0]["active"]


LAST = {("description",): "old", ("parameters", "source"): "snapshot", ("parameters", "limit"): 3}


@pytest.mark.parametrize(
    ("theirs", "ours", "merged", "kept"),
    [
        pytest.param(LAST, LAST, LAST, (), id="nothing changed"),
        pytest.param(LAST, {**LAST, ("description",): "new"}, {**LAST, ("description",): "new"}, (), id="ours is new"),
        pytest.param(LAST, {("description",): "old"}, {("description",): "old"}, (), id="ours is gone"),
        pytest.param(
            {**LAST, ("description",): "theirs"},
            {**LAST, ("description",): "new"},
            {**LAST, ("description",): "theirs"},
            (("description",),),
            id="theirs is new, and ours",
        ),
        pytest.param(
            {**LAST, ("description",): "new"},
            {**LAST, ("description",): "new"},
            {**LAST, ("description",): "new"},
            (),
            id="both are new, and the same",
        ),
        pytest.param(
            {("description",): "old"}, LAST, {("description",): "old"}, tuple(LAST)[1:], id="they removed something"
        ),
        pytest.param(
            {**LAST, ("tags", "a"): True},
            LAST,
            {**LAST, ("tags", "a"): True},
            (("tags", "a"),),
            id="they added something",
        ),
        pytest.param(LAST, {**LAST, ("tags", "b"): True}, {**LAST, ("tags", "b"): True}, (), id="we added something"),
    ],
)
def test_a_field_is_ours_until_somebody_changes_it(
    theirs: Fields, ours: Fields, merged: Fields, kept: tuple[FieldPath, ...]
) -> None:
    result = merge(digests(LAST), theirs, ours)
    assert (result.fields, sorted(result.kept)) == (merged, sorted(kept))


async def test_a_worker_elsewhere_runs_what_was_deployed_with_a_key_from_a_block(
    at_server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, elsewhere = tmp_path / "the archive", tmp_path / "elsewhere"
    elsewhere.mkdir()
    await Secret(value=PLANTED).save("openai-key", overwrite=True)
    with fake_providers() as providers:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{providers.url}/v1")
        await deploy(load_settings(archive=str(archive)))
        run = at_server.start("illustrate%20papers/papers", ids=["2410.24175"], writer="openai")
        environment = {
            **at_server.environment,
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",  # what travels holds
            "FRONTISPIECE_OPENAI_SECRET_BLOCK": "openai-key",
        }
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "frontispiece", "--run-once"]
        worker = await asyncio.to_thread(
            subprocess.run, command, cwd=elsewhere, env=environment, capture_output=True, timeout=PATIENCE, check=True
        )
        at_server.wait(run, "Completed")
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
