"""Pictures by OpenAI's image models, and by servers that speak their API; they take no seed.

OpenAI sends them with the answer. Where a server sends an address instead, that is the ticket of the order.
"""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, Field, JsonValue, SecretStr, ValidationError

from frontispiece.errors import NotAccepted, ProviderBroken
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.painters.interface import Canvas, Painted, Ticket
from frontispiece.providers.answers import OrNone, clean
from frontispiece.providers.downloads import DownloadSettings, download_picture, inline_picture, is_inline
from frontispiece.providers.http import Http
from frontispiece.providers.openai_account import OpenAISettings, Server, family, origin_of, server_at
from frontispiece.recipe import PainterRecipe, canonical_json, digest
from frontispiece.text import encodable

if TYPE_CHECKING:  # the client is loaded when a painter is built
    from frontispiece.providers.openai_client import Reply

BASE64 = 1.4
"""Bytes of an answer for each of its picture, at most."""
DOWNLOAD_SECONDS = 60.0
# OpenAI's list of November 2026: dollars per million tokens.
TEXT_IN, IMAGE_OUT = 5.0, 30.0
FAMILIES: Final = ("gpt-image-2", "gpt-image-2.5", "gpt-image-2.6")
# What one picture of 1024x1536 pixels comes to.
QUOTES: Final[dict[tuple[str, str], float]] = {
    ("gpt-image-2.5-flare", "low"): 0.0047,
    ("gpt-image-2.5-flare", "medium"): 0.0103,
}
QUOTED_PIXELS = 1024 * 1536


class ImageSettings(OpenAISettings, DownloadSettings):
    """What the user may set."""

    secret_blocks: ClassVar = {"openai_image_api_key": "openai_image_secret_block"}

    openai_image_api_key: SecretStr | None = Field(
        None,
        description="key of the painter openai-images; left empty it is the writer's, for the writer's server only",
    )
    openai_image_secret_block: str | None = Field(
        None,
        description="Prefect Secret block with the painter's key, where FRONTISPIECE_OPENAI_IMAGE_API_KEY is not set",
    )
    openai_image_base_url: str = Field("", description="address of its server; left empty it is OPENAI_BASE_URL")
    openai_image_model: str = Field("gpt-image-2.5-flare", description="image model of the painter openai-images")
    openai_image_size: str = Field("640x1200", pattern=r"^\d+x\d+$", description="its picture size, in multiples of 16")
    openai_image_quality: Literal["low", "medium", "high", "auto"] = Field("low", description="its quality")


def server_of(settings: ImageSettings) -> Server:
    """That of the pictures, which is the chat models' where it has no settings of its own.

    A key goes to no other server than the one it is for. Raises BadInput for an address or key that cannot be.
    """
    address, key = ("openai_base_url", "OPENAI_BASE_URL"), ("openai_api_key", "OPENAI_API_KEY")
    if settings.openai_image_base_url:
        address = ("openai_image_base_url", "FRONTISPIECE_OPENAI_IMAGE_BASE_URL")
    place = getattr(settings, address[0])
    if settings.openai_image_api_key or origin_of(place) != origin_of(settings.openai_base_url):
        key = ("openai_image_api_key", "FRONTISPIECE_OPENAI_IMAGE_API_KEY")
    return server_at(place, address[1], getattr(settings, key[0]), key[1])


_Count = OrNone[Annotated[int, Field(ge=0, lt=1_000_000_000)]]


class _Image(BaseModel):
    b64_json: OrNone[str] = None
    url: OrNone[str] = None


class _Usage(BaseModel):
    input_tokens: _Count = None
    output_tokens: _Count = None


class Images(BaseModel):
    """An answer, with pictures in it or without."""

    data: JsonValue = None
    images: JsonValue = None
    usage: OrNone[_Usage] = None


