"""arXiv by OAI-PMH (https://info.arxiv.org/help/oa/), its way for whole months and years.

A day's list is what was first submitted on that day, in UTC, and has been announced by now. OAI-PMH knows only the day
of a paper's last change, so the first list reads all that has changed from that day until today, and keeps it; days
after that one cost nothing more, and earlier ones what lies before.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol, TypeVar

from pydantic import Field

from frontispiece.categories import OWN_SETS, PHYSICS
from frontispiece.errors import SourceBroken
from frontispiece.models import Paper
from frontispiece.providers.http import Answer
from frontispiece.recipe import digest
from frontispiece.sources.arxiv_door import PACE, Door, DoorSettings, Pace
from frontispiece.sources.cache import user_cache
from frontispiece.sources.ids import parse_id
from frontispiece.sources.interface import Listed
from frontispiece.sources.oai import FORMAT, Page, TokenExpired, identifier, parse_page
from frontispiece.sources.oai_mirror import Coverage, Mirror
from frontispiece.sources.reading import Problems
from frontispiece.sources.records import Record

FIRST_DATESTAMP: Final = date(2005, 9, 16)
"""No record was changed before: what arXiv's Identify names as the earliest."""
SLICE: Final = timedelta(days=7)
"""What is asked for at once, and lost when it fails."""
UNSETTLED: Final = timedelta(days=2)
"""So long a day's datestamps may still come, as arXiv's day is not that of UTC."""
ANNOUNCED: Final = timedelta(days=30)
"""So long after its submission a paper may be announced; then a day's list is taken for whole."""
FRESH_SECONDS: Final = 3600.0
"""arXiv announces once a day."""
MAX_PAGES: Final = 3_000
"""All of arXiv has some 2,500 pages."""


Asked = TypeVar("Asked")


class OaiSettings(DoorSettings):
    """What the user may set."""

    arxiv_oai_url: str = Field("https://oaipmh.arxiv.org/oai", description="address of arXiv's OAI-PMH")


class ArxivOai(Door):
    """The papers submitted on a day and announced by now, and single ones."""

    def __init__(
        self,
        settings: OaiSettings,
        *,
        pace: Pace = PACE,
        timeout: float = 90.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(settings, "arxiv_oai_url", pace, timeout)
        self._clock = clock

    async def list_day(self, day: date) -> Listed:
        """All papers submitted on this day and announced by now, the earliest first.

        The first list of a set reads what has changed since that day: minutes for one of this month, hours for one of
        another year. An attempt that failed is taken up where it was, but for a week of datestamps.
        """
        return await _stoppable(self._list_day, day)

    async def find(self, ids: tuple[str, ...]) -> Listed:
        """These papers, in their latest version, whichever was asked for."""
        return await _stoppable(self._find, ids)

    def _list_day(self, day: date, stop: threading.Event) -> Listed:
        problems, records = Problems(), dict[str, Record]()
        for name in sets_of(self._categories):
            mirror = Mirror(user_cache() / f"arxiv-{name or 'all'}-{digest(self._url)[:8]}.sqlite")
            with mirror.harvesting(stop), self._asking(stop) as ask:
                self._harvest(ask, mirror, name, day)
                records |= {parse_id(record.id)[0]: record for record in mirror.papers(day)}
                for paper_id, why in mirror.unreadable():
                    problems.add(paper_id or "a record without an id", why)
        wanted, now = set(self._categories), datetime.now(UTC)
        there = [record for record in records.values() if wanted & set((record.categories or "").split())]
        there.sort(key=lambda record: record.versions[0].created)
        papers = tuple(_paper(record, rank, now) for rank, record in enumerate(there))
        return Listed(day=day, papers=papers, problems=problems.sentences())

    def _find(self, ids: tuple[str, ...], stop: threading.Event) -> Listed:
        problems, found = Problems(), list[Record]()
        with self._asking(stop) as ask:
            for paper_id in dict.fromkeys(parse_id(text)[0] for text in ids):
                page = _record(ask, paper_id)
                there = [entry.record for entry in page.entries if entry.id == paper_id]
                found += there[:1]
                if not there:
                    problems.add(paper_id, page.problems[0][1] if page.problems else "not on arXiv")
        now = datetime.now(UTC)
        papers = tuple(_paper(record, rank, now) for rank, record in enumerate(found))
        return Listed(day=now.date(), papers=papers, problems=problems.sentences())

    @contextmanager
    def _asking(self, stop: threading.Event) -> Iterator["Ask"]:
        """One connection."""
        import requests  # the client, loaded when something is asked

        from frontispiece.sources.arxiv_http import Wire, own_errors

        with own_errors(), closing(requests.Session()) as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, Wire(self._pace, self.spacing, self._timeout, stop))

            def ask(**arguments: str) -> Answer:
                response = session.get(self._url, params=arguments, allow_redirects=False)
                return Answer(response.status_code, dict(response.headers), response.content, response.url)

            yield ask

    def _harvest(self, ask: "Ask", mirror: Mirror, name: str, day: date) -> None:
        """Read what is missing for the list of a day."""
        now = self._clock()
        begin = max(min(day, now.date()) - timedelta(days=1), FIRST_DATESTAMP)
        held = mirror.coverage() or Coverage(begin, begin - timedelta(days=1))
        if begin < held.first:
            # Its whole month, as the days before it are likely to be asked for next.
            begin = max(begin.replace(day=1), FIRST_DATESTAMP)
        # First what lies before: a paper that is changed meanwhile shows up again at the end.
        while begin < held.first:
            start, end = max(begin, held.first - SLICE), held.first - timedelta(days=1)
            _read(ask, mirror, _asked_for(name, start, end))
            held = Coverage(start, held.last)
            mirror.cover(held)
        whole_from = datetime.combine(day + ANNOUNCED, time(), UTC).timestamp()
        if held.reached is not None and held.reached >= min(whole_from, now.timestamp() - FRESH_SECONDS):
            return
        settled = now.date() - UNSETTLED
        while held.last + SLICE <= settled:
            start, end = held.last + timedelta(days=1), held.last + SLICE
            _read(ask, mirror, _asked_for(name, start, end))
            held = Coverage(held.first, end, held.reached)
            mirror.cover(held)
        # Without an end, which might lie in what is still tomorrow for arXiv.
        _read(ask, mirror, _asked_for(name, held.last + timedelta(days=1), None))
        mirror.cover(Coverage(held.first, max(held.last, settled), now.timestamp()))


