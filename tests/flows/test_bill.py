"""Dollars are the provider's bill: each call once, for the run that made it, whoever was killed or came in between."""

import asyncio
import io
import shutil
from pathlib import Path

import pytest
from fakes.providers import Providers
from helpers.bill import books
from helpers.watching import Watcher, run_day, run_papers
from rich.console import Console

from deployments.cli import main
from deployments.cli.run_terminal import print_summary
from flows.artifacts import facts, outcome_table
from flows.upkeep import upkeep
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.maintenance.verify import verify

pytestmark = pytest.mark.usefixtures("prefect_server")

ID = "2410.24175"


@pytest.fixture(autouse=True)
def _two_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")


def forget(archive: Path, *rooms: str) -> None:
    """As if it had been killed before it could write there."""
    for room in rooms:
        shutil.rmtree(archive / room, ignore_errors=True)


def shown(seen: Watcher) -> float:
    """The dollars of the summary; the page shows the same."""
    assert seen.report is not None
    table = outcome_table(list(seen.outcomes.values()))
    assert sum(row["dollars"] or 0 for row in table) == pytest.approx(seen.report.dollars, abs=1e-5)  # type: ignore[misc]
    return seen.report.dollars


@pytest.mark.parametrize("lost", [("catalog",), ("catalog", "results")], ids=["its rows", "its rows and results"])
async def test_killed_twice_and_then_finished(lost: tuple[str, ...], world: Providers, archive: Path) -> None:
    paid = []
    for limit in (2, 5, 7):
        before = world.dollars
        _, seen = await run_day(limit=limit)
        assert shown(seen) == pytest.approx(world.dollars - before), "a run says what it has paid itself"
        paid.append(world.dollars - before)
        if limit < 7:
            forget(archive, *lost)
    said = await books(archive)
    assert said.dollars == pytest.approx(world.dollars, abs=1e-6)
    assert sorted(said.runs.values()) == pytest.approx(sorted(paid)), "the killed ones are there, with what they paid"


async def test_what_nobody_has_met_since_is_entered_by_upkeep(world: Providers, archive: Path) -> None:
    world.openai.faults.queue("chat", "length")
    await run_day(limit=3)
    forget(archive, "catalog", "results")
    assert (await books(archive)).dollars == 0
    await upkeep()
    said = await books(archive)
    assert (said.dollars, len(said.runs)) == (pytest.approx(world.dollars, abs=1e-6), 1)
    assert said.refused > 0
    files = sorted((archive / "paid-calls").iterdir())
    await upkeep()
    assert sorted((archive / "paid-calls").iterdir()) == files, "there is nothing new to enter"
    await run_day(limit=4)
    assert (await books(archive)).dollars == pytest.approx(world.dollars, abs=1e-6)
    await upkeep()
    assert (await books(archive)).dollars == pytest.approx(world.dollars, abs=1e-6)


