"""A run that is tried again keeps its id: its rows stand beside the earlier ones, and hide none of them."""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from helpers.mortal import Same
from helpers.papers import numbered
from helpers.stocked import DAY, NOW, RECIPE, failure, outcome, run, stocked

from frontispiece.archive.calendar import Mark, calendar
from frontispiece.archive.catalog import Catalog, Standing
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.archive.query import STATS, open_records
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.errors import ArchiveError, ArchiveUnavailable
from frontispiece.gallery.publisher import publish
from frontispiece.maintenance.compact import compact_month, months_to_compact
from frontispiece.maintenance.prune import prunable
from frontispiece.maintenance.rebuild import rebuild
from frontispiece.maintenance.verify import verify
from frontispiece.models import Outcome, Status

LATER = NOW + timedelta(minutes=10)


async def again(
    archive: Archive, *outcomes: Outcome, at: datetime = LATER, day: date = DAY, name: str = "run-1"
) -> str:
    """One more attempt of a run."""
    return await Catalog(archive).write(day, name, outcomes, run(name, at))


def skipped(made: Outcome) -> Outcome:
    """What a later attempt says of a paper that has its picture."""
    changes = {"status": Status.SKIPPED, "reason": "archived", "prompt": None, "painting": None}
    return made.model_copy(update=changes)


async def ask(archive: Archive, sql: str) -> list[tuple[object, ...]]:
    async with open_records(archive) as records:
        assert records.problems == ()
        return records.ask(sql).rows


async def stored(archive: Archive) -> dict[str, bytes | None]:
    return {entry.path: await archive.get(entry.path) for entry in await archive.list(CATALOG)}


class TestFiles:
    @pytest.mark.parametrize("place", ["folder", "memory"])
    async def test_an_attempt_writes_beside_the_earlier_ones(self, place: str, tmp_path: Path) -> None:
        archive = await stocked(tmp_path if place == "folder" else "memory://")
        before = await stored(archive)
        assert list(before) == ["catalog/day=2024-10-31/run-1.parquet"]
        for number in (2, 3):
            written = await again(archive, failure(number), at=NOW + timedelta(minutes=number))
            assert written == f"catalog/day=2024-10-31/run-1.{number}.parquet"
        after = await stored(archive)
        assert len(after) == 3
        assert after | before == after

    async def test_attempts_side_by_side_take_no_name_twice(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path))
        writing = [again(archive, failure(n), at=NOW + timedelta(seconds=n)) for n in range(1, 9)]
        assert len(set(await asyncio.gather(*writing))) == 8
        assert await ask(archive, "SELECT count(*) FROM outcomes") == [(8,)]

    async def test_rows_whose_writing_was_not_answered_stand_once(self) -> None:
        class Silent(Same):
            async def put_if_absent(self, path: str, content: bytes) -> bool:
                if await super().put_if_absent(path, content):
                    raise ArchiveUnavailable("No answer.")
                return False

        archive = await stocked("memory://")
        rows = (failure(5), failure(6))
        with pytest.raises(ArchiveUnavailable):
            await again(Silent(archive), *rows)
        before = await stored(archive)
        assert await again(archive, *rows) == "catalog/day=2024-10-31/run-1.2.parquet"
        assert await stored(archive) == before

    async def test_a_store_that_always_says_taken_is_not_asked_for_ever(self) -> None:
        class Full(Same):
            async def put_if_absent(self, path: str, content: bytes) -> bool:
                return False

        with pytest.raises(ArchiveError, match="run-1"):
            await again(Full(Archive.open("memory://")), failure(1))


