"""Answers that are paid for and are of no use: the provider's bill against `stats`, the summary, and the limit."""

import asyncio
import shutil
from pathlib import Path

import pytest
from fakes.providers import Providers
from helpers.bill import books
from helpers.real_server import PATIENCE
from helpers.watching import Watcher, run_day, run_papers

from flows.artifacts import facts, outcome_table
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive

pytestmark = pytest.mark.usefixtures("prefect_server")

ID = "2410.24175"
LONG = 16_384


async def stats(archive: Path) -> float:
    """All dollars that `stats` shows."""
    return (await books(archive)).dollars


def shown(seen: Watcher) -> float:
    """The dollars of the summary; the page shows the same."""
    assert seen.report is not None
    assert seen.report.unpriced == 0
    table = outcome_table(list(seen.outcomes.values()))
    assert sum(row["dollars"] or 0 for row in table) == pytest.approx(seen.report.dollars, abs=1e-5)  # type: ignore[misc]
    return seen.report.dollars


@pytest.mark.parametrize(
    ("fault", "heeds", "answers_as"),
    [
        pytest.param("length", False, None, id="cut off, by a server that heeds no limit"),
        pytest.param("", True, None, id="cut off, where the limit is that high"),
        pytest.param("refusal", False, None, id="refused"),
        pytest.param("content filter", False, None, id="filtered"),
        pytest.param("no content", False, None, id="empty"),
        pytest.param("length", False, "weird-model", id="cut off, by an unknown model"),
        pytest.param("", False, "weird-model", id="written, by an unknown model"),
    ],
)
async def test_what_is_refused_is_paid_and_counts(
    fault: str, heeds: bool, answers_as: str | None, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.openai.tokens_out, world.openai.heeds_limits, world.openai.answers_as = LONG + heeds, heeds, answers_as
    world.openai.faults.always("chat", fault or None)
    if heeds:
        monkeypatch.setenv("FRONTISPIECE_OPENAI_MAX_COMPLETION_TOKENS", str(LONG))
    state, seen = await run_day(limit=8, max_usd=0.05)
    assert 0.03 < world.dollars <= 0.05
    assert state.name == "Budget reached"
    assert shown(seen) == pytest.approx(world.dollars)
    assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)


