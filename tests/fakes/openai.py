"""Plays OpenAI's API: chat completions, images, batches and the list of models, as FACTS of its contract have it."""

import asyncio
import base64
import hashlib
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.batches import BATCH_SHARE, FakeBatches
from fakes.faults import Fault, Faults, Honest, Odd
from fakes.pictures import png

_LOG = (Path(__file__).parents[1] / "seed-log.txt").read_text(encoding="utf-8").splitlines()
SEED_REQUEST = _LOG[1].partition(" Prompt: ")[2]
SEED_RESPONSE = _LOG[2].partition(" Response: ")[2]

CHAT_PRICES = {"gpt-4o-mini": (0.15, 0.60), "gpt-6-luna": (0.10, 0.50), "gpt-4.1-mini": (0.40, 1.60)}
SEEN_TOKENS = 1_245
"""Of a picture of 768x1024 pixels."""


def error(status: int, code: str | None, message: str, kind: str = "invalid_request_error") -> Fault:
    async def fault(request: Request, honest: Honest) -> Response:
        await request.body()
        return JSONResponse(
            {"error": {"message": message, "type": kind, "param": None, "code": code}},
            status,
            {"x-request-id": "req_refused"},
        )

    return fault


def spoken(content: str | None, finish: str = "stop", refusal: str | None = None) -> Fault:
    """A completion, paid for like any other, with this in it."""

    async def fault(request: Request, honest: Honest) -> Response:
        response = await honest()
        completion = json.loads(bytes(response.body))
        choice = completion["choices"][0]
        choice["message"] |= {"content": content, "refusal": refusal}
        choice["finish_reason"] = finish
        return JSONResponse(completion, headers={"x-request-id": response.headers["x-request-id"]})

    return fault


def changed(change: Callable[[dict[str, object]], object]) -> Fault:
    """The honest answer, paid for, after this change."""

    async def fault(request: Request, honest: Honest) -> Response:
        response = await honest()
        body = json.loads(bytes(response.body))
        change(body)
        return Odd(body, headers={"x-request-id": response.headers["x-request-id"]})

    return fault


def without(name: str) -> Fault:
    return changed(lambda body: body.pop(name))


def with_usage(usage: dict[str, object]) -> Fault:
    return changed(lambda body: body.update(usage=usage))


def complaining(status: int, body: dict[str, object]) -> Fault:
    """No work is done, and this is the body; gateways send it with status 200."""

    async def fault(request: Request, honest: Honest) -> Response:
        await request.body()
        return JSONResponse(body, status)

    return fault


def first_choice(change: Callable[[dict[str, object]], object]) -> Fault:
    """The honest completion, paid for, after this change of its choice."""
    return changed(lambda body: change(body["choices"][0]))  # type: ignore[index]


def with_words(write: Callable[[str], object]) -> Fault:
    """The honest completion, paid for; its content is made of the honest words."""

    def change(choice: dict[str, object]) -> None:
        message: dict[str, object] = choice["message"]  # type: ignore[assignment]
        message["content"] = write(str(message["content"]))

    return first_choice(change)


def with_picture(write: Callable[[str], dict[str, object]]) -> Fault:
    """The honest answer of an image model, paid for; its picture is given in another way."""
    return changed(lambda body: body.update(data=[write(body["data"][0]["b64_json"])]))  # type: ignore[index]


def in_parts(text: str) -> list[dict[str, object]]:
    return [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Let me think."}]},
        {"type": "text", "text": text},
    ]


LOADING = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
ODD_SIDES: dict[str, object] = {
    "id": 12345,
    "created": "now",
    "model": None,
    "usage": {"prompt_tokens": 300, "completion_tokens": -1, "prompt_tokens_details": "none"},
    "service_tier": [],
}

