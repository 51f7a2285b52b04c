"""Queries of arXiv's API, and their answers page by page, through the `arxiv` package.

The package builds the queries and reads the entries. What it lacks (4.0.2, read) is made up for in the transport of
its session: a time-out, one spacing for the whole process, and a look at each page before the package sees it, because
it takes an error feed for an empty list and half a page of XML for a whole one.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

import arxiv
import requests
from lxml import etree
from pydantic import BaseModel, ConfigDict, ValidationError

from frontispiece.errors import BadInput, SourceBroken, SourceUnavailable
from frontispiece.models import Listing, Paper
from frontispiece.providers.answers import OrNone, clean_xml
from frontispiece.providers.http import Answer
from frontispiece.sources.arxiv_door import Pace, check_available
from frontispiece.sources.arxiv_http import Wire, own_errors
from frontispiece.sources.ids import parse_id
from frontispiece.sources.reading import IdText, Line, Moment, Problems, Title, in_utc, reason
from frontispiece.sources.withdrawn import is_withdrawn
from frontispiece.text import counted, quoted

PAGE: Final = 500
"""Entries asked for at once; the API gives 2,000 at most."""
IDS_AT_ONCE: Final = 100
MINUTES: Final = 24 * 60

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_TOTAL: Final = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_ERROR: Final = re.compile(r"https?://arxiv\.org/api/errors#?(.*)")


class _TooMany(Exception):
    """A list is longer than the API gives."""

    def __init__(self, total: int) -> None:
        super().__init__(total)
        self.total = total


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was looked at: whole XML, and every entry left in `body` is one the package can read."""

    total: int
    sent: int
    kept: int
    body: bytes
    problems: tuple[str, ...]


