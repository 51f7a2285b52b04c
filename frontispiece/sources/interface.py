"""What every source can do."""

from datetime import date
from typing import Final, Protocol, runtime_checkable

from pydantic import Field

from frontispiece.models import Paper, Value


class Listed(Value):
    """A source's answer: the papers, in its order, and what it had to leave out."""

    day: date = Field(description="the day that was listed")
    papers: tuple[Paper, ...]
    problems: tuple[str, ...] = Field(
        default=(),
        description="entries that could not be read, a sentence each: 20 at most, then a count",
    )


ARXIV_BEGAN: Final = date(1991, 8, 14), "arXiv's first day"


class Source(Protocol):
    """Lists the papers of a day, and finds single ones.

    All methods raise SourceUnavailable (worth a retry), SourceBroken, or BadInput (a date or id that cannot be).
    An empty answer means that the source truly has no papers, never that it could not be read.
    """

    begins: tuple[date, str]
    """The first day it can have, and what that is, such as: arXiv's first day."""
    has_votes: bool
    """Whether its papers come with votes."""
    has_categories: bool
    """Whether its lists are those of the categories of the settings, and not all there is."""

    @property
    def fingerprint(self) -> str:
        """What a list depends on besides its day: the address, the categories, the state of the file."""
        ...

    def newest_day(self, today: date) -> date:
        """The day that is meant when none is named; `today` is the current UTC date."""
        ...

    async def list_day(self, day: date) -> Listed:
        """All papers of one day, whatever their votes, each id once."""
        ...

    async def find(self, ids: tuple[str, ...]) -> Listed:
        """The papers with these ids (versions allowed), in this order; unknown ids are named in `problems`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Finite(Protocol):
    """A source that knows all the papers it will ever have: a file."""

    name: str
    """What it is called."""

    def ends(self) -> tuple[date, date]:
        """Its first and its last day with papers. Raises as `Source` does."""
        ...


@runtime_checkable
class OneAtATime(Protocol):
    """A source whose terms allow one request at a time, of all machines of one user together."""

    door: str
    """What sources that share such terms have in common."""
    spacing: float
    """Seconds from the end of a request to the next one."""
