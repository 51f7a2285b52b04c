"""Work side by side stays within its bounds, and leaves nothing behind."""

import asyncio
import math
import threading

import pytest

from frontispiece.concurrency import end_if_cancelled, gather_bounded, heard_out, to_its_end


class Crew:
    """Counts who is at work; each yields to the others a few times."""

    def __init__(self) -> None:
        self.at_work = self.most = self.ended = 0

    async def double(self, number: int) -> int:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            if number < 0:
                raise ValueError(number)
            return 2 * number
        finally:
            self.at_work -= 1
            self.ended += 1


@pytest.mark.parametrize("at_once", [pytest.param(1, id="one"), pytest.param(3, id="three"), pytest.param(9, id="all")])
async def test_results_come_in_order_and_within_bounds(at_once: int) -> None:
    crew = Crew()
    assert await gather_bounded(crew.double, range(7), at_once) == [0, 2, 4, 6, 8, 10, 12]
    assert crew.most == min(at_once, 7)


async def test_a_semaphore_bounds_several_gathers() -> None:
    crew, lane = Crew(), asyncio.Semaphore(2)
    await asyncio.gather(*(gather_bounded(crew.double, range(5), lane) for _ in range(3)))
    assert (crew.most, crew.ended) == (2, 15)


async def test_the_first_error_ends_the_others() -> None:
    crew = Crew()
    with pytest.raises(ValueError, match="-1"):
        await gather_bounded(crew.double, [-1, *range(50)], 2)
    assert crew.at_work == 0
    assert crew.ended < 5


async def test_cancelled_it_takes_its_work_along() -> None:
    crew = Crew()
    going = asyncio.create_task(gather_bounded(crew.double, range(50), 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert (crew.at_work, crew.ended) == (0, 2)


async def test_cancelled_work_may_write_down_what_it_did() -> None:
    written = []

    async def work(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            written.append(number)

    going = asyncio.create_task(gather_bounded(work, range(5), 3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    going.cancel()
    await asyncio.wait([going])
    assert written == [0, 1, 2]


async def test_what_has_begun_to_close_is_closed_although_it_is_cancelled() -> None:
    begun, may_end, closed = asyncio.Event(), asyncio.Event(), []

    async def close() -> None:
        begun.set()
        await may_end.wait()
        closed.append(True)

    closing = asyncio.create_task(to_its_end(close()))
    await begun.wait()
    closing.cancel()
    asyncio.get_running_loop().call_soon(may_end.set)
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert closed == [True]


@pytest.mark.parametrize(
    ("told", "seconds", "is_kept"),
    [
        pytest.param("cancel", 60.0, True, id="in time"),
        pytest.param("cancel", 0.0, False, id="too late"),
        pytest.param("cancel cancel", 60.0, False, id="told twice"),
        pytest.param("cancel hurry", math.inf, False, id="a hurry while it waits"),
        pytest.param("hurry cancel", math.inf, False, id="a hurry before"),
    ],
)
async def test_an_answer_on_its_way_is_kept_although_who_asked_is_cancelled(
    told: str, seconds: float, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = threading.Event()
    monkeypatch.setattr("frontispiece.concurrency.is_hurried", hurried.is_set)
    asked, may_come, kept, ended = asyncio.Event(), asyncio.Event(), [], []

    async def answer() -> str:
        asked.set()
        try:
            await may_come.wait()
        finally:
            ended.append(True)
        return "a fox"

    async def ask() -> None:
        kept.append(await heard_out(answer(), seconds))
        await asyncio.sleep(0)  # as who writes it down
        end_if_cancelled()

    asking = asyncio.create_task(ask())
    await asked.wait()
    for each in told.split():
        asking.cancel() if each == "cancel" else hurried.set()
        await asyncio.sleep(0)
    if "hurry" not in told:
        asyncio.get_running_loop().call_later(0.01, may_come.set)
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert kept == ["a fox"] * is_kept
    assert ended == [True]
