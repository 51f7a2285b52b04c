"""What a budget has spent, in a form that survives a kill: one empty object for each thing that is known of a call.

    budgets/<account>/<key>-<n>-booked-<nanodollars>   written before the call is made
    budgets/<account>/<key>-<n>-paid-<nanodollars>     written when its price is known; 0 when it was certainly not made

A call counts with what was paid, and until that is known with what was booked.
"""

from dataclasses import dataclass
from typing import Literal

from frontispiece.archive.paths import booking_of, booking_path, budget_folder
from frontispiece.archive.store import Archive
from frontispiece.money import from_nanodollars, nanodollars


@dataclass(frozen=True, slots=True)
class Booking:
    """One paid call of a budget."""

    key: str
    """The journal's key of the call."""
    number: int
    """From 0; a call that had to be made again has several bookings."""
    dollars: float
    is_settled: bool
    """Whether `dollars` is what was paid, not what was set aside."""
    booked: float | None = None
    """What had been set aside for it, where that is known."""


class Ledger:
    """The bookings of one account, such as a backfill."""

    def __init__(self, archive: Archive, account: str) -> None:
        self._archive = archive
        self._account = account

    async def read(self) -> list[Booking]:
        """All calls, each once. Raises ArchiveError."""
        found: dict[tuple[str, int], Booking] = {}
        for entry in await self._archive.list(budget_folder(self._account)):
            if named := booking_of(entry.path):
                key, number, said, count = named  # paid sorts behind booked, and takes its place
                before = found.get((key, number))
                booked = before.dollars if before and said == "paid" else None
                found[key, number] = Booking(key, number, from_nanodollars(count), said == "paid", booked)
        return list(found.values())

    async def write(self, booking: Booking) -> None:
        """Write a booking down, durably. Raises ArchiveError."""
        said: Literal["booked", "paid"] = "paid" if booking.is_settled else "booked"
        path = booking_path(self._account, booking.key, booking.number, said, nanodollars(booking.dollars))
        await self._archive.put_if_absent(path, b"")
