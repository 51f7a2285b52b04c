"""A limit in dollars: never passed, whatever goes on side by side, and remembered across restarts."""

import asyncio
import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import killed_buyers
import pytest
from helpers.mortal import Fuse, Killed, Mortal, Same
from helpers.real_server import PATIENCE, eventually
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.archive.folder import Entry
from frontispiece.archive.store import Archive
from frontispiece.concurrency import NotBegun
from frontispiece.errors import (
    BudgetReached,
    FrontispieceError,
    InDoubt,
    OutOfService,
    ProviderBroken,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Charge
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.ledger import Booking, Ledger

KEY = "0123456789abcdef"


def key(number: int) -> str:
    return f"{number:016x}"


async def buy(budget: Budget, name: str, expected: float | None, real: float | None, by: str = "") -> None:
    async def call() -> float | None:
        await asyncio.sleep(0)
        return real

    async with budget.purchase(name, expected, by=by) as purchase:
        await purchase.delivered(await purchase.make(call))


async def nothing() -> None:
    """A call that takes no time."""


async def test_without_a_limit_everything_is_bought_and_counted() -> None:
    budget = Budget()
    for number in range(3):
        await buy(budget, key(number), 2.0, 1.0)
    assert (budget.committed, budget.is_reached) == (3.0, False)


async def test_the_limit_itself_may_be_spent_and_nothing_more() -> None:
    budget = Budget(0.3)
    for number in range(3):
        await buy(budget, key(number), 0.1, 0.1)
    with pytest.raises(BudgetReached, match=r"\$0.3 is reached: \$0.3000"):
        await buy(budget, key(3), 0.1, 0.1)
    assert budget.is_reached
    with pytest.raises(BudgetReached):  # a cheaper one would fit into no rest, but the run is to stop buying
        await buy(budget, key(4), 0.0001, 0.0001)


async def test_who_does_not_fit_waits_for_calls_that_may_turn_out_cheaper() -> None:
    budget = Budget(1.0)
    await asyncio.gather(*(buy(budget, key(number), 0.6, 0.1) for number in range(5)))
    assert budget.committed == pytest.approx(0.5)


async def test_who_can_never_fit_does_not_wait() -> None:
    budget = Budget(1.0)
    await buy(budget, key(0), 0.9, 0.9)
    async with budget.purchase(key(1), 0.05) as purchase:
        assert await purchase.make(nothing) is None
        with pytest.raises(BudgetReached):
            await asyncio.wait_for(buy(budget, key(2), 0.2, 0.2), PATIENCE)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (ProviderUnavailable, 0.0),
        (Rejected, 0.0),
        (OutOfService, 0.0),
        (InDoubt, 0.2),
        (ProviderBroken, 0.2),
        (asyncio.CancelledError, 0.2),
    ],
)
async def test_only_what_was_certainly_not_taken_is_free(error: type[BaseException], kept: float) -> None:
    budget = Budget(1.0)

    async def call() -> None:
        raise error("no")

    with pytest.raises(error):
        async with budget.purchase(KEY, 0.2) as purchase:
            await purchase.make(call)
    assert budget.committed == kept


async def test_what_was_in_doubt_and_then_delivered_is_paid_once() -> None:
    budget = Budget(1.0)

    async def lost() -> None:
        raise InDoubt("lost")

    with pytest.raises(InDoubt):
        async with budget.purchase(KEY, 0.2) as purchase:
            await purchase.make(lost)
    async with budget.purchase(KEY, 0.2) as purchase:  # its ticket was found: no second call
        await purchase.delivered(0.15)
    assert budget.committed == pytest.approx(0.15)


async def test_what_another_account_paid_for_costs_nothing() -> None:
    budget = Budget(1.0)
    async with budget.purchase(KEY, 0.2) as purchase:
        await purchase.delivered(0.15)
    assert budget.committed == 0.0


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 1), st.booleans()), max_size=30), st.integers(0, 99))
async def test_spent_and_in_flight_never_pass_the_limit(calls: list[tuple[float, float, bool]], seed: int) -> None:
    budget, rng, flying, spent = Budget(1.0), random.Random(seed), [0.0], [0.0]

    async def one(number: int, expected: float, share: float, fails: bool) -> None:
        async def call() -> float:
            flying[0] += expected
            assert flying[0] + spent[0] <= 1.0 + 1e-6
            for _ in range(rng.randrange(4)):
                await asyncio.sleep(0)
            flying[0] -= expected
            if fails:
                raise ProviderUnavailable("busy")
            spent[0] += expected * share
            return expected * share

        try:
            async with budget.purchase(key(number), expected) as purchase:
                await purchase.delivered(await purchase.make(call))
        except FrontispieceError:
            pass

    await asyncio.wait_for(asyncio.gather(*(one(number, *each) for number, each in enumerate(calls))), PATIENCE)
    assert spent[0] <= 1.0 + 1e-6
    assert budget.committed == pytest.approx(spent[0])


