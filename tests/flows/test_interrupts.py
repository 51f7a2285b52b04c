"""A run that is told to end, and what comes after it: Prefect has still to say how it ended."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import pytest
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.states import Completed

from flows.interrupts import terminable
from frontispiece.concurrency import ungrouped

HEARD, LATER = 0.01, 0.02
"""Seconds of two timers of one event loop: the second, set after the first, goes off after it, however busy it is."""


async def the_timer_has_gone_off() -> None:
    gone = asyncio.Event()
    asyncio.get_running_loop().call_later(LATER, gone.set)
    await gone.wait()


async def hears() -> State[None]:
    raise TerminationSignal(signal.SIGTERM)


async def hears_and_ends_slowly() -> State[None]:
    async def record() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await the_timer_has_gone_off()

    async with asyncio.TaskGroup() as group:
        group.create_task(record())
        await asyncio.sleep(0)
        raise TerminationSignal(signal.SIGTERM)


async def is_done_before() -> State[None]:
    return Completed()


async def does_not_hear() -> State[None]:
    await asyncio.Event().wait()
    return Completed()


@pytest.mark.parametrize(
    ("ending", "comes_to"),
    [
        (hears, "TerminationSignal"),
        (hears_and_ends_slowly, "TerminationSignal"),
        (does_not_hear, "TerminationSignal"),
        (is_done_before, "Completed"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
async def test_who_has_ended_is_not_told_again(
    monkeypatch: pytest.MonkeyPatch, ending: Callable[[], Awaitable[State[None]]], comes_to: str
) -> None:
    monkeypatch.setattr("flows.interrupts.HEARD_SECONDS", HEARD)

    async def run() -> State[None]:
        signal.raise_signal(signal.SIGTERM)
        for _ in range(3):  # meanwhile the event loop hears of it
            await asyncio.sleep(0)
        with ungrouped():
            return await ending()

    async def prefect() -> str | None:
        try:
            return (await terminable(run())).name
        except TerminationSignal as told:
            return type(told).__name__
        finally:
            await the_timer_has_gone_off()
            itself = asyncio.current_task()
            assert itself is not None
            assert not itself.cancelling()

    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        assert await asyncio.create_task(prefect()) == comes_to
    finally:
        signal.signal(signal.SIGTERM, before)
