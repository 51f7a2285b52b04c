"""What fal's queue answers, read from bytes: pure functions, no calls.

Shapes and quirks as seen in real answers: seeds beyond 64 bits, media types that lie, flags and timings that are
absent, error details that are a list, a string, or plain text.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field, JsonValue, ValidationError

from frontispiece.errors import Blocked, NotAccepted, ProviderBroken, ProviderError, ProviderUnavailable
from frontispiece.models import Charge
from frontispiece.painters.by_ticket import WAITING, late, read_look, read_order
from frontispiece.painters.interface import Ticket
from frontispiece.providers.answers import OrNone, clean, heard, refusal
from frontispiece.providers.http import Answer, retry_after
from frontispiece.text import quoted

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


def read_ticket(answer: Answer, sent_at: datetime, key: str = "") -> Ticket:
    """The ticket in the answer to an order. Raises what `read_order` does."""
    order = read_order("fal", answer, _Order, key)
    return Ticket(
        request_id=order.request_id, status_url=order.status_url, response_url=order.response_url, sent_at=sent_at
    )


def read_standing(answer: Answer, key: str = "") -> Standing | None:
    """How an order stands once it has ended; None before that. Raises ProviderError."""
    standing = read_look("fal", answer, Standing, key)
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
        error = late("fal", answer, key)
        if isinstance(error, ProviderUnavailable) and (has_failed or _is_own_end(answer)):
            failed = ProviderBroken(f"The job has failed: {error}")
            failed.charge = Charge(dollars=0.0)  # fal bills nothing for a 5xx
            raise failed
        raise error
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
        return late("fal", Answer(said.status, answer.headers, answer.body, answer.url), key)
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
        raise ProviderUnavailable(str(refusal("fal", answer, key)), retry_after(answer, datetime.now(UTC)))
    try:
        return [item for item in RecentList.model_validate_json(clean(answer.body)).items if item]
    except ValidationError:
        raise ProviderUnavailable("fal's list of recent requests cannot be read.") from None


def _is_own_end(answer: Answer) -> bool:
    """Whether a 5xx tells of the job's own end (its worker died, it took too long), not of the queue's trouble."""
    return "x-fal-error-type" in answer.headers or b'"error_type"' in answer.body
