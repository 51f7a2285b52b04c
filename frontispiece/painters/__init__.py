"""Who turns a prompt into a picture. A new painter is one file here, and its name and place below."""

import pkgutil
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:  # for names alone, such as those in `--help`, nothing of weight is loaded
    from frontispiece.painters.interface import Painter
    from frontispiece.recipe import PainterRecipe
    from frontispiece.settings import Settings

PainterName = Literal["lineart", "fal", "openai-images"]

# Places, not classes: a provider's library is imported only by who uses it.
PAINTERS: Final[dict[PainterName, str]] = {
    "lineart": "frontispiece.painters.lineart:LineArt",
    "fal": "frontispiece.painters.fal:FalQueue",
    "openai-images": "frontispiece.painters.openai_images:OpenAIImages",
}


def open_painter(name: PainterName, settings: "Settings") -> "Painter":
    """The painter of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Painter = pkgutil.resolve_name(PAINTERS[name])(settings)
    return built


def painter_recipe(name: PainterName, settings: "Settings") -> "PainterRecipe":
    """The recipe that the painter of that name would have. No key is needed."""
    recipe: PainterRecipe = pkgutil.resolve_name(PAINTERS[name]).recipe_for(settings)
    return recipe
