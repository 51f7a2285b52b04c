"""arXiv's query API, as far as the program may use it: Atom feeds, error feeds, and what goes wrong there."""

import re
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fakes.faults import Faults, Honest
from frontispiece.models import Paper

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"
  xmlns:arxiv="http://arxiv.org/schemas/atom">
  <title type="html">ArXiv Query</title><id>http://arxiv.org/api/of/the/fake</id>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
  <opensearch:itemsPerPage>{count}</opensearch:itemsPerPage>
"""
ID = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?")
SPAN = re.compile(r"submittedDate:\[(\d{8})(\d\d)(\d\d) TO (\d{8})(\d\d)(\d\d)\]")


def feed(entries: Sequence[str], total: int | None = None, start: int = 0) -> bytes:
    total = len(entries) if total is None else total
    return (HEAD.format(total=total, start=start, count=len(entries)) + "".join(entries) + "</feed>").encode()


def entry(paper: Paper) -> str:
    published, updated = paper.published or paper.listing.day, paper.updated or paper.published or paper.listing.day
    title = escape(paper.title).replace(": ", ":\n  ")
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.authors)
    # The order of children and links varies in real answers.
    primary = f'<arxiv:primary_category term="{paper.categories[0]}"/>' if paper.categories else ""
    categories = "".join(f'<category term="{name}"/>' for name in reversed(paper.categories))
    return f"""<entry>
  <id>http://arxiv.org/abs/{paper.id}v{paper.version or 1}</id>
  <updated>{updated}T17:42:09Z</updated><published>{published}T17:42:09Z</published>
  <summary>  {escape(paper.abstract)}
</summary><title>{title}</title>{categories}{authors}
  <link title="pdf" href="http://arxiv.org/pdf/{paper.id}" rel="related" type="application/pdf"/>
  <link href="http://arxiv.org/abs/{paper.id}" rel="alternate" type="text/html"/>{primary}
</entry>"""


def error_feed(fragment: str, summary: str, scheme: str = "http") -> bytes:
    """One entry without dates; totalResults is 1."""
    said = f"<id>{scheme}://arxiv.org/api/errors#{fragment}</id><title>Error</title><summary>{summary}</summary>"
    return feed([f"<entry>{said}</entry>"])


def atom(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/atom+xml")


async def _empty(request: Request, honest: Honest) -> Response:
    return atom(feed([], total=0))


async def _no_entries(request: Request, honest: Honest) -> Response:
    return atom(feed([], total=7))


async def _cut(request: Request, honest: Honest) -> Response:
    """Half of the XML, sent as a whole answer: one entry is complete."""
    body = bytes((await honest()).body)
    return atom(body[: body.rindex(b"</entry>") - 20])


async def _short(request: Request, honest: Honest) -> Response:
    """Whole XML that lacks the last of the entries it promises."""
    body = bytes((await honest()).body)
    return atom(body[: body.rindex(b"<entry>")] + b"</feed>")


async def _rate_exceeded(request: Request, honest: Honest) -> Response:
    return PlainTextResponse("Rate exceeded.", 429, {"Retry-After": "7"})


async def _bad_start(request: Request, honest: Honest) -> Response:
    return atom(error_feed("start_must_be_an_integer", "start must be an integer", "https"))


async def _bad_id(request: Request, honest: Honest) -> Response:
    return atom(error_feed("incorrect_id_format_for_x", "incorrect id format for x"), 400)


async def _too_many(request: Request, honest: Honest) -> Response:
    return atom(feed([], total=30_001))


FAULTS = {
    "empty": _empty,
    "no entries": _no_entries,
    "cut": _cut,
    "short": _short,
    "rate exceeded": _rate_exceeded,
    "bad start": _bad_start,
    "bad id": _bad_id,
    "too many": _too_many,
}


class FakeArxiv:
    """Serves `papers`: each at the minute of its day, and by id. Faults meet requests at "query"."""

    def __init__(self, papers: Sequence[Paper] = ()) -> None:
        self.papers = list(papers)
        self.faults = Faults(FAULTS)
        self.requests: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.minutes: dict[str, int] = {}  # of the day, by id; 17:42 for all others
        self.gives = 30_000
        self.routes = [Route("/api/query", self._query)]

    async def _query(self, request: Request) -> Response:
        self.requests.append(dict(request.query_params))
        self.headers.append(dict(request.headers))

        async def honest() -> Response:
            return self._answer(request.query_params)

        return await self.faults.around("query", request, honest)

    def _answer(self, asked) -> Response:  # type: ignore[no-untyped-def]
        start, most = int(asked.get("start", 0)), int(asked.get("max_results", 10))
        if most > 2000:
            return atom(error_feed("max_results_too_large", "max_results must be 2000 at most"), 400)
        if start >= self.gives:
            return atom(error_feed("start_too_large", f"start must be less than {self.gives}"), 400)
        ids = list(filter(None, asked.get("id_list", "").split(",")))
        found = self._by_id(ids) if ids else self._by_day(asked["search_query"])
        page = [entry(paper) for paper in found[start : start + most]]
        return atom(feed(page, total=len(found), start=start))

    def _by_id(self, ids: list[str]) -> list[Paper]:
        matches = [ID.fullmatch(text) for text in ids]
        if not all(matches):
            return []
        wanted = {match[1] for match in matches if match}
        return [paper for paper in self.papers if paper.id in wanted]

    def _by_day(self, query: str) -> list[Paper]:
        span = SPAN.search(query)
        assert span, f"no span of dates in {query}"
        first, last = (date(int(day[:4]), int(day[4:6]), int(day[6:])) for day in span.group(1, 4))
        start, end = (int(hour) * 60 + int(minute) for hour, minute in (span.group(2, 3), span.group(5, 6)))
        wanted = set(re.findall(r"cat:([\w.-]+)", query))
        there = [paper for paper in self.papers if paper.published and first <= paper.published <= last]
        there = [paper for paper in there if start <= self.minutes.get(paper.id, 17 * 60 + 42) <= end]
        return [paper for paper in there if not wanted or wanted & set(paper.categories)]
