"""Retry, Suspend and Resume as Prefect's UI does them, on a real server: the record of every attempt stays."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.providers import Providers, fake_providers
from helpers.real_server import RealServer, serve_beside, until

from deployments.cli import main
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.maintenance.verify import verify

# One a second takes longer than ten seconds, after which a run knows that it is suspended, whatever happens.
MANY = (
    *("2410.16048", "2410.17856", "2410.18057", "2410.18076", "2410.18565", "2410.18603"),
    *("2410.18666", "2410.18912", "2410.19008", "2410.19100", "2410.19168", "2410.19290"),
)


@dataclass
class Place:
    """A `frontispiece serve` beside the server that all tests share, with an archive and providers of its own."""

    server: RealServer
    providers: Providers
    archive: Path

    def rows(self, run: str) -> set[tuple[object, ...]]:
        """The catalog's rows of one run, as it wrote them, in whatever files."""
        columns = (
            "run_finished_at, paper_key, status, reason, prompt, writer_request_id, writer_dollars, painter_dollars"
        )
        return set(self.ask(f"SELECT {columns} FROM outcomes WHERE run = '{run}'"))  # noqa: S608

    def process(self, run: str) -> int:
        """The process that a run is in."""
        return int(self.server.run(run)["labels"]["frontispiece.pid"])

    def running(self, run: str) -> list[tuple[str, str]]:
        """When each attempt of a run began, and the id of the state that it then had."""
        states = self.server.ask(f"/flow_run_states/?flow_run_id={run}")
        return sorted((each["timestamp"], each["id"]) for each in states if each["type"] == "RUNNING")

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        async def answer() -> list[tuple[object, ...]]:
            async with open_records(Archive.open(str(self.archive))) as records:
                assert records.problems == ()
                return records.ask(sql).rows

        return asyncio.run(answer())

    def dollars(self, run: str) -> object:
        """What `stats` says that a run has cost."""
        ((dollars,),) = self.ask(f"SELECT dollars FROM runs WHERE run = '{run}'")  # noqa: S608
        return dollars

    @property
    def pictures(self) -> list[Path]:
        return list((self.archive / "pictures").rglob("*.jpg"))

    def progress(self, run: str) -> str:
        return str(self.server.artifacts(run).get("progress", {}).get("description"))

    def hold(self) -> None:
        """From now on pictures are ordered, and do not come."""
        self.providers.fal.latency = 3600.0

    def let_go(self) -> None:
        self.providers.fal.faults.always("submit", None)
        self.providers.fal.latency = 0.0
        for job in self.providers.fal.orders.values():
            job.due = 0.0

    def set_state(self, run: str, force: bool = False, **state: object) -> None:
        answer = self.server.ask(f"/flow_runs/{run}/set_state", {"state": state, "force": force})
        assert answer["status"] == "ACCEPT", answer


