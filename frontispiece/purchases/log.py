"""One key's journal as one attempt at its call sees and writes it."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

from frontispiece.archive.paths import journal_folder, journal_path, journal_place
from frontispiece.archive.store import Archive
from frontispiece.purchases.entries import Entry, Kind, Phase, State, fold, parse
from frontispiece.purchases.process_identity import ProcessIdentity

LEASE_SECONDS = 30.0
BY_THE_CLOCK = 10  # clocks of different machines may well be minutes apart
CERTAIN = 1 / 30
"""For this part of its lease a holder that has just looked need not look again."""
MAX_ENTRY = 4_000_000
# A bulk order of a killed program may still be on its way, so the provider is not asked for it sooner.
SETTLING_SECONDS = 60.0


class Log:
    """The entries of one key. An attempt takes the lease by `intend` or `claim`, and holds it while `is_mine`."""

    def __init__(
        self,
        archive: Archive,
        key: str,
        holder: ProcessIdentity,
        lease_seconds: float,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._archive = archive
        self.key = key
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._by: Final = uuid.uuid4().hex
        self._entries: dict[int, Entry] = {}
        self._changed = monotonic()
        # When the lease was last taken or renewed, and when it was last seen to be ours.
        self._leased = self._seen = (monotonic(), clock())
        # An attempt and the renewal of its lease write side by side.
        self._lock = asyncio.Lock()
        self.state = State()

    @property
    def is_mine(self) -> bool:
        """Whether this attempt holds the lease."""
        return self.state.lease is not None and self.state.lease.by == self._by

    @property
    def was_begun_here(self) -> bool:
        """Whether this program announced the first call: before that there was nothing."""
        first = self._entries.get(0)
        return first is not None and first.holder == self._holder

    @property
    def must_be_left(self) -> bool:
        """Whether another attempt is at work, or a bulk order in doubt may still be on its way to the provider."""
        return self._is_leased or self._is_settling

    @property
    def is_fresh(self) -> bool:
        """Whether the lease was taken or renewed so lately that nobody can think of taking it over."""
        lease = self.state.lease
        return lease is not None and self.is_mine and self._passed(self._leased) < lease.seconds * 2 / 3

    async def is_held(self) -> bool:
        """Whether the lease is ours for certain: to be asked before money is spent. Raises ArchiveError.

        An attempt may have been stopped since it took the lease, and another have taken it over.
        """
        lease = self.state.lease
        if lease is not None and self.is_mine and self._passed(self._seen) >= CERTAIN * lease.seconds:
            if self.is_fresh:
                await self.look()
            else:
                await self.renew()
        return self.is_mine

    async def renew(self) -> None:
        """Give a sign of life, as long as the lease is ours. Raises ArchiveError."""
        while self.is_mine and not await self.try_append(Kind.ALIVE, lease=self._lease_seconds):
            pass

    @property
    def _is_leased(self) -> bool:
        lease = self.state.lease
        if lease is None or (lease.holder is not None and lease.holder.is_gone()):
            return False
        if self._quiet_seconds >= lease.seconds:
            return False
        # Who renews a lease is judged by that. Nobody renews those of a bulk order, so there the clocks count as well.
        is_bulk = self.state.bulk is not None and self.state.phase is Phase.CALLING
        return not (is_bulk and self._is_past(lease.at, lease.seconds))

    @property
    def is_left_behind(self) -> bool:
        """Whether the clocks say that the holder has long gone; they may be wrong, so it is watched nevertheless."""
        lease = self.state.lease
        return lease is not None and self._is_past(lease.at, lease.seconds)

    @property
    def _is_settling(self) -> bool:
        if self.state.bulk is None or self.state.phase not in (Phase.CALLING, Phase.IN_DOUBT):
            return False
        return self._quiet_seconds < SETTLING_SECONDS and not self._is_past(self.state.bulk.since, SETTLING_SECONDS)

    def _is_past(self, since: datetime, seconds: float) -> bool:
        """Whether so much time has gone by since then, even if the clock that told then was minutes off."""
        return (self._clock() - since).total_seconds() >= BY_THE_CLOCK * seconds

    def _passed(self, since: tuple[float, datetime]) -> float:
        """Seconds since then, at most: one clock stands still while the machine sleeps, the other may be set back."""
        monotonic, wall = since
        return max(self._monotonic() - monotonic, (self._clock() - wall).total_seconds())

    @property
    def _quiet_seconds(self) -> float:
        """How long there has been no new entry, as far as this attempt has seen."""
        return self._monotonic() - self._changed

    async def look(self) -> State:
        """Read the entries that are new."""
        async with self._lock:
            return await self._look()

    async def intend(
        self,
        what: str,
        dollars: float | None,
        *,
        run: str | None = None,
        bulk: str | None = None,
        lease: float | None = None,
    ) -> bool:
        """Announce the call, for `dollars` at most; False when another program was faster.

        `run` makes it, `bulk` names the bulk order that the call goes with, `lease` is how many seconds it takes when
        not as usual.
        """
        terms = {"holder": self._holder, "lease": lease or self._lease_seconds, "bulk": bulk, "run": run}
        return await self.try_append(Kind.INTENT, what=what, dollars=dollars, **terms)

    async def claim(self) -> bool:
        """Take over from a holder that is gone, or what nobody holds; False when another program was faster."""
        return await self.try_append(Kind.CLAIM, holder=self._holder, lease=self._lease_seconds)

    async def append(self, kind: Kind, **fields: object) -> None:
        """Write an entry that must be written, whoever else writes."""
        while not await self.try_append(kind, **fields):
            pass

    async def try_append(self, kind: Kind, **fields: object) -> bool:
        """Write the next entry, unless another program has written one that was not considered here."""
        async with self._lock:
            now = (self._monotonic(), self._clock())
            entry = Entry.model_validate({"kind": kind, "at": now[1], "by": self._by, **fields})
            number = max(self._entries, default=-1) + 1
            if await self._archive.put_if_absent(journal_path(self.key, number), entry.to_json()):
                self._add({number: entry})
            else:
                await self._look()
            # A store that tries again by itself may find its own first try in the way.
            is_written = self._entries.get(number) == entry
            if is_written:
                self._seen = now
                self._leased = now if entry.lease else self._leased
            return is_written

    async def _look(self) -> State:
        now = (self._monotonic(), self._clock())
        listed = await self._archive.list(journal_folder(self.key))
        stored = {place[1]: found for found in listed if (place := journal_place(found.path))}
        fresh = [number for number in stored if number not in self._entries]
        contents = await asyncio.gather(
            *(self._archive.get(stored[number].path, max_bytes=MAX_ENTRY) for number in fresh)
        )
        self._add(
            {
                number: parse(content or b"", stored[number].modified, self._lease_seconds)
                for number, content in zip(fresh, contents, strict=True)
            }
        )
        self._seen = now
        return self.state

    def _add(self, entries: dict[int, Entry]) -> None:
        if entries:
            self._entries |= entries
            self._changed = self._monotonic()
            self.state = fold(self._entries[number] for number in sorted(self._entries))
