"""What chat models answer and cost, by OpenAI's API and by the many servers that speak it.

Answers are read leniently: what makes no sense says nothing.
"""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from pydantic import BaseModel, Field, JsonValue, ValidationError

from frontispiece.errors import Blocked, NotAccepted, ProviderBroken
from frontispiece.models import Charge
from frontispiece.providers.answers import OrNone, clean, heard
from frontispiece.providers.openai_account import family
from frontispiece.providers.thoughts import without_thoughts
from frontispiece.text import quoted

if TYPE_CHECKING:  # the client is loaded when a provider is built
    from frontispiece.providers.openai_client import Reply

MAX_ANSWER_BYTES = 2_000_000

_REFUSAL = re.compile(
    r"^\W*(i['’]?m sorry|i am sorry|sorry,|i apologi[sz]e|as an ai\b|i(['’]m| am) (unable|not able)"
    r"|i (can['’]t|cannot|can not|won['’]t) (help|assist|create|generate|provide|write|comply|fulfil|do))",
    re.IGNORECASE,
)


class ChatPrice(NamedTuple):
    """Dollars per million tokens."""

    fresh: float
    cached: float
    out: float


PRICES: Final[dict[str, ChatPrice]] = {
    "gpt-4o-mini": ChatPrice(0.15, 0.075, 0.60),
    "gpt-4.1-mini": ChatPrice(0.40, 0.10, 1.60),
    "gpt-5.4-mini": ChatPrice(0.75, 0.075, 4.50),
    "gpt-5.6-luna": ChatPrice(0.20, 0.02, 1.20),
    "gpt-6-luna": ChatPrice(0.10, 0.01, 0.50),
    "gpt-6.1-terra": ChatPrice(1.00, 0.05, 5.00),
}
"""OpenAI's list of November 2026."""
FRAME_TOKENS = 16
"""What the service adds to a message, at most."""


_Count = OrNone[Annotated[int, Field(ge=0, lt=1_000_000_000)]]
# Reasons to end an answer before its end, by the words of various servers; any other reason is none.
_TOO_LONG: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_FILTERED: Final = frozenset({"content_filter", "safety", "sensitive", "prohibited_content"})
_BROKEN_OFF: Final = frozenset(
    {"error", "abort", "aborted", "cancel", "cancelled", "canceled", "timeout", "network_error"}
    | {"insufficient_system_resource"}
)


class _Message(BaseModel):
    content: JsonValue = None
    refusal: OrNone[str] = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: OrNone[str] = None
    error: JsonValue = None


class _InDetails(BaseModel):
    cached_tokens: _Count = None


class _Usage(BaseModel):
    prompt_tokens: _Count = None
    completion_tokens: _Count = None
    prompt_tokens_details: OrNone[_InDetails] = None


class _Completion(BaseModel):
    choices: OrNone[list[OrNone[_Choice]]]


class _Bill(BaseModel):
    """What an answer says of itself and its price, whatever else is in it. What makes no sense says nothing."""

    id: OrNone[Annotated[str, Field(coerce_numbers_to_str=True)]] = None
    model: OrNone[str] = None
    usage: OrNone[_Usage] = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What an answer says of itself and its price; None: it does not say."""

    model: str
    """By the service's own word, where it has one."""
    tokens_in: int | None
    tokens_cached: int | None
    tokens_out: int | None
    dollars: float | None
    request_id: str | None
    charge: Charge | None
    """What an answer of no use has cost, where it says anything of itself."""


def chat_dollars(model: str, tokens_in: int | None, tokens_cached: int | None, tokens_out: int | None) -> float | None:
    """The price of a chat call; `tokens_in` includes the cached ones. None when the price or a count is unknown."""
    price = PRICES.get(family(model))
    if price is None or tokens_in is None or tokens_out is None:
        return None
    cached = min(tokens_cached or 0, tokens_in)
    return ((tokens_in - cached) * price.fresh + cached * price.cached + tokens_out * price.out) / 1e6


