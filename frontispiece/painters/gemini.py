"""Pictures by Google's Gemini models, from the Gemini API: one call, the picture comes with the answer.

By ai.google.dev, as it was in autumn 2026: `docs/painters.md` names the pages. Imagen is no more since August 2026.
"""

import re
import time
from typing import Annotated, ClassVar, Final, Literal, NamedTuple

from pydantic import BaseModel, Field, SecretStr, ValidationError

from frontispiece.errors import Blocked, OutOfService, ProviderBroken, ProviderError
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.painters.by_ticket import key_for
from frontispiece.painters.interface import AtOnce, Canvas
from frontispiece.providers.answers import OrNone, clean, heard, refusal
from frontispiece.providers.downloads import DownloadSettings, inline_picture
from frontispiece.providers.http import Answer, Http
from frontispiece.providers.paying import pay
from frontispiece.providers.throttle import Throttle
from frontispiece.recipe import PainterRecipe, canonical_json
from frontispiece.text import encodable, quoted

WHO: Final = "Google"
SECONDS = 180.0
BASE64 = 1.4
"""Bytes of an answer for each of its picture, at most."""
SIDES_BYTES: Final = 1_000_000


class Price(NamedTuple):
    """Dollars per million tokens, and how many a picture of each size takes."""

    words_in: float
    words_out: float
    picture: float
    tokens: dict[str, int]


# Google's list of autumn 2026.
PRICES: Final[dict[str, Price]] = {
    "gemini-3.1-flash-image": Price(0.50, 3.0, 60.0, {"512": 747, "1K": 1120, "2K": 1680, "4K": 2520}),
    "gemini-3-pro-image": Price(2.0, 12.0, 120.0, {"1K": 1120, "2K": 1120, "4K": 2000}),
}
# Room for a long prompt, and for what the model thinks before it paints.
WORDS_IN, WORDS_OUT = 2_000, 2_000
WITHHELD: Final = re.compile(r"(IMAGE_)?(SAFETY|PROHIBITED_CONTENT|RECITATION)|BLOCKLIST|SPII")


class GeminiSettings(DownloadSettings):
    """What the user may set."""

    secret_blocks: ClassVar = {"gemini_api_key": "gemini_secret_block"}

    gemini_api_key: SecretStr | None = Field(
        None, validation_alias="GEMINI_API_KEY", description="key of Google's Gemini API"
    )
    gemini_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of the Gemini API, where GEMINI_API_KEY is not set"
    )
    gemini_url: str = Field("https://generativelanguage.googleapis.com", description="address of the Gemini API")
    gemini_model: str = Field(
        "gemini-3.1-flash-image", pattern=r"^[\w.-]+$", description="model of Google's that paints"
    )
    gemini_aspect_ratio: str = Field(
        "9:16", pattern=r"^\d+:\d+$", description="shape of gemini's pictures, width to height"
    )
    gemini_image_size: Literal["512", "1K", "2K", "4K"] = Field(
        "1K", description="size of gemini's pictures; gemini-3-pro-image has no 512"
    )


_Count = OrNone[Annotated[int, Field(ge=0, lt=1_000_000_000)]]


class _Blob(BaseModel):
    data: str = Field(min_length=1)


class _Part(BaseModel):
    inlineData: OrNone[_Blob] = None  # noqa: N815 as Google writes it
    thought: OrNone[bool] = None
    text: OrNone[str] = None


class _Content(BaseModel):
    parts: list[OrNone[_Part]]


class _Candidate(BaseModel):
    content: OrNone[_Content] = None
    finishReason: OrNone[str] = None  # noqa: N815
    finishMessage: OrNone[str] = None  # noqa: N815


class _Feedback(BaseModel):
    blockReason: OrNone[str] = None  # noqa: N815


class _Tokens(BaseModel):
    modality: str
    tokenCount: _Count = None  # noqa: N815


class Usage(BaseModel):
    """The tokens that were taken."""

    promptTokenCount: _Count = None  # noqa: N815
    candidatesTokenCount: _Count = None  # noqa: N815
    thoughtsTokenCount: _Count = None  # noqa: N815
    candidatesTokensDetails: OrNone[list[OrNone[_Tokens]]] = None  # noqa: N815


class Painted(BaseModel):
    """An answer, with a picture or without."""

    candidates: OrNone[list[OrNone[_Candidate]]] = None
    promptFeedback: OrNone[_Feedback] = None  # noqa: N815
    usageMetadata: OrNone[Usage] = None  # noqa: N815
    responseId: OrNone[str] = None  # noqa: N815

    @property
    def parts(self) -> list[_Part]:
        """What was made, without what was only thought of."""
        contents = [each.content for each in self.candidates or () if each and each.content]
        return [part for content in contents for part in content.parts if part and not part.thought]


