"""The promise that nothing is bought twice: kept by two programs at once, by killed ones, and by damaged journals."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stopped_buyer
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.jobs import AtOnce
from helpers.mortal import DEAD, Fuse, Killed, Mortal, Same
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from frontispiece.archive.store import Archive
from frontispiece.errors import (
    ArchiveError,
    ArchiveUnavailable,
    Blocked,
    FrontispieceError,
    InDoubt,
    NotAccepted,
    OutOfService,
    ProviderBroken,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import CallState, Charge, Value
from frontispiece.providers.throttle import Throttle
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.entries import Entry, Kind, Phase, State, fold, parse
from frontispiece.purchases.job import PaidJob
from frontispiece.purchases.journal import Journal, Settled, closing
from frontispiece.purchases.process_identity import ProcessIdentity

KEY = "ab" * 16
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ELSEWHERE = ProcessIdentity(host="elsewhere", pid=1)


class Ticket(Value):
    request_id: str


class Record(Value):
    answer: str
    dollars: float | None = None


@dataclass
class Shop:
    """A paid provider. Every `submit` that gets through is a purchase."""

    gives_tickets: bool = True
    keeps_a_list: bool = True
    fuse: Fuse = field(default_factory=Fuse)
    purchases: list[str] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    collected: int = 0
    submit_raises: list[FrontispieceError | None] = field(default_factory=list)
    lost_answers: list[FrontispieceError | None] = field(default_factory=list)
    collect_raises: list[BaseException | None] = field(default_factory=list)
    keep_raises: list[BaseException | None] = field(default_factory=list)
    dollars: float | None = None
    calls: int = 0
    gate: asyncio.Event | None = None
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self) -> Ticket | str:
        self.fuse.burn()
        self.calls += 1
        _raise_next(self.submit_raises)
        order = f"order-{len(self.purchases)}"
        self.purchases.append(order)
        self.bell.set()
        self.fuse.burn()
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        _raise_next(self.lost_answers)
        return Ticket(request_id=order) if self.gives_tickets else order

    async def collect(self, ticket: Ticket) -> str:
        self.fuse.burn()
        self.collected += 1
        await asyncio.sleep(0)
        _raise_next(self.collect_raises)
        assert ticket.request_id in self.purchases
        return ticket.request_id

    async def recent(self, since: datetime) -> Ticket | None:
        self.fuse.burn()
        assert since.tzinfo is not None
        return Ticket(request_id=self.purchases[-1]) if self.keeps_a_list and self.purchases else None

    async def keep(self, answer: str) -> Record:
        self.fuse.burn()
        _raise_next(self.keep_raises)
        self.kept.add(answer)
        self.fuse.burn()
        return Record(answer=answer, dollars=self.dollars)

    async def intact(self, record: Record) -> bool:
        return record.answer in self.kept

    async def has_sold(self, number: int) -> None:
        while len(self.purchases) < number:
            self.bell.clear()
            await self.bell.wait()

    def job(self, key: str = KEY) -> "ShopJob":
        return ShopJob(self, key)


class ShopJob(PaidJob[Record, str, Ticket]):
    """What one call to the shop is to the journal."""

    what = "painting 2410.24175 by the shop"
    record = Record
    ticket = Ticket
    price = 0.003

    def __init__(self, shop: Shop, key: str = KEY) -> None:
        self.shop = shop
        self.key = key
        self.budget = Budget()

    async def submit(self) -> Ticket | str:
        return await self.shop.submit()

    async def collect(self, ticket: Ticket) -> str:
        return await self.shop.collect(ticket)

    async def find(self, since: datetime, order: str | None) -> Ticket | None:
        assert order is None
        return await self.shop.recent(since)

    async def keep(self, answer: str) -> Record:
        return await self.shop.keep(answer)

    async def is_intact(self, record: Record) -> bool:
        return await self.shop.intact(record)


def _raise_next(errors: list) -> None:
    if errors and (error := errors.pop(0)) is not None:
        raise error


class Time:
    """A clock that the waiting program's own polls move, and a wall clock that can be set wrong."""

    def __init__(self, wall: datetime = NOW) -> None:
        self.wall = wall
        self.passed = 0.0
        self.on_poll: Callable[[int], Awaitable[None]] | None = None
        self.polls = 0

    def clock(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        if seconds != 1.0:
            await asyncio.Event().wait()  # a renewal, never due here
        self.polls += 1
        assert self.polls < 1_000, "waits for ever"
        self.passed += seconds
        self.wall += timedelta(seconds=seconds)
        if self.on_poll is not None:
            await self.on_poll(self.polls)

    def journal(self, archive: Archive) -> Journal:
        return Journal(archive, clock=self.clock, monotonic=self.monotonic, sleep=self.sleep)


async def nap(seconds: float) -> None:
    """Polls pass at once; renewals are not due in a test."""
    await (asyncio.sleep(0) if seconds == 1.0 else asyncio.Event().wait())


def journal(archive: Archive, holder: ProcessIdentity | None = None) -> Journal:
    return Journal(archive, holder=holder, sleep=nap)


@pytest.fixture(params=["memory", "folder"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive.open("memory://" if request.param == "memory" else str(tmp_path))


async def entries(archive: Archive, key: str = KEY) -> list[Entry]:
    stored = await archive.list(f"journal/{key}")
    return [parse(await archive.get(entry.path) or b"", entry.modified, 30) for entry in stored]


async def kinds(archive: Archive) -> list[str]:
    return [entry.kind.value for entry in await entries(archive)]


async def knows_the_bill(archive: Archive, shop: "Shop", key: str = KEY) -> bool:
    """Whether what was sold are the calls that the journal is sure of, and no more than those it doubts beside them."""
    states = [call.state for call in fold(await entries(archive, key)).calls]
    certain = states.count(CallState.DELIVERED) + states.count(CallState.REFUSED)
    return certain <= len(shop.purchases) <= certain + states.count(CallState.IN_DOUBT)


async def write(archive: Archive, number: int, kind: Kind, **fields: object) -> None:
    entry = Entry.model_validate({"kind": kind, "at": NOW, "by": "x", "lease": 30, "holder": ELSEWHERE, **fields})
    assert await archive.put_if_absent(f"journal/{KEY}/{number:03d}.json", entry.to_json())


SHOPS = [
    pytest.param(True, True, id="queue-with-list"),
    pytest.param(True, False, id="queue"),
    pytest.param(False, False, id="at-once"),
]


class TestPlainSailing:
    async def test_a_queue(self, archive: Archive) -> None:
        shop = Shop()
        settled = await journal(archive).settle(shop.job())
        assert settled == Settled(Record(answer="order-0"), bought=True, doubts=0)
        assert await kinds(archive) == ["intent", "ticket", "done"]
        again = await journal(archive).settle(shop.job())
        assert again == Settled(Record(answer="order-0"), bought=False, doubts=0)
        assert len(shop.purchases) == shop.collected == 1

    async def test_an_answer_at_once_that_is_its_own_record(self, archive: Archive) -> None:
        job = AtOnce(KEY, "prompt", Record(answer="a fish"))
        for bought in (True, False):
            settled = await journal(archive).settle(job)
            assert (settled.record, settled.bought) == (Record(answer="a fish"), bought)
        assert job.calls == 1
        assert await kinds(archive) == ["intent", "done"]

    async def test_the_ticket_is_durable_before_anyone_waits_for_it(self, archive: Archive) -> None:
        seen = []

        class Watching(ShopJob):
            async def collect(self, ticket: Ticket) -> str:
                seen.extend(await kinds(archive))
                return await super().collect(ticket)

        await journal(archive).settle(Watching(Shop()))
        assert seen == ["intent", "ticket"]

    async def test_different_keys_are_different_purchases(self, archive: Archive) -> None:
        shop = Shop()
        await journal(archive).settle(shop.job())
        await journal(archive).settle(shop.job("cd" * 16))
        assert len(shop.purchases) == 2


class TestTogether:
    @pytest.mark.parametrize(("gives_tickets", "keeps_a_list"), SHOPS)
    async def test_many_programs_buy_each_thing_once(
        self, archive: Archive, gives_tickets: bool, keeps_a_list: bool
    ) -> None:
        shops = {f"{n:032x}": Shop(gives_tickets, keeps_a_list) for n in range(12)}
        journals = [journal(archive) for _ in range(3)]
        settled = await asyncio.gather(
            *(book.settle(shop.job(key)) for key, shop in shops.items() for book in journals)
        )
        assert [len(shop.purchases) for shop in shops.values()] == [1] * 12
        assert sum(one.bought for one in settled) == 12
        assert {one.doubts for one in settled} == {0}

    async def test_on_a_bucket_too(self) -> None:
        fake, shop = FakeS3(), Shop()
        with serving(fake.app()) as address:
            bucket = Archive.open(f"s3://papers/a?region=x&endpoint={address}&skip_signature=true")
            settled = await asyncio.gather(*(journal(bucket).settle(shop.job()) for _ in range(4)))
        assert sum(one.bought for one in settled) == len(shop.purchases) == 1
        assert [path.removeprefix(f"a/journal/{KEY}/") for path in fake.objects] == ["000.json", "001.json", "002.json"]

    async def test_a_late_holder_brings_its_ticket_in(self, archive: Archive) -> None:
        """The first program was thought dead while it waited for the shop; what it ordered is not lost."""
        shop = Shop(keeps_a_list=False, gate=asyncio.Event())
        late = asyncio.create_task(journal(archive, DEAD).settle(shop.job()))
        await shop.has_sold(1)
        other = asyncio.create_task(journal(archive).settle(shop.job()))
        await shop.has_sold(2)
        shop.gate.set()
        first, second = await asyncio.gather(late, other)
        assert first.record == second.record
        assert len(shop.purchases) == 2 == 1 + first.doubts

    async def test_two_that_find_the_picture_lost_buy_it_once(self, archive: Archive) -> None:
        shop = Shop(gives_tickets=False)
        await journal(archive).settle(shop.job())
        shop.kept.clear()
        settled = await asyncio.gather(*(journal(archive).settle(shop.job()) for _ in range(4)))
        assert len(shop.purchases) == 2
        assert sum(one.bought for one in settled) == 1

    async def test_the_lease_is_renewed_while_the_call_lasts(self, archive: Archive) -> None:
        shop = Shop(gate=asyncio.Event())
        naps, renewed = list[float](), asyncio.Event()

        async def nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) > 3:
                renewed.set()
                await asyncio.Event().wait()

        book = Journal(archive, lease_seconds=60.0, sleep=nap)
        settling = asyncio.create_task(book.settle(shop.job()))
        await renewed.wait()
        assert naps == [20.0] * 4
        assert (await kinds(archive)).count("alive") == 3
        assert fold(await entries(archive)).phase is Phase.CALLING
        shop.gate.set()
        assert (await settling).bought
        assert (await kinds(archive))[-1] == "done"


class TestKilled:
    @pytest.mark.parametrize(("gives_tickets", "keeps_a_list"), SHOPS)
    async def test_at_every_step(self, archive: Archive, gives_tickets: bool, keeps_a_list: bool) -> None:
        for step in itertools.count():
            key = f"{step:032x}"
            shop = Shop(gives_tickets, keeps_a_list, fuse=Fuse(step))
            finished = await _until_killed(Mortal(archive, shop.fuse), key, shop)
            shop.fuse.left = 1_000_000
            settled = await journal(archive).settle(shop.job(key))
            assert settled.record.answer in shop.purchases
            assert len(shop.purchases) <= 1 + settled.doubts
            assert await knows_the_bill(archive, shop, key)
            assert settled.doubts <= 1
            assert len(shop.purchases) == 1 or not keeps_a_list
            if finished:
                assert step > 5
                return

    @given(steps=st.lists(st.integers(0, 14), max_size=8), shop_kind=st.sampled_from([p.values for p in SHOPS]))
    @settings(max_examples=60, deadline=None)
    def test_again_and_again(self, steps: Sequence[int], shop_kind: tuple[bool, bool]) -> None:
        async def live_and_die() -> None:
            archive, shop = Archive.open("memory://"), Shop(*shop_kind)
            for step in steps:
                shop.fuse.left = step
                await _until_killed(Mortal(archive, shop.fuse), KEY, shop)
            shop.fuse.left = 1_000_000
            settled = await journal(archive).settle(shop.job())
            assert len(shop.purchases) <= 1 + settled.doubts
            assert await knows_the_bill(archive, shop)
            if shop.keeps_a_list:
                assert len(shop.purchases) == 1

        asyncio.run(live_and_die())

    @pytest.mark.parametrize("gives_tickets", [True, False], ids=["queue", "at-once"])
    async def test_a_cancelled_attempt_lets_go(self, archive: Archive, gives_tickets: bool) -> None:
        shop = Shop(gives_tickets, gate=asyncio.Event())
        settling = asyncio.create_task(journal(archive).settle(shop.job()))
        await shop.has_sold(1)
        settling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await settling
        assert fold(await entries(archive)).lease is None
        shop.gate.set()
        settled = await journal(archive).settle(shop.job())
        assert len(shop.purchases) <= 1 + settled.doubts


async def _until_killed(archive: Archive, key: str, shop: Shop) -> bool:
    try:
        await journal(archive, DEAD).settle(shop.job(key))
    except Killed:
        return False
    return True


class TestLease:
    async def test_a_holder_elsewhere_is_waited_for_one_lease(self, archive: Archive) -> None:
        await write(archive, 0, Kind.INTENT, what="x")
        shop, now = Shop(keeps_a_list=False), Time()
        settled = await now.journal(archive).settle(shop.job())
        assert now.polls == 30
        assert settled.doubts == 1

    @pytest.mark.parametrize("ahead", [timedelta(days=-365), timedelta(0), timedelta(seconds=301), timedelta(days=365)])
    async def test_whatever_the_clocks_say_a_holder_is_waited_for_one_lease(
        self, archive: Archive, ahead: timedelta
    ) -> None:
        await write(archive, 0, Kind.INTENT, what="x")
        now = Time(NOW + ahead)
        await now.journal(archive).settle(Shop().job())
        assert now.polls == 30

    async def test_a_dead_holder_on_this_machine_is_not_waited_for(self, archive: Archive) -> None:
        await write(archive, 0, Kind.INTENT, what="x", holder=DEAD)
        now = Time()
        await now.journal(archive).settle(Shop().job())
        assert now.polls == 0

    @pytest.mark.parametrize("ahead", [0, -301, 301, 86_400])
    async def test_signs_of_life_are_respected_whatever_the_clocks_say(self, archive: Archive, ahead: int) -> None:
        await write(archive, 0, Kind.INTENT, what="x")
        now, shop = Time(NOW + timedelta(seconds=ahead)), Shop()

        async def alive_for_a_while(poll: int) -> None:
            if poll % 10 == 0 and poll <= 100:
                await write(archive, poll // 10, Kind.ALIVE)

        now.on_poll = alive_for_a_while
        await now.journal(archive).settle(shop.job())
        assert now.polls == 130

    async def test_a_result_that_comes_while_waiting_is_used(self, archive: Archive) -> None:
        await write(archive, 0, Kind.INTENT, what="x")
        now, shop = Time(), Shop()
        shop.kept.add("theirs")

        async def deliver(poll: int) -> None:
            if poll == 5:
                await write(archive, 1, Kind.DONE, record={"answer": "theirs"})

        now.on_poll = deliver
        settled = await now.journal(archive).settle(shop.job())
        assert settled == Settled(Record(answer="theirs"), bought=False, doubts=0)
        assert now.polls == 5
        assert shop.calls == 0

    @pytest.mark.parametrize("asleep", [False, True], ids=["stopped", "on a machine that slept"])
    async def test_who_lost_the_lease_before_it_paid_pays_nothing(self, archive: Archive, asleep: bool) -> None:
        now, shop, throttle = Time(), Shop(), Throttle()

        class Stopped(ShopJob):
            async def submit(self) -> Ticket | str:
                now.wall += timedelta(seconds=50)
                now.passed += 0 if asleep else 50
                await journal(archive, ELSEWHERE).settle(theirs)
                await throttle.pass_through()
                return await super().submit()

        class AfterALease(Same):
            async def list(self, prefix: str) -> list:
                found = await super().list(prefix)
                later.passed += 30
                return found

        later = Time()
        theirs = shop.job()
        first = Stopped(shop)

        def journal(archive: Archive, holder: ProcessIdentity) -> Journal:
            return Journal(AfterALease(archive), holder=holder, clock=later.clock, monotonic=later.monotonic, sleep=nap)

        settled = await now.journal(archive).settle(first)
        assert shop.calls == 1
        assert settled.record == Record(answer="order-0")
        assert first.budget.committed == 0

    async def test_a_call_that_waited_is_renewed_before_it_is_made(self, archive: Archive) -> None:
        now, shop, throttle = Time(), Shop(), Throttle()

        class Slow(ShopJob):
            async def submit(self) -> Ticket | str:
                now.passed += 25
                await throttle.pass_through()
                assert (await kinds(archive))[-1] == "alive"
                return await super().submit()

        assert (await now.journal(archive).settle(Slow(shop))).bought

    async def test_no_call_where_the_lease_cannot_be_looked_at(self, archive: Archive) -> None:
        now, shop, throttle, is_down = Time(), Shop(), Throttle(), []

        class Down(Same):
            async def list(self, prefix: str) -> list:
                if is_down:
                    raise ArchiveUnavailable("The archive is down.")
                return await super().list(prefix)

        class Slow(ShopJob):
            async def submit(self) -> Ticket | str:
                now.passed += 5
                is_down.append(True)
                try:
                    await throttle.pass_through()
                finally:
                    is_down.clear()
                return await super().submit()

        with pytest.raises(ProviderUnavailable, match="archive is down"):
            await now.journal(Down(archive)).settle(Slow(shop))
        assert (shop.calls, fold(await entries(archive)).phase) == (0, Phase.FREE)

    def test_a_buyer_that_was_stopped_in_the_throttle_goes_on_and_buys_nothing_twice(self, tmp_path: Path) -> None:
        sold: list[str] = []

        async def sell(request: Request) -> PlainTextResponse:
            sold.append((await request.json())["key"])
            return PlainTextResponse("a fish")

        script = Path(stopped_buyer.__file__)
        with (
            serving(Starlette(routes=[Route("/", sell, methods=["POST"])])) as url,
            subprocess.Popen(
                [sys.executable, script, tmp_path, url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(script.parent), str(script.parents[1])])},
            ) as stopped,
        ):
            assert stopped.stdin is not None
            assert stopped.stdout is not None
            try:
                assert stopped.stdout.readline() == b"waiting\n"
                stopped.send_signal(signal.SIGSTOP)
                assert os.WIFSTOPPED(os.waitpid(stopped.pid, os.WUNTRACED)[1])
                budget = Budget()
                buying = stopped_buyer.buy(Archive.open(str(tmp_path)), url, Throttle(), budget)
                assert (asyncio.run(buying), budget.committed) == ([True] * 4, 1.0)
                stopped.send_signal(signal.SIGCONT)
                said, _ = stopped.communicate(b"\n")
            finally:
                stopped.kill()
        assert said == b"[False, False, False, False] 0.0\n"
        assert sorted(sold) == sorted(stopped_buyer.KEYS)

    async def test_an_order_is_fetched_by_whoever_comes_next(self, archive: Archive) -> None:
        shop = Shop(purchases=["theirs"])
        await write(archive, 0, Kind.INTENT, what="x", holder=DEAD)
        await write(archive, 1, Kind.TICKET, ticket={"request_id": "theirs"})
        settled = await journal(archive).settle(shop.job())
        assert settled == Settled(Record(answer="theirs"), bought=True, doubts=0)
        assert shop.calls == 0


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [ProviderUnavailable("busy", 3.0), Rejected("no"), OutOfService("no money"), ProviderBroken("empty")],
        ids=lambda error: error.kind,
    )
    async def test_a_definite_refusal_frees_the_key(self, archive: Archive, error: FrontispieceError) -> None:
        shop, now = Shop(submit_raises=[error]), Time()
        with pytest.raises(type(error)) as caught:
            await now.journal(archive).settle(shop.job())
        assert caught.value is error
        assert fold(await entries(archive)).phase is Phase.FREE
        settled = await now.journal(archive).settle(shop.job())
        assert (settled.doubts, now.polls, len(shop.purchases)) == (0, 0, 1)

    async def test_blocked_is_for_ever(self, archive: Archive) -> None:
        shop = Shop(submit_raises=[Blocked("The shop refuses this paper.")])
        for _ in range(3):
            with pytest.raises(Blocked, match="The shop refuses this paper"):
                await journal(archive).settle(shop.job())
        assert shop.calls == 1

    @pytest.mark.parametrize("where", ["collect_raises", "keep_raises"])
    async def test_blocked_may_come_with_the_delivery(self, archive: Archive, where: str) -> None:
        shop = Shop(**{where: [Blocked("All black.")]})
        for _ in range(2):
            with pytest.raises(Blocked, match="All black"):
                await journal(archive).settle(shop.job())
        assert len(shop.purchases) == 1

    @pytest.mark.parametrize("keeps_a_list", [True, False], ids=["found", "not-found"])
    async def test_in_doubt(self, archive: Archive, keeps_a_list: bool) -> None:
        shop = Shop(keeps_a_list=keeps_a_list, lost_answers=[InDoubt("reset")])
        with pytest.raises(InDoubt):
            await journal(archive).settle(shop.job())
        assert await kinds(archive) == ["intent", "doubt"]
        settled = await journal(archive).settle(shop.job())
        assert settled.doubts == (0 if keeps_a_list else 1)
        assert len(shop.purchases) == 1 + settled.doubts

    async def test_a_failing_look_up_leaves_the_doubt(self, archive: Archive) -> None:
        shop = Shop(lost_answers=[InDoubt("reset")])
        with pytest.raises(InDoubt):
            await journal(archive).settle(shop.job())

        class ListIsDown(ShopJob):
            async def find(self, since: datetime, order: str | None) -> Ticket | None:
                raise ProviderUnavailable("list is down")

        with pytest.raises(ProviderUnavailable):
            await journal(archive).settle(ListIsDown(shop))
        assert fold(await entries(archive)).phase is Phase.IN_DOUBT
        assert (await journal(archive).settle(shop.job())).doubts == 0
        assert len(shop.purchases) == 1

    @pytest.mark.parametrize(
        "error",
        [
            ProviderUnavailable("busy"),
            InDoubt("reset"),
            OutOfService("key"),
            ArchiveUnavailable("down"),
            KeyError("bug"),
        ],
        ids=lambda error: type(error).__name__,
    )
    @pytest.mark.parametrize("where", ["collect_raises", "keep_raises"])
    async def test_an_order_outlives_errors(self, archive: Archive, where: str, error: Exception) -> None:
        shop, now = Shop(**{where: [error]}), Time()
        with pytest.raises(type(error)):
            await now.journal(archive).settle(shop.job())
        assert (await kinds(archive))[-1] == "paused"
        settled = await now.journal(archive).settle(shop.job())
        assert (settled.doubts, now.polls, len(shop.purchases)) == (0, 0, 1)

    async def test_a_broken_delivery_is_fetched_once_more_then_bought_anew(self, archive: Archive) -> None:
        shop = Shop(collect_raises=[ProviderBroken("html"), ProviderBroken("html")])
        for purchases in (1, 1):
            with pytest.raises(ProviderBroken):
                await journal(archive).settle(shop.job())
            assert len(shop.purchases) == purchases
        settled = await journal(archive).settle(shop.job())
        assert settled == Settled(Record(answer="order-1"), bought=True, doubts=0)

    @pytest.mark.parametrize("where", ["collect_raises", "keep_raises"])
    async def test_what_we_refuse_ourselves_is_never_ordered_anew(self, archive: Archive, where: str) -> None:
        errors = [NotAccepted("Not from there.") for _ in range(3)]
        for error in errors:
            error.charge = Charge(dollars=0.003)
        shop = Shop(dollars=0.003, **{where: list(errors)})
        for _ in errors:
            with pytest.raises(NotAccepted):
                await journal(archive).settle(shop.job())
        state = fold(await entries(archive))
        assert (state.phase, len(shop.purchases)) == (Phase.ORDERED, 1)
        charge = {"dollars": 0.003, "request_id": None}
        assert [(call.state, call.record) for call in state.calls] == [(CallState.REFUSED, charge)], "counted once"
        settled = await journal(archive).settle(shop.job())  # the rule has been changed
        assert settled == Settled(Record(answer="order-0", dollars=0.003), bought=True, doubts=0)
        assert len(shop.purchases) == 1
        assert [call.state for call in fold(await entries(archive)).calls] == [CallState.DELIVERED]

    async def test_an_order_that_is_spoiled_after_we_refused_it_was_counted(self, archive: Archive) -> None:
        errors: list[BaseException | None] = [
            NotAccepted("Not from there."),
            ProviderBroken("gone"),
            ProviderBroken("gone"),
        ]
        for error in errors:
            error.charge = Charge(dollars=0.003)  # type: ignore[union-attr]
        shop = Shop(dollars=0.003, collect_raises=errors)
        for _ in range(3):
            with pytest.raises(ProviderBroken):
                await journal(archive).settle(shop.job())
        settled = await journal(archive).settle(shop.job())
        assert (len(shop.purchases), settled.record.dollars) == (2, 0.003)
        ends = [call.state for call in fold(await entries(archive)).calls]
        assert ends == [CallState.REFUSED, CallState.DELIVERED]

    async def test_an_answer_at_once_that_we_refuse_is_spoiled(self, archive: Archive) -> None:
        shop = Shop(gives_tickets=False, keep_raises=[NotAccepted("Too large.")])
        with pytest.raises(NotAccepted):
            await journal(archive).settle(shop.job())
        assert (await kinds(archive))[-1] == "spoiled"

    async def test_a_rejected_order_is_spoiled(self, archive: Archive) -> None:
        shop = Shop(collect_raises=[Rejected("422")])
        with pytest.raises(Rejected):
            await journal(archive).settle(shop.job())
        assert (await kinds(archive))[-1] == "spoiled"
        assert (await journal(archive).settle(shop.job())).record == Record(answer="order-1")

    async def test_a_spoiled_order_is_not_taken_for_a_lost_one(self, archive: Archive) -> None:
        shop = Shop(collect_raises=[Rejected("422")])
        with pytest.raises(Rejected):
            await journal(archive).settle(shop.job())
        shop.lost_answers = [InDoubt("reset")]
        with pytest.raises(InDoubt):
            await journal(archive).settle(shop.job())
        shop.purchases.reverse()  # the list names the spoiled order
        settled = await journal(archive).settle(shop.job())
        assert settled.doubts == 1

    async def test_an_answer_that_cannot_be_kept_is_in_doubt(self, archive: Archive) -> None:
        shop = Shop(gives_tickets=False, keep_raises=[ArchiveError("full")])
        with pytest.raises(ArchiveError):
            await journal(archive).settle(shop.job())
        assert (await kinds(archive))[-1] == "doubt"

    async def test_a_lost_picture_is_fetched_again_while_its_ticket_is_good(self, archive: Archive) -> None:
        shop = Shop()
        await journal(archive).settle(shop.job())
        shop.kept.clear()
        settled = await journal(archive).settle(shop.job())
        assert settled == Settled(Record(answer="order-0"), bought=True, doubts=0)
        assert (len(shop.purchases), shop.collected) == (1, 2)

    async def test_an_error_may_quote_anything(self, archive: Archive) -> None:
        shop = Shop(submit_raises=[Rejected("\ud800\x00" + "x" * 9_000_000)])
        with pytest.raises(Rejected):
            await journal(archive).settle(shop.job())
        assert fold(await entries(archive)).phase is Phase.FREE
        assert (await journal(archive).settle(shop.job())).bought

    def test_every_error_closes_every_phase(self) -> None:
        table = {
            (Phase.CALLING, Blocked): Kind.BLOCKED,
            (Phase.CALLING, InDoubt): Kind.DOUBT,
            (Phase.CALLING, ProviderUnavailable): Kind.REFUSED,
            (Phase.CALLING, ProviderBroken): Kind.SPOILED,
            (Phase.CALLING, NotAccepted): Kind.SPOILED,
            (Phase.CALLING, asyncio.CancelledError): Kind.DOUBT,
            (Phase.ORDERED, Rejected): Kind.SPOILED,
            (Phase.ORDERED, ProviderBroken): Kind.BROKEN,
            (Phase.ORDERED, NotAccepted): Kind.PAUSED,
            (Phase.ORDERED, asyncio.CancelledError): Kind.PAUSED,
            (Phase.IN_DOUBT, OutOfService): Kind.PAUSED,
        }
        for (phase, error), kind in table.items():
            assert closing(error("x"), phase) is kind


