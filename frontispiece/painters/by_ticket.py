"""What painters share whose pictures are ordered first and fetched later: order, look, download.

An order is one POST, sent once. Looks are free: one that fails is repeated. A key goes to the service's own address,
and never to the host of a picture.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from frontispiece.addresses import is_this_machine, origin, shown
from frontispiece.errors import (
    BadInput,
    Blocked,
    InDoubt,
    NotAccepted,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.painters.interface import Canvas, Painted, Ticket
from frontispiece.providers.answers import clean, heard, refusal
from frontispiece.providers.downloads import DownloadSettings, download_picture, is_inline
from frontispiece.providers.http import Answer, Http, Lost, TooLarge, Unreached
from frontispiece.providers.paying import pay
from frontispiece.providers.throttle import Throttle
from frontispiece.recipe import PainterRecipe
from frontispiece.settings import key_to_send

SECONDS = 60.0
PATIENCE_SECONDS = 600.0
FAILED_LOOKS = 20
LONGEST_PAUSE = 2.0
# Each pause is this part of the time that a job has taken so far, so that looking adds less than that to it.
SHARE, SHARE_UNKNOWN = 0.05, 0.3
USUAL_AT_MOST = 10.0
WAITING: Final = frozenset({"IN_QUEUE", "IN_PROGRESS", "QUEUED", "PENDING", "STARTING", "PROCESSING", "RUNNING"})
"""States of an order that is still to be done, of all services. Any other is an end."""

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a service says of a picture that is done. Field units as in `models.Painting`."""

    picture: str
    """Its address, or the picture itself as a data URI."""
    dollars: float | None
    seed: str | None = None
    nsfw: bool | None = None


