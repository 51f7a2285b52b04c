"""Closes the runs that a killed process on this machine left behind: the server would show them as running for ever.

Of runs elsewhere an automation judges by their heartbeats. It needs a server that goes on: one that ends with its runs,
as that of a command or of `serve`, hears of them again only now. And it knows nothing of their task runs: they are
closed here, too.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed
from pydantic import ValidationError

from frontispiece.purchases.process_identity import ProcessIdentity
from frontispiece.text import counted

FLOWS: Final = (
    *("daily", "illustrate day", "illustrate papers", "backfill", "backfill days", "backfill day"),
    *("letter", "upkeep"),
)
LABEL: Final = "frontispiece."
_STATE_LABEL: Final = "frontispiece-state"
STARTING: Final = timedelta(minutes=15)
CANCELLING: Final = timedelta(minutes=1)
"""So long those who have started a run may take to say that it is cancelled: Prefect gives it half a minute to end."""
_OPEN: Final = [StateType.RUNNING, StateType.CANCELLING, StateType.PENDING]
_UNFINISHED: Final = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=_OPEN)))
_MESSAGE: Final = "Its process ended without a word; Frontispiece closed the run. What was done is kept."


async def sign(run: FlowRun, holder: ProcessIdentity | None = None) -> None:
    """Write on the run which process it is in, so that others can tell when that has ended. `run` is in its new state.

    A run that is retried or resumed bears the name of another process until then, and its state tells them apart.
    """
    holder = holder or ProcessIdentity.here()
    labels = {f"{LABEL}{name}": value for name, value in holder.model_dump(exclude_none=True).items()}
    if run.state is not None:
        labels[_STATE_LABEL] = str(run.state.id)
    async with get_client() as client:
        await client.update_flow_run_labels(run.id, labels)


async def close_orphans(but: UUID | None = None, now: datetime | None = None) -> list[str]:
    """Give every run of ours whose process has ended a final state, its task runs too; names those runs."""
    now = now or datetime.now(UTC)
    ours = FlowFilter(name=FlowFilterName(any_=list(FLOWS)))
    async with get_client() as client:
        open_runs = await client.read_flow_runs(flow_filter=ours, flow_run_filter=_in_states(_OPEN))
        others = [run for run in open_runs if run.id != but]
        orphans = [run for run in others if _is_orphan(run, now)]
        for run in orphans:
            await close(run, client)
        crashed = await client.read_flow_runs(
            flow_filter=ours, flow_run_filter=_in_states([StateType.CRASHED]), task_run_filter=_UNFINISHED
        )
        for run in crashed:
            if _is_orphan(run, now):
                await _close_tasks(run, client)
    return [run.name for run in orphans]


def holder_of(run: FlowRun) -> ProcessIdentity | None:
    """The process that signed the run, if any did."""
    labels = {name.removeprefix(LABEL): value for name, value in run.labels.items() if name.startswith(LABEL)}
    try:
        return ProcessIdentity.model_validate(labels)
    except ValidationError:
        return None


def is_gone(holder: ProcessIdentity, here: ProcessIdentity) -> bool:
    """Whether the process has certainly ended; a machine of the same name that was started anew ended it."""
    restarted = holder.host == here.host and bool(holder.boot and here.boot) and holder.boot != here.boot
    return restarted or holder.is_gone()


def _is_orphan(run: FlowRun, now: datetime) -> bool:
    holder, age = holder_of(run), now - run.state.timestamp if run.state is not None else timedelta(0)
    if run.state_type is StateType.PENDING or holder is None:  # it is about to start, or to sign
        return age > STARTING
    if run.state_type is StateType.RUNNING and run.labels.get(_STATE_LABEL) != str(run.state_id) and age <= STARTING:
        return False  # who has signed is its last process
    if run.state_type is StateType.CANCELLING and run.deployment_id is not None and age <= CANCELLING:
        return False  # said twice, the second word would undo a Retry between them
    return is_gone(holder, ProcessIdentity.here())


async def close(run: FlowRun, client: PrefectClient) -> None:
    """Give a run whose process has ended a final state, and its task runs."""
    await _close_tasks(run, client)
    is_cancelled = run.state_type is StateType.CANCELLING
    state: State[None] = Cancelled(message=_MESSAGE) if is_cancelled else Crashed(message=_MESSAGE)
    await client.set_flow_run_state(run.id, state, force=True)


async def _close_tasks(run: FlowRun, client: PrefectClient) -> None:
    this = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
    for task_run in await client.read_task_runs(flow_run_filter=this, task_run_filter=_UNFINISHED):
        crashed: State[None] = Crashed(message=_MESSAGE)
        await client.set_task_run_state(task_run.id, crashed, force=True)


def _in_states(states: list[StateType]) -> FlowRunFilter:
    return FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)))


def said(names: Sequence[str]) -> str:
    """What was done, as one sentence."""
    if not names:
        return "No run was left behind."
    return f"Closed {counted(len(names), 'run')} that had ended without a word: {', '.join(names)}."
