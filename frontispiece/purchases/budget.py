"""A hard limit in dollars: what was spent and what is in flight together never pass it.

Every paid call is booked at its expected price before it is made, and settled at its real one. A call whose fate is
unknown keeps its booking, because it may have been paid for. A budget with a ledger remembers across restarts, and
shares its limit with all programs that spend from the same account.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import accumulate, count
from typing import TypeVar

from frontispiece.concurrency import NotBegun, before_it_begins
from frontispiece.errors import ArchiveError, BudgetReached, FrontispieceError, ProviderError
from frontispiece.money import ROUNDING, amount
from frontispiece.purchases.ledger import Booking, Ledger

A = TypeVar("A")


class Budget:
    """The purse of one run; `max_usd=None` has no bottom. `booked` is what `ledger` has been read to say."""

    def __init__(
        self, max_usd: float | None = None, ledger: Ledger | None = None, booked: Iterable[Booking] = ()
    ) -> None:
        self.max_usd = max_usd
        self.is_reached = False
        """Whether a call was turned away; from then on every one is."""
        self._ledger = ledger
        self._numbers = count()
        self.committed = 0.0
        """Dollars spent, in flight, and in doubt."""
        self.held_back: set[str] = set()
        """Keys that a bulk order had no room for: their money is for what can be painted as well, so `book` turns them
        away until a later order has room for them."""
        self._calls: dict[str, dict[int, Booking]] = {}
        self._own: dict[str, int] = {}  # the newest booking of each key that was made here
        self._in_flight: dict[str, float] = {}
        self._promised: dict[str, float] = {}
        self._first: dict[str, str] = {}
        self._trusted: set[str] = set()
        self._excess: dict[str, float] = {}
        self._changed = asyncio.Condition()
        # What calls came to, at the worst, by what was expected of them.
        self._known_excess = 1.0
        self._learn(booked)

    @property
    def room(self) -> float:
        """Dollars that are neither spent nor set aside, as far as this run knows; infinite without a limit."""
        return math.inf if self.max_usd is None else self.max_usd - self.committed

    @property
    def spare(self) -> float:
        """Those of them that are not kept for anybody's next call either."""
        return self.room - sum(self._promised.values())

    async def look(self) -> None:
        """Learn what other programs have spent from the account. Raises ArchiveError."""
        async with self._changed:
            await self._read()

    @asynccontextmanager
    async def purchase(
        self, key: str, expected: float | None, then: float | None = None, paper_key: str = "", by: str = ""
    ) -> AsyncIterator["Purchase"]:
        """One paid call, by its key in the journal; `expected` is its price at most, in dollars.

        `then` is what has to be bought after it to make it useful: without room for both the call is not made, and the
        room is kept for the next purchase of the same paper, until that or `release`. None (unknown) counts as 0.
        `by` names a provider whose word on its highest price is not enough: under a limit its first call goes alone,
        and when calls come to more than expected, further ones are booked at so much more.

        An error that knows what was charged (`ProviderError.charge`) settles the call at that.
        """
        purchase = Purchase(self, key, expected or 0.0, then or 0.0, paper_key, by)
        try:
            yield purchase
        except ProviderError as error:
            # An order whose delivery failed for nothing may still be delivered, so its booking stays.
            if error.charge is not None and (error.charge.dollars or error.is_billed is False):
                await self.settle(key, error.charge.dollars, expected, by)
            raise
        finally:
            await self._land(key, by)

    async def release(self, paper_key: str) -> None:
        """Nothing more will be bought for this paper."""
        if paper_key in self._promised:
            async with self._changed:
                del self._promised[paper_key]
                self._changed.notify_all()

    async def book(self, key: str, expected: float, then: float = 0.0, paper_key: str = "", by: str = "") -> None:
        """Set money aside, if there is room for `then` as well; what was promised to the paper is room of its own.

        Waits for calls in flight to be settled. Raises BudgetReached and ArchiveError.
        """
        if key in self.held_back:
            raise BudgetReached("The budget has no room for a prompt and its painting beside those that are ordered.")
        has_looked, bookings = self._ledger is None, list[Booking]()
        async with self._changed:
            while not bookings:
                dollars = expected * self._excess_of(by)
                if by not in self._first or by in self._trusted:
                    if self._fits(dollars + then, paper_key):
                        bookings = await self._take({key: dollars})
                        continue
                    if self.is_reached or not self._may_fit(dollars + then, paper_key):
                        if not self.is_reached and not has_looked:  # others may have settled for less
                            has_looked = True
                            await self._read()
                            continue
                        self.is_reached = True
                        self._changed.notify_all()
                        spent = f"{amount(self.committed)} is spent"
                        raise BudgetReached(f"The budget of ${self.max_usd:g} is reached: {spent}.")
                await self._changed.wait()
            if by and self.max_usd is not None:
                self._first.setdefault(by, key)
            self._promised.pop(paper_key, None)
            if paper_key and then:
                self._promised[paper_key] = then
            self._in_flight[key] = self._in_flight.get(key, 0.0) + bookings[0].dollars

    async def set_aside(self, prices: Mapping[str, float | None], then: float | None, beside: int = 0) -> list[str]:
        """Book calls that are made later, together: as many as there is room for, in their order; no longer held back.

        Each needs `then` as well to be useful, and so do `beside` others that are bought already. Raises ArchiveError.
        """
        bookings: list[Booking] = []
        async with self._changed:
            await self._read()
            while chosen := self._choose(prices, then, beside):
                if bookings := await self._take({key: prices[key] or 0.0 for key in chosen}):
                    break
            self.held_back.difference_update(chosen)
        if len(bookings) > 1:  # so that a listing tells when all of a page is settled
            await self._write_down(bookings)
        return chosen

    def _choose(self, prices: Mapping[str, float | None], then: float | None, beside: int) -> list[str]:
        if self.max_usd is None:
            return list(prices)
        room = 0.0 if self.is_reached else self.room - beside * (then or 0.0) + ROUNDING
        needs = accumulate((price or 0.0) + (then or 0.0) for price in prices.values())
        return [key for key, need in zip(prices, needs, strict=True) if need <= room]

    async def settle(self, key: str, dollars: float | None, expected: float | None = None, by: str = "") -> None:
        """The newest open booking of a call, ours before another's, came to so much; None leaves it as it is.

        With what was `expected`, it is learnt what further calls `by` the same provider may come to. Raises
        ArchiveError.
        """
        if dollars is None or (booking := await self._open(key)) is None:
            return
        if by and expected:
            self._excess[by] = max(self._excess_of(by), dollars / expected)
        paid = replace(booking, dollars=dollars, is_settled=True, booked=booking.dollars)
        # What was booked stands on its page, which nobody reads when the call is over: told is what others learn from.
        await self._write_down([paid] if dollars <= booking.dollars else [booking, paid])
        async with self._changed:
            self._note(paid)
            while self._ledger is not None and dollars > booking.dollars:  # others must not think that it was less
                news, is_ours = await self._ledger.correct(paid)
                self._learn(news)
                if is_ours:
                    break
            self._in_flight.pop(key, None)
            self._changed.notify_all()

    async def _open(self, key: str) -> Booking | None:
        """The booking of a call that has come to an end."""
        async with self._changed:
            while True:
                calls = self._calls.get(key, {})
                own = calls.get(self._own.get(key, -1))
                if own is not None and not own.is_settled:
                    return own
                if numbers := [number for number, each in calls.items() if not each.is_settled]:
                    return calls[max(numbers)]
                if self._ledger is None or (news := await self._ledger.read_next()) is None:
                    return None
                self._learn(news)

    async def _take(self, calls: Mapping[str, float]) -> list[Booking]:
        """Book these calls; nothing where another program was faster: what it booked is known then."""
        if self._ledger is None:
            bookings = [Booking(key, next(self._numbers), dollars, is_settled=False) for key, dollars in calls.items()]
            is_ours = True
        else:
            writing = asyncio.ensure_future(self._ledger.book(calls))
            try:
                bookings, is_ours = await asyncio.shield(writing)
            except asyncio.CancelledError:
                with suppress(ArchiveError):  # it may be written all the same, and none of the calls will be made
                    bookings, is_ours = await writing
                    if is_ours:
                        bookings = [replace(booking, dollars=0.0, is_settled=True) for booking in bookings]
                        await self._write_down(bookings)
                    self._learn(bookings)
                raise
        self._learn(bookings)
        if not is_ours:
            return []
        self._own.update((booking.key, booking.number) for booking in bookings)
        return bookings

    async def _read(self) -> None:
        if self._ledger is not None:
            self._learn(await self._ledger.read())
            self._changed.notify_all()

    async def _write_down(self, bookings: Iterable[Booking]) -> None:
        if self._ledger is not None:
            await self._ledger.write_down(bookings)

    def _learn(self, bookings: Iterable[Booking]) -> None:
        for booking in bookings:
            self._note(booking)
            if booking.is_settled and booking.booked:
                self._known_excess = max(self._known_excess, booking.dollars / booking.booked)

    def _excess_of(self, by: str) -> float:
        """How many times its expected price a call by this provider may come to."""
        return self._excess.get(by, self._known_excess) if by else 1.0

    def _note(self, booking: Booking) -> None:
        calls = self._calls.setdefault(booking.key, {})
        before = calls.get(booking.number)
        if before is not None and before.is_settled and not booking.is_settled:
            return
        self.committed += booking.dollars - (before.dollars if before else 0.0)
        calls[booking.number] = booking

    def _fits(self, dollars: float, paper_key: str) -> bool:
        if self.max_usd is None:
            return True
        if paper_key in self._promised:  # also when the budget is reached: its room is kept
            dollars = max(0.0, dollars - self._promised[paper_key])
        elif self.is_reached:
            return False
        return self.committed + sum(self._promised.values()) + dollars <= self.max_usd + ROUNDING

    def _may_fit(self, dollars: float, paper_key: str) -> bool:
        """Whether there would be room if everything in flight and promised to others turned out to be free."""
        others = [room for other, room in self._promised.items() if other != paper_key]
        if self.max_usd is None or not (self._in_flight or others):
            return False
        landed = self.committed - sum(self._in_flight.values())
        return landed + dollars <= self.max_usd + ROUNDING

    async def _land(self, key: str, by: str = "") -> None:
        """Nobody is to wait for this call any longer."""
        async with self._changed:
            self._in_flight.pop(key, None)
            if self._first.get(by) == key and by not in self._trusted:
                if self._was_made(key):
                    self._trusted.add(by)
                else:
                    del self._first[by]
            self._changed.notify_all()

    def _was_made(self, key: str) -> bool:
        """Whether the newest call of this key was not certainly free."""
        newest = self._calls[key][self._own[key]]
        return not newest.is_settled or newest.dollars > 0


class Purchase:
    """One call on its way to the till."""

    def __init__(self, budget: Budget, key: str, expected: float, then: float, paper_key: str, by: str) -> None:
        self._budget = budget
        self._key = key
        self._expected = expected
        self._then = then
        self._paper_key = paper_key
        self._by = by

    async def make(self, call: Callable[[], Awaitable[A]]) -> A:
        """Book the price, then make the call. Raises BudgetReached, and what the call raises.

        Raises NotBegun when this is cancelled while it waits for room.
        """
        with before_it_begins():
            await self._budget.book(self._key, self._expected, self._then, self._paper_key, self._by)
        try:
            return await call()
        except (FrontispieceError, NotBegun) as error:
            if isinstance(error, NotBegun) or error.is_billed is False:
                await self._budget.settle(self._key, 0.0)
            raise

    async def delivered(self, dollars: float | None) -> None:
        """What was bought is here, and this was its price; nothing happens when it was bought on another account."""
        await self._budget.settle(self._key, dollars, self._expected, self._by)
