"""What a budget has spent, in a form that survives a kill and is safe when many programs spend from it at once.

    budgets/<account>/<n>.json                         a page, from 1000 on: calls that a program books
    budgets/<account>/<key>-<n>-booked-<nanodollars>   each of them again, for a listing to tell, where a page has
                                                       several or the price was higher
    budgets/<account>/<key>-<n>-paid-<nanodollars>     written when its price is known; 0 when it was certainly not made

A call counts with what was paid, and until that is known with what was booked. Pages are written with put-if-absent and
without a gap, so the number is the lock: who finds it taken reads that page, and reckons anew before it buys anything.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import Field, ValidationError

from frontispiece.archive.paths import booking_of, booking_path, budget_folder, budget_page_number, budget_page_path
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.models import Value
from frontispiece.money import from_nanodollars, nanodollars

FIRST_PAGE: Final = 1000
"""Before there were pages the calls of each key were numbered from 0, and counted few."""
MAX_PAGE: Final = 20_000_000
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Booking:
    """One paid call of a budget."""

    key: str
    """The journal's key of the call."""
    number: int
    """Of its page; a call that had to be made again has several bookings."""
    dollars: float
    is_settled: bool
    """Whether `dollars` is what was paid, not what was set aside."""
    booked: float | None = None
    """What had been set aside for it, where that is known."""


class Page(Value):
    """What one program writes at once: new bookings, or what an earlier one came to if that is more than was booked."""

    by: str = Field(description="a random name, which tells this page from others")
    booked: dict[str, int] = Field(default={}, description="nanodollars by key, booked under the number of the page")
    paid: dict[str, tuple[int, int]] = Field(default={}, description="number of the booking and nanodollars, by key")


class Ledger:
    """The bookings of one account, such as a backfill."""

    def __init__(self, archive: Archive, account: str) -> None:
        self._archive = archive
        self._account = account
        self._next = FIRST_PAGE

    async def read(self) -> list[Booking]:
        """All calls, each once. Raises ArchiveError."""
        found: dict[tuple[str, int], Booking] = {}
        pages: set[int] = set()
        for entry in await self._archive.list(budget_folder(self._account)):
            if named := booking_of(entry.path):  # paid sorts behind booked, and takes its place
                key, number, said, count = named
                before, dollars = found.get((key, number)), from_nanodollars(count)
                if said == "booked":
                    found[key, number] = Booking(key, number, dollars, is_settled=False)
                elif before is None or not before.is_settled:
                    booked = before.dollars if before else None
                    found[key, number] = Booking(key, number, dollars, is_settled=True, booked=booked)
                else:
                    found[key, number] = replace(before, dollars=max(dollars, before.dollars))
            elif (page := budget_page_number(entry.path)) is not None:
                pages.add(page)
        # A page of a program that was cut off, or is still at it, says more than the listing; that may miss pages, too.
        closed = {booking.number for booking in found.values()}
        closed -= {booking.number for booking in found.values() if not booking.is_settled}
        following = max([self._next, *(page + 1 for page in pages)])
        telling = sorted(set(range(FIRST_PAGE, following)) - (closed & pages))
        for bookings in await gather_bounded(self._page, telling, _AT_ONCE):
            for booking in bookings or ():
                found.setdefault((booking.key, booking.number), booking)
        self._next = following
        return list(found.values())

    async def read_next(self) -> list[Booking] | None:
        """What stands on the next page, if another program has written one. Raises ArchiveError."""
        bookings = await self._page(self._next)
        if bookings is not None:
            self._next += 1
        return bookings

    async def book(self, calls: Mapping[str, float]) -> tuple[list[Booking], bool]:
        """Write the next page, with these calls (dollars by key), before any of them is made.

        Gives what stands on it, and whether that is ours: another program may have been faster. Raises ArchiveError.
        """
        return await self._append(booked={key: nanodollars(dollars) for key, dollars in calls.items()})

    async def correct(self, paid: Booking) -> tuple[list[Booking], bool]:
        """The same for a call that came to more than was booked. Raises ArchiveError."""
        return await self._append(paid={paid.key: (paid.number, nanodollars(paid.dollars))})

    async def write_down(self, bookings: Iterable[Booking]) -> None:
        """Write bookings down one by one, durably, for whoever lists the account. Raises ArchiveError."""
        await gather_bounded(self._write, bookings, _AT_ONCE)

    async def carry_over(self, accounts: Iterable[str]) -> None:
        """Count what other accounts have spent, or set aside, as spent from this one; once. Raises ArchiveError."""
        for account in accounts:
            spent = sum(booking.dollars for booking in await Ledger(self._archive, account).read())
            if spent:
                await self._write(Booking(account, 0, spent, is_settled=True))

    async def _write(self, booking: Booking) -> None:
        said: Literal["booked", "paid"] = "paid" if booking.is_settled else "booked"
        path = booking_path(self._account, booking.key, booking.number, said, nanodollars(booking.dollars))
        await self._archive.put_if_absent(path, b"")

    async def _append(
        self, booked: Mapping[str, int] | None = None, paid: Mapping[str, tuple[int, int]] | None = None
    ) -> tuple[list[Booking], bool]:
        number, page = self._next, Page(by=uuid.uuid4().hex, booked=dict(booked or {}), paid=dict(paid or {}))
        path, content = budget_page_path(self._account, number), page.model_dump_json(exclude_defaults=True).encode()
        is_ours = await self._archive.put_if_absent(path, content)
        # A store that tries again by itself may find its own first try in the way.
        found = content if is_ours else await self._archive.get(path, max_bytes=MAX_PAGE)
        self._next = number + 1
        return _bookings(number, found or b""), found == content

    async def _page(self, number: int) -> list[Booking] | None:
        content = await self._archive.get(budget_page_path(self._account, number), max_bytes=MAX_PAGE)
        return None if content is None else _bookings(number, content)


def _bookings(number: int, content: bytes) -> list[Booking]:
    """What stands on a page; on one that was cut short nothing, for then it was never relied on."""
    try:
        page = Page.model_validate_json(content)
    except ValidationError:
        return []
    booked = [Booking(key, number, from_nanodollars(count), is_settled=False) for key, count in page.booked.items()]
    paid = [Booking(key, each, from_nanodollars(count), is_settled=True) for key, (each, count) in page.paid.items()]
    return booked + paid
