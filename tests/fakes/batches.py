"""Plays OpenAI's files and batches: JSONL in, results in any order, half the price. No pytest in here."""

import itertools
import json
import random
from collections import deque
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.faults import Faults

BATCH_SHARE = 0.5
LIVE = ("validating", "in_progress", "finalizing")
START = 1_760_000_000
ANSWERED = ("", "empty", "garbage", "refusal")


class FakeBatches:
    """Files, and batches that advance by being looked at, or by the test's hand.

    `looks` are how often a batch is looked at before it is finished; None leaves that to `finish`. `lines` are what the
    next lines meet when they are worked off: "" an answer, expired, lost (no line at all), garbage, empty, refusal, a
    status.
    `refusals` are why the next batches are refused as a whole.

    Endpoints: files, content, order, batch, batches.
    """

    faults: Faults

    def __init__(self) -> None:
        self.looks: int | None = 1
        self.lines: deque[str] = deque()
        self.refusals: deque[str] = deque()
        self.page = 100
        self.now = START
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.downloads = 0
        self._numbers = itertools.count(1)

    @property
    def batch_routes(self) -> list[Route]:
        return [
            Route("/v1/files", self._upload, methods=["POST"]),
            Route("/v1/files/{id}/content", self._content),
            Route("/v1/batches", self._order, methods=["POST"]),
            Route("/v1/batches", self._list),
            Route("/v1/batches/{id}", self._retrieve),
        ]

    def written_in_batch(self, body: dict[str, object]) -> tuple[dict[str, object], str]:
        """A completion, charged for at the batch's price, and its request id."""
        raise NotImplementedError

    def ordered(self, batch_id: str) -> list[dict[str, Any]]:
        """The requests in a batch's file."""
        return [json.loads(line) for line in self.files[self.batches[batch_id]["input_file_id"]].splitlines()]

    def finish(self, batch_id: str, status: str = "completed") -> None:
        """Work the batch off: some lines to the output file, some to the error file, in any order."""
        batch = self.batches[batch_id]
        output, errors = [], []
        for request in self.ordered(batch_id):
            what = "expired" if status != "completed" else self.lines.popleft() if self.lines else ""
            line = self._work_off(request, what)
            if line is not None:
                (output if what in ANSWERED else errors).append(line)
        batch |= {"status": status, "request_counts": self._counts(len(output), len(errors))}
        for name, lines in (("output_file_id", output), ("error_file_id", errors)):
            random.Random(batch_id).shuffle(lines)
            if lines:
                batch[name] = self._keep("".join(f"{line}\n" for line in lines).encode())

    def refuse(self, batch_id: str, why: str) -> None:
        """The whole batch fails its validation."""
        problem = {"code": "token_limit_exceeded", "message": why, "param": None, "line": None}
        self.batches[batch_id] |= {"status": "failed", "errors": {"object": "list", "data": [problem]}}

    def _work_off(self, request: dict[str, Any], what: str) -> str | None:
        line: dict[str, Any] = {"id": f"batch_req_{next(self._numbers)}", "custom_id": request["custom_id"]}
        if what == "lost":
            return None
        if what == "expired":
            error = {"code": "batch_expired", "message": "This request could not be executed before the deadline."}
            return json.dumps(line | {"response": None, "error": error})
        if what in ANSWERED:
            completion, request_id = self.written_in_batch(request["body"])
            if what == "garbage":
                return '{"id": "batch_req_x", "custom_id": '
            if what == "empty":
                completion["choices"] = [{"index": 0, "message": {"content": None}, "finish_reason": "stop"}]
            if what == "refusal":
                completion["choices"][0]["message"] |= {"content": None, "refusal": "I can't help with that."}  # type: ignore[index]
            response = {"status_code": 200, "request_id": request_id, "body": completion}
            return json.dumps(line | {"response": response, "error": None})
        code = "content_filter" if what == "blocked" else "unsupported_value"
        problem = {"error": {"message": f"Refused: {what}.", "type": "invalid_request_error", "code": code}}
        response = {"status_code": 400 if what == "blocked" else int(what), "request_id": "req_x", "body": problem}
        return json.dumps(line | {"response": response, "error": None})

    def _keep(self, content: bytes) -> str:
        name = f"file-{next(self._numbers):04d}"
        self.files[name] = content
        return name

    @staticmethod
    def _counts(completed: int, failed: int) -> dict[str, int]:
        return {"total": completed + failed, "completed": completed, "failed": failed}

    async def _upload(self, request: Request) -> Response:
        async def honest() -> Response:
            head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
            form = BytesParser(policy=HTTP).parsebytes(head + await request.body())
            parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
            assert parts["purpose"].get_content().strip() == "batch"
            content = parts["file"].get_payload(decode=True)
            assert isinstance(content, bytes)
            return JSONResponse({"id": self._keep(content), "object": "file", "purpose": "batch"})

        return await self.faults.around("files", request, honest)

    async def _content(self, request: Request) -> Response:
        async def honest() -> Response:
            self.downloads += 1
            if request.path_params["id"] not in self.files:
                return _missing("file")
            return Response(self.files[request.path_params["id"]], media_type="application/octet-stream")

        return await self.faults.around("content", request, honest)

    async def _order(self, request: Request) -> Response:
        async def honest() -> Response:
            body = json.loads(await request.body())
            assert (body["endpoint"], body["completion_window"]) == ("/v1/chat/completions", "24h")
            name = f"batch_{next(self._numbers):04d}"
            total = len(self.files[body["input_file_id"]].splitlines())
            self.batches[name] = {
                **{"id": name, "object": "batch", "endpoint": body["endpoint"], "completion_window": "24h"},
                **{"input_file_id": body["input_file_id"], "output_file_id": None, "error_file_id": None},
                **{"status": "validating", "created_at": self.now, "metadata": body.get("metadata"), "errors": None},
                **{"request_counts": self._counts(0, 0) | {"total": total}, "looks": 0},
            }
            return JSONResponse(self.batches[name])

        return await self.faults.around("order", request, honest)

    async def _retrieve(self, request: Request) -> Response:
        async def honest() -> Response:
            name = request.path_params["id"]
            if name not in self.batches:
                return _missing("batch")
            self._advance(name)
            return JSONResponse(self.batches[name])

        return await self.faults.around("batch", request, honest)

    def _advance(self, name: str) -> None:
        batch = self.batches[name]
        batch["looks"] += 1
        if batch["status"] not in LIVE:
            return
        if self.refusals:
            self.refuse(name, self.refusals.popleft())
        elif self.looks is not None and batch["looks"] > self.looks:
            self.finish(name)
        else:
            batch["status"] = "in_progress"

    async def _list(self, request: Request) -> Response:
        async def honest() -> Response:
            newest_first = list(reversed(self.batches.values()))
            names = [batch["id"] for batch in newest_first]
            after = request.query_params.get("after")
            start = names.index(after) + 1 if after else 0
            stop = start + min(self.page, int(request.query_params.get("limit", "20")))
            data = newest_first[start:stop]
            return JSONResponse({"object": "list", "data": data, "has_more": stop < len(names)})

        return await self.faults.around("batches", request, honest)


def _missing(what: str) -> Response:
    return JSONResponse({"error": {"message": f"No such {what}.", "type": "invalid_request_error", "code": None}}, 404)
