"""What the views say of papers and days is what a plain walk over all rows says, whatever happens to the files."""

import asyncio
import contextlib
import io
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.mortal import Same
from helpers.papers import numbered
from helpers.real_server import eventually
from helpers.stocked import stocked
from hypothesis import given, settings
from hypothesis import strategies as st

from frontispiece.archive import reader
from frontispiece.archive.calendar import Day, Mark, calendar
from frontispiece.archive.catalog import Catalog, Run, Standing, Tally
from frontispiece.archive.folder import Entry
from frontispiece.archive.paths import CATALOG
from frontispiece.archive.precedence import holding
from frontispiece.archive.query import STATS, answer, open_records
from frontispiece.archive.spending import done_by_run
from frontispiece.archive.store import Archive, Stranger
from frontispiece.dates import Days
from frontispiece.errors import ArchiveError
from frontispiece.maintenance.compact import compact_closed_months, compact_month, months_to_compact
from frontispiece.maintenance.verify import verify
from frontispiece.models import Original, Outcome, Painting, Paper, Picture, Prompt, Status

NOW = datetime(2024, 12, 20, 12, tzinfo=UTC)
RECIPES = ("0123456789abcdef", "fedcba9876543210")
# Two in the same month, two in the same year, two in another one.
DAYS = (date(2023, 12, 31), *(date(2024, month, day) for month, day in ((1, 1), (1, 2), (3, 1), (12, 19))))
STRETCH = Days(DAYS[0], DAYS[-1])
SOURCES = ("arxiv", "huggingface")


KEYS = [numbered(number, DAYS[0]).key for number in range(6)]


def outcome(one: Paper, status: Status, recipe: str, note: str, steps: int) -> Outcome:
    """A run that came as far as `steps` say: nothing, a prompt, a painting."""
    original = Original(digest="ab" * 32, path="originals/ab.png", format="png", width=1, height=2, bytes=3)
    prompt = Prompt(text="p", writer="openai", model="m", request="r", seconds=1.0, dollars=None)
    painting = Painting(painter="fal", model="m", parameters="{}", seconds=1.0, dollars=None, original=original)
    picture = Picture(path=f"pictures/20241031/{note}.jpg", digest="cd" * 32, width=1, height=2, bytes=3)
    return Outcome(
        paper=one,
        status=status,
        reason={Status.DONE: None, Status.SKIPPED: note}.get(status, "Kind"),
        message=None if status is Status.DONE else f"It is {note}.",
        recipe=recipe,
        prompt=prompt if steps > 0 or status is Status.DONE else None,
        painting=painting if steps > 1 or status is Status.DONE else None,
        picture=picture if status is Status.DONE else None,
    )


def run_of(name: str, minutes: int, source: str = "arxiv", attempt: int = 0) -> Run:
    at = NOW + timedelta(minutes=minutes, microseconds=attempt)
    return Run(id=name, source=source, started_at=at, finished_at=at, version="0.1.0")


async def write(archive: Archive, day: date, name: str, minutes: int, outcomes: Iterable[Outcome]) -> str:
    return await Catalog(archive).write(day, name, list(outcomes), run_of(name, minutes))


async def fill(archive: Archive, files: int, first: date = date(2024, 1, 1)) -> list[str]:
    """So many days in a row with a picture each."""
    days = [first + timedelta(days=number) for number in range(files)]
    return [
        await write(archive, day, f"run-{n}", n, [outcome(numbered(n, day), Status.DONE, RECIPES[0], f"p{n}", 0)])
        for n, day in enumerate(days)
    ]


