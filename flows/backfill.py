"""A stretch of days: quoted first, then run day by day, within a limit in dollars, and taken up again at any time."""

from datetime import UTC, date, datetime
from typing import Any, Literal

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.batching import Batching
from flows.choose import Only
from flows.dayruns import DEPLOYED_AT_ONCE, Deployed, Here, is_served
from flows.form import (
    Allowance,
    Categories,
    Count,
    DaysAtOnce,
    Dollars,
    Hours,
    PainterChoice,
    PapersAtOnce,
    SourceChoice,
    StyleChoice,
    WriterChoice,
)
from flows.hanging import hang_pictures
from flows.onlookers import onlooker
from flows.planning import Plan, backfill_id, make_plan
from flows.planpage import BackfillPage
from flows.results import NO_RESULTS
from flows.session import open_session, studio_for_run
from flows.steps import Steps
from flows.window import Allowances, Window
from frontispiece.dates import check_days, parse_days
from frontispiece.errors import BadInput
from frontispiece.purchases.ledger import Ledger
from frontispiece.services import Studio, open_budget
from frontispiece.settings import load_settings

Order = Literal["newest", "oldest"]
BATCH_HOURS = 24.0


@flow(
    name="backfill day",
    flow_run_name="{day} · {source}",
    description="Illustrate one day of a backfill.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def backfill_day(
    day: date,
    source: SourceChoice = None,
    writer: WriterChoice = None,
    painter: PainterChoice = None,
    style: StyleChoice = None,
    min_upvotes: Count = None,
    categories: Categories = None,
    only: Only = "missing",
    papers_at_once: PapersAtOnce = None,
    backfill: str = "",
    allowance: Allowance = None,
) -> State[None]:
    """Illustrate what a backfill wants of one day.

    Args:
        day: The day of the list.
        source: Where the list comes from; left empty, as in the settings.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        style: How the writer is asked; left empty, as in the settings.
        min_upvotes: Papers with fewer votes are skipped, where the source has votes.
        categories: Only papers of these arXiv categories; left empty, as in the settings.
        only: Of the papers without a picture by this recipe, those without any, those that failed, those that another
            recipe has made a picture of, or all.
        papers_at_once: Prompts, and paintings, side by side.
        backfill: The backfill whose budget pays.
        allowance: What this run may add to that, in dollars.

    """
    settings = load_settings(
        source=source,
        writer=writer,
        painter=painter,
        style=style,
        min_upvotes=min_upvotes,
        categories=categories,
        prompts_at_once=papers_at_once,
        paintings_at_once=papers_at_once,
    )
    async with open_session(settings, account=backfill, allowance=allowance) as session:
        await session.illustrate_list(day, categories or (), only=only)
        return await session.conclude((day,))


def _name() -> str:
    parameters = runtime.flow_run.parameters
    return f"backfill {parameters['days']} · {parameters.get('source') or load_settings().source}"


