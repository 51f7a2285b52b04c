"""A hard limit in dollars: what was spent and what is in flight together never pass it.

Every paid call is booked at its expected price before it is made, and settled at its real one. A call whose fate is
unknown keeps its booking, because it may have been paid for. A budget with a ledger remembers across restarts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import Protocol, TypeVar

from frontispiece.errors import BudgetReached, FrontispieceError, ProviderError
from frontispiece.money import ROUNDING, amount
from frontispiece.purchases.ledger import Booking

A = TypeVar("A")


class Memory(Protocol):
    """Where a budget writes its bookings down; see `frontispiece.purchases.ledger.Ledger`."""

    async def write(self, booking: Booking) -> None:
        """Write one down, durably."""
        ...


class Budget:
    """The purse of one run; `max_usd=None` has no bottom. `booked` is what earlier runs on the same account spent."""

    def __init__(
        self, max_usd: float | None = None, memory: Memory | None = None, booked: Iterable[Booking] = ()
    ) -> None:
        self.max_usd = max_usd
        self.is_reached = False
        """Whether a call was turned away; from then on every one is."""
        self._memory = memory
        self.committed = 0.0
        """Dollars spent, in flight, and in doubt."""
        self.held_back: set[str] = set()
        """Keys that a bulk order had no room for: their money is for what can be painted as well, so `book` turns them
        away until a later order has room for them."""
        self._calls: dict[str, dict[int, Booking]] = {}
        self._in_flight: dict[str, float] = {}
        self._promised: dict[str, float] = {}
        self._first: dict[str, str] = {}
        self._trusted: set[str] = set()
        self._excess: dict[str, float] = {}
        self._changed = asyncio.Condition()
        booked = list(booked)
        for booking in booked:
            self._note(booking)
        # What calls came to, at the worst, by what was expected of them.
        self._known_excess = max([1.0, *(each.dollars / each.booked for each in booked if each.booked)])

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
        async with self._changed:
            while True:
                dollars = expected * self._excess_of(by)
                if by not in self._first or by in self._trusted:
                    if self._fits(dollars + then, paper_key):
                        break
                    if self.is_reached or not self._may_fit(dollars + then, paper_key):
                        self.is_reached = True
                        self._changed.notify_all()
                        spent = f"{amount(self.committed)} is spent"
                        raise BudgetReached(f"The budget of ${self.max_usd:g} is reached: {spent}.")
                await self._changed.wait()
            booking = Booking(key, 1 + max(self._calls.get(key, {}), default=-1), dollars, is_settled=False)
            self._note(booking)
            if by and self.max_usd is not None:
                self._first.setdefault(by, key)
            self._promised.pop(paper_key, None)
            if paper_key and then:
                self._promised[paper_key] = then
            self._in_flight[key] = self._in_flight.get(key, 0.0) + dollars
        if self._memory is not None:
            await self._memory.write(booking)

    async def set_aside(self, key: str, dollars: float) -> bool:
        """Book a call that is made later, with others, where there is room; nobody waits for what it comes to.

        Raises ArchiveError.
        """
        try:
            await self.book(key, dollars)
        except BudgetReached:
            return False
        finally:
            await self._land(key)
        return True

    def choose(self, prices: Mapping[str, float | None], then: float | None, beside: int = 0) -> list[str]:
        """As many of these calls as there is room for, in their order, and no longer held back; nothing is booked.

        Each needs `then` as well to be useful, and so do `beside` others that are bought already.
        """
        chosen = list(prices)
        if self.max_usd is not None:
            room = 0.0 if self.is_reached else self.max_usd - self.committed - beside * (then or 0.0) + ROUNDING
            needs = accumulate((price or 0.0) + (then or 0.0) for price in prices.values())
            chosen = [key for key, need in zip(prices, needs, strict=True) if need <= room]
        self.held_back.difference_update(chosen)
        return chosen

    async def settle(self, key: str, dollars: float | None, expected: float | None = None, by: str = "") -> None:
        """The newest open booking of this call came to so much; None leaves it as it is. Raises ArchiveError.

        With what was `expected`, it is learnt what further calls `by` the same provider may come to.
        """
        open_ones = [number for number, each in self._calls.get(key, {}).items() if not each.is_settled]
        if dollars is None or not open_ones:
            return
        if by and expected:
            self._excess[by] = max(self._excess_of(by), dollars / expected)
        paid = Booking(key, max(open_ones), dollars, is_settled=True)
        if self._memory is not None:
            await self._memory.write(paid)
        async with self._changed:
            self._note(paid)
            self._in_flight.pop(key, None)
            self._changed.notify_all()

    def _excess_of(self, by: str) -> float:
        """How many times its expected price a call by this provider may come to."""
        return self._excess.get(by, self._known_excess) if by else 1.0

    def _note(self, booking: Booking) -> None:
        calls = self._calls.setdefault(booking.key, {})
        before = calls.get(booking.number)
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
        newest = self._calls[key][max(self._calls[key])]
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
        """Book the price, then make the call. Raises BudgetReached, and what the call raises."""
        await self._budget.book(self._key, self._expected, self._then, self._paper_key, self._by)
        try:
            return await call()
        except FrontispieceError as error:
            if error.is_billed is False:
                await self._budget.settle(self._key, 0.0)
            raise

    async def delivered(self, dollars: float | None) -> None:
        """What was bought is here, and this was its price; nothing happens when it was bought on another account."""
        await self._budget.settle(self._key, dollars, self._expected, self._by)
