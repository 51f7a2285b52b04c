"""Pictures by OpenAI's image models; they come with the answer, and take no seed."""

import base64
import binascii
from datetime import datetime

from pydantic import BaseModel, Field, ValidationError

from frontispiece.errors import ProviderBroken
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.painters.interface import Canvas, Painted, Ticket
from frontispiece.providers.openai_client import OpenAIApi, Tokens
from frontispiece.providers.prices import image_quote, image_token_dollars
from frontispiece.recipe import PainterRecipe, canonical_json
from frontispiece.settings import Settings

MAX_ANSWER_BYTES = 45_000_000
SECONDS = 180.0


class _Image(BaseModel):
    b64_json: str = Field(min_length=1)


class _Usage(BaseModel):
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None


class _Images(BaseModel):
    data: list[_Image] = Field(min_length=1)


class _Bill(BaseModel):
    """What an answer says of its price, whatever else is in it."""

    usage: _Usage | None = None


class OpenAIImages:
    """Orders a PNG and waits for it in one call. Raises BadInput when built without a key that is needed.

    `seconds` bounds a call in total.
    """

    label = "OpenAI"
    paid = True
    is_ai = True

    def __init__(self, settings: Settings, *, seconds: float = SECONDS) -> None:
        self._model = settings.openai_image_model
        self._size = settings.openai_image_size
        self._quality = settings.openai_image_quality
        self._api = OpenAIApi(settings, seconds=seconds, max_bytes=MAX_ANSWER_BYTES)
        self.throttle = self._api.throttle
        width, height = (int(side) for side in self._size.split("x"))
        self.price = image_quote(self._model, self._quality, width, height, settings.openai_max_completion_tokens)
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: Settings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        size, quality = settings.openai_image_size, settings.openai_image_quality
        return PainterRecipe(
            kind="openai-images",
            model=settings.openai_image_model,
            parameters=canonical_json(size=size, quality=quality, output_format="png"),
        )

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket | Canvas:
        """The picture itself. Errors as in `frontispiece.painters.interface.Painter`."""
        words = prompt.text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be sent
        reply = await self._api.picture(self._model, words, self._size, self._quality)
        bill = _bill(reply.body)
        usage = bill.usage or _Usage()
        dollars = image_token_dollars(self._model, usage.input_tokens, usage.output_tokens)
        try:
            answer = _Images.model_validate_json(reply.body)
            image = base64.b64decode(answer.data[0].b64_json, validate=True)
        except (ValidationError, binascii.Error, ValueError):
            broken = ProviderBroken("The image service answered something that holds no picture.")
            if bill.usage is not None:
                broken.charge = Charge(dollars=dollars, request_id=reply.request_id)
            raise broken from None
        return Canvas(
            image=image,
            model=self._model,
            seconds=round(reply.seconds, 3),
            dollars=dollars,
            request_id=reply.request_id,
        )

    async def collect(self, ticket: Ticket, painted: Painted | None = None) -> Canvas:
        """Never needed: no order outlives its call."""
        raise ProviderBroken(f"OpenAI keeps no orders, so {ticket.request_id} cannot be fetched from it.")

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """OpenAI keeps no list of past pictures."""
        return None

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()


def _bill(body: bytes) -> _Bill:
    """What can be read of it; usage that makes no sense says nothing."""
    try:
        return _Bill.model_validate_json(body)
    except ValidationError:
        return _Bill()
