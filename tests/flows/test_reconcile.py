"""Runs that a killed process left behind, and those that go on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.states import Cancelling, Crashed, Running, Scheduled, Suspended

from flows.reconcile import close_orphans, holder_of, is_gone, said, sign
from frontispiece.purchases.process_identity import ProcessIdentity

pytestmark = pytest.mark.usefixtures("prefect_server")


@flow(name="daily")
async def a_daily() -> None:
    """A run to be made, never to be run."""


async def left_behind(holder: ProcessIdentity | None, state: object = None) -> UUID:
    async with get_client() as client:
        run = await client.create_flow_run(a_daily, state=state or Running())
        if holder is not None:
            await sign(run, holder)
        return run.id


async def state_of(run: UUID) -> StateType | None:
    async with get_client() as client:
        return (await client.read_flow_run(run)).state_type


def gone() -> ProcessIdentity:
    here = ProcessIdentity.here()
    return here.model_copy(update={"born": (here.born or 0) + 1})


async def test_a_run_whose_process_has_ended_is_closed() -> None:
    run = await left_behind(gone())
    await close_orphans()
    assert await state_of(run) is StateType.CRASHED


async def test_a_run_that_was_being_cancelled_is_cancelled() -> None:
    run = await left_behind(gone(), Cancelling())
    await close_orphans()
    assert await state_of(run) is StateType.CANCELLED


async def test_a_run_that_goes_on_is_left_alone_as_are_strangers_and_the_one_that_asks() -> None:
    alive = await left_behind(ProcessIdentity.here())
    elsewhere = await left_behind(ProcessIdentity.here().model_copy(update={"host": "elsewhere", "boot": "other"}))
    unsigned = await left_behind(None)
    asking = await left_behind(gone())
    await close_orphans(but=asking)
    assert {await state_of(run) for run in (alive, elsewhere, unsigned, asking)} == {StateType.RUNNING}


async def test_a_run_that_was_never_signed_is_closed_when_it_has_had_the_time() -> None:
    run = await left_behind(None)
    await close_orphans(now=datetime.now(UTC) + timedelta(minutes=16))
    assert await state_of(run) is StateType.CRASHED


@pytest.mark.parametrize(
    "states",
    [
        pytest.param([Crashed(), Scheduled(name="AwaitingRetry"), Running()], id="Retry"),
        pytest.param([Suspended(), Scheduled(name="Resuming"), Running()], id="Resume"),
    ],
)
async def test_a_run_that_is_tried_again_is_not_judged_by_the_process_before(states: list[State[None]]) -> None:
    run = await left_behind(gone())
    async with get_client() as client:
        for state in states:
            await client.set_flow_run_state(run, state, force=True)
    await close_orphans()
    assert await state_of(run) is StateType.RUNNING
    await close_orphans(now=datetime.now(UTC) + timedelta(minutes=16))  # it was killed before it had signed
    assert await state_of(run) is StateType.CRASHED


async def test_a_cancelled_run_of_a_deployment_is_left_for_a_minute_to_those_who_started_it() -> None:
    async with get_client() as client:
        flow_id = await client.create_flow(a_daily)
        deployment = await client.create_deployment(flow_id, "cancelled")
        run = (await client.create_flow_run_from_deployment(deployment)).id
        await client.set_flow_run_state(run, Running(), force=True)
        await sign(await client.read_flow_run(run), gone())
        await client.set_flow_run_state(run, Cancelling(), force=True)
    await close_orphans()
    assert await state_of(run) is StateType.CANCELLING
    await close_orphans(now=datetime.now(UTC) + timedelta(minutes=2))
    assert await state_of(run) is StateType.CANCELLED


@task
async def at_work() -> None:
    """A task run to be made, never to be run."""


@pytest.mark.parametrize(
    ("holder", "state"),
    [
        pytest.param(gone(), StateType.CRASHED, id="gone"),
        pytest.param(ProcessIdentity.here(), StateType.RUNNING, id="it goes on, whatever was heard of it"),
    ],
)
async def test_what_a_run_was_at_is_closed_although_the_automation_has_closed_the_run(
    holder: ProcessIdentity, state: StateType
) -> None:
    run = await left_behind(holder)
    async with get_client() as client:
        task_run = await client.create_task_run(at_work, flow_run_id=run, dynamic_key="0", state=Running())
        await client.set_flow_run_state(run, Crashed(message="Nothing was heard of its process."), force=True)
        await close_orphans()
        assert (await client.read_task_run(task_run.id)).state_type is state
        assert (await client.read_flow_run(run)).state_type is StateType.CRASHED


def test_a_machine_that_was_started_anew_ended_its_programs() -> None:
    here = ProcessIdentity.here()
    assert is_gone(here.model_copy(update={"boot": "the one before"}), here)
    assert not is_gone(here.model_copy(update={"boot": "another", "host": "elsewhere"}), here)
    assert not is_gone(here, here)


async def test_labels_tell_the_process() -> None:
    run = await left_behind(ProcessIdentity.here())
    async with get_client() as client:
        assert holder_of(await client.read_flow_run(run)) == ProcessIdentity.here()


def test_it_says_what_it_did() -> None:
    assert said([]) == "No run was left behind."
    assert "a, b" in said(["a", "b"])