async def spoilt(budget: Budget, name: str, expected: float, charge: Charge | None, by: str = "") -> None:
    """A call whose answer is paid for and of no use."""

    async def call() -> None:
        error = ProviderBroken("no use")
        error.charge = charge
        raise error

    with pytest.raises(ProviderBroken):
        async with budget.purchase(name, expected, by=by) as purchase:
            await purchase.make(call)


@pytest.mark.parametrize(
    ("charge", "kept"),
    [
        pytest.param(Charge(dollars=0.05), 0.05, id="known"),
        pytest.param(Charge(dollars=None), 0.2, id="of unknown price"),
        pytest.param(Charge(dollars=0.0), 0.2, id="free as long as it is not delivered"),
        pytest.param(None, 0.2, id="nobody knows"),
    ],
)
async def test_an_answer_of_no_use_is_paid(charge: Charge | None, kept: float) -> None:
    budget = Budget(1.0)
    await spoilt(budget, KEY, 0.2, charge)
    assert budget.committed == pytest.approx(kept)


async def test_the_first_call_by_a_provider_tells_what_others_may_come_to() -> None:
    budget, at_work = Budget(1.0), 0
    most = []

    async def call() -> None:
        nonlocal at_work
        at_work += 1
        most.append(at_work)
        await asyncio.sleep(0)
        at_work -= 1

    async def one(number: int) -> None:
        async with budget.purchase(key(number), 0.01, by="chat") as purchase:
            await purchase.make(call)
            await purchase.delivered(0.3)

    ends = await asyncio.gather(*(one(number) for number in range(8)), return_exceptions=True)
    assert sum(isinstance(end, BudgetReached) for end in ends) == 5
    assert most == [1, 1, 2]
    assert budget.committed == pytest.approx(0.9)


async def test_who_goes_first_is_followed_by_another_when_the_call_was_not_made() -> None:
    budget = Budget(1.0)

    async def busy() -> None:
        raise ProviderUnavailable("busy")

    with pytest.raises(ProviderUnavailable):
        async with budget.purchase(key(0), 0.01, by="chat") as purchase:
            await purchase.make(busy)
    async with budget.purchase(key(1), 0.01, by="chat") as first:
        await first.make(nothing)
        second = asyncio.create_task(spoilt(budget, key(2), 0.01, None, "chat"))
        await asyncio.sleep(0)
        assert not second.done()
    await second


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.open(str(tmp_path))


async def reopened(archive: Archive, max_usd: float) -> Budget:
    ledger = Ledger(archive, "a1b2")
    return Budget(max_usd, ledger, await ledger.read())


async def test_a_restart_remembers_what_was_spent_and_what_was_in_flight(archive: Archive) -> None:
    budget = await reopened(archive, 1.0)
    await buy(budget, key(1), 0.3, 0.25)
    purchase = budget.purchase(key(2), 0.5)
    bought = await purchase.__aenter__()
    await bought.make(nothing)  # and then the power goes
    again = await reopened(archive, 1.0)
    assert again.committed == pytest.approx(0.75)
    with pytest.raises(BudgetReached):
        await buy(again, key(3), 0.3, 0.3)
    higher = await reopened(archive, 2.0)
    async with higher.purchase(key(2), 0.5) as delivered:
        await delivered.delivered(0.4)
    assert (await reopened(archive, 1.0)).committed == pytest.approx(0.65)
    await purchase.__aexit__(None, None, None)


async def test_a_restart_remembers_that_calls_come_to_more_than_expected(archive: Archive) -> None:
    for number in range(3):
        budget = await reopened(archive, 1.0)
        end = buy(budget, key(number), 0.01, 0.4, by="chat")
        if number < 2:
            await end
        else:
            with pytest.raises(BudgetReached):
                await end
    assert budget.committed == pytest.approx(0.8)


async def test_many_on_one_account_keep_its_limit_together(archive: Archive) -> None:
    purses = [await reopened(archive, 1.0) for _ in range(3)]
    await buy(purses[0], key(0), 0.6, 0.6)
    for purse in purses[1:]:
        with pytest.raises(BudgetReached, match=r"\$0.6000 is spent"):
            await buy(purse, key(1), 0.6, 0.6)
    assert [purse.committed for purse in purses] == pytest.approx([0.6] * 3)


