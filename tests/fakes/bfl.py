"""Plays Black Forest Labs' API and the host of its pictures. No pytest in here.

By docs.bfl.ai as it was in November 2026 (api_integration/integration_guidelines, api_integration/errors, OpenAPI
of api-reference/utility/get-result and of the models), and the vendor's own skill bfl-api 1.0.0 of January 2026, commit
d0793c8 of github.com/black-forest-labs/skills. An order gives `id`, `polling_url` and perhaps `cost` in credits; a look
gives one of six states, and a `result` with `sample` once it is Ready; pictures are at other hosts, for ten minutes.
"""

import itertools
import json
import math
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fakes.faults import Fault, Faults, Honest, status
from fakes.pictures import png
from fakes.server import place

CREDITS = {"flux-2-pro": (3.0, 1.5)}


def standing(state: str, **more: object) -> Fault:
    """The order stands so."""

    async def fault(request: Request, honest: Honest) -> Response:
        await honest()
        return JSONResponse({"id": request.query_params["id"], "status": state, "result": None, **more})

    return fault


def result(**changes: object) -> Fault:
    """The honest look at a picture that is done, with these changes."""

    async def fault(request: Request, honest: Honest) -> Response:
        body = json.loads(bytes((await honest()).body))
        return JSONResponse(body | {"result": body["result"] | changes})

    return fault


async def foreign_ticket(request: Request, honest: Honest) -> Response:
    """The order is taken, but its address leads elsewhere."""
    ticket = json.loads(bytes((await honest()).body))
    return JSONResponse(ticket | {"polling_url": "https://api.bfl.ai.evil.example/v1/get_result?id=1"})


OWN: dict[str, Fault] = {
    "402": status(402, {"detail": "Insufficient credits"}),
    "403": status(403, {"detail": "Not authenticated"}),
    "422": status(422, {"detail": [{"loc": ["body", "width"], "msg": "Input should be a multiple of 16"}]}),
    "429 told": status(
        429, {"error": "rate_limit_exceeded", "message": "Too many concurrent requests", "retry_after": 5}
    ),
    "foreign ticket": foreign_ticket,
    "request moderated": standing("Request Moderated", details={"Moderation Reasons": ["Derivative Works Filter"]}),
    "content moderated": standing("Content Moderated"),
    "error": standing("Error"),
    "not found": standing("Task not found"),
    "no picture": result(sample=None),
    "foreign picture": result(sample="https://evil.example/x.png"),
}


@dataclass
class Job:
    id: str
    input: dict[str, object]
    credits: float
    looks: int = 0
    content: bytes = field(default=b"", repr=False)


class FakeBfl:
    """`orders` are the jobs taken, `requests` the bodies received, `dollars` what was charged for.

    A job is done when it was looked at `looks_needed` times. Endpoints: submit, status, media.
    """

    def __init__(self, looks_needed: int = 0) -> None:
        self.looks_needed = looks_needed
        self.faults = Faults(OWN)
        self.orders: dict[str, Job] = {}
        self.requests: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.dollars = 0.0
        self._ids = itertools.count(1)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/v1/get_result", self._look),
            Route("/v1/{model}", self._submit, methods=["POST"]),
            Route("/results/{name}", self._media),
        ]

    async def _submit(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        return await self.faults.around("submit", request, lambda: self._take(request))

    async def _take(self, request: Request) -> Response:
        body: dict[str, object] = json.loads(await request.body())
        self.requests.append(body)
        width, height = int(str(body["width"])), int(str(body["height"]))
        first, further = CREDITS[request.path_params["model"]]
        job = Job(f"gen_{next(self._ids):06d}", body, first + further * (math.ceil(width * height / 1e6) - 1))
        job.content = png(width, height, str(body["prompt"]))
        self.orders[job.id] = job
        self.dollars += job.credits / 100
        where = f"{place(request)}/v1/get_result?id={job.id}"
        return JSONResponse({"id": job.id, "polling_url": where, "cost": job.credits, "input_mp": 0.0})

    async def _look(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))

        async def honest() -> Response:
            job = self.orders.get(request.query_params["id"])
            if job is None:
                return JSONResponse({"id": request.query_params["id"], "status": "Task not found", "result": None})
            job.looks += 1
            if job.looks <= self.looks_needed:
                return JSONResponse({"id": job.id, "status": "Pending", "result": None, "progress": 0.5})
            made = {"sample": f"{place(request)}/results/{job.id}.png", "seed": job.input["seed"]}
            return JSONResponse({"id": job.id, "status": "Ready", "result": made})

        return await self.faults.around("status", request, honest)

    async def _media(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))

        async def honest() -> Response:
            job = self.orders.get(request.path_params["name"].removesuffix(".png"))
            return Response(job.content, media_type="image/png") if job else PlainTextResponse("Not found", 404)

        return await self.faults.around("media", request, honest)