@flow(
    name="backfill",
    flow_run_name=_name,
    description="Illustrate a stretch of days: quoted first, capped, and taken up again by the same parameters.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def backfill(
    days: str,
    source: SourceChoice = None,
    writer: WriterChoice = None,
    painter: PainterChoice = None,
    style: StyleChoice = None,
    min_upvotes: Count = None,
    categories: Categories = None,
    only: Only = "missing",
    order: Order = "newest",
    days_at_once: DaysAtOnce = 2,
    papers_at_once: PapersAtOnce = None,
    max_usd: Dollars = None,
    batch: bool = False,
    batch_hours: Hours = None,
    allow_unknown_price: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> State[None]:
    """Illustrate every day of a range.

    Args:
        days: Such as 2024-10-01..2024-10-31, 2024-10, last 30 days, or one day.
        source: Where the lists come from; left empty, as in the settings.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        style: How the writer is asked; left empty, as in the settings.
        min_upvotes: Papers with fewer votes are skipped, where the source has votes.
        categories: Only papers of these arXiv categories; left empty, as in the settings.
        only: Of the papers without a picture by this recipe, those without any, those that failed, those that another
            recipe has made a picture of, or all.
        order: Which day comes first.
        days_at_once: Days side by side.
        papers_at_once: Prompts, and paintings, side by side, over all days; left empty, as in the settings.
        max_usd: The most that this backfill may spend, restarts included, in US dollars.
        batch: Order the prompts in batches: half the price, within 24 hours.
        batch_hours: How long to wait for them; left empty, 24 hours at a terminal and not at all under `serve`. The
            same backfill, run again, goes on.
        allow_unknown_price: Run although nobody knows what it will cost.
        dry_run: Only show the plan and the quote.
        yes: Run more than ten years.

    """
    settings = load_settings(
        source=source,
        writer=writer,
        painter=painter,
        style=style,
        min_upvotes=min_upvotes,
        categories=categories,
        prompts_at_once=papers_at_once,
        paintings_at_once=papers_at_once,
        max_usd=max_usd,
    )
    asked_for = parse_days(days, datetime.now(UTC).date())
    check_days(asked_for, settings.source, confirmed=yes)
    common: dict[str, Any] = {
        **{"source": settings.source, "writer": settings.writer, "painter": settings.painter, "style": settings.style},
        **{"min_upvotes": min_upvotes, "categories": categories, "only": only},
    }
    async with studio_for_run(settings) as studio:
        account = backfill_id(asked_for, studio, only, order)
        studio.budget = await open_budget(studio.archive, account, settings.max_usd)
        plan, papers = await make_plan(
            account, asked_for, order, studio, Steps(studio), only, categories or (), batch=batch
        )
        page = BackfillPage(plan)
        await page.show_plan()
        onlooker.get().planned(plan)
        get_run_logger().info("Backfill %s of %s: %s.", plan.id, asked_for, plan.headline)
        if dry_run:
            return Completed(message=f"Dry run: {plan.headline}.")
        _check_prices(plan, allow_unknown_price)
        batching = Batching(papers, studio) if batch else None
        if batching and not await _is_delivered(batching, batch_hours):
            return _waiting(batching)
        window = await _open_window(studio, plan, common, papers_at_once, days_at_once)
        await window.run(page)
        if batching and batching.is_out_of_money:
            studio.budget.is_reached = True
        await hang_pictures(studio.archive, settings)
        return await window.verdict(page, asked_for)


async def _is_delivered(batching: Batching, hours: float | None) -> bool:
    """Order the prompts and wait for them; whether none is on order any longer."""
    if hours is None:
        hours = 0.0 if await is_served() else BATCH_HOURS
    return await batching.run(3600 * hours)


def _waiting(batching: Batching) -> State[None]:
    message = f"{batching.waiting} prompts are on order: the same backfill, run again within a day or so, goes on."
    return Completed(name="Waiting for batch", message=message)


def _check_prices(plan: Plan, allow_unknown_price: bool) -> None:
    """Raise BadInput where nobody knows what this costs, and that is not allowed or a limit could not be kept."""
    if plan.max_usd is not None and any(day.dollars is None for day in plan.days):
        raise BadInput(
            f"What this costs is not known, so a limit of ${plan.max_usd:g} cannot be kept: choose models with known "
            "prices, or set no limit."
        )
    if plan.quote.dollars is None and not allow_unknown_price:
        raise BadInput("What this costs is not known; --allow-unknown-price (allow_unknown_price) runs it anyway.")


async def _open_window(
    studio: Studio, plan: Plan, parameters: dict[str, Any], papers_at_once: int | None, days_at_once: int
) -> Window:
    """Days go through their deployment when somebody serves it, else they share this process and its studio."""
    if not await is_served():
        return Window(studio, plan, Here(plan.id, studio, backfill_day), parameters, days_at_once)
    settings, days_at_once = studio.settings, min(days_at_once, DEPLOYED_AT_ONCE)
    at_once = papers_at_once or min(settings.prompts_at_once, settings.paintings_at_once)
    ledger = Ledger(studio.archive, plan.id)
    return Window(
        studio,
        plan,
        Deployed(plan.id),
        {**parameters, "papers_at_once": max(1, at_once // days_at_once)},
        days_at_once,
        Allowances(ledger, settings.max_usd) if settings.max_usd is not None else None,
    )
