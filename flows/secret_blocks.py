"""Keys from Prefect's Secret blocks, for those that the environment does not give."""

from prefect.blocks.system import Secret
from pydantic import SecretStr

from frontispiece.errors import BadInput
from frontispiece.settings import Settings, variable


async def with_secrets(settings: Settings, only: str | None = None) -> Settings:
    """The settings with those missing keys that a block is named for, or with this one of them.

    Raises BadInput where there is no such block.
    """
    found = {
        key: await _load(variable(naming), getattr(settings, naming))
        for key, naming in settings.keys_in_blocks.items()
        if only in (None, key)
    }
    return settings.model_copy(update=found) if found else settings


async def _load(setting: str, name: str) -> SecretStr:
    try:
        block: Secret[str] = await Secret.aload(name, validate=False)
    except ValueError:
        raise BadInput(f"{setting}: this Prefect server has no Secret block named {name!r}.") from None
    return SecretStr(str(block.get()))
