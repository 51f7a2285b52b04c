"""What of the journal the catalog does not know: calls of runs that were killed, and those that are open.

A call that a row names is read no more, unless its journal has grown since: so a look through the journal takes no
longer because the archive has grown.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from frontispiece.archive.folder import Entry
from frontispiece.archive.paid_calls import enter
from frontispiece.archive.paths import JOURNAL, journal_place
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.models import CallState
from frontispiece.purchases.bill import paid_calls
from frontispiece.purchases.journal import Journal

# What is known of each journal: by how many entries it had then, and whether all was said of its calls.
_KNOWN: Final = f"""
SELECT split_part(call, '/', 1), max(entries), bool_and(state IN ('{CallState.DELIVERED}', '{CallState.FREE}'))
FROM parts.journalled GROUP BY ALL
"""  # noqa: S608 constants
_READS_AT_ONCE = 32
_NO_RECORD: Final = 200
"""An entry of fewer bytes delivers nothing: that a delivery was lost is said after all was said of the call."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Keys of the journal that have to be read by whoever wants to know more than the catalog."""

    new: tuple[str, ...]
    """With more entries than when they were looked at last."""
    perhaps_open: tuple[str, ...]
    """These, and calls that may be under way, ordered or in doubt."""


async def unread(archive: Archive) -> Unread:
    """Compare a listing of the journal with what the catalog knows of it. Raises ArchiveError."""
    # Within, for Prefect holds on to flows until the interpreter goes, and DuckDB complains of whoever still holds it.
    from frontispiece.archive.query import answer

    listed = defaultdict[str, list[Entry]](list)
    for entry in await archive.list(JOURNAL):
        if place := journal_place(entry.path):
            listed[place[0]].append(entry)
    if not listed:
        return Unread((), ())
    known = {key: (entries, is_over) for key, entries, is_over in (await answer(archive, _KNOWN)).rows}
    new, perhaps_open = [], []
    for key, entries in listed.items():
        count, is_over = known.get(key, (None, False))
        if count != len(entries):
            new.append(key)
        if count != len(entries) or not is_over or entries[-1].size < _NO_RECORD:
            perhaps_open.append(key)
    return Unread(tuple(new), tuple(perhaps_open))


async def enter_paid_calls(archive: Archive) -> int:
    """Enter what the journal knows of calls better than the catalog; gives how many those are. Raises ArchiveError."""
    new, journal = (await unread(archive)).new, Journal(archive)
    states = await gather_bounded(lambda key: journal.log(key).look(), new, _READS_AT_ONCE)
    calls = [call for key, state in zip(new, states, strict=True) for call in paid_calls(key, state)]
    if calls:
        await enter(archive, calls)
    return len(calls)
