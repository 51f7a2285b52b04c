"""The journal of paid calls: nothing is bought twice, and what is bought is never lost.

Every step of a paid call is a new object `journal/<key>/<number>.json`, written with put-if-absent: of several programs
only one can write a number, so an entry is also the lock. `frontispiece.purchases.entries` tells what entries add up
to; here they are written, in this order:

    intent → the call → ticket → fetching → done

A program may die anywhere. The next one takes over at once when it can see that the holder is dead, and else after one
lease without a sign of life; so a dead holder delays nobody by more than a lease. A ticket is fetched; a call without
one is in doubt: it is looked for among the provider's recent requests, and else made again and counted (`doubts`). A
waiter measures the lease by its own monotonic clock, from the newest entry that it saw: how clocks differ is of no
account. A holder that was stopped may have been taken for dead, so it looks once more right before it pays.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Generic, TypeVar, cast

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from frontispiece.archive.store import Archive
from frontispiece.concurrency import NotBegun, end_if_cancelled, gather_bounded
from frontispiece.errors import (
    ArchiveError,
    Blocked,
    FrontispieceError,
    NotAccepted,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Charge, Value
from frontispiece.providers.throttle import last_look
from frontispiece.purchases.budget import Purchase
from frontispiece.purchases.entries import DELIVERIES, Kind, Phase, State
from frontispiece.purchases.job import A, PaidJob, R, T
from frontispiece.purchases.log import LEASE_SECONDS, Log
from frontispiece.purchases.process_identity import ProcessIdentity
from frontispiece.text import visible

POLL_SECONDS = 1.0
MAX_MESSAGE = 2_000
# A provider's clock may differ from ours by this much when lost calls are looked for.
CLOCK_SKEW = timedelta(seconds=60)
REMEMBERED = 512
"""So many calls that were settled lately are known without reading."""
_READS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Settled(Generic[R]):
    """A paid call that has been made, once."""

    record: R
    bought: bool
    """Whether this attempt brought it in; False when it was there."""
    doubts: int
    """Calls on the way to it that may have been paid for without a delivery."""


class OpenEntry(Value):
    """A paid call that was begun and is neither done nor given up."""

    key: str
    what: str
    state: Phase = Field(description="calling, in doubt or ordered")
    age: float = Field(description="seconds since the call was begun")
    dollars: float | None = Field(description="its expected price, where known")


class Journal:
    """The journal of one archive. Time and the holder's identity can be set, for tests."""

    def __init__(
        self,
        archive: Archive,
        *,
        holder: ProcessIdentity | None = None,
        lease_seconds: float = LEASE_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._archive = archive
        self._holder = holder or ProcessIdentity.here()
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._settled: OrderedDict[str, Log] = OrderedDict()

    async def settle(self, job: PaidJob[R, A, T]) -> Settled[R]:
        """The record of this job: from the journal, by fetching what was ordered, or by making the call.

        The job's budget books the call before it is made, and learns what it came to.

        Raises what the job raises, Blocked without any call when it was refused before, and ArchiveError.
        """
        log = self.log(job.key)
        try:
            async with job.budget.purchase(job.key, job.price, job.then, job.paper_key, job.by) as purchase:
                try:
                    settled = await self._settle(log, job, purchase)
                finally:
                    self._remember(log)
                await purchase.delivered(settled.record.dollars)
                return settled
        finally:
            end_if_cancelled()  # what came of the call is written down

    def settled_here(self, key: str) -> Log | None:
        """The entries of a key that was settled here lately, for good; they need not be read."""
        return self._settled.get(key)

    def _remember(self, log: Log) -> None:
        if log.state.phase in (Phase.DONE, Phase.BLOCKED):
            self._settled[log.key] = log
            if len(self._settled) > REMEMBERED:
                self._settled.popitem(last=False)

    async def _settle(self, log: Log, job: PaidJob[R, A, T], purchase: Purchase) -> Settled[R]:
        # Nothing is read first: where there are entries, the first of ours finds one in its way.
        bought = False
        while True:
            state = log.state  # current: what another program wrote is read when an entry of ours finds it in its way
            if state.phase is Phase.BLOCKED:
                raise Blocked(state.message or f"The provider refuses the {job.what} for its content.")
            if state.phase is Phase.DONE:
                record = from_json(job.record, state.record)
                if record is not None and (bought or await job.is_intact(record)):
                    return Settled(record, bought, state.doubts)
                await log.try_append(Kind.LOST)
            elif log.is_mine:
                bought = await self._work(log, job, purchase)
            elif log.must_be_left:
                await self.wait(log)
            elif state.phase is Phase.FREE:
                await log.intend(job.what, job.price, run=job.run)
            else:
                await log.claim()

    async def wait(self, log: Log) -> None:
        """Let a moment pass, and see what others have written meanwhile."""
        await self._sleep(POLL_SECONDS)
        await log.look()

    async def entries_open(self, keys: Iterable[str]) -> list[OpenEntry]:
        """Those calls that are under way, ordered or in doubt, the oldest first. Raises ArchiveError."""
        looked = await gather_bounded(self._open_entry, keys, _READS_AT_ONCE)
        return sorted((entry for entry in looked if entry is not None), key=lambda entry: -entry.age)

    async def _open_entry(self, key: str) -> OpenEntry | None:
        state = await self.log(key).look()
        if state.phase not in (Phase.CALLING, Phase.IN_DOUBT, Phase.ORDERED):
            return None
        age = (self._clock() - (state.since or self._clock())).total_seconds()
        return OpenEntry(
            key=key, what=state.what or "unknown", state=state.phase, age=max(0.0, age), dollars=state.dollars
        )

    def log(self, key: str) -> Log:
        """One key's entries, as a new attempt sees them."""
        return Log(self._archive, key, self._holder, self._lease_seconds, self._clock, self._monotonic)

    async def _work(self, log: Log, job: PaidJob[R, A, T], purchase: Purchase) -> bool:
        """Carry the call on from where the journal stands, renewing the lease; whether it was delivered."""
        renewal = asyncio.create_task(self._renew(log))
        try:
            return await self._proceed(log, job, purchase)
        except (Exception, asyncio.CancelledError) as error:
            kind = closing(error, log.state.phase)
            charge = _charge(error, kind, log.state)
            with suppress(ArchiveError):
                await log.append(kind, error=type(error).__name__, message=sentence(error), record=charge)
            if log.state.phase is not Phase.ORDERED:
                job.note_lost()
            raise
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])

    async def _renew(self, log: Log) -> None:
        while log.is_mine:
            await self._sleep(self._lease_seconds / 3)
            # A missed renewal is no harm yet: there are two more in a lease.
            with suppress(ArchiveError):
                await log.renew()

    async def _proceed(self, log: Log, job: PaidJob[R, A, T], purchase: Purchase) -> bool:
        """One way through the phases; False when another program has come in between."""
        if log.state.phase is Phase.IN_DOUBT and not await self._resolve(log, job):
            return False
        if log.state.phase is Phase.CALLING:
            try:
                with last_look(partial(_check_lease, log)):
                    submitted = await job.buy(purchase)
            except FrontispieceError as error:
                if error.is_billed is False and not log.is_mine:
                    return False
                raise
            if not isinstance(submitted, job.ticket):
                return await self._deliver(log, job, cast("A", submitted))
            await log.append(Kind.TICKET, ticket=as_json(job.ticket, submitted))
            end_if_cancelled()
        if log.state.phase is not Phase.ORDERED or not log.is_mine:
            return False
        ticket = from_json(job.ticket, log.state.ticket)
        if ticket is None:
            await log.append(Kind.SPOILED, message="The ticket cannot be read.")
            return False
        answer = await job.collect(ticket)
        if answer is None:
            await purchase.delivered(0.0)
            nothing = as_json(Charge, Charge(dollars=0.0))
            await log.append(Kind.SPOILED, message="The provider gave the order up.", record=nothing)
            job.note_lost()
            return False
        return await self._deliver(log, job, answer)

    async def _resolve(self, log: Log, job: PaidJob[R, A, T]) -> bool:
        """Find the lost ticket of a call in doubt, or announce another call; False when someone was faster."""
        bulk = log.state.bulk
        if bulk is not None:
            await note_bulk(log, job.ticket, await job.find(bulk.since, bulk.name))
            return False
        since = log.state.since or self._clock()
        found = await job.find(since - CLOCK_SKEW, None)
        spent = {old.request_id for old in (from_json(job.ticket, ticket) for ticket in log.state.spent) if old}
        if found is None or found.request_id in spent:
            return await log.intend(job.what, job.price, run=job.run)
        return await log.try_append(Kind.TICKET, ticket=as_json(job.ticket, found))

    async def _deliver(self, log: Log, job: PaidJob[R, A, T], answer: A) -> bool:
        await log.append(Kind.DONE, record=as_json(job.record, await job.keep(answer)))
        return True


