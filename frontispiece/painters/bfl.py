"""Pictures by Black Forest Labs' FLUX models, from their own API: order, look at the address that they give, download.

By docs.bfl.ai, as it was in autumn 2026: `docs/painters.md` names the pages.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from math import ceil
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, Field, JsonValue, SecretStr

from frontispiece.addresses import origin
from frontispiece.errors import Blocked, ProviderBroken
from frontispiece.models import Paper, Prompt
from frontispiece.painters.by_ticket import SECONDS, WAITING, ByTicket, Delivery, key_for, read_look, read_order
from frontispiece.painters.interface import Painted, Ticket
from frontispiece.providers.answers import OrNone
from frontispiece.providers.downloads import DownloadSettings
from frontispiece.providers.http import Answer
from frontispiece.recipe import PainterRecipe, canonical_json
from frontispiece.text import encodable, quoted

WHO: Final = "Black Forest Labs"
CREDIT = 0.01  # dollars
# Their prices of February 2026, in dollars: for the first megapixel and each further one, and by the picture.
BY_MEGAPIXEL: Final[dict[str, tuple[float, float]]] = {
    "flux-2-klein-4b": (0.014, 0.001),
    "flux-2-klein-9b": (0.015, 0.002),
    "flux-2-pro": (0.03, 0.015),
    "flux-2-max": (0.07, 0.03),
    "flux-2-flex": (0.05, 0.05),
}
BY_PICTURE: Final[dict[str, float]] = {"flux-pro-1.1": 0.04}


class BflSettings(DownloadSettings):
    """What the user may set."""

    secret_blocks: ClassVar = {"bfl_api_key": "bfl_secret_block"}

    bfl_api_key: SecretStr | None = Field(None, validation_alias="BFL_API_KEY", description="key of Black Forest Labs")
    bfl_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of Black Forest Labs, where BFL_API_KEY is not set"
    )
    bfl_url: str = Field(
        "https://api.bfl.ai", description="address of Black Forest Labs' API; https://api.eu.bfl.ai stays in the EU"
    )
    bfl_model: str = Field("flux-2-pro", pattern=r"^[A-Za-z0-9._-]+$", description="model of Black Forest Labs")
    bfl_width: int = Field(640, ge=64, le=4096, multiple_of=16, description="width of bfl's pictures, pixels")
    bfl_height: int = Field(1216, ge=64, le=4096, multiple_of=16, description="height of bfl's pictures, pixels")
    bfl_seed: int = Field(42, ge=0, description="seed of bfl's pictures")


class _Order(BaseModel):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", coerce_numbers_to_str=True)]
    polling_url: str
    cost: OrNone[Annotated[float, Field(ge=0, lt=10_000)]] = None


class Made(BaseModel):
    """What was made of an order."""

    sample: OrNone[str] = None
    seed: OrNone[int] = None


class _Standing(BaseModel):
    status: str
    result: OrNone[Made] = None
    details: JsonValue = None


class BlackForestLabs(ByTicket):
    """One of their models. Raises BadInput when built without a key that is needed."""

    label = WHO
    shortest_pause = 0.5  # as in the vendor's own examples
    hosts = ("*.bfl.ai",)

    def __init__(
        self,
        settings: BflSettings,
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        key = key_for(settings.bfl_url, "FRONTISPIECE_BFL_URL", settings.bfl_api_key, "BFL_API_KEY", WHO)
        super().__init__(
            settings, settings.bfl_url, key=key, headers={"x-key": key or "none"}, seconds=seconds, sleep=sleep
        )
        self._settings = settings
        self.price = list_dollars(settings.bfl_model, settings.bfl_width, settings.bfl_height)
        self.recipe = self.recipe_for(settings)
        self._costs: dict[str, float] = {}  # what they said of orders made by this process

    @staticmethod
    def recipe_for(settings: BflSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        return PainterRecipe(kind="bfl", model=settings.bfl_model, parameters=canonical_json(**_parameters(settings)))

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket:
        """Order the picture: one POST. Errors as in `frontispiece.painters.interface.Painter`."""
        asked = {
            "prompt": encodable(prompt.text),
            **_parameters(self._settings),
            "seed": self._settings.bfl_seed + take,
        }
        return await self._order(f"{self._url}/v1/{self._settings.bfl_model}", asked, self._ticket)

    def _ticket(self, answer: Answer, sent_at: datetime) -> Ticket:
        order = read_order(WHO, answer, _Order, self._key)
        if order.cost is not None:
            self._costs[order.id] = round(CREDIT * order.cost, 6)
        place = order.polling_url
        return Ticket(request_id=order.id, status_url=place, response_url=place, sent_at=sent_at)

    def _is_home(self, url: str) -> bool:
        """An order that was given to their common address is asked for at the one of the region that took it."""
        return super()._is_home(url) or (_is_theirs(self._url) and _is_theirs(url))

    async def _delivered(self, ticket: Ticket, painted: Painted | None) -> Delivery:
        made = await self._ended(ticket, lambda answer: read_made(answer, self._key), painted)
        seed = None if made.seed is None else str(made.seed)
        return Delivery(made.sample or "", dollars=self._costs.get(ticket.request_id, self.price), seed=seed)


def read_made(answer: Answer, key: str = "") -> Made | None:
    """What was made, by an answer to a look; None: nothing yet. Raises ProviderError."""
    standing = read_look(WHO, answer, _Standing, key)
    details = f": {quoted(str(standing.details), key)}" if standing.details else ""
    match standing.status.strip().upper():
        case state if state in WAITING:
            return None
        case "READY" if standing.result and standing.result.sample:
            return standing.result
        case "READY":
            raise ProviderBroken(f"{WHO}' result holds no picture.")
        case "REQUEST MODERATED" | "CONTENT MODERATED" as state:
            raise Blocked(f"{WHO} answered: {state.capitalize()}{details}.")
        case state:
            raise ProviderBroken(f"The job has failed: {quoted(state.capitalize(), key)}{details}.")


def list_dollars(model: str, width: int, height: int) -> float | None:
    """The list price of a picture; megapixels (10^6 pixels) are rounded up."""
    if (prices := BY_MEGAPIXEL.get(model)) is None:
        return BY_PICTURE.get(model)
    first, further = prices
    return round(first + further * (max(1, ceil(width * height / 1e6)) - 1), 6)


def _parameters(settings: BflSettings) -> dict[str, object]:
    """What is sent of a first take."""
    return {
        "width": settings.bfl_width,
        "height": settings.bfl_height,
        "seed": settings.bfl_seed,
        "output_format": "png",
    }


def _is_theirs(url: str) -> bool:
    return re.fullmatch(r"https://[a-z0-9.-]+\.bfl\.ai:443", origin(url)) is not None
