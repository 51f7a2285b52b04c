"""Stretches of days, run in this process on local fakes of the providers."""

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from fakes.faults import OneAtATime
from fakes.huggingface import FakeHuggingFace
from fakes.providers import Providers
from fakes.server import refusing, serving
from helpers.bill import books
from helpers.papers import paper
from helpers.real_server import PATIENCE, eventually
from prefect import flow, runtime, tags
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import Artifact, FlowRun, State, StateType
from prefect.states import Cancelled, Completed, Crashed, Running
from starlette.applications import Starlette

from deployments.definitions import Definition, definitions
from flows.backfill import backfill
from flows.bundles import FLOW as BUNDLE
from flows.bundles import Bundle, Bundles, Given, More, Processes, is_served, processes_at_hand
from flows.daily import daily
from flows.dayruns import DayRuns, Ended, NextDay, after_daily, days_of, tag
from flows.interrupts import MESSAGE
from flows.listener import RunListener, surrounded
from flows.planpage import BackfillPage
from flows.results import NO_RESULTS
from flows.verdict import BUDGET_REACHED
from flows.window import Window
from frontispiece.archive.calendar import COUNTS, Day, Mark, calendar
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.errors import BadInput, SourceUnreached
from frontispiece.models import Paper
from frontispiece.money import amount
from frontispiece.purchases.estimate import Estimate
from frontispiece.purchases.plan import DayPlan, Plan, duration
from frontispiece.recipe import digest
from frontispiece.services import open_budget, open_services
from frontispiece.settings import load_settings
from frontispiece.text import counted

pytestmark = pytest.mark.usefixtures("prefect_server")

DAYS, PER_DAY = 3, 4
FIRST = date(2024, 10, 1)
RANGE = "2024-10-01..2024-10-03"
PAPERS = DAYS * PER_DAY


def definition(name: str) -> Definition:
    return next(each for each in definitions(load_settings()) if each.name == name)


def line(number: int, day: date) -> str:
    return json.dumps(
        {
            "id": f"2410.{number:05d}",
            "authors": "Ada Lovelace",
            "title": f"On the Motion of Paper Birds, Part {number}",
            "abstract": f"We fold {number} birds out of paper and watch them.",
            "categories": "cs.CL",
            "versions": [{"version": "v1", "created": f"{day:%a, %d %b %Y} 12:00:00 GMT"}],
            "update_date": str(day),
        }
    )