def chat_quote(model: str, request: str, tokens_out: int, seen: int = 0) -> float | None:
    """What a chat call costs at most whose answer may have so many tokens, before it is made: for budgets.

    `seen` are the tokens that pictures beside the request count for.
    """
    # A token stands for one byte at least.
    return chat_dollars(model, len(request.encode("utf-8", "replace")) + FRAME_TOKENS + seen, 0, tokens_out)


def bill_of(reply: "Reply", asked: str, share: float = 1.0) -> Bill:
    """The bill in an answer of the model that was `asked`, at this share of the full price."""
    try:
        told = _Bill.model_validate_json(clean(reply.body))
    except ValidationError:  # no JSON object
        told = _Bill()
    usage, model = told.usage or _Usage(), quoted(told.model or "") or asked
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    # The model that answers may go by a name that no list knows; what was ordered has a price.
    priced = model if family(model) in PRICES else asked
    dollars = chat_dollars(priced, usage.prompt_tokens, cached, usage.completion_tokens)
    dollars = None if dollars is None else dollars * share
    request_id = reply.request_id or told.id
    charge = Charge(dollars=dollars, request_id=request_id) if told != _Bill() else None
    return Bill(model, usage.prompt_tokens, cached, usage.completion_tokens, dollars, request_id, charge)


def said_in(reply: "Reply") -> tuple[str, str | None]:
    """What an answer says, and why it ended there. Raises ProviderBroken, NotAccepted and Blocked."""
    choice = _choice(reply)
    said = _said(choice.message.content)
    if choice.message.refusal and not said.strip():
        raise Blocked(f"The chat model refuses this paper: {quoted(choice.message.refusal)}.")
    if choice.error:
        why = quoted(heard(json.dumps(choice.error).encode()).words) or "it does not say why"
        raise ProviderBroken(f"The chat model's answer broke off: {why}.")
    return said, choice.finish_reason


def _choice(reply: "Reply") -> _Choice:
    """The first choice that is one."""
    try:
        choices = _Completion.model_validate_json(clean(reply.body)).choices
    except ValidationError as error:
        if error.errors()[0]["type"] != "missing":  # a page of HTML, say
            raise ProviderBroken("The chat service answered something that is not a chat completion.") from None
        raise NotAccepted(
            "The chat service answers with something else than chat completions: check OPENAI_BASE_URL."
        ) from None
    choice = next(filter(None, choices or ()), None)
    if choice is None:
        raise ProviderBroken("The chat service answered with a chat completion that holds no answer.")
    return choice


def _said(content: JsonValue) -> str:
    """A message's text, whole or in parts; parts that are thoughts are left out."""
    match content:
        case str():
            return content
        case list():
            return "".join(_said(part) for part in content)
        case {"text": text, **rest} if rest.get("type") in (None, "text", "output_text"):
            return _said(text)
        case {"value": str() as text}:
            return text
        case _:
            return ""


def answer_text(content: str, finish_reason: str | None) -> str:
    """The answer alone, without thoughts and outer white space. Raises ProviderBroken or Blocked when it is none."""
    reason = (finish_reason or "").lower()
    if reason in _FILTERED:
        raise Blocked("The chat service's content filter holds the answer back.")
    if reason in _TOO_LONG:  # also when thoughts have taken all the room
        limit = "FRONTISPIECE_OPENAI_MAX_COMPLETION_TOKENS"
        raise ProviderBroken(f"The chat model's answer was cut off at its length limit: {limit} may be too low.")
    if reason in _BROKEN_OFF:
        raise ProviderBroken(f"The chat model's answer broke off: its service calls that {quoted(reason)}.")
    text = without_thoughts(content)
    if not text:
        raise ProviderBroken(f"The chat model {'thought, and ' if content.strip() else ''}answered nothing.")
    if _REFUSAL.match(text):
        raise Blocked(f"The chat model declines this paper: {quoted(text)}.")
    return text
