"""The main job on the embedded default: the sample's newest day, without any key."""

import asyncio
import hashlib
import logging
import os
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from helpers.strangers import everything, planted
from helpers.watching import run_day, run_papers
from PIL import Image
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal

from flows.illustrate import illustrate_day
from flows.listener import RunListener, surrounded
from frontispiece.archive.calendar import Day, Mark, calendar
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.models import Outcome, Paper, Status
from frontispiece.services import recipe_of
from frontispiece.settings import load_settings

pytestmark = pytest.mark.usefixtures("prefect_server")

SEED, SEED_KEY = "2410.24175", "6550f79d46b1945c"


def files(archive: Path, room: str) -> dict[str, str]:
    """Every file of a room of the archive with its digest."""
    return {
        str(path.relative_to(archive)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((archive / room).rglob("*"))
        if path.is_file()
    }


def drawings(archive: Path) -> dict[str, str]:
    """Every picture with a digest of its pixels: what stands in it names the run, and so may differ."""
    found = {}
    for path in sorted((archive / "pictures").rglob("*.jpg")):
        with Image.open(path) as image:
            found[str(path.relative_to(archive))] = hashlib.sha256(image.tobytes()).hexdigest()
    return found


def swap(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


class ToldToEnd(RunListener):
    """Somebody ends the process while it is just at a paper's own work, after the first picture."""

    def __init__(self, where: str) -> None:
        self._is_done = False
        self._where = where

    def ended(self, outcome: Outcome) -> None:
        self._is_done = True

    def step(self, paper: Paper, name: str) -> None:
        if self._is_done:
            self._is_done = False
            if self._where == "a callback":
                asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
                return
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except TerminationSignal as told:
                if self._where == "a group":
                    raise BaseExceptionGroup("connecting", [told]) from None
                raise


@pytest.mark.parametrize("where", ["anywhere", "a group", "a callback"])
async def test_who_is_told_to_end_within_a_papers_work_records_what_was_done(
    archive: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("FRONTISPIECE_PROMPTS_AT_ONCE", "1")
    monkeypatch.setenv("FRONTISPIECE_PAINTINGS_AT_ONCE", "1")
    if where == "a callback":  # whose errors asyncio keeps to itself: the run is not to get on meanwhile
        monkeypatch.setattr("flows.interrupts.HEARD_SECONDS", 0.0)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # Prefect sends it on to them
    with surrounded(listener=ToldToEnd(where)):
        run = asyncio.create_task(illustrate_day(limit=4))
        await asyncio.wait([run])
    signal.signal(signal.SIGTERM, before)
    assert isinstance(run.exception(), TerminationSignal)
    rows = [row for path in archive.rglob("catalog/*/*.parquet") for row in pq.read_table(path).to_pylist()]
    ends = {row["paper_id"]: row["reason"] or row["status"] for row in rows}
    assert len(ends) == 4
    assert set(ends.values()) == {"done", "not reached"}


class Interrupting(RunListener):
    """Ctrl-C just when the first picture is being put into the archive."""

    run: "asyncio.Task[State[None]]"

    def step(self, paper: Paper, name: str) -> None:
        if name == "picture" and not self.run.cancelling():
            self.run.cancel()


async def test_a_picture_that_gets_into_the_archive_gets_into_the_catalog_too(archive: Path) -> None:
    listener = Interrupting()
    with surrounded(listener=listener, is_command=True):
        listener.run = asyncio.create_task(illustrate_day(return_state=True))
        assert (await listener.run).is_cancelled()
    rows = [row for path in archive.rglob("catalog/*/*.parquet") for row in pq.read_table(path).to_pylist()]
    made = {row["picture_path"] for row in rows if row["status"] == "done"}
    assert made == files(archive, "pictures").keys() != set()
    assert len(rows) == 9, "who was not begun has a row as well"


async def test_a_day_gets_its_pictures_and_one_parquet_file(archive: Path) -> None:
    state, seen = await run_day()
    assert state.name == "Completed"
    assert seen.report is not None
    assert seen.report.days == (date(2024, 10, 31),)
    assert (seen.report.pictures, seen.report.failed, seen.report.dollars) == (9, 0, 0.0)
    pictures = files(archive, "pictures")
    assert len(pictures) == 9
    assert "pictures/20241031/6550f79d46b1945c.jpg" in pictures
    assert len(set(pictures.values())) == 9
    for path in pictures:
        with Image.open(archive / path) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (768, 1024))
    (catalog,) = files(archive, "catalog")
    assert catalog.startswith("catalog/day=2024-10-31/")
    rows = pq.read_table(archive / catalog, partitioning=None).to_pylist()
    assert {row["status"] for row in rows} == {"done"}
    assert {row["picture_path"] for row in rows} == set(pictures)


async def test_a_second_run_makes_nothing_and_says_so(archive: Path) -> None:
    await run_day()
    before = files(archive, "pictures")
    state, seen = await run_day()
    assert state.name == "Completed"
    assert seen.report is not None
    assert (seen.report.pictures, seen.report.skipped) == (0, 9)
    assert seen.steps == {}
    assert files(archive, "pictures") == before
    assert len(files(archive, "catalog")) == 2


async def test_a_run_that_lost_its_records_finds_its_steps_cached(archive: Path) -> None:
    """As after a kill before the Parquet was written: every step is there, and shows as Cached."""
    await run_day(limit=2)
    for path in files(archive, "catalog"):
        (archive / path).unlink()
    _, seen = await run_day(limit=2)
    assert [outcome.cached for outcome in seen.outcomes.values()] == [("prompt", "painting", "picture")] * 2


async def test_a_lost_picture_is_made_again_from_its_original(archive: Path) -> None:
    await run_day(limit=1)
    (path,) = before = files(archive, "pictures")
    (archive / path).unlink()
    _, seen = await run_day(limit=1)
    (outcome,) = seen.outcomes.values()
    assert outcome.cached == ("prompt", "painting")
    assert files(archive, "pictures") == before


async def test_a_lost_original_is_painted_again(archive: Path) -> None:
    await run_day(limit=1)
    before = drawings(archive)
    for room in ("pictures", "originals"):
        for path in files(archive, room):
            (archive / path).unlink()
    _, seen = await run_day(limit=1)
    (outcome,) = seen.outcomes.values()
    assert outcome.status is Status.DONE
    assert drawings(archive) == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.unlink(), id="missing"),
        pytest.param(lambda path: path.write_bytes(b""), id="emptied"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:100]), id="cut short"),
        pytest.param(lambda path: path.write_bytes(b"\x80\x04K\x01."), id="a pickle"),
        pytest.param(lambda path: swap(path, "frontispiece-record", "pickle"), id="says pickle"),
        pytest.param(lambda path: swap(path, "frontispiece-record", "json"), id="says json"),
        pytest.param(lambda path: swap(path, "Prompt", "Popen"), id="names another class"),
        pytest.param(lambda path: path.write_bytes(b"[" * 100_000), id="bottomless"),
        pytest.param(lambda path: swap(path, "seconds", "minutes"), id="other fields"),
    ],
)
async def test_a_damaged_result_is_made_again(archive: Path, damage: object) -> None:
    await run_day(limit=1)
    before = drawings(archive)
    for room in ("catalog", "pictures"):
        for path in files(archive, room):
            (archive / path).unlink()
    for path in files(archive, "results"):
        damage(archive / path)  # type: ignore[operator]
    state, seen = await run_day(limit=1)
    assert state.name == "Completed"
    (outcome,) = seen.outcomes.values()
    assert outcome.status is Status.DONE
    assert drawings(archive) == before