class TestDamage:
    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
    @pytest.mark.parametrize("number", [0, 1, 2])
    @pytest.mark.parametrize(("gives_tickets", "keeps_a_list"), SHOPS)
    async def test_a_cut_entry_never_stops_anyone(
        self, archive: Archive, gives_tickets: bool, keeps_a_list: bool, number: int, share: float
    ) -> None:
        shop = Shop(gives_tickets, keeps_a_list)
        await journal(archive, DEAD).settle(shop.job())
        path = f"journal/{KEY}/{number:03d}.json"
        if (content := await archive.get(path)) is None:
            return
        await archive.put(path, content[: int(len(content) * share)])
        settled = await Time().journal(archive).settle(shop.job())
        assert len(shop.purchases) <= 1 + settled.doubts
        if gives_tickets:
            assert len(shop.purchases) == 1

    async def test_a_cut_intent_is_leased_from_its_own_time(self, archive: Archive) -> None:
        await archive.put(f"journal/{KEY}/000.json", b'{"kind":"intent","at":"20')
        modified = (await archive.list("journal"))[0].modified
        now = Time(modified)
        settled = await now.journal(archive).settle(Shop(keeps_a_list=False).job())
        assert (now.polls, settled.doubts) == (30, 1)

    @pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b"\xff\xfe", b'{"kind":"party"}', b"<html>"])
    async def test_foreign_entries_mean_doubt(self, archive: Archive, content: bytes) -> None:
        await archive.put(f"journal/{KEY}/000.json", content)
        await archive.put(f"journal/{KEY}/notes.txt", b"not an entry")
        settled = await journal(archive).settle(Shop(keeps_a_list=False).job())
        assert settled.doubts == 1

    async def test_a_record_of_another_shape_is_bought_or_fetched_again(self, archive: Archive) -> None:
        await write(archive, 0, Kind.DONE, record={"old": 1})
        assert (await journal(archive).settle(Shop().job())).bought

    async def test_a_ticket_of_another_shape_is_spoiled(self, archive: Archive) -> None:
        await write(archive, 0, Kind.INTENT, holder=DEAD)
        await write(archive, 1, Kind.TICKET, ticket={"old": 1})
        assert (await journal(archive).settle(Shop().job())).bought

    async def test_a_deleted_entry_leaves_a_gap_that_is_not_filled(self, archive: Archive) -> None:
        shop = Shop()
        await journal(archive).settle(shop.job())
        await archive.delete(f"journal/{KEY}/000.json")
        assert not (await journal(archive).settle(shop.job())).bought

    async def test_a_store_that_repeats_a_put_is_understood(self, archive: Archive) -> None:
        """S3 clients send again when the answer was lost, and then find their own first try in the way."""

        class Repeating(Same):
            async def put_if_absent(self, path: str, content: bytes) -> bool:
                await super().put_if_absent(path, content)
                return False

        shop, now = Shop(), Time()
        settled = await now.journal(Repeating(archive)).settle(shop.job())
        assert (settled.bought, len(shop.purchases), now.polls) == (True, 1, 0)
        assert await kinds(archive) == ["intent", "ticket", "done"]

    async def test_no_intent_no_purchase(self, archive: Archive) -> None:
        class Full(Same):
            async def put_if_absent(self, path: str, content: bytes) -> bool:
                raise ArchiveError("No space left on device.")

        shop = Shop()
        with pytest.raises(ArchiveError, match="No space"):
            await journal(Full(archive)).settle(shop.job())
        assert shop.calls == 0


