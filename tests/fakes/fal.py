"""Plays fal's queue, its media host and its list of recent requests, as FACTS of its contract have it."""

import base64
import itertools
import json
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fakes.faults import Fault, Faults, Honest, Odd
from fakes.pictures import ODD, marked, png

PRICE = 0.003
PRICES = {"/fal-ai/qwen-image": 0.02}


def error(status: int, detail: object, **headers: str) -> Fault:
    async def fault(request: Request, honest: Honest) -> Response:
        await request.body()
        return JSONResponse({"detail": detail}, status, headers)

    return fault


def result(**changes: object) -> Fault:
    """The honest result with these changes; None takes a key away."""

    async def fault(request: Request, honest: Honest) -> Response:
        body = json.loads(bytes((await honest()).body)) | changes
        return Odd({name: value for name, value in body.items() if value is not None})

    return fault


def picture(name: str) -> Fault:
    """The download gives one of the odd pictures."""

    async def fault(request: Request, honest: Honest) -> Response:
        await honest()
        return Response(ODD[name](), media_type="image/png")

    return fault


async def foreign_ticket(request: Request, honest: Honest) -> Response:
    """The order is taken, but its addresses lead to another host."""
    ticket = json.loads(bytes((await honest()).body))
    return JSONResponse(ticket | {"status_url": "https://evil.example/requests/1/status"})


def standing(state: str) -> Fault:
    """The order stands so."""

    async def fault(request: Request, honest: Honest) -> Response:
        await honest()
        return JSONResponse({"status": state, "request_id": request.path_params["id"]})

    return fault


def said(status: int, body: object) -> Fault:
    """No work is done, and this is the body."""

    async def fault(request: Request, honest: Honest) -> Response:
        await request.body()
        return JSONResponse(body, status)

    return fault


POLICY = [{"loc": ["body", "prompt"], "msg": "The content could not be processed.", "type": "content_policy_violation"}]
WRONG = [{"loc": ["body", "image_size"], "msg": "Input should be less than 14142", "type": "less_than_equal"}]

