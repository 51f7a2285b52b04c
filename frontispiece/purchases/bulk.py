"""Bulk orders: thousands of paid calls ordered at once and delivered hours later, each with its own journal.

    the intents of all, with the order's name → upload → the order → the tickets of all

Here calls only enter the journal. Whoever settles one of them afterwards (`Journal.settle`) finds its ticket, so no run
buys it again. A program may die anywhere: the provider is asked for the order by the name that stands on the intents,
and when it has none, the order was never made and nothing was paid.
"""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import Generic, TypeVar

from frontispiece.errors import ArchiveError, FrontispieceError, ProviderUnavailable
from frontispiece.providers.throttle import last_look
from frontispiece.purchases.entries import Kind, Phase
from frontispiece.purchases.job import T
from frontispiece.purchases.journal import Journal, as_json, from_json, note_bulk, sentence
from frontispiece.purchases.log import Log

LEASE_SECONDS = 900.0
"""Nobody renews thousands of leases, so they last longer than making an order may take."""
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Line:
    """One call of a bulk order."""

    what: str
    """The call in a few words."""
    dollars: float | None
    """What it should cost, where that is known."""


class BulkOrder(ABC, Generic[T]):
    """Calls that are ordered at once. Only `order` may cost money. The methods raise ProviderError."""

    ticket: type[T]
    lines: Mapping[str, Line]
    """The calls, by their keys in the journal."""
    run: str | None = None
    """The run that makes them, where it is one."""

    @abstractmethod
    async def book(self, keys: Sequence[str]) -> Sequence[str]:
        """Set the money aside for these keys; gives those that can be afforded."""

    @abstractmethod
    async def refund(self, keys: Sequence[str]) -> None:
        """The calls of these keys were certainly not made."""

    @abstractmethod
    async def upload(self, keys: Sequence[str]) -> str:
        """Prepare the order of these keys; gives the provider's name of what was prepared."""

    @abstractmethod
    async def order(self, name: str, uploaded: str) -> T:
        """Make the order, under a name of ours, of what was prepared; gives the ticket of all its calls."""

    @abstractmethod
    async def find(self, since: datetime, name: str) -> T | None:
        """Look for an order of this name, made since then; None means that it was never made."""


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """How calls stand after an order; those that are named nowhere are settled, or left to `Journal.settle`."""

    ordered: Mapping[str, T] = field(default_factory=dict)
    """Tickets by key, whoever ordered."""
    busy: tuple[str, ...] = ()
    """Keys that another program has in hand, or whose earlier order may still be on its way."""
    unaffordable: tuple[str, ...] = ()
    """Keys beyond the budget."""


class _Standing(Enum):
    HELD = auto()
    BUSY = auto()
    SETTLED = auto()


async def place(journal: Journal, order: BulkOrder[T]) -> Placed[T]:
    """Order, as one, whatever of these calls nobody has made or ordered yet.

    Waits for no other program but to see whether one that seems long dead moves.

    Raises ProviderError, with nothing ordered or with the order in doubt, and ArchiveError.
    """
    name = uuid.uuid4().hex
    logs = {key: journal.log(key) for key in order.lines}
    booked: Sequence[str] = ()
    asked = False
    try:
        stands = await side_by_side(order.lines, lambda key: _hold(logs[key], key, name, order, journal))
        held = [key for key, stand in stands.items() if stand is _Standing.HELD]
        booked = await order.book(held) if held else ()
        dropped = set(held) - set(booked)
        await _let_go([logs[key] for key in dropped], Kind.REFUSED, "The budget allows no further call.")
        ordered = {key: stand for key, stand in stands.items() if not isinstance(stand, _Standing)}
        if booked:
            uploaded = await order.upload(booked)
            mine = {key: logs[key] for key in booked}
            await _check_leases(mine.values())
            asked = True
            ordered |= await _order(name, uploaded, mine, order)
    except (Exception, asyncio.CancelledError) as error:
        in_doubt = asked and not _is_refused(error)
        with suppress(ArchiveError):
            await _let_go(logs.values(), Kind.DOUBT if in_doubt else Kind.REFUSED, sentence(error))
            if not in_doubt:
                await order.refund(booked)
        raise
    busy = tuple(key for key, stand in stands.items() if stand is _Standing.BUSY)
    return Placed(ordered, busy, tuple(key for key in held if key in dropped))


def _is_refused(error: BaseException) -> bool:
    """Whether the order was certainly not taken; after a passing trouble the provider is asked, which is free."""
    return isinstance(error, FrontispieceError) and error.is_billed is False and not error.is_transient


async def _check_leases(logs: Iterable[Log]) -> None:
    if not all(log.is_fresh for log in logs):
        raise ProviderUnavailable("Preparing a batch took so long that others may have taken over its papers.")


async def _order(name: str, uploaded: str, logs: Mapping[str, Log], order: BulkOrder[T]) -> dict[str, T]:
    with last_look(partial(_check_leases, logs.values())):
        ticket = await order.order(name, uploaded)
    written = as_json(order.ticket, ticket)
    await side_by_side(logs, lambda key: logs[key].append(Kind.TICKET, ticket=written))
    return dict.fromkeys(logs, ticket)


async def _hold(log: Log, key: str, name: str, order: BulkOrder[T], journal: Journal) -> T | _Standing:
    """Take the call into this order if it is free; what was in doubt is found out first."""
    await log.look()
    while True:
        state = log.state
        if state.phase in (Phase.DONE, Phase.BLOCKED):
            return _Standing.SETTLED
        if state.phase is Phase.ORDERED:
            return from_json(order.ticket, state.ticket) or _Standing.SETTLED
        if log.is_mine and state.phase is Phase.CALLING:
            return _Standing.HELD
        if log.is_mine and state.bulk is not None:
            await note_bulk(log, order.ticket, await order.find(state.bulk.since, state.bulk.name))
            if log.state.phase is Phase.FREE:
                await order.refund([key])
        elif log.is_mine or (state.phase is Phase.FREE and not log.must_be_left):
            line = order.lines[key]
            await log.intend(line.what, line.dollars, run=order.run, bulk=name, lease=LEASE_SECONDS)
        elif log.must_be_left and not log.is_left_behind:
            return _Standing.BUSY
        elif log.must_be_left:
            await journal.wait(log)
        else:
            await log.claim()


async def _let_go(logs: Iterable[Log], kind: Kind, message: str) -> None:
    """Give back every lease that is still held; calls that were not announced yet stay as they are."""

    async def end(log: Log) -> None:
        if log.is_mine:
            await log.append(kind if log.state.phase is Phase.CALLING else Kind.PAUSED, message=message)

    await side_by_side(logs, end)


K = TypeVar("K")
V = TypeVar("V")


async def side_by_side(keys: Iterable[K], work: Callable[[K], Awaitable[V]]) -> dict[K, V]:
    """Work on each key, some side by side, to the end of all; then raises the first error."""
    lane = asyncio.Semaphore(AT_ONCE)
    done: dict[K, V] = {}

    async def one(key: K) -> None:
        async with lane:
            done[key] = await work(key)

    keys = list(keys)
    for error in await asyncio.gather(*map(one, keys), return_exceptions=True):
        if error is not None:
            raise error
    return {key: done[key] for key in keys}
