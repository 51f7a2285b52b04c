"""Runs that look whether labels read: what comes of it in the catalog, on the pages and on the bill."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.providers import Providers
from helpers.reader import Reader
from helpers.watching import run_day

from flows.artifacts import facts, outcome_table
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.archive.query import STATS, open_records
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.gallery.publisher import publish
from frontispiece.looking import look_at_days
from frontispiece.painters.lineart import seed_of
from frontispiece.request import BackfillRequest
from frontispiece.services import open_services
from frontispiece.settings import load_settings

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


NOT_READ = ("nothing",) * 3
"""At each of the sizes."""


async def test_another_take_is_painted_while_the_label_does_not_read(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(tmp_path / "reader", *NOT_READ, "What Happened in LLMs Layers")
    monkeypatch.setenv("FRONTISPIECE_TESSERACT", str(reader.program))
    _, seen = await run_day(limit=1, checker="tesseract", label_attempts=3)
    (steps,) = seen.steps.values()
    assert steps == ["prompt", "painting", "check", "painting", "check", "picture"]
    (outcome,) = seen.outcomes.values()
    assert outcome.check is not None
    assert outcome.check.reads
    (row,) = rows(archive)
    assert outcome.prompt is not None
    assert outcome.prompt.plan is not None
    assert row["painter_seed"] == str(seed_of(outcome.paper, outcome.prompt.plan, take=1))
    assert row["painter_lost_seconds"] > 0
    assert row["checker_lost_seconds"] > 0


async def test_of_takes_that_do_not_read_the_best_is_kept_and_a_second_run_finds_all_of_them(
    archive: Path, tmp_path: Path, world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_WRITER", "template")
    world.fal.alike = True
    reader = Reader(tmp_path / "reader", *NOT_READ, *("What Happened",) * 3, "nothing")
    monkeypatch.setenv("FRONTISPIECE_TESSERACT", str(reader.program))
    _, seen = await run_day(limit=1, checker="tesseract", label_attempts=3)
    (row,) = rows(archive)
    assert (row["label_reads"], row["label_read"], row["painter_seed"]) == (False, "What Happened", "43")
    assert world.fal.paid == 3
    assert row["painter_dollars"] == pytest.approx(world.dollars)
    assert seen.report is not None
    assert seen.report.dollars == pytest.approx(world.dollars)
    assert {call["kind"]: call["state"] for call in row["purchases"]} == {"painting": "delivered"}
    assert len(row["purchases"]) == 3
    unlink_all(archive.rglob("catalog/*/*.parquet"))
    asked = len(reader.asked)
    _, seen = await run_day(limit=1, checker="tesseract", label_attempts=3)
    (again,) = rows(archive)
    told = ("label_read", "label_score", "painter_seed", "painter_dollars", "picture_digest", "painter_lost_seconds")
    assert [again[name] for name in told[:-1]] == [row[name] for name in told[:-1]]
    assert again["painter_lost_seconds"] == 0
    assert (world.fal.paid, len(reader.asked)) == (3, asked)


@pytest.mark.parametrize(
    ("max_usd", "other_pictures"),
    [
        pytest.param(0.007, True, id="the money ends: two at 0.003"),
        pytest.param(None, False, id="the painter gives the same picture again"),
    ],
)
async def test_takes_end_and_the_picture_is_kept(
    archive: Path,
    tmp_path: Path,
    world: Providers,
    monkeypatch: pytest.MonkeyPatch,
    max_usd: float | None,
    other_pictures: bool,
) -> None:
    monkeypatch.setenv("FRONTISPIECE_WRITER", "template")
    reader = Reader(tmp_path / "reader", "nothing")
    monkeypatch.setenv("FRONTISPIECE_TESSERACT", str(reader.program))
    world.fal.alike = other_pictures
    state, _ = await run_day(limit=1, checker="tesseract", label_attempts=5, max_usd=max_usd)
    (row,) = rows(archive)
    assert (state.name, row["status"], row["label_reads"]) == ("Completed", "done", False)
    assert world.fal.paid == 2


async def test_a_take_that_fails_leaves_the_one_before(
    archive: Path, tmp_path: Path, world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_WRITER", "template")
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "1")
    reader = Reader(tmp_path / "reader", "nothing")
    monkeypatch.setenv("FRONTISPIECE_TESSERACT", str(reader.program))
    world.fal.faults.queue("submit", "", "422")
    state, seen = await run_day(limit=1, checker="tesseract", label_attempts=2)
    (row,) = rows(archive)
    assert (state.name, row["status"], row["painter_seed"]) == ("Completed", "done", "42")
    assert any("No other take" in line for line in seen.lines)


async def test_a_paid_look_is_journalled_and_on_the_bill_and_bought_once(
    archive: Path, world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.openai.lettering = ["PAPER BIRDS", "Paper 7713"]
    world.fal.alike = True
    asked = {"limit": 1, "checker": "openai", "label_attempts": 2}
    _, seen = await run_day(**asked)
    (row,) = rows(archive)
    assert (row["checker"], row["checker_model"]) == ("openai", "gpt-4.1-mini")
    assert Counter(call["kind"] for call in row["purchases"]) == {"prompt": 1, "painting": 2, "check": 2}
    assert sum(call["dollars"] for call in row["purchases"]) == pytest.approx(world.dollars)
    assert row["writer_dollars"] + row["painter_dollars"] + row["checker_dollars"] == pytest.approx(world.dollars)
    assert seen.report is not None
    assert seen.report.dollars == pytest.approx(world.dollars)
    async with open_records(Archive.open(str(archive))) as records:
        stats = records.ask(STATS)
    (month,) = (dict(zip(stats.columns, each, strict=True)) for each in stats.rows)
    assert (month["dollars"], month["unpriced"]) == (pytest.approx(world.dollars, abs=1e-6), 0)
    # As after a kill before anything but the journal was written.
    paid = world.paid
    unlink_all(archive.rglob("catalog/*/*.parquet"))
    unlink_all(path for path in archive.rglob("results/*") if path.is_file())
    _, seen = await run_day(**asked)
    (again,) = rows(archive)
    told = ("label_read", "label_score", "painter_seed", "checker_dollars", "checker_request_id")
    assert [again[name] for name in told] == [row[name] for name in told]
    assert world.paid == paid
    assert seen.report is not None
    assert seen.report.dollars == 0


async def test_under_a_limit_no_picture_is_begun_that_could_not_be_looked_at(
    archive: Path, world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.openai.lettering = ["nothing"]
    settings = load_settings(writer="openai", painter="fal", checker="openai", archive=str(archive))
    async with open_services(settings) as services:
        paper = (await services.source.list_day(date(2024, 10, 31))).papers[0]
        prices = [services.writer.price(paper), services.painter.price, services.checker and services.checker.price]
    one = sum(price or 0.0 for price in prices)
    state, _ = await run_day(limit=2, checker="openai", label_attempts=3, max_usd=one * 1.01)
    assert state.name == "Budget reached"
    done = [row for row in rows(archive) if row["status"] == "done"]
    assert [row["label_reads"] for row in done] == [False] * len(done)
    assert done
    assert world.dollars <= one * 1.01
    assert len(world.openai.looked_at) == world.fal.paid


async def test_the_quote_has_looks_and_takes(archive: Path, world: Providers) -> None:
    asked = {"checker": "openai", "label_attempts": 3}
    settings = load_settings(writer="openai", painter="fal", archive=str(archive), **asked)
    day = date(2024, 10, 31)
    async with open_services(settings) as services:
        request = BackfillRequest(str(day), limit=1, dry_run=True, **asked)
        plan = await look_at_days(Days(day, day), request, services)
        assert plan is not None
        paper = (await services.source.list_day(day)).papers[0]
        assert services.checker is not None
        take = (services.painter.price or 0) + (services.checker.price or 0)
        assert plan.estimate.dollars == pytest.approx((services.writer.price(paper) or 0) + 3 * take)
    assert "1 paper · up to 7 calls" in plan.headline
    assert plan.checker == "openai gpt-4.1-mini, up to 3 takes"
    assert world.paid == (0, 0)


async def test_a_critic_has_the_next_take_painted_from_words_of_its_own(archive: Path, world: Providers) -> None:
    better = "A theatre whose curtain reads 'What Happened in LLMs Layers'."
    poor = {"faithfulness": {"mark": 2, "reason": "That is another paper."}, "prompt": better}
    world.openai.lettering, world.openai.judgements = ["What Happened in LLMs Layers"], [poor]
    asked = {"limit": 1, "checker": "openai", "critic": True, "label_attempts": 3}
    _, seen = await run_day(**asked)
    (row,) = rows(archive)
    assert list(seen.steps.values()) == [["prompt", "painting", "check", "painting", "check", "picture"]]
    assert [(order["prompt"] == better, order["seed"]) for order in world.fal.requests] == [(False, 42), (True, 42)]
    assert (row["prompt"], row["critic_faithfulness"], row["label_reads"]) == (better, 8, True)
    assert row["critic_reasons"].splitlines()[0] == "label: Well done."
    assert Counter(call["kind"] for call in row["purchases"]) == {"prompt": 1, "painting": 2, "check": 2}
    assert sum(call["dollars"] for call in row["purchases"]) == pytest.approx(world.dollars)
    (outcome,) = seen.outcomes.values()
    assert "critic: label 8, faithfulness 8, readability 8, style 8" in list(facts(outcome))
    unlink_all(archive.rglob("catalog/*/*.parquet"))
    paid = world.paid
    await run_day(**asked)
    (again,) = rows(archive)
    assert (again["prompt"], again["picture_digest"], again["recipe"]) == (better, row["picture_digest"], row["recipe"])
    assert len(again["purchases"]) == 5
    assert world.paid == paid
