"""A stretch of days: estimated first, then run day by day within a limit in dollars, and taken up again any time."""

from datetime import date

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.batching import Batching
from flows.dayruns import DEPLOYED_AT_ONCE, Deployed, Here, is_served
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
from flows.verdict import refuses
from flows.window import MOST_AT_ONCE, Window
from frontispiece.archive.presence import for_dry_run
from frontispiece.errors import BadInput
from frontispiece.planning import backfill_id, make_plan
from frontispiece.purchases.plan import Plan
from frontispiece.purchases.prompts import batches_of
from frontispiece.request import BackfillDayRequest, BackfillRequest, takes
from frontispiece.services import Services
from frontispiece.settings import load_settings
from frontispiece.sources.interface import Listed
from frontispiece.text import counted
from tasks.fetch_papers import fetch_papers

BATCH_HOURS = 24.0
_OF_EACH_DAY = ("min_upvotes", "categories", "only", "limit")


@flow(
    name="backfill day",
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
        listener = surroundings.get().listener
        async with page.kept(), hung_ahead(listener, services.archive, settings) as ahead:
            with surrounded(listener=ahead):
                await window.run(page)
        if batching and batching.is_out_of_money:
            services.budget.is_reached = True
        await publish_new(services.archive, settings)
        state = await window.verdict(days)
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


async def _open_window(services: Services, plan: Plan, request: BackfillRequest) -> Window:
    """Days go through their deployment when somebody serves it, else they share this process and its services."""
    settings = services.settings
    recipe = {name: getattr(settings, name) for name in ("source", "writer", "painter")}
    asked = {
        **{"refresh_id": services.refresh_id or None, "style": settings.style_to_choose},
        **{name: request.values[name] for name in _OF_EACH_DAY},
    }
    parameters = {"backfill": plan.account} | recipe
    parameters |= {name: value for name, value in asked.items() if value is not None}
    # A style that is a file of this process' settings is not told to another one.
    # One place for results is enough: for each that is named Prefect sets up two clients, certificates and all.
    here = Here(plan.id, services, backfill_day.with_options(result_storage=None))
    if settings.style_to_choose is None or not await is_served():
        return Window(services, plan, here, parameters, request.days_at_once or MOST_AT_ONCE)
    days_at_once = min(request.days_at_once or DEPLOYED_AT_ONCE, DEPLOYED_AT_ONCE)
    at_once = request.papers_at_once or min(settings.prompts_at_once, settings.paintings_at_once)
    parameters["papers_at_once"] = max(1, at_once // days_at_once)
    if settings.max_usd is not None:
        parameters["max_usd"] = settings.max_usd
    return Window(services, plan, Deployed(plan.id, here), parameters, days_at_once, apart=True)
