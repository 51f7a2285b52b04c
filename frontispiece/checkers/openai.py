"""Reads labels by a chat model that sees pictures, of OpenAI or of any server that speaks its API."""

import base64
import json
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field, ValidationError

from frontispiece.checkers import critic
from frontispiece.checkers.interface import Reading
from frontispiece.errors import Blocked, OutOfService, ProviderBroken, ProviderError, Rejected
from frontispiece.models import Paper, Prompt
from frontispiece.providers.chat import MAX_ANSWER_BYTES, answer_text, bill_of, chat_quote, said_in
from frontispiece.providers.openai_account import OpenAISettings, chat_server, family
from frontispiece.recipe import CheckerRecipe, canonical_json
from frontispiece.settings import Settings

if TYPE_CHECKING:  # the client is loaded when a checker is built
    from frontispiece.providers.openai_client import ChatBody, Reply, Shape

SIDE: Final = 1024
TILED_TOKENS: Final = {"gpt-4o-mini": 36_835}
PATCHED_TOKENS: Final = 3_800
"""What a picture of that side counts for, at most: 2,833 and 5,667 for each of six tiles in old models, in others 1,536
patches at 2.46, by OpenAI's guide to images and vision of 2026."""
REQUEST: Final = (
    "Read the lettering on this picture: labels, signs, titles, any words. Copy it letter by letter as it stands, "
    "misspelt words too, and correct or complete nothing. One entry for each line; none where there is no lettering."
)
SCHEMA: Final[dict[str, object]] = {
    "type": "object",
    "properties": {
        "lines": {"type": "array", "items": {"type": "string"}, "description": "the lettering, line by line"}
    },
    "required": ["lines"],
    "additionalProperties": False,
}


class VisionSettings(OpenAISettings, Settings):
    """What the user may set, and whether it is a critic."""

    openai_check_model: str = Field(
        "gpt-4.1-mini", description="chat model of the checker openai, which has to take pictures"
    )


class _Lettering(BaseModel):
    lines: list[str]


class OpenAIVision:
    """Asks a chat model, once a picture, and does not tell it what is to be read. Raises BadInput without a key.

    A critic is told: it judges the picture by paper and prompt, and its answer may be twice as long.

    `seconds` bounds a call in total; None leaves that to the settings.
    """

    label = "OpenAI"
    paid = True
    sides = (SIDE,)

    def __init__(self, settings: VisionSettings, *, seconds: float | None = None) -> None:
        from frontispiece.providers.openai_client import OpenAIApi

        self.judges = settings.critic
        self._model = settings.openai_check_model
        self._most = settings.openai_max_completion_tokens * (2 if self.judges else 1)
        self._schema = critic.SCHEMA if self.judges else SCHEMA
        asked, told = (critic.REQUEST, 3 * critic.MOST_BYTES) if self.judges else (REQUEST, 0)
        self._has_shapes = True
        self._api = OpenAIApi(settings, chat_server(settings), seconds=seconds, max_bytes=MAX_ANSWER_BYTES)
        self.throttle = self._api.throttle
        seen = TILED_TOKENS.get(family(self._model), PATCHED_TOKENS)
        self.price = chat_quote(self._model, asked + json.dumps(self._schema), self._most, seen + told)
        sent = canonical_json(request=asked, side=SIDE, max_completion_tokens=self._most)
        self.recipe = CheckerRecipe(kind="openai", model=self._model, parameters=sent)

    async def read(self, picture: bytes, paper: Paper, prompt: Prompt) -> Reading:
        """One call, or another at once where one is refused for a parameter that the server does not know."""
        request = critic.request(paper, prompt) if self.judges else REQUEST
        reply = await self._ask(request, f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}")
        bill = bill_of(reply, self._model)
        try:
            text = answer_text(*said_in(reply))
            judgement = _judgement(text) if self.judges else None
        except (ProviderBroken, Blocked) as error:
            error.charge = bill.charge
            raise
        return Reading(
            words=" ".join(judgement.lines) if judgement else _words(text),
            model=bill.model,
            seconds=round(reply.seconds, 3),
            dollars=bill.dollars,
            tokens_in=bill.tokens_in,
            tokens_out=bill.tokens_out,
            request_id=bill.request_id,
            marks=judgement.marks if judgement else (),
            advice=judgement.advice if judgement else "",
        )

    async def check(self) -> tuple[str, ...]:
        """Raises OutOfService for a refused key; anything else that goes wrong is not an error here."""
        try:
            await self._api.models()
        except OutOfService:
            raise
        except ProviderError:
            pass
        return ()

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()

    async def _ask(self, request: str, picture: str) -> "Reply":
        wanted, has_shapes = "to read a picture", self._has_shapes
        try:
            return await self._api.chat(self._body(request, picture), self._most, wanted)
        except Rejected as error:
            if error.parameter != "response_format" or not has_shapes:
                raise
            self._has_shapes = False
            return await self._api.chat(self._body(request, picture), self._most, wanted)

    def _body(self, request: str, picture: str) -> "ChatBody":
        body: ChatBody = {
            "model": self._model,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": request},
                        {"type": "image_url", "image_url": {"url": picture}},
                    ],
                }
            ],
        }
        if self._has_shapes:
            shape: Shape = {"name": "lettering", "strict": True, "schema": self._schema}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        return body


def _words(text: str) -> str:
    """The lettering in an answer; one that is not in the shape that was asked for is lettering as a whole."""
    try:
        return " ".join(_Lettering.model_validate_json(_object(text)).lines)
    except ValidationError:
        return text


def _judgement(text: str) -> critic.Judgement:
    """What a critic says. Raises ProviderBroken for an answer in another shape."""
    try:
        return critic.Judgement.model_validate_json(_object(text))
    except ValidationError:
        raise ProviderBroken("The chat model's answer is no judgement of a picture: marks are missing.") from None


def _object(text: str) -> str:
    """The JSON object in an answer, whatever stands around it."""
    return text[text.find("{") : text.rfind("}") + 1]