class Counting(Same):
    """Remembers what was read."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.local_root = None
        self.read: list[str] = []

    async def get(self, path: str, max_bytes: int | None = None) -> bytes | None:
        self.read.append(path)
        return await super().get(path, max_bytes)


# The plain way: read every file, and go through all rows in Python.


async def all_rows(archive: Archive) -> list[dict[str, Any]]:
    found = []
    for entry in await archive.list("catalog"):
        with contextlib.suppress(pa.ArrowException, OSError):
            content = await archive.get(entry.path) or b""
            found += pq.read_table(io.BytesIO(content), partitioning=None).to_pylist()
    return sorted(found, key=lambda row: (row["run_finished_at"], row["run"], row["list_day"]))


def plain_standing(found: list[dict[str, Any]], key: str, recipe: str) -> Standing:
    about = [row for row in found if row["paper_key"] == key]
    ours = [row for row in about if row["recipe"] == recipe]
    pictures = [row for row in ours if row["status"] == "done"]
    settled = [row for row in ours if row["status"] in ("done", "blocked")]
    trips = [row for row in ours if row["status"] != "skipped"]
    newest = {name: pictures[-1][f"picture_{name}"] for name in Picture.model_fields} if pictures else None
    return Standing(
        picture=newest and Picture(**newest),
        refusal=settled[-1]["message"] if settled and settled[-1]["status"] == "blocked" else None,
        failed=bool(trips) and trips[-1]["status"] == "failed",
        stale=any(row["status"] == "done" for row in about if row["recipe"] != recipe),
    )


def plain_tallies(
    found: list[dict[str, Any]], days: Days, source: str, recipe: str, categories: Iterable[str] = ()
) -> list[Tally]:
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        if row["source"] == source and days.first <= row["list_day"] <= days.last:
            by_day[row["list_day"]].append(row)
    there = {day for day, rows in by_day.items() if any(row["list_length"] != 0 for row in rows)}
    return [plain_tally(day, by_day[day], recipe, set(categories)) for day in sorted(there)]


def plain_tally(day: date, found: list[dict[str, Any]], recipe: str, categories: set[str]) -> Tally:
    papers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    attempts: dict[tuple[datetime, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in found:
        papers[row["paper_key"]].append(row)
        if row["list_length"] != 0:  # else nothing of it is about the list
            attempts[row["run_finished_at"], row["run"]][row["paper_key"]] = row
    whole: dict[str, dict[str, Any]] | None = None  # what stood on the list when it was last read in full
    length, since = 0, set[str]()
    for seen in attempts.values():
        row = next(iter(seen.values()))
        if not row["run_categories"] or categories <= set(row["run_categories"]):
            length = len(seen) if row["list_length"] is None else row["list_length"]
            if len(seen) >= length:
                whole, since = seen, set()
        since |= seen.keys()
    unseen = max(0, length - len(since))
    counts: dict[str, int] = defaultdict(int)
    for key, about in papers.items():
        of_list = [row for row in about if row["list_length"] != 0]
        if not of_list or (categories and not any(categories & set(row["paper_categories"]) for row in about)):
            continue
        counts["listed"] += 1
        ours = [row for row in about if row["recipe"] == recipe]
        archived = any(row["status"] == "done" or row["reason"] == "archived" for row in ours)
        ends = {row["status"] for row in ours if not archived}
        last = "blocked" if "blocked" in ends else "failed" if "failed" in ends else None
        counts["wanted"] += archived or of_list[-1]["reason"] not in ("upvotes", "withdrawn")
        counts["prompted"] += archived or any(row["writer"] for row in ours)
        counts["painted"] += archived or any(row["painter"] for row in ours)
        counts["archived"] += archived
        counts["failed"] += last == "failed"
        counts["blocked"] += last == "blocked"
        made = any(row["status"] == "done" for row in about) or any(row["reason"] == "stale" for row in ours)
        counts["stale"] += made and not archived
        # A limit was not told by earlier versions: beyond it nothing is known.
        told = whole is not None and next(iter(whole.values()))["list_length"] is not None
        gone = whole is not None and key not in since and (told or of_list[-1]["rank"] < len(whole))
        counts["left"] += archived and gone
    counts["listed"] += unseen
    is_read = whole is not None and not unseen
    return Tally(day=day, unseen=unseen, is_read=is_read, run=list(attempts)[-1][1], **counts)


async def check(archive: Archive) -> None:
    """Every look sees what is there."""
    found = await all_rows(archive)
    for recipe in RECIPES:
        standing = await Catalog(archive).standing(KEYS, recipe)
        assert standing == {key: plain_standing(found, key, recipe) for key in KEYS}
    for days, source in ((STRETCH, "arxiv"), (Days(DAYS[1], DAYS[2]), "arxiv"), (STRETCH, "huggingface")):
        for categories in ((), ("cs.CL",), ("cs.CL", "cs.CV")):
            tallies = await Catalog(archive).tallies(days.first, days.last, source, RECIPES[0], categories)
            assert tallies == plain_tallies(found, days, source, RECIPES[0], categories)
    async with open_records(archive) as records:
        latest = records.ask("SELECT paper_key, recipe, run, run_finished_at, list_day, status FROM latest").rows
    columns = ("run", "run_finished_at", "list_day", "status")
    assert {row[:2]: row[2:] for row in latest} == {
        of: tuple(row[name] for name in columns) for of, row in holding(found).items()
    }


OUTCOMES = st.lists(
    st.tuples(
        st.integers(0, len(KEYS) - 1),
        st.sampled_from(Status),
        st.sampled_from(RECIPES),
        st.sampled_from(["archived", "upvotes", "withdrawn", "stale", "other"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda made: made[0],
)
# What a run saw of the list: all that an earlier version knew of it, single papers, the whole of it, or a part.
SEEN = st.sampled_from([None, 0, "whole", 3, 7])
CATEGORIES = st.sampled_from([(), ("cs.CL",), ("cs.CL", "cs.CV")])
WRITE = st.tuples(
    st.just("write"),
    st.integers(0, 2),
    st.sampled_from(DAYS),
    st.integers(0, 20),
    st.sampled_from(SOURCES),
    OUTCOMES,
    SEEN,
    CATEGORIES,
)
DAMAGE = st.tuples(st.just("damage"), st.integers(0, 100), st.floats(0, 0.99))
DELETE = st.tuples(st.just("delete"), st.integers(0, 100))
COMPACT = st.tuples(st.just("compact"))
HAPPENINGS = st.lists(st.one_of(WRITE, WRITE, WRITE, DELETE, COMPACT, DAMAGE), max_size=8)


class Life:
    """What happens to an archive."""

    def __init__(self) -> None:
        self.archive = Archive.open("memory://")
        self._attempts = 0

    async def write(
        self,
        run: int,
        day: date,
        minutes: int,
        source: str,
        made: list[Any],
        seen: int | str | None,
        asked: tuple[str, ...],
    ) -> None:
        name = f"run-{run}-{source}"  # a run has one source; it may be tried again
        outcomes = [
            outcome(
                numbered(number, day, rank=rank, source=source, categories=(("cs.CL", "cs.CV")[number % 2],)),
                *(status, recipe, note, steps),
            )
            for rank, (number, status, recipe, note, steps) in enumerate(made)
        ]
        self._attempts += 1  # no two attempts of a run end at the same moment
        length = len(made) if seen == "whole" else max(seen, len(made)) if isinstance(seen, int) and seen else seen
        told = run_of(name, minutes, source, self._attempts)
        told = told.model_copy(update={"list_length": length, "categories": asked})
        await Catalog(self.archive).write(day, name, outcomes, told)

    async def damage(self, number: int, share: float) -> None:
        files = await self.archive.list("catalog")
        if files:
            path = files[number % len(files)].path
            content = await self.archive.get(path) or b""
            await self.archive.put(path, content[: int(len(content) * share)])

    async def delete(self, number: int) -> None:
        files = await self.archive.list("catalog")
        if files:
            await self.archive.delete(files[number % len(files)].path)

    async def compact(self) -> None:
        for month, paths in (await months_to_compact(self.archive, date(2024, 12, 31))).items():
            with contextlib.suppress(ArchiveError):  # damaged files stay
                await compact_month(self.archive, month, paths)


@pytest.mark.slow
@settings(max_examples=15)
@given(HAPPENINGS)
def test_whatever_happens_looks_see_what_is_there(happenings: list[tuple[Any, ...]]) -> None:
    async def live() -> None:
        life = Life()
        for what, *how in happenings:
            await getattr(life, what)(*how)
        await check(life.archive)

    asyncio.run(live())


@pytest.fixture(params=["memory", "folder"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive.open("memory://" if request.param == "memory" else str(tmp_path))


async def test_a_stretch_opens_only_its_own_files() -> None:
    archive = Counting(Archive.open("memory://"))
    files = await fill(archive, 70)
    archive.read.clear()
    tallies = await Catalog(archive).tallies(date(2024, 2, 1), date(2024, 2, 3), "arxiv", RECIPES[0])
    assert [each.day for each in tallies] == list(Days(date(2024, 2, 1), date(2024, 2, 3)))
    assert sorted(archive.read) == files[31:34]


async def test_the_newest_are_those_of_as_many_days_however_files_lie() -> None:
    archive = Counting(Archive.open("memory://"))
    for month in (1, 2, 3):
        await fill(archive, 2, date(2024, month, 1))
    await compact_closed_months(archive, date(2024, 4, 1))
    late = await fill(archive, 3, date(2024, 4, 1))
    for days, read in ((3, 3), (4, 4), (30, 4), (40, 5)):
        archive.read.clear()
        await Catalog(archive).narrow(["rank"], newest=days)
        assert len(archive.read) == read
        assert set(archive.read) >= set(late)


async def test_damaged_files_are_left_out_and_named(archive: Archive) -> None:
    files = await fill(archive, 4)
    await archive.put(files[0], b"PAR1")
    await archive.put("catalog/copy-of-run.parquet", b"PAR1")
    catalog = Catalog(archive)
    assert len(await catalog.archived(KEYS, RECIPES[0])) == 3
    assert len(catalog.problems) == 2


async def test_a_file_of_other_types_is_left_out_and_named(archive: Archive) -> None:
    await fill(archive, 1)
    foreign = pa.BufferOutputStream()
    pq.write_table(pa.table({"paper_key": [1], "run_finished_at": ["yesterday"]}), foreign)
    await archive.put("catalog/day=2024-01-01/foreign.parquet", foreign.getvalue().to_pybytes())
    catalog = Catalog(archive)
    assert list(await catalog.archived(KEYS, RECIPES[0])) == KEYS[:1]
    (problem,) = catalog.problems
    assert "foreign.parquet" in problem
    async with open_records(archive) as records:
        assert records.ask("SELECT count(*) FROM outcomes").rows == [(1,)]
        assert len(records.problems) == 1


@pytest.mark.parametrize("rank", [pytest.param(["7"], id="that fit"), pytest.param(["first"], id="that do not fit")])
async def test_no_file_changes_what_the_columns_of_others_are_taken_for(archive: Archive, rank: list[str]) -> None:
    for number in range(9, 12):  # as text, 9 comes after 10
        day = date(2024, 1, number)
        await write(archive, day, "run", 0, [outcome(numbered(1, day, rank=number), Status.DONE, RECIPES[0], "p", 0)])
    foreign = pa.BufferOutputStream()
    pq.write_table(pa.table({"paper_key": ["a"], "list_day": [date(2024, 1, 9)], "rank": rank}), foreign)
    await archive.put("catalog/day=2024-01-09/foreign.parquet", foreign.getvalue().to_pybytes())
    found = await Catalog(archive).narrow(["rank"], keys=[KEYS[1]])
    assert sorted(row["rank"] for row in found) == [9, 10, 11]


async def test_damage_within_a_file_is_found_too(archive: Archive) -> None:
    files = await fill(archive, 2)
    content = bytearray(await archive.get(files[0]) or b"")
    content[4:3000] = bytes(2996)
    await archive.put(files[0], bytes(content))
    catalog = Catalog(archive)
    assert list(await catalog.archived(KEYS, RECIPES[0])) == [KEYS[1]]
    assert len(catalog.problems) == 1


@pytest.mark.slow
async def test_many_may_look_and_write_at_once(archive: Archive) -> None:
    await fill(archive, 6)

    async def look_and_write(number: int) -> None:
        for step in range(4):
            day = DAYS[step]
            made = outcome(numbered(number, day), Status.DONE, RECIPES[step % 2], f"new-{step}", 0)
            await write(archive, day, f"run-{number}-{step}", step, [made])
            standing = await Catalog(archive).standing(KEYS, RECIPES[step % 2])
            assert standing[numbered(number, day).key].picture is not None

    await asyncio.gather(*map(look_and_write, range(6)))
    await check(archive)


async def test_an_index_of_an_earlier_version_is_no_part_of_it(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    await archive.put("catalog-index/2024.parquet", b"of old")
    assert len(await Catalog(archive).narrow(["list_day"])) == 4
    assert (await verify(archive)).findings == []
    assert [entry.path for entry in await archive.list("catalog-index")] == ["catalog-index/2024.parquet"]


@pytest.fixture
def bucket() -> Iterator[tuple[FakeS3, Archive]]:
    fake = FakeS3()
    with serving(fake.app()) as address:
        yield fake, Archive.open(f"s3://papers/place?region=eu-west-1&endpoint={address}&skip_signature=true")


async def test_on_a_bucket_a_look_takes_a_request_a_file(bucket: tuple[FakeS3, Archive]) -> None:
    fake, archive = bucket
    await fill(archive, 8)
    fake.asked.clear()
    assert len(await Catalog(archive).archived(KEYS, RECIPES[0])) == 6
    assert fake.requests == 9


async def test_from_a_bucket_no_file_is_fetched_twice_and_none_is_stale(bucket: tuple[FakeS3, Archive]) -> None:
    fake, archive = bucket
    files = await fill(archive, 8)
    catalog = Catalog(archive)
    assert len(await catalog.archived(KEYS, RECIPES[0])) == 6
    await archive.delete(files[0])
    late = await write(archive, DAYS[2], "late", 0, [outcome(numbered(1, DAYS[2]), Status.DONE, RECIPES[1], "late", 0)])
    fake.asked.clear()
    assert list(await catalog.archived(KEYS, RECIPES[0])) == KEYS[1:]
    assert fake.requests == 2  # the listing, and the file that is new
    await archive.put(late, await archive.get(files[1]) or b"")
    assert await catalog.archived(KEYS, RECIPES[1]) == {}


class Shrinking(Same):
    """While a month is put together: after each look at the catalog one more of its files is gone."""

    left = 7

    async def survey(self, room: str) -> tuple[list[Entry], list[Stranger]]:
        found, strangers = await super().survey(room)
        if room == CATALOG and self.left:
            self.left -= 1
            await self.delete(found[0].path)
        return found, strangers


async def test_files_that_go_one_by_one_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PAUSES", (0.0,) * len(reader.PAUSES))
    archive = Shrinking(Archive.open(str(tmp_path)))
    archive.left = 0
    await fill(archive, 14)
    archive.left = 7
    assert len({row["run"] for row in await Catalog(archive).narrow(("run",))}) == 7
    archive.left = 6
    assert len((await answer(archive, "SELECT DISTINCT run FROM runs")).rows) == 1


async def test_what_was_fetched_goes_with_the_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    archive = Archive.open("memory://")
    await fill(archive, 2)
    catalog = Catalog(archive)
    await catalog.archived(KEYS, RECIPES[0])
    assert len(list(tmp_path.rglob("*.parquet"))) == 2
    del catalog  # the thread that asked may hold on to it for another moment
    await eventually(lambda: not list(tmp_path.iterdir()))


async def test_the_calendar_marks_days(archive: Archive) -> None:
    """The tallies themselves are compared with the plain way above."""
    day, recipe = date(2024, 3, 4), RECIPES[0]
    await fill(archive, 2)
    await write(archive, day, "run", 0, [outcome(numbered(1, day), Status.FAILED, recipe, "so", 1)])
    await archive.put("catalog/day=2024-03-05/arxiv.empty", b"")
    days = await calendar(Catalog(archive), Days(day, day + timedelta(days=2)), "arxiv", recipe)
    assert [each.mark for each in days] == [Mark.FAILED, Mark.EMPTY, Mark.NEVER_RUN]
    failed = Day(day=day, mark=Mark.FAILED, listed=1, wanted=1, prompted=1, failed=1, run="run", is_read=True)
    assert days[0] == failed
    (first,) = await calendar(Catalog(archive), Days(date(2024, 1, 1), date(2024, 1, 1)), "arxiv", recipe)
    assert (first.mark, first.archived, first.to_do) == (Mark.DONE, 1, 0)


async def test_who_was_cut_off_by_an_earlier_version_has_not_failed(archive: Archive) -> None:
    """It wrote so, and rows stay: whoever reads them takes them for not reached, with their prompts."""
    day, recipe = date(2024, 3, 4), RECIPES[0]
    cut_off, failed = (
        outcome(numbered(number, day), Status.FAILED, recipe, "so", 1).model_copy(update={"reason": reason})
        for number, reason in enumerate(("Cancelled", "ProviderBroken"))
    )
    await write(archive, day, "run", 0, [cut_off, failed])
    (now,) = await calendar(Catalog(archive), Days(day, day), "arxiv", recipe)
    assert (now.failed, now.wanted, now.prompted) == (1, 2, 2)
    standing = await Catalog(archive).standing([KEYS[0], KEYS[1]], recipe)
    assert [standing[key].failed for key in KEYS[:2]] == [False, True]
    assert (await done_by_run(Catalog(archive), "run", day)).failed == 1
    async with open_records(archive) as records:
        assert records.ask("SELECT papers, failed, skipped FROM runs").rows == [(2, 1, 1)]
        assert records.ask("SELECT status, prompt FROM latest WHERE reason = 'not reached'").rows == [("skipped", "p")]
        assert records.ask(f"SELECT failures FROM ({STATS})").rows == [("ProviderBroken 1",)]  # noqa: S608
