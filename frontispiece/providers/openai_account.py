"""Which server speaks OpenAI's API, and by what key: the settings that its writer and its painter share."""

import re
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


def host_and_key(settings: OpenAISettings) -> tuple[str, str]:
    """Of the server; raises BadInput for an address or key that cannot be."""
    try:
        parts = urlsplit(settings.openai_base_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"OPENAI_BASE_URL: {shown(settings.openai_base_url)!r} is not the address of a server.")
    key = key_to_send(settings.openai_api_key, "OPENAI_API_KEY")
    if not key and parts.hostname == OFFICIAL_HOST:
        raise BadInput("OPENAI_API_KEY is not set: put a key of OpenAI there, or name another OPENAI_BASE_URL.")
    return parts.hostname, key


def family(model: str) -> str:
    """A model's name without the date of its snapshot: gpt-4o-mini for gpt-4o-mini-2024-07-18."""
    return re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model)
