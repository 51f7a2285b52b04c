"""The archive fails under a run: nothing that was paid for is lost or bought again once it is mended."""

from pathlib import Path

import pytest
from fakes.providers import Providers
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.watching import run_day

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture(autouse=True)
def _two_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_RETRY_SECONDS", "0")
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")


@pytest.mark.parametrize("room", ["journal", "originals", "pictures", "results", "catalog", "catalog/day=2024-10-31"])
async def test_a_room_that_cannot_be_written_costs_nothing_in_the_end(
    room: str, world: Providers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a full disk or a lost right: below this name nothing can be stored. What is seen before costs nothing."""
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    (tmp_path / room).parent.mkdir(exist_ok=True)
    (tmp_path / room).write_bytes(b"in the way")
    state, seen = await run_day(limit=2)
    if room == "results":  # a cache that does not work is no reason to fail
        assert state.name == "Completed"
    else:
        assert state.name == "Failed"
        assert room in (state.message or "")
    assert world.paid == ((0, 0) if room in ("journal", "catalog") else (2, 2))
    (tmp_path / room).unlink()
    state, seen = await run_day(limit=2)
    assert (state.name, world.paid) == ("Completed", (2, 2))
    assert len(list(tmp_path.glob("pictures/*/*.jpg"))) == 2
    assert seen.report is not None


async def test_an_archive_in_a_bucket_that_refuses_for_a_while(
    world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = FakeS3()
    with serving(bucket.app()) as url:
        monkeypatch.setenv("FRONTISPIECE_ARCHIVE", f"s3://pictures/papers?endpoint={url}&region=us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        bucket.refusals = 5
        state, _ = await run_day(limit=2)
        assert (state.name, world.paid) == ("Completed", (2, 2))
        assert sum("/pictures/" in key for key in bucket.objects) == 2
        state, _ = await run_day(limit=2)
        assert (state.name, world.paid) == ("Completed", (2, 2))
