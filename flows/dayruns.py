"""Runs of single days: through a deployment that somebody serves, or in this process; and what goes before them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from prefect import get_run_logger, tags
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling

from flows.listener import surrounded
from frontispiece.services import Services

DEPLOYMENT: Final = "backfill day/backfill-day"
DEPLOYED_AT_ONCE: Final = 2
"""Days side by side where they are deployed: `serve` has four places, and today's papers want one of them."""
POLL_SECONDS = 2.0
# Whoever serves a deployment asks for its runs every ten seconds or so.
SERVED_WITHIN: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = timedelta(hours=2)


class DayRuns(Protocol):
    """How days are run."""

    async def run(self, day: date, parameters: dict[str, Any]) -> State[Any]:
        """Run the day to its end, and give the state it ends in. Cancelled, it takes the day's run along."""
        ...


def tag(backfill: str) -> str:
    """What all day runs of a backfill have in common."""
    return f"backfill:{backfill}"


class Here:
    """Days in this process, which share its services: their lanes and their budget."""

    def __init__(self, backfill: str, services: Services, run_day: Callable[..., Awaitable[State[Any]]]) -> None:
        self._backfill = backfill
        self._services = services
        self._run_day = run_day

    async def run(self, day: date, parameters: dict[str, Any]) -> State[Any]:
        """As in `DayRuns`."""
        with surrounded(services=self._services), tags(tag(self._backfill), str(day)):
            return await self._run_day(day=day, **parameters, return_state=True)


class Deployed:
    """Days in processes that a deployment starts, here or elsewhere; `otherwise` when nobody does so any longer."""

    def __init__(self, backfill: str, otherwise: DayRuns, poll_seconds: float = POLL_SECONDS) -> None:
        self._backfill = backfill
        self._otherwise = otherwise
        self._poll_seconds = poll_seconds
        self._is_served = True

    async def run(self, day: date, parameters: dict[str, Any]) -> State[Any]:
        """As in `DayRuns`. A run of this day that an earlier backfill run has left going is watched to its end."""
        async with get_client() as client:
            run = await self._run_of(day, parameters, client) if self._is_served else None
            try:
                while run and not (run.state and run.state.is_final()):
                    await asyncio.sleep(self._poll_seconds)
                    run = await client.read_flow_run(run.id)
                    if await _is_left_waiting(run, client):
                        await client.set_flow_run_state(run.id, Cancelled(message="Nobody starts it."))
                        run = None
            except asyncio.CancelledError:
                if run:
                    await asyncio.shield(_cancel(run.id))
                raise
        if run and run.state:
            return run.state
        if self._is_served:
            get_run_logger().warning("Nobody starts the runs of backfill-day any longer: the days go on in this one.")
            self._is_served = False
        return await self._otherwise.run(day, parameters)

    async def _run_of(self, day: date, parameters: dict[str, Any], client: PrefectClient) -> FlowRun:
        """The run of this day that goes on, or a new one, which the graph of our own shows as its child."""
        wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag(self._backfill), str(day)]))
        runs = await client.read_flow_runs(flow_run_filter=wanted, limit=200)
        for run in runs:
            if not (run.state and run.state.is_final()):
                return run
        return await arun_deployment(
            DEPLOYMENT,
            client=client,
            parameters={"day": day.isoformat(), **parameters},
            tags=[tag(self._backfill), str(day)],
            idempotency_key=f"{self._backfill}-{day}-{len(runs)}",
            timeout=0,
            as_subflow=True,
        )


async def newest_runs(backfill: str, client: PrefectClient) -> dict[date, FlowRun]:
    """The newest run of each day of a backfill, of its 200 newest ones."""
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag(backfill)]))
    newest = await client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=200)
    return {date.fromisoformat(run.parameters["day"]): run for run in reversed(newest)}


async def _is_left_waiting(run: FlowRun, client: PrefectClient) -> bool:
    """Whether it waits while nobody serves its deployment any longer: who did is noticed to have gone a minute late."""
    if run.state_type is not StateType.SCHEDULED or run.deployment_id is None:
        return False
    return not _is_alive(await client.read_deployment(run.deployment_id))


async def _cancel(run: UUID) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run, Cancelling())


async def is_served() -> bool:
    """Whether there is a deployment for days, and somebody starts its runs."""
    async with get_client() as client:
        try:
            return _is_alive(await client.read_deployment_by_name(DEPLOYMENT))
        except ObjectNotFound:
            return False


def _is_alive(deployment: DeploymentResponse) -> bool:
    polled = deployment.last_polled
    return polled is not None and datetime.now(UTC) - polled < SERVED_WITHIN


async def after_daily(say: Callable[[str], None], poll_seconds: float = POLL_SECONDS) -> None:
    """Return when no `daily` run is under way or due: today's papers come first. Two hours at most."""
    until, has_said = datetime.now(UTC) + LONGEST_WAIT, False
    while datetime.now(UTC) < until and await _daily_is_due():
        if not has_said:
            say("A daily run is due or under way: it comes first.")
            has_said = True
        await asyncio.sleep(poll_seconds)


async def _daily_is_due() -> bool:
    kinds = [StateType.RUNNING, StateType.PENDING, StateType.SCHEDULED]
    async with get_client() as client:
        runs = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=["daily"])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=kinds))),
        )
        return any([await _goes_first(run, client) for run in runs])


async def _goes_first(run: FlowRun, client: PrefectClient) -> bool:
    """Whether it runs, or would run if there were room; nobody waits for a run that nobody will start."""
    if run.state_type is not StateType.SCHEDULED:
        return True
    if run.deployment_id is None or run.expected_start_time is None or run.expected_start_time > datetime.now(UTC):
        return False
    return _is_alive(await client.read_deployment(run.deployment_id))