async def _stoppable(read: Callable[[Asked, threading.Event], Listed], asked: Asked) -> Listed:
    """Read in a thread, which ends soon when nobody waits for it any more; a harvest may take hours."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(read, asked, stop)
    finally:
        stop.set()


class Ask(Protocol):
    """Sends the arguments of a request."""

    def __call__(self, **arguments: str) -> Answer:
        """The answer, whatever its status."""
        ...


def sets_of(categories: tuple[str, ...]) -> tuple[str, ...]:
    """The sets of OAI-PMH that hold these categories; "" is all of arXiv."""
    names = set[str]()
    for category in categories:
        archive = category.partition(".")[0]
        names.add(archive if archive in OWN_SETS else "physics" if archive in PHYSICS else "")
    return ("",) if "" in names else tuple(sorted(names))


def _asked_for(name: str, start: date, end: date | None) -> dict[str, str]:
    arguments = {"metadataPrefix": FORMAT, "from": start.isoformat()}
    if end:
        arguments["until"] = end.isoformat()
    return arguments | {"set": name} if name else arguments


def _read(ask: Ask, mirror: Mirror, arguments: dict[str, str]) -> None:
    """Keep all pages of a list; when its token has expired, the list is asked for once more from its beginning."""
    try:
        _read_pages(ask, mirror, arguments)
    except TokenExpired:
        try:
            _read_pages(ask, mirror, arguments)
        except TokenExpired:
            raise SourceBroken("arXiv refuses its own resumption token, twice.") from None


def _record(ask: Ask, paper_id: str) -> Page:
    try:
        return parse_page(ask(verb="GetRecord", metadataPrefix=FORMAT, identifier=identifier(paper_id)))
    except TokenExpired:
        raise SourceBroken(f"arXiv was asked for {paper_id} and refuses a token that was not sent.") from None


def _read_pages(ask: Ask, mirror: Mirror, arguments: dict[str, str]) -> None:
    token = ""
    for _ in range(MAX_PAGES):
        told = {"resumptionToken": token} if token else arguments
        page: Page = parse_page(ask(verb="ListRecords", **told))
        mirror.put(page)
        if not page.token:
            return
        if page.token == token:
            raise SourceBroken("arXiv's list of records leads back to itself.")
        token = page.token
    raise SourceBroken(f"arXiv's list of records does not end after {MAX_PAGES:,} pages.")


def _paper(record: Record, rank: int, seen_at: datetime) -> Paper:
    return record.paper("arxiv-oai", rank, seen_at)
