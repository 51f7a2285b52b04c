"""The daily round: today's papers, what came late to the last days' lists, and days missed while all was down."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from prefect import flow, get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import FlowRunSort

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
from flows.session import open_session
from tasks.settings import load_settings

MOST_DAYS_MISSED = 31


def _name() -> str:
    parameters = runtime.flow_run.parameters
    day = parameters.get("day") or runtime.flow_run.scheduled_start_time.date()
    return f"daily {day} · {parameters.get('source') or load_settings().source}"


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
            zone = await _schedule_zone() or settings.timezone
            today = logical_day(runtime.flow_run.scheduled_start_time, zone)
            first = await day_meant(None, session.studio, min(today, datetime.now(UTC).date()))
            missed = await _days_missed(today, zone)
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


def days_before(first: date, back: int) -> tuple[date, ...]:
    """`first` and so many days before it, the newest first: nobody waits for today because of last week."""
    return tuple(first - timedelta(days=ago) for ago in range(back + 1))


def logical_day(scheduled: datetime, zone: str) -> date:
    """The day that a run is about, however late it runs: the one it was scheduled for, in this time zone."""
    return scheduled.astimezone(ZoneInfo(zone)).date()


async def _schedule_zone() -> str | None:
    """The zone of this deployment's schedule, which a person may have changed in the UI."""
    if runtime.deployment.id is None:
        return None
    async with get_client() as client:
        deployment = await client.read_deployment(runtime.deployment.id)
    zones = [each.schedule.timezone for each in deployment.schedules if isinstance(each.schedule, CronSchedule)]
    return zones[0] if zones else None


async def _days_missed(today: date, zone: str) -> int:
    """How many days ago the last completed daily run was scheduled, MOST_DAYS_MISSED at most; 0 for the first run."""
    async with get_client() as client:
        last = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=["daily"])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])),
                expected_start_time=FlowRunFilterExpectedStartTime(before_=runtime.flow_run.scheduled_start_time),
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=1,
        )
    if not last or last[0].expected_start_time is None:
        return 0
    return min((today - logical_day(last[0].expected_start_time, zone)).days, MOST_DAYS_MISSED)