OWN: dict[str, Fault] = {
    "401": error(401, "invalid_api_key", "Incorrect API key provided: sk-secret. You can find your key at …"),
    "quota exhausted": error(429, "insufficient_quota", "You exceeded your current quota.", "insufficient_quota"),
    "unknown model": error(404, "model_not_found", "The model does not exist or you do not have access to it."),
    "bad parameter": error(400, "unsupported_value", "Unsupported value: 'temperature'."),
    "moderation": error(
        400, "moderation_blocked", "Your request was rejected by the safety system.", "image_generation_user_error"
    ),
    "content filter 400": error(400, "content_filter", "The prompt was filtered."),
    "content filter": spoken(None, "content_filter"),
    "refusal": spoken(None, refusal="I'm sorry, I can't help with that."),
    "spoken refusal": spoken("I'm sorry, but I can't assist with that request."),
    "empty prompt": spoken("  \n"),
    "no content": spoken(None),
    "length": spoken("A drawing of a", "length"),
    "too long": spoken("word " * 2_000),
    "no choices": without("choices"),
    "odd usage": with_usage({"prompt_tokens": 10**400, "completion_tokens": -1}),
    "no usage": without("usage"),
    "no picture": without("data"),
    "thoughts": with_words(lambda text: f"<think>\nThe user wants a prompt.\n</think>\n\n{text}<|im_end|>"),
    "thoughts alone": spoken("<think>\nThe user wants a prompt."),
    "parts": with_words(in_parts),
    "odd side fields": changed(lambda body: body.update(ODD_SIDES)),
    "broken off": first_choice(
        lambda choice: choice.update(finish_reason="error", error={"code": 502, "message": "Upstream error"})
    ),
    "200: key": complaining(200, {"error": {"message": "No credentials", "code": 401}}),
    "200: money": complaining(200, {"error": {"message": "Insufficient credits", "code": 402}}),
    "200: busy": complaining(200, {"error": {"message": "Provider returned error", "code": 429}, "choices": None}),
    "200: error": complaining(200, {"error": "Something went wrong"}),
    "loading": complaining(503, LOADING),
    "error as a string": complaining(
        400, {"code": "Client specified an invalid argument", "error": "Argument not supported: quality"}
    ),
    "data URI": with_picture(lambda text: {"b64_json": None, "url": f"data:image/png;base64,{text}"}),
    "loose base64": with_picture(lambda text: {"b64_json": f"{text[:76]}\n{text[76:].rstrip('=')}\n"}),
    "list of URLs": spoken("https://example.org/a.png\nhttps://example.org/b.png"),
}


