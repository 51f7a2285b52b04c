"""The catalog: every outcome is a row, every column is documented, and the newest row holds."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.papers import paper
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.archive.calendar import note_empty
from frontispiece.archive.catalog import SCHEMA, Catalog, Run, Standing, rows
from frontispiece.archive.store import Archive
from frontispiece.models import (
    ABOUT,
    CallState,
    Check,
    Mark,
    Original,
    Outcome,
    PaidCall,
    Painting,
    Paper,
    Picture,
    Prompt,
    Status,
    Summary,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = date(2024, 11, 1)
RECIPE = "0123456789abcdef"
OTHER_RECIPE = "fedcba9876543210"
DOCS = Path(__file__).parents[3] / "docs" / "catalog.md"


def run(name: str = "run-1", finished: datetime = NOW) -> Run:
    return Run(
        id=name,
        source="huggingface",
        started_at=finished - timedelta(minutes=5),
        finished_at=finished,
        version="0.1.0",
        min_upvotes=10,
        categories=("cs.CL",),
    )


def listed(paper_id: str = "2410.24175") -> Paper:
    made = paper(
        paper_id,
        "Constraint Back-translation",
        abstract="Large language models …",
        authors=("Yunjia Qi", "Hao Peng"),
        categories=("cs.CL", "cs.AI"),
        published=date(2024, 10, 31),
        day=DAY,
        source="huggingface",
        rank=3,
        upvotes=11,
        version=2,
        seen_at=NOW,
    )
    listing = made.listing.model_copy(update={"summary": Summary(text="It translates back.", by="an AI")})
    return made.model_copy(update={"updated": None, "listing": listing})


PROMPT = Prompt(
    text="A surreal drawing",
    writer="openai",
    model="gpt-4o-mini-2024-07-18",
    request="Write a prompt …",
    tokens_in=300,
    tokens_cached=0,
    tokens_out=60,
    request_id="req_1",
    seconds=1.5,
    dollars=0.00008,
)
PAINTING = Painting(
    painter="fal",
    model="fal-ai/flux/schnell",
    parameters='{"seed":42}',
    seed="15619174981588513000",
    url="https://v3.fal.media/files/a/b.png",
    request_id="r-1",
    seconds=2.5,
    dollars=None,
    nsfw=False,
    original=Original(
        **{"digest": "ab" * 32, "path": "originals/ab.png", "format": "png", "vector": "originals/ab.svg"},
        **{"width": 384, "height": 720, "bytes": 500_000},
    ),
)


def picture(path: str = "pictures/20241031/6550f79d46b1945c.jpg") -> Picture:
    return Picture(path=path, digest="cd" * 32, width=384, height=720, bytes=40_000)


CHECK = Check(
    checker="tesseract",
    model="tesseract",
    wanted="Back-translation",
    read="BACK-TRANSLATI0N",
    score=1.0,
    reads=True,
    marks=tuple(Mark(about=about, mark=7, reason="So so.") for about in ABOUT),
    advice="Another drawing",
    tokens_in=1,
    tokens_out=1,
    request_id="req-9",
    seconds=0.5,
    dollars=0.0,
)


def done(paper_id: str = "2410.24175", recipe: str = RECIPE, path: str | None = None) -> Outcome:
    return Outcome(
        paper=listed(paper_id),
        status=Status.DONE,
        recipe=recipe,
        prompt=PROMPT,
        painting=PAINTING,
        picture=picture(path) if path else picture(),
        cached=("prompt",),
    )


def ended(status: Status, message: str = "why", paper_id: str = "2410.24175", recipe: str = RECIPE) -> Outcome:
    return Outcome(paper=listed(paper_id), status=status, reason="Kind", message=message, recipe=recipe)


@pytest.fixture(params=["memory", "folder"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive.open("memory://" if request.param == "memory" else str(tmp_path / "an archive"))


async def record(archive: Archive, outcomes: Sequence[Outcome], name: str = "run-1", minutes: int = 0) -> str:
    """What a run that finished so many minutes later wrote, on a day of its own."""
    written = run(name, NOW + timedelta(minutes=minutes))
    return await Catalog(archive).write(DAY + timedelta(days=minutes), name, outcomes, written)


class TestRows:
    def test_a_picture_and_how_it_came_to_be(self) -> None:
        row = rows([done()], run()).to_pylist()[0]
        expected = {
            "run": "run-1",
            "source": "huggingface",
            "min_upvotes": 10,
            "run_categories": ["cs.CL"],
            "run_finished_at": NOW,
            "program_version": "0.1.0",
            "list_day": DAY,
            "rank": 3,
            "upvotes": 11,
            "seen_at": NOW,
            "paper_key": "6550f79d46b1945c",
            "paper_id": "2410.24175",
            "paper_version": 2,
            "paper_authors": ["Yunjia Qi", "Hao Peng"],
            "paper_categories": ["cs.CL", "cs.AI"],
            "paper_published": date(2024, 10, 31),
            "paper_updated": None,
            "status": "done",
            "reason": None,
            "recipe": RECIPE,
            "cached": ["prompt"],
            "writer": "openai",
            "writer_model": "gpt-4o-mini-2024-07-18",
            "writer_request": "Write a prompt …",
            "prompt": "A surreal drawing",
            "writer_tokens_cached": 0,
            "writer_dollars": 0.00008,
            "painter": "fal",
            "painter_seed": "15619174981588513000",
            "painter_dollars": None,
            "painter_nsfw": False,
            "original_format": "png",
            "original_bytes": 500_000,
            "picture_path": "pictures/20241031/6550f79d46b1945c.jpg",
            "picture_width": 384,
        }
        assert row | expected == row
        assert re.fullmatch("[0-9a-f]{64}", row["paper_abstract_digest"])

    def test_a_full_row_fills_every_column(self) -> None:
        looked_at = done().model_copy(update={"check": CHECK, "lost_seconds": {"check": 0.5}})
        row = rows([looked_at], run()).to_pylist()[0]
        assert {name for name, value in row.items() if value is None} == {
            "paper_updated",
            "reason",
            "list_length",
            "message",
            "painter_dollars",
            "resembles",
            "purchases",
            "wasted_calls",
            "wasted_dollars",
            "wasted_unpriced",
        }

    def test_where_nobody_has_looked_at_the_picture_nothing_is_said_of_its_label(self) -> None:
        row = rows([done()], run()).to_pylist()[0]
        assert {row[name] for name in row if name.startswith(("checker", "critic", "label"))} == {None}

    def test_answers_of_no_use_are_summed_and_named(self) -> None:
        def call(attempt: str, dollars: float | None, state: CallState = CallState.REFUSED) -> PaidCall:
            about = {"kind": "prompt", "paper_id": "2410.24175", "made_at": NOW, "entries": 2}
            return PaidCall(call=f"ab/{attempt}", state=state, dollars=dollars, attempt=attempt, **about)  # type: ignore[arg-type]

        own = (call("b", 0.25), call("a", 0.5), call("c", None), call("d", 1.0, CallState.DELIVERED))
        all_there_are = (*own, call("e", 2.0))
        failed = ended(Status.FAILED).model_copy(update={"purchases": all_there_are, "bought": own})
        row = rows([failed], run()).to_pylist()[0]
        assert [each["attempt"] for each in row["purchases"]] == ["b", "a", "c", "d", "e"]
        assert PaidCall.model_validate(row["purchases"][0]) == own[0]
        assert {name: value for name, value in row.items() if name.startswith("wasted")} == {
            "wasted_calls": ["a", "b", "c"],
            "wasted_dollars": 0.75,
            "wasted_unpriced": 1,
        }

    @pytest.mark.parametrize(
        ("lost", "columns"),
        [
            pytest.param({}, (0.0, 0.0), id="none"),
            pytest.param({"prompt": 1.5}, (1.5, 0.0), id="for the prompt"),
            pytest.param({"prompt": 1.5, "painting": 2.5}, (1.5, 2.5), id="for both"),
        ],
    )
    def test_time_that_came_to_nothing_has_columns_of_its_own(
        self, lost: dict[str, float], columns: tuple[float, float]
    ) -> None:
        before, row = rows([done(), done().model_copy(update={"lost_seconds": lost})], run()).to_pylist()
        assert (row["writer_lost_seconds"], row["painter_lost_seconds"]) == columns
        assert (row["writer_seconds"], row["painter_seconds"]) == (before["writer_seconds"], before["painter_seconds"])

    @pytest.mark.parametrize("status", [Status.FAILED, Status.BLOCKED, Status.SKIPPED])
    def test_a_failure_is_a_row(self, status: Status) -> None:
        row = rows([ended(status)], run()).to_pylist()[0]
        assert (row["status"], row["reason"], row["message"]) == (status.value, "Kind", "why")
        assert row["writer"] is row["painter_dollars"] is row["picture_path"] is None

    def test_a_run_without_papers_has_no_rows(self) -> None:
        assert rows([], run()).schema.equals(SCHEMA)

    @given(st.text(), st.lists(st.text(), max_size=5), st.one_of(st.none(), st.integers(0, 2**40)))
    def test_any_paper_fits(self, title: str, authors: list[str], upvotes: int | None) -> None:
        listing = listed().listing.model_copy(update={"upvotes": upvotes})
        odd = listed().model_copy(update={"title": title, "authors": tuple(authors), "listing": listing})
        row = rows([done().model_copy(update={"paper": odd})], run()).to_pylist()[0]
        assert (row["paper_title"], row["paper_authors"], row["upvotes"]) == (title, authors, upvotes)


class TestFiles:
    async def test_anyone_can_read_them(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path))
        for minutes in range(3):
            path = await record(archive, [done()], f"run-{minutes}", minutes)
        assert path == "catalog/day=2024-11-03/run-2.parquet"
        await note_empty(archive, date(2024, 11, 2), "snapshot")
        (shown,) = re.findall(r"```python\n(import pyarrow.+?)```", DOCS.read_text(), re.S)
        read: dict[str, Any] = {}
        exec(shown.replace("data/archive", str(tmp_path)), read)  # noqa: S102 what the page tells people to do
        assert read["rows"].num_rows == 3
        assert set(SCHEMA.names) <= set(read["rows"].schema.names)
        assert pq.read_schema(tmp_path / path).field("paper_key").metadata[b"description"]
        assert pq.ParquetFile(tmp_path / path).metadata.row_group(0).column(0).compression == "ZSTD"

    async def test_writing_again_changes_nothing_else(self, archive: Archive) -> None:
        first = await record(archive, [done()])
        assert await record(archive, [done()]) == first
        assert [entry.path for entry in await archive.list("")] == [first]


class TestNewestRow:
    async def test_what_is_archived(self, archive: Archive) -> None:
        await record(archive, [done("1"), ended(Status.FAILED, paper_id="2"), done("3", OTHER_RECIPE)], "run-1")
        keys = [listed(name).key for name in "1234"]
        assert await Catalog(archive).archived(keys, RECIPE) == {keys[0]: picture()}
        assert await Catalog(archive).archived(keys, OTHER_RECIPE) == {keys[2]: picture()}
        assert await Catalog(archive).archived([], RECIPE) == {}

    async def test_the_newest_picture_holds_whatever_day_it_is_on(self, archive: Archive) -> None:
        key = listed().key
        await record(archive, [done(path="pictures/20241031/new.jpg")], "run-a", minutes=9)
        await record(archive, [done(path="pictures/20241031/old.jpg")], "run-b", minutes=3)
        assert (await Catalog(archive).archived([key], RECIPE))[key].path == "pictures/20241031/new.jpg"

    @pytest.mark.parametrize("later", [Status.FAILED, Status.SKIPPED, Status.BLOCKED])
    async def test_later_rows_do_not_undo_a_picture(self, archive: Archive, later: Status) -> None:
        await record(archive, [done()], "run-1")
        await record(archive, [ended(later)], "run-2", minutes=1)
        assert list(await Catalog(archive).archived([listed().key], RECIPE)) == [listed().key]

    async def test_who_is_refused(self, archive: Archive) -> None:
        await record(archive, [ended(Status.BLOCKED, "old words", "1"), ended(Status.BLOCKED, paper_id="2")], "run-1")
        await record(archive, [ended(Status.BLOCKED, "new words", "1"), done("2")], "run-2", minutes=1)
        await record(
            archive, [ended(Status.FAILED, paper_id="1"), ended(Status.SKIPPED, paper_id="2")], "r3", minutes=2
        )
        keys = [listed(name).key for name in "123"]
        assert await Catalog(archive).standing(keys, RECIPE) == {
            keys[0]: Standing(refusal="new words", failed=True),
            keys[1]: Standing(picture=picture()),
            keys[2]: Standing(),
        }
        assert await Catalog(archive).standing(keys[::2], OTHER_RECIPE) == dict.fromkeys(keys[::2], Standing())

    @pytest.mark.parametrize(
        ("endings", "failed"),
        [
            pytest.param([Status.FAILED], True, id="failed"),
            pytest.param([Status.FAILED, Status.SKIPPED], True, id="a skipped one is none"),
            pytest.param([Status.FAILED, Status.BLOCKED], False, id="refused since"),
            pytest.param([Status.BLOCKED, Status.FAILED], True, id="failed since"),
        ],
    )
    async def test_who_has_failed(self, archive: Archive, endings: list[Status], failed: bool) -> None:
        for minutes, status in enumerate(endings):
            await record(archive, [ended(status)], f"run-{minutes}", minutes)
        key = listed().key
        assert (await Catalog(archive).standing([key], RECIPE))[key].failed is failed

    async def test_what_another_recipe_has_made_is_stale(self, archive: Archive) -> None:
        await record(archive, [done("1", OTHER_RECIPE), ended(Status.FAILED, "x", "2", OTHER_RECIPE)])
        keys = [listed(name).key for name in "12"]
        assert await Catalog(archive).standing(keys, RECIPE) == {keys[0]: Standing(stale=True), keys[1]: Standing()}

    async def test_a_paper_asked_for_twice(self, archive: Archive) -> None:
        await record(archive, [done("1")])
        key = listed("1").key
        assert await Catalog(archive).standing([key, key], RECIPE) == {key: Standing(picture=picture())}

    async def test_an_empty_archive_knows_nothing(self, archive: Archive) -> None:
        assert await Catalog(archive).archived([listed().key], RECIPE) == {}


class TestDamage:
    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
    async def test_a_cut_file_is_named_and_the_rest_reads(self, archive: Archive, share: float) -> None:
        broken = await record(archive, [done("1")], "run-1")
        await record(archive, [done("2")], "run-2", minutes=1)
        content = await archive.get(broken) or b""
        await archive.put(broken, content[: int(len(content) * share)])
        catalog = Catalog(archive)
        for _ in range(2):
            assert list(await catalog.archived([listed("1").key, listed("2").key], RECIPE)) == [listed("2").key]
        assert len(catalog.problems) == 1
        assert broken in catalog.problems[0]
        assert "\n" not in catalog.problems[0]

    async def test_foreign_files_are_named_or_left_alone(self, archive: Archive) -> None:
        await record(archive, [done()], "run-1")
        file = pa.BufferOutputStream()
        pq.write_table(pa.table({"paper_key": [1, 2], "status": [None, None]}), file)
        await archive.put("catalog/day=2024-01-01/foreign.parquet", file.getvalue().to_pybytes())
        await archive.put("catalog/day=2024-01-01/notes.txt", b"hello")
        catalog = Catalog(archive)
        assert list(await catalog.archived([listed().key], RECIPE)) == [listed().key]
        assert [problem for problem in catalog.problems if "notes" in problem] == []

    async def test_a_name_that_is_no_path_is_named(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path))
        path = await record(archive, [done()], "run-1")
        (tmp_path / "catalog/Copy of run-1.parquet").write_bytes(b"cut")
        catalog = Catalog(archive)
        assert list(await catalog.archived([listed().key], RECIPE)) == [listed().key]
        assert "Copy" in catalog.problems[0]
        assert path not in catalog.problems[0]

    async def test_columns_of_the_future_and_of_the_past(self, archive: Archive) -> None:
        for name, table in {
            "past": rows([done("1")], run()).drop_columns(["painter_nsfw", "picture_bytes", "message"]),
            "future": rows([done("2")], run()).append_column("mood", pa.array(["calm"])),
        }.items():
            file = pa.BufferOutputStream()
            pq.write_table(table, file)
            await archive.put(f"catalog/day=2024-01-01/{name}.parquet", file.getvalue().to_pybytes())
        catalog = Catalog(archive)
        assert list(await catalog.archived([listed("1").key, listed("2").key], RECIPE)) == [listed("2").key]
        assert catalog.problems == []


def test_every_column_is_documented_with_its_type() -> None:
    table = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+?) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    in_schema = [(field.name, _type_name(field.type), field.metadata[b"description"].decode()) for field in SCHEMA]
    assert table == in_schema


def _type_name(kind: pa.DataType) -> str:
    if not pa.types.is_list(kind):
        return str(kind)
    return "list<string>" if pa.types.is_string(kind.value_type) else "list<struct>"
