"""One key's journal as one attempt at its call sees and writes it."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from frontispiece.archive.paths import journal_folder, journal_path, journal_place
from frontispiece.archive.store import Archive
from frontispiece.purchases.entries import Entry, Kind, Phase, State, fold, parse
from frontispiece.purchases.process_identity import ProcessIdentity

LEASE_SECONDS = 30.0
LEASES_BY_THE_CLOCK = 10  # clocks of different machines may well be minutes apart
MAX_ENTRY = 4_000_000
# A bulk order of a killed program may still be on its way, so the provider is not asked for it sooner.
SETTLING = timedelta(seconds=60)


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
        self._key = key
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._by: Final = uuid.uuid4().hex
        self._entries: dict[int, Entry] = {}
        self._changed = monotonic()
        # An attempt and the renewal of its lease write side by side.
        self._lock = asyncio.Lock()
        self.state = State()

    @property
    def is_mine(self) -> bool:
        """Whether this attempt holds the lease."""
        return self.state.lease is not None and self.state.lease.by == self._by

    @property
    def must_be_left(self) -> bool:
        """Whether another attempt is at work, or a bulk order in doubt may still be on its way to the provider."""
        return self._is_leased or self._is_settling

    @property
    def _is_leased(self) -> bool:
        lease = self.state.lease
        if lease is None or (lease.holder is not None and lease.holder.is_gone()):
            return False
        passed = (self._clock() - lease.at).total_seconds()
        return self._quiet_seconds < lease.seconds and passed < LEASES_BY_THE_CLOCK * lease.seconds

    @property
    def _is_settling(self) -> bool:
        if self.state.bulk is None or self.state.phase not in (Phase.CALLING, Phase.IN_DOUBT):
            return False
        is_young = self._clock() - self.state.bulk.since < SETTLING
        return is_young and self._quiet_seconds < SETTLING.total_seconds()

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
            entry = Entry.model_validate({"kind": kind, "at": self._clock(), "by": self._by, **fields})
            number = max(self._entries, default=-1) + 1
            if await self._archive.put_if_absent(journal_path(self._key, number), entry.to_json()):
                self._add({number: entry})
                return True
            await self._look()
            # A store that tries again by itself may find its own first try in the way.
            return self._entries.get(number) == entry

    async def _look(self) -> State:
        listed = await self._archive.list(journal_folder(self._key))
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
        return self.state

    def _add(self, entries: dict[int, Entry]) -> None:
        if entries:
            self._entries |= entries
            self._changed = self._monotonic()
            self.state = fold(self._entries[number] for number in sorted(self._entries))
