"""Limits for all machines of a server; other runs are other holders here, who know nothing of each other."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest
from fakes.providers import Providers
from helpers.real_server import PATIENCE, RealServer, eventually
from helpers.watching import run_day

from deployments.deploy import install_limits
from flows.limits import SharedLimits, limit_name, within_limits
from frontispiece.providers.throttle import Throttle
from frontispiece.services import open_services
from frontispiece.settings import load_settings

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture(autouse=True)
def no_limits(at_server: RealServer) -> Iterator[None]:
    """Neither before, nor for the tests of other files, which share the server."""
    clear(at_server)
    yield
    clear(at_server)


def clear(server: RealServer) -> None:
    for each in server.ask("/v2/concurrency_limits/filter", {}):
        server.ask(f"/v2/concurrency_limits/{each['id']}", method="DELETE")
    for each in server.ask("/variables/filter", {}):
        if each["name"].endswith("_waits"):
            server.ask(f"/variables/{each['id']}", method="DELETE")


def limits(server: RealServer) -> dict[str, tuple[int, int]]:
    """How many places each has, and how many are taken."""
    found = server.ask("/v2/concurrency_limits/filter", {})
    return {each["name"]: (each["limit"], each["active_slots"]) for each in found}


@asynccontextmanager
async def a_run() -> AsyncIterator[SharedLimits]:
    run = SharedLimits()
    try:
        yield run
    finally:
        await run.give_back()


async def test_runs_share_the_places_of_a_provider(at_server: RealServer) -> None:
    await install_limits(load_settings(painter="fal", paintings_for_all=5))
    name = limit_name("fal")
    async with a_run() as first, a_run() as second, a_run() as fourth:
        assert limits(at_server)[name] == (5, 0), "nothing is taken before it is needed"
        assert [await first.take(name, 8), await second.take(name, 8)] == [3, 1]
        async with a_run() as third:
            assert await third.take(name, 8) == 1
            assert limits(at_server)[name] == (5, 5)
            waiting = asyncio.create_task(fourth.take(name, 8))
        assert await waiting == 1
    assert limits(at_server)[name] == (5, 0)


async def test_where_there_is_no_limit_all_places_are_a_runs_own(at_server: RealServer) -> None:
    async with a_run() as run:
        assert await run.take(limit_name("fal"), 8) == 8
        async with run.turn("arxiv", 60.0):
            pass
    assert limits(at_server) == {}


async def test_at_a_door_one_comes_after_the_other_and_after_the_pause(at_server: RealServer) -> None:
    await install_limits(load_settings())
    assert limits(at_server) == {limit_name("arxiv"): (1, 0)}
    came: list[float] = []

    async def come() -> None:
        async with a_run() as run, run.turn("arxiv", 0.5):
            came.append(monotonic())
            await eventually(lambda: limits(at_server)[limit_name("arxiv")] == (1, 1))
            came.append(monotonic())

    await asyncio.gather(come(), come())
    assert came[2] - came[1] >= 0.5


async def test_a_run_keeps_to_the_limit_and_gives_its_places_back(
    at_server: RealServer, world: Providers, archive: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    await install_limits(load_settings(prompts_for_all=2, paintings_for_all=1))
    state, _ = await run_day(limit=3)
    assert (state.name, world.paid) == ("Completed", (3, 3))
    assert limits(at_server) == {limit_name("arxiv"): (1, 0), limit_name("fal"): (1, 0), limit_name("openai"): (2, 0)}


@pytest.mark.parametrize(("for_all", "left"), [pytest.param(None, 1, id="own"), pytest.param(4, 2, id="of a limit")])
async def test_another_process_is_lent_what_is_this_ones_own(
    at_server: RealServer, world: Providers, archive: object, for_all: int | None, left: int
) -> None:
    """Of three places two; of a limit's four this process has two, and the other one takes the rest itself."""
    settings = load_settings(paintings_at_once=3, paintings_for_all=for_all)
    await install_limits(settings)
    async with open_services(settings) as services, within_limits(services), services.lend(2):
        for _ in range(left):
            await asyncio.wait_for(services.paintings_lane.acquire(), PATIENCE)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(services.paintings_lane.acquire(), 0.05)
        for _ in range(left):
            services.paintings_lane.release()


async def test_when_one_run_is_asked_to_wait_all_wait(at_server: RealServer) -> None:
    await install_limits(load_settings(painter="fal", paintings_for_all=5))
    mine, theirs, without = Throttle(), Throttle(), Throttle()
    first, second, third = (SharedLimits(hear_seconds=0.05) for _ in range(3))
    for run, throttle in ((first, mine), (second, theirs), (third, without)):
        run.share_waits("fal", throttle)
    for run in (first, second):
        await run.take(limit_name("fal"), 2)
    mine.close_for(60.0, "fal answers 429.")
    await eventually(lambda: theirs.seconds_left > 50)
    assert mine.seconds_left <= 60
    assert without.seconds_left == 0, "it has not begun to ask"
    for run in (first, second, third):
        await run.give_back()


async def test_deploying_again_changes_what_is_named_and_leaves_the_rest(at_server: RealServer) -> None:
    said = await install_limits(load_settings(painter="fal", paintings_for_all=5))
    assert said == [
        "limit         frontispiece-arxiv: 1 at a time, for all machines",
        "limit         frontispiece-fal: 5 at a time, for all machines",
    ]
    await install_limits(load_settings(painter="fal", paintings_for_all=7))
    await install_limits(load_settings(painter="fal"))
    assert limits(at_server)[limit_name("fal")] == (7, 0)
