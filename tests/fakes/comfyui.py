"""Plays ComfyUI's server, as far as its API paints. No pytest in here.

By the vendor's own source, github.com/Comfy-Org/ComfyUI at commit a125cd8 (0.3.64, October 2025): `post_prompt`,
`get_queue`, `get_history_prompt_id` and `view_image` of server.py, `PromptQueue` and `validate_prompt` of execution.py,
and script_examples. An order is in the queue until, in the same moment, it is in the history; of an unknown one there
is nothing, `{}`.
"""

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.faults import Fault, Faults, Honest
from fakes.pictures import png

WORKFLOW = Path(__file__).with_name("comfyui-workflow.json")
CHECKPOINTS = ("sd_xl_base_1.0.safetensors",)


def ended(**changes: object) -> Fault:
    """The order's entry in the history with these changes."""

    async def fault(request: Request, honest: Honest) -> Response:
        (order, entry), *_ = json.loads(bytes((await honest()).body)).items()
        return JSONResponse({order: entry | changes})

    return fault


def failed(*messages: list[object]) -> Fault:
    return ended(outputs={}, status={"status_str": "error", "completed": False, "messages": list(messages)})


def saved(*files: dict[str, str]) -> Fault:
    return ended(outputs={"7": {"text": ["no picture"]}, "9": {"images": list(files)}})


async def forgotten(request: Request, honest: Honest) -> Response:
    await honest()
    return JSONResponse({})


OWN: dict[str, Fault] = {
    "forgotten": forgotten,
    "failed": failed(
        ["execution_start", {"prompt_id": "1"}],
        ["execution_error", {"node_id": "3", "exception_message": "CUDA out of memory\n"}],
    ),
    "interrupted": failed(["execution_interrupted", {"node_id": "3"}]),
    "no picture": saved(),
    "a preview before it": saved(
        {"filename": "p.png", "subfolder": "", "type": "temp"},
        {"filename": "p000001.png", "subfolder": "a&b", "type": "output"},
    ),
    "outside": saved({"filename": "../../etc/passwd", "subfolder": "..", "type": "output"}),
}


@dataclass
class Job:
    id: str
    workflow: dict[str, dict[str, dict[str, object]]]
    looks: int = 0
    content: bytes = field(default=b"", repr=False)


class FakeComfyUI:
    """`orders` are the jobs taken, `requests` the bodies received. Nothing is charged.

    A job is done when the queue was looked at `looks_needed` times. Endpoints: submit, status, result, media.
    """

    def __init__(self, looks_needed: int = 0) -> None:
        self.looks_needed = looks_needed
        self.faults = Faults(OWN)
        self.orders: dict[str, Job] = {}
        self.requests: list[dict[str, object]] = []
        self.paths: list[str] = []
        self.dollars = 0.0
        self._ids = itertools.count(1)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/prompt", self._submit, methods=["POST"]),
            Route("/queue", self._queue),
            Route("/history/{id}", self._history),
            Route("/view", self._view),
        ]

    async def _submit(self, request: Request) -> Response:
        return await self.faults.around("submit", request, lambda: self._take(request))

    async def _take(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.requests.append(body)
        workflow = body["prompt"]
        name = workflow["4"]["inputs"]["ckpt_name"]
        if name not in CHECKPOINTS:
            return JSONResponse(
                {
                    "error": {
                        "type": "prompt_outputs_failed_validation",
                        "message": "Prompt outputs failed validation",
                        "details": "",
                        "extra_info": {},
                    },
                    "node_errors": {
                        "4": {
                            "errors": [
                                {
                                    "type": "value_not_in_list",
                                    "message": "Value not in list",
                                    "details": f"ckpt_name: '{name}' not in {list(CHECKPOINTS)}",
                                    "extra_info": {},
                                }
                            ],
                            "dependent_outputs": ["9"],
                            "class_type": "CheckpointLoaderSimple",
                        }
                    },
                },
                400,
            )
        number = next(self._ids)
        job = Job(f"00000000-0000-4000-8000-{number:012d}", workflow)
        size = workflow["5"]["inputs"]
        job.content = png(size["width"], size["height"], f"{workflow['6']['inputs']['text']}")
        self.orders[job.id] = job
        return JSONResponse({"prompt_id": job.id, "number": number, "node_errors": {}})

    async def _queue(self, request: Request) -> Response:
        async def honest() -> Response:
            waiting = [job for job in self.orders.values() if job.looks < self.looks_needed]
            for job in self.orders.values():
                job.looks += 1
            items = [[number, job.id, job.workflow, {}, ["9"]] for number, job in enumerate(waiting)]
            return JSONResponse({"queue_running": items[:1], "queue_pending": items[1:]})

        return await self.faults.around("status", request, honest)

    async def _history(self, request: Request) -> Response:
        async def honest() -> Response:
            job = self.orders.get(request.path_params["id"])
            if job is None:
                return JSONResponse({})
            image = {"filename": f"frontispiece_{job.id[-5:]}_.png", "subfolder": "", "type": "output"}
            status = {"status_str": "success", "completed": True, "messages": [["execution_start", {}]]}
            entry = {"prompt": [0, job.id, {}, {}, ["9"]], "outputs": {"9": {"images": [image]}}, "status": status}
            return JSONResponse({job.id: entry})

        return await self.faults.around("result", request, honest)

    async def _view(self, request: Request) -> Response:
        self.paths.append(str(request.url.query))

        async def honest() -> Response:
            name = request.query_params["filename"]
            if name.startswith("/") or ".." in name:
                return Response(status_code=400)
            made = {job.id[-5:]: job for job in self.orders.values()}
            job = made.get(name[-10:-5]) or next(iter(self.orders.values()))
            return Response(job.content, media_type="image/png")

        return await self.faults.around("media", request, honest)
