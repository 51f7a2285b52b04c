"""arXiv's OAI-PMH, as far as the program may use it: records in arXivRaw, pages, tokens, and what goes wrong there."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fakes.faults import Faults, Honest
from frontispiece.models import Paper

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<responseDate>2026-11-23T16:42:09Z</responseDate><request verb="ListRecords">http://oaipmh.arxiv.org/oai</request>
"""
SETS = {"cs": "cs", "math": "math", "stat": "stat", "hep-th": "physics", "cond-mat": "physics"}


def document(content: str) -> bytes:
    return f"{HEAD}{content}</OAI-PMH>".encode()


def page(records: Sequence[str], token: str | None = None, verb: str = "ListRecords") -> bytes:
    """`token` None leaves the element out, as when all records fit; "" is the last page of several."""
    end = "" if token is None else f'<resumptionToken expirationDate="2026-11-24T00:00:00Z">{token}</resumptionToken>'
    return document(f"<{verb}>{''.join(records)}{end}</{verb}>")


def error(code: str, text: str = "") -> bytes:
    return document(f'<error code="{code}">{text}</error>')


def header(paper_id: str, datestamp: date, status: str = "") -> str:
    return (
        f"<header{status}><identifier>oai:arXiv.org:{paper_id}</identifier><datestamp>{datestamp}</datestamp>"
        "<setSpec>cs:cs:CL</setSpec></header>"
    )


def record(paper: Paper, datestamp: date, second: int = 0) -> str:
    """Version 1 at 17:42 and so many seconds; the latest one on the day of the last update."""
    published, updated = paper.published or paper.listing.day, paper.updated or paper.published or paper.listing.day
    moments = [datetime.combine(published, time(17, 42)) + timedelta(seconds=second)]
    moments += [datetime.combine(updated, time(9, 1, 2)) for _ in range(1, paper.version or 1)]
    versions = "".join(
        f'<version version="v{number}"><date>{moment:%a, %d %b %Y %H:%M:%S} GMT</date><size>42kb</size></version>'
        for number, moment in enumerate(moments, 1)
    )
    title = escape(paper.title).replace(": ", ":\n  ")
    return f"""<record>{header(paper.id, datestamp)}<metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{paper.id}</id><submitter>Somebody</submitter>{versions}
<title>{title}</title><authors>{escape(", ".join(paper.authors))}</authors>
<categories>{" ".join(paper.categories)}</categories>
<license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license><abstract>  {escape(paper.abstract)}
</abstract></arXivRaw></metadata></record>"""


def deleted(paper_id: str, datestamp: date) -> str:
    status = ' status="deleted"'
    return f"<record>{header(paper_id, datestamp, status)}</record>"


def xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="text/xml")


async def _expired(request: Request, honest: Honest) -> Response:
    return xml(error("badResumptionToken", "The value of the resumptionToken argument is invalid or expired."))


async def _bad_argument(request: Request, honest: Honest) -> Response:
    return xml(error("badArgument", "from must not be later than until"))


async def _flow_control(request: Request, honest: Honest) -> Response:
    return PlainTextResponse("Retry after 11 seconds", 503, {"Retry-After": "11"})


async def _cut(request: Request, honest: Honest) -> Response:
    """Half of the XML, sent as a whole answer."""
    body = bytes((await honest()).body)
    return xml(body[: body.rindex(b"</record>") + 9])


async def _document_type(request: Request, honest: Honest) -> Response:
    body = bytes((await honest()).body)
    return xml(body.replace(b"<OAI-PMH", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><OAI-PMH', 1))


async def _circle(request: Request, honest: Honest) -> Response:
    return xml(page([], "round and round"))


FAULTS = {
    "expired": _expired,
    "bad argument": _bad_argument,
    "flow control": _flow_control,
    "cut": _cut,
    "document type": _document_type,
    "circle": _circle,
}


class FakeOai:
    """Serves `papers`, each under the datestamp in `changed`, or else the day after it was published.

    Tokens hold what is left to be sent, and are good for ever. Faults meet requests at "oai".
    """

    def __init__(self, papers: Sequence[Paper] = (), per_page: int = 100) -> None:
        self.papers = list(papers)
        self.changed: dict[str, date] = {}
        self.gone: set[str] = set()
        self.extra: list[tuple[date, str]] = []
        self.per_page = per_page
        self.faults = Faults(FAULTS)
        self.requests: list[dict[str, str]] = []
        self.routes = [Route("/oai", self._oai)]

    async def _oai(self, request: Request) -> Response:
        self.requests.append(dict(request.query_params))

        async def honest() -> Response:
            return xml(self.answer(dict(request.query_params)))

        return await self.faults.around("oai", request, honest)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The spans of datestamps that were asked for, without the pages that followed."""
        return [(told["from"], told.get("until", "")) for told in self.requests if "from" in told]

    def answer(self, told: dict[str, str]) -> bytes:
        if told["verb"] == "GetRecord":
            return self._record(told)
        if "resumptionToken" in told:
            assert set(told) == {"verb", "resumptionToken"}, "the token says it all"
            start, first, last, name = told["resumptionToken"].split("|")
        else:
            assert told["metadataPrefix"] == "arXivRaw"
            start, first, last, name = "0", told["from"], told.get("until", "9999-12-31"), told.get("set", "")
            if last < first:
                return error("badArgument", "from must not be later than until")
        records = self._records(date.fromisoformat(first), date.fromisoformat(last), name)
        if not records:
            return error("noRecordsMatch", "No records match.")
        end = int(start) + self.per_page
        token = f"{end}|{first}|{last}|{name}" if end < len(records) else None if start == "0" else ""
        return page(records[int(start) : end], token)

    def _records(self, first: date, last: date, name: str) -> list[str]:
        found = [
            (changed, self._text(paper, changed))
            for paper in self.papers
            if first <= (changed := self._changed(paper)) <= last
            and (not name or name in {SETS[category.partition(".")[0]] for category in paper.categories})
        ]
        found += [each for each in self.extra if first <= each[0] <= last]
        return [text for _, text in sorted(found, key=lambda each: each[0])]

    def _record(self, told: dict[str, str]) -> bytes:
        assert told["metadataPrefix"] == "arXivRaw"
        for paper in self.papers:
            if told["identifier"] == f"oai:arXiv.org:{paper.id}":
                return page([self._text(paper, self._changed(paper))], verb="GetRecord")
        return error("idDoesNotExist", "Nothing matches.")

    def _changed(self, paper: Paper) -> date:
        return self.changed.get(paper.id, (paper.published or paper.listing.day) + timedelta(days=1))

    def _text(self, paper: Paper, changed: date) -> str:
        if paper.id in self.gone:
            return deleted(paper.id, changed)
        return record(paper, changed, self.papers.index(paper))
