"""A stretch of days: estimated first, then run day by day within a limit in dollars, and taken up again any time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from prefect import flow, get_run_logger, runtime, tags
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.batching import Batching
from flows.bundles import FLOW as BUNDLE
from flows.bundles import Bundles, Given, Processes, is_served, processes_at_hand
from flows.dayruns import FLOW as DAY
from flows.dayruns import DayRuns, after_daily, tag
from flows.events import tell_of_budget
from flows.gallery import hung_ahead, publish_new
from flows.illustrate import illustrate_list
from flows.inputs import check_day, days_meant
from flows.listener import surrounded, surroundings
from flows.planpage import BackfillPage
from flows.results import NO_RESULTS
from flows.schedule import label_run
from flows.session import open_session, services_for_run
from flows.steps import Steps
from flows.tidy import tidy_catalog
from flows.verdict import BUDGET_REACHED, refuses
from flows.window import Window
from frontispiece.archive.presence import for_dry_run
from frontispiece.errors import BadInput
from frontispiece.planning import backfill_id, make_plan
from frontispiece.purchases.plan import Plan
from frontispiece.purchases.prompts import batches_of
from frontispiece.request import BackfillDayRequest, BackfillDaysRequest, BackfillRequest, SideBySide, takes
from frontispiece.services import Services
from frontispiece.settings import Settings, load_settings
from frontispiece.sources.interface import Listed
from frontispiece.text import counted
from tasks.fetch_papers import fetch_papers

BATCH_HOURS = 24.0
_OF_EACH_DAY = ("min_upvotes", "categories", "only", "limit", "checker", "critic", "label_attempts")


@flow(
    name=DAY,
    flow_run_name="{day} · {source}",
    description="Illustrate one day of a backfill.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@refuses
@takes(BackfillDayRequest)
async def backfill_day(request: BackfillDayRequest) -> State[None]:
    """Illustrate what a backfill wants of one day."""
    settings = load_settings(**request.choices)
    check_day(request.day, settings.source)
    async with open_session(settings, refresh_id=request.refresh_id, account=request.backfill) as session:
        await label_run(settings.source, (request.day,))
        await illustrate_list(session, request.day, request.categories or (), request.limit, request.only)
        return await session.record((request.day,))


# One place for results is enough: for each that is named Prefect sets up two clients, certificates and all.
_run_day = backfill_day.with_options(result_storage=None)


def _bundle_name() -> str:
    parameters = runtime.flow_run.parameters
    first, *others = map(str, parameters["days"])
    more = f" and {len(others)} more" if others else ""
    return f"{first}{more} · {parameters.get('source') or load_settings().source}"


@flow(
    name=BUNDLE,
    flow_run_name=_bundle_name,
    description="Illustrate some days of a backfill in one process, each by a run of its own.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@refuses
@takes(BackfillDaysRequest)
async def backfill_days(request: BackfillDaysRequest) -> State[None]:
    """Illustrate what a backfill wants of these days, side by side."""
    settings = load_settings(**request.choices)
    for day in request.days:
        check_day(day, settings.source)
    async with services_for_run(settings, request.refresh_id, request.backfill) as services:
        await label_run(settings.source)
        given, states = Given(request.days), dict[date, State[Any] | None]()

        async def next_day() -> date | None:
            await after_daily(get_run_logger().info)
            return None if services.budget.is_reached else await given.next()

        async def ended(day: date, state: State[Any] | None) -> None:
            states[day] = state

        parameters = _of_each_day(request, settings, request.backfill, request.refresh_id)
        async with _hanging_ahead(services):
            await DayRuns(services, _run_day, parameters, request.days_at_once).run(next_day, ended)
        done = sum(state is not None and state.is_completed() for state in states.values())
        message = f"{done} of {counted(len(states), 'day')} done."
        if done < len(states):
            return Failed(message=message)
        return Completed(name=BUDGET_REACHED if services.budget.is_reached else None, message=message)


def _name() -> str:
    parameters = runtime.flow_run.parameters
    return f"backfill {parameters['days']} · {parameters.get('source') or load_settings().source}"


@flow(
    name="backfill",
    flow_run_name=_name,
    description="Illustrate a stretch of days: estimated first, capped, and taken up again by the same parameters.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@refuses
@takes(BackfillRequest)
async def backfill(request: BackfillRequest) -> State[None]:
    """Illustrate every day of a range."""
    settings = load_settings(**request.choices)
    days = days_meant(request, settings.source)
    if request.dry_run:
        settings = await for_dry_run(settings)
    refresh_id = str(runtime.flow_run.id) if request.refresh else ""
    async with services_for_run(settings, refresh_id) as services:
        await label_run(settings.source)
        if request.batch:
            batches_of(services.writer)
        asked = {name: request.values[name] for name in ("min_upvotes", "categories")}
        page = BackfillPage(backfill_id(days, services, request), days, services, **asked)
        await page.show_calendar()
        steps = Steps(services)

        async def read(day: date) -> Listed:
            return (await steps.call(fetch_papers, day, services)).value

        plan, papers = await make_plan(days, request, services, read)
        for problem in services.catalog.problems:
            get_run_logger().warning(problem)
        await page.show_plan(plan)
        surroundings.get().listener.planned(plan)
        get_run_logger().info("Backfill %s of %s: %s.", plan.id, days, plan.headline)
        if request.dry_run:
            ended = Failed if plan.is_blind else Completed
            return ended(message=f"Dry run: {plan.headline}.")
        _check_prices(plan, request.allow_unknown_price)
        batching = Batching(papers, services) if request.batch else None
        if batching and not await _is_delivered(batching, request.batch_hours):
            return _waiting(batching)
        await tidy_catalog(services.archive)
        window = await _open_window(services, plan, request)
        async with page.kept(), _hanging_ahead(services):
            with tags(tag(plan.id)):
                await window.run(page)
        if batching and batching.is_out_of_money:
            services.budget.is_reached = True
        await publish_new(services.catalog, settings)
        state = window.verdict()
        tell_of_budget(state, services.budget)
        return state


async def _is_delivered(batching: Batching, hours: float | None) -> bool:
    """Order the prompts and wait for them; whether none is on order any longer."""
    if hours is None:
        hours = 0.0 if await is_served() else BATCH_HOURS
    return await batching.run(3600 * hours)


def _waiting(batching: Batching) -> State[None]:
    waiting = counted(batching.waiting, "prompt is", "prompts are")
    message = f"{waiting} on order: the same backfill, run again within a day or so, goes on."
    return Completed(name="Waiting for batch", message=message)


def _check_prices(plan: Plan, allow_unknown_price: bool) -> None:
    """Raise BadInput where nobody knows what this costs, and that is not allowed or a limit could not be kept."""
    if plan.max_usd is not None and any(day.dollars is None for day in plan.days):
        raise BadInput(
            f"`max_usd`: what this costs is not known, so a limit of ${plan.max_usd:g} cannot be kept: choose models "
            "with known prices, or set no limit."
        )
    if plan.estimate.dollars is None and not allow_unknown_price:
        raise BadInput("What this costs is not known; `allow_unknown_price` runs it anyway.")


@asynccontextmanager
async def _hanging_ahead(services: Services) -> AsyncIterator[None]:
    """Within, pictures of days get their thumbnails while providers are waited for."""
    async with hung_ahead(surroundings.get().listener, services.archive, services.settings) as listener:
        with surrounded(listener=listener):
            yield


async def _open_window(services: Services, plan: Plan, request: BackfillRequest) -> Window:
    """Days share this process and its services, and other processes where somebody starts those."""
    settings, days_at_once = services.settings, request.days_at_once
    # A style that is a file of this process' settings is not told to another one.
    at_hand = Processes(1) if settings.style_to_choose is None else await processes_at_hand()
    processes, share = at_hand.number, None
    if days_at_once is not None:
        processes = min(processes, days_at_once)
        days_at_once //= processes
    if not at_hand.are_workers or request.papers_at_once is not None:
        at_once = min(settings.prompts_at_once, settings.paintings_at_once)
        processes = min(processes, at_once)
        share = at_once // processes
    parameters = _of_each_day(request, settings, plan.account, services.refresh_id)
    here = DayRuns(services, _run_day, parameters, days_at_once)
    shared = {"days_at_once": days_at_once, "max_usd": settings.max_usd, "papers_at_once": share}
    parameters = parameters | {name: value for name, value in shared.items() if value is not None}
    return Window(services, plan, here, Bundles(plan.id), parameters, processes, share or 0)


def _of_each_day(request: SideBySide, settings: Settings, account: str, refresh_id: str) -> dict[str, Any]:
    """What each day's run is asked."""
    recipe = {name: getattr(settings, name) for name in ("source", "writer", "painter")}
    asked = {
        **{"backfill": account, "refresh_id": refresh_id or None, "style": settings.style_to_choose},
        **{name: request.values[name] for name in _OF_EACH_DAY},
    }
    return recipe | {name: value for name, value in asked.items() if value is not None}