class TestShape:
    """Archives are full of entries as they have always been written."""

    WRITTEN = (
        b'{"kind":"intent","at":"2026-11-23T12:00:00Z","by":"a",'
        b'"holder":{"host":"here","pid":7,"boot":"b","space":"s","born":5},"lease":30.0,'
        b'"what":"painting 2410.24175 by fal","dollars":0.003}',
        b'{"kind":"alive","at":"2026-11-23T12:00:00Z","by":"a","lease":30.0}',
        b'{"kind":"ticket","at":"2026-11-23T12:00:00Z","by":"a","ticket":{"request_id":"order-0"}}',
        b'{"kind":"broken","at":"2026-11-23T12:00:00Z","by":"a","error":"ProviderBroken","message":"html"}',
        b'{"kind":"claim","at":"2026-11-23T12:00:00Z","by":"b","holder":{"host":"there","pid":8},"lease":30.0}',
        b'{"kind":"broken","at":"2026-11-23T12:00:00Z","by":"b","record":{"dollars":0.003,"request_id":"order-0"},'
        b'"error":"ProviderBroken","message":"html"}',
        b'{"kind":"intent","at":"2026-11-23T12:00:00Z","by":"c","lease":900.0,"what":"x","bulk":"order-1"}',
        b'{"kind":"ticket","at":"2026-11-23T12:00:00Z","by":"c","ticket":{"request_id":"order-1"}}',
        b'{"kind":"done","at":"2026-11-23T12:00:00Z","by":"d","record":{"answer":"a fish"}}',
    )
    PHASES = ("calling", "calling", "ordered", "ordered", "ordered", "free", "calling", "ordered", "done")

    def test_entries_are_read_and_written_as_ever(self) -> None:
        entries = [parse(content, NOW, 30) for content in self.WRITTEN]
        assert tuple(entry.to_json() for entry in entries) == self.WRITTEN
        assert tuple(fold(entries[: count + 1]).phase for count in range(len(entries))) == self.PHASES
        refused, delivered = fold(entries).calls
        assert (refused.state, refused.ended_by, refused.record) == (
            "refused",
            "b",
            {"dollars": 0.003, "request_id": "order-0"},
        )
        assert (delivered.number, delivered.state, delivered.record) == (6, "delivered", {"answer": "a fish"})


