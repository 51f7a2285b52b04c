"""Pictures by the models on fal.ai, through its queue: order, look, fetch, download.

fal's own client is not used: it orders up to ten times when a connection drops.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import ClassVar, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from frontispiece.addresses import shown
from frontispiece.errors import (
    BadInput,
    Blocked,
    InDoubt,
    NotAccepted,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.painters.fal_answers import (
    Recent,
    Result,
    Standing,
    origin,
    read_recent,
    read_result,
    read_standing,
    read_ticket,
    refusal,
)
from frontispiece.painters.interface import Canvas, Painted, Ticket
from frontispiece.providers.downloads import DownloadSettings, download_picture, is_inline
from frontispiece.providers.http import Answer, Http, Lost, TooLarge, Unreached
from frontispiece.providers.throttle import Throttle
from frontispiece.recipe import PainterRecipe, canonical_json
from frontispiece.settings import key_to_send

VENDOR_API: Final = "https://api.fal.ai"
ONCE: Final = {
    "x-app-fal-disable-fallback": "true",  # else another model may answer, and the catalog would lie
    "X-Fal-No-Retry": "1",
}
SECONDS = 60.0
PATIENCE_SECONDS = 600.0
FAILED_LOOKS = 20
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
# Each pause is this part of the time that a job has taken so far, so that looking adds less than that to it.
SHARE, SHARE_UNKNOWN = 0.05, 0.3
USUAL_AT_MOST = 10.0
YOUNG = timedelta(seconds=60)
RECENT_PAUSES = (0.0, 2.0, 4.0)

T = TypeVar("T")
E = TypeVar("E", bound=ProviderError)


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


class FalQueue:
    """One model on fal. Raises BadInput when built without a key that is needed.

    `seconds` bounds each of its requests; `sleep` can be set, for tests.
    """

    label = "fal"
    paid = True
    is_ai = True

    def __init__(
        self,
        settings: FalSettings,
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._model, self._seed = _model(settings), settings.fal_seed
        self._width, self._height = settings.fal_width, settings.fal_height
        self._hosts = settings.picture_hosts
        self._max_bytes = 1_000_000 * settings.picture_megabytes
        self._url = settings.fal_url.rstrip("/")
        self._home = origin(self._url)
        self._key = _key(settings)
        # Whoever puts a local server in fal's place means the list of past requests as well.
        is_local = _is_local(self._url) and settings.fal_api_url == VENDOR_API
        self._list_url = self._url if is_local else settings.fal_api_url.rstrip("/")
        self._sleep = sleep
        self._usual = 0.0
        self.throttle = Throttle()
        self._api = Http(timeout=seconds, headers={"Authorization": f"Key {self._key or 'none'}"})
        self._media = Http(timeout=seconds)  # another one, so that the key never travels to a picture's host
        self.price = picture_dollars(self._model, self._width, self._height)
        self._parameters = _parameters(settings)
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: FalSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        return PainterRecipe(kind="fal", model=_model(settings), parameters=canonical_json(**_parameters(settings)))

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket | Canvas:
        """Order the picture: one POST. Errors as in `frontispiece.painters.interface.Painter`."""
        await self.throttle.pass_through()
        sent_at = datetime.now(UTC)
        try:
            answer = await self._api.post_json(
                f"{self._url}/{self._model}",
                {"prompt": prompt.text, **self._parameters, "seed": self._seed + take},
                headers=ONCE,
            )
        except Unreached as error:
            raise ProviderUnavailable(str(error)) from None
        except Lost as error:
            raise InDoubt(f"{error} It may have taken the order.") from None
        if not 200 <= answer.status < 300:
            raise self._heeded(refusal(answer, self._key))
        try:
            return read_ticket(answer, self._home, sent_at, self._key)
        except ProviderError as error:
            raise self._heeded(error) from None

    async def collect(self, ticket: Ticket, painted: Painted | None = None) -> Canvas:
        """Wait for the picture, ten minutes at most, and download it.

        A look that fails is repeated; when fal stays out of reach the ticket remains good for a later try. Errors about
        what was made say that it was paid for.
        """
        try:
            return await self._collect(ticket, painted)
        except (Blocked, ProviderBroken, Rejected) as error:
            error.charge = error.charge or Charge(dollars=self.price, request_id=ticket.request_id)
            raise

    async def _collect(self, ticket: Ticket, painted: Painted | None) -> Canvas:
        if {origin(ticket.status_url), origin(ticket.response_url)} != {self._home}:
            raise ProviderBroken(f"The ticket {ticket.request_id} leads away from {self._home}.")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                result = await self._result(ticket, painted)
        except TimeoutError:
            raise ProviderUnavailable("fal has not painted the picture within ten minutes.") from None
        image = result.picture
        if image is None:
            raise ProviderBroken("fal's result holds no picture.")
        content = await download_picture(self._media, image.url, self._hosts, self._max_bytes)
        return Canvas(
            image=content,
            model=self._model,
            seconds=round(_age(ticket), 3),
            dollars=picture_dollars(self._model, image.width or self._width, image.height or self._height),
            seed=str(self._seed) if result.seed is None else result.told_seed,
            url=None if is_inline(image.url) else image.url,
            request_id=ticket.request_id,
            nsfw=result.nsfw,
        )

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """Look for the order among those that ended; a young one may still be under way, so look again a little later.

        None also when this key may not see the list. Raises ProviderUnavailable when the list cannot be read.
        """
        for pause in RECENT_PAUSES if datetime.now(UTC) - since < YOUNG else RECENT_PAUSES[:1]:
            await self._sleep(pause)
            for item in await self._ended(since):
                if self._is_of(item, prompt, take):
                    return self._ticket_of(item, since)
        return None

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()
        await self._media.close()

    def _heeded(self, error: E) -> E:
        """The error, after it has moved the throttle."""
        if isinstance(error, OutOfService):
            self.throttle.shut(error)
        elif isinstance(error, ProviderUnavailable) and error.retry_after is not None:
            self.throttle.close_for(error.retry_after, str(error))
        return error

    async def _result(self, ticket: Ticket, painted: Painted | None) -> Result:
        looks = 0

        def standing(answer: Answer) -> Standing | None:
            nonlocal looks
            looks += 1
            return read_standing(answer, self._key)

        ended = await self._look_until(ticket.status_url, standing, since=_age(ticket), usual=self._usual)
        self._learn(_age(ticket), looks)
        if painted is not None:
            await painted()
        has_failed = ended.has_failed
        return await self._look_until(
            ticket.response_url, lambda answer: read_result(answer, has_failed=has_failed, key=self._key)
        )

    def _learn(self, seconds: float, looks: int) -> None:
        """Move the next orders' first look to just before pictures usually are ready."""
        # One look at an old order says nothing of how long it took.
        if looks > 1 or seconds < 2 * self._usual:
            self._usual += 0.3 * (min(0.9 * seconds, USUAL_AT_MOST) - self._usual)

    async def _look_until(
        self, url: str, read: Callable[[Answer], T | None], since: float = 0.0, usual: float = 0.0
    ) -> T:
        """Look at `url` until `read` makes something of an answer; None from it means: not yet.

        The job is `since` seconds old, and done after `usual` seconds, where that is known. A look that fails is only
        repeated, but so many failures in a row are raised as ProviderUnavailable.
        """
        share = SHARE if usual else SHARE_UNKNOWN
        failures, pause = 0, max(0.0, usual - since)
        while True:
            await self._sleep(pause)
            since += pause
            try:
                answer = await self._api.get(url, max_bytes=2 * self._max_bytes)  # a picture may come in it as base64
                found = read(answer)
            except TooLarge as error:
                raise NotAccepted(f"{error} FRONTISPIECE_PICTURE_MEGABYTES allows more.") from None
            except (Unreached, Lost, ProviderUnavailable) as error:
                failures += 1
                trouble = error if isinstance(error, ProviderUnavailable) else ProviderUnavailable(str(error))
                if failures >= FAILED_LOOKS:
                    raise trouble from None
                wait = self._heeded(trouble).retry_after or 0.0
            except ProviderError as error:
                raise self._heeded(error) from None
            else:
                if found is not None:
                    return found
                failures, wait = 0, 0.0
            pause = max(wait, SHORTEST_PAUSE, min(share * since, LONGEST_PAUSE))

    async def _ended(self, since: datetime) -> list[Recent]:
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


def _age(ticket: Ticket) -> float:
    return max(0.0, (datetime.now(UTC) - ticket.sent_at).total_seconds())


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _key(settings: FalSettings) -> str:
    """The key, or "" for a local server that needs none; raises BadInput."""
    key = key_to_send(settings.fal_key, "FAL_KEY")
    if not origin(settings.fal_url).startswith("http"):
        raise BadInput(f"FRONTISPIECE_FAL_URL: {shown(settings.fal_url)!r} is not the address of a server.")
    if not key and not _is_local(settings.fal_url):
        raise BadInput("FAL_KEY is not set: put a key of fal.ai there, or choose another painter.")
    return key