async def test_another_recipe_never_paints_over_a_picture(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await run_papers([SEED])
    (first,) = before = files(archive, "pictures")
    monkeypatch.setenv("FRONTISPIECE_JPEG_QUALITY", "80")
    _, seen = await run_papers([SEED])
    after = files(archive, "pictures")
    assert after[first] == before[first]
    (second,) = after.keys() - before.keys()
    assert seen.outcomes[SEED].recipe in second
    assert seen.outcomes[SEED].cached == ("prompt", "painting")


async def test_a_stranger_fails_only_the_paper_in_whose_place_it_stands(
    archive: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And nothing is written through a link; what may have rows that are nowhere else is said in the log."""
    for room in ("catalog/day=2024-10-31", "pictures/20241031", "journal", "originals", "budgets"):
        (archive / room).mkdir(parents=True)
    strangers = planted(archive, outside := tmp_path / "outside")
    (archive / f"pictures/20241031/{SEED_KEY}.jpg").symlink_to(outside / f"{SEED_KEY}.jpg")
    with caplog.at_level(logging.WARNING):
        state, seen = await run_day()
    assert state.name == "Failed"
    assert seen.report is not None
    assert (seen.report.pictures, seen.report.failed) == (8, 1)
    assert seen.outcomes[SEED].reason == "ArchiveError"
    assert f"{SEED_KEY}.jpg: it is a link" in (seen.outcomes[SEED].message or "")
    assert "catalog/Copy of run-1.parquet is a file, and none of the archive's own: it is left alone." in caplog.text
    after = everything(archive)
    assert {path: after.get(path, "gone") for path in strangers} == strangers
    assert (outside / f"{SEED_KEY}.jpg").read_bytes() == b"not yours"


async def test_refresh_makes_everything_anew(archive: Path) -> None:
    await run_papers([SEED])
    _, seen = await run_papers([f"https://arxiv.org/abs/{SEED}v1"], refresh=True)
    assert seen.steps[SEED][:2] == ["prompt", "painting"]
    assert not {"prompt", "painting"} & set(seen.outcomes[SEED].cached)
    assert list(files(archive, "pictures")) == ["pictures/20241031/6550f79d46b1945c.jpg"]


async def test_categories_and_limit_narrow_the_list(archive: Path) -> None:
    _, seen = await run_day(categories=["cs.CL"], limit=2)
    assert len(seen.outcomes) == 2
    assert all("cs.CL" in outcome.paper.categories for outcome in seen.outcomes.values())


async def stands(archive: Path) -> Day:
    """The sample's newest day in the calendar."""
    day = date(2024, 10, 31)
    (found,) = await calendar(
        Catalog(Archive.open(str(archive))), Days(day, day), "snapshot", recipe_of(load_settings()).fingerprint
    )
    return found


async def test_a_list_counts_as_read_when_it_was_read_in_full(archive: Path) -> None:
    await run_papers([SEED])
    assert (await stands(archive)).mark is Mark.NEVER_RUN  # a picture of one paper says nothing of the list
    await run_day(limit=1)
    begun = await stands(archive)
    assert (begun.mark, begun.listed, begun.unseen, begun.archived, begun.to_do) == (Mark.PARTIAL, 9, 8, 1, 0)
    await run_day(categories=["cs.CL"])
    begun = await stands(archive)
    assert (begun.mark, begun.listed, begun.archived, begun.left) == (Mark.PARTIAL, 9, 3, 0)
    await run_day()
    done = await stands(archive)
    assert (done.mark, done.listed, done.unseen, done.archived, done.left) == (Mark.DONE, 9, 0, 9, 0)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(lambda: run_papers([SEED]), id="a paper"),
        pytest.param(lambda: run_day(limit=1), id="a limit"),
        pytest.param(lambda: run_day(categories=["cs.CL"]), id="some categories"),
    ],
)
async def test_a_run_of_a_part_takes_no_paper_from_the_list(archive: Path, later: Callable[[], Any]) -> None:
    await run_day()
    before = await stands(archive)
    await later()
    assert (await stands(archive)).model_copy(update={"run": before.run}) == before


async def test_a_day_none_of_whose_papers_was_asked_for_says_so(archive: Path) -> None:
    state, seen = await run_day(categories=["math.AG"])
    assert (state.name, state.message) == ("Completed", "None of the papers listed was asked for.")
    assert seen.report is not None
    assert seen.report.listed > seen.report.papers == 0


async def test_a_day_without_papers_is_completed_and_says_so(archive: Path) -> None:
    for day in (date(2024, 10, 20), date(2024, 10, 22)):  # of the first one the sample cannot tell
        state, _ = await run_day(day)
        assert state.name == "Completed"
        assert state.message == "No papers listed."
    assert list(files(archive, "catalog")) == ["catalog/day=2024-10-22/snapshot.empty"]
