"""Pictures by the models on fal.ai, through its queue: order, look, fetch, download.

fal's own client is not used: it orders up to ten times when a connection drops.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import ClassVar, Final

from pydantic import Field, SecretStr

from frontispiece.addresses import is_this_machine
from frontispiece.errors import ProviderBroken, ProviderUnavailable
from frontispiece.models import Paper, Prompt
from frontispiece.painters.by_ticket import SECONDS, ByTicket, Delivery, key_for
from frontispiece.painters.fal_answers import Recent, read_recent, read_result, read_standing, read_ticket
from frontispiece.painters.interface import Painted, Ticket
from frontispiece.providers.downloads import DownloadSettings
from frontispiece.providers.http import Lost, Unreached
from frontispiece.recipe import PainterRecipe, canonical_json

VENDOR_API: Final = "https://api.fal.ai"
ONCE: Final = {
    "x-app-fal-disable-fallback": "true",  # else another model may answer, and the catalog would lie
    "X-Fal-No-Retry": "1",
}
YOUNG = timedelta(seconds=60)
LEAST_AWAITED: Final = 6.0
FIRST_PAUSE, LAST_PAUSE = 2.0, 8.0

# fal's prices of November 2026, in dollars: by the megapixel, for a first one alone, and by the picture.
BY_MEGAPIXEL: Final[dict[str, float]] = {
    "fal-ai/flux/schnell": 0.003,
    "fal-ai/flux-2/klein/9b": 0.006,
    "fal-ai/qwen-image": 0.02,
}
FIRST_MEGAPIXEL: Final[dict[str, float]] = {"fal-ai/flux-2-pro": 0.03}
BY_PICTURE: Final[dict[str, float]] = {"fal-ai/nano-banana-2": 0.08, "fal-ai/recraft/v4": 0.25}


class FalSettings(DownloadSettings):
    """What the user may set."""

    secret_blocks: ClassVar = {"fal_key": "fal_secret_block"}

    fal_key: SecretStr | None = Field(None, validation_alias="FAL_KEY", description="key of fal.ai")
    fal_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of fal.ai, where FAL_KEY is not set"
    )
    fal_url: str = Field("https://queue.fal.run", description="address of fal's queue API")
    fal_api_url: str = Field(VENDOR_API, description="address of fal's platform API, asked about lost requests")
    fal_model: str = Field("fal-ai/flux/schnell", description="model on fal")
    fal_width: int = Field(384, ge=64, le=4096, description="width of fal's pictures, pixels")
    fal_height: int = Field(720, ge=64, le=4096, description="height of fal's pictures, pixels")
    fal_seed: int = Field(42, ge=0, description="seed of fal's pictures")


class FalQueue(ByTicket):
    """One model on fal. Raises BadInput when built without a key that is needed."""

    label = "fal"
    bills_no_failures = True

    def __init__(
        self,
        settings: FalSettings,
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        key = key_for(settings.fal_url, "FRONTISPIECE_FAL_URL", settings.fal_key, "FAL_KEY", "fal.ai")
        headers = {"Authorization": f"Key {key or 'none'}"}
        super().__init__(settings, settings.fal_url, key=key, headers=headers, seconds=seconds, sleep=sleep)
        self._model, self._seed = _model(settings), settings.fal_seed
        self._width, self._height = settings.fal_width, settings.fal_height
        # Whoever puts a local server in fal's place means the list of past requests as well.
        is_local = is_this_machine(self._url) and settings.fal_api_url == VENDOR_API
        self._list_url = self._url if is_local else settings.fal_api_url.rstrip("/")
        self.price = picture_dollars(self._model, self._width, self._height)
        self._parameters = _parameters(settings)
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: FalSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        return PainterRecipe(kind="fal", model=_model(settings), parameters=canonical_json(**_parameters(settings)))

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket:
        """Order the picture: one POST. Errors as in `frontispiece.painters.interface.Painter`."""
        return await self._order(
            f"{self._url}/{self._model}",
            {"prompt": prompt.text, **self._parameters, "seed": self._seed + take},
            lambda answer, sent_at: read_ticket(answer, sent_at, self._key),
            ONCE,
        )

    async def _delivered(self, ticket: Ticket, painted: Painted | None) -> Delivery:
        ended = await self._ended(ticket, lambda answer: read_standing(answer, self._key), painted)
        result = await self._look_until(
            ticket.response_url, lambda answer: read_result(answer, has_failed=ended.has_failed, key=self._key)
        )
        image = result.picture
        if image is None:
            raise ProviderBroken("fal's result holds no picture.")
        return Delivery(
            image.url,
            dollars=picture_dollars(self._model, image.width or self._width, image.height or self._height),
            seed=str(self._seed) if result.seed is None else result.told_seed,
            nsfw=result.nsfw,
        )

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """Look for the order among those that ended; a young one may still be under way, so look again a little later.

        None also when this key may not see the list. Raises ProviderUnavailable when the list cannot be read.
        """
        for pause in self._pauses(since):
            await self._sleep(pause)
            for item in await self._past(since):
                if self._is_of(item, prompt, take):
                    return self._ticket_of(item, since)
        return None

    def _pauses(self, since: datetime) -> Iterator[float]:
        """Before each look at the list, on which an order stands when it has ended, in twice its usual time at most."""
        yield 0.0
        is_young = datetime.now(UTC) - since < YOUNG
        waited, pause = 0.0, FIRST_PAUSE
        while is_young and waited < max(LEAST_AWAITED, 2 * self._usual):
            yield pause
            waited, pause = waited + pause, min(2 * pause, LAST_PAUSE)

    async def _past(self, since: datetime) -> list[Recent]:
        """The account's requests to this model that have ended since then."""
        try:
            answer = await self._api.get(
                f"{self._list_url}/v1/models/requests/by-endpoint",
                params={"endpoint_id": self._model, "start": since.astimezone(UTC).isoformat(), "expand": "payloads"},
            )
        except (Unreached, Lost) as error:
            raise ProviderUnavailable(f"fal's list of recent requests could not be read: {error}") from None
        return read_recent(answer, self._key)

    def _is_of(self, item: Recent, prompt: Prompt, take: int) -> bool:
        asked = item.json_input if isinstance(item.json_input, dict) else {}
        has_failed = item.status_code is not None and item.status_code >= 400
        return not has_failed and asked.get("prompt") == prompt.text and asked.get("seed") == self._seed + take

    def _ticket_of(self, item: Recent, since: datetime) -> Ticket:
        """The ticket as fal would have given it: its addresses drop what follows the app's name."""
        app = "/".join(self._model.split("/")[:2])
        place = f"{self._url}/{app}/requests/{item.request_id}"
        sent_at = item.sent_at or since
        return Ticket(
            request_id=item.request_id,
            status_url=f"{place}/status",
            response_url=place,
            sent_at=sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC),
        )


def picture_dollars(model: str, width: int, height: int) -> float | None:
    """The price of a picture, known before it is painted; megapixels (10^6 pixels) are rounded up."""
    megapixels = max(1, ceil(width * height / 1e6))
    if model in BY_MEGAPIXEL:
        return round(BY_MEGAPIXEL[model] * megapixels, 6)
    if model in FIRST_MEGAPIXEL:
        return FIRST_MEGAPIXEL[model] if megapixels == 1 else None
    return BY_PICTURE.get(model)


def _model(settings: FalSettings) -> str:
    return settings.fal_model.strip("/")


def _parameters(settings: FalSettings) -> dict[str, object]:
    """What is sent of a first take."""
    return {
        "seed": settings.fal_seed,
        "image_size": {"width": settings.fal_width, "height": settings.fal_height},
        "num_images": 1,
        "output_format": "png",
    }
