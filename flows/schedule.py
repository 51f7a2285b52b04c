"""Which day a run is about that was scheduled or started without one, and how many its schedule has missed."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect import runtime
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import DeploymentSchedule, FlowRun
from prefect.client.schemas.sorting import FlowRunSort

MOST_DAYS_MISSED = 31
PAGE = 200
COMPLETED = "Completed"
"""The name of the state, not its kind: a run that reached its budget has left days undone."""


def days_before(first: date, back: int) -> tuple[date, ...]:
    """`first` and so many days before it, the newest first: nobody waits for today because of last week."""
    return tuple(first - timedelta(days=ago) for ago in range(back + 1))


def logical_day(scheduled: datetime, zone: str) -> date:
    """The day that a run is about, however late it runs: the one it was scheduled for, in this time zone."""
    return scheduled.astimezone(ZoneInfo(zone)).date()


async def zone_of(run: FlowRun, client: PrefectClient, default: str) -> str:
    """The time zone in which a run was scheduled: of the schedule that made it, as it stands in the UI.

    A run that none has made, or one that is gone, goes by the zone that all schedules of its deployment share, or else
    by the default.
    """
    if run.deployment_id is None:
        return default
    schedules = (await client.read_deployment(run.deployment_id)).schedules
    own = [each for each in schedules if each.id == _schedule_id(run)]
    zones = {_zone(each) for each in own or schedules}
    return zones.pop() if len(zones) == 1 else default


def _zone(schedule: DeploymentSchedule) -> str:
    return getattr(schedule.schedule, "timezone", None) or "UTC"  # as Prefect itself takes one without a zone


def _schedule_id(run: FlowRun) -> UUID | None:
    return run.created_by.id if run.created_by is not None and run.created_by.type == "SCHEDULE" else None


async def days_missed(run: FlowRun, today: date, zone: str, client: PrefectClient) -> int:
    """How many days ago the last completed run that looked for what this one looks for was scheduled.

    MOST_DAYS_MISSED at most; 0 for the first run of all.
    """
    before = run.expected_start_time
    for offset in range(0, 1_000_000, PAGE):
        earlier = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=["daily"])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=[COMPLETED])),
                expected_start_time=FlowRunFilterExpectedStartTime(before_=before),
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=PAGE,
            offset=offset,
        )
        for each in earlier:
            if each.expected_start_time is not None and is_of_same_round(each, run):
                return min((today - logical_day(each.expected_start_time, zone)).days, MOST_DAYS_MISSED)
        if len(earlier) < PAGE:
            break
    return 0


def is_of_same_round(run: FlowRun, other: FlowRun) -> bool:
    """Whether both look for the same: one schedule has made them, or they were asked the same.

    A run of an old day, of another source or with a limit leaves days undone that the schedule still has to see to.
    """
    schedule = _schedule_id(run)
    return (schedule is not None and schedule == _schedule_id(other)) or _asked(run) == _asked(other)


def _asked(run: FlowRun) -> dict[str, Any]:
    """What is not left empty, or switched off."""
    asked = {name: value for name, value in run.parameters.items() if value is not None and value is not False}
    return {name: value for name, value in asked.items() if name != "max_usd"}


def labels(source: str, *days: date) -> set[str]:
    """The tags that say what a run is about."""
    return {f"source:{source}", *(f"day:{day}" for day in days)}


async def label_run(source: str, days: Iterable[date] = (), name: str | None = None) -> None:
    """Give this run tags, and a name: what it is about is known only once it runs, where nobody has said it before."""
    known = set(runtime.flow_run.tags)
    tags = known | labels(source, *days)
    if tags == known and name is None:
        return
    async with get_client() as client:
        await client.update_flow_run(UUID(str(runtime.flow_run.id)), tags=sorted(tags), name=name)
