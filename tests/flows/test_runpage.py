"""What a run's page shows while the run goes on, and when it has ended early."""

import asyncio
import json
import math
from collections import Counter
from pathlib import Path

import pytest
from fakes.providers import Providers
from helpers.bill import books
from helpers.real_server import RealServer, eventually, until
from helpers.watching import run_day
from prefect import runtime

from flows.illustrate import illustrate_day
from flows.listener import RunListener, surrounded
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.report import Report


class Named(RunListener):
    """Knows the run."""

    def listed(self, papers: int, waiting: int) -> None:
        self.run = str(runtime.flow_run.id)

    def closed(self, report: Report) -> None:
        self.report = report


async def pictures_of(server: RealServer, run: str, count: int) -> str:
    """What is said of the page of pictures, once it shows so many."""

    def look() -> str | None:
        page = server.artifacts(run).get("pictures", {"data": ""})
        return page["description"] if page["data"].count("data:image/jpeg") == count else None

    return await asyncio.to_thread(until, look)


@pytest.mark.usefixtures("prefect_server")
async def test_pictures_come_while_it_runs_and_who_was_not_reached_is_named(
    real_server: RealServer, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_day(limit=2)
    for lane in ("PROMPTS", "PAINTINGS"):
        monkeypatch.setenv(f"FRONTISPIECE_{lane}_AT_ONCE", "1")
    world.fal.latency = math.inf
    named = Named()
    with surrounded(listener=named):
        going = asyncio.create_task(illustrate_day(return_state=True))
    await eventually(lambda: world.fal.paid == 3)
    assert await pictures_of(real_server, named.run, 2) == "0 pictures · 2 archived before"
    list(world.fal.orders.values())[-1].due = 0.0
    assert await pictures_of(real_server, named.run, 3) == "1 picture · 2 archived before"
    going.cancel()
    await asyncio.wait([going])

    page = real_server.artifacts(named.run)
    assert set(page) == {"progress", "pictures", "outcomes"}
    rows = json.loads(page["outcomes"]["data"])
    why = Counter(row["why"].partition(":")[0] or row["status"] for row in rows)
    assert why == {"archived": 2, "done": 1, "not reached": 6}
    assert len({row["paper"] for row in rows}) == 9
    assert page["progress"]["description"] == "1 of 7 papers · stopped there"
    # Who was cut off has not failed, and what was paid for it is in the books.
    report = named.report
    assert (report.papers, report.pictures, report.failed, report.not_reached) == (9, 1, 0, 6)
    assert (report.skipped, report.reasons, report.failures) == (2, {"archived": 2}, ())
    async with open_records(Archive.open(str(archive))) as records:
        assert records.ask("SELECT failed, skipped FROM runs ORDER BY started_at").rows == [(0, 0), (0, 8)]
        cut_off = records.ask("SELECT count(*), count(prompt) FROM outcomes WHERE reason = 'not reached'").rows
    assert cut_off == [(6, world.openai.paid - 3)]
    assert (await books(archive)).agree_with(world.dollars)
