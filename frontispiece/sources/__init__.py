"""Where papers come from. A source is one file, and an entry point in the group `frontispiece.sources`."""

import asyncio

from frontispiece import registry
from frontispiece.dates import Days
from frontispiece.settings import Settings
from frontispiece.sources.interface import Finite, Source

EVERY_PAPER: registry.SourceName = "arxiv"
"""The source that is asked for papers which another one does not have."""


def categories_of(settings: Settings) -> tuple[str, ...]:
    """The categories that the lists of the chosen source are of; empty for one that lists all it has.

    Raises BadInput for a source that cannot be loaded.
    """
    return settings.categories if registry.load(registry.SOURCES, settings.source).has_categories else ()


def open_source(name: registry.SourceName, settings: Settings) -> Source:
    """The source of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Source = registry.build(registry.SOURCES, name, settings, Source)
    return built


async def days_known(source: Source) -> Days | None:
    """The days of which a file can tell what is listed on them; None for a source without ends. Raises as it does."""
    return Days(*await asyncio.to_thread(source.ends)) if isinstance(source, Finite) else None
