"""What was published last: a few digests, so that the next publication finds what is new. All of it is derived."""

from datetime import date
from typing import Final

from pydantic import Field, ValidationError

from frontispiece.models import Value

MAX_MANIFEST: Final = 32_000_000


class Hung(Value):
    """A day as it was published."""

    digest: str = Field(description="of what its pages show and of how they are made")
    whole: bool = Field(description="whether no picture was missing")
    papers: int = Field(description="papers with pictures")
    pages: int = Field(description="how many pages it has")
    own: tuple[str, ...] = Field(default=(), description="papers whose own pages it has, by key")


class Manifest(Value):
    """The gallery as it was published."""

    id: str = Field(default="", description="the gallery's own name in its feeds, a UUID")
    site_url: str = Field(default="", description="the gallery's address, where it is known")
    front: str = Field(default="", description="digest of the pages that speak of all days")
    catalog: dict[str, str] = Field(default={}, description="by month, a mark of the catalog's files that were read")
    days: dict[date, Hung] = Field(default={})
    parts: dict[str, str] = Field(default={}, description="digests of the search index's parts, by first month")

    def to_bytes(self) -> bytes:
        """As stored."""
        return self.model_dump_json().encode()

    @classmethod
    def parse(cls, content: bytes | None) -> "Manifest":
        """The stored manifest; one that is missing or damaged is empty, so that everything is written again."""
        try:
            return cls.model_validate_json(content or b"{}")
        except ValidationError:
            return cls()