@pytest.mark.parametrize(
    ("faults", "limit"),
    [
        pytest.param(["503"], 0.0064, id="busy at first"),
        pytest.param(["length"], 0.01, id="cut off at first"),
        pytest.param(["", "length", "length"], 0.01, id="cut off afterwards"),
        pytest.param(["", "", "503"] * 4, 0.02, id="busy now and then"),
    ],
)
async def test_who_waits_for_room_is_not_in_the_way_of_who_has_it(
    faults: list[str], limit: float, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper that is tried again has its room still, and needs the place at the provider that others wait at."""
    monkeypatch.setenv("FRONTISPIECE_PROMPTS_AT_ONCE", "1")
    monkeypatch.setenv("FRONTISPIECE_PAINTINGS_AT_ONCE", "1")
    world.openai.faults.queue("chat", *(fault or None for fault in faults))
    async with asyncio.timeout(PATIENCE):
        state, seen = await run_day(max_usd=limit)
    assert state.name == "Budget reached"
    assert seen.report is not None
    assert seen.report.pictures > 0
    assert shown(seen) == pytest.approx(world.dollars)
    assert world.dollars <= limit


async def test_an_answer_that_is_refused_three_times_costs_three_times(
    world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "3")
    world.openai.faults.queue("chat", "length", "empty prompt", "list of URLs", "length")
    state, seen = await run_papers([ID])
    assert (state.name, world.openai.paid) == ("Failed", 3)
    assert shown(seen) == pytest.approx(world.dollars)
    assert "answers of no use: 3 ($0.0005)" in list(facts(seen.outcomes[ID]))
    before = world.dollars
    state, seen = await run_papers([ID])
    assert (state.name, world.openai.paid) == ("Completed", 5)
    assert shown(seen) == pytest.approx(world.dollars - before), "the first run's row has its own"
    assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)


@pytest.mark.parametrize(
    ("where", "fault", "painter"),
    [
        pytest.param("chat", "refusal", "fal", id="the prompt"),
        pytest.param("result", "nsfw", "fal", id="the painting"),
        pytest.param("result", "no picture", "fal", id="no painting"),
        pytest.param("media", "picture text", "fal", id="a painting that is none"),
        pytest.param("images", "no picture", "openai-images", id="no picture at once"),
    ],
)
async def test_what_a_run_that_is_killed_has_paid_is_counted(
    where: str, fault: str, painter: str, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")
    fake = world.openai if where in ("chat", "images") else world.fal
    fake.faults.always(where, fault)
    _, seen = await run_papers([ID], painter=painter)
    assert shown(seen) == pytest.approx(world.dollars)
    assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)
    for room in ("catalog", "results"):  # as if it had been killed before it wrote its rows
        shutil.rmtree(archive / room, ignore_errors=True)
    fake.faults.always(where, None)
    paid, before = world.paid, world.dollars
    _, seen = await run_papers([ID], painter=painter)
    assert shown(seen) == pytest.approx(world.dollars - before)
    assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)
    is_final = fault in ("refusal", "nsfw")
    assert (world.paid == paid) == is_final
    monkeypatch.setenv("FRONTISPIECE_JPEG_QUALITY", "50")  # another recipe with the same prompt and painting
    await run_papers([ID], painter=painter)
    assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)


@pytest.mark.parametrize(
    ("refusing", "allowing"),
    [
        pytest.param({"FRONTISPIECE_PICTURE_HOSTS": "fal.media"}, {}, id="a host"),
        pytest.param({"FRONTISPIECE_FAL_WIDTH": "1600"}, {"FRONTISPIECE_PICTURE_MEGAPIXELS": "2"}, id="pixels"),
    ],
)
async def test_what_we_refuse_ourselves_is_paid_once_and_fetched_when_it_is_allowed(
    refusing: dict[str, str],
    allowing: dict[str, str],
    world: Providers,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowed = dict(world.variables)
    monkeypatch.setenv("FRONTISPIECE_PICTURE_MEGAPIXELS", "1")
    for name, value in refusing.items():
        monkeypatch.setenv(name, value)
    for number in range(2):
        state, seen = await run_papers([ID])
        outcome = seen.outcomes[ID]
        assert (state.name, outcome.reason, world.paid) == ("Failed", "NotAccepted", (1, 1))
        assert "FRONTISPIECE_PICTURE_" in (outcome.message or "")
        assert shown(seen) == pytest.approx(0 if number else world.dollars)
        assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)
    for name, value in ({name: allowed[name] for name in refusing if name in allowed} | allowing).items():
        monkeypatch.setenv(name, value)
    state, seen = await run_papers([ID])
    assert (state.name, world.paid) == ("Completed", (1, 1))
    assert shown(seen) == 0
    assert await stats(archive) == pytest.approx(world.dollars, abs=1e-6)


LATENCY = 0.05


async def row(archive: Path) -> dict[str, object]:
    """The one row of the catalog."""
    async with open_records(Archive.open(str(archive))) as records:
        answer = records.ask("SELECT * FROM outcomes")
    (only,) = answer.rows
    return dict(zip(answer.columns, only, strict=True))


@pytest.mark.parametrize(
    ("where", "faults", "painter", "lost"),
    [
        pytest.param("chat", [], "fal", (0, 0), id="nothing"),
        pytest.param("chat", ["no content", "no content"], "fal", (2, 0), id="prompts"),
        pytest.param("chat", ["refusal"], "fal", (1, 0), id="a refusal"),
        pytest.param("media", ["picture black"], "fal", (0, 1), id="a picture that is painted once more"),
        pytest.param("images", ["no picture"], "openai-images", (0, 1), id="pictures at once"),
        pytest.param("result", ["no picture", "no picture"], "fal", (0, 1), id="an order"),
        pytest.param("result", ["no picture"], "fal", (0, 0), id="a delivery, fetched again"),
        pytest.param("images", ["no picture"], "openai-images", (0, 1), id="and in the end there is none"),
    ],
)
async def test_the_time_of_calls_that_came_to_nothing_is_told(
    where: str, faults: list[str], painter: str, lost: tuple[int, int], world: Providers, archive: Path
) -> None:
    world.openai.latency = world.fal.latency = LATENCY
    (world.openai if where in ("chat", "images") else world.fal).faults.queue(where, *faults)
    await run_papers([ID], painter=painter)
    told = await row(archive)
    for name, calls in zip(("writer_lost_seconds", "painter_lost_seconds"), lost, strict=True):
        assert told[name] >= LATENCY * calls  # type: ignore[operator]
        assert (told[name] == 0) == (calls == 0)
    parts = ("writer_seconds", "painter_seconds", "writer_lost_seconds", "painter_lost_seconds")
    assert told["seconds"] == pytest.approx(sum(told[name] or 0 for name in parts))  # type: ignore[misc]
    took = told["run_finished_at"] - told["run_started_at"]  # type: ignore[operator]
    assert told["seconds"] <= took.total_seconds(), "no second counts twice"  # type: ignore[operator]
