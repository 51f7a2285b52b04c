"""Bundles of a backfill's days, each in a process of its own, which a deployment starts here or on another machine."""

import asyncio
import json
import os
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from prefect import get_run_logger, runtime
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
More: TypeAlias = Callable[[Collection[date]], Awaitable[Sequence[date] | None]]
"""Given the days that a bundle has not begun, gives more; none where those are enough, None where there are no more."""
_GIVEN: Final = "days"
_NO_MORE: Final = f"{_GIVEN}-no-more"
_PATIENCE: Final = 60.0
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


class Processes(NamedTuple):
    """Those that may work on a backfill, its own among them."""

    number: int
    are_workers: bool = False
    """Each of a machine of its own, which says how much it has on the way at once; else they share that."""


async def processes_at_hand() -> Processes:
    """One where nobody serves the deployment."""
    async with get_client() as client:
        if (deployment := await _served(client)) is None:
            return Processes(1)
        if deployment.work_pool_name is None:  # `serve`, on this machine
            return Processes(max(1, min(os.cpu_count() or 1, SERVED_AT_ONCE - 1)))
        online = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
        workers = await client.read_workers_for_work_pool(deployment.work_pool_name, online)
        return Processes(max(1, len(workers)), are_workers=True)


@dataclass
class Bundle:
    """A run, and the days it was given so far."""

    run: FlowRun
    days: list[date]
    is_fed: bool = True
    """Whether it may be given more."""


class Bundles:
    """The bundles of one backfill."""

    def __init__(self, backfill: str, poll_seconds: float = POLL_SECONDS) -> None:
        self._tag = tag(backfill)
        self._poll_seconds = poll_seconds

    async def left_open(self) -> list[Bundle]:
        """Those that an earlier run of this backfill has left going."""
        async with get_client() as client:
            runs = await client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
                flow_run_filter=FlowRunFilter(
                    tags=FlowRunFilterTags(all_=[self._tag]),
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_OPEN)),
                ),
            )
            return [await self._found(run, client) for run in runs]

    @staticmethod
    async def _found(run: FlowRun, client: PrefectClient) -> Bundle:
        given = await _given(run.id, client)
        days = [*run.parameters["days"], *(day for each in given.values() for day in each)]
        return Bundle(run, [*map(date.fromisoformat, days)], _NO_MORE not in given)

    async def start(self, days: Sequence[date], parameters: Mapping[str, Any]) -> Bundle:
        """A run that begins with these days, which the graph of our own shows as its child."""
        run = await arun_deployment(
            DEPLOYMENT,
            parameters={"days": [day.isoformat() for day in days], **parameters},
            tags=[self._tag],
            timeout=0,
            as_subflow=True,
        )
        return Bundle(run, [*days])

    async def follow(
        self, bundle: Bundle, is_wanted: Callable[[], bool], more: More, ended: Ended
    ) -> State[Any] | None:
        """Give it days as long as there are more, and tell of its days as they end, with the state of their own runs.

        Those not told of were not run to an end. Gives the state it ends in, and None for a run that nobody starts, or
        that is not begun and no longer `is_wanted`: that is cancelled. Cancelled, this takes the run along.
        """
        run, begun, told = bundle.run, set[date](), set[date]()
        async with get_client() as client:
            try:
                while True:
                    run = await client.read_flow_run(run.id)
                    is_over = run.state is None or run.state.is_final()
                    for child in await days_of(run.id, client):
                        day, state = date.fromisoformat(child.parameters["day"]), child.state
                        begun.add(day)
                        if state is None or not state.is_final():
                            if is_over:
                                await close(child, client)
                        elif not state.is_crashed() and day in bundle.days and day not in told:
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
                    if bundle.is_fed:
                        await self._feed(bundle, await more(set(bundle.days) - begun), client)
                    await asyncio.sleep(self._poll_seconds)
            except (asyncio.CancelledError, TerminationSignal):
                await asyncio.shield(_cancel(run))
                raise

    @staticmethod
    async def _feed(bundle: Bundle, days: Sequence[date] | None, client: PrefectClient) -> None:
        """Give it these days, or say that there are no more."""
        bundle.is_fed = days is not None
        if days or days is None:
            bundle.days += days or ()  # before it has got them: nobody else has them
            key = f"{_GIVEN}-{days[0]}" if days else _NO_MORE
            await client.create_flow_run_input(bundle.run.id, key, json.dumps([str(day) for day in days or ()]))


async def _given(bundle: UUID, client: PrefectClient, but: Collection[str] = ()) -> dict[str, list[str]]:
    """What a bundle was given while it ran, but what is known, by the keys of Prefect's run inputs."""
    found = await client.filter_flow_run_input(bundle, _GIVEN, limit=200, exclude_keys={*but})
    return {each.key: json.loads(each.value) for each in found}


class Given:
    """The days of a bundle, for its own run: those it began with, and those that it is given meanwhile."""

    def __init__(self, days: Sequence[date], poll_seconds: float = POLL_SECONDS) -> None:
        self._waiting = deque(days)
        self._poll_seconds = poll_seconds
        self._known = set[str]()
        self._is_fed = runtime.flow_run.parent_flow_run_id is not None

    async def next(self) -> date | None:
        """The next one, once there is; None when there are no more, or nobody has given any for a minute."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE), get_client() as client:
                while not self._waiting and self._is_fed:
                    found = await _given(UUID(str(runtime.flow_run.id)), client, self._known)
                    self._known.update(found)
                    self._waiting += [date.fromisoformat(day) for days in found.values() for day in days]
                    self._is_fed = _NO_MORE not in found
                    if not found:
                        await asyncio.sleep(self._poll_seconds)
        return self._waiting.popleft() if self._waiting else None


async def _is_still_served(run: FlowRun, client: PrefectClient) -> bool:
    if run.deployment_id is None or is_alive(await client.read_deployment(run.deployment_id)):
        return True
    get_run_logger().warning("Nobody starts the runs of backfill-days any longer: the days go on in this one.")
    return False


async def _cancel(run: FlowRun) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run.id, Cancelling())
