"""Prompts in batches: each is bought once and at half the price, whoever is killed, late, or in a hurry."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.batches import START
from fakes.faults import TOO_LONG, hurried
from fakes.providers import Providers
from helpers.mortal import DEAD, Fuse, Killed, Mortal
from helpers.papers import many
from helpers.real_server import PATIENCE, eventually
from hypothesis import given
from hypothesis import strategies as st
from prefect import flow
from prefect.client.schemas.objects import State as FlowState

from flows.batching import Batching
from flows.results import NO_RESULTS
from flows.steps import Steps
from frontispiece.archive.store import Archive
from frontispiece.errors import (
    BudgetReached,
    FrontispieceError,
    InDoubt,
    NotYet,
    OutOfService,
    ProviderBroken,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Paper, Prompt
from frontispiece.providers.chat import MAX_ANSWER_BYTES
from frontispiece.providers.openai_account import chat_server
from frontispiece.providers.openai_client import OpenAIApi
from frontispiece.purchases import bulk
from frontispiece.purchases.bill import calls_for
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.entries import Bulk, Entry, Kind, Phase, fold
from frontispiece.purchases.journal import Journal
from frontispiece.purchases.ledger import Ledger
from frontispiece.purchases.process_identity import ProcessIdentity
from frontispiece.purchases.prompts import PromptOrder, fetch, key_of, order
from frontispiece.services import Services, open_services
from frontispiece.settings import load_settings
from frontispiece.writers.interface import BatchTicket
from frontispiece.writers.openai import OpenAIChat
from frontispiece.writers.openai_batches import Delivery, OpenAIBatches, reply_in
from tasks.order_prompts import fetch_prompts, order_prompts
from tasks.write_prompt import write_prompt

ACCOUNT = "0123456789ab"
PAPERS = many(3)


class MortalBatches:
    """Batches whose user may be killed before and after every request."""

    def __init__(self, api: OpenAIApi, chat: OpenAIChat, clock: "Clock", fuse: Fuse) -> None:
        self.api = api
        self.meant = OpenAIBatches(api, chat, clock=clock)
        self.fuse = fuse

    def __getattr__(self, name: str) -> Any:
        meant = getattr(self.meant, name)
        if name not in ("upload", "order", "find", "look", "collect"):
            return meant

        async def mortal(*args: Any) -> Any:
            self.fuse.burn()
            answer = await meant(*args)
            self.fuse.burn()
            return answer

        return mortal


class Clock:
    """The time that the journal believes in; whoever sleeps lets it pass."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(START, UTC)
        self.naps = 0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Journals poll every second, batches every minute; a lease is never to be renewed here."""
        if seconds not in (1.0, 60.0):
            await asyncio.Event().wait()
        self.naps += 1
        assert self.naps < 1_000, "waits for ever"
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def archive() -> Archive:
    return Archive.open("memory://")


@asynccontextmanager
async def program(
    fake: Providers,
    archive: Archive,
    clock: Clock,
    *,
    max_usd: float | None = None,
    seconds: float = PATIENCE,
    **choices: object,
) -> AsyncIterator[Services]:
    """A program at work on the archive, on the account of all programs here."""
    settings = fake.settings(
        writer="openai", painter="fal", archive="memory://", attempts=1, retry_seconds=0, **choices
    )
    async with open_services(settings) as services:
        writer = services.writer
        assert isinstance(writer, OpenAIChat)
        api = OpenAIApi(settings, chat_server(settings), seconds=seconds, max_bytes=MAX_ANSWER_BYTES)
        writer.batches = MortalBatches(api, writer, clock, Fuse())  # type: ignore[assignment]
        await move(services, archive, clock, max_usd=max_usd)
        try:
            yield services
        finally:
            await api.close()


async def move(
    services: Services,
    archive: Archive,
    clock: Clock,
    *,
    holder: ProcessIdentity | None = None,
    fuse: Fuse | None = None,
    max_usd: float | None = None,
) -> None:
    """Another program, with the connections of this one."""
    fuse = fuse or Fuse()
    mortal = Mortal(archive, fuse)
    services.archive = archive
    services.journal = Journal(mortal, holder=holder, clock=clock, monotonic=clock.monotonic, sleep=clock.sleep)
    services.budget = Budget(max_usd, Ledger(mortal, ACCOUNT), await Ledger(archive, ACCOUNT).read())
    writer: Any = services.writer
    writer.batches = MortalBatches(writer.batches.api, writer, clock, fuse)


async def get(papers: Sequence[Paper], services: Services, clock: Clock) -> None:
    """Order, wait and fetch until nothing is open, as the flow does."""
    left = list(papers)
    for _ in range(50):
        orders = await order(left, services)
        left = list(orders.busy)
        for ticket, ordered in orders.ordered.items():
            if (await services.writer.batches.look(ticket)).is_finished:  # type: ignore[union-attr]
                left += (await fetch(ordered, services)).again
            else:
                left += ordered
        if not left:
            return
        await clock.sleep(60.0)
    raise AssertionError("never ends")


async def phases(archive: Archive, papers: Sequence[Paper], services: Services) -> list[Phase]:
    return [(await Journal(archive).log(key_of(paper, services)).look()).phase for paper in papers]


async def prompts(archive: Archive, papers: Sequence[Paper], services: Services) -> list[Prompt]:
    records = [(await Journal(archive).log(key_of(paper, services)).look()).record for paper in papers]
    return [Prompt.model_validate(record) for record in records]


async def spent(archive: Archive) -> float:
    return sum(booking.dollars for booking in await Ledger(archive, ACCOUNT).read())


def once_each(fake: Providers, papers: Sequence[Paper], services: Services) -> bool:
    return fake.openai.bought == {services.writer.request(paper): 1 for paper in papers}


class TestHappyPath:
    async def test_prompts_come_in_any_order_at_half_the_price(self, fake: Providers, archive: Archive) -> None:
        papers = many(20)
        async with program(fake, archive, Clock()) as services:
            orders = await order(papers, services)
            ((ticket, ordered),) = orders.ordered.items()
            assert ordered == tuple(papers)
            assert fake.openai.paid == 0
            with pytest.raises(NotYet, match=r"batch_\d+, which is not finished"):
                await services.writer.batches.collect(ticket, key_of(papers[0], services), papers[0])  # type: ignore[union-attr]
            fake.openai.finish(ticket.batch)
            assert (await order(papers, services)).ordered == {ticket: tuple(papers)}
            assert (await services.writer.batches.look(ticket)).is_finished  # type: ignore[union-attr]
            fetched = await fetch(papers, services)
            assert (fetched.written, fetched.again, fetched.problems) == (20, (), ())
            assert once_each(fake, papers, services)
            made = await prompts(archive, papers, services)
            assert [each.request for each in made] == [services.writer.request(paper) for paper in papers]
            assert sum(each.dollars or 0 for each in made) == pytest.approx(fake.openai.dollars)
            assert await spent(archive) == pytest.approx(fake.openai.dollars, rel=1e-6)
            assert fake.openai.downloads == 1
            assert (await order(papers, services)).ordered == {}

    async def test_a_line_asks_exactly_what_a_call_asks(self, fake: Providers, archive: Archive) -> None:
        for choices in ({}, {"openai_temperature": 0.3, "openai_reasoning_effort": "none"}):
            fake.renew()
            async with program(fake, Archive.open("memory://"), Clock(), **choices) as services:
                await services.writer.write(PAPERS[0])
                orders = await order(PAPERS[:1], services)
                (request,) = fake.openai.ordered(next(iter(orders.ordered)).batch)
                assert request["body"] == fake.openai.requests[0]
                assert (request["method"], request["url"]) == ("POST", "/v1/chat/completions")
                assert request["custom_id"] == key_of(PAPERS[0], services)

    async def test_many_papers_take_several_batches(self, fake: Providers, archive: Archive) -> None:
        papers = many(7)
        async with program(fake, archive, Clock()) as services:
            batches = services.writer.batches
            assert batches is not None
            batches.meant.most_lines = 3  # type: ignore[attr-defined]
            orders = await order(papers[:4], services)
            assert [len(each) for each in orders.ordered.values()] == [3, 1]
            batches.meant.most_bytes = 2 * max(map(batches.size, papers))  # type: ignore[attr-defined]
            orders = await order(papers[4:], services)
            assert [len(each) for each in orders.ordered.values()] == [2, 1]
            names = [batch["metadata"]["frontispiece"] for batch in fake.openai.batches.values()]
            assert len(set(names)) == 4

    async def test_what_is_there_is_not_ordered(self, fake: Providers, archive: Archive) -> None:
        async with program(fake, archive, Clock()) as services:
            await get(PAPERS[:1], services, Clock())
            await get(PAPERS, services, Clock())
            assert [len(fake.openai.ordered(name)) for name in fake.openai.batches] == [1, 2]
            assert once_each(fake, PAPERS, services)


class TestKilled:
    @pytest.mark.slow
    async def test_at_every_step(self, fake: Providers, archive: Archive) -> None:
        async with program(fake, archive, Clock()) as services:
            for step in itertools.count():
                fake.renew()
                fake.openai.looks = 0
                there, clock = Archive.open("memory://"), Clock()
                await move(services, there, clock, holder=DEAD, fuse=Fuse(step))
                finished = await self._until_killed(services, clock)
                await move(services, there, clock)
                await get(PAPERS, services, clock)
                assert once_each(fake, PAPERS, services), step
                await fetch(PAPERS, services)  # as at every paper: what is there is settled
                assert await spent(there) == pytest.approx(fake.openai.dollars, rel=1e-4), step
                if finished:
                    assert step > 30
                    return

    async def _until_killed(self, services: Services, clock: Clock) -> bool:
        try:
            await get(PAPERS, services, clock)
        except Killed:
            return False
        return True

    @pytest.mark.slow
    @pytest.mark.parametrize("fault", ["reset after reading", "truncated body", "HTML 200", "503", "never answered"])
    async def test_an_order_whose_answer_is_lost_is_found(self, fake: Providers, archive: Archive, fault: str) -> None:
        fake.openai.faults.queue("order", fault)
        clock = Clock()
        seconds = TOO_LONG if fault == "never answered" else PATIENCE
        async with program(fake, archive, clock, seconds=seconds) as services:
            with hurried(), pytest.raises((InDoubt, ProviderBroken, ProviderUnavailable)):
                await order(PAPERS, services)
        async with program(fake, archive, clock) as services:
            assert await phases(archive, PAPERS, services) == [Phase.IN_DOUBT] * 3
            assert (await order(PAPERS, services)).busy == tuple(PAPERS)  # it may be on its way still
            await get(PAPERS, services, clock)
            assert once_each(fake, PAPERS, services)
            assert await spent(archive) == pytest.approx(fake.openai.dollars, rel=1e-6)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("where", "fault"),
        [("files", "503"), ("files", "reset after reading"), ("files", "HTML 200"), ("order", "401"), ("order", "404")],
    )
    async def test_what_was_certainly_not_ordered_is_free_at_once(
        self, fake: Providers, archive: Archive, where: str, fault: str
    ) -> None:
        fake.openai.faults.queue(where, fault)
        async with program(fake, archive, Clock()) as services:
            with pytest.raises(FrontispieceError):
                await order(PAPERS, services)
            assert await phases(archive, PAPERS, services) == [Phase.FREE] * 3
            assert services.budget.committed == pytest.approx(0)
        async with program(fake, archive, Clock()) as services:
            await get(PAPERS, services, Clock())
            assert once_each(fake, PAPERS, services)

    async def test_cancelled_while_it_orders(self, fake: Providers, archive: Archive) -> None:
        fake.openai.faults.queue("order", "never answered")
        clock = Clock()
        async with program(fake, archive, clock) as services:
            ordering = asyncio.create_task(order(PAPERS, services))
            await eventually(lambda: fake.openai.faults.served)
            ordering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await ordering
            assert await phases(archive, PAPERS, services) == [Phase.IN_DOUBT] * 3
            await get(PAPERS, services, clock)
            assert once_each(fake, PAPERS, services)

    async def test_a_batch_is_found_on_a_later_page(self, fake: Providers, archive: Archive) -> None:
        clock = Clock()
        fake.openai.page = 2
        async with program(fake, archive, clock) as services:
            fake.openai.faults.queue("order", "reset after reading")
            with pytest.raises(InDoubt):
                await order(PAPERS, services)
            for paper in many(9)[3:]:
                await order([paper], services)
            clock.now += timedelta(minutes=5, seconds=1)  # so much may the clocks of two machines differ
            assert (await order(PAPERS, services)).busy == tuple(PAPERS)
            clock.now += timedelta(minutes=5)
            orders = await order(PAPERS, services)
            assert [len(each) for each in orders.ordered.values()] == [3]
            assert len(fake.openai.batches) == 7

    @pytest.mark.parametrize(
        ("where", "phase"),
        [
            pytest.param("upload", Phase.FREE, id="uploading"),
            pytest.param("order", Phase.IN_DOUBT, id="in the throttle"),
        ],
    )
    async def test_preparing_for_too_long_orders_nothing(
        self, fake: Providers, archive: Archive, where: str, phase: Phase
    ) -> None:
        clock = Clock()
        async with program(fake, archive, clock) as services:

            class Slow(PromptOrder):
                async def upload(self, keys: Sequence[str]) -> str:
                    clock.now += timedelta(seconds=bulk.LEASE_SECONDS * 0.7 if where == "upload" else 0)
                    return "file-1"

                async def order(self, name: str, uploaded: str) -> BatchTicket:
                    clock.now += timedelta(seconds=bulk.LEASE_SECONDS * 0.7)
                    return await super().order(name, uploaded)

            papers = {key_of(paper, services): paper for paper in PAPERS}
            with pytest.raises(ProviderUnavailable, match="so long"):
                await bulk.place(services.journal, Slow(papers, services, 0))
            assert fake.openai.batches == {}
            assert await phases(archive, PAPERS, services) == [phase] * 3


class TestLines:
    @pytest.mark.parametrize("what", ["expired", "lost", "500", "429", "401"])
    async def test_what_was_not_written_is_ordered_again_and_costs_nothing(
        self, fake: Providers, archive: Archive, what: str
    ) -> None:
        fake.openai.lines.extend(["", what, ""])
        async with program(fake, archive, Clock()) as services:
            await get(PAPERS, services, Clock())
            assert [len(fake.openai.ordered(name)) for name in fake.openai.batches] == [3, 1]
            assert once_each(fake, PAPERS, services)
            assert await spent(archive) == pytest.approx(fake.openai.dollars, rel=1e-6)

    @pytest.mark.parametrize("status", ["expired", "cancelled"])
    async def test_a_batch_that_ended_early_is_ordered_again(
        self, fake: Providers, archive: Archive, status: str
    ) -> None:
        async with program(fake, archive, Clock()) as services:
            (ticket,) = (await order(PAPERS, services)).ordered
            fake.openai.finish(ticket.batch, status)
            await get(PAPERS, services, Clock())
            assert once_each(fake, PAPERS, services)
            assert len(fake.openai.batches) == 2

    async def test_refusals_are_for_ever_and_free(self, fake: Providers, archive: Archive) -> None:
        fake.openai.lines.extend(["blocked", "422", ""])
        async with program(fake, archive, Clock()) as services:
            await order(PAPERS, services)
            (name,) = fake.openai.batches
            fake.openai.finish(name)
            fetched = await fetch(PAPERS, services)
            assert (fetched.written, fetched.again, len(fetched.problems)) == (1, (), 2)
            assert await phases(archive, PAPERS, services) == [Phase.BLOCKED, Phase.FREE, Phase.DONE]

    async def test_a_refusal_in_words_is_paid_at_half_the_price(self, fake: Providers, archive: Archive) -> None:
        fake.openai.lines.extend(["refusal"] * 3)
        async with program(fake, archive, Clock()) as services:
            await order(PAPERS, services, run="batch-run")
            (name,) = fake.openai.batches
            fake.openai.finish(name)
            assert len((await fetch(PAPERS, services)).problems) == 3
            calls = [call for paper in PAPERS for call in await calls_for(paper, None, services)]
        assert {(call.kind, call.state, call.run) for call in calls} == {("prompt", "refused", "batch-run")}
        assert sum(call.dollars or 0 for call in calls) == pytest.approx(fake.openai.dollars)
        assert await spent(archive) == pytest.approx(fake.openai.dollars, rel=1e-6)

    @pytest.mark.parametrize("what", ["empty", "garbage"])
    async def test_a_useless_line_is_read_twice_and_then_ordered_again(
        self, fake: Providers, archive: Archive, what: str
    ) -> None:
        fake.openai.lines.extend([what, "", ""])
        async with program(fake, archive, Clock()) as services:
            await get(PAPERS, services, Clock())
            assert [len(fake.openai.ordered(name)) for name in fake.openai.batches] == [3, 1]
            assert sorted(fake.openai.bought.values()) == [1, 1, 2]
            assert await spent(archive) >= fake.openai.dollars - 1e-9

    @pytest.mark.parametrize("state", ["completed", "done"])
    async def test_side_fields_are_judged_by_themselves(self, fake: Providers, archive: Archive, state: str) -> None:
        async with program(fake, archive, Clock()) as services:
            (ticket,) = (await order(PAPERS, services)).ordered
            fake.openai.finish(ticket.batch)
            batch = fake.openai.batches[ticket.batch]
            batch |= {
                "created_at": "soon",
                "request_counts": {"total": -1, "completed": "all"},
                "errors": [],
                "status": state,
            }
            output = batch["output_file_id"]
            whole = [json.loads(line) for line in fake.openai.files[output].splitlines()]
            for line in whole:
                line["response"] |= {"request_id": 7}
                line["response"]["body"] |= {"id": 12345, "usage": {"prompt_tokens": "many"}, "model": []}
            fake.openai.files[output] = b"\n".join(json.dumps(line).encode() for line in whole)
            assert (await fetch(PAPERS, services)).written == 3
            made = await prompts(archive, PAPERS, services)
            assert [(each.request_id, each.dollars) for each in made] == [("12345", None)] * 3

    async def test_lines_of_others_are_nobodys(self, fake: Providers, archive: Archive) -> None:
        async with program(fake, archive, Clock()) as services:
            (ticket,) = (await order(PAPERS, services)).ordered
            fake.openai.finish(ticket.batch)
            output = fake.openai.batches[ticket.batch]["output_file_id"]
            stranger = json.dumps({"custom_id": "stranger", "response": {"status_code": 200, "body": {}}}).encode()
            fake.openai.files[output] = stranger + b"\n\n" + fake.openai.files[output].rstrip(b"\n")
            assert (await fetch(PAPERS, services)).written == 3

    @pytest.mark.parametrize("fault", ["503", "reset before reading", "truncated body", "429", "slow body", "401"])
    async def test_a_file_that_cannot_be_read_leaves_the_order(
        self, fake: Providers, archive: Archive, fault: str
    ) -> None:
        async with program(fake, archive, Clock()) as services:
            await order(PAPERS, services)
            fake.openai.finish(*fake.openai.batches)
            fake.openai.faults.always("content", "truncated body" if fault == "slow body" else fault)
            with pytest.raises(FrontispieceError):
                await fetch(PAPERS, services)
            assert await phases(archive, PAPERS, services) == [Phase.ORDERED] * 3
            fake.openai.faults.always("content", None)
            assert (await fetch(PAPERS, services)).written == 3
            assert once_each(fake, PAPERS, services)

    async def test_a_file_without_end_is_not_read_to_its_end(
        self, fake: Providers, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("frontispiece.writers.openai_batches.MAX_LINE", 1_000)
        async with program(fake, archive, Clock()) as services:
            (ticket,) = (await order(PAPERS, services)).ordered
            fake.openai.finish(ticket.batch)
            fake.openai.files[fake.openai.batches[ticket.batch]["output_file_id"]] = b"x" * 1_000_000
            with pytest.raises(ProviderBroken, match="larger than what was ordered"):
                await services.writer.batches.collect(ticket, "0" * 32, PAPERS[0])  # type: ignore[union-attr]

    async def test_another_key_does_not_order_again(self, fake: Providers, archive: Archive) -> None:
        clock = Clock()
        async with program(fake, archive, clock) as services:
            (ticket,) = (await order(PAPERS, services)).ordered
            batches = services.writer.batches
            assert batches is not None
            kept = fake.openai.batches.copy()
            fake.openai.batches.clear()
            with pytest.raises(NotYet, match="another key"):
                await batches.look(ticket)
            assert (await fetch(PAPERS, services)).again == tuple(PAPERS)
            assert await phases(archive, PAPERS, services) == [Phase.ORDERED] * 3
            clock.now += timedelta(days=31)
            with pytest.raises(ProviderBroken, match="no longer there"):
                await batches.look(ticket)
            fake.openai.batches.update(kept)
            await get(PAPERS, services, clock)
            assert once_each(fake, PAPERS, services)


class TestSideBySide:
    async def test_two_programs_order_at_once(self, fake: Providers, archive: Archive) -> None:
        papers = many(12)

        def ordered() -> list[str]:
            return [line["custom_id"] for name in fake.openai.batches for line in fake.openai.ordered(name)]

        class Patient(Clock):
            """Stands still while either of them is about to order."""

            async def sleep(self, seconds: float) -> None:
                if seconds == 60.0:
                    await eventually(lambda: len(ordered()) == len(papers))
                await super().sleep(seconds)

        clock = Patient()
        async with program(fake, archive, clock) as one, program(fake, archive, clock) as two:
            await asyncio.gather(get(papers, one, clock), get(list(reversed(papers)), two, clock))
            assert once_each(fake, papers, one)
            assert sorted(ordered()) == sorted(key_of(paper, one) for paper in papers)

    async def test_what_another_program_holds_is_left_to_it(self, fake: Providers, archive: Archive) -> None:
        clock = Clock()
        async with program(fake, archive, clock) as services:
            await services.journal.log(key_of(PAPERS[0], services)).intend("a prompt", 0.1)
            orders = await order(PAPERS, services)
            assert orders.busy == (PAPERS[0],)
            assert list(orders.ordered.values()) == [tuple(PAPERS[1:])]
            clock.now += timedelta(minutes=6)  # what was left behind long ago is watched for a lease, and then ordered
            began = clock.now
            orders = await order(PAPERS[:1], services)
            assert (len(orders.ordered), orders.busy) == (1, ())
            assert timedelta(seconds=30) <= clock.now - began < timedelta(seconds=40)


class TestBudget:
    async def test_only_what_can_be_painted_as_well_is_ordered(self, fake: Providers, archive: Archive) -> None:
        papers = many(10)
        async with program(fake, archive, Clock(), max_usd=0.0135) as services:
            assert services.painter.price == 0.003
            orders = await order(papers, services)
            ((ticket, ordered),) = orders.ordered.items()
            assert (ordered, orders.unaffordable) == (tuple(papers[:4]), tuple(papers[4:]))
            assert 0 < services.budget.committed < 0.0135 - 4 * 0.003
            assert await phases(archive, papers[4:], services) == [Phase.FREE] * 6
            assert not services.budget.is_reached  # the paintings are still to come
            assert services.budget.held_back == {key_of(paper, services) for paper in papers[4:]}
            fake.openai.finish(ticket.batch)
            await fetch(ordered, services)
            assert services.budget.committed == pytest.approx(fake.openai.dollars, rel=1e-6)

    async def test_a_later_run_keeps_room_for_what_an_earlier_one_ordered(
        self, fake: Providers, archive: Archive
    ) -> None:
        papers = many(10)
        for _ in range(3):
            async with program(fake, archive, Clock(), max_usd=0.0135) as services:
                services.writer.batches.meant.most_lines = 3  # type: ignore[union-attr]
                orders = await order(papers, services)
                assert [len(each) for each in orders.ordered.values()] == [3, 1]
                assert orders.unaffordable == tuple(papers[4:])
                assert (await order(papers[4:], services, beside=4)).ordered == {}

    async def test_nothing_is_ordered_without_money(self, fake: Providers, archive: Archive) -> None:
        async with program(fake, archive, Clock(), max_usd=0.001) as services:
            orders = await order(PAPERS, services)
            assert (orders.ordered, orders.unaffordable) == ({}, tuple(PAPERS))
            assert (fake.openai.files, fake.openai.batches) == ({}, {})
            services.budget.max_usd = 1
            assert len((await order(PAPERS, services)).ordered) == 1
            assert services.budget.held_back == set()


async def in_a_flow(work: Callable[[], Awaitable[Any]]) -> Any:
    """What `work` gives when Prefect's tasks run in it."""
    given: list[Any] = []

    @flow(name="a test", persist_result=False, result_storage=NO_RESULTS)
    async def a_test() -> None:
        given.append(await work())

    state: FlowState[Any] = await a_test(return_state=True)
    await state.aresult()
    return given[0]


