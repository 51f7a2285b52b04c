"""Picture prompts by a chat model, of OpenAI or of any server that speaks its API."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from pydantic import BaseModel, Field, JsonValue, ValidationError, field_validator

from frontispiece.errors import Blocked, NotAccepted, OutOfService, ProviderBroken, ProviderError, Rejected
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.providers.answers import OrNone, clean, heard
from frontispiece.providers.openai_account import MAX_COMPLETION_TOKENS, OpenAISettings, chat_server, family
from frontispiece.recipe import WriterRecipe, canonical_json, digest
from frontispiece.settings import Settings
from frontispiece.styles import template
from frontispiece.text import encodable, quoted
from frontispiece.writers.thoughts import without_thoughts

if TYPE_CHECKING:  # the client is loaded when a writer is built
    from frontispiece.providers.openai_client import ChatBody, Reply
    from frontispiece.providers.openai_errors import LimitName

MAX_PROMPT = 8_000
MAX_ANSWER_BYTES = 2_000_000

_REFUSAL = re.compile(
    r"^\W*(i['’]?m sorry|i am sorry|sorry,|i apologi[sz]e|as an ai\b|i(['’]m| am) (unable|not able)"
    r"|i (can['’]t|cannot|can not|won['’]t) (help|assist|create|generate|provide|write|comply|fulfil|do))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S*https?://\S+", re.IGNORECASE)


class ChatSettings(OpenAISettings, Settings):
    """What the user may set, and the style, which is for all writers."""

    openai_model: str = Field("gpt-4o-mini", description="chat model that writes prompts")
    openai_temperature: float | None = Field(
        0.8, ge=0, le=2, description="its temperature; 'none' sends no temperature"
    )
    openai_reasoning_effort: str | None = Field(
        None, description="its reasoning effort; gpt-6-luna takes a temperature only with the effort 'none'"
    )

    @field_validator("openai_temperature", mode="before")
    @classmethod
    def _no_temperature(cls, value: object) -> object:
        return None if isinstance(value, str) and value.lower() == "none" else value


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


class _Model(BaseModel):
    id: str
    shutdown_date: OrNone[date | datetime] = None


class _Models(BaseModel):
    data: list[OrNone[_Model]]


class OpenAIChat:
    """Asks a chat model, once a paper. Raises BadInput when built without a key that is needed.

    `seconds` bounds a call in total; None leaves that to the settings.
    """

    label = "OpenAI"
    paid = True

    def __init__(self, settings: ChatSettings, *, seconds: float | None = None) -> None:
        from frontispiece.providers.openai_client import OpenAIApi
        from frontispiece.writers.openai_batches import OpenAIBatches

        self._model = settings.openai_model
        self._temperature = settings.openai_temperature
        self._effort = settings.openai_reasoning_effort
        self.most_tokens = settings.openai_max_completion_tokens
        self._limit: LimitName = "max_completion_tokens"
        self._api = OpenAIApi(settings, chat_server(settings), seconds=seconds, max_bytes=MAX_ANSWER_BYTES)
        self.throttle = self._api.throttle
        self.batches = OpenAIBatches(self._api, self)
        self.recipe = self.recipe_for(settings)  # reads the style, once

    @staticmethod
    def recipe_for(settings: ChatSettings) -> WriterRecipe:
        """As in `frontispiece.writers.interface.Writer`."""
        sent: dict[str, object] = {
            "temperature": settings.openai_temperature,
            "reasoning_effort": settings.openai_reasoning_effort,
        }
        if settings.openai_max_completion_tokens != MAX_COMPLETION_TOKENS:
            sent["max_completion_tokens"] = settings.openai_max_completion_tokens
        return WriterRecipe(
            kind="openai",
            model=settings.openai_model,
            template=template(settings.style),
            parameters=canonical_json(**{name: value for name, value in sent.items() if value is not None}),
        )

    def request(self, paper: Paper) -> str:
        """The template with title and abstract in place."""
        # The fence is a digest of what it encloses, so that nothing inside can know it and close it.
        values = {
            "title": paper.title,
            "abstract": paper.abstract or paper.title,
            "fence": digest(paper.title, paper.abstract)[:16],
        }
        filled = re.sub(r"\{(title|abstract|fence)\}", lambda place: values[place[1]], self.recipe.template)
        return encodable(filled)

    def price(self, paper: Paper) -> float | None:
        """By the list, for the longest answer; None for a model that is not on it."""
        return chat_quote(self._model, self.request(paper), self.most_tokens)

    async def write(self, paper: Paper) -> Prompt:
        """One call, or another at once where the first is refused for a limit by a name that the server does not know.

        Errors as in `frontispiece.writers.interface.Writer`.
        """
        request, limit = self.request(paper), self._limit
        try:
            reply = await self._api.chat(self._body(request, limit))
        except Rejected as error:
            if limit == "max_tokens" or error.parameter != limit:
                raise
            self._limit = "max_tokens"
            reply = await self._api.chat(self._body(request, self._limit))
        return self.read(reply, request)

    def body(self, paper: Paper) -> Mapping[str, object]:
        """What `write` sends, to be sent by other means."""
        return self._body(self.request(paper), self._limit)

    def _body(self, request: str, limit: "LimitName") -> "ChatBody":
        """One user message; what is None is not sent."""
        body: ChatBody = {"model": self._model, "messages": [{"role": "user", "content": request}]}
        body[limit] = self.most_tokens
        if self._temperature is not None:
            body["temperature"] = self._temperature
        if self._effort is not None:
            body["reasoning_effort"] = self._effort  # type: ignore[typeddict-item] # any server's words
        return body

    def read(self, reply: "Reply", request: str, share: float = 1.0) -> Prompt:
        """The prompt in an answer to `request`, at this share of the full price.

        Raises ProviderBroken, NotAccepted and Blocked, with what was charged for the answer.
        """
        bill = _bill(reply)
        usage, model = bill.usage or _Usage(), quoted(bill.model or "") or self._model
        cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
        # The model that answers may go by a name that no list knows; what was ordered has a price.
        priced = model if family(model) in PRICES else self._model
        dollars = chat_dollars(priced, usage.prompt_tokens, cached, usage.completion_tokens)
        dollars = None if dollars is None else dollars * share
        request_id = reply.request_id or bill.id
        try:
            text = _text(reply)
        except (ProviderBroken, Blocked) as error:
            if bill != _Bill():
                error.charge = Charge(dollars=dollars, request_id=request_id)
            raise
        return Prompt(
            text=text,
            writer=self.recipe.kind,
            model=model,
            request=request,
            tokens_in=usage.prompt_tokens,
            tokens_cached=cached,
            tokens_out=usage.completion_tokens,
            request_id=request_id,
            seconds=round(reply.seconds, 3),
            dollars=dollars,
        )

    async def check(self) -> tuple[str, ...]:
        """Warns when the service says that the model is about to close. Raises OutOfService for a refused key."""
        try:
            models = _Models.model_validate_json(clean((await self._api.models()).body)).data
        except OutOfService:
            raise
        except (ProviderError, ValidationError):
            return ()
        closing = next((model.shutdown_date for model in models if model and model.id == self._model), None)
        if closing is None:
            return ()
        day = closing.astimezone(UTC).date() if isinstance(closing, datetime) else closing
        return (f"{self._model} closes on {day}: set FRONTISPIECE_OPENAI_MODEL to another.",)

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()


def chat_dollars(model: str, tokens_in: int | None, tokens_cached: int | None, tokens_out: int | None) -> float | None:
    """The price of a chat call; `tokens_in` includes the cached ones. None when the price or a count is unknown."""
    price = PRICES.get(family(model))
    if price is None or tokens_in is None or tokens_out is None:
        return None
    cached = min(tokens_cached or 0, tokens_in)
    return ((tokens_in - cached) * price.fresh + cached * price.cached + tokens_out * price.out) / 1e6


def chat_quote(model: str, request: str, tokens_out: int) -> float | None:
    """What a chat call costs at most whose answer may have so many tokens, before it is made: for budgets."""
    # A token stands for one byte at least.
    return chat_dollars(model, len(request.encode("utf-8", "replace")) + FRAME_TOKENS, 0, tokens_out)


def _bill(reply: "Reply") -> _Bill:
    """What can be read of it; an answer that is no JSON object says nothing."""
    try:
        return _Bill.model_validate_json(clean(reply.body))
    except ValidationError:
        return _Bill()


def _text(reply: "Reply") -> str:
    """The prompt in the answer, which is checked for shape and for refusals.

    Raises ProviderBroken, NotAccepted and Blocked.
    """
    choice = _choice(reply)
    said = _said(choice.message.content)
    if choice.message.refusal and not said.strip():
        raise Blocked(f"The chat model refuses this paper: {quoted(choice.message.refusal)}.")
    if choice.error:
        why = quoted(heard(json.dumps(choice.error).encode()).words) or "it does not say why"
        raise ProviderBroken(f"The chat model's answer broke off: {why}.")
    return prompt_text(said, choice.finish_reason)


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


def prompt_text(content: str, finish_reason: str | None) -> str:
    """The prompt in a model's answer, without thoughts and outer white space.

    Raises ProviderBroken or Blocked when it is none.
    """
    reason = (finish_reason or "").lower()
    if reason in _FILTERED:
        raise Blocked("The chat service's content filter holds the prompt back.")
    if reason in _TOO_LONG:  # also when thoughts have taken all the room
        limit = "FRONTISPIECE_OPENAI_MAX_COMPLETION_TOKENS"
        raise ProviderBroken(f"The chat model's answer was cut off at its length limit: {limit} may be too low.")
    if reason in _BROKEN_OFF:
        raise ProviderBroken(f"The chat model's answer broke off: its service calls that {quoted(reason)}.")
    text = without_thoughts(content)
    if not text:
        raise ProviderBroken(f"The chat model {'thought, and ' if content.strip() else ''}answered nothing.")
    if len(text) > MAX_PROMPT:
        raise ProviderBroken(f"The chat model's answer is no picture prompt: it has {len(text):,} characters.")
    if _REFUSAL.match(text):
        raise Blocked(f"The chat model declines this paper: {quoted(text)}.")
    if len(_ADDRESS.sub("", text)) < len(text) / 2:
        raise ProviderBroken("The chat model's answer is no picture prompt: it is a list of web addresses.")
    return text
