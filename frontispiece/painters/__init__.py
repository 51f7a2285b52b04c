"""Who turns a prompt into a picture.

A painter is one file, and an entry point in the group `frontispiece.painters`.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

from frontispiece import registry

if TYPE_CHECKING:  # for names alone, such as those in `--help`, nothing of weight is loaded
    from frontispiece.painters.interface import Painter
    from frontispiece.recipe import PainterRecipe
    from frontispiece.settings import Settings

    PainterName: TypeAlias = str
else:
    PainterName = Literal[tuple(registry.registered(registry.PAINTERS))]


def open_painter(name: PainterName, settings: "Settings") -> "Painter":
    """The painter of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    from frontispiece.painters import interface

    built: Painter = registry.build(registry.PAINTERS, name, settings, interface.Painter)
    return built


def painter_recipe(name: PainterName, settings: "Settings") -> "PainterRecipe":
    """The recipe that the painter of that name would have: no key, no client, no network is needed."""
    provider: type[Painter] = registry.load(registry.PAINTERS, name)
    return provider.recipe_for(settings)