async def test_what_others_settled_for_less_is_room_again(archive: Archive) -> None:
    one, other = await reopened(archive, 1.0), await reopened(archive, 1.0)
    async with one.purchase(key(0), 0.9) as purchase:
        await purchase.make(nothing)
        async with other.purchase(key(1), 0.05) as beside:
            await beside.make(nothing)
        await purchase.delivered(0.1)
    await buy(other, key(2), 0.8, 0.8)
    assert other.committed == pytest.approx(0.95)
    await other.look()
    assert other.committed == (await reopened(archive, 1.0)).committed == pytest.approx(0.95)


async def test_what_came_to_more_than_was_booked_is_heard_of_at_once(archive: Archive) -> None:
    one, other = await reopened(archive, 1.0), await reopened(archive, 1.0)
    await buy(one, key(0), 0.01, 0.9)
    with pytest.raises(BudgetReached):
        await buy(other, key(1), 0.2, 0.2)


async def test_of_two_bookings_of_one_call_each_settles_its_own(archive: Archive) -> None:
    """A buyer that lost its lease takes its booking back, and leaves that of the other alone."""
    late, other = await reopened(archive, 1.0), await reopened(archive, 1.0)

    async def lose() -> None:
        async with other.purchase(KEY, 0.3) as purchase:
            await purchase.make(nothing)
        raise ProviderUnavailable("Another program has taken the call over.")

    with pytest.raises(ProviderUnavailable):
        async with late.purchase(KEY, 0.3) as purchase:
            await purchase.make(lose)
    assert (await reopened(archive, 1.0)).committed == pytest.approx(0.3)


async def test_a_call_found_by_another_program_is_settled_by_it(archive: Archive) -> None:
    other = await reopened(archive, 1.0)
    lost = await reopened(archive, 1.0)
    async with lost.purchase(KEY, 0.3) as purchase:
        await purchase.make(nothing)
    async with other.purchase(KEY, 0.3) as purchase:
        await purchase.delivered(0.2)
    assert (await reopened(archive, 1.0)).committed == pytest.approx(0.2)


@pytest.mark.parametrize("step", range(8))
async def test_killed_at_any_step_nothing_is_bought_that_is_not_booked(archive: Archive, step: int) -> None:
    bought = []

    async def call() -> None:
        bought.append(0.3)

    fuse = Fuse(step)
    ledger = Ledger(Mortal(archive, fuse), "a1b2")
    with suppress(Killed):
        budget = Budget(1.0, ledger, await ledger.read())
        async with budget.purchase(KEY, 0.3) as purchase:
            await purchase.make(call)
            await purchase.delivered(0.2)
    assert (await reopened(archive, 1.0)).committed >= sum(bought) * 2 / 3


async def test_a_listing_that_misses_pages_is_made_good(archive: Archive) -> None:
    """Whoever lists many objects while others write may see a later one, and not an earlier one."""

    class Sparse(Same):
        async def list(self, prefix: str) -> list[Entry]:
            return [entry for entry in await super().list(prefix) if entry.path.endswith("/1001.json")]

    for number in range(2):
        await buy(await reopened(archive, 1.0), key(number), 0.4, 0.4)
    ledger = Ledger(Sparse(archive), "a1b2")
    with pytest.raises(BudgetReached):
        await buy(Budget(1.0, ledger, await ledger.read()), key(2), 0.4, 0.4)


async def test_a_page_of_no_sense_books_nothing(archive: Archive) -> None:
    await archive.put_if_absent("budgets/a1b2/1000.json", b'{"by":"x","boo')
    budget = await reopened(archive, 1.0)
    await buy(budget, KEY, 0.4, 0.4)
    assert (await reopened(archive, 1.0)).committed == pytest.approx(0.4)


async def test_a_store_that_repeats_a_put_is_understood(archive: Archive) -> None:
    class Repeating(Same):
        async def put_if_absent(self, path: str, content: bytes) -> bool:
            await super().put_if_absent(path, content)
            return False

    await buy(await reopened(Repeating(archive), 1.0), KEY, 0.4, 0.4)
    assert (await reopened(archive, 1.0)).committed == pytest.approx(0.4)


