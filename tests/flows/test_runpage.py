"""What a run's page shows while the run goes on, and when it has ended early."""

import asyncio
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fakes.providers import Providers
from helpers.real_server import PATIENCE
from helpers.watching import run_day
from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact

from flows.illustrate import illustrate_day
from flows.listener import RunListener, surrounded

pytestmark = pytest.mark.usefixtures("prefect_server")


class Named(RunListener):
    """Knows the run."""

    def listed(self, papers: int, waiting: int) -> None:
        self.run = runtime.flow_run.id


async def page_of(run: Any) -> dict[str | None, Artifact]:
    async with get_client() as client:
        mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        found = await client.read_artifacts(artifact_filter=mine)
    assert len({each.key for each in found}) == len(found)
    return {each.key: each for each in found}


async def pictures_of(run: Any, count: int) -> str:
    """The page of pictures, once it shows so many."""
    async with asyncio.timeout(PATIENCE):
        while True:
            page = await page_of(run)
            if "pictures" in page and str(page["pictures"].data).count("data:image/jpeg") == count:
                return str(page["pictures"].description)
            await asyncio.sleep(0.1)


async def test_pictures_come_while_it_runs_and_who_was_not_reached_is_named(
    world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_day(limit=2)
    for lane in ("PROMPTS", "PAINTINGS"):
        monkeypatch.setenv(f"FRONTISPIECE_{lane}_AT_ONCE", "1")
    world.fal.latency = math.inf
    named = Named()
    with surrounded(listener=named):
        going = asyncio.create_task(illustrate_day(return_state=True))
    async with asyncio.timeout(PATIENCE):
        while world.fal.paid < 3:  # noqa: ASYNC110 a fake's list rings no bell
            await asyncio.sleep(0.01)
    assert await pictures_of(named.run, 2) == "0 pictures · 2 archived before"
    list(world.fal.orders.values())[-1].due = 0.0
    assert await pictures_of(named.run, 3) == "1 picture · 2 archived before"
    going.cancel()
    await asyncio.wait([going])

    page = await page_of(named.run)
    assert set(page) == {"progress", "pictures", "outcomes"}
    rows = json.loads(str(page["outcomes"].data))
    why = Counter(row["why"].partition(":")[0] or row["status"] for row in rows)
    assert why == {"archived": 2, "done": 1, "Cancelled": 4, "not reached": 2}
    assert len({row["paper"] for row in rows}) == 9
