"""Months are put together: whoever reads, and wherever it is killed, each row is there once."""

import asyncio
import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.mortal import Fuse, Killed, Mortal, Same
from helpers.papers import numbered
from helpers.stocked import NOW, RECIPE, failure, outcome, run, stocked

from deployments.cli import main
from frontispiece.archive.catalog import SCHEMA, Catalog
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError
from frontispiece.maintenance.compact import Compacted, compact_closed_months, compact_month, months_to_compact
from frontispiece.maintenance.prune import prunable

TODAY = date(2024, 12, 5)


async def several_days(place: Path | str) -> Archive:
    """Six files in two past months, and one of this month; two rows about paper 1."""
    archive = Archive.open(str(place))
    catalog = Catalog(archive)
    days = [date(2024, 10, 30), date(2024, 10, 31), date(2024, 11, 1), date(2024, 12, 1)]
    for number, day in enumerate(days, 1):
        await catalog.write(day, f"run-{number}", [await outcome(archive, number, day)], run(f"run-{number}"))
    for day in days[:2]:
        of_run = run("run-9", NOW + timedelta(hours=1))
        await catalog.write(day, "run-9", [failure(9 + day.day, day=day), await outcome(archive, 1, day)][:1], of_run)
    await catalog.write(days[2], "run-9", [failure(50, day=days[2])], run("run-9", NOW + timedelta(hours=1)))
    return archive


async def compact(archive: Archive) -> list[Compacted | None]:
    months = await months_to_compact(archive, TODAY)
    return [await compact_month(archive, month, paths) for month, paths in months.items()]


async def everything(archive: Archive) -> list[tuple[object, ...]]:
    async with open_records(archive) as records:
        assert records.problems == ()
        return records.ask("SELECT * FROM outcomes ORDER BY paper_id, run").rows


async def files(archive: Archive) -> list[str]:
    return [entry.path for entry in await archive.list("catalog")]


@pytest.mark.parametrize("place", ["folder", "memory"])
async def test_past_months_become_one_file_each(place: str, tmp_path: Path) -> None:
    archive = await several_days(tmp_path if place == "folder" else "memory://")
    before = await everything(archive)
    done = await compact(archive)
    assert [(one.month, one.files) for one in done if one] == [("2024-10", 4), ("2024-11", 2)]
    assert await everything(archive) == before
    months = [path.split("/")[1] for path in await files(archive)]
    assert months == ["day=2024-12-01", "month=2024-10", "month=2024-11"]
    if place == "folder":
        assert sorted(each.name for each in (tmp_path / "catalog").iterdir()) == months, (
            "no empty ones are gone through"
        )
    assert await compact(archive) == []
    keys = [numbered(number).key for number in (1, 2, 3, 4)]
    assert len(await Catalog(archive).archived(keys, RECIPE)) == 4


@pytest.mark.slow
async def test_killed_at_any_step_nothing_is_lost_or_doubled() -> None:
    begun = await several_days("memory://")
    before = await everything(begun)
    content = left = {path: await begun.get(path) or b"" for path in await files(begun)}
    for step in itertools.count():
        archive = Archive.open("memory://")
        for path, each in content.items():
            await archive.put(path, each)
        has_ended = True
        try:
            await compact(Mortal(archive, Fuse(step)))
        except Killed:
            has_ended = False
        found = {path: await archive.get(path) or b"" for path in await files(archive)}
        if found == left and not has_ended:
            continue  # it had only read since
        left = found
        assert await everything(archive) == before, step
        await compact(archive)
        assert await everything(archive) == before, step
        assert len(await files(archive)) == 3
        if has_ended:
            assert step > 16, "two months, six files: eight changes, each with a before and an after"
            return


