"""Who turns a prompt into a picture. A painter is one file, and an entry point in the group `frontispiece.painters`."""

from functools import cache

from frontispiece import registry
from frontispiece.errors import BadInput
from frontispiece.painters.interface import Painter
from frontispiece.settings import Settings


def open_painter(name: registry.PainterName, settings: Settings) -> Painter:
    """The painter of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Painter = registry.build(registry.PAINTERS, name, settings, Painter)
    return built


@cache
def draws_lines(name: str) -> bool:
    """Whether what that painter sends is line drawings, by its own word (`draws_lines`).

    False of one that says nothing, and of one that is not installed here.
    """
    try:
        return bool(getattr(registry.load(registry.PAINTERS, name), "draws_lines", False))
    except BadInput:
        return False