class TestOpenEntries:
    async def test_only_what_is_open_is_listed(self, archive: Archive) -> None:
        book = Journal(archive, clock=lambda: NOW)
        done, blocked, refused = Shop(), Shop(submit_raises=[Blocked("x")]), Shop(submit_raises=[Rejected("x")])
        doubtful, ordered = Shop(lost_answers=[InDoubt("x")]), Shop(collect_raises=[ProviderUnavailable("x")])
        shops = {f"{n}{'0' * 31}": s for n, s in enumerate((done, blocked, refused, doubtful, ordered))}
        await asyncio.gather(*(book.settle(shop.job(key)) for key, shop in shops.items()), return_exceptions=True)
        await archive.put_if_absent(f"journal/{KEY}/000.json", b"")
        later = Journal(archive, clock=lambda: NOW + timedelta(minutes=5))
        found = {entry.key: entry for entry in await later.entries_open([*shops, KEY, "f" * 32])}
        assert {key: entry.state for key, entry in found.items()} == {
            "3" + "0" * 31: Phase.IN_DOUBT,
            "4" + "0" * 31: Phase.ORDERED,
            KEY: Phase.IN_DOUBT,
        }
        one = found["4" + "0" * 31]
        assert (one.what, one.age, one.dollars) == ("painting 2410.24175 by the shop", 300.0, 0.003)
        assert found[KEY].what == "unknown"


