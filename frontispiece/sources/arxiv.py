"""arXiv's query API (https://info.arxiv.org/help/api/user-manual.html)."""

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from pydantic import Field

from frontispiece.sources.arxiv_door import PACE, Door, DoorSettings, Pace
from frontispiece.sources.ids import parse_id
from frontispiece.sources.interface import Listed
from frontispiece.sources.reading import Problems

if TYPE_CHECKING:
    from frontispiece.sources.arxiv_pages import Queries

MAX_TOTAL: Final = 30_000
"""The API gives no more of one list than this, so a longer one is asked for in parts."""


class ArxivSettings(DoorSettings):
    """What the user may set."""

    arxiv_url: str = Field("https://export.arxiv.org/api/query", description="address of arXiv's query API")


class ArxivApi(Door):
    """The papers submitted on a day, and single ones. A whole answer may take four times the `timeout`."""

    def __init__(
        self, settings: ArxivSettings, *, pace: Pace = PACE, timeout: float = 30.0, max_total: int = MAX_TOTAL
    ) -> None:
        super().__init__(settings, "arxiv_url", pace, timeout)
        self._max_total = max_total

    async def list_day(self, day: date) -> Listed:
        """All papers submitted on this day, the earliest first."""
        return await asyncio.to_thread(self._list_day, day)

    async def find(self, ids: tuple[str, ...]) -> Listed:
        """These papers, in the version asked for, or else the latest."""
        return await asyncio.to_thread(self._find, ids)

    def _queries(self) -> "Queries":
        from frontispiece.sources.arxiv_pages import Queries  # the clients, loaded when something is asked

        return Queries(self._url, self._pace, self.spacing, self._timeout, self._max_total)

    def _list_day(self, day: date) -> Listed:
        problems = Problems()
        results = self._queries().submitted(day, self._categories, problems)
        now = datetime.now(UTC)
        papers = tuple(result.paper(day, rank, now) for rank, result in enumerate(results))
        return Listed(day=day, papers=papers, problems=problems.sentences())

    def _find(self, ids: tuple[str, ...]) -> Listed:
        wanted: dict[str, str] = {}
        for paper_id, version in map(parse_id, ids):
            wanted.setdefault(paper_id, f"{paper_id}v{version}" if version else paper_id)
        problems = Problems()
        found = self._queries().with_ids(list(wanted.values()), problems)
        for paper_id, text in wanted.items():
            if paper_id not in found:
                problems.add(text, "not on arXiv")
        now = datetime.now(UTC)
        there = [found[paper_id] for paper_id in wanted if paper_id in found]
        papers = tuple(result.paper(None, rank, now) for rank, result in enumerate(there))
        return Listed(day=now.date(), papers=papers, problems=problems.sentences())