async def _check_lease(log: Log) -> None:
    """Raise ProviderUnavailable unless the lease is still this attempt's: nobody is to be asked for the call twice."""
    try:
        is_held = await log.is_held()
    except ArchiveError as error:
        raise ProviderUnavailable(f"No provider was asked, because the journal cannot be read. {error}") from error
    if not is_held:
        raise ProviderUnavailable("Another program has taken the call over.")


async def note_bulk(log: Log, ticket: type[T], found: T | None) -> None:
    """Write down what became of a bulk order in doubt: its ticket, or None when it was never made."""
    if found is None:
        await log.try_append(Kind.REFUSED, message="The bulk order was never made.")
    else:
        await log.try_append(Kind.TICKET, ticket=as_json(ticket, found))


def closing(error: BaseException, phase: Phase) -> Kind:
    """The entry that ends an attempt which failed with `error` in this phase."""
    match phase, error:
        case _, Blocked():
            return Kind.BLOCKED
        case Phase.ORDERED, NotAccepted():
            return Kind.PAUSED
        case (Phase.CALLING, ProviderBroken()) | (Phase.ORDERED, Rejected()):
            return Kind.SPOILED
        case Phase.CALLING, FrontispieceError(is_billed=False) | NotBegun():
            return Kind.REFUSED
        case Phase.CALLING, _:
            return Kind.DOUBT
        case Phase.ORDERED, ProviderBroken():
            return Kind.BROKEN
        case _:
            return Kind.PAUSED


def _charge(error: BaseException, kind: Kind, state: State) -> JsonValue:
    """What the answer cost that ends an attempt with such an entry; a delivery that is fetched again cost nothing."""
    if not isinstance(error, ProviderError) or error.charge is None:
        return None
    is_over = kind in (Kind.BLOCKED, Kind.SPOILED) or (kind is Kind.BROKEN and state.broken + 1 >= DELIVERIES)
    is_refused = kind is Kind.PAUSED and isinstance(error, NotAccepted)
    return as_json(Charge, error.charge) if is_over or is_refused else None


def sentence(error: BaseException) -> str:
    """What an error says, fit for JSON and for any screen: it may quote anything from outside."""
    return visible(str(error))[:MAX_MESSAGE]


V = TypeVar("V")


def as_json(kind: type[V], value: V) -> JsonValue:
    """A ticket or record as it stands in an entry."""
    written: JsonValue = TypeAdapter(kind).dump_python(value, mode="json")
    return written


def from_json(kind: type[V], value: JsonValue) -> V | None:
    """The value, or None when it is not of this shape: written by another version, or damaged."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None
