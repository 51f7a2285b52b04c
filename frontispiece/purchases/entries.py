"""A journal's entries, and what they add up to: pure functions, no time and no input or output.

A paid call goes through these phases; an answer that comes at once skips ORDERED:

    FREE      intent → CALLING
    CALLING   ticket → ORDERED   done → DONE   refused, spoiled → FREE   doubt, or a claim → IN_DOUBT
    IN_DOUBT  ticket (found again) → ORDERED   intent (another call; the doubt is written off) → CALLING
              refused (of a bulk order that was never made) → FREE
    ORDERED   done → DONE   spoiled, or broken for the second time → FREE
    DONE      lost → ORDERED when there is a ticket, else FREE
    BLOCKED   for ever; from CALLING and ORDERED

`intent` and `claim` take the lease, `alive` renews it, and whatever ends an attempt gives it back. Entries are numbered
and each number is written once, so all programs see the same order. An entry of an attempt that has lost its lease
counts only if it brings a fact that cannot be undone: ticket, done, blocked.

A call may go with thousands of others in a bulk order, whose name stands on its intent. Such an order takes hours, so
its ticket gives the lease back; and since the provider tells it by its name, its doubts are always resolved.

Each intent that counts is a call of its own (`State.calls`), whatever becomes of the others: two that were made because
nobody could tell are two on the provider's bill. What an attempt says of its own call is a fact, whoever holds the
lease; what it says without one is about the latest call that is open.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import reduce
from typing import Final

from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from frontispiece.models import CallState, Value
from frontispiece.purchases.process_identity import ProcessIdentity

DELIVERIES = 2  # an order whose delivery is broken is fetched once more before it counts as spoiled


class Kind(StrEnum):
    """What an entry says."""

    INTENT = "intent"  # about to make the paid call
    CLAIM = "claim"  # takes over from a holder that is gone
    ALIVE = "alive"  # still at it
    TICKET = "ticket"  # the provider took the order: here is what to fetch it with
    DONE = "done"  # delivered, kept, and this is the record
    REFUSED = "refused"  # the provider certainly did not take the call, or never got the bulk order
    BLOCKED = "blocked"  # the provider refuses the content, for ever
    DOUBT = "doubt"  # nobody can tell whether the provider took the call
    PAUSED = "paused"  # let go for now, perhaps because we refuse what was delivered; what was known stays known
    BROKEN = "broken"  # a delivery was broken; the order stands
    SPOILED = "spoiled"  # paid perhaps, but useless for good
    LOST = "lost"  # what the record points to is gone
    UNREADABLE = "unreadable"  # cut short: never written, only read


class Entry(Value):
    """One entry. Times are UTC by the writer's clock; fields that a kind does not need are null."""

    kind: Kind
    at: AwareDatetime = Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))
    by: str = Field(default="", description="the attempt that wrote it, a random name; empty when unreadable")
    holder: ProcessIdentity | None = Field(default=None, description="the program that wrote it, on intent and claim")
    lease: float = Field(default=0.0, ge=0, le=3600, description="seconds of lease from `at`: intent, claim, alive")
    what: str | None = Field(default=None, description="the call in a few words, on intent")
    dollars: float | None = Field(default=None, description="its expected price, where known, on intent")
    bulk: str | None = Field(default=None, description="name of the order of many calls that it goes with, on intent")
    run: str | None = Field(default=None, description="the run that makes the call, where known, on intent")
    ticket: JsonValue = Field(default=None, description="what fetches the order, on ticket")
    record: JsonValue = Field(
        default=None,
        description="the call's record, on done; what a useless answer cost, on blocked, spoiled, broken, paused",
    )
    error: str | None = Field(default=None, description="kind of error that ended the attempt")
    message: str | None = Field(default=None, description="the same as one sentence")

    def to_json(self) -> bytes:
        """The entry as it is stored; `kind` comes first, where it survives most cuts."""
        return self.model_dump_json(exclude_defaults=True).encode()


def parse(content: bytes, modified: datetime, lease: float) -> Entry:
    """An entry as it was stored, or what is left of one that was cut short.

    Of a cut entry the kind may still be read. Who wrote an intent is then unknown, and its lease runs from the
    object's own time. A ticket or a record is lost with its entry, so these become UNREADABLE.
    """
    try:
        return Entry.model_validate_json(content)
    except ValidationError:
        found = re.match(rb'\s*\{\s*"kind"\s*:\s*"([a-z]+)"', content)
        name = found[1].decode() if found else ""
        kind = Kind(name) if name in _SURVIVING else Kind.UNREADABLE
        return Entry(kind=kind, at=modified, lease=lease if kind in _LEASING else 0.0)


