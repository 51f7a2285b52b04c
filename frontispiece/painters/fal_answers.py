"""What fal's queue answers, read from bytes: pure functions, no calls.

Shapes and quirks as seen in real answers: seeds beyond 64 bits, media types that lie, flags and timings that are
absent, error details that are a list, a string, or plain text.
"""

from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, JsonValue, ValidationError

from frontispiece.errors import (
    Blocked,
    InDoubt,
    NotAccepted,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Charge
from frontispiece.painters.interface import Ticket
from frontispiece.providers.answers import OrNone, clean, heard, unavailable
from frontispiece.providers.http import Answer, retry_after
from frontispiece.text import quoted

NO_MONEY = ("exhausted balance", "insufficient balance", "insufficient credits")
WAITING: Final = frozenset({"IN_QUEUE", "IN_PROGRESS", "QUEUED", "PENDING", "PROCESSING", "RUNNING"})
"""States of an order that is still to be done: fal's, and those of queues built like it. Any other is an end."""

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", coerce_numbers_to_str=True)]
_Pixels = OrNone[Annotated[int, Field(gt=0, lt=1_000_000)]]


class _Order(BaseModel):
    request_id: _Id
    status_url: str
    response_url: str


class Standing(BaseModel):
    """How an order stands."""

    status: str
    error: JsonValue = Field(default=None, description="present when the job has failed")

    @property
    def has_failed(self) -> bool:
        """Whether the order has ended in another way than by a picture."""
        return self.error is not None or self.status != "COMPLETED"


class Image(BaseModel):
    """One picture of a result. What `content_type` says is not always so, and not read."""

    url: str = Field(min_length=1)
    width: _Pixels = None
    height: _Pixels = None


class Result(BaseModel):
    """What the model made; some give one `image`."""

    images: OrNone[list[OrNone[Image]]] = None
    image: OrNone[Image] = None
    seed: JsonValue = None
    has_nsfw_concepts: OrNone[list[OrNone[bool]]] = None

    @property
    def picture(self) -> Image | None:
        """The first picture that is one."""
        return next(filter(None, self.images or ()), self.image)

    @property
    def told_seed(self) -> str | None:
        """The seed in decimal digits; None when it is odd."""
        seed = str(self.seed)
        return seed if not isinstance(self.seed, bool | float) and seed.isascii() and seed.isdecimal() else None

    @property
    def nsfw(self) -> bool | None:
        """Whether the safety checker flags it; None: unknown."""
        flags = [flag for flag in self.has_nsfw_concepts or () if flag is not None]
        return any(flags) if flags else None


class Recent(BaseModel):
    """One of the account's recent requests."""

    request_id: _Id
    sent_at: OrNone[datetime] = None
    status_code: OrNone[int] = None
    json_input: JsonValue = None


class RecentList(BaseModel):
    """The account's recent requests at one endpoint."""

    items: list[OrNone[Recent]]


def origin(url: str) -> str:
    """Scheme, host and port of an address, or "" when it is none, or carries a user name."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.hostname}:{port}" if plain and parts.hostname and port else ""


def read_ticket(answer: Answer, home: str, sent_at: datetime, key: str = "") -> Ticket:
    """The ticket in the answer to an order; its addresses must be of the origin `home`, which gets our key.

    Raises InDoubt when there is none to be had: the order may have been taken nevertheless; and what else an error in
    its place means.
    """
    try:
        order = _Order.model_validate_json(clean(answer.body))
    except ValidationError:
        if status := heard(answer.body).status:
            raise refusal(Answer(status, answer.headers, answer.body, answer.url), key) from None
        raise InDoubt("fal answered an order with something that is no ticket; it may have taken the order.") from None
    if {origin(order.status_url), origin(order.response_url)} != {home}:
        raise InDoubt(f"fal's ticket leads away from {home}, where our key must not go.")
    return Ticket(
        request_id=order.request_id, status_url=order.status_url, response_url=order.response_url, sent_at=sent_at
    )


def read_standing(answer: Answer, key: str = "") -> Standing | None:
    """How an order stands once it has ended; None before that. Raises ProviderError."""
    if not 200 <= answer.status < 300:
        raise _late(answer, key)
    try:
        standing = Standing.model_validate_json(clean(answer.body))
    except ValidationError:
        raise ProviderUnavailable("fal's answer about an order cannot be read.") from None
    standing.status = standing.status.strip().upper()
    return None if standing.status in WAITING else standing


def read_result(answer: Answer, *, has_failed: bool, key: str = "") -> Result | None:
    """The result of a completed job, or None when it is not there yet.

    Raises Blocked for a picture that is withheld, ProviderBroken for a job that failed (`has_failed` is what its
    status says) or made something else, and what else an answer means.
    """
    if answer.status == 400 and "in progress" in heard(answer.body).words.lower() and not has_failed:
        return None
    if answer.status != 200:
        late = _late(answer, key)
        if isinstance(late, ProviderUnavailable) and (has_failed or _is_own_end(answer)):
            failed = ProviderBroken(f"The job has failed: {late}")
            failed.charge = Charge(dollars=0.0)  # fal bills nothing for a 5xx
            raise failed
        raise late
    try:
        result = Result.model_validate_json(clean(answer.body))
    except ValidationError:
        raise ProviderUnavailable("fal's answer with a result cannot be read.") from None
    if result.nsfw:
        raise Blocked("fal's safety checker flags the picture and withholds it.")
    if result.picture is None:
        raise _no_picture(result, answer, key, has_failed)
    return result


def _no_picture(result: Result, answer: Answer, key: str, has_failed: bool) -> ProviderError:
    said = heard(answer.body)
    words = quoted(said.words, key)
    if said.status:  # a gateway tells of an error with status 200
        return _late(Answer(said.status, answer.headers, answer.body, answer.url), key)
    if has_failed or words:
        return ProviderBroken(f"The job has failed: {words}." if words else "The job has failed.")
    if {"images", "image"} & result.model_fields_set:
        return ProviderBroken("fal's result holds no picture.")
    return NotAccepted("fal's result is no picture's: FRONTISPIECE_FAL_MODEL must name a model that paints.")


def read_recent(answer: Answer, key: str = "") -> list[Recent]:
    """The account's recent requests; empty also when this server, or this key, has no such list."""
    if answer.status in (401, 403, 404, 405):
        return []
    if answer.status != 200:
        raise ProviderUnavailable(str(refusal(answer, key)), retry_after(answer, datetime.now(UTC)))
    try:
        return [item for item in RecentList.model_validate_json(clean(answer.body)).items if item]
    except ValidationError:
        raise ProviderUnavailable("fal's list of recent requests cannot be read.") from None


def _late(answer: Answer, key: str) -> ProviderError:
    """What an answer about an order that was taken means: fal forgets its orders after a while."""
    error = refusal(answer, key)
    return ProviderBroken(f"fal no longer knows the order: {error}") if answer.status in (404, 410) else error


def refusal(answer: Answer, key: str = "") -> ProviderError:
    """What an answer other than 2xx means."""
    status, heard_of = answer.status, heard(answer.body)
    words = quoted(heard_of.words, key)
    said = f"fal answered {status}: {words}." if words else f"fal answered {status}."
    if "content_policy_violation" in heard_of.codes:
        return Blocked(said)
    if status == 402 or any(sign in heard_of.words.lower() for sign in NO_MONEY):
        return OutOfService(f"The balance is used up: {said}")
    if status in (401, 403):
        return OutOfService(f"The key is refused: {said}")
    if status in (408, 429) or status >= 500:
        return unavailable(said, answer, datetime.now(UTC))
    return Rejected(said)


def _is_own_end(answer: Answer) -> bool:
    """Whether a 5xx tells of the job's own end (its worker died, it took too long), not of the queue's trouble."""
    return "x-fal-error-type" in answer.headers or b'"error_type"' in answer.body
