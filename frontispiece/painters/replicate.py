"""Pictures by the models on Replicate, through its predictions: order, look, download.

By replicate.com's documents, as they were in autumn 2026: `docs/painters.md` names the pages.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, Field, JsonValue, SecretStr, TypeAdapter, ValidationError, field_validator

from frontispiece.errors import Blocked, NotAccepted, ProviderBroken, ProviderUnavailable
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.painters.by_ticket import SECONDS, WAITING, ByTicket, Delivery, key_for, read_look, read_order
from frontispiece.painters.interface import Painted, Ticket
from frontispiece.providers.answers import OrNone, clean, refusal
from frontispiece.providers.downloads import DownloadSettings
from frontispiece.providers.http import Answer, Lost, Unreached
from frontispiece.recipe import PainterRecipe, canonical_json
from frontispiece.text import encodable, quoted

WHO: Final = "Replicate"
# What replicate.com/pricing said in May 2026, in dollars by the picture; most other models are billed by the second.
BY_PICTURE: Final[dict[str, float]] = {
    "black-forest-labs/flux-schnell": 0.003,
    "black-forest-labs/flux-dev": 0.025,
}
USUAL: Final[dict[str, JsonValue]] = {"aspect_ratio": "9:16", "output_format": "png"}
ENDED_OTHERWISE: Final = ("failed", "canceled", "aborted")
PAGES: Final = 5
SLACK: Final = timedelta(minutes=2)
"""So much may clocks differ."""
_WITHHELD: Final = re.compile(r"nsfw|flagged as sensitive|content policy|safety (checker|filter)", re.IGNORECASE)
_OBJECT: Final[TypeAdapter[dict[str, JsonValue]]] = TypeAdapter(dict[str, JsonValue])


class ReplicateSettings(DownloadSettings):
    """What the user may set."""

    secret_blocks: ClassVar = {"replicate_api_token": "replicate_secret_block"}

    replicate_api_token: SecretStr | None = Field(
        None, validation_alias="REPLICATE_API_TOKEN", description="key of Replicate"
    )
    replicate_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of Replicate, where REPLICATE_API_TOKEN is not set"
    )
    replicate_url: str = Field("https://api.replicate.com", description="address of Replicate's API")
    replicate_model: str = Field(
        "black-forest-labs/flux-schnell",
        pattern=r"^[\w.-]+/[\w.-]+(:[0-9a-f]{64})?$",
        description="model on Replicate: owner/name, or owner/name:version",
    )
    replicate_input: str = Field(
        "",
        description="what else that model is given, as JSON, by its page on Replicate; left empty 9:16 and PNG",
    )
    replicate_seed: int | None = Field(
        42, ge=0, description="seed of Replicate's pictures; 'none' for a model that takes none"
    )

    @field_validator("replicate_seed", mode="before")
    @classmethod
    def _no_seed(cls, value: object) -> object:
        return None if isinstance(value, str) and value.lower() == "none" else value

    @field_validator("replicate_input")
    @classmethod
    def _some_object(cls, value: str) -> str:
        try:
            given = _input(value)
        except ValidationError:
            raise ValueError('that is no JSON object, such as {"aspect_ratio": "9:16"}') from None
        if taken := sorted({"prompt", "seed"} & given.keys()):
            raise ValueError(f"{taken[0]} is given by this program")
        return value


def _input(given: str) -> dict[str, JsonValue]:
    return _OBJECT.validate_json(given) if given else USUAL


class Prediction(BaseModel):
    """An order, however far it is."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    status: str
    model: OrNone[str] = None
    input: OrNone[dict[str, JsonValue]] = None
    output: JsonValue = None
    error: JsonValue = None
    urls: OrNone[dict[str, str]] = None
    created_at: OrNone[datetime] = None

    @property
    def picture(self) -> str | None:
        """The first file that it made."""
        made = self.output if isinstance(self.output, list) else [self.output]
        return next((each for each in made if isinstance(each, str) and each), None)


class Page(BaseModel):
    """A part of the list of all orders, the latest first."""

    results: list[OrNone[Prediction]]
    next: OrNone[str] = None


