"""What fal's queue answers, read from bytes: pure functions, no calls.

Shapes and quirks as seen in real answers: seeds beyond 64 bits, media types that lie, flags and timings that are
absent, error details that are a list, a string, or plain text.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from frontispiece.errors import (
    Blocked,
    InDoubt,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Charge
from frontispiece.painters.interface import Ticket
from frontispiece.providers.http import Answer, retry_after
from frontispiece.text import quoted

NO_MONEY = ("exhausted balance", "insufficient balance", "insufficient credits")
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class _Order(BaseModel):
    request_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    status_url: str
    response_url: str


class Standing(BaseModel):
    """How an order stands."""

    status: Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    error: JsonValue = Field(default=None, description="present when the job has failed")


class Image(BaseModel):
    """One picture of a result. What `content_type` says is not always so, and not read."""

    url: str = Field(min_length=1)
    width: int | None = Field(default=None, gt=0)
    height: int | None = Field(default=None, gt=0)


class Result(BaseModel):
    """What the model made."""

    images: list[Image] = Field(min_length=1)
    seed: int | str | None = None
    has_nsfw_concepts: list[bool] | None = None


class Recent(BaseModel):
    """One of the account's recent requests."""

    request_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    sent_at: datetime | None = None
    status_code: int | None = None
    json_input: JsonValue = None


class RecentList(BaseModel):
    """The account's recent requests at one endpoint."""

    items: list[Recent]


def origin(url: str) -> str:
    """Scheme, host and port of an address, or "" when it is none, or carries a user name."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.hostname}:{port}" if plain and parts.hostname and port else ""


def read_ticket(answer: Answer, home: str, sent_at: datetime) -> Ticket:
    """The ticket in the answer to an order; its addresses must be of the origin `home`, which gets our key.

    Raises InDoubt when there is none to be had: the order may have been taken nevertheless.
    """
    try:
        order = _Order.model_validate_json(answer.body)
    except ValidationError:
        raise InDoubt("fal answered an order with something that is no ticket; it may have taken the order.") from None
    if {origin(order.status_url), origin(order.response_url)} != {home}:
        raise InDoubt(f"fal's ticket leads away from {home}, where our key must not go.")
    return Ticket(
        request_id=order.request_id, status_url=order.status_url, response_url=order.response_url, sent_at=sent_at
    )


def read_standing(answer: Answer, key: str = "") -> Standing | None:
    """How an order stands once it is completed; None before that. Raises ProviderError."""
    if not 200 <= answer.status < 300:
        raise _late(answer, key)
    try:
        standing = Standing.model_validate_json(answer.body)
    except ValidationError:
        raise ProviderUnavailable("fal's answer about an order cannot be read.") from None
    return standing if standing.status == "COMPLETED" else None


def read_result(answer: Answer, *, has_failed: bool, key: str = "") -> Result | None:
    """The result of a completed job, or None when it is not there yet.

    Raises Blocked for a picture that is withheld, ProviderBroken for a job that failed (`has_failed` is what its
    status says) or made something else, and what else an answer means.
    """
    if answer.status == 400 and "in progress" in _details(answer)[1].lower():
        return None
    if answer.status != 200:
        late = _late(answer, key)
        if isinstance(late, ProviderUnavailable) and (has_failed or _is_own_end(answer)):
            failed = ProviderBroken(f"The job has failed: {late}")
            failed.charge = Charge(dollars=0.0)  # fal bills nothing for a 5xx
            raise failed
        raise late
    try:
        result = Result.model_validate_json(answer.body)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise ProviderUnavailable("fal's answer with a result cannot be read.") from None
        raise ProviderBroken("fal's result holds no picture.") from None
    if any(result.has_nsfw_concepts or ()):
        raise Blocked("fal's safety checker flags the picture and withholds it.")
    return result


def read_recent(answer: Answer, key: str = "") -> list[Recent]:
    """The account's recent requests; empty also when this server, or this key, has no such list."""
    if answer.status in (401, 403, 404, 405):
        return []
    if answer.status != 200:
        raise ProviderUnavailable(str(refusal(answer, key)), retry_after(answer, datetime.now(UTC)))
    try:
        return RecentList.model_validate_json(answer.body).items
    except ValidationError:
        raise ProviderUnavailable("fal's list of recent requests cannot be read.") from None


def _late(answer: Answer, key: str) -> ProviderError:
    """What an answer about an order that was taken means: fal forgets its orders after a while."""
    error = refusal(answer, key)
    return ProviderBroken(f"fal no longer knows the order: {error}") if answer.status in (404, 410) else error


def refusal(answer: Answer, key: str = "") -> ProviderError:
    """What an answer other than 2xx means."""
    status = answer.status
    kinds, words = _details(answer)
    said = f"fal answered {status}: {quoted(words, key)}." if words else f"fal answered {status}."
    if "content_policy_violation" in kinds:
        return Blocked(said)
    if status == 402 or any(sign in words.lower() for sign in NO_MONEY):
        return OutOfService(f"The balance is used up: {said}")
    if status in (401, 403):
        return OutOfService(f"The key is refused: {said}")
    if status in (408, 429) or status >= 500:
        return ProviderUnavailable(said, retry_after(answer, datetime.now(UTC)))
    return Rejected(said)


def _is_own_end(answer: Answer) -> bool:
    """Whether a 5xx tells of the job's own end (its worker died, it took too long), not of the queue's trouble."""
    return "x-fal-error-type" in answer.headers or bool(_details(answer)[0])


def _details(answer: Answer) -> tuple[tuple[str, ...], str]:
    """The kinds of error that an answer names, and its words."""
    try:
        body = _JSON.validate_json(answer.body)
    except ValidationError:
        is_text = answer.headers.get("content-type", "").startswith("text/plain")
        return (), answer.body[:1000].decode("utf-8", "replace") if is_text else ""
    if not isinstance(body, Mapping):
        return (), ""
    detail = body.get("detail") or body.get("error") or body.get("message")
    entries = detail if isinstance(detail, list) else [detail]
    kinds = [entry.get("type") for entry in entries if isinstance(entry, Mapping)] + [body.get("error_type")]
    words = [entry.get("msg") or entry.get("message") if isinstance(entry, Mapping) else entry for entry in entries]
    return tuple(str(kind) for kind in kinds if kind), "; ".join(str(word) for word in words if word)
