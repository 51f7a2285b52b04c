"""What papers have cost beside what they got: answers that were charged for and are of no use, each counted once.

The journal remembers them, also those of a run that was killed before it could write its rows. Which of them stand in
rows already is read from the catalog, once, and only when the journal names any that are not this process' own.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress

from frontispiece.archive.catalog import Catalog
from frontispiece.errors import ArchiveError
from frontispiece.models import Charge


class Waste:
    """The charges that rows of this run are still to name."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._found: dict[str, dict[str, Charge]] = defaultdict(dict)
        self._own: set[str] = set()
        self._counted: set[str] = set()
        self._has_read = False
        self._lock = asyncio.Lock()

    def note(self, paper: str, attempt: str, charges: Mapping[str, Charge]) -> None:
        """An attempt of this process has learnt of these charges for a paper (by key); they name their attempts."""
        self._own.add(attempt)
        self._found[paper] |= charges

    async def pop(self, paper: str) -> dict[str, Charge]:
        """The charges for a paper that no row names yet, by attempt: the caller's will.

        Where the catalog cannot be read, that is taken to be all: better twice than never.
        """
        found = self._found.pop(paper, {})
        async with self._lock:
            if not self._has_read and found.keys() - self._own:
                with suppress(ArchiveError):
                    rows = await self._catalog.narrow(("list_day", "wasted_calls"))
                    self._counted |= {attempt for row in rows for attempt in row["wasted_calls"] or ()}
                    self._has_read = True
            fresh = {attempt: charge for attempt, charge in found.items() if attempt not in self._counted}
            self._counted |= fresh.keys()
        return fresh