def snapshot(path: Path, days: int = DAYS, per_day: int = PER_DAY) -> Path:
    lines = [line(number, FIRST + timedelta(days=number // per_day)) for number in range(days * per_day)]
    path.write_text("\n".join(lines) + "\n")
    return path


class Looker(RunListener):
    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.days: list[Day] = []
        self.with_prompts: set[str] = set()

    def planned(self, plan: Plan) -> None:
        self.run = runtime.flow_run.id
        self.plans.append(plan)

    def day_ended(self, day: Day) -> None:
        self.days.append(day)

    def step(self, paper: Paper, name: str) -> None:
        if name == "painting":
            self.with_prompts.add(paper.key)


@pytest.fixture
def archive(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setenv("FRONTISPIECE_SNAPSHOT", str(snapshot(tmp_path / "papers.jsonl")))
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "1")
    return Archive.open(str(archive))


async def run(days: str = RANGE, **parameters: Any) -> tuple[State[Any], Looker]:
    looker = Looker()
    with surrounded(listener=looker):
        return await backfill(days, **parameters, return_state=True), looker


async def standing(archive: Archive, days: Days | None = None) -> list[Day]:
    settings = load_settings()
    days = days or Days(FIRST, FIRST + timedelta(days=DAYS - 1))
    async with open_services(settings) as services:
        return await calendar(Catalog(archive), days, settings.source, services.recipe.fingerprint)


async def runs_of(backfill_id: str) -> list[FlowRun]:
    async with get_client() as client:
        tags = FlowRunFilterTags(all_=[tag(backfill_id)])
        return await client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=tags))


async def page_of(run: Any) -> list[Artifact]:
    """What is on a run's page, by key."""
    async with get_client() as client:
        mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        return sorted(await client.read_artifacts(artifact_filter=mine), key=lambda each: each.key or "")


async def test_a_dry_run_quotes_and_buys_nothing(world: Providers, archive: Archive) -> None:
    state, seen = await run(dry_run=True)
    (plan,) = seen.plans
    assert state.is_completed()
    assert (world.paid, await standing(archive)) == (
        (0, 0),
        [Day(day=FIRST + timedelta(days=n), mark=Mark.NEVER_RUN) for n in range(DAYS)],
    )
    assert [(each.listed, each.to_do) for each in plan.days] == [(PER_DAY, PER_DAY)] * DAYS
    assert (plan.estimate.papers, plan.estimate.calls, plan.estimate.by_catalog) == (PAPERS, 2 * PAPERS, False)
    assert plan.estimate.dollars is not None
    assert PAPERS * 0.003 < plan.estimate.dollars < PAPERS * 0.004


async def test_no_day_waits_for_the_last_picture_of_another(world: Providers, archive: Archive) -> None:
    fal = OneAtATime()
    world.fal.faults.know("held", fal.answer)
    world.fal.faults.always("submit", "held")
    under_way = asyncio.create_task(run())
    await eventually(lambda: world.openai.paid == PAPERS and fal.begun)  # all days write, and none has a picture
    fal.release()
    state, seen = await under_way
    assert state.is_completed(), state
    assert [each.mark for each in seen.days] == [Mark.DONE] * DAYS
    assert world.paid == (PAPERS, PAPERS)


async def test_days_are_run_once_under_their_names_and_tag(
    world: Providers, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    began = datetime.now(UTC)
    state, seen = await run(order="oldest", days_at_once=1)
    assert (state.name, world.paid) == ("Completed", (PAPERS, PAPERS))
    assert [(each.day.day, each.mark, each.archived) for each in seen.days] == [
        (n, Mark.DONE, PER_DAY) for n in (1, 2, 3)
    ]
    runs = [each for each in await runs_of(seen.plans[0].id) if each.created and each.created >= began]
    assert sorted(each.name for each in runs) == [f"2024-10-0{n} · snapshot" for n in (1, 2, 3)]
    assert {str(each.id) for each in runs} == {each.run for each in await standing(archive)}
    assert all(each.parent_task_run_id for each in runs), "they are children of the backfill's run"
    shown = await page_of(seen.run)
    assert [each.key for each in shown] == ["calendar", "days", "plan"]
    assert shown[0].description == f"3 days: 3 done · {PAPERS} pictures · {amount(world.dollars)}"
    lines = [line for line in caplog.messages if re.match(r"2024-10-0[123]: 4 pictures, \$0\.0\d{3}", line)]
    assert [line[:10] for line in lines] == ["2024-10-01", "2024-10-02", "2024-10-03"]

    again, seen = await run(order="oldest", days_at_once=1)
    assert (again.name, world.paid, seen.days) == ("Completed", (PAPERS, PAPERS), [])
    assert seen.plans[0].estimate.papers == 0
    assert seen.plans[0].spent == pytest.approx(world.dollars)


async def test_a_limit_holds_for_each_list_and_refresh_makes_the_same_anew(world: Providers, archive: Archive) -> None:
    state, seen = await run(limit=1)
    assert (state.name, world.paid) == ("Completed", (DAYS, DAYS))
    assert [(each.listed, each.to_do) for each in seen.plans[0].days] == [(PER_DAY, 1)] * DAYS
    again, seen = await run(limit=1)
    assert [(each.mark, each.archived, each.to_do) for each in seen.plans[0].days] == [(Mark.PARTIAL, 1, 0)] * DAYS
    assert seen.days == []  # a run with this limit would see no more of the lists
    assert (again.name, world.paid) == ("Completed", (DAYS, DAYS))

    before = world.dollars
    capped, _ = await run(limit=1, refresh=True, max_usd=0.0075, papers_at_once=1)
    assert (capped.name, world.paid) == (BUDGET_REACHED, (DAYS + 2, DAYS + 2)), "a purse of its own"
    left = f"2 pictures made, {amount(world.dollars - before)}; 1 paper is left (about $0.0"
    assert left in (capped.message or ""), capped.message
    state, seen = await run(limit=1, refresh=True)
    assert (state.name, world.paid) == ("Completed", (2 * DAYS + 2, 2 * DAYS + 2))
    assert [(each.mark, each.archived, each.unseen) for each in seen.days] == [(Mark.PARTIAL, 1, PER_DAY - 1)] * DAYS
    _, seen = await run()
    assert [each.mark for each in seen.days] == [Mark.DONE] * DAYS


async def test_the_newest_day_comes_first(world: Providers, archive: Archive) -> None:
    _, seen = await run(days_at_once=1)
    assert [each.day.day for each in seen.days] == [3, 2, 1]


async def test_the_budget_is_never_passed_and_a_higher_one_goes_on(world: Providers, archive: Archive) -> None:
    state, seen = await run(max_usd=0.015, papers_at_once=2)
    assert state.name == "Budget reached"
    assert 0 < world.dollars <= 0.015
    first = world.paid
    assert f"; {PAPERS - first[1]} papers are left (about $0.0" in (state.message or "")
    assert f"of 3 days run, {counted(first[1], 'picture')} made, " in (state.message or "")

    still, _ = await run(max_usd=0.015, papers_at_once=2)
    assert (still.name, world.paid[0]) == ("Budget reached", first[0])  # no prompt that could not be painted
    assert world.dollars <= 0.015

    before = world.dollars
    state, seen = await run(max_usd=0.05)
    assert (state.name, world.paid) == ("Completed", (PAPERS, PAPERS))
    assert [each.mark for each in await standing(archive)] == [Mark.DONE] * DAYS
    assert seen.plans[0].spent <= 0.015
    own = f"{PAPERS - first[1]} pictures made, {amount(world.dollars - before)}."
    assert (state.message or "").endswith(f"days run, {own}"), state.message


async def test_two_at_once_keep_the_limit_of_one(world: Providers, archive: Archive) -> None:
    both = await asyncio.gather(*(run(max_usd=0.015, papers_at_once=2) for _ in range(2)))
    assert {state.name for state, _ in both} == {BUDGET_REACHED}
    assert 0 < world.dollars <= 0.015


async def test_the_purse_is_that_of_range_source_and_recipe_whatever_else_is_asked(
    world: Providers, archive: Archive
) -> None:
    _, first = await run(max_usd=0.015, papers_at_once=2)
    paid = world.paid
    for asked in ({"order": "oldest"}, {"only": "all"}, {"limit": 2}, {"days_at_once": 1}, {"categories": ("cs.CL",)}):
        _, seen = await run(max_usd=0.015, dry_run=True, **asked)
        assert seen.plans[0].account == first.plans[0].account, asked
        assert seen.plans[0].spent == pytest.approx(world.dollars)
    state, _ = await run(max_usd=0.015, order="oldest", only="all", limit=2)
    assert (state.name, world.paid) == (BUDGET_REACHED, paid)


async def test_purses_of_earlier_versions_are_not_forgotten(world: Providers, archive: Archive) -> None:
    async with open_services(load_settings()) as services:
        recipe = services.recipe.fingerprint
    chosen = [("missing", "newest"), ("missing", "oldest"), ("all", "oldest", 7, "")]
    for number, (only, order, *more) in enumerate(chosen):
        categories = sorted(load_settings().categories)
        account = digest("backfill", RANGE, "snapshot", categories, None, only, order, recipe, *more)[:12]
        for said in ("booked", "paid") if number else ("booked",):
            await archive.put_if_absent(f"budgets/{account}/0123456789abcdef-0-{said}-5000000", b"")
    for _ in range(2):
        state, seen = await run(max_usd=0.015, limit=7)
        assert (state.name, world.paid, seen.plans[0].spent) == (BUDGET_REACHED, (0, 0), pytest.approx(0.015))


async def test_refusals_are_paid_from_the_budget_and_stay_known(world: Providers, archive: Archive) -> None:
    world.openai.tokens_out, world.openai.heeds_limits = 16_384, False
    world.openai.faults.always("chat", "refusal")
    state, _ = await run(max_usd=0.05)
    assert state.name == "Budget reached"
    assert 0.03 < world.dollars <= 0.05
    paid = world.paid
    _, seen = await run(max_usd=0.05)
    assert world.paid == paid
    assert seen.plans[0].spent == pytest.approx(world.dollars)
    assert await dollars(archive) == pytest.approx(world.dollars, abs=1e-6)


async def test_refusals_in_batches_stand_in_the_rows_of_their_days(world: Providers, archive: Archive) -> None:
    world.openai.looks = 0
    world.openai.lines.extend(["refusal", "empty"] * (PAPERS // 2))
    state = None
    while state is None or state.name == "Waiting for batch":
        state, _ = await run(batch=True, batch_hours=0)
    assert world.openai.paid > PAPERS
    assert await dollars(archive) == pytest.approx(world.dollars, abs=1e-6)


async def dollars(archive: Archive) -> float:
    """What `stats` shows."""
    async with open_records(archive) as records:
        return float(records.ask("SELECT sum(dollars) FROM runs").rows[0][0])  # type: ignore[arg-type]


async def test_a_daily_has_a_budget_too_and_remembers_it(
    world: Providers, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_PROMPTS_AT_ONCE", "1")
    for _ in range(2):
        state: State[Any] = await daily(FIRST, days_back=0, max_usd=0.0075, return_state=True)
        assert state.name == "Budget reached"
        assert world.paid == (2, 2)
    state = await daily(FIRST, days_back=0, max_usd=0.03, return_state=True)
    assert (state.name, world.paid) == ("Completed", (PER_DAY, PER_DAY))


async def test_a_limit_needs_known_prices(world: Providers, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_OPENAI_MODEL", "a-model-of-tomorrow")
    for state in (
        await daily(FIRST, days_back=0, max_usd=1, return_state=True),
        (await run("2024-10-01", max_usd=1, allow_unknown_price=True))[0],
    ):
        error = await state.aresult(raise_on_failure=False)
        assert isinstance(error, BadInput)
        assert "cannot be kept" in str(error)
    assert world.paid == (0, 0)


async def test_failed_days_do_not_stop_the_others_and_failed_papers_can_be_run_alone(
    world: Providers, archive: Archive
) -> None:
    world.fal.faults.queue("submit", *["503"] * 3)
    state, seen = await run(days_at_once=1)
    assert state.is_failed()
    assert "2024-10-03 (3 failed)" in (state.message or "")
    assert sorted(each.mark for each in seen.days) == [Mark.DONE, Mark.DONE, Mark.PARTIAL]
    bought = world.paid
    state, seen = await run(only="failed")
    assert (state.name, [each.to_do for each in seen.plans[0].days]) == ("Completed", [3, 0, 0])
    assert world.paid == (bought[0], PAPERS)


@pytest.mark.parametrize("only", ["all", "failed"])
async def test_a_backfill_is_judged_by_what_it_did_and_not_by_failures_of_earlier_runs(
    only: str, world: Providers, archive: Archive
) -> None:
    world.fal.faults.queue("submit", *["503"] * 3)
    await run("2024-10-01")
    assert [(each.archived, each.failed) for each in await standing(archive, Days(FIRST, FIRST))] == [(1, 3)]
    paid = world.dollars
    state, _ = await run("2024-10-01", only=only, max_usd=paid + 0.0065, papers_at_once=1)
    assert state.name == BUDGET_REACHED, state.message
    assert "; 1 paper is left (about $0.0" in (state.message or ""), state.message
    state, _ = await run("2024-10-01", only=only)
    assert state.name == "Completed"


async def test_its_last_line_names_what_may_be_on_the_bill_besides(world: Providers, archive: Archive) -> None:
    world.openai.faults.queue("chat", "reset after reading")
    state, _ = await run("2024-10-01")
    said = await books(archive.where())
    assert said.dollars < world.dollars <= said.dollars + said.in_doubt
    price = f"{amount(said.dollars)} and {amount(said.in_doubt)} in doubt"
    assert state.message == f"1 of 1 day run, 3 pictures made, {price}; 2024-10-01 (1 failed)."


async def test_who_asks_for_failed_papers_does_not_mean_days_that_no_run_has_seen(
    world: Providers, archive: Archive
) -> None:
    state, seen = await run(only="failed")
    assert (state.name, seen.days, world.paid) == ("Completed", [], (0, 0))
    assert [each.mark for each in await standing(archive)] == [Mark.NEVER_RUN] * DAYS


async def test_what_another_recipe_made_is_stale(
    world: Providers, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run("2024-10-01")
    monkeypatch.setenv("FRONTISPIECE_JPEG_QUALITY", "80")
    _, seen = await run(dry_run=True)
    assert [each.to_do for each in seen.plans[0].days] == [PER_DAY, PER_DAY, 0]
    (last,) = [each for each in seen.plans[0].days if each.day == FIRST]
    (now, *_) = await standing(archive)
    assert last.model_dump(include={*COUNTS, "mark"}) == now.model_dump(include={*COUNTS, "mark"})
    assert (now.mark, now.stale, now.to_do, last.archived) == (Mark.PARTIAL, PER_DAY, PER_DAY, 0)
    assert f"{PER_DAY} stale papers are not in this, --only stale takes them" in seen.plans[0].headline
    _, seen = await run(only="stale")
    assert [each.to_do for each in seen.plans[0].days] == [0, 0, PER_DAY]
    assert "stale" not in seen.plans[0].headline
    assert (await standing(archive))[0].mark is Mark.DONE
    assert world.paid == (PER_DAY, PER_DAY)


async def test_an_unknown_price_has_to_be_allowed(
    world: Providers, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_OPENAI_MODEL", "a-model-of-tomorrow")
    state, seen = await run("2024-10-01")
    assert isinstance(await state.aresult(raise_on_failure=False), BadInput)
    assert (seen.plans[0].estimate.dollars, world.paid) == (None, (0, 0))
    state, _ = await run("2024-10-01", allow_unknown_price=True)
    assert (state.name, world.paid) == ("Completed", (PER_DAY, PER_DAY))


async def test_cancelled_its_days_end_too_and_nothing_is_lost(world: Providers, archive: Archive) -> None:
    world.fal.latency = math.inf
    looker = Looker()
    with surrounded(listener=looker, is_command=True):
        going = asyncio.create_task(backfill(RANGE, return_state=True))
    # Nothing that is paid for is on its way: all prompts have come, and each order that has a lane is looked at.
    lanes = load_settings().paintings_at_once
    await eventually(lambda: len(looker.with_prompts) == PAPERS)
    await eventually(lambda: sum(order.looks > 0 for order in world.fal.orders.values()) == lanes)
    going.cancel()  # as Ctrl-C does
    assert (await going).is_cancelled()
    async with get_client() as client:
        whole = await client.read_flow_run(UUID(looker.run))
        runs = [whole, *await days_of(whole.id, client)]
    assert {each.state_type for each in runs} == {StateType.CANCELLED}
    assert {each.state.message for each in runs if each.state} <= {MESSAGE, "It had not begun."}
    page = {each.key: each for each in await page_of(looker.run)}
    assert re.match(r"3 days: .* · 0 pictures", page["calendar"].description or "")
    assert re.fullmatch(f"0 of {DAYS} days( · stopped there)?", page["days"].description or ""), "if there is time"
    for job in world.fal.orders.values():
        job.due = 0
    world.fal.latency = 0
    state, _ = await run()
    assert (state.name, world.paid) == ("Completed", (PAPERS, PAPERS))


async def test_prompts_in_batches_cost_half(world: Providers, archive: Archive) -> None:
    _, seen = await run(dry_run=True)
    full = seen.plans[0].estimate.dollars
    _, seen = await run(dry_run=True, batch=True)
    half = seen.plans[0].estimate.dollars
    assert full is not None
    assert half is not None
    assert (full - PAPERS * 0.003) == pytest.approx(2 * (half - PAPERS * 0.003))
    world.openai.looks = 0
    state, seen = await run(batch=True)
    assert (state.name, world.paid, world.openai.requests) == ("Completed", (PAPERS, PAPERS), [])
    assert state.message == f"3 of 3 days run, {PAPERS} pictures made, {amount(world.dollars)}."
    again, seen = await run(batch=True)
    assert (again.name, world.paid) == ("Completed", (PAPERS, PAPERS))
    assert seen.plans[0].spent == pytest.approx(world.dollars)


async def test_batches_that_are_not_finished_are_waited_for_by_the_next_run(world: Providers, archive: Archive) -> None:
    world.openai.looks = None
    for _ in range(2):
        state, _ = await run(batch=True, batch_hours=0)
        assert (state.name, world.paid, len(world.openai.batches)) == ("Waiting for batch", (0, 0), 1)
        assert f"{PAPERS} prompts are on order" in (state.message or "")
    state = await daily(FIRST, days_back=0, return_state=True)  # nor does anybody else buy them meanwhile
    assert (state.name, world.paid) == ("Completed", (0, 0))
    assert f"{PER_DAY} on order in a batch" in (state.message or "")
    world.openai.lines.append("expired")
    world.openai.finish(*world.openai.batches)
    world.openai.looks = 0
    state, _ = await run(batch=True, batch_hours=0)
    if state.name == "Waiting for batch":  # for the prompt that was ordered again
        state, _ = await run(batch=True, batch_hours=0)
    assert (state.name, world.paid, world.openai.requests) == ("Completed", (PAPERS, PAPERS), [])
    assert set(world.openai.bought.values()) == {1}
    assert [each.mark for each in await standing(archive)] == [Mark.DONE] * DAYS


async def test_the_budget_holds_in_batches_too(world: Providers, archive: Archive) -> None:
    world.openai.looks = 0
    state, _ = await run(batch=True, max_usd=0.02)
    assert state.name == "Budget reached"
    assert 0 < world.dollars <= 0.02
    state, _ = await run(batch=True, max_usd=0.06)
    assert (state.name, world.paid, world.openai.requests) == ("Completed", (PAPERS, PAPERS), [])


async def test_today_comes_first(prefect_server: None) -> None:
    @flow(name="daily")
    async def a_daily() -> None:
        """Never run."""

    said: list[str] = []
    await asyncio.wait_for(after_daily(said.append, 0.01), PATIENCE)
    async with get_client() as client:
        daily = await client.create_flow_run(a_daily, state=Running())
        waiting = asyncio.create_task(after_daily(said.append, 0.01))
        await eventually(lambda: said)
        assert not waiting.done()
        await client.set_flow_run_state(daily.id, Completed(), force=True)
        await asyncio.wait_for(waiting, PATIENCE)
    assert len(said) == 1


async def test_days_that_nobody_starts_any_longer_are_run_here(
    world: Providers, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when `serve` was ended just before: that it is gone shows a minute later."""
    await definition("backfill-days").build().aapply()
    began = datetime.now(UTC)
    monkeypatch.setattr("flows.backfill.processes_at_hand", lambda: asyncio.sleep(0, Processes(2)))
    monkeypatch.setattr("flows.window.WORTH_SECONDS", 0.0)
    state, seen_days = await run()
    assert (state.name, world.paid) == ("Completed", (PAPERS, PAPERS))
    assert [each.mark for each in seen_days.days] == [Mark.DONE] * DAYS
    (backfill_id,) = {plan.id for plan in seen_days.plans}
    new = [each for each in await runs_of(backfill_id) if each.created and each.created >= began]
    ends = [each.state_type for each in new if each.state_type]
    assert sorted(ends) == [StateType.CANCELLED] * (len(ends) - DAYS) + [StateType.COMPLETED] * DAYS
    assert len(ends) > DAYS, "a bundle was offered"


async def test_who_has_one_processor_serves_days_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backfill there waits for no batch, though it has no other process to give days to."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    served = await definition("backfill-days").build().aapply()
    assert not await is_served()
    async with get_client() as client, asyncio.timeout(PATIENCE):
        while not await is_served():  # the server writes it down a moment later
            await client.get_scheduled_flow_runs_for_deployments([served])
    assert await processes_at_hand() == Processes(1)


class Unseen:
    def day_begun(self) -> None:
        pass

    def day_ended(self) -> None:
        pass


class Elsewhere(Bundles):
    """Processes of their own, which spend from the same account. What they spend, and how they end, is told."""

    def __init__(self, archive: Archive, *ends: tuple[float, State[Any] | Exception | None]) -> None:
        super().__init__(ACCOUNT)
        self._archive = archive
        self._ends = list(ends)
        self.ran: list[date] = []

    async def left_open(self) -> list[Bundle]:
        return []

    async def start(self, days: Sequence[date], parameters: Mapping[str, Any]) -> Bundle:
        if not self._ends:
            raise OSError("the server is away")
        self.ran += days
        return Bundle(FlowRun(flow_id=uuid4()), [*days])

    async def follow(
        self, bundle: Bundle, is_wanted: Callable[[], bool], more: More, ended: Ended
    ) -> State[Any] | None:
        (day,) = bundle.days
        dollars, end = self._ends.pop(0)
        purse = await open_budget(self._archive, ACCOUNT, 1.0)
        if dollars:
            await purse.set_aside({f"{day:%Y%m%d}": dollars}, None)
        if isinstance(end, Exception):
            raise end
        if end is not None and end.is_completed():
            await ended(day, end)
        if end is None:
            await eventually(lambda: not is_wanted())
        return end


class Here(DayRuns):
    """Runs what is left when so many days have gone elsewhere."""

    def __init__(self, bundles: Elsewhere, elsewhere: int) -> None:
        self._bundles = bundles
        self._elsewhere = elsewhere
        self.ran: list[date] = []

    async def run(self, next_day: NextDay, ended: Ended) -> None:
        await eventually(lambda: len(self._bundles.ran) == self._elsewhere)
        while (day := await next_day()) is not None:
            self.ran.append(day)
            await ended(day, Completed())


ACCOUNT = "0123456789ab"
SECOND, THIRD = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
DONE, AT_THE_LIMIT, CRASHED, CANCELLED = Completed(), Completed(name=BUDGET_REACHED), Crashed(), Cancelled()


class Nobody(DayRuns):
    def __init__(self) -> None:
        pass

    async def run(self, next_day: NextDay, ended: Ended) -> None:
        pass


async def shared_out(bundles: Elsewhere, here: DayRuns, max_usd: float | None = None) -> State[Any]:
    """Three days of a hundred papers each, for this process and one other."""
    there = {"listed": 100, "to_do": 100, "blocked": 0, "dollars": 0.5, "least": 0.1, "is_new": True}
    days = tuple(DayPlan(day=FIRST + timedelta(days=number), **there) for number in range(DAYS))
    price = Estimate(papers=300, dollars=1.5, tokens_in=0, tokens_out=0, minutes=5.0, by_catalog=False)
    told = {"id": ACCOUNT, "account": ACCOUNT, "source": "snapshot", "writer": "w", "painter": "p", "max_usd": max_usd}
    plan = Plan(days=days, estimate=price, spent=0.0, **told)

    @flow(persist_result=False, result_storage=NO_RESULTS)
    async def some_days() -> State[None]:
        async with open_services(load_settings(max_usd=max_usd), account=ACCOUNT) as services:
            window = Window(services, plan, here, bundles, {}, 2)
            await window.run(cast("BackfillPage", Unseen()))
            return window.verdict()

    state: State[Any] = await some_days(return_state=True)
    return state


@pytest.mark.parametrize(
    ("ends", "name"),
    [
        pytest.param([(0.3, DONE), (0.3, DONE), (0.3, DONE)], None, id="enough for all"),
        pytest.param([(0.3, DONE), (0.3, DONE), (0.3, AT_THE_LIMIT)], BUDGET_REACHED, id="the last one needs more"),
        pytest.param([(0.4, DONE), (0.59, DONE)], BUDGET_REACHED, id="crumbs are left"),
        pytest.param([(0.2, DONE), (0.0, AT_THE_LIMIT)], BUDGET_REACHED, id="calls come to more than the list says"),
    ],
)
async def test_bundles_are_started_while_there_is_money_for_a_picture(
    archive: Archive, ends: list[tuple[float, State[Any]]], name: str | None
) -> None:
    bundles = Elsewhere(archive, *ends)
    state = await shared_out(bundles, Nobody(), max_usd=1.0)
    assert bundles.ran == [FIRST + timedelta(days=number) for number in range(len(ends))]
    assert state.name == (name or "Completed")
    assert ("papers are left (about $" in (state.message or "")) is bool(name)


@pytest.mark.parametrize(
    ("ends", "elsewhere", "here", "said"),
    [
        pytest.param([CRASHED, DONE], [1, 1], [2, 3], "", id="once"),
        pytest.param([CRASHED] * 3, [1, 1, 1], [2, 3], "2024-10-01 (not run to its end)", id="time and again"),
        pytest.param([OSError("the server is away")], [1], [1, 2, 3], "", id="not heard of any longer"),
        pytest.param([None], [1], [1, 2, 3], "", id="not begun, and wanted here"),
        pytest.param([CANCELLED, DONE], [1, 2], [3], "2024-10-01 (not run to its end)", id="cancelled by somebody"),
    ],
)
async def test_a_day_that_is_lost_with_its_process_is_run_again_twice_at_most(
    archive: Archive, ends: list[State[Any] | Exception | None], elsewhere: list[int], here: list[int], said: str
) -> None:
    bundles = Elsewhere(archive, *((0.0, end) for end in ends))
    runs = Here(bundles, len(elsewhere))
    state = await shared_out(bundles, runs)
    assert [day.day for day in bundles.ran] == elsewhere
    assert sorted(day.day for day in runs.ran) == here
    assert said in (state.message or "")
    assert state.is_failed() is bool(said)


async def test_a_process_is_given_days_as_it_goes() -> None:
    """Whoever takes the backfill up meanwhile knows which."""
    bundles, begun, ran, asked = Bundles("feeding", 0.01), asyncio.Event(), list[date](), list[set[date]]()
    answers: list[list[date] | None] = [[SECOND], [], [THIRD], None]

    @flow(name=BUNDLE, persist_result=False, result_storage=NO_RESULTS)
    async def some_days(days: list[str]) -> None:
        given = Given([*map(date.fromisoformat, days)], 0.01)
        begun.set()
        while (day := await given.next()) is not None:
            ran.append(day)

    async def more(ahead: Collection[date]) -> list[date] | None:
        asked.append({*ahead})
        (found,) = await bundles.left_open()
        assert (set(found.days), found.is_fed) == (asked[-1], True)
        return answers.pop(0)

    async def ended(day: date, state: State[Any] | None) -> None:
        raise AssertionError(day, state)

    async def follow() -> State[Any] | None:
        await begun.wait()
        (bundle,) = await bundles.left_open()
        return await bundles.follow(bundle, lambda: True, more, ended)

    @flow(persist_result=False, result_storage=NO_RESULTS)
    async def whole() -> State[Any] | None:
        with tags(tag("feeding")):
            return (await asyncio.gather(some_days([str(FIRST)]), follow()))[1]

    state = await asyncio.wait_for(whole(), PATIENCE)
    assert state is not None
    assert state.is_completed()
    assert ran == [FIRST, SECOND, THIRD]
    assert asked == [{FIRST}, {FIRST, SECOND}, {FIRST, SECOND}, {FIRST, SECOND, THIRD}]


async def test_a_list_that_changes_and_one_that_cannot_be_read(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date()
    days = Days(today - timedelta(days=1), today)
    there = [paper(f"2411.0000{n}", f"Paper {n}", day=today, upvotes=20) for n in range(4)]
    source = FakeHuggingFace(there)
    with serving(Starlette(routes=source.routes)) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.setenv("FRONTISPIECE_SOURCE", "huggingface")
        state, seen = await run(str(days))
        assert [(each.day, each.mark, each.archived) for each in await standing(archive, days)] == [
            (days.first, Mark.EMPTY, 0),
            (today, Mark.DONE, 4),
        ]
        source.papers = [*there[1:], paper("2411.00009", "A late one", day=today, upvotes=20)]
        _, seen = await run(str(days))
        assert [each.to_do for each in seen.plans[0].days] == [1, 0]
        now = (await standing(archive, days))[1]
        assert (now.listed, now.archived, now.left, now.mark) == (5, 5, 1, Mark.DONE)

        source.faults.queue("list", "503")
        state, seen = await run(f"{days.first - timedelta(days=1)}..{days.first}", order="oldest", days_at_once=1)
        assert "503" in (seen.plans[0].days[0].problem or "")
        assert state.is_completed()  # it could be read when its turn came
        source.faults.always("list", "503")
        state, _ = await run(f"{days.first - timedelta(days=3)}..{days.first - timedelta(days=2)}")
        assert state.is_failed()
        assert "not run to its end" in (state.message or "")
        state, seen = await run(f"{days.first - timedelta(days=3)}..{days.first - timedelta(days=2)}", dry_run=True)
        assert state.is_failed()
        assert seen.plans[0].headline.endswith("to run · 2 lists could not be read, and nothing of that is in this")


async def test_a_source_out_of_reach_ends_a_backfill_soon(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")
    with refusing() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        state, seen = await run("2024-10", source="huggingface")
    error = await state.aresult(raise_on_failure=False)
    assert isinstance(error, SourceUnreached)
    assert re.fullmatch(r"Hugging Face: .* could not be reached: .* on 4 days one after the other: .*", str(error))
    assert seen.plans == []
    tried = [each.message for each in caplog.records if "Trying again" in each.message]
    assert 0 < len(tried) <= 2 * 4
    assert all(each.endswith(" Trying again (2 of 2).") for each in tried)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        pytest.param({"days": "2024-10-02..2024-10-01"}, "the wrong way round", id="reversed"),
        pytest.param({"days": "2023-01", "source": "huggingface"}, "before Hugging Face's first list", id="too early"),
        pytest.param({"days": "2010-01-01..2024-01-01"}, "more than ten years", id="too long"),
    ],
)
async def test_bad_input_starts_nothing(archive: Archive, parameters: dict[str, str], said: str) -> None:
    state, seen = await run(**parameters)
    error = await state.aresult(raise_on_failure=False)
    assert isinstance(error, BadInput)
    assert said in str(error)
    assert seen.plans == []


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        pytest.param(0.01, "less than a minute", id="a few free papers"),
        pytest.param(0.6, "about a minute", id="a minute"),
        pytest.param(2.4, "about 2 minutes", id="moments"),
        pytest.param(119.0, "about 119 minutes", id="minutes"),
        pytest.param(150.0, "about 2.5 hours", id="hours"),
    ],
)
def test_how_long_it_takes_is_said_for_people(minutes: float, said: str) -> None:
    assert duration(minutes) == said
