"""Which server speaks OpenAI's API, and by what key: the settings that its writer and its painter share."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from frontispiece.addresses import shown
from frontispiece.errors import BadInput
from frontispiece.settings import key_to_send

OFFICIAL_HOST: Final = "api.openai.com"
MAX_COMPLETION_TOKENS: Final = 600
"""The default; a recipe says so only where it is another, as recipes were before there was one."""


class OpenAISettings(BaseModel):
    """What goes for every call to the server."""

    secret_blocks: ClassVar = {"openai_api_key": "openai_secret_block"}

    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="key of OpenAI or of a compatible server"
    )
    openai_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of OpenAI, where OPENAI_API_KEY is not set"
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        validation_alias="OPENAI_BASE_URL",
        description="address of OpenAI or of a compatible server (Ollama, vLLM, llama.cpp, LM Studio)",
    )
    openai_max_completion_tokens: int = Field(
        MAX_COMPLETION_TOKENS,
        ge=16,
        description="most tokens that a chat model's answer may have and cost, reasoning included",
    )
    openai_seconds: float = Field(
        180.0,
        gt=0,
        le=86_400,
        description="seconds that a call may wait for the server's next byte; a slow local model needs more",
    )


@dataclass(frozen=True, slots=True)
class Server:
    """Where calls go, and by what key."""

    base_url: str
    host: str
    key: str


def chat_server(settings: OpenAISettings) -> Server:
    """That of the chat models. Raises BadInput for an address or key that cannot be."""
    return server_at(settings.openai_base_url, "OPENAI_BASE_URL", settings.openai_api_key, "OPENAI_API_KEY")


def server_at(base_url: str, address_name: str, key: SecretStr | None, key_name: str) -> Server:
    """A server by its settings, which are named. Raises BadInput for an address or key that cannot be."""
    place = origin_of(base_url)
    if place is None:
        raise BadInput(f"{address_name}: {shown(base_url)!r} is not the address of a server.")
    sent = key_to_send(key, key_name)
    if not sent and place[1] == OFFICIAL_HOST:
        raise BadInput(f"{key_name} is not set: put a key of OpenAI there, or name another {address_name}.")
    return Server(base_url, place[1], sent)


def origin_of(base_url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a server's address; None when it is none."""
    try:
        parts = urlsplit(base_url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def family(model: str) -> str:
    """A model's name without the date of its snapshot: gpt-4o-mini for gpt-4o-mini-2024-07-18."""
    return re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model)
