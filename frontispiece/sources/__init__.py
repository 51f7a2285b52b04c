"""Where papers come from. A source is one file, and an entry point in the group `frontispiece.sources`."""

from frontispiece import registry
from frontispiece.settings import Settings
from frontispiece.sources.interface import Source

EVERY_PAPER: registry.SourceName = "arxiv"
"""The source that is asked for papers which another one does not have."""


def open_source(name: registry.SourceName, settings: Settings) -> Source:
    """The source of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Source = registry.build(registry.SOURCES, name, settings, Source)
    return built
