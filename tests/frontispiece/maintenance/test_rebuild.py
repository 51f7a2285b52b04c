"""The catalog is lost, and comes back from the pictures and the journal."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.pictures import of_scans
from helpers.papers import numbered
from helpers.stocked import RECIPE, outcome, painting, stocked

from frontispiece.archive.catalog import Catalog
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.maintenance.prune import prunable
from frontispiece.maintenance.rebuild import rebuild
from frontispiece.maintenance.verify import verify

NOW = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)

# What no picture and no journal knows; docs/care.md says so.
GONE = {
    *("run", "run_started_at", "run_finished_at", "program_version", "source", "run_categories", "min_upvotes"),
    *("list_day", "rank", "upvotes", "seen_at", "day", "month"),
    *("paper_version", "paper_authors", "paper_categories", "paper_updated", "paper_abstract_digest"),
}
JOURNALLED = {
    *("writer_request", "writer_tokens_in", "writer_tokens_cached", "writer_tokens_out", "writer_request_id"),
    *("writer_seconds", "writer_dollars", "painter_parameters", "painter_url", "painter_request_id"),
    *("painter_seconds", "painter_dollars", "painter_nsfw", "dollars", "seconds", "unpriced"),
}


async def rows(archive: Archive, without: set[str]) -> list[dict[str, object]]:
    async with open_records(archive) as records:
        answer = records.ask("SELECT * FROM pictures ORDER BY paper_id")
    return [
        {name: value for name, value in zip(answer.columns, row, strict=True) if name not in without}
        for row in answer.rows
    ]


async def test_a_lost_catalog_comes_back(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    before = await rows(archive, GONE)
    shutil.rmtree(tmp_path / "catalog")
    rebuilt = await rebuild(archive, NOW)
    assert (rebuilt.known, rebuilt.entered, rebuilt.problems) == (0, 3, ())
    assert await rows(archive, GONE) == before
    assert (await verify(archive)).findings == []


async def test_without_the_journal_what_the_pictures_tell_comes_back(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    before = await rows(archive, GONE | JOURNALLED)
    shutil.rmtree(tmp_path / "catalog")
    shutil.rmtree(tmp_path / "journal")
    await rebuild(archive, NOW)
    assert await rows(archive, GONE | JOURNALLED) == before
    (first, *_) = await rows(archive, set())
    assert first["dollars"] == 0
    assert first["unpriced"] == 2


async def test_strokes_beside_an_original_are_found_again_and_outlive_it(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=2)
    first, second = (painting(number).original for number in (1, 2))
    vector = f"originals/{first.digest}.svg"
    await archive.put(vector, b"<svg/>")
    assert (await verify(archive)).findings == []
    for room in ("catalog", "journal"):
        shutil.rmtree(tmp_path / room)
    assert (await rebuild(archive, NOW)).problems == ()
    assert [(row["original_path"], row["original_vector"]) for row in await rows(archive, set())] == [
        (first.path, vector),
        (second.path, None),
    ]
    verdict = await verify(archive)
    assert (verdict.findings, verdict.strangers) == ([], [])
    gone = await prunable(archive, datetime.now(UTC) + timedelta(days=1))
    assert {each.path for each in gone} == {first.path, second.path}


async def test_a_picture_stands_for_its_lost_original(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=1)
    for room in ("catalog", "journal", "originals"):
        shutil.rmtree(tmp_path / room)
    await rebuild(archive, NOW)
    (row,) = await rows(archive, set())
    assert row["original_path"] == row["picture_path"]
    assert (await verify(archive)).findings == []


async def test_a_rebuilt_catalog_lets_a_run_skip_its_papers(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    shutil.rmtree(tmp_path / "catalog")
    await rebuild(archive, NOW)
    keys = [numbered(number).key for number in (1, 2, 3)]
    assert (await Catalog(archive).archived(keys, RECIPE)).keys() == set(keys)


async def test_only_what_is_missing_is_entered(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    await outcome(archive, 5)
    assert (await rebuild(archive, NOW)).entered == 1
    again = await rebuild(archive, NOW)
    assert (again.known, again.entered, again.files) == (4, 0, ())
    assert len(await rows(archive, set())) == 4


async def test_what_cannot_be_entered_is_named(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=2)
    first, second = sorted((tmp_path / "pictures/20241031").iterdir())
    moved = tmp_path / "pictures/20230101" / first.name
    moved.parent.mkdir()
    first.rename(moved)
    second.write_bytes(b"no picture")
    (second.parent / "00000000000000aa.jpg").write_bytes(of_scans(500))
    (tmp_path / "pictures/20241031/00000000000000ff.jpg").write_bytes(
        (tmp_path / painting(1).original.path).read_bytes()
    )
    shutil.rmtree(tmp_path / "catalog")
    rebuilt = await rebuild(archive, NOW)
    assert rebuilt.entered == 0
    assert len(rebuilt.problems) == 4
    assert "500 scans" in " ".join(rebuilt.problems)
    assert "belongs to" in rebuilt.problems[0]
    assert "import-log" in " ".join(rebuilt.problems)


@pytest.mark.parametrize(
    ("painter", "dollars"),
    [
        pytest.param("lineart", 0.0, id="is free"),
        pytest.param("openai-images", None, id="is paid"),
        pytest.param("not-installed", None, id="nobody knows"),
    ],
)
async def test_the_painter_says_whether_it_is_free(tmp_path: Path, painter: str, dollars: float | None) -> None:
    archive = await stocked(tmp_path, 1, painter)
    shutil.rmtree(tmp_path / "catalog")
    shutil.rmtree(tmp_path / "journal")
    await rebuild(archive, NOW)
    assert [row["painter_dollars"] for row in await rows(archive, set())] == [dollars]