OWN: dict[str, Fault] = {
    "401": error(401, "No user found for Key ID and Secret"),
    "exhausted balance": error(403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai."),
    "402": error(402, "Payment required"),
    "policy": error(422, POLICY),
    "422": error(422, WRONG),
    "422 string": error(422, "Unprocessable"),
    "job died": error(503, "The runner went away", **{"X-Fal-Error-Type": "runner_disconnected"}),
    "too early": error(400, "Request is still in progress"),
    "foreign ticket": foreign_ticket,
    "nsfw": result(has_nsfw_concepts=[True]),
    "big seed": result(seed=15619174981588513000),
    "bare result": result(has_nsfw_concepts=None, timings=None, seed=None, prompt=None),
    "odd side fields": result(seed=1.5619174981588513e19, timings=[], has_nsfw_concepts="no", prompt=7),
    "no picture": result(images=[]),
    "another kind": result(images=None, video={"url": "https://fal.media/x.mp4"}),
    "failed state": standing("FAILED"),
    "200: money": said(200, {"error": {"message": "Insufficient credits", "code": 402}}),
    "foreign picture": result(images=[{"url": "https://evil.example/x.png", "width": 384, "height": 720}]),
    "private picture": result(images=[{"url": "http://169.254.169.254/latest/meta-data"}]),
    **{f"picture {name}": picture(name) for name in ODD},
}


@dataclass
class Job:
    id: str
    input: dict[str, object]
    sent_at: datetime
    due: float
    looks: int = 0
    content: bytes = field(default=b"", repr=False)


class FakeFal:
    """`orders` are the jobs taken, `requests` the bodies received, `paid` and `dollars` what was charged for.

    A job is done `latency` seconds after its order, and not before it was looked at `looks_needed` times.
    Endpoints: submit, status, result, media, list.
    """

    def __init__(self, latency: float = 0.0, looks_needed: int = 0) -> None:
        self.latency = latency
        self.looks_needed = looks_needed
        self.faults = Faults(OWN)
        self.orders: dict[str, Job] = {}
        self.requests: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.dollars = 0.0
        self.data_uri = False
        self.same_picture = False
        self.alike = False
        """Pictures that look the same, each of other bytes."""
        self._ids = itertools.count(1)

    @property
    def paid(self) -> int:
        return len(self.orders)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/v1/models/requests/by-endpoint", self._list),
            Route("/media/files/{name}", self._media),
            Route("/{owner}/{app}/requests/{id}/status", self._status),
            Route("/{owner}/{app}/requests/{id}", self._result),
            Route("/{owner}/{app}", self._submit, methods=["POST"]),
            Route("/{owner}/{app}/{rest:path}", self._submit, methods=["POST"]),
        ]

    async def _submit(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        return await self.faults.around("submit", request, lambda: self._take(request))

    async def _status(self, request: Request) -> Response:
        return await self._about(request, "status", self._standing)

    async def _result(self, request: Request) -> Response:
        return await self._about(request, "result", self._made)

    async def _about(self, request: Request, where: str, answer) -> Response:  # type: ignore[no-untyped-def]
        self.paths.append(f"{where} {request.url.path}")

        async def honest() -> Response:
            job = self.orders.get(request.path_params["id"])
            if job is None:
                return PlainTextResponse("Request not found", 404)
            return answer(request, job)  # type: ignore[no-any-return]

        return await self.faults.around(where, request, honest)

    async def _take(self, request: Request) -> Response:
        body: dict[str, object] = json.loads(await request.body())
        self.requests.append(body)
        number = next(self._ids)
        job = Job(f"00000000-0000-4000-8000-{number:012d}", body, datetime.now(UTC), time.monotonic() + self.latency)
        size = body.get("image_size") or {"width": 384, "height": 720}
        subject = "" if self.same_picture or self.alike else str(body["prompt"])
        job.content = png(size["width"], size["height"], subject)  # type: ignore[index]
        if self.alike:
            job.content = marked(job.content, number)
        self.orders[job.id] = job
        self.dollars += PRICES.get(request.url.path, PRICE) * math.ceil(size["width"] * size["height"] / 1e6)  # type: ignore[index]
        # The sub-path of the model is not in the addresses.
        place = f"{request.base_url}{request.path_params['owner']}/{request.path_params['app']}/requests/{job.id}"
        return JSONResponse(
            {
                "status": "IN_QUEUE",
                "request_id": job.id,
                "response_url": place,
                "status_url": f"{place}/status",
                "cancel_url": f"{place}/cancel",
                "queue_position": 0,
            },
            headers={"x-fal-request-id": job.id},
        )

    def _is_done(self, job: Job) -> bool:
        return time.monotonic() >= job.due and job.looks > self.looks_needed

    def _standing(self, request: Request, job: Job) -> Response:
        job.looks += 1
        if self._is_done(job):
            return JSONResponse({"status": "COMPLETED", "request_id": job.id, "logs": None, "metrics": {}}, 200)
        if job.looks == 1:
            return JSONResponse({"status": "IN_QUEUE", "request_id": job.id, "queue_position": 0}, 202)
        return JSONResponse({"status": "IN_PROGRESS", "request_id": job.id, "logs": None}, 202)

    def _made(self, request: Request, job: Job) -> Response:
        if not self._is_done(job):
            return JSONResponse({"detail": "Request is still in progress"}, 400)
        size = job.input.get("image_size") or {}
        return JSONResponse(
            {
                "images": [{"url": self._url(request, job), **size, "content_type": "image/png"}],  # type: ignore[dict-item]
                "timings": {"inference": 0.2},
                "seed": job.input.get("seed", 15619174981588513000),
                "has_nsfw_concepts": [False],
                "prompt": job.input["prompt"],
            },
            headers={"x-fal-request-id": job.id, "x-fal-billable-units": "1"},
        )

    def _url(self, request: Request, job: Job) -> str:
        if self.data_uri:
            return f"data:image/png;base64,{base64.b64encode(job.content).decode()}"
        return f"{request.base_url}media/files/{job.id}.png"

    async def _media(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))

        async def honest() -> Response:
            job = self.orders.get(request.path_params["name"].removesuffix(".png"))
            return Response(job.content, media_type="image/png") if job else PlainTextResponse("Not found", 404)

        return await self.faults.around("media", request, honest)

    async def _list(self, request: Request) -> Response:
        self.paths.append(f"list {request.url.query}")

        async def honest() -> Response:
            start = datetime.fromisoformat(request.query_params["start"])
            ended = [job for job in self.orders.values() if job.sent_at >= start and time.monotonic() >= job.due]
            items = [
                {
                    "request_id": job.id,
                    "sent_at": job.sent_at.isoformat(),
                    "status_code": 200,
                    "json_input": job.input,
                    "json_output": {},
                }
                for job in reversed(ended)
            ]
            return JSONResponse({"items": items})

        return await self.faults.around("list", request, honest)