class Replicate(ByTicket):
    """One model on Replicate. Raises BadInput when built without a key that is needed."""

    label = WHO
    shortest_pause = 0.5  # as in the vendor's own examples
    hosts = ("replicate.delivery", "*.replicate.delivery")

    def __init__(
        self,
        settings: ReplicateSettings,
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        key = key_for(
            settings.replicate_url,
            "FRONTISPIECE_REPLICATE_URL",
            settings.replicate_api_token,
            "REPLICATE_API_TOKEN",
            WHO,
        )
        headers = {"Authorization": f"Bearer {key or 'none'}"}
        super().__init__(settings, settings.replicate_url, key=key, headers=headers, seconds=seconds, sleep=sleep)
        self._list = f"{self._url}/v1/predictions"
        self._model, self._seed = settings.replicate_model, settings.replicate_seed
        self._input = _input(settings.replicate_input)
        self.price = list_dollars(self._model, self._input.get("num_outputs", 1))
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: ReplicateSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        parameters = canonical_json(input=_input(settings.replicate_input), seed=settings.replicate_seed)
        return PainterRecipe(kind="replicate", model=settings.replicate_model, parameters=parameters)

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket:
        """Order the picture: one POST. Errors as in `frontispiece.painters.interface.Painter`."""
        given = {"input": {**self._input, **self._own(prompt, take)}}
        name, _, version = self._model.partition(":")
        if version:
            return await self._order(self._list, {"version": version, **given}, self._ticket)
        return await self._order(f"{self._url}/v1/models/{name}/predictions", given, self._ticket)

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """Look through the account's latest orders, as far back as that, and five hundred at most.

        None also when this key may not see the list. Raises ProviderUnavailable when it cannot be read.
        """
        own, name, where = self._own(prompt, take), self._model.partition(":")[0], self._list
        for _ in range(PAGES):
            page = await self._page(where)
            for each in filter(None, page.results):
                if each.created_at is not None and _in_utc(each.created_at) < since - SLACK:
                    return None
                is_ours = each.model == name and (each.input or {}).items() >= own.items()
                if is_ours and each.status not in ENDED_OTHERWISE:
                    return self._ticket_of(each, _in_utc(each.created_at or since))
            if not page.next or not self._is_home(page.next):
                break
            where = page.next
        return None

    async def _page(self, url: str) -> Page:
        try:
            return read_page(await self._api.get(url), self._key)
        except (Unreached, Lost) as error:
            raise ProviderUnavailable(f"Replicate's list of orders could not be read: {error}") from None

    def _own(self, prompt: Prompt, take: int) -> dict[str, JsonValue]:
        return {"prompt": encodable(prompt.text), **({} if self._seed is None else {"seed": self._seed + take})}

    def _ticket(self, answer: Answer, sent_at: datetime) -> Ticket:
        return self._ticket_of(read_order(WHO, answer, Prediction, self._key), sent_at)

    def _ticket_of(self, order: Prediction, sent_at: datetime) -> Ticket:
        place = (order.urls or {}).get("get") or f"{self._list}/{order.id}"
        return Ticket(request_id=order.id, status_url=place, response_url=place, sent_at=sent_at)

    async def _delivered(self, ticket: Ticket, painted: Painted | None) -> Delivery:
        made = await self._ended(ticket, lambda answer: read_made(answer, self._key), painted)
        seed = (made.input or {}).get("seed")
        return Delivery(
            made.picture or "",
            dollars=self.price,
            seed=str(seed) if isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 else None,
        )


def read_made(answer: Answer, key: str = "") -> Prediction | None:
    """An order with its picture, by an answer to a look; None: nothing yet. Raises ProviderError."""
    order = read_look(WHO, answer, Prediction, key)
    state, words = order.status.strip().upper(), quoted(str(order.error or ""), key)
    if state in WAITING:
        return None
    if state != "SUCCEEDED":
        said = f"Replicate's job is {quoted(state.lower(), key)}{f': {words}' if words else ''}."
        if _WITHHELD.search(words):
            raise Blocked(said)
        failed = ProviderBroken(said)
        if state == "ABORTED":  # before it began
            failed.charge = Charge(dollars=0.0, request_id=order.id)
        raise failed
    if order.picture is None and order.output:
        raise NotAccepted("Replicate's result is no picture's: FRONTISPIECE_REPLICATE_MODEL must name a painter.")
    if order.picture is None:
        raise ProviderBroken("Replicate's result holds no picture: it keeps them for an hour.")
    return order


def read_page(answer: Answer, key: str = "") -> Page:
    """A page of the list of orders; empty also when there is no such list for this key. Raises ProviderUnavailable."""
    if answer.status in (401, 403, 404, 405):
        return Page(results=[])
    if answer.status != 200:
        raise ProviderUnavailable(str(refusal(WHO, answer, key)))
    try:
        return Page.model_validate_json(clean(answer.body))
    except ValidationError:
        raise ProviderUnavailable("Replicate's list of orders cannot be read.") from None


def list_dollars(model: str, pictures: JsonValue = 1) -> float | None:
    """What so many pictures cost; None where no list price covers it."""
    price = BY_PICTURE.get(model)
    return None if price is None or not isinstance(pictures, int) else round(price * max(1, pictures), 6)


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
