"""Who turns a paper into a picture prompt.

A writer is one file, and an entry point in the group `frontispiece.writers`.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

from frontispiece import registry

if TYPE_CHECKING:  # for names alone, such as those in `--help`, nothing of weight is loaded
    from frontispiece.recipe import WriterRecipe
    from frontispiece.settings import Settings
    from frontispiece.writers.interface import Writer

    WriterName: TypeAlias = str
else:
    WriterName = Literal[tuple(registry.registered(registry.WRITERS))]


def open_writer(name: WriterName, settings: "Settings") -> "Writer":
    """The writer of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    from frontispiece.writers import interface

    built: Writer = registry.build(registry.WRITERS, name, settings, interface.Writer)
    return built


def writer_recipe(name: WriterName, settings: "Settings") -> "WriterRecipe":
    """The recipe that the writer of that name would have: no key, no client, no network is needed."""
    provider: type[Writer] = registry.load(registry.WRITERS, name)
    return provider.recipe_for(settings)