class FakeOpenAI(FakeBatches):
    """`requests` holds the bodies received, `paid` and `dollars` what was charged for, `bought` by which texts.

    Every charge is for the very usage that the answer tells. `tokens_out` makes answers so long, or as long as the
    request allows where it `heeds_limits`; `answers_as` is the model they name; `unknown` parameters are refused.

    On pictures that are `looked_at` there is the next of `lettering` to be read, from the last on the same;
    a critic finds them good but for what the next of `judgements` says.

    Endpoints: chat, images, models, and those of `FakeBatches`.
    """

    def __init__(self, latency: float = 0.0) -> None:
        super().__init__()
        self.latency = latency
        self.faults = Faults(OWN)
        self.requests: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.paid = 0
        self.dollars = 0.0
        self.bought: Counter[str] = Counter()
        self.shutdown_date: str | None = None
        self.image: bytes | None = None
        self.tokens_out: int | None = None
        self.heeds_limits = True
        self.answers_as: str | None = None
        self.lettering: list[str] = []
        self.looked_at: list[bytes] = []
        self.judgements: list[dict[str, object]] = []
        self.unknown: set[str] = set()
        self._ids = itertools.count(1)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/images/generations", self._images, methods=["POST"]),
            Route("/v1/models", self._models),
            *self.batch_routes,
        ]

    async def _chat(self, request: Request) -> Response:
        return await self.faults.around("chat", request, lambda: self._complete(request))

    async def _images(self, request: Request) -> Response:
        return await self.faults.around("images", request, lambda: self._draw(request))

    async def _models(self, request: Request) -> Response:
        async def honest() -> Response:
            entry = {"id": "gpt-4o-mini", "object": "model", "created": 1721172741, "owned_by": "system"}
            closing = {"shutdown_date": self.shutdown_date} if self.shutdown_date else {}
            return JSONResponse({"object": "list", "data": [{"id": "gpt-6-luna", "object": "model"}, entry | closing]})

        return await self.faults.around("models", request, honest)

    async def _received(self, request: Request) -> dict[str, object]:
        body: dict[str, object] = json.loads(await request.body())
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        await asyncio.sleep(self.latency)
        return body

    def _charge(self, dollars: float) -> dict[str, str]:
        self.paid += 1
        self.dollars += dollars
        return {"x-request-id": f"req_{next(self._ids):06d}"}

    async def _complete(self, request: Request) -> Response:
        body = await self._received(request)
        if refused := sorted(self.unknown & body.keys()):
            said = {"message": f"Unknown parameter: '{refused[0]}'.", "type": "invalid_request_error"}
            return JSONResponse({"error": said | {"param": refused[0], "code": "unknown_parameter"}}, 400)
        completion, headers = self.completed(body)
        return JSONResponse(completion, headers=headers)

    def written_in_batch(self, body: dict[str, object]) -> tuple[dict[str, object], str]:
        completion, headers = self.completed(body, BATCH_SHARE)
        return completion, headers["x-request-id"]

    def completed(self, body: dict[str, object], share: float = 1.0) -> tuple[dict[str, object], dict[str, str]]:
        """A completion, charged for, and its headers."""
        model, asked = str(body["model"]), body["messages"][0]["content"]  # type: ignore[index]
        seen = 0
        if isinstance(asked, list):
            asked, picture = _looked_at(asked)
            self.looked_at.append(picture)
            answer, seen = self._lettering(body), SEEN_TOKENS
        else:
            answer = SEED_RESPONSE if asked == SEED_REQUEST else invented(asked)
        tokens_in, tokens_out = seen + math.ceil(len(asked) / 4), self.tokens_out or math.ceil(len(answer) / 4)
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        is_cut = self.heeds_limits and isinstance(most, int) and tokens_out > most
        if is_cut:
            answer, tokens_out = answer[: 4 * most], most  # type: ignore[operator]
        price_in, price_out = CHAT_PRICES.get(model, (0.0, 0.0))
        headers = self._charge(share * (tokens_in * price_in + tokens_out * price_out) / 1e6)
        self.bought[asked] += 1
        completion: dict[str, object] = {
            "id": f"chatcmpl-{headers['x-request-id']}",
            "object": "chat.completion",
            "created": 1730441220,
            "model": self.answers_as or ("gpt-4o-mini-2024-07-18" if model == "gpt-4o-mini" else model),
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": answer, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "length" if is_cut else "stop",
                }
            ],
            "usage": {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        }
        return completion, headers

    def _lettering(self, body: dict[str, object]) -> str:
        """What stands on the next picture, in the shape that was asked for; the last again from then on."""
        words = self.lettering.pop(0) if len(self.lettering) > 1 else "".join(self.lettering)
        if "response_format" not in body:
            return words
        shape: dict[str, Any] = body["response_format"]["json_schema"]["schema"]["properties"]  # type: ignore[index]
        marks = {name: {"mark": 8, "reason": "Well done."} for name in shape.keys() - {"lines", "prompt"}}
        judged = {"prompt": "", **(self.judgements.pop(0) if self.judgements else {})} if marks else {}
        return json.dumps({"lines": words.split("\n"), **marks, **judged})

    async def _draw(self, request: Request) -> Response:
        body = await self._received(request)
        width, height = (int(side) for side in str(body["size"]).split("x"))
        tokens_in, tokens_out = math.ceil(len(str(body["prompt"])) / 4), 150
        is_theirs = str(body["model"]).startswith("gpt-image")  # a server of one's own charges nothing
        headers = self._charge((tokens_in * 5 + tokens_out * 30) / 1e6 if is_theirs else 0.0)
        picture = self.image or png(width, height, str(body["prompt"]))
        return JSONResponse(
            {
                "created": 1730441220,
                "data": [{"b64_json": base64.b64encode(picture).decode()}],
                "usage": {
                    "input_tokens": tokens_in,
                    "output_tokens": tokens_out,
                    "total_tokens": tokens_in + tokens_out,
                },
            },
            headers=headers,
        )


def _looked_at(content: list[dict[str, Any]]) -> tuple[str, bytes]:
    """The words of a message, and the picture beside them."""
    text, image = content
    return text["text"], base64.b64decode(image["image_url"]["url"].partition("base64,")[2])


def invented(request: str) -> str:
    """A prompt that is always the same for the same request."""
    number = int(hashlib.sha256(request.encode()).hexdigest()[:6], 16)
    return f"Linear art on a white background: {number} paper birds carry a label that reads 'Paper {number}'."