class Gemini(AtOnce):
    """One of Google's models. Raises BadInput when built without a key that is needed. `seconds` bounds a call."""

    label = WHO
    paid = True
    is_ai = True

    def __init__(self, settings: GeminiSettings, *, seconds: float = SECONDS) -> None:
        self._key = key_for(
            settings.gemini_url, "FRONTISPIECE_GEMINI_URL", settings.gemini_api_key, "GEMINI_API_KEY", WHO
        )
        self._url = f"{settings.gemini_url.rstrip('/')}/v1beta/models/{settings.gemini_model}:generateContent"
        self._how = {"aspectRatio": settings.gemini_aspect_ratio, "imageSize": settings.gemini_image_size}
        self._model = settings.gemini_model
        self._max_bytes = 1_000_000 * settings.picture_megabytes
        self._http = Http(timeout=seconds, headers={"x-goog-api-key": self._key or "none"})
        self.throttle = Throttle()
        self.price = quote(self._model, settings.gemini_image_size)
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: GeminiSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        parameters = canonical_json(aspect_ratio=settings.gemini_aspect_ratio, image_size=settings.gemini_image_size)
        return PainterRecipe(kind="gemini", model=settings.gemini_model, parameters=parameters)

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Canvas:
        """The picture. Each take is another, as there are no seeds.

        Errors as in `frontispiece.painters.interface.Painter`.
        """
        await self.throttle.pass_through()
        began = time.monotonic()
        asked = {
            "contents": [{"role": "user", "parts": [{"text": encodable(prompt.text)}]}],
            "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": self._how},
        }
        answer = await pay(self._http, self._url, asked, max_bytes=int(BASE64 * self._max_bytes) + SIDES_BYTES)
        try:
            painted = read_painted(answer, self._key)
        except ProviderError as error:
            raise self.throttle.heed(error) from None
        dollars = usage_dollars(self._model, painted.usageMetadata)
        try:
            image = inline_picture(_picture(painted, self._key), self._max_bytes)
        except (Blocked, ProviderBroken) as error:
            if painted.usageMetadata is not None:
                error.charge = Charge(dollars=dollars, request_id=painted.responseId)
            raise
        return Canvas(
            image=image,
            model=self._model,
            seconds=round(time.monotonic() - began, 3),
            dollars=dollars,
            request_id=painted.responseId,
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def read_painted(answer: Answer, key: str = "") -> Painted:
    """An answer of the model's. Raises ProviderError."""
    if answer.status != 200:
        said = refusal(WHO, answer, key)
        # No billing account, or a country that is not served: every call would end so.
        is_for_all = "FAILED_PRECONDITION" in heard(answer.body).codes
        raise OutOfService(str(said)) if is_for_all else said
    try:
        painted = Painted.model_validate_json(clean(answer.body))
    except ValidationError:
        raise ProviderBroken("Google answered something that holds no picture.") from None
    if not painted.candidates and (status := heard(answer.body).status):  # a gateway tells of an error with status 200
        raise refusal(WHO, Answer(status, answer.headers, answer.body, answer.url), key)
    return painted


def _picture(painted: Painted, key: str) -> str:
    """The first picture, as base64. Raises Blocked and ProviderBroken."""
    if found := next((part.inlineData.data for part in painted.parts if part.inlineData), None):
        return found
    candidates = [each for each in painted.candidates or () if each]
    if painted.promptFeedback and painted.promptFeedback.blockReason:
        raise Blocked(f"Google blocks the prompt: {quoted(painted.promptFeedback.blockReason, key)}.")
    reasons = [each.finishReason for each in candidates if each.finishReason]
    words = [*(each.finishMessage for each in candidates), *(part.text for part in painted.parts)]
    said = quoted("; ".join([*reasons, *filter(None, words)]), key)
    if any(map(WITHHELD.fullmatch, reasons)):
        raise Blocked(f"Google withholds the picture: {said}.")
    raise ProviderBroken(f"Google's answer holds no picture{f': {said}' if said else ''}.")


def usage_dollars(model: str, usage: Usage | None) -> float | None:
    """The price of a call by its tokens; None where they, or the model's price, are unknown."""
    price = PRICES.get(model)
    if price is None or usage is None or usage.promptTokenCount is None:
        return None
    made = usage.candidatesTokenCount or 0  # a blocked prompt makes none
    of_picture = [each.tokenCount for each in usage.candidatesTokensDetails or () if each and each.modality == "IMAGE"]
    picture = min(made, sum(filter(None, of_picture))) if of_picture else made
    words_out = made - picture + (usage.thoughtsTokenCount or 0)
    cost = usage.promptTokenCount * price.words_in + words_out * price.words_out + picture * price.picture
    return cost / 1e6


def quote(model: str, size: str) -> float | None:
    """What a picture costs at most, but for a model that thinks at length; None where no list price covers it."""
    price = PRICES.get(model)
    if price is None or size not in price.tokens:
        return None
    words = WORDS_IN * price.words_in + WORDS_OUT * price.words_out
    return round((words + price.tokens[size] * price.picture) / 1e6, 6)