class _Author(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: Line


class Result(BaseModel):
    """An `arxiv.Result`, as far as it matters here."""

    model_config = ConfigDict(from_attributes=True)

    entry_id: IdText
    title: Title
    summary: OrNone[Line] = None
    comment: OrNone[Line] = None
    authors: list[OrNone[_Author]]
    primary_category: OrNone[Line] = None
    categories: list[OrNone[Line]]
    published: Moment
    updated: Moment

    def paper(self, day: date | None, rank: int, seen_at: datetime) -> Paper:
        """The paper, listed on `day`, or on its own day when it was asked for by id."""
        paper_id, version = parse_id(self.entry_id)
        published = self.published.date()
        return Paper(
            id=paper_id,
            version=version,
            title=self.title,
            abstract=self.summary or "",
            authors=tuple(author.name for author in self.authors if author and author.name),
            categories=tuple(dict.fromkeys(filter(None, (self.primary_category, *self.categories)))),
            published=published,
            updated=self.updated.date(),
            withdrawn=is_withdrawn(self.summary or "", self.comment or ""),
            listing=Listing(source="arxiv", day=day or published, rank=rank, seen_at=seen_at),
        )


@dataclass(frozen=True, slots=True)
class Queries:
    """The query API at `url`, which gives `max_total` entries of one list; `spacing` and `timeout` are in seconds."""

    url: str
    pace: Pace
    spacing: float
    timeout: float
    max_total: int

    def submitted(self, day: date, categories: Sequence[str], problems: Problems) -> list[Result]:
        """What was submitted on this day in any of the categories, the earliest first."""
        terms = f"({' OR '.join(f'cat:{category}' for category in categories)})"
        return list(self._minutes(day, 0, MINUTES - 1, terms, problems).values())

    def with_ids(self, ids: Sequence[str], problems: Problems) -> dict[str, Result]:
        """The papers with these ids, in the version that an id has, or else the latest."""
        found: dict[str, Result] = {}
        for start in range(0, len(ids), IDS_AT_ONCE):
            found |= self._read("", ids[start : start + IDS_AT_ONCE], problems)
        return found

    def _minutes(self, day: date, first: int, last: int, terms: str, problems: Problems) -> dict[str, Result]:
        """What was submitted in these minutes of a day, both included; halves of them, when that is too much."""
        digits = day.isoformat().replace("-", "")
        start, end = (f"{digits}{minute // 60:02}{minute % 60:02}" for minute in (first, last))
        span = f"submittedDate:[{start} TO {end}]"
        try:
            return self._read(f"{terms} AND {span}", (), problems)
        except _TooMany as error:
            if first == last:
                raise SourceBroken(f"arXiv lists {error.total:,} papers of a single minute of {day}.") from None
        middle = (first + last) // 2
        earlier = self._minutes(day, first, middle, terms, problems)
        return earlier | self._minutes(day, middle + 1, last, terms, problems)

    def _read(self, query: str, ids: Sequence[str], problems: Problems) -> dict[str, Result]:
        """All results of a query, each id once.

        Raises SourceUnavailable when there are fewer than was promised, _TooMany when they are more than can be had.
        """
        search = arxiv.Search(
            query=query,
            id_list=list(ids),
            max_results=None,  # by itself the package stops at 100, and says nothing
            sort_by=arxiv.SortCriterion.SubmittedDate,
            sort_order=arxiv.SortOrder.Ascending,
        )
        found: dict[str, Result] = {}
        promised, unreadable = 0, 0
        with own_errors(), closing(_Client(self.url, self.pace, self.spacing, self.timeout)) as client:
            for page, raw_results in client.pages(search, self.max_total):
                promised = page.total
                results, broken = _validated(raw_results)
                for why in (*page.problems, *broken):
                    problems.add("an entry of arXiv's answer", why)
                unreadable += len(page.problems) + len(broken)
                for result in results:
                    found.setdefault(parse_id(result.entry_id)[0], result)
        if len(found) + unreadable < promised:
            raise SourceUnavailable(f"arXiv promised {counted(promised, 'paper')} and sent {len(found)}.")
        return found


def _validated(raw_results: Sequence[object]) -> tuple[list[Result], list[str]]:
    """The package's results in our own shape, and how others fail to have it."""
    results, broken = [], []
    for raw in raw_results:
        try:
            results.append(Result.model_validate(raw))
        except ValidationError as error:
            broken.append(f"{raw}: {reason(error)}")
    return results, broken


class _Client(Wire):
    """The package's client, with a look at every page before it sees it."""

    def __init__(self, url: str, pace: Pace, spacing: float, timeout: float) -> None:
        super().__init__(pace, spacing, timeout)
        self._page = Page(0, 0, 0, b"", ())
        self._client = arxiv.Client(page_size=PAGE, delay_seconds=0, num_retries=0)
        self._client.query_url_format = f"{url}?{{}}"
        session: requests.Session = self._client._session  # there is no public way to it
        session.mount("http://", self)
        session.mount("https://", self)

    def pages(self, search: Any, max_total: int) -> Iterator[tuple[Page, list[object]]]:
        """The pages of a list, each with its results.

        Raises SourceUnavailable for one that is empty or too short, _TooMany when there are more than `max_total`.
        """
        page, results = self._ask(search, 0)
        if page.total == 0:
            # Now and then arXiv has nothing to say about a day that has papers. Twice in a row is taken for true.
            page, results = self._ask(search, 0)
        start = 0
        while True:
            if page.total > max_total:
                raise _TooMany(page.total)
            if page.sent < min(PAGE, page.total - start) or (start and not page.sent):
                raise SourceUnavailable(
                    f"arXiv sent {counted(page.sent, 'paper')} from place {start} of {page.total} on."
                )
            yield page, results
            start += page.sent
            if start >= page.total:
                return
            page, results = self._ask(search, start)

    def _ask(self, search: Any, start: int) -> tuple[Page, list[object]]:
        """One page. The package asks for another only if more results are taken than this one has."""
        results: Iterator[object] = self._client.results(search, offset=start)
        first = list(islice(results, 1))
        return self._page, [*first, *islice(results, max(self._page.kept - 1, 0))]

    def accept(self, answer: Answer, request: requests.PreparedRequest) -> requests.Response:
        """Hand the package the page as far as it is good."""
        self._page = look_at(answer)
        return super().accept(Answer(200, {}, self._page.body, answer.url), request)


def look_at(answer: Answer) -> Page:
    """What an answer is worth. Entries the package would stumble over are taken out.

    Raises SourceUnavailable for what another attempt may mend, BadInput for a complaint about our ids, SourceBroken
    for anything else that is no list of papers.
    """
    check_available(answer)
    body = clean_xml(answer.body)
    feed = _feed(body)
    entries = [] if feed is None else feed.findall(f"{_ATOM}entry")
    for entry in entries:
        _raise_complaint(entry)
    if answer.status != 200:
        raise SourceBroken(f"arXiv answered {answer.status}; is FRONTISPIECE_ARXIV_URL right?")
    total = "" if feed is None else (feed.findtext(_TOTAL) or "").strip()
    if not re.fullmatch("[0-9]{1,9}", total):
        raise SourceUnavailable("arXiv's answer is no whole list of papers.")
    mended = [entry for entry in entries if _mend_update(entry)]
    unreadable = [entry for entry in entries if not _is_readable(entry)]
    for entry in unreadable:
        entry.getparent().remove(entry)
    return Page(
        total=int(total),
        sent=len(entries),
        kept=len(entries) - len(unreadable),
        body=etree.tostring(feed) if unreadable or mended else body,
        problems=tuple(f"no id or no date: {entry.findtext(f'{_ATOM}id')}" for entry in unreadable),
    )


def _feed(body: bytes) -> Any:
    """The root of an Atom feed, or None for anything that is not one from beginning to end."""
    try:
        # A parser of its own for each page: they keep state. Entities would let a small page grow without bound.
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root.tag == f"{_ATOM}feed" else None


def _raise_complaint(entry: Any) -> None:
    """Raise what an entry of an error feed says; entries that are papers pass."""
    match = _ERROR.match((entry.findtext(f"{_ATOM}id") or "").strip())
    if not match:
        return
    said = quoted(entry.findtext(f"{_ATOM}summary") or match[1])
    if match[1].startswith("incorrect_id_format"):
        raise BadInput(f"arXiv does not take an id: {said}.")
    raise SourceBroken(f"arXiv refuses the query: {said}.")


def _mend_update(entry: Any) -> bool:
    """Have the day of submission stand for that of the last change, where that makes no sense; whether it was so."""
    published, updated = (entry.find(f"{_ATOM}{name}") for name in ("published", "updated"))
    if published is None or not _is_moment(published.text) or (updated is not None and _is_moment(updated.text)):
        return False
    if updated is None:
        updated = etree.SubElement(entry, f"{_ATOM}updated")
    updated.text = published.text
    return True


def _is_readable(entry: Any) -> bool:
    """Whether the package can make a result of this entry: it skips some others, and fails at the rest."""
    return bool((entry.findtext(f"{_ATOM}id") or "").strip()) and all(
        _is_moment(entry.findtext(f"{_ATOM}{name}")) for name in ("published", "updated")
    )


def _is_moment(text: str | None) -> bool:
    try:
        in_utc(datetime.fromisoformat((text or "").strip()))
    except ValueError:
        return False
    return True