class ByTicket(ABC):
    """What is left to say for such a painter is how it orders, and what the answers to its looks mean.

    `home` is the service's address; `hosts` are those that its own documents name for its pictures. `seconds` bounds
    each request, `patience` all the looks at an order; `sleep` can be set, for tests.
    """

    label: str
    recipe: PainterRecipe
    price: float | None
    paid: bool = True
    is_ai: ClassVar[bool] = True
    hosts: ClassVar[tuple[str, ...]] = ()
    shortest_pause: ClassVar[float] = 0.05
    """Seconds between two looks, at least."""
    bills_no_failures: ClassVar[bool] = False
    """Whether it is certain that an order answered with 500 or the like was not taken; 503 says so itself."""

    def __init__(
        self,
        settings: DownloadSettings,
        home: str,
        *,
        key: str = "",
        headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE_SECONDS,
        seconds: float = SECONDS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._url = home.rstrip("/")
        self._home = origin(self._url)
        self._key = key
        self._hosts = (*settings.picture_hosts, *self.hosts)
        self._max_bytes = 1_000_000 * settings.picture_megabytes
        self._patience = patience
        self._sleep = sleep
        self._usual = 0.0
        self.throttle = Throttle()
        self._api = Http(timeout=seconds, headers=headers)
        self._media = Http(timeout=seconds)  # another one, so that the key never travels to a picture's host

    @abstractmethod
    async def _delivered(self, ticket: Ticket, painted: Painted | None) -> Delivery:
        """Look until the order has ended, call `painted` then, and say what was made. Raises ProviderError."""

    async def collect(self, ticket: Ticket, painted: Painted | None = None) -> Canvas:
        """Wait for the picture, as long as patience lasts, and download it.

        A look that fails is repeated; when the service stays out of reach the ticket remains good for a later try.
        Errors about what was made say that it was paid for.
        """
        try:
            return await self._collect(ticket, painted)
        except (Blocked, ProviderBroken, Rejected) as error:
            error.charge = error.charge or Charge(dollars=self.price, request_id=ticket.request_id)
            raise

    async def _collect(self, ticket: Ticket, painted: Painted | None) -> Canvas:
        if not all(map(self._is_home, (ticket.status_url, ticket.response_url))):
            raise ProviderBroken(f"The ticket {ticket.request_id} leads away from {self._home}.")
        try:
            async with asyncio.timeout(self._patience):
                made = await self._delivered(ticket, painted)
        except TimeoutError:
            waited = f"{self._patience / 60:g} minutes"
            raise ProviderUnavailable(f"{self.label} has not painted the picture within {waited}.") from None
        return Canvas(
            image=await download_picture(self._media, made.picture, self._hosts, self._max_bytes),
            model=self.recipe.model,
            seconds=round(_age(ticket), 3),
            dollars=made.dollars,
            seed=made.seed,
            url=None if is_inline(made.picture) else made.picture,
            request_id=ticket.request_id,
            nsfw=made.nsfw,
        )

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """None: there is no list of past orders."""
        return None

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()
        await self._media.close()

    async def _order(
        self,
        url: str,
        body: Mapping[str, object],
        read: Callable[[Answer, datetime], Ticket],
        headers: Mapping[str, str] | None = None,
    ) -> Ticket:
        """The one POST. Errors as in `frontispiece.painters.interface.Painter`."""
        await self.throttle.pass_through()
        sent_at = datetime.now(UTC)
        answer = await pay(self._api, url, body, headers=headers)
        try:
            if not 200 <= answer.status < 300:
                raise self._refusal(answer)
            ticket = read(answer, sent_at)
        except ProviderError as error:
            raise self.throttle.heed(error) from None
        if not all(map(self._is_home, (ticket.status_url, ticket.response_url))):
            raise InDoubt(f"{self.label}'s ticket leads away from {self._home}, where our key must not go.")
        return ticket

    def _refusal(self, answer: Answer) -> ProviderError:
        """What the answer to an order means that is none."""
        error = refusal(self.label, answer, self._key)
        may_be_taken = isinstance(error, ProviderUnavailable) and answer.status >= 500 and answer.status != 503
        if may_be_taken and not self.bills_no_failures:
            return InDoubt(f"{error} It may have taken the order.")
        return error

    def _is_home(self, url: str) -> bool:
        """Whether our key may go there."""
        return origin(url) == self._home

    async def _ended(self, ticket: Ticket, read: Callable[[Answer], T | None], painted: Painted | None) -> T:
        """Look how the order stands until it has ended; None from `read` means: not yet."""
        looks = 0

        def counted(answer: Answer) -> T | None:
            nonlocal looks
            looks += 1
            return read(answer)

        ended = await self._look_until(ticket.status_url, counted, since=_age(ticket), usual=self._usual)
        self._learn(_age(ticket), looks)
        if painted is not None:
            await painted()
        return ended

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
                wait = self.throttle.heed(trouble).retry_after or 0.0
            except ProviderError as error:
                raise self.throttle.heed(error) from None
            else:
                if found is not None:
                    return found
                failures, wait = 0, 0.0
            pause = max(wait, self.shortest_pause, min(share * since, LONGEST_PAUSE))


def read_order(who: str, answer: Answer, model: type[M], key: str = "") -> M:
    """The answer to an order, as `model` has it.

    Raises InDoubt when it is none, since the order may have been taken nevertheless; and what else an error in its
    place means.
    """
    try:
        return model.model_validate_json(clean(answer.body))
    except ValidationError:
        if status := heard(answer.body).status:
            raise refusal(who, Answer(status, answer.headers, answer.body, answer.url), key) from None
        raise InDoubt(
            f"{who} answered an order with something that is no ticket; it may have taken the order."
        ) from None


def read_look(who: str, answer: Answer, model: type[M], key: str = "") -> M:
    """The answer to a look at an order, as `model` has it. Raises ProviderError."""
    if not 200 <= answer.status < 300:
        raise late(who, answer, key)
    try:
        return model.model_validate_json(clean(answer.body))
    except ValidationError:
        raise ProviderUnavailable(f"{who}'s answer about an order cannot be read.") from None


def late(who: str, answer: Answer, key: str = "") -> ProviderError:
    """What an answer about an order that was taken means: services forget their orders after a while."""
    error = refusal(who, answer, key)
    return ProviderBroken(f"{who} no longer knows the order: {error}") if answer.status in (404, 410) else error


def key_for(address: str, address_name: str, secret: SecretStr | None, key_name: str, of: str) -> str:
    """The key for a service at this address, or "" for a local server that needs none. Raises BadInput."""
    key = key_to_send(secret, key_name)
    if not origin(address).startswith("http"):
        raise BadInput(f"{address_name}: {shown(address)!r} is not the address of a server.")
    if not key and not is_this_machine(address):
        raise BadInput(f"{key_name} is not set: put a key of {of} there, or choose another painter.")
    return key


def _age(ticket: Ticket) -> float:
    return max(0.0, (datetime.now(UTC) - ticket.sent_at).total_seconds())
