"""Plays Replicate's predictions and the host of their files. No pytest in here.

By replicate.com/docs as it was in November 2026 (topics/predictions: lifecycle, create-a-prediction, rate-limits,
data-retention), the descriptions of models.predictions.create and of
predictions.create, .get and .list in Replicate's OpenAPI 1.0.0-a1, and answers
recorded by the vendor's own client, replicate-python, commit 0110c2c of June 2025 (tests/cassettes). An order answers
201 with `id`, `status` and `urls.get`; a look gives the same object until `output` is there; the list has the latest
first.
"""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fakes.faults import Fault, Faults, Honest, status
from fakes.pictures import png
from fakes.server import place

PRICE = 0.003
SIZE = (768, 1344)
"""What flux-schnell makes of 9:16 at one megapixel."""
PAGE = 100
VERSIONS = {"someone/else": "0123456789abcdef" * 4}
"""Models that are called by their version."""


def changed(**changes: object) -> Fault:
    """The honest answer with these changes."""

    async def fault(request: Request, honest: Honest) -> Response:
        response = await honest()
        return JSONResponse(json.loads(bytes(response.body)) | changes, response.status_code)

    return fault


OWN: dict[str, Fault] = {
    "402": status(402, {"title": "Insufficient credit", "detail": "You have insufficient credit.", "status": 402}),
    "403": status(403, {"title": "Forbidden", "detail": "You may not run this model.", "status": 403}),
    "422": status(422, {"title": "Input validation failed", "detail": "- input: prompt is required", "status": 422}),
    "429 told": status(429, {"detail": "Request was throttled. Your rate limit resets in ~5s."}),
    "foreign ticket": changed(urls={"get": "https://api.replicate.com.evil.example/v1/predictions/1"}),
    "not found": status(404, {"detail": "The requested resource could not be found."}),
    "error": changed(status="failed", output=None, error="CUDA out of memory"),
    "nsfw": changed(status="failed", output=None, error="NSFW content detected. Try running it again."),
    "aborted": changed(status="aborted", output=None),
    "no picture": changed(output=None),
    "another kind": changed(output={"text": "a haiku"}),
    "one file": changed(),
    "foreign picture": changed(output=["https://evil.example/x.png"]),
}


@dataclass
class Job:
    id: str
    model: str
    input: dict[str, object]
    created_at: datetime
    looks: int = 0
    content: bytes = field(default=b"", repr=False)


class FakeReplicate:
    """`orders` are the jobs taken, `requests` the bodies received, `dollars` what was charged for.

    A job is done when it was looked at `looks_needed` times. Endpoints: submit, status, media, list.
    """

    def __init__(self, looks_needed: int = 0) -> None:
        self.looks_needed = looks_needed
        self.faults = Faults(OWN)
        self.orders: dict[str, Job] = {}
        self.requests: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.dollars = 0.0
        self._ids = itertools.count(1)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/v1/models/{owner}/{name}/predictions", self._submit, methods=["POST"]),
            Route("/v1/predictions", self._submit, methods=["POST"]),
            Route("/v1/predictions", self._list),
            Route("/v1/predictions/{id}", self._look),
            Route("/pbxt/{id}/out-0.png", self._media),
        ]

    async def _submit(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        return await self.faults.around("submit", request, lambda: self._take(request))

    async def _take(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.requests.append(body)
        self.paths.append(request.url.path)
        named = "/".join(map(str, request.path_params.values()))
        model = named or next(name for name, version in VERSIONS.items() if version == body["version"])
        job = Job(f"p{next(self._ids):025d}", model, body["input"], datetime.now(UTC))
        job.content = png(*SIZE, str(job.input["prompt"]))
        self.orders[job.id] = job
        self.dollars += PRICE
        return JSONResponse(self._told(request, job, "starting"), 201)

    def _told(self, request: Request, job: Job, state: str) -> dict[str, object]:
        home = f"{place(request)}/v1/predictions/{job.id}"
        is_done = state == "succeeded"
        return {
            "id": job.id,
            "model": job.model,
            "version": "hidden",
            "input": job.input,
            "logs": "",
            "output": [f"{place(request)}/pbxt/{job.id}/out-0.png"] if is_done else None,
            "error": None,
            "status": state,
            "created_at": job.created_at.isoformat(),
            "data_removed": False,
            "urls": {"cancel": f"{home}/cancel", "get": home},
            **({"metrics": {"predict_time": 0.4}} if is_done else {}),
        }

    async def _look(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))

        async def honest() -> Response:
            job = self.orders.get(request.path_params["id"])
            if job is None:
                return JSONResponse({"detail": "The requested resource could not be found."}, 404)
            job.looks += 1
            return JSONResponse(
                self._told(request, job, "succeeded" if job.looks > self.looks_needed else "processing")
            )

        return await self.faults.around("status", request, honest)

    async def _media(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))

        async def honest() -> Response:
            job = self.orders.get(request.path_params["id"])
            return Response(job.content, media_type="image/png") if job else PlainTextResponse("Not found", 404)

        return await self.faults.around("media", request, honest)

    async def _list(self, request: Request) -> Response:
        async def honest() -> Response:
            start = int(request.query_params.get("cursor", "0"))
            latest = [self._told(request, job, "succeeded") for job in reversed(self.orders.values())]
            more = f"{place(request)}/v1/predictions?cursor={start + PAGE}" if len(latest) > start + PAGE else None
            return JSONResponse({"next": more, "previous": None, "results": latest[start : start + PAGE]})

        return await self.faults.around("list", request, honest)
