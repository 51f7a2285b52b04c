"""The throttle, by a clock of its own: nobody waits for real."""

import asyncio

import pytest

from frontispiece.errors import OutOfService
from frontispiece.providers.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[tuple[float, str]]:
    return []


@pytest.fixture
def throttle(clock: Clock, told: list[tuple[float, str]]) -> Throttle:
    return Throttle(lambda seconds, reason: told.append((seconds, reason)), clock=clock, sleep=clock.sleep)


async def test_an_open_gate_delays_nobody(throttle: Throttle, clock: Clock) -> None:
    await throttle.pass_through()
    assert clock.now == 100.0


async def test_everybody_waits_once_and_is_told_once(
    throttle: Throttle, clock: Clock, told: list[tuple[float, str]]
) -> None:
    throttle.close_for(5, "busy")
    throttle.close_for(3, "busy too")
    assert throttle.seconds_left == 5.0
    await asyncio.gather(*(throttle.pass_through() for _ in range(4)))
    assert clock.now >= 105.0
    assert told == [(5, "busy")]


async def test_a_longer_wait_extends(throttle: Throttle, clock: Clock, told: list[tuple[float, str]]) -> None:
    throttle.close_for(5, "busy")
    throttle.close_for(8, "busier")
    await throttle.pass_through()
    assert clock.now == 108.0
    throttle.close_for(1, "again")
    assert told == [(5, "busy"), (1, "again")]


async def test_a_shut_gate_lets_nobody_through_not_even_who_waits(throttle: Throttle, clock: Clock) -> None:
    throttle.close_for(60, "busy")
    waiting = asyncio.create_task(throttle.pass_through())
    await asyncio.sleep(0)
    throttle.shut(OutOfService("The quota is used up."))
    throttle.shut(OutOfService("Another reason."))
    with pytest.raises(OutOfService, match="quota is used up"):
        await waiting
    with pytest.raises(OutOfService, match="quota is used up"):
        await throttle.pass_through()
    assert clock.now < 105


async def test_a_wait_is_logged_by_default(caplog: pytest.LogCaptureFixture) -> None:
    Throttle().close_for(2, "OpenAI answered 429.")
    assert "Waiting 2 s: OpenAI answered 429." in caplog.text