async def test_cancelled_while_it_books_nothing_stays_booked(archive: Archive) -> None:
    writes, goes_on = asyncio.Event(), asyncio.Event()

    class Slow(Same):
        async def put_if_absent(self, path: str, content: bytes) -> bool:
            is_new = await super().put_if_absent(path, content)
            writes.set()
            await goes_on.wait()
            return is_new

    buying = asyncio.create_task(buy(await reopened(Slow(archive), 1.0), KEY, 0.4, 0.4))
    await writes.wait()
    buying.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.wait([buying])
    assert buying.cancelled()
    assert (await reopened(archive, 1.0)).committed == 0.0


@pytest.mark.parametrize(
    ("end", "committed"),
    [
        pytest.param(NotBegun, 0.0, id="before the provider is asked"),
        pytest.param(asyncio.CancelledError, 0.4, id="afterwards"),
    ],
)
async def test_cancelled_while_it_buys_what_may_be_paid_for_stays_booked(
    archive: Archive, end: type[BaseException], committed: float
) -> None:
    async def call() -> None:
        raise end

    with pytest.raises(asyncio.CancelledError):
        async with (await reopened(archive, 1.0)).purchase(KEY, 0.4) as purchase:
            await purchase.make(call)
    assert (await reopened(archive, 1.0)).committed == pytest.approx(committed)


async def test_cancelled_while_it_waits_for_room_it_has_asked_nobody(archive: Archive) -> None:
    """Room is there once the call before it is settled; who has made none is not in doubt."""
    budget, answers, asked = await reopened(archive, 1.0), asyncio.Event(), list[str]()

    async def call() -> None:
        asked.append("the provider")
        await answers.wait()

    async def second() -> None:
        async with budget.purchase(key(1), 0.4, 0.3) as purchase:
            with pytest.raises(NotBegun):
                await purchase.make(call)

    async with budget.purchase(key(0), 0.6) as first:
        buying = asyncio.create_task(first.make(call))
        await eventually(lambda: asked)
        waiting = asyncio.create_task(second())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        await waiting
        answers.set()
        await buying
        await first.delivered(0.6)
    assert asked == ["the provider"]
    assert (await reopened(archive, 1.0)).committed == pytest.approx(0.6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_eight_processes_that_are_killed_at_random_keep_the_limit_of_one_purse(tmp_path: Path, seed: int) -> None:
    script = Path(killed_buyers.__file__)
    path = os.pathsep.join([str(script.parent), str(script.parents[1])])
    subprocess.run([sys.executable, script, tmp_path, str(seed)], check=True, env={**os.environ, "PYTHONPATH": path})
    bill = sum(map(float, (tmp_path / "bill").read_text().split()))
    killed = (tmp_path / "killed").read_text()
    spent = asyncio.run(reopened(Archive.open(str(tmp_path / "archive")), killed_buyers.LIMIT)).committed
    assert killed_buyers.LIMIT / 3 < bill <= spent <= killed_buyers.LIMIT + 1e-6
    assert len(killed) > 8
    assert killed_buyers.LIMIT - spent < killed_buyers.DEAREST


async def test_accounts_know_nothing_of_each_other(archive: Archive) -> None:
    calls = [Booking(KEY, 0, 0.003, is_settled=False), Booking(KEY, 0, 0.0025, is_settled=True)]
    await Ledger(archive, "one").write_down([*calls, Booking(KEY, 1, 0.003, is_settled=False)])
    assert sorted(each.dollars for each in await Ledger(archive, "one").read()) == [0.0025, 0.003]
    assert await Ledger(archive, "another").read() == []


async def test_room_for_what_makes_a_call_useful_is_kept_for_its_trip() -> None:
    budget = Budget(1.0)
    async with budget.purchase(key(0), 0.1, then=0.5, paper_key="a") as prompt:
        await prompt.make(nothing)
        await prompt.delivered(0.1)
    waiting = asyncio.create_task(buy(budget, key(1), 0.5, 0.5))
    await asyncio.sleep(0)
    assert not waiting.done()  # it may still turn out that nothing more is bought for the paper
    async with budget.purchase(key(2), 0.5, paper_key="a") as painting:
        await painting.make(nothing)
        await painting.delivered(0.5)
    with pytest.raises(BudgetReached):
        await waiting
    assert budget.committed == pytest.approx(0.6)


async def test_room_that_a_trip_does_not_need_is_given_back() -> None:
    budget = Budget(1.0)
    async with budget.purchase(key(0), 0.1, then=0.8, paper_key="a") as prompt:
        await prompt.make(nothing)
        await prompt.delivered(0.1)
    waiting = asyncio.create_task(buy(budget, key(1), 0.5, 0.5))
    await asyncio.sleep(0)
    await budget.release("a")
    await waiting
    assert budget.committed == pytest.approx(0.6)