_LEASING: Final = frozenset({Kind.INTENT, Kind.CLAIM, Kind.ALIVE})
_SURVIVING: Final = frozenset(kind.value for kind in Kind) - {Kind.TICKET, Kind.DONE}
# From an attempt that has lost its lease these say nothing.
_HOLDERS_ONLY: Final = frozenset({Kind.ALIVE, Kind.REFUSED, Kind.DOUBT, Kind.PAUSED, Kind.BROKEN, Kind.SPOILED})


class Phase(StrEnum):
    """How a paid call stands."""

    FREE = "free"
    CALLING = "calling"
    IN_DOUBT = "in doubt"
    ORDERED = "ordered"
    DONE = "done"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is at work on a call, and until when that is to be believed."""

    by: str
    holder: ProcessIdentity | None
    at: datetime
    """When it was taken or renewed, by the holder's clock."""
    seconds: float
    """How long it is good from then on."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """The order of many calls that a call goes with."""

    name: str
    since: datetime
    """When it was about to be made, by the clock of who made it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was announced, and what came of it."""

    number: int
    """Of the entry that announced it."""
    by: str
    """The attempt that made it."""
    at: datetime
    run: str | None = None
    expected: float | None = None
    """What it should cost at most, in dollars, where that is known."""
    state: CallState = CallState.IN_DOUBT
    is_open: bool = True
    """Whether more may be heard of it."""
    ended_by: str = ""
    """The attempt that told the end."""
    record: JsonValue = None
    """What was delivered, or what a useless answer cost."""


@dataclass(frozen=True, slots=True)
class State:
    """What a journal's entries add up to."""

    phase: Phase = Phase.FREE
    lease: Lease | None = None
    since: datetime | None = None
    """When the earliest call that may still turn up was made."""
    bulk: Bulk | None = None
    """The order of many calls that the latest call goes with."""
    doubts: int = 0
    """Calls written off: they may have been paid for, and never delivered."""
    ticket: JsonValue = None
    spent: tuple[JsonValue, ...] = ()
    """Tickets that turned out useless."""
    entries: int = 0
    """How many entries there are."""
    calls: tuple[Call, ...] = ()
    """All calls, those of no use included."""
    broken: int = 0
    """Broken deliveries of this ticket."""
    record: JsonValue = None
    message: str | None = None
    """Why the content is refused."""
    what: str | None = None
    dollars: float | None = None


def fold(entries: Iterable[Entry]) -> State:
    """What these entries, in their order, add up to. Every sequence of entries has a state."""
    return reduce(_after, entries, State())


def _after(state: State, entry: Entry) -> State:
    after = _phased(state, entry)
    return replace(after, entries=state.entries + 1, calls=_called(state, entry, after.phase))


def _phased(state: State, entry: Entry) -> State:
    if entry.kind in _HOLDERS_ONLY and not _is_holders(entry, state.lease):
        return state
    match entry.kind:
        case Kind.INTENT | Kind.CLAIM | Kind.ALIVE:
            return _leased(state, entry)
        case Kind.TICKET | Kind.DONE | Kind.BLOCKED | Kind.LOST:
            return _fact(state, entry)
        case Kind.UNREADABLE:
            return _cut(state, entry)
        case _:
            return replace(_ended(state, entry), lease=None)


def _is_holders(entry: Entry, lease: Lease | None) -> bool:
    return lease is not None and entry.by in (lease.by, "")


def _leased(state: State, entry: Entry) -> State:
    if state.phase in (Phase.DONE, Phase.BLOCKED):
        return state
    lease = Lease(entry.by, entry.holder, entry.at, entry.lease)
    bulk = Bulk(entry.bulk, entry.at) if entry.bulk else None
    match entry.kind, state.phase:
        case Kind.INTENT, Phase.FREE:
            calling = replace(state, phase=Phase.CALLING, lease=lease, since=entry.at, bulk=bulk)
            return replace(calling, what=entry.what, dollars=entry.dollars)
        case Kind.INTENT, Phase.CALLING | Phase.IN_DOUBT:
            return replace(state, phase=Phase.CALLING, lease=lease, bulk=bulk, doubts=state.doubts + 1)
        case Kind.CLAIM, Phase.CALLING:
            return replace(state, phase=Phase.IN_DOUBT, lease=lease)
        case Kind.CLAIM, Phase.FREE:
            return state
        case Kind.ALIVE, _:
            return replace(state, lease=state.lease and replace(state.lease, at=entry.at, seconds=entry.lease))
        case _:
            return replace(state, lease=lease)


