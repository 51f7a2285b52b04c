"""Who turns a paper into a picture prompt. A new writer is one file here, and its name and place below."""

import pkgutil
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:  # for names alone, such as those in `--help`, nothing of weight is loaded
    from frontispiece.recipe import WriterRecipe
    from frontispiece.settings import Settings
    from frontispiece.writers.interface import Writer

WriterName = Literal["template", "openai"]

# Places, not classes: a provider's library is imported only by who uses it.
WRITERS: Final[dict[WriterName, str]] = {
    "template": "frontispiece.writers.template:Template",
    "openai": "frontispiece.writers.openai:OpenAIChat",
}


def open_writer(name: WriterName, settings: "Settings") -> "Writer":
    """The writer of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Writer = pkgutil.resolve_name(WRITERS[name])(settings)
    return built


def writer_recipe(name: WriterName, settings: "Settings") -> "WriterRecipe":
    """The recipe that the writer of that name would have. No key is needed."""
    recipe: WriterRecipe = pkgutil.resolve_name(WRITERS[name]).recipe_for(settings)
    return recipe
