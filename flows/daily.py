"""The daily round: today's papers, what came late to the last days' lists, and days missed while all was down."""

from datetime import UTC, date, datetime

from prefect import flow, get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from flows.gallery import hung_ahead, publish_new
from flows.illustrate import illustrate_list
from flows.inputs import check_day, day_meant
from flows.results import NO_RESULTS
from flows.schedule import days_before, days_missed, label_run, logical_day, zone_of
from flows.session import open_session
from flows.standing import keep_calendar
from flows.verdict import refuses
from frontispiece.request import DailyRequest, takes
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
    validate_parameters=False,
)
@refuses
@takes(DailyRequest)
async def daily(request: DailyRequest) -> State[None]:
    """Illustrate the day's papers, and late additions to the days before; what is archived costs nothing."""
    settings = load_settings(**request.choices)
    check_day(request.day, settings.source)
    async with open_session(settings, refresh=request.refresh) as session:
        if request.day is None:
            async with get_client() as client:
                run = await client.read_flow_run(runtime.flow_run.id)
                zone = await zone_of(run, client, settings.timezone)
                today = logical_day(runtime.flow_run.scheduled_start_time, zone)
                missed = await days_missed(run, today, zone, client)
            first = await day_meant(None, session.services, min(today, datetime.now(UTC).date()))
            back = max(missed, settings.daily_catch_up) if request.days_back is None else request.days_back
        else:
            first = request.day
            back = request.days_back or 0
        if settings.max_usd is not None:
            await session.spend_from(f"daily-{first}")
        days = days_before(first, back)
        await label_run(settings.source, days, name_of(first, settings.source))
        get_run_logger().info("Looking at %s.", ", ".join(map(str, days)))
        async with hung_ahead(session.listener, session.services.archive, settings) as session.listener:
            for each in days:
                await illustrate_list(session, each, request.categories or (), request.limit)
        state = await session.record(days)
        await publish_new(session.services.catalog, settings)
        await keep_calendar(session.services.catalog)
        return state
