"""The main job on real sources' answers, played by local servers."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fakes.arxiv import FakeArxiv
from fakes.huggingface import FakeHuggingFace
from fakes.server import serving
from helpers.papers import paper
from helpers.watching import run_day, run_papers
from prefect.client.schemas.objects import StateType
from starlette.applications import Starlette

pytestmark = pytest.mark.usefixtures("prefect_server")

DAY = date(2024, 11, 1)
LISTED = [
    paper("2410.23743", "Fast and Slow Thinking", published=date(2024, 10, 31), day=DAY, upvotes=24),
    paper("2410.24175", "Constraint Back-translation", published=date(2024, 10, 31), day=DAY, upvotes=11),
    paper("2410.24211", "DELTA: Dense Tracking", published=date(2024, 10, 31), day=DAY, upvotes=3),
]
SUBMITTED = [
    paper("2411.00322", "Constant Acceleration Flow", published=DAY, categories=("cs.CV",)),
    paper("hep-th/9901001", "Notes on Strings", published=date(1999, 1, 1), categories=("hep-th",)),
]


class World:
    def __init__(self) -> None:
        self.huggingface = FakeHuggingFace(LISTED)
        self.arxiv = FakeArxiv(SUBMITTED)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    with serving(Starlette(routes=[*world.huggingface.routes, *world.arxiv.routes])) as url:
        for name, value in {
            "FRONTISPIECE_ARCHIVE": str(tmp_path),
            "FRONTISPIECE_RETRY_SECONDS": "0",
            "FRONTISPIECE_ARXIV_SPACING": "0",
            "FRONTISPIECE_ARXIV_URL": f"{url}/api/query",
            "HF_ENDPOINT": url,
        }.items():
            monkeypatch.setenv(name, value)
        yield world


async def test_a_daily_list_with_its_votes(world: World, tmp_path: Path) -> None:
    state, seen = await run_day(DAY, source="huggingface")
    assert state.name == "Completed"
    assert set(seen.outcomes) == {"2410.23743", "2410.24175"}
    (path,) = tmp_path.glob("catalog/day=2024-11-01/*.parquet")
    rows = {row["paper_id"]: row for row in pq.read_table(path, partitioning=None).to_pylist()}
    # The decision is kept with its value, its bound and its time.
    skipped = rows["2410.24211"]
    assert (skipped["status"], skipped["reason"]) == ("skipped", "upvotes")
    assert (skipped["upvotes"], skipped["min_upvotes"]) == (3, 10)
    assert skipped["seen_at"] is not None
    # The folder is the day of publication, not that of the list.
    assert (tmp_path / "pictures" / "20241031" / "6550f79d46b1945c.jpg").exists()


async def test_fewer_votes_can_be_asked_for(world: World) -> None:
    _, seen = await run_day(DAY, source="huggingface", min_upvotes=3)
    assert len(seen.outcomes) == 3


async def test_a_day_of_arxiv(world: World) -> None:
    state, seen = await run_day(DAY, source="arxiv", categories=["cs.CV"])
    assert (state.name, set(seen.outcomes)) == ("Completed", {"2411.00322"})


async def test_a_paper_that_the_sample_has_not_is_asked_of_arxiv(world: World, tmp_path: Path) -> None:
    state, seen = await run_papers(["hep-th/9901001v2", "2410.24175"])
    assert state.name == "Completed"
    assert set(seen.outcomes) == {"hep-th/9901001", "2410.24175"}
    assert len(list(tmp_path.glob("pictures/19990101/*.jpg"))) == 1
    assert len(world.arxiv.requests) == 1


@pytest.mark.parametrize("fault", ["503", "429 seconds", "reset before reading", "HTML 200", "truncated body"])
async def test_a_list_that_could_not_be_read_is_asked_for_again(fault: str, world: World) -> None:
    world.arxiv.faults.queue("query", fault)
    state, seen = await run_day(DAY, source="arxiv", categories=["cs.CV"])
    assert (state.name, len(seen.outcomes)) == ("Completed", 1)


@pytest.mark.parametrize(("source", "where"), [("arxiv", "query"), ("huggingface", "list")])
async def test_a_source_that_is_down_fails_the_run_and_is_no_empty_day(
    source: str, where: str, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")
    (world.arxiv if source == "arxiv" else world.huggingface).faults.always(where, "503")
    state, seen = await run_day(DAY, source=source, categories=["cs.CV"])
    assert (state.name, seen.asked) == ("Failed", [(source, str(DAY))])
    assert "503" in (state.message or "")
    assert seen.report is None
    assert not list(tmp_path.glob("catalog/*/*"))


async def test_a_paper_that_is_nowhere_fails_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_SOURCE", "huggingface")
    state, seen = await run_papers(["2410.24175", "2410.00404", "2411.00322"])
    assert {name: outcome.status for name, outcome in seen.outcomes.items()} == {
        "2410.24175": "done",
        "2411.00322": "done",
    }
    assert seen.report is not None
    assert (seen.report.papers, seen.report.pictures, seen.report.failed) == (3, 2, 1)
    assert seen.report.failures == ("2410.00404: arXiv has no such paper.",)
    assert (state.name, state.message) == ("Failed", "1 of 3 papers failed: 2410.00404: arXiv has no such paper.")


async def test_a_paper_at_hand_needs_no_network(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_SOURCE", "snapshot")
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "1")
    world.arxiv.faults.always("query", "503")
    state, seen = await run_papers(["2410.24175"])
    assert state.name == "Completed"
    assert (world.arxiv.requests, seen.asked) == ([], [])
    state, seen = await run_papers(["2410.24175", "2410.00404"], refresh=True)
    assert (state.name, seen.outcomes["2410.24175"].status) == ("Failed", "done")
    assert seen.asked == [("arXiv", "2410.00404")]
    assert seen.report is not None
    (failure,) = seen.report.failures
    assert failure.startswith("2410.00404: ")
    assert "503" in failure


async def test_papers_that_are_all_nowhere_are_bad_input(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_SOURCE", "arxiv")
    state, seen = await run_papers(["2410.00404", "2410.00405"])
    assert (state.type, state.name, seen.report) == (StateType.FAILED, "Refused", None)
    assert seen.asked == [("arxiv", "2410.00404, 2410.00405")]
    assert "No paper 2410.00404, 2410.00405 on arXiv." in (state.message or "")


async def test_a_withdrawn_paper_is_skipped(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_SOURCE", "arxiv")
    gone = paper("2411.00500", "A Large Proof", abstract="This paper has been withdrawn.", published=DAY)
    world.arxiv.papers.append(gone)
    await run_papers([gone.id])
    (path,) = tmp_path.glob("catalog/*/*.parquet")
    (row,) = pq.read_table(path, partitioning=None).to_pylist()
    assert (row["status"], row["reason"]) == ("skipped", "withdrawn")
    monkeypatch.setenv("FRONTISPIECE_INCLUDE_WITHDRAWN", "true")
    _, seen = await run_papers([gone.id])
    assert seen.outcomes[gone.id].status == "done"


async def test_a_day_without_papers_is_told_apart(world: World) -> None:
    state, _ = await run_day(date(2024, 11, 2), source="huggingface")
    assert (state.name, state.message) == ("Completed", "No papers listed.")