async def test_the_journal_command_enters_it_too(
    world: Providers, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_papers([ID])
    forget(archive, "catalog")
    assert await asyncio.to_thread(main, ["journal"]) == 0
    assert "2 paid calls that no run had recorded" in capsys.readouterr().out
    assert (await books(archive)).dollars == pytest.approx(world.dollars, abs=1e-6)
    assert await asyncio.to_thread(main, ["journal"]) == 0
    assert capsys.readouterr().out == "No paid call is open.\n"


async def test_two_runs_of_one_day_at_once(world: Providers, archive: Path) -> None:
    world.openai.latency = world.fal.latency = 0.2
    both = await asyncio.gather(run_day(limit=4), run_day(limit=4))
    said = await books(archive)
    assert (world.paid, said.doubts) == ((4, 4), 0)
    assert said.dollars == pytest.approx(world.dollars, abs=1e-6)
    assert sorted(said.runs.values()) == pytest.approx(sorted(shown(seen) for _, seen in both), abs=1e-6)


FAULTS = [
    pytest.param("chat", "refusal", "fal", id="refused"),
    pytest.param("chat", "length", "fal", id="cut off"),
    pytest.param("chat", "moderation", "fal", id="moderated"),
    pytest.param("chat", "HTML 200", "fal", id="HTML"),
    pytest.param("chat", "truncated body", "fal", id="lost on the way"),
    pytest.param("chat", "reset after reading", "fal", id="not answered"),
    pytest.param("chat", "503", "fal", id="busy"),
    pytest.param("submit", "policy", "fal", id="painter refuses"),
    pytest.param("submit", "reset after reading", "fal", id="order not answered"),
    pytest.param("result", "nsfw", "fal", id="withheld"),
    pytest.param("result", "no picture", "fal", id="no picture"),
    pytest.param("media", "picture black", "fal", id="black"),
    pytest.param("media", "503", "fal", id="no download"),
    pytest.param("images", "no picture", "openai-images", id="no image"),
    pytest.param("images", "reset after reading", "openai-images", id="image not answered"),
]


@pytest.mark.parametrize(("where", "fault", "painter"), FAULTS)
async def test_faults(where: str, fault: str, painter: str, world: Providers, archive: Path) -> None:
    """Whatever goes wrong, once and then for good, and after a kill: the sums are the bill but for what is named."""
    fake = world.openai if where in ("chat", "images") else world.fal
    fake.faults.queue(where, fault)
    await run_papers([ID], painter=painter)
    fake.faults.always(where, fault)
    await run_papers([ID], painter=painter)
    forget(archive, "catalog", "results")
    fake.faults.always(where, None)
    _, seen = await run_papers([ID], painter=painter)
    said = await books(archive)
    assert said.agree_with(world.dollars), (said, world.dollars)
    assert said.unpriced == 0
    assert (len(said.named) == said.doubts == 0) or all(name.endswith(f" {ID}") for name in said.named)
    assert shown(seen) in [pytest.approx(dollars, abs=1e-6) for dollars in said.runs.values()]


async def test_what_is_in_doubt_is_named_everywhere(
    world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "3")
    world.openai.faults.queue("chat", "reset after reading", "reset after reading")
    _, seen = await run_papers([ID])
    said = await books(archive)
    assert (said.doubts, said.named, world.openai.paid) == (2, (f"prompt {ID}",) * 2, 3)
    assert said.dollars < world.dollars <= said.dollars + said.in_doubt
    assert seen.report is not None
    assert (seen.report.doubts, seen.report.in_doubt) == (said.named, pytest.approx(said.in_doubt))
    with io.StringIO() as file:
        print_summary(Console(file=file, width=200), seen.report)
        assert f"at most, perhaps on the bill: prompt {ID}, prompt {ID}\n" in file.getvalue()
    assert any(line.startswith("calls in doubt: 2 (at most $") for line in facts(seen.outcomes[ID]))


async def test_what_is_ordered_is_told_apart_from_what_nobody_can_tell(world: Providers, archive: Path) -> None:
    world.fal.faults.always("media", "503")
    _, seen = await run_papers([ID])
    said, (order,) = await books(archive), world.fal.orders
    assert seen.report is not None
    assert (said.named, seen.report.orders, seen.report.doubts) == ((f"painting {ID}",), (f"painting {ID}",), ())
    assert seen.report.in_doubt == pytest.approx(said.in_doubt)
    async with open_records(Archive.open(str(archive))) as records:
        known = records.ask("SELECT request_id FROM purchases WHERE state = 'in doubt'").rows
    assert known == [(order,)]
    with io.StringIO() as file:
        print_summary(Console(file=file, width=200), seen.report)
        assert f"at most, ordered, and fetched by the next run: painting {ID}\n" in file.getvalue()
    world.fal.faults.always("media", None)
    _, seen = await run_papers([ID])
    said = await books(archive)
    assert (said.doubts, said.dollars, world.paid) == (0, pytest.approx(world.dollars), (1, 1))
    assert seen.report is not None
    assert (seen.report.orders, seen.report.in_doubt) == ((), 0.0)


async def test_a_limit_between_the_takes_of_a_black_picture(world: Providers, archive: Path) -> None:
    """The first run has paid for one take, the second one for the other."""
    world.fal.faults.queue("media", "picture black")
    _, seen = await run_papers([ID], max_usd=0.004)
    assert (seen.outcomes[ID].reason, world.paid) == ("BudgetReached", (1, 1))
    first = shown(seen)
    _, seen = await run_papers([ID])
    painting = seen.outcomes[ID].painting
    assert painting is not None
    assert (world.paid, painting.seed, painting.dollars, shown(seen)) == ((1, 2), "43", 0.006, 0.003)
    said = await books(archive)
    assert said.dollars == pytest.approx(world.dollars, abs=1e-6)
    assert sorted(said.runs.values()) == pytest.approx([0.003, first])
    assert (await verify(Archive.open(str(archive)))).findings == [], "no picture is missing of the black take"


async def test_a_picture_that_was_withheld_is_no_damage(world: Providers, archive: Path) -> None:
    world.fal.faults.always("media", "picture black")
    _, seen = await run_papers([ID])
    assert (seen.outcomes[ID].reason, world.paid) == ("Blocked", (1, 2))
    assert (await verify(Archive.open(str(archive)))).findings == []
    assert (await books(archive)).dollars == pytest.approx(world.dollars, abs=1e-6)


async def test_no_room_for_the_rows(world: Providers, archive: Path) -> None:
    """As with a full disk at the very end: what was paid stands in the journal, and the next run finds it."""
    place = archive / "catalog" / "day=2024-10-31"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"in the way")
    state, _ = await run_day(limit=2)
    assert state.is_failed()
    place.unlink()
    before = world.dollars
    _, seen = await run_day(limit=3)
    said = await books(archive)
    assert said.dollars == pytest.approx(world.dollars, abs=1e-6)
    assert sorted(said.runs.values()) == pytest.approx(sorted([before, shown(seen)]))
