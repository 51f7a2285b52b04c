"""What runs tell Prefect for automations of one's own, as its server has heard it."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes.providers import Providers
from helpers.real_server import RealServer, free_port, until

from flows.daily import daily
from flows.events import BUDGET_REACHED, DAY_DONE, DAY_FAILED

DAY = date(2024, 10, 31)
RECIPE = {"day": "2024-10-31", "source": "snapshot", "writer": "openai", "painter": "fal"}


async def told_of(server: RealServer, run: object, *names: str) -> dict[str, dict[str, Any]]:
    """The events of these names, once all of them have come, with what else there is of ours."""
    asked = {"filter": {"event": {"prefix": ["frontispiece."]}, "any_resource": {"id": [f"prefect.flow-run.{run}"]}}}

    def look() -> list[Any] | None:
        events = server.ask("/events/filter", asked)["events"]
        return events if set(names) <= {each["event"] for each in events} else None

    events = await asyncio.to_thread(until, look)
    assert len(events) == len(names)
    return {each["event"]: each for each in events}


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
