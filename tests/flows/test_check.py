"""Runs that look whether labels read: what comes of it in the catalog, on the pages and on the bill."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from helpers.reader import Reader
from helpers.watching import run_day

from flows.artifacts import facts, outcome_table
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.archive.store import Archive
from frontispiece.gallery.publisher import publish

pytestmark = pytest.mark.usefixtures("prefect_server")


def rows(archive: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(archive.rglob("catalog/*/*.parquet")) for row in pq.read_table(path).to_pylist()]


def unlink_all(paths: Any) -> None:
    for path in paths:
        path.unlink()


async def test_the_verdict_stands_in_the_catalog_and_on_the_pages(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(tmp_path / "reader", "SELFCODE ALIGN", "nothing")
    monkeypatch.setenv("FRONTISPIECE_TESSERACT", str(reader.program))
    _, seen = await run_day(limit=2, checker="tesseract")
    assert seen.steps == {paper: ["prompt", "painting", "check", "picture"] for paper in seen.outcomes}
    assert seen.report is not None
    assert (seen.report.checked, seen.report.dollars) == (2, 0.0)
    for row in rows(archive):
        outcome = seen.outcomes[row["paper_id"]]
        assert outcome.check is not None
        assert row["label_reads"] is (row["label_score"] >= 0.8) is (row["paper_id"] not in seen.report.unread)
        assert (row["checker"], row["checker_dollars"], row["status"]) == ("tesseract", 0.0, "done")
        assert row["label_wanted"]
        (shown,) = outcome_table([outcome])
        assert shown["label"] == outcome.check.verdict
        assert any(fact.startswith("label ") for fact in facts(outcome))
    place = Archive.open(str(archive))
    await publish(place, Catalog(place).narrow, await place.list(CATALOG), catalog_month)
    for page in (*archive.glob("gallery/paper/*/*.html"), *archive.glob("gallery/day/*.html")):
        assert "<dt>Label</dt>" in page.read_text()
        assert "<dt>Words read</dt>" in page.read_text()
    # As after a kill before the rows were written: nobody is asked again.
    asked = len(reader.asked)
    unlink_all(archive.rglob("catalog/*/*.parquet"))
    _, seen = await run_day(limit=2, checker="tesseract")
    assert {outcome.cached for outcome in seen.outcomes.values()} == {("prompt", "painting", "check", "picture")}
    assert len(reader.asked) == asked


async def test_a_picture_is_kept_whatever_becomes_of_its_check(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(tmp_path / "reader", "")
    reader.program.write_text(reader.program.read_text().replace("cat >", "exit 3; cat >"))
    monkeypatch.setenv("FRONTISPIECE_TESSERACT", str(reader.program))
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")
    state, seen = await run_day(limit=1, checker="tesseract")
    assert state.name == "Completed"
    (row,) = rows(archive)
    assert (row["status"], row["checker"], row["label_reads"]) == ("done", None, None)
    assert any("is not known" in line for line in seen.lines)
