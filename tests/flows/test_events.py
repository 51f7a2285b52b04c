"""What runs tell Prefect for automations of one's own, as its server has heard it."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes.providers import Providers
from helpers.real_server import RealServer, free_port, until
from prefect import tags

from flows.daily import daily
from flows.events import BUDGET_REACHED, DAY_DONE, DAY_FAILED

DAY = date(2024, 10, 31)
RECIPE = {"day": "2024-10-31", "source": "snapshot", "writer": "openai", "painter": "fal"}


async def heard(server: RealServer, run: object, prefix: str, *names: str) -> list[dict[str, Any]]:
    """The run's events that begin so, once those of these names have come."""
    asked = {"filter": {"event": {"prefix": [prefix]}, "any_resource": {"id": [f"prefect.flow-run.{run}"]}}}

    def look() -> list[Any] | None:
        events = server.ask("/events/filter", asked)["events"]
        return events if set(names) <= {each["event"] for each in events} else None

    return await asyncio.to_thread(until, look) or []


async def told_of(server: RealServer, run: object, *names: str) -> dict[str, dict[str, Any]]:
    """The events of these names, once all of them have come, with what else there is of ours."""
    events = await heard(server, run, "frontispiece.", *names)
    assert len(events) == len(names)
    return {each["event"]: each for each in events}


def tags_on(event: dict[str, Any]) -> set[str]:
    """Of the event's run, as an automation may ask for them."""
    related = [each["prefect.resource.id"] for each in event["related"] if each["prefect.resource.role"] == "tag"]
    return {name.removeprefix("prefect.tag.") for name in related}


async def ended(**asked: Any) -> tuple[Any, object]:
    state = await daily(DAY, return_state=True, **asked)
    return state, state.state_details.flow_run_id


@pytest.mark.usefixtures("prefect_server")
async def test_failures_and_limits_are_told_with_their_numbers(
    real_server: RealServer, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "1")
    monkeypatch.setenv("FRONTISPIECE_PROMPTS_AT_ONCE", "1")
    state, run = await ended(max_usd=0.0075)
    told = await told_of(real_server, run, DAY_DONE, BUDGET_REACHED)
    assert told[DAY_DONE]["resource"]["prefect.resource.id"] == "frontispiece.day.snapshot.2024-10-31"
    said = told[DAY_DONE]["payload"]
    assert said.items() >= {**RECIPE, "pictures": 2, "failed": 0, "unbought": 7}.items()
    assert said["dollars"] == pytest.approx(world.dollars)
    said = told[BUDGET_REACHED]["payload"]
    assert said == {
        "run": "daily 2024-10-31 · snapshot",
        "spent": pytest.approx(world.dollars),
        "max_usd": 0.0075,
        "message": state.message,
    }

    world.fal.faults.always("submit", "422")
    state, run = await ended()
    said = (await told_of(real_server, run, DAY_FAILED))[DAY_FAILED]["payload"]
    assert said.items() >= {**RECIPE, "pictures": 0, "failed": 7, "skipped": 2}.items()

    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    state, run = await ended(source="huggingface")
    said = (await told_of(real_server, run, DAY_FAILED))[DAY_FAILED]["payload"]
    assert said.items() >= {**RECIPE, "source": "huggingface"}.items()
    assert "could not be reached" in said["message"] in state.message


@pytest.mark.usefixtures("prefect_server")
async def test_tags_are_on_the_run_and_its_events_and_not_three_times_on_each_task(
    real_server: RealServer, archive: Path
) -> None:
    with tags("mine"):
        _, run = await ended(limit=1)
    assert {"mine", "day:2024-10-31", "source:snapshot"} <= set(real_server.run(str(run))["tags"])
    told = await told_of(real_server, run, DAY_DONE)
    assert tags_on(told[DAY_DONE]) == {"mine"}
    of_tasks = await heard(real_server, run, "prefect.task-run.", "prefect.task-run.Completed")
    assert not any(map(tags_on, of_tasks))
