"""Plays the Gemini API, as far as it paints. No pytest in here.

By ai.google.dev/api/generate-content and ai.google.dev/gemini-api/docs (image-generation, pricing, billing,
troubleshooting, deprecations) as they were in autumn 2026, Firebase's page on moving from Imagen to Gemini's image
models, and Google's page on gemini-3.1-flash-image, which tells the tokens of each size. A picture is a part with
`inlineData` of a candidate; `usageMetadata` counts tokens; a blocked prompt has `promptFeedback` and no candidate; an
error has `code`, `status` and `details`, among them how long to wait.
"""

import base64
import itertools
import json
import math
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.faults import Fault, Faults, Honest, status
from fakes.pictures import png

SIZE = (768, 1376)
"""Of 9:16 at 1K."""
TOKENS, THOUGHTS = 1120, 300


def error(code: int, name: str, message: str, *details: dict[str, object]) -> Fault:
    return status(code, {"error": {"code": code, "message": message, "status": name, "details": list(details)}})


def changed(change: Callable[[dict[str, object]], object]) -> Fault:
    """The honest answer, paid for, after this change."""

    async def fault(request: Request, honest: Honest) -> Response:
        body = json.loads(bytes((await honest()).body))
        change(body)
        return JSONResponse(body)

    return fault


def ended(reason: str, *parts: dict[str, object], **more: object) -> Fault:
    """The model ended for this reason, and made nothing but these parts."""
    candidate = {"content": {"parts": list(parts), "role": "model"}, "finishReason": reason, **more}
    return changed(lambda body: body.update(candidates=[candidate]))


def blocked(body: dict[str, object]) -> None:
    del body["candidates"]
    body["promptFeedback"] = {"blockReason": "PROHIBITED_CONTENT"}
    body["usageMetadata"] = {"promptTokenCount": 2, "totalTokenCount": 2}


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}

OWN: dict[str, Fault] = {
    "bad key": error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", REASON),
    "no billing": error(400, "FAILED_PRECONDITION", "Please enable billing on your project in Google AI Studio."),
    "bad size": error(400, "INVALID_ARGUMENT", "Invalid value at 'generation_config.image_config.image_size'"),
    "forbidden": error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers."),
    "unknown model": error(404, "NOT_FOUND", "models/x is not found for API version v1beta"),
    "429 told": error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", RETRY),
    "overloaded": error(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "blocked prompt": changed(blocked),
    "withheld": ended("IMAGE_SAFETY", finishMessage="Unable to show the generated image."),
    "no image": ended("NO_IMAGE"),
    "words": ended("STOP", {"text": "I would rather write a poem."}),
    "no candidates": changed(lambda body: body.pop("candidates")),
    "no usage": changed(lambda body: body.pop("usageMetadata")),
    "200: busy": status(200, {"error": {"code": 429, "message": "slow down"}}),
}


class FakeGemini:
    """`requests` are the bodies received, `paid` and `dollars` what was charged for. Endpoint: submit."""

    def __init__(self) -> None:
        self.faults = Faults(OWN)
        self.requests: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.image: bytes | None = None
        self.paid = 0
        self.dollars = 0.0
        self._ids = itertools.count(1)

    @property
    def routes(self) -> list[Route]:
        return [Route("/v1beta/models/{call}", self._submit, methods=["POST"])]

    async def _submit(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        self.paths.append(request.path_params["call"])
        return await self.faults.around("submit", request, lambda: self._paint(request))

    async def _paint(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.requests.append(body)
        words = body["contents"][0]["parts"][0]["text"]
        tokens_in = math.ceil(len(words) / 4)
        self.paid += 1
        self.dollars += (tokens_in * 0.5 + THOUGHTS * 3 + TOKENS * 60) / 1e6
        picture = base64.b64encode(self.image or png(*SIZE, words)).decode()
        return JSONResponse(
            {
                "candidates": [
                    {
                        "content": {
                            "role": "model",
                            "parts": [
                                {"text": "Let me think of it.", "thought": True},
                                {"inlineData": {"mimeType": "image/jpeg", "data": picture}},
                            ],
                        },
                        "finishReason": "STOP",
                        "index": 0,
                    }
                ],
                "usageMetadata": {
                    "promptTokenCount": tokens_in,
                    "candidatesTokenCount": TOKENS,
                    "thoughtsTokenCount": THOUGHTS,
                    "totalTokenCount": tokens_in + TOKENS + THOUGHTS,
                    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens_in}],
                    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": TOKENS}],
                },
                "modelVersion": "gemini-3.1-flash-image",
                "responseId": f"r{next(self._ids):06d}",
            }
        )
