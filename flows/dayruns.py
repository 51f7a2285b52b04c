"""Days of a backfill in this process, each a run of its own; what they have in common, and what goes before them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from prefect import get_run_logger, runtime, tags
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

from flows.interrupts import MESSAGE, go_along
from flows.listener import RunListener, surrounded, surroundings
from flows.schedule import labels
from frontispiece.concurrency import task_group
from frontispiece.services import Services

FLOW: Final = "backfill day"
MOST_AT_ONCE: Final = 8
"""Days side by side, where nobody says how many."""
AHEAD: Final = 2
"""Days whose papers wait for their places."""
POLL_SECONDS: Final = 2.0
# Whoever serves a deployment asks for its runs every ten seconds or so.
SERVED_WITHIN: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = timedelta(hours=2)


NextDay: TypeAlias = Callable[[], Awaitable[date | None]]
"""Gives the day that is to be run next, or None: there is none."""
Ended: TypeAlias = Callable[[date, State[Any] | None], Awaitable[None]]
"""Is told the state that a day's run has ended in, or None: it could not be run."""


class _Queued(RunListener):
    """Notes when the papers of a day are about to wait for their places."""

    def __init__(self, other: RunListener, queued: asyncio.Event) -> None:
        super().__init__(other)
        self._queued = queued

    def listed(self, papers: int, waiting: int) -> None:
        """A step later they do so."""
        super().listed(papers, waiting)
        asyncio.get_running_loop().call_soon(self._queued.set)


class DayRuns:
    """Runs days side by side. They share the services of their parent: its lanes and its budget."""

    def __init__(
        self,
        services: Services,
        run_day: Callable[..., Awaitable[State[Any]]],
        parameters: Mapping[str, Any],
        at_once: int | None,
    ) -> None:
        self._services = services
        self._run_day = run_day
        self._parameters = parameters
        self._at_once = at_once or MOST_AT_ONCE
        self._broken_off = set[str]()

    async def run(self, next_day: NextDay, ended: Ended) -> None:
        """Run days until there is no next one: one starts after the other, and few before papers of the last begin.

        Cancelled, it takes them along.
        """
        places, ahead = asyncio.Semaphore(self._at_once), asyncio.Semaphore(AHEAD)
        try:
            async with task_group() as group:
                while True:
                    await places.acquire()
                    await ahead.acquire()
                    if (day := await next_day()) is None:
                        return
                    queued = asyncio.Event()
                    running = group.create_task(self._run(day, queued, ended))
                    running.add_done_callback(lambda _: places.release())
                    await queued.wait()
                    group.create_task(self._begun()).add_done_callback(lambda _: ahead.release())
        except BaseException:
            await asyncio.shield(self._cancel_left())
            raise

    async def _cancel_left(self) -> None:
        """Cancel days that had a run when all was broken off, and had not begun it: nobody else would.

        And those that were just beginning or ending it, which Prefect takes for crashed.
        """
        with suppress(Exception):  # the server may be what was lost
            async with get_client() as client:
                for run in await days_of(UUID(str(runtime.flow_run.id)), client):
                    if run.state_type is StateType.PENDING:
                        await client.set_flow_run_state(run.id, Cancelled(message="It had not begun."), force=True)
                    elif run.state_type is StateType.CRASHED and run.parameters["day"] in self._broken_off:
                        await client.set_flow_run_state(run.id, Cancelled(message=MESSAGE), force=True)

    async def _begun(self) -> None:
        """Return when all papers that wait for their places now have begun."""
        async with self._services.papers_window:  # which is given in the order of who has asked for it
            pass

    async def _run(self, day: date, queued: asyncio.Event, ended: Ended) -> None:
        state = None
        listener = _Queued(surroundings.get().listener, queued)
        about = {str(day), *labels(self._services.settings.source, day)}
        try:
            with surrounded(services=self._services, listener=listener), tags(*about):
                state = await self._run_day(day=day, **self._parameters, return_state=True)
                go_along(state)
        except asyncio.CancelledError:
            self._broken_off.add(str(day))
            raise
        except Exception as error:  # one day must not take the others along
            get_run_logger().error("%s could not be run: %s", day, error)
        finally:
            queued.set()
        await ended(day, state)


async def days_of(parent: UUID, client: PrefectClient) -> list[FlowRun]:
    """The runs of days that this run has started, the newest 200."""
    children = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[parent]))
    return await client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
        flow_run_filter=children,
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=200,
    )


def tag(backfill: str) -> str:
    """What all runs of a backfill have in common."""
    return f"backfill:{backfill}"


async def newest_runs(backfill: str, client: PrefectClient) -> dict[date, FlowRun]:
    """The newest run of each day of a backfill, of its 200 newest ones."""
    newest = await client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
        flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[tag(backfill)])),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=200,
    )
    return {date.fromisoformat(run.parameters["day"]): run for run in reversed(newest)}


def is_alive(deployment: DeploymentResponse) -> bool:
    """Whether somebody has asked for its runs a moment ago: who does so no longer is noticed a minute late."""
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
    return is_alive(await client.read_deployment(run.deployment_id))