class OpenAIImages:
    """Orders a PNG and waits for it in one call. Raises BadInput when built without a key that is needed.

    `seconds` bounds a call in total; None leaves that to the settings.
    """

    label = "OpenAI"
    paid = True
    is_ai = True

    def __init__(self, settings: ImageSettings, *, seconds: float | None = None) -> None:
        from frontispiece.providers.openai_client import OpenAIApi

        self._model = settings.openai_image_model
        self._size = settings.openai_image_size
        self._quality = settings.openai_image_quality
        self._max_bytes = 1_000_000 * settings.picture_megabytes
        self._api = OpenAIApi(settings, server_of(settings), seconds=seconds, max_bytes=int(BASE64 * self._max_bytes))
        self._media = Http(timeout=seconds or DOWNLOAD_SECONDS)  # has no key, which is not for a picture's host
        # The user's own word for the server is its word for pictures on it.
        self._hosts = (*settings.picture_hosts, self._api.origin)
        self.throttle = self._api.throttle
        width, height = (int(side) for side in self._size.split("x"))
        self.price = image_quote(self._model, self._quality, width, height, settings.openai_max_completion_tokens)
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: ImageSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        size, quality = settings.openai_image_size, settings.openai_image_quality
        return PainterRecipe(
            kind="openai-images",
            model=settings.openai_image_model,
            parameters=canonical_json(size=size, quality=quality, output_format="png"),
        )

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket | Canvas:
        """The picture itself, or where it is. Errors as in `frontispiece.painters.interface.Painter`."""
        reply = await self._api.picture(self._model, encodable(prompt.text), self._size, self._quality)
        answer = read_images(reply.body)
        usage = answer.usage or _Usage()
        dollars = image_token_dollars(self._model, usage.input_tokens, usage.output_tokens)
        try:
            picture = first_picture(answer)
            if not is_inline(picture) and "://" in picture[:20]:
                return _ticket(picture, reply)
            image = inline_picture(picture, self._max_bytes)
        except ProviderBroken as error:
            if answer.usage is not None:
                error.charge = Charge(dollars=dollars, request_id=reply.request_id)
            raise
        return Canvas(
            image=image,
            model=self._model,
            seconds=round(reply.seconds, 3),
            dollars=dollars,
            request_id=reply.request_id,
        )

    async def collect(self, ticket: Ticket, painted: Painted | None = None) -> Canvas:
        """Download a picture that the answer gave the address of; OpenAI itself keeps no orders."""
        if painted is not None:
            await painted()
        try:
            image = await download_picture(self._media, ticket.response_url, self._hosts, self._max_bytes)
        except ProviderBroken as error:
            error.charge = Charge(dollars=self.price, request_id=ticket.request_id)
            raise
        return Canvas(
            image=image,
            model=self._model,
            seconds=round(max(0.0, (datetime.now(UTC) - ticket.sent_at).total_seconds()), 3),
            dollars=self.price,
            url=ticket.response_url,
            request_id=ticket.request_id,
        )

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """OpenAI keeps no list of past pictures."""
        return None

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()
        await self._media.close()


def image_token_dollars(model: str, tokens_in: int | None, tokens_out: int | None) -> float | None:
    """The price of a picture: text tokens in, image tokens out."""
    is_listed = re.sub(r"-(flare|sunburst)$", "", family(model)) in FAMILIES
    if not is_listed or tokens_in is None or tokens_out is None:
        return None
    return (tokens_in * TEXT_IN + tokens_out * IMAGE_OUT) / 1e6


def image_quote(model: str, quality: str, width: int, height: int, tokens_in: int) -> float | None:
    """What a picture costs at most whose prompt has so many tokens; None where no list price covers it."""
    quote = QUOTES.get((family(model), quality)) if width * height <= QUOTED_PIXELS else None
    return None if quote is None else quote + tokens_in * TEXT_IN / 1e6


def read_images(body: bytes) -> Images:
    """An answer to who asked for pictures. Raises ProviderBroken."""
    try:
        return Images.model_validate_json(clean(body))
    except ValidationError:
        raise ProviderBroken("The image service answered something that holds no picture.") from None


def first_picture(answer: Images) -> str:
    """The first picture in an answer, or its address. Raises ProviderBroken and NotAccepted."""
    if not {"data", "images"} & answer.model_fields_set:
        raise NotAccepted("The image service answers with something else than pictures: check its address.")
    given = answer.data or answer.images
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, str) and each:
            return each
        if isinstance(each, dict):
            image = _Image.model_validate(each)
            if found := image.b64_json or image.url:
                return found
    raise ProviderBroken("The image service answered something that holds no picture.")


def _ticket(address: str, reply: "Reply") -> Ticket:
    sent_at = datetime.now(UTC)
    request_id = reply.request_id or digest(address)
    return Ticket(request_id=request_id, status_url="", response_url=address, sent_at=sent_at)
