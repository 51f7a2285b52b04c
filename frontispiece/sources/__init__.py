"""Where papers come from. A source is one file, and an entry point in the group `frontispiece.sources`."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from frontispiece import registry

if TYPE_CHECKING:  # for names alone, such as those in `--help`, nothing of weight is loaded
    from frontispiece.settings import Settings
    from frontispiece.sources.interface import Source

    SourceName: TypeAlias = str
else:
    SourceName = Literal[tuple(registry.registered(registry.SOURCES))]

EVERY_PAPER: SourceName = "arxiv"
"""The source that is asked for papers which another one does not have."""


def open_source(name: SourceName, settings: "Settings") -> "Source":
    """The source of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    from frontispiece.sources import interface

    built: Source = registry.build(registry.SOURCES, name, settings, interface.Source)
    return built
