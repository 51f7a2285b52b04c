"""What the failures of a server that speaks OpenAI's API mean, in our own terms, and the failures with status 200."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, get_args

import httpx2  # openai's transport: bodies that break off raise its errors
import openai
from pydantic import BaseModel, JsonValue, ValidationError

from frontispiece.errors import (
    Blocked,
    InDoubt,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.network import why_unreached
from frontispiece.providers.answers import clean, heard, unavailable
from frontispiece.providers.http import Answer
from frontispiece.text import quoted

LimitName = Literal["max_completion_tokens", "max_tokens"]
"""What bounds the tokens of an answer; many servers know only the second, OpenAI's newer models only the first."""
LIBRARY_ERRORS: Final = (openai.APIError, httpx2.HTTPError, TimeoutError)
NOT_SENT: Final = (
    *(httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout),
    *(httpx2.ProxyError, httpx2.UnsupportedProtocol),
)
BLOCKED_CODES: Final = ("moderation_blocked", "content_filter", "content_policy_violation")
NO_MONEY_CODES: Final = ("insufficient_quota", "billing_hard_limit_reached")


def translate(error: Exception, what: str, key: str = "") -> ProviderError:
    """The library's error in our own terms; `what` begins the sentence, and `key` never appears in it."""
    if isinstance(error, openai.APIStatusError):
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        return complaint(Answer(error.status_code, headers, error.response.content, ""), what, key)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, NOT_SENT):
        return ProviderUnavailable(f"{what} could not be reached{f': {why}' if (why := why_unreached(cause)) else ''}.")
    if isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
        return InDoubt(f"{what} sent no whole answer in time; it may have done the work.")
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        return InDoubt(f"{what} broke the connection before its answer was whole; it may have done the work.")
    return ProviderBroken(f"{what} sent an answer that makes no sense.")


class _Envelope(BaseModel):
    error: JsonValue = None
    object: JsonValue = None
    choices: JsonValue = None
    data: JsonValue = None


def is_complaint(body: bytes) -> bool:
    """Whether an answer with status 200 is none: it tells of an error and brings nothing."""
    if b'"error"' not in body:  # a picture need not be parsed for that
        return False
    try:
        said = _Envelope.model_validate_json(clean(body))
    except ValidationError:
        return False
    return bool(said.error or said.object == "error") and not (said.choices or said.data)


def complaint(answer: Answer, what: str, key: str) -> ProviderError:
    """The error that an answer means which is a complaint. With status 200, the status is what the complaint says."""
    said = heard(answer.body)
    status = (said.status if answer.status == 200 else answer.status) or 0
    words = quoted(said.words, key)
    named = f"{what} answered {status or 'an error'}"
    behind = Answer(status, {**said.headers, **answer.headers}, answer.body, answer.url)
    failure = refusal(status, said.codes, f"{named}: {words}." if words else f"{named}.", behind)
    if isinstance(failure, Rejected):
        failure.parameter = said.parameter or next((name for name in get_args(LimitName) if name in said.words), None)
    return failure


def refusal(status: int, codes: Sequence[str | None], said: str, answer: Answer | None = None) -> ProviderError:
    """The error that an answer of this status and these codes means; `said` is its sentence.

    Without a status nobody can tell: ProviderBroken.
    """
    if any(code in NO_MONEY_CODES for code in codes) or status == 402:
        return OutOfService(f"The quota is used up: {said}")
    if any(code in BLOCKED_CODES for code in codes):
        return Blocked(said)
    if status in (401, 403):
        return OutOfService(f"The key is refused: {said}")
    if status in (408, 409, 429) or status >= 500:
        return unavailable(said, answer or Answer(status, {}, b"", ""), datetime.now(UTC))
    return Rejected(said) if status else ProviderBroken(said)
