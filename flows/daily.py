"""The daily round: today's papers, what came late to the last days' lists, and days missed while all was down."""

from datetime import UTC, date, datetime

from prefect import flow, get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from flows.form import (
    Categories,
    Count,
    Day,
    DaysBack,
    Dollars,
    PainterChoice,
    SourceChoice,
    StyleChoice,
    WriterChoice,
)
from flows.hanging import hang_pictures
from flows.inputs import day_meant
from flows.results import NO_RESULTS
from flows.schedule import days_before, days_missed, logical_day, name_run, zone_of
from flows.session import open_session
from frontispiece.settings import load_settings


def _name() -> str:
    parameters = runtime.flow_run.parameters
    return name_of(parameters.get("day"), parameters.get("source") or load_settings().source)


def name_of(day: date | None, source: str) -> str:
    """What a run about this day is called, and one whose day is not known yet."""
    return f"daily {day} · {source}" if day else f"daily · {source}"


@flow(
    name="daily",
    flow_run_name=_name,
    description="Illustrate the papers of the day, and what came late to the lists of the days before.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def daily(
    day: Day = None,
    days_back: DaysBack = None,
    source: SourceChoice = None,
    writer: WriterChoice = None,
    painter: PainterChoice = None,
    style: StyleChoice = None,
    min_upvotes: Count = None,
    categories: Categories = None,
    limit: Count = None,
    max_usd: Dollars = None,
) -> State[None]:
    """Illustrate the day's papers, and late additions to the days before; what is archived costs nothing.

    Args:
        day: The day of the list; left empty, the newest one on the day the run was scheduled for.
        days_back: Days before it to look through again; left empty, none before a day that is named, else as in the
            settings and all that were missed.
        source: Where the lists come from; left empty, as in the settings.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        style: How the writer is asked; left empty, as in the settings.
        min_upvotes: Papers with fewer votes are skipped, where the source has votes.
        categories: Only papers of these arXiv categories; left empty, as in the settings.
        limit: At most so many papers of each list.
        max_usd: The most that may be spent on this day's run, restarts included, in US dollars.

    """
    settings = load_settings(
        source=source,
        writer=writer,
        painter=painter,
        style=style,
        min_upvotes=min_upvotes,
        categories=categories,
        max_usd=max_usd,
    )
    async with open_session(settings) as session:
        if day is None:
            async with get_client() as client:
                run = await client.read_flow_run(runtime.flow_run.id)
                zone = await zone_of(run, client, settings.timezone)
                today = logical_day(runtime.flow_run.scheduled_start_time, zone)
                missed = await days_missed(run, today, zone, client)
            first = await day_meant(None, session.studio, min(today, datetime.now(UTC).date()))
            await name_run(name_of(first, settings.source))
            back = max(missed, settings.daily_catch_up) if days_back is None else days_back
        else:
            first = await day_meant(day, session.studio)
            back = days_back or 0
        if settings.max_usd is not None:
            await session.spend_from(f"daily-{first}")
        days = days_before(first, back)
        get_run_logger().info("Looking at %s.", ", ".join(map(str, days)))
        for each in days:
            await session.illustrate_list(each, categories or (), limit)
        state = await session.conclude(days)
        await hang_pictures(session.studio.archive, settings)
        return state
