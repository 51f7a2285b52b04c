"""Answers of others as they come: bytes that are nearly JSON, side fields that make no sense, complaints of any shape.

What an answer is good for is decided by its goods alone. A side field (an id, a count, a flag) is judged by itself and
is unknown when odd: `OrNone`. What a service says of a failure is found wherever it stands: `heard`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from frontispiece.errors import Blocked, OutOfService, ProviderError, ProviderUnavailable, Rejected
from frontispiece.providers.http import MAX_WAIT, Answer, seconds_away
from frontispiece.text import quoted

T = TypeVar("T")

_JSON: Final[TypeAdapter[JsonValue]] = TypeAdapter(JsonValue)
MAX_WORDS = 4_000

_SIGN: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_XML_SIGN: Final = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xed[\xa0-\xbf][\x80-\xbf]|&#(x[0-9a-fA-F]{1,8}|[0-9]{1,8});"
)
# Where complaints keep their words, the plainest first.
_WORDS: Final = (
    *("message", "msg", "detail", "details", "error", "errors", "error_message", "error_description"),
    *("reason", "description", "title", "data"),
)
_CODES: Final = ("code", "type", "error_type", "status", "kind")
_STATUSES: Final = ("code", "status", "status_code", "statusCode")
_MEANT: Final = {
    "invalid_request_error": 400,
    **dict.fromkeys(("authentication_error", "invalid_api_key", "unauthorized", "unauthenticated"), 401),
    **dict.fromkeys(("insufficient_quota", "insufficient_credits", "billing_hard_limit_reached"), 402),
    **dict.fromkeys(("permission_error", "permission_denied", "forbidden"), 403),
    **dict.fromkeys(("not_found", "not_found_error", "model_not_found"), 404),
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "rate_limited", "resource_exhausted"), 429),
    **dict.fromkeys(("server_error", "internal_server_error", "internal_error", "api_error"), 500),
    **dict.fromkeys(("unavailable", "unavailable_error", "overloaded_error", "service_unavailable"), 503),
}


def _or_none(value: object, check: ValidatorFunctionWrapHandler) -> object:
    try:
        return check(value)
    except ValidationError:
        return None


OrNone = Annotated[T | None, WrapValidator(_or_none)]
"""A side field: None when it is not of this shape. As an item of a list it costs itself alone."""


def clean(body: bytes) -> bytes:
    """JSON without what no text can hold: halves of surrogate pairs, bytes that are no UTF-8, a byte order mark."""
    if b"\\ud" in body or b"\\uD" in body:
        body = _SIGN.sub(lambda sign: b"" if sign["half"] else sign[0], body)
    return body.decode("utf-8-sig", "ignore").encode()


def clean_xml(body: bytes) -> bytes:
    """XML in UTF-8 without signs that it must not hold: a single one makes parsers refuse the whole document."""
    return _XML_SIGN.sub(lambda sign: sign[0] if sign[1] and _is_of_xml(sign[1].decode()) else b"", body)


def _is_of_xml(number: str) -> bool:
    """Whether XML may refer to the sign of this number."""
    sign = int(number[1:], 16) if number[0] == "x" else int(number)
    return sign in (9, 10, 13) or 32 <= sign < 0xD800 or 0xE000 <= sign < 0xFFFE or 0x10000 <= sign < 0x110000


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an answer says of a failure."""

    words: str = ""
    codes: tuple[str, ...] = ()
    status: int | None = None
    """The HTTP status that it names in its body, or means by its codes."""
    parameter: str | None = None
    """What was wrong of the request, where it says so."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of a service behind a gateway; keys are in lower case."""


def heard(body: bytes) -> Complaint:
    """The complaint in an answer: nested or flat, one or a list, plain text or a page of HTML."""
    try:
        value = _JSON.validate_json(clean(body))
    except ValidationError:
        return Complaint(words=_plain(body))
    parts = list(_parts(value))
    codes = tuple(dict.fromkeys(code for part in parts for name in _CODES if isinstance(code := part.get(name), str)))
    said = next((str(part["param"]) for part in parts if isinstance(part.get("param"), str)), None)
    return Complaint(
        "; ".join(dict.fromkeys(_words(value))), codes, _status(parts, codes), said or None, _headers(parts)
    )


def _plain(body: bytes) -> str:
    """Text without the tags of a page."""
    text = body[:MAX_WORDS].decode("utf-8", "ignore")
    return re.sub(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)


def _parts(value: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """A complaint and what stands inside of it, from without inwards."""
    if isinstance(value, list):
        for each in value:
            yield from _parts(each)
    elif isinstance(value, dict):
        yield value
        for name in (*_WORDS, "metadata"):
            yield from _parts(value.get(name))


def _words(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, dict):
        yield from next(filter(None, (tuple(_words(value.get(name))) for name in _WORDS)), ())
        metadata = value.get("metadata")
        if isinstance(metadata, dict):  # what a gateway was told itself
            yield from _words(metadata.get("raw"))


def _status(parts: list[dict[str, JsonValue]], codes: tuple[str, ...]) -> int | None:
    for part in parts:
        for name in _STATUSES:
            said = str(part.get(name))
            if re.fullmatch("[45][0-9][0-9]", said):
                return int(said)
    return next((_MEANT[code.lower()] for code in codes if code.lower() in _MEANT), None)


def _headers(parts: list[dict[str, JsonValue]]) -> dict[str, str]:
    found = (part.get("headers") for part in parts)
    return {name.lower(): str(value) for each in found if isinstance(each, dict) for name, value in each.items()}


NO_MONEY: Final = ("exhausted balance", "insufficient balance", "insufficient credit")
BAD_KEY: Final = ("api key not valid", "api key expired")
_TOLD_WAIT: Final = re.compile(rb'"retryDelay":\s*"([0-9]{1,6})|"retry_after":\s*([0-9]{1,6})|resets in ~([0-9]{1,6})s')


def refusal(who: str, answer: Answer, key: str = "") -> ProviderError:
    """What an answer other than 2xx means, of services that name their refusals as most do."""
    status, heard_of = answer.status, heard(answer.body)
    words = quoted(heard_of.words, key)
    said = f"{who} answered {status}: {words}." if words else f"{who} answered {status}."
    if "content_policy_violation" in heard_of.codes:
        return Blocked(said)
    if status == 402 or any(sign in heard_of.words.lower() for sign in NO_MONEY):
        return OutOfService(f"The balance is used up: {said}")
    if status in (401, 403) or any(sign in heard_of.words.lower() for sign in BAD_KEY):
        return OutOfService(f"The key is refused: {said}")
    if status in (408, 429) or status >= 500:
        return unavailable(said, answer, datetime.now(UTC))
    return Rejected(said)


def unavailable(said: str, answer: Answer, now: datetime) -> ProviderUnavailable | OutOfService:
    """What an answer means that has nothing for us yet: a wait, or, when that is hours, the end of this run's calls.

    Some services tell of the wait in the body alone.
    """
    wait = seconds_away(answer, now)
    if wait is None and answer.status == 429 and (told := _TOLD_WAIT.search(answer.body[:MAX_WORDS])):
        wait = next(float(seconds) for seconds in told.groups() if seconds)
    if wait is None or wait <= MAX_WAIT:
        return ProviderUnavailable(said, wait)
    return OutOfService(f"Nothing more is to be had until {now + timedelta(seconds=wait):%Y-%m-%d %H:%M} UTC: {said}")