async def readings(archive: Archive) -> dict[str, object]:
    """What everybody says who reads the catalog, as far as another attempt must not change it."""
    keys = [numbered(number).key for number in (1, 2, 3, 98, 99)]
    runs = "SELECT run, papers, pictures, skipped, blocked, failed, round(dollars, 9) FROM runs ORDER BY run"
    latest = "SELECT paper_id, status, run, run_finished_at, prompt, painter_dollars FROM latest ORDER BY paper_id"
    (day,) = await calendar(Catalog(archive), Days(DAY, DAY), "arxiv", RECIPE)
    await publish(archive, Catalog(archive).narrow, await archive.list(CATALOG), catalog_month)
    pages = {
        entry.path: await archive.get(entry.path)
        for entry in await archive.list("gallery")
        if "manifest" not in entry.path
    }
    verdict = await verify(archive)
    return {
        "stats": await ask(archive, STATS.replace("coalesce(cache_hits, 0) AS cache_hits", "0")),
        "runs": await ask(archive, runs),
        "latest": await ask(archive, latest),
        "pictures": await ask(archive, "SELECT paper_id, writer_dollars FROM pictures ORDER BY paper_id"),
        "choose": await Catalog(archive).standing(keys, RECIPE),
        "status": day.model_copy(update={"run": None}),
        "gallery": pages,
        "verify": (verdict.rows, verdict.pictures, verdict.findings),
        "rebuild": (await rebuild(archive, LATER + timedelta(days=1))).entered,
        "prune": await prunable(archive, LATER + timedelta(days=1000)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("later_run", ["run-1", "run-2"], ids=["the same run", "another run"])
async def test_rows_that_say_nothing_was_done_hide_nothing(later_run: str, tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    made = [await outcome(archive, number) for number in (1, 2, 3)]
    await again(archive, failure(98, "Blocked"), failure(99), name="run-0", at=NOW - timedelta(hours=1))
    before = await readings(archive)
    assert before["verify"] == (3, 3, [])
    nothing = {"status": Status.SKIPPED, "reason": "not asked for"}
    left = [failure(98).model_copy(update=nothing), failure(99).model_copy(update=nothing)]
    for attempt in (1, 2):
        at = LATER + timedelta(minutes=attempt)
        await again(archive, *(skipped(each) for each in made), *left, at=at, name=later_run)
    after = await readings(archive)
    first = ("run-0", 2, 0, 0, 1, 1, 0.0)
    if later_run == "run-1":  # which now knows of one paper more
        before["runs"] = [first, ("run-1", 5, 3, 1, 0, 1, pytest.approx(0.0093))]
    else:
        before["runs"] = [first, ("run-1", 4, 3, 0, 0, 1, pytest.approx(0.0093)), ("run-2", 5, 0, 5, 0, 0, 0.0)]
    assert {name: said for name, said in after.items() if said != before[name]} == {}
    # Nor does anything change when the month is put together, whole or half.
    for month, paths in (await months_to_compact(archive, date(2024, 12, 1))).items():
        before_compacting = await stored(archive)
        await compact_month(archive, month, paths)
    together = await readings(archive)
    assert {name: said for name, said in together.items() if said != after[name]} == {}
    for path, content in before_compacting.items():
        await archive.put(path, content or b"")
    both = await readings(archive)
    assert {name: said for name, said in both.items() if said != after[name]} == {}


async def test_a_later_attempt_ends_what_the_first_one_failed(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=1)
    await again(archive, skipped(await outcome(archive, 1)), (await outcome(archive, 2)), failure(99))
    assert await ask(archive, "SELECT run, papers, pictures, failed, round(dollars, 6) FROM runs") == [
        ("run-1", 3, 2, 1, 0.0062)
    ]
    ((month, papers, pictures, *_),) = await ask(archive, STATS)
    assert (month, papers, pictures) == ("2024-11", 3, 2)
    (day,) = await calendar(Catalog(archive), Days(DAY, DAY), "arxiv", RECIPE)
    assert (day.mark, day.archived, day.failed, day.to_do) == (Mark.PARTIAL, 2, 1, 1)


async def test_a_picture_that_a_run_comes_by_twice_counts_once(tmp_path: Path) -> None:
    """As with `refresh`: another attempt goes the whole way again, and finds every step done."""
    archive = await stocked(tmp_path)
    made = [await outcome(archive, number) for number in (1, 2, 3)]
    steps = {"cached": ("prompt", "painting", "picture")}
    await again(archive, *(each.model_copy(update=steps) for each in made))
    assert await ask(archive, "SELECT pictures, round(dollars, 6) FROM runs") == [(3, 0.0093)]
    assert await ask(archive, "SELECT count(*), round(sum(dollars), 6) FROM pictures") == [(3, 0.0093)]
    ((_, _, pictures, _, dollars, *_),) = await ask(archive, STATS)
    assert (pictures, dollars) == (3, 0.0093)


@pytest.mark.parametrize("later_run", ["run-1", "run-2"], ids=["the same run", "another run"])
async def test_what_a_killed_attempt_paid_counts_where_it_is_first_told_of(later_run: str, tmp_path: Path) -> None:
    """It wrote no row; who comes next finds its steps done."""
    archive = Archive.open(str(tmp_path))
    made = await outcome(archive, 1)
    for minutes in (1, 2):
        found = made.model_copy(update={"cached": ("prompt", "painting", "picture")[: minutes + 1]})
        await again(archive, found, at=NOW + timedelta(minutes=minutes), name=later_run)
    assert await ask(archive, "SELECT round(dollars, 6), seconds FROM outcomes ORDER BY run_finished_at") == [
        (0.0031, 4.0),
        (0.0, 0.0),
    ]


async def test_a_paper_on_two_lists_of_one_run_keeps_both_rows(tmp_path: Path) -> None:
    archive = Archive.open(str(tmp_path))
    days = (DAY, DAY - timedelta(days=1))
    for day in days:
        made = await outcome(archive, 1, day)
        await again(archive, made if day == DAY else skipped(made), at=NOW, day=day)
    for _ in range(2):
        assert await ask(archive, "SELECT list_day FROM outcomes ORDER BY list_day DESC") == [(day,) for day in days]
        assert await ask(archive, "SELECT papers, pictures, dollars FROM runs") == [(1, 1, pytest.approx(0.0031))]
        for month, paths in (await months_to_compact(archive, date(2024, 12, 1))).items():
            await compact_month(archive, month, paths)
    assert len(await archive.list(CATALOG)) == 1


async def test_only_the_last_attempt_says_what_is_on_the_list_now(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    listed = [skipped(await outcome(archive, number)) for number in (2, 3)]
    await again(archive, *listed, *(failure(number) for number in (4, 5)))
    (day,) = await calendar(Catalog(archive), Days(DAY, DAY), "arxiv", RECIPE)
    assert (day.listed, day.left) == (6, 1)


async def test_a_refusal_holds_against_a_later_failure_for_everybody(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=1)
    await again(archive, failure(99, "Blocked"), name="run-2")
    await again(archive, failure(99), name="run-3", at=LATER + timedelta(hours=1))
    assert await ask(archive, "SELECT status FROM latest WHERE paper_id = '2410.00099'") == [("blocked",)]
    assert await Catalog(archive).standing([numbered(99).key], RECIPE) == {
        numbered(99).key: Standing(refusal="It did.", failed=True)
    }
    (day,) = await calendar(Catalog(archive), Days(DAY, DAY), "arxiv", RECIPE)
    assert (day.mark, day.blocked, day.failed) == (Mark.DONE, 1, 0)
    await publish(archive, Catalog(archive).narrow, await archive.list(CATALOG), catalog_month)
    page = (await archive.get(f"gallery/day/{DAY}.html") or b"").decode()
    assert "1 refused" in page
    assert "still without" not in page
