"""Who turns a paper into a prompt. A writer is one file, and an entry point in the group `frontispiece.writers`."""

from frontispiece import registry
from frontispiece.settings import Settings
from frontispiece.writers.interface import Writer


def open_writer(name: registry.WriterName, settings: Settings) -> Writer:
    """The writer of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Writer = registry.build(registry.WRITERS, name, settings, Writer)
    return built