def _fact(state: State, entry: Entry) -> State:
    match entry.kind, state.phase:
        case Kind.LOST, Phase.DONE:
            kept = Phase.FREE if state.ticket is None else Phase.ORDERED
            return replace(state, phase=kept, record=None, broken=0)
        case (Kind.LOST, _) | (_, Phase.DONE):
            return state
        case Kind.DONE, _:
            return replace(state, phase=Phase.DONE, record=entry.record, lease=None)
        case (Kind.BLOCKED, _) | (_, Phase.BLOCKED):
            return replace(state, phase=Phase.BLOCKED, message=state.message or entry.message, lease=None)
        case _:
            lease = None if state.bulk else state.lease  # nobody renews thousands of leases for hours
            return replace(state, phase=Phase.ORDERED, ticket=entry.ticket, lease=lease, broken=0)


def _ended(state: State, entry: Entry) -> State:
    free = replace(state, phase=Phase.FREE, since=None, bulk=None)
    match entry.kind, state.phase:
        case ((Kind.REFUSED | Kind.SPOILED), Phase.CALLING):
            return free
        case Kind.REFUSED, Phase.IN_DOUBT if state.bulk:
            return free
        case Kind.DOUBT, Phase.CALLING:
            return replace(state, phase=Phase.IN_DOUBT)
        case Kind.BROKEN, Phase.ORDERED if state.broken + 1 < DELIVERIES:
            return replace(state, broken=state.broken + 1)
        case ((Kind.BROKEN | Kind.SPOILED), Phase.ORDERED):
            return replace(free, ticket=None, spent=(*state.spent, state.ticket))
        case _:
            return state


def _cut(state: State, entry: Entry) -> State:
    """Nobody knows what it said: fall back on the ticket, else on the worst, that a call was made."""
    if state.phase in (Phase.DONE, Phase.BLOCKED):
        return state
    if state.ticket is not None:
        return replace(state, phase=Phase.ORDERED, lease=None)
    return replace(state, phase=Phase.IN_DOUBT, lease=None, since=state.since or entry.at)


def _called(before: State, entry: Entry, phase: Phase) -> tuple[Call, ...]:
    """The calls after an entry that leads to this phase."""
    match entry.kind, before.phase:
        case (Kind.INTENT, Phase.FREE | Phase.CALLING | Phase.IN_DOUBT) | (Kind.UNREADABLE, Phase.FREE):
            return (*before.calls, Call(before.entries, entry.by, entry.at, entry.run, entry.dollars))
        case Kind.DONE, _:
            return _close(before, entry, CallState.DELIVERED)
        case Kind.REFUSED, _:
            return _close(before, entry, CallState.FREE)
        case ((Kind.BLOCKED | Kind.SPOILED | Kind.BROKEN), _):
            if entry.record is not None:
                return _close(before, entry, CallState.REFUSED)
            is_over = entry.kind is not Kind.BROKEN or phase is Phase.FREE
            return _close(before, entry, CallState.IN_DOUBT) if is_over else before.calls
        case (Kind.PAUSED, _) if entry.record is not None:  # refused by us; the order is kept, and may be fetched yet
            return _close(before, entry, CallState.REFUSED, is_open=True)
        case _:
            return before.calls


def _close(before: State, entry: Entry, state: CallState, *, is_open: bool = False) -> tuple[Call, ...]:
    """The calls when the one that an entry speaks of has ended so; while it `is_open`, it may end otherwise yet."""
    counts = _is_holders(entry, before.lease) if entry.kind in _HOLDERS_ONLY else before.phase is not Phase.DONE
    still = [place for place, call in enumerate(before.calls) if call.is_open]
    own = [place for place in still if entry.by and before.calls[place].by == entry.by]
    if not (place := (own or (still if counts else []))[-1:]):
        return before.calls
    calls = list(before.calls)
    calls[place[0]] = replace(calls[place[0]], state=state, is_open=is_open, ended_by=entry.by, record=entry.record)
    return tuple(calls)