ANY_ENTRY = st.builds(
    Entry,
    kind=st.sampled_from(Kind),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    by=st.sampled_from(["a", "b", ""]),
    holder=st.sampled_from([None, DEAD, ELSEWHERE]),
    lease=st.floats(0, 3600),
    what=st.one_of(st.none(), st.text(max_size=5)),
    ticket=st.sampled_from([{"request_id": "1"}, {"request_id": "2"}, "junk"]),
    record=st.sampled_from([{"answer": "1"}, {}]),
    message=st.one_of(st.none(), st.text(max_size=5)),
)


class TestFold:
    @given(st.lists(ANY_ENTRY, max_size=30))
    def test_every_sequence_has_a_sane_state(self, history: list[Entry]) -> None:
        state = fold(history)
        assert (state.phase is Phase.ORDERED) <= (state.ticket is not None)
        assert (state.ticket is not None) <= (state.phase in (Phase.ORDERED, Phase.DONE, Phase.BLOCKED))
        assert (state.lease is not None) <= (state.phase in (Phase.CALLING, Phase.IN_DOUBT, Phase.ORDERED))
        assert (state.record is not None) <= (state.phase is Phase.DONE)
        assert 0 <= state.doubts <= sum(entry.kind is Kind.INTENT for entry in history)
        assert state.doubts <= len(state.calls) <= state.entries == len(history)
        assert len({call.number for call in state.calls}) == len(state.calls)
        open_states = {call.state for call in state.calls if call.is_open}
        assert open_states <= {CallState.IN_DOUBT, CallState.REFUSED}, "what we refused may be fetched yet"
        assert state.since is not None or state.phase not in (Phase.CALLING, Phase.IN_DOUBT)

    @given(st.lists(ANY_ENTRY, max_size=15), st.lists(ANY_ENTRY, max_size=15))
    def test_blocked_is_left_only_for_done(self, before: list[Entry], after: list[Entry]) -> None:
        refusal = Entry(kind=Kind.BLOCKED, at=NOW, by="a", message="no")
        if fold(before).phase is not Phase.DONE:
            later = fold([*before, refusal, *after]).phase
            assert later is Phase.BLOCKED or any(entry.kind is Kind.DONE for entry in after)

    @given(ANY_ENTRY)
    def test_entries_survive_their_json(self, entry: Entry) -> None:
        assert parse(entry.to_json(), NOW, 30) == entry
        assert json.loads(entry.to_json())["kind"] == entry.kind

    @given(st.one_of(st.binary(max_size=80), st.tuples(ANY_ENTRY, st.floats(0, 1)).map(
        lambda cut: cut[0].to_json()[: int(len(cut[0].to_json()) * cut[1])]
    )))  # fmt: skip
    def test_any_bytes_are_an_entry_of_some_kind(self, content: bytes) -> None:
        assert isinstance(fold([parse(content, NOW, 30)]), State)

    @pytest.mark.parametrize(
        ("history", "calls"),
        [
            pytest.param("a:intent a:done", "delivered", id="delivered"),
            pytest.param("a:intent a:refused", "free", id="not taken"),
            pytest.param("a:intent a:spoiled+", "refused", id="useless"),
            pytest.param("a:intent a:spoiled", "in doubt", id="useless, and nobody knows the price"),
            pytest.param("a:intent a:blocked+", "refused", id="refused for good"),
            pytest.param("a:intent a:doubt", "in doubt", id="not answered"),
            pytest.param("a:intent b:claim b:intent b:done", "in doubt, delivered", id="made again"),
            pytest.param("a:intent b:claim b:ticket b:done", "delivered", id="found again"),
            pytest.param("a:intent a:ticket b:claim b:done", "delivered", id="fetched by another"),
            pytest.param("a:intent a:ticket b:claim b:done a:done", "delivered", id="fetched by both"),
            pytest.param("a:intent b:claim b:intent a:done b:done", "delivered, delivered", id="both were delivered"),
            pytest.param("a:intent b:claim b:intent b:done a:done", "delivered, delivered", id="the first one late"),
            pytest.param("a:intent b:claim b:intent b:done a:refused", "free, delivered", id="the first one not taken"),
            pytest.param(
                "a:intent b:claim b:intent b:done a:spoiled+", "refused, delivered", id="the first one useless"
            ),
            pytest.param("a:intent a:ticket a:broken a:done", "delivered", id="broken once"),
            pytest.param(
                "a:intent a:ticket a:broken b:claim b:broken+ b:intent b:done", "refused, delivered", id="broken twice"
            ),
            pytest.param("a:intent a:done b:lost b:claim b:intent b:done", "delivered, delivered", id="lost"),
            pytest.param("a:intent a:ticket a:done b:lost b:claim b:done", "delivered", id="lost, fetched again"),
            pytest.param("a:intent a:done b:intent", "delivered", id="announced in vain"),
            pytest.param("a:unreadable b:claim b:intent b:done", "in doubt, delivered", id="a damaged entry"),
            pytest.param("a:intent b:refused", "in doubt", id="another's word"),
        ],
    )
    def test_every_call_has_its_own_end(self, history: str, calls: str) -> None:
        """`+` marks an answer that was charged for."""
        said = [
            Entry(kind=Kind(word.rstrip("+")), at=NOW, by=by, record={"dollars": 0.003} if "+" in word else None)
            for by, word in (each.split(":") for each in history.split())
        ]
        assert ", ".join(call.state for call in fold(said).calls) == calls
