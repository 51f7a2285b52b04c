"""Who turns a prompt into a picture. A painter is one file, and an entry point in the group `frontispiece.painters`."""

from frontispiece import registry
from frontispiece.painters.interface import Painter
from frontispiece.settings import Settings


def open_painter(name: registry.PainterName, settings: Settings) -> Painter:
    """The painter of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Painter = registry.build(registry.PAINTERS, name, settings, Painter)
    return built