@pytest.mark.usefixtures("prefect_server")
class TestInFlows:
    async def test_an_ordinary_run_meets_an_order(self, fake: Providers, archive: Archive) -> None:
        clock = Clock()
        async with program(fake, archive, clock) as services:
            (ticket,) = (await order(PAPERS[:2], services)).ordered

        async def write(paper: Paper) -> Prompt:
            async with program(fake, archive, clock) as services:
                return (await Steps(services).call(write_prompt, paper, services)).value

        with pytest.raises(NotYet, match=ticket.batch):
            await in_a_flow(lambda: write(PAPERS[0]))
        fake.openai.lines.extend(["", "expired"])
        fake.openai.finish(ticket.batch)
        prompt = await in_a_flow(lambda: write(PAPERS[0]))
        assert prompt.dollars == pytest.approx(fake.openai.dollars)
        assert fake.openai.requests == []
        again = await in_a_flow(lambda: write(PAPERS[1]))  # by a call of its own, at the full price
        assert len(fake.openai.requests) == 1
        assert prompt.dollars + again.dollars == pytest.approx(fake.openai.dollars)
        assert await spent(archive) == pytest.approx(fake.openai.dollars, rel=1e-6)

    async def test_what_is_beyond_the_budget_is_not_bought_alone(self, fake: Providers, archive: Archive) -> None:
        async with program(fake, archive, Clock(), max_usd=0.0065) as services:
            orders = await order(PAPERS, services)
            assert orders.unaffordable == (PAPERS[2],)
            with pytest.raises(BudgetReached, match="beside those that are ordered"):
                await in_a_flow(lambda: Steps(services).call(write_prompt, PAPERS[2], services))
            assert (fake.openai.paid, await phases(archive, PAPERS[2:], services)) == (0, [Phase.FREE])

    async def test_ordered_waited_for_and_taken_in(self, fake: Providers, archive: Archive) -> None:
        papers, clock = many(5), Clock()
        fake.openai.looks = 3
        fake.openai.lines.extend(["expired"])
        async with program(fake, archive, clock) as services:
            batching = Batching(papers, services, sleep=clock.sleep, monotonic=clock.monotonic)
            assert await in_a_flow(lambda: batching.run(24 * 3600))
            assert once_each(fake, papers, services)
            assert (batching.waiting, clock.naps) == (0, 7)

    async def test_not_waited_for_and_continued_by_another_run(self, fake: Providers, archive: Archive) -> None:
        fake.openai.looks = None
        clock = Clock()
        for _ in range(2):
            async with program(fake, archive, clock) as services:
                batching = Batching(PAPERS, services, sleep=clock.sleep, monotonic=clock.monotonic)
                assert not await in_a_flow(lambda batching=batching: batching.run(0))
                assert batching.waiting == 3
        fake.openai.finish(*fake.openai.batches)
        async with program(fake, archive, clock) as services:
            batching = Batching(PAPERS, services, sleep=clock.sleep, monotonic=clock.monotonic)
            assert await in_a_flow(lambda: batching.run(0))
            assert once_each(fake, PAPERS, services)
        assert clock.naps == 0

    async def test_a_refused_batch_ends_the_run_in_the_providers_words(self, fake: Providers, archive: Archive) -> None:
        fake.openai.refusals.append("Enqueued token limit reached for gpt-4o-mini.")
        clock = Clock()
        async with program(fake, archive, clock) as services:
            batching = Batching(PAPERS, services, sleep=clock.sleep, monotonic=clock.monotonic)
            with pytest.raises(Rejected, match="Enqueued token limit reached"):
                await in_a_flow(lambda: batching.run(3600))
            assert await phases(archive, PAPERS, services) == [Phase.FREE] * 3
            assert services.budget.committed == pytest.approx(0)

    @pytest.mark.parametrize("refused", [1, 2, 3, 6])
    async def test_where_only_one_batch_may_wait_each_goes_alone(
        self, fake: Providers, archive: Archive, refused: int
    ) -> None:
        papers, clock = many(12), Clock()
        fake.openai.refusals.extend(["Enqueued token limit reached for gpt-4o-mini."] * refused)
        async with program(fake, archive, clock) as services:
            services.writer.batches.meant.most_lines = 2  # type: ignore[union-attr]
            batching = Batching(papers, services, sleep=clock.sleep, monotonic=clock.monotonic)
            assert await in_a_flow(lambda: batching.run(3600))
            assert once_each(fake, papers, services)
            assert len(fake.openai.batches) == 6 + refused
            assert services.budget.committed == pytest.approx(fake.openai.dollars, rel=1e-6)

    async def test_a_prompt_that_never_comes_is_left_to_its_own_call(self, fake: Providers, archive: Archive) -> None:
        fake.openai.lines.extend(["expired"] * 3)
        clock = Clock()
        async with program(fake, archive, clock) as services:
            batching = Batching(PAPERS[:1], services, sleep=clock.sleep, monotonic=clock.monotonic)
            assert await in_a_flow(lambda: batching.run(24 * 3600))
            assert await phases(archive, PAPERS[:1], services) == [Phase.FREE]
            assert len(fake.openai.batches) == 3

    async def test_a_look_that_fails_is_repeated(self, fake: Providers, archive: Archive) -> None:
        fake.openai.faults.queue("batch", "503", "reset before reading", "HTML 200")
        fake.openai.faults.queue("content", "503", "truncated body")
        fake.openai.faults.queue("order", "", "503")
        fake.openai.lines.append("expired")
        clock = Clock()
        async with program(fake, archive, clock) as services:
            batching = Batching(PAPERS, services, sleep=clock.sleep, monotonic=clock.monotonic)
            assert await in_a_flow(lambda: batching.run(24 * 3600))
            assert once_each(fake, PAPERS, services)

    async def test_a_refused_key_ends_the_run(self, fake: Providers, archive: Archive) -> None:
        fake.openai.faults.queue("batch", "401")
        clock = Clock()
        async with program(fake, archive, clock) as services:
            batching = Batching(PAPERS, services, sleep=clock.sleep, monotonic=clock.monotonic)
            with pytest.raises(OutOfService):
                await in_a_flow(lambda: batching.run(24 * 3600))
            assert await phases(archive, PAPERS, services) == [Phase.ORDERED] * 3

    async def test_tasks_show_in_the_run(self, fake: Providers, archive: Archive) -> None:
        async with program(fake, archive, Clock()) as services:

            async def work() -> None:
                orders = (await Steps(services).call(order_prompts, PAPERS, services)).value
                ((ticket, ordered),) = orders.ordered.items()
                fake.openai.finish(ticket.batch)
                fetched = (await Steps(services).call(fetch_prompts, ticket, ordered, services)).value
                assert fetched.written == 3

            await in_a_flow(work)


