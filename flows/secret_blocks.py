"""Keys from Prefect's Secret blocks, for those that the environment does not give."""

from typing import Final

from prefect.blocks.system import Secret
from pydantic import SecretStr

from tasks.errors import BadInput
from tasks.settings import Settings, variable

BLOCKS: Final = {
    "openai_api_key": "openai_secret_block",
    "fal_key": "fal_secret_block",
    "huggingface_token": "huggingface_secret_block",
}


async def with_secrets(settings: Settings) -> Settings:
    """The settings with those missing keys that a block is named for. Raises BadInput where there is no such block."""
    found = {
        key: await _load(variable(naming), name)
        for key, naming in BLOCKS.items()
        if getattr(settings, key) is None and (name := getattr(settings, naming))
    }
    return settings.model_copy(update=found) if found else settings


async def _load(setting: str, name: str) -> SecretStr:
    try:
        block: Secret[str] = await Secret.aload(name, validate=False)
    except ValueError:
        raise BadInput(f"{setting}: this Prefect server has no Secret block named {name!r}.") from None
    return SecretStr(str(block.get()))
