"""Bundles of a backfill's days, each in a process of its own, which a deployment starts here or on another machine."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from prefect import get_run_logger
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    WorkerFilter,
    WorkerFilterStatus,
)
from prefect.client.schemas.objects import FlowRun, State, StateType, WorkerStatus
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound, TerminationSignal
from prefect.states import Cancelled, Cancelling

from flows.dayruns import POLL_SECONDS, Ended, days_of, is_alive, tag
from flows.reconcile import close

FLOW: Final = "backfill days"
DEPLOYMENT: Final = f"{FLOW}/backfill-days"
SERVED_AT_ONCE: Final = 4
"""So many runs `serve` starts at once; today's papers want one of these places."""
_OPEN: Final = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


async def is_served() -> bool:
    """Whether there is a deployment for bundles, and somebody starts its runs."""
    async with get_client() as client:
        return await _served(client) is not None


async def _served(client: PrefectClient) -> DeploymentResponse | None:
    try:
        deployment = await client.read_deployment_by_name(DEPLOYMENT)
    except ObjectNotFound:
        return None
    return deployment if is_alive(deployment) else None


async def processes_at_hand() -> int:
    """How many processes may work on a backfill, its own among them: 1 where nobody serves the deployment."""
    async with get_client() as client:
        if (deployment := await _served(client)) is None:
            return 1
        if deployment.work_pool_name is None:  # `serve`, on this machine
            return max(1, min(os.cpu_count() or 1, SERVED_AT_ONCE - 1))
        online = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
        return max(1, len(await client.read_workers_for_work_pool(deployment.work_pool_name, online)))


class Bundles:
    """The bundles of one backfill."""

    def __init__(self, backfill: str, poll_seconds: float = POLL_SECONDS) -> None:
        self._tag = tag(backfill)
        self._poll_seconds = poll_seconds

    async def left_open(self) -> list[FlowRun]:
        """Those that an earlier run of this backfill has left going."""
        async with get_client() as client:
            return await client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
                flow_run_filter=FlowRunFilter(
                    tags=FlowRunFilterTags(all_=[self._tag]),
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_OPEN)),
                ),
            )

    async def start(self, days: Sequence[date], parameters: Mapping[str, Any]) -> FlowRun:
        """A run of these days, which the graph of our own shows as its child."""
        return await arun_deployment(
            DEPLOYMENT,
            parameters={"days": [day.isoformat() for day in days], **parameters},
            tags=[self._tag],
            timeout=0,
            as_subflow=True,
        )

    async def follow(self, run: FlowRun, is_wanted: Callable[[], bool], ended: Ended) -> State[Any] | None:
        """Tell of its days as they end, each with the state of its own run; those not told of were not run to an end.

        Gives the state it ends in, and None for a run that nobody starts, or that is not begun and no longer
        `is_wanted`: that is cancelled. Cancelled, this takes the run along.
        """
        told: set[date] = set()
        async with get_client() as client:
            try:
                while True:
                    run = await client.read_flow_run(run.id)
                    is_over = run.state is None or run.state.is_final()
                    for child in await days_of(run.id, client):
                        day, state = date.fromisoformat(child.parameters["day"]), child.state
                        if state is None or not state.is_final():
                            if is_over:
                                await close(child, client)
                        elif not state.is_crashed() and day not in told:
                            told.add(day)
                            await ended(day, state)
                    if is_over:
                        return run.state
                    if run.state_type is StateType.SCHEDULED and not (
                        is_wanted() and await _is_still_served(run, client)
                    ):
                        await client.set_flow_run_state(
                            run.id, Cancelled(message="The days go on in the backfill itself.")
                        )
                        return None
                    await asyncio.sleep(self._poll_seconds)
            except (asyncio.CancelledError, TerminationSignal):
                await asyncio.shield(_cancel(run))
                raise


async def _is_still_served(run: FlowRun, client: PrefectClient) -> bool:
    if run.deployment_id is None or is_alive(await client.read_deployment(run.deployment_id)):
        return True
    get_run_logger().warning("Nobody starts the runs of backfill-days any longer: the days go on in this one.")
    return False


async def _cancel(run: FlowRun) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run.id, Cancelling())
