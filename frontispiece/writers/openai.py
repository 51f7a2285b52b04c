"""Picture prompts by a chat model, of OpenAI or of any server that speaks its API."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError, field_validator

from frontispiece.errors import Blocked, OutOfService, ProviderBroken, ProviderError
from frontispiece.models import Paper, Prompt
from frontispiece.providers.answers import OrNone, clean
from frontispiece.providers.chat import MAX_ANSWER_BYTES, answer_text, bill_of, chat_quote, said_in
from frontispiece.providers.openai_account import MAX_COMPLETION_TOKENS, OpenAISettings, chat_server
from frontispiece.recipe import WriterRecipe, canonical_json, digest
from frontispiece.settings import Settings
from frontispiece.styles import template
from frontispiece.text import encodable

if TYPE_CHECKING:  # the client is loaded when a writer is built
    from frontispiece.providers.openai_client import ChatBody, Reply

MAX_PROMPT = 8_000

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
        request = self.request(paper)
        return self.read(await self._api.chat(self._body(request), self.most_tokens), request)

    def body(self, paper: Paper) -> Mapping[str, object]:
        """What `write` sends, to be sent by other means."""
        return self._api.bounded(self._body(self.request(paper)), self.most_tokens)

    def _body(self, request: str) -> "ChatBody":
        """One user message; what is None is not sent."""
        body: ChatBody = {"model": self._model, "messages": [{"role": "user", "content": request}]}
        if self._temperature is not None:
            body["temperature"] = self._temperature
        if self._effort is not None:
            body["reasoning_effort"] = self._effort  # type: ignore[typeddict-item] # any server's words
        return body

    def read(self, reply: "Reply", request: str, share: float = 1.0) -> Prompt:
        """The prompt in an answer to `request`, at this share of the full price.

        Raises ProviderBroken, NotAccepted and Blocked, with what was charged for the answer.
        """
        bill = bill_of(reply, self._model, share)
        try:
            text = prompt_text(*said_in(reply))
        except (ProviderBroken, Blocked) as error:
            error.charge = bill.charge
            raise
        return Prompt(
            text=text,
            writer=self.recipe.kind,
            model=bill.model,
            request=request,
            tokens_in=bill.tokens_in,
            tokens_cached=bill.tokens_cached,
            tokens_out=bill.tokens_out,
            request_id=bill.request_id,
            seconds=round(reply.seconds, 3),
            dollars=bill.dollars,
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


def prompt_text(content: str, finish_reason: str | None) -> str:
    """The prompt in a model's answer. Raises ProviderBroken or Blocked when it is none."""
    text = answer_text(content, finish_reason)
    if len(text) > MAX_PROMPT:
        raise ProviderBroken(f"The chat model's answer is no picture prompt: it has {len(text):,} characters.")
    if len(_ADDRESS.sub("", text)) < len(text) / 2:
        raise ProviderBroken("The chat model's answer is no picture prompt: it is a list of web addresses.")
    return text
