"""What is done every morning, and the gallery that `daily` and `upkeep` keep up to date."""

import logging
import os
import shutil
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.client.schemas.objects import State

from flows.daily import daily
from flows.standing import KEY
from flows.upkeep import upkeep

pytestmark = pytest.mark.usefixtures("prefect_server")

DAY = date(2024, 10, 31)


@pytest.fixture
def archive(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "1")
    return archive


async def run_daily() -> "State[None]":
    state: State[None] = await daily(DAY, days_back=0, limit=1, return_state=True)
    return state


async def test_the_gallery_follows_the_day_and_upkeep_makes_it_again(archive: Path) -> None:
    await run_daily()
    page = archive / "gallery" / "day" / "2024-10-31.html"
    assert page.exists()
    shutil.rmtree(archive / "gallery")
    await upkeep()
    assert page.exists()


async def test_daily_and_upkeep_keep_the_calendar(archive: Path) -> None:
    for keeps in (run_daily, partial(upkeep, return_state=True)):
        state = await keeps()
        async with get_client() as client:
            (newest,) = await client.read_latest_artifacts(
                artifact_filter=ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[KEY]))
            )
        assert newest.flow_run_id == state.state_details.flow_run_id
        today = datetime.now(UTC).date()
        rows = str(newest.data).splitlines()
        assert rows[2].startswith(f"| {today} | ")
        assert "· never run" in rows[2]
        assert rows[-1].startswith("| 2024-10 | ")
        assert "1 partial" in rows[-1]
        assert "snapshot, template, lineart" in (newest.description or "")


async def test_nobody_has_to_have_a_gallery(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_GALLERY", "false")
    await run_daily()
    await upkeep()
    assert not (archive / "gallery").exists()


async def test_a_gallery_that_cannot_be_written_fails_no_run(archive: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive.mkdir()
    (archive / "gallery").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        state = await run_daily()
    assert state.name == "Completed"
    assert "The gallery is not up to date" in caplog.text


async def test_upkeep_puts_the_files_of_past_months_together_and_removes_what_is_half_done(archive: Path) -> None:
    for _ in range(2):
        await run_daily()
    half = archive / "results/abc#1"
    half.touch()
    os.utime(half, (0, 0))
    assert len(list((archive / "catalog").rglob("*.parquet"))) == 2
    await upkeep()
    assert [path.parent.name for path in (archive / "catalog").rglob("*.parquet")] == ["month=2024-10"]
    assert not half.exists()


async def test_every_run_puts_together_what_it_finds_open(archive: Path) -> None:
    for _ in range(3):
        await run_daily()
    found = [path.parent.name for path in (archive / "catalog").rglob("*.parquet")]
    assert sorted(found) == ["day=2024-10-31", "month=2024-10"]


async def test_a_catalog_that_cannot_be_put_together_fails_no_run(
    archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2):
        (archive / "catalog/day=2024-01-01").mkdir(parents=True, exist_ok=True)
        (archive / f"catalog/day=2024-01-01/run-{number}.parquet").write_bytes(b"PAR1")
    with caplog.at_level(logging.WARNING):
        assert (await run_daily()).name == "Completed"
    assert "The catalog's files of 2024-01 stay as they are" in caplog.text