async def test_a_writer_without_batches_says_so(archive: Archive) -> None:
    async with open_services(load_settings(archive="memory://", writer="template", painter="lineart")) as services:
        with pytest.raises(FrontispieceError, match="the writer template takes no batches"):
            await order(PAPERS, services)


class TestParser:
    CHAT = OpenAIChat(load_settings(openai_api_key="sk-test"))

    @given(
        st.one_of(
            st.binary(max_size=200),
            st.recursive(
                st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
                lambda inner: st.one_of(
                    st.lists(inner, max_size=3),
                    st.dictionaries(
                        st.sampled_from(
                            ["custom_id", "response", "status_code", "body", "error", "code", "message", "choices"]
                        ),
                        inner,
                        max_size=4,
                    ),
                ),
                max_leaves=12,
            ).map(lambda value: json.dumps(value).encode()),
            st.builds(
                lambda status, body: json.dumps(
                    {"custom_id": "a", "response": {"status_code": status, "body": body}}
                ).encode(),
                st.integers(-1, 700),
                st.one_of(st.none(), st.text(), st.just({"choices": []}), st.just({"error": {"code": "x"}})),
            ),
        )
    )
    def test_any_line_gives_a_prompt_nothing_or_an_error_of_ours(self, line: bytes) -> None:
        with suppress(FrontispieceError):
            reply = reply_in(line)
            assert reply is None or isinstance(self.CHAT.read(reply, "?"), Prompt)

    @given(st.lists(st.binary(max_size=60), max_size=5))
    def test_any_file_is_taken_in(self, lines: list[bytes]) -> None:
        delivery = Delivery()
        for line in lines:
            delivery.take(line)
        assert len(delivery.lines) + delivery.unreadable <= len(lines)


