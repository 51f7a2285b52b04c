"""Enters paid calls that no run has recorded: those of runs that were killed, and whose papers no run has met since."""

from collections import Counter

from frontispiece.archive.paid_calls import enter
from frontispiece.archive.paths import JOURNAL, journal_place
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.purchases.bill import paid_calls
from frontispiece.purchases.journal import Journal

# What is known of each journal, by how many entries it had then.
_KNOWN = "SELECT split_part(call, '/', 1), max(entries) FROM parts.journalled GROUP BY ALL"
_READS_AT_ONCE = 32


async def enter_paid_calls(archive: Archive) -> int:
    """Look through the journal, and enter what it knows of calls better than the catalog; gives how many those are.

    A journal that has no new entries since it was last looked at is not read. Raises ArchiveError.
    """
    # Within, for Prefect holds on to flows until the interpreter goes, and DuckDB complains of whoever still holds it.
    from frontispiece.archive.query import open_records

    listed = Counter(place[0] for entry in await archive.list(JOURNAL) if (place := journal_place(entry.path)))
    if not listed:
        return 0
    async with open_records(archive) as records:
        known: dict[object, object] = dict(records.ask(_KNOWN).rows)  # type: ignore[arg-type] # pairs
    new = [key for key, entries in listed.items() if known.get(key) != entries]
    journal = Journal(archive)
    states = await gather_bounded(lambda key: journal.log(key).look(), new, _READS_AT_ONCE)
    calls = [call for key, state in zip(new, states, strict=True) for call in paid_calls(key, state)]
    if calls:
        await enter(archive, calls)
    return len(calls)
