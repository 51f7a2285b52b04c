"""The command that shows what is set."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, get_args

from deployments.exit_codes import Exit

if TYPE_CHECKING:
    from frontispiece.settings import Settings

INDENT: Final = "    "


def show_settings() -> int:
    """Print the settings in force: variable, value (secrets masked), where it comes from, meaning and choices."""
    from rich.console import Console
    from rich.text import Text

    from frontispiece.addresses import shown
    from frontispiece.settings import load_settings, variable
    from frontispiece.text import visible

    settings, console = load_settings(), Console()
    origins = _origins(settings)
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        said = visible(",".join(shown(str(each)) for each in values))
        origin = origins.get(name, "default")
        line = Text.assemble((variable(name), "bold"), f" = {said}", (f"  ({origin})", "dim"))
        console.print(line, highlight=False, soft_wrap=True)
        choices = ", ".join(_choices(field.annotation))
        meaning = Text(": ".join(filter(None, (field.description, choices)))).wrap(
            console, max(20, console.width - len(INDENT))
        )
        for part in meaning:
            console.print(Text(f"{INDENT}{part.plain.rstrip()}"), highlight=False, soft_wrap=True)
    return Exit.DONE


def _origins(settings: "Settings") -> dict[str, str]:
    """Where the values come from that are no defaults."""
    from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

    from frontispiece.settings import ENV_FILE, variable

    model = type(settings)
    found: dict[str, str] = {}
    for origin, source in ((ENV_FILE, DotEnvSettingsSource(model)), ("environment", EnvSettingsSource(model))):
        given = {each.lower() for each in source()}
        names = (name for name in model.model_fields if given & {name, variable(name).lower()})
        found |= dict.fromkeys(names, origin)
    return found | {key: f"block {getattr(settings, naming)}" for key, naming in settings.keys_in_blocks.items()}


def _choices(kind: Any) -> Iterator[str]:
    """The words to choose from, where there are only some."""
    for part in get_args(kind):
        if isinstance(part, str):
            yield part
        else:
            yield from _choices(part)