NOW = datetime(2026, 11, 23, tzinfo=UTC)


def entry(kind: Kind, by: str = "a", **fields: object) -> Entry:
    return Entry.model_validate({"kind": kind, "at": NOW, "by": by, **fields})


class TestFold:
    INTENT = entry(Kind.INTENT, bulk="b1", lease=900, what="x")

    def test_a_ticket_of_a_bulk_order_gives_the_lease_back(self) -> None:
        state = fold([self.INTENT, entry(Kind.TICKET, ticket={"batch": "1"})])
        assert (state.phase, state.lease, state.bulk) == (Phase.ORDERED, None, Bulk("b1", NOW))

    def test_one_that_was_never_made_leaves_no_doubt(self) -> None:
        state = fold([self.INTENT, entry(Kind.CLAIM, "b"), entry(Kind.REFUSED, "b")])
        assert (state.phase, state.lease, state.bulk, state.doubts) == (Phase.FREE, None, None, 0)

    def test_an_ordinary_call_in_doubt_stays_in_doubt(self) -> None:
        state = fold([entry(Kind.INTENT, what="x"), entry(Kind.CLAIM, "b"), entry(Kind.REFUSED, "b")])
        assert state.phase is Phase.IN_DOUBT

    def test_the_latest_call_says_what_it_goes_with(self) -> None:
        state = fold([entry(Kind.INTENT, what="x"), entry(Kind.CLAIM, "b"), entry(Kind.INTENT, "b", bulk="b2")])
        assert (state.bulk, state.doubts) == (Bulk("b2", NOW), 1)
        assert fold([self.INTENT, entry(Kind.CLAIM, "b"), entry(Kind.INTENT, "b", what="x")]).bulk is None