@pytest.fixture(scope="module")
def place(real_server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("tried again")
    with fake_providers() as providers:
        variables = {
            **providers.variables,
            "FRONTISPIECE_ARCHIVE": str(folder / "archive"),
            "FRONTISPIECE_ATTEMPTS": "1",
            "FRONTISPIECE_PAINTINGS_AT_ONCE": str(len(MANY)),
        }
        with serve_beside(real_server, folder, **variables):
            yield Place(real_server, providers, folder / "archive")


def papers(place: Place, *ids: str) -> str:
    return place.server.start("illustrate%20papers/papers", ids=list(ids))


def ordered(place: Place, *ids: str) -> str:
    """A run whose prompts are written and whose pictures are on order."""
    place.hold()
    before = place.providers.fal.paid
    run = papers(place, *ids)
    until(lambda: place.providers.fal.paid == before + len(ids))
    return run


def completed(place: Place) -> str:
    run = place.server.start("daily/daily", day="2024-10-31", limit=2)
    place.server.wait(run, "Completed")
    return run


def failed(place: Place) -> str:
    place.providers.fal.faults.always("submit", "422")
    run = papers(place, "2410.24211", "2410.24213")
    place.server.wait(run, "Failed")
    return run


def cancelled(place: Place) -> str:
    run = ordered(place, "2410.22304", "2410.22366")
    place.set_state(run, type="CANCELLING")
    place.server.wait(run, "Cancelled")
    return run


def crashed(place: Place) -> str:
    run = ordered(place, "2410.21411", "2410.21465")
    orders = list(place.providers.fal.orders.values())[-2:]
    until(lambda: all(job.looks for job in orders))  # it knows of both
    os.kill(place.process(run), signal.SIGKILL)
    place.server.wait(run, "Crashed")
    return run


def retry(place: Place, run: str) -> None:
    place.set_state(run, type="SCHEDULED", name="AwaitingRetry", message="Retry from the UI")


def suspended(place: Place) -> str:
    """Pictures come one by one, until one has come after the run's process heard that it is suspended."""
    before, billed = len(place.pictures), place.providers.dollars
    run = ordered(place, *MANY)
    process = place.process(run)
    details = {"pause_timeout": f"{datetime.now(UTC) + timedelta(hours=1)}", "pause_reschedule": True}
    place.set_state(run, type="PAUSED", name="Suspended", state_details=details)
    orders = list(place.providers.fal.orders.values())[-len(MANY) : -1]
    for number, job in enumerate(orders, 1):
        job.due = 0.0
        until(lambda number=number: place.progress(run).startswith(f"{number} of"))  # type: ignore[misc]
        if len(place.pictures) < before + number:
            break
    else:
        pytest.fail("The run never heard that it is suspended.")
    place.let_go()
    until(lambda: not Path(f"/proc/{process}").exists())
    assert place.server.run(run)["state_name"] == "Suspended"
    assert place.dollars(run) == pytest.approx(place.providers.dollars - billed)  # resumed or not
    return run


def resume(place: Place, run: str) -> None:
    answer = place.server.ask(f"/flow_runs/{run}/resume", {})
    assert answer["status"] == "ACCEPT", answer


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param(completed, retry, id="Completed"),
        pytest.param(failed, retry, id="Failed"),
        pytest.param(cancelled, retry, id="Cancelled"),
        pytest.param(crashed, retry, id="Crashed"),  # it leaves no record
        pytest.param(suspended, resume, id="Suspended"),
    ],
)
def test_a_run_that_is_tried_again_keeps_its_record(
    place: Place, first: Callable[[Place], str], again: Callable[[Place, str], None]
) -> None:
    place.let_go()
    billed, paid = place.providers.dollars, place.providers.fal.paid
    run = first(place)
    before = place.rows(run)
    place.let_go()
    again(place, run)
    until(lambda: place.server.run(run)["state_type"] == "COMPLETED" and len(place.rows(run)) > len(before))
    after = place.rows(run)
    assert before < after
    *_, (_, running) = place.running(run)
    assert place.server.run(run)["labels"]["frontispiece-state"] == running  # it has signed anew
    if again is retry:
        assert f"{run}.2.parquet" in {path.name for path in place.archive.glob("catalog/day=*/*")}
    ((papers, pictures, dollars),) = place.ask(f"SELECT papers, pictures, dollars FROM runs WHERE run = '{run}'")  # noqa: S608
    assert papers == pictures == place.providers.fal.paid - paid
    assert dollars == pytest.approx(place.providers.dollars - billed)
    of_run = f"SELECT paper_key FROM outcomes WHERE run = '{run}'"  # noqa: S608
    assert place.ask(f"SELECT DISTINCT status FROM latest WHERE paper_key IN ({of_run})") == [("done",)]  # noqa: S608
    keys = sorted(each["key"] for each in place.server.page(run) if each["key"] != "standing-calendar")  # of `daily`
    assert keys == ["outcomes", "pictures", "progress"]
    assert asyncio.run(verify(Archive.open(str(place.archive)))).findings == []


def test_all_who_read_the_catalog_agree_with_the_bill(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(place.archive))
    assert main(["verify"]) == 0
    capfd.readouterr()
    assert main(["stats", "--format", "json"]) == 0
    months = json.loads(capfd.readouterr().out)
    assert sum(month["pictures"] for month in months) == len(place.pictures) == place.providers.fal.paid
    assert sum(month["dollars"] for month in months) == pytest.approx(place.providers.dollars, abs=2e-6)
    assert main(["gallery"]) == 0
    pages = [path.read_text() for path in (place.archive / "gallery" / "day").iterdir()]
    assert sum(page.count('class="plate"') for page in pages) == len(place.pictures)