async def test_late_files_join_their_month(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    await compact(archive)
    day = date(2024, 10, 2)
    await Catalog(archive).write(day, "late", [failure(70, day=day)], run("late", NOW + timedelta(days=40)))
    before = await everything(archive)
    (done,) = await compact(archive)
    assert done is not None
    assert await everything(archive) == before
    assert len(await files(archive)) == 3


async def test_what_a_run_writes_meanwhile_stays_beside_what_it_wrote_before(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    day = date(2024, 10, 31)

    class TriedAgain(Same):
        async def put(self, path: str, content: bytes, *, durable: bool = False) -> None:
            await super().put(path, content, durable=durable)
            newer = [failure(2, "InDoubt", day)]
            await Catalog(archive).write(day, "run-2", newer, run("run-2", NOW + timedelta(days=1)))

    paths = (await months_to_compact(archive, TODAY))["2024-10"]
    await compact_month(TriedAgain(archive), "2024-10", paths)
    assert f"catalog/day={day}/run-2.2.parquet" in await files(archive)
    async with open_records(archive) as records:
        rows = records.ask("SELECT status, reason FROM outcomes WHERE run = 'run-2' ORDER BY run_finished_at").rows
    assert rows == [("done", None), ("failed", "InDoubt")]


async def test_readers_are_unharmed_while_months_are_put_together(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    keys = [numbered(number).key for number in (1, 2, 3, 4)]
    listed = asyncio.Event()

    class Slow(Same):
        """Lists, and reads only when everything has been compacted."""

        async def survey(self, prefix: str):  # type: ignore[no-untyped-def,override]
            found = await super().survey(prefix)
            if not listed.is_set():
                await compact(archive)
                listed.set()
            return found

    slow = Slow(archive)
    catalog = Catalog(slow)
    assert len(await catalog.archived(keys, RECIPE)) == 4
    assert catalog.problems == []


@pytest.mark.slow
async def test_a_query_is_unharmed_while_months_are_put_together(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    before = await everything(archive)

    class Slow(Same):
        async def survey(self, prefix: str):  # type: ignore[no-untyped-def,override]
            found = await super().survey(prefix)
            await compact(archive)
            return found

    assert await everything(Slow(archive)) == before


async def test_columns_of_another_version_survive(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    path = tmp_path / "catalog/day=2024-10-31/run-2.parquet"
    table = pq.read_table(path, partitioning=None)
    newer = table.append_column("mood", pa.array(["calm"])).drop_columns(["painter_nsfw"])
    pq.write_table(newer, path)
    await compact(archive)
    async with open_records(archive) as records:
        assert records.ask("SELECT paper_id FROM outcomes WHERE mood = 'calm'").rows == [("2410.00002",)]
    (file,) = (tmp_path / "catalog/month=2024-10").iterdir()
    schema = pq.read_schema(file)
    assert schema.names[: len(SCHEMA.names)] == SCHEMA.names
    assert schema.field("prompt").metadata == SCHEMA.field("prompt").metadata


async def test_a_month_with_a_damaged_file_stays_as_it_is(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    bad = tmp_path / "catalog/day=2024-10-30/bad.parquet"
    bad.write_bytes(b"PAR1")
    before = await files(archive)
    with pytest.raises(ArchiveError, match=r"bad\.parquet"):
        await compact(archive)
    assert await files(archive) == before


class TestPrune:
    async def test_only_old_originals_of_archived_pictures_go(self, tmp_path: Path) -> None:
        archive = await stocked(tmp_path, pictures=2)
        made = await outcome(archive, 3)  # not in the catalog yet
        assert made.painting is not None
        (tmp_path / (await outcome(archive, 2)).picture.path).unlink()  # type: ignore[union-attr]
        now = datetime.now(UTC)
        assert await prunable(archive, now - timedelta(days=1)) == []
        (one,) = await prunable(archive, now + timedelta(days=1))
        assert one.path == (await outcome(archive, 1)).painting.original.path  # type: ignore[union-attr]

    def test_the_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
        asyncio.run(stocked(tmp_path, pictures=2))
        assert main(["prune", "--originals-older-than", "0", "--dry-run"]) == 0
        assert "2 originals" in capsys.readouterr().out
        assert len(list((tmp_path / "originals").iterdir())) == 2
        assert main(["prune", "--originals-older-than", "0"]) == 0
        assert not (tmp_path / "originals").exists(), "a folder goes with its last file"
        assert main(["prune", "--originals-older-than", "-3"]) == 2
        assert main(["prune"]) == 2


async def test_a_month_that_cannot_be_put_together_keeps_no_other_open(tmp_path: Path) -> None:
    archive = await several_days(tmp_path)
    await archive.put("catalog/day=2024-10-30/run-1.parquet", b"PAR1")
    tidied = await compact_closed_months(archive, TODAY)
    assert [(one.month, one.files) for one in tidied.months] == [("2024-11", 2)]
    (problem,) = tidied.problems
    assert "2024-10" in problem
    assert len(await files(archive)) == 6


def test_the_command_compacts_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    asyncio.run(several_days(tmp_path))
    assert main(["compact"]) == 0
    assert "6 files of 2 past months" in capsys.readouterr().out
    assert main(["compact"]) == 0
    assert capsys.readouterr().out == "Nothing to compact.\n"
    (tmp_path / "catalog/month=2024-10/cut.parquet").write_bytes(b"PAR1")
    assert main(["compact"]) == 1
    (problem,) = capsys.readouterr().out.splitlines()
    assert "files of 2024-10 stay as they are" in problem
