"""Hugging Face's daily papers and single papers, with the quirks of their JSON."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.faults import Fault, Faults, Honest
from frontispiece.models import Paper

FIRST_DAY = date(2023, 5, 4)


def entry(paper: Paper) -> dict[str, object]:
    """A place on the list. The outer `publishedAt` is not the paper's, and the inner title has lost its LaTeX."""
    inner: dict[str, object] = {
        "id": paper.id,
        "authors": [{"_id": f"{i:024x}", "name": name, "hidden": i == 1} for i, name in enumerate(paper.authors)],
        "submittedOnDailyAt": f"{paper.listing.day}T01:00:00.000Z",
        "title": paper.title.replace(": ", ":\n  ").replace("$", "").replace("\\", ""),
        "summary": paper.abstract,
    }
    if paper.published:
        inner["publishedAt"] = f"{paper.published}T00:00:00.000Z"
    if paper.listing.upvotes is not None:
        inner["upvotes"] = paper.listing.upvotes
    return {
        "paper": inner,
        "publishedAt": f"{paper.listing.day}T03:00:00.000Z",
        "title": paper.title,
        "summary": paper.abstract,
        "numComments": 2,
        "isAuthorParticipating": False,
    }


async def _no_list(request: Request, honest: Honest) -> Response:
    return JSONResponse({"error": "✖ Invalid date\n  → at date"}, 400)


async def _object(request: Request, honest: Honest) -> Response:
    return JSONResponse({"error": "something else"})


async def _over_limit(request: Request, honest: Honest) -> Response:
    return JSONResponse({"error": "We had to rate limit you"}, 429, {"RateLimit": '"api";r=0;t=55'})


FAULTS: dict[str, Fault] = {"400 date": _no_list, "object": _object, "over limit": _over_limit}


class FakeHuggingFace:
    """Serves `papers` on the days of their listings, and by id. Faults meet requests at "list" and "paper".

    `extra` entries stand raw at the end of every list, `per_page` is the most a page holds, whatever the limit;
    `grow` puts a paper before the others after each page, as votes do while a list is read.
    """

    def __init__(self, papers: Sequence[Paper] = ()) -> None:
        self.papers = list(papers)
        self.extra: list[object] = []
        self.per_page = 100
        self.grow: list[Paper] = []
        self.ignores_pages = False
        self.faults = Faults(FAULTS)
        self.requests: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.routes = [Route("/api/daily_papers", self._list), Route("/api/papers/{id:path}", self._paper)]

    def _note(self, request: Request) -> None:
        self.requests.append(request.path_params | dict(request.query_params))
        self.headers.append(dict(request.headers))

    async def _list(self, request: Request) -> Response:
        self._note(request)

        async def honest() -> Response:
            return self._page(request.query_params)

        return await self.faults.around("list", request, honest)

    def _page(self, asked) -> Response:  # type: ignore[no-untyped-def]
        text = asked["date"]
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) or not FIRST_DAY <= date.fromisoformat(text) <= self._today():
            return JSONResponse({"error": "Invalid date"}, 400)
        entries = [entry(paper) for paper in self.papers if str(paper.listing.day) == text]
        entries += self.extra  # type: ignore[arg-type]
        size = min(int(asked.get("limit", 50)), self.per_page)
        start = 0 if self.ignores_pages else int(asked.get("p", 0)) * size
        if self.grow:
            self.papers.insert(0, self.grow.pop())
        return JSONResponse(entries[start : start + size])

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).date()

    async def _paper(self, request: Request) -> Response:
        self._note(request)

        async def honest() -> Response:
            for paper in self.papers:
                if paper.id == request.path_params["id"]:
                    return JSONResponse(entry(paper)["paper"])
            return JSONResponse({"error": "Paper not found"}, 404)

        return await self.faults.around("paper", request, honest)
