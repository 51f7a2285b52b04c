"""What lies under a run: an archive that fails loses nothing, and one in a bucket is asked no more than it must be."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from fakes.providers import Providers
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.watching import run_day

from flows.backfill import backfill
from flows.daily import daily

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


def use(bucket_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", f"s3://pictures/papers?endpoint={bucket_url}&region=us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")


async def test_an_archive_in_a_bucket_that_refuses_for_a_while(
    world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = FakeS3()
    with serving(bucket.app()) as url:
        use(url, monkeypatch)
        bucket.refusals = 5
        state, _ = await run_day(limit=2)
        assert (state.name, world.paid) == ("Completed", (2, 2))
        assert sum("/pictures/" in key for key in bucket.objects) == 2
        state, _ = await run_day(limit=2)
        assert (state.name, world.paid) == ("Completed", (2, 2))


async def _one_day(limit: int) -> None:
    await run_day("2024-10-31", limit=limit)


async def _day_of_a_backfill(limit: int) -> None:
    await backfill(days="2024-10-31", limit=limit, max_usd=1.0, return_state=True)


@pytest.mark.parametrize(
    ("run", "with_budget"),
    [pytest.param(_one_day, 0, id="a day"), pytest.param(_day_of_a_backfill, 4, id="a backfill with a limit")],
)
async def test_what_a_paid_paper_asks_of_a_bucket(
    run: Callable[[int], Awaitable[None]], with_budget: int, world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many requests more a longer list takes; each is on the bucket's bill, and waited for."""
    monkeypatch.setattr("frontispiece.purchases.log.CERTAIN", 0.6)  # else a busy machine has it look once more
    few, many = 2, 8
    asked = []
    for limit in (few, many):
        world.renew()
        bucket = FakeS3()
        with serving(bucket.app()) as url:
            use(url, monkeypatch)
            await run(limit)
        assert world.paid == (limit, limit)
        # Days and backfills have catalog and calendar read now and then; the gallery has files of its own.
        asked.append(Counter(kind for kind, key in bucket.asked if not {"catalog", "gallery"} & {*key.split("/")}))
    asked[1].subtract(asked[0])
    each = {kind: count / (many - few) for kind, count in asked[1].items() if count}
    assert each.pop("list", 0) < 1, "who waits for long before a call looks at the journal once more"
    # Journal 5, original, picture, and a page and a price for each call of a budget; three results, one looked for.
    assert each == {"put-if-absent": 7 + with_budget, "put": 3, "get": 1}


@pytest.mark.usefixtures("world")
async def test_a_run_fetches_each_file_of_the_catalog_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It chooses by it, compares pictures, publishes and draws the calendar: after years that is a file a month."""
    bucket = FakeS3()
    with serving(bucket.app()) as url:
        use(url, monkeypatch)
        await daily(date(2024, 10, 31), limit=1, return_state=True)
        bucket.asked.clear()
        state = await daily(date(2024, 10, 31), limit=2, return_state=True)
    assert state.name == "Completed"
    fetched = Counter(key for kind, key in bucket.asked if kind == "get" and key.endswith(".parquet"))
    assert set(fetched.values()) == {1}
    assert len(fetched) == 2
