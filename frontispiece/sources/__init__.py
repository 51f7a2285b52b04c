"""Where papers come from. A new source is one file here, and its name and place below."""

import pkgutil
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:  # for names alone, such as those in `--help`, nothing of weight is loaded
    from frontispiece.settings import Settings
    from frontispiece.sources.interface import Source

SourceName = Literal["snapshot", "arxiv", "arxiv-oai", "huggingface"]

# Places, not classes: a provider's library is imported only by who uses it.
SOURCES: Final[dict[SourceName, str]] = {
    "snapshot": "frontispiece.sources.snapshot:Snapshot",
    "arxiv": "frontispiece.sources.arxiv:ArxivApi",
    "arxiv-oai": "frontispiece.sources.arxiv_oai:ArxivOai",
    "huggingface": "frontispiece.sources.huggingface:HuggingFace",
}


def open_source(name: SourceName, settings: "Settings") -> "Source":
    """The source of that name. Raises BadInput when its settings are incomplete, such as a missing key."""
    built: Source = pkgutil.resolve_name(SOURCES[name])(settings)
    return built
