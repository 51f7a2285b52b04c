"""What all sources share: types of an entry's fields, the list of what could not be read, and a look at addresses."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints, ValidationError

from frontispiece.addresses import shown
from frontispiece.errors import BadInput
from frontispiece.sources.ids import parse_id
from frontispiece.sources.text import paper_line
from frontispiece.text import quoted

MAX_PROBLEMS: Final = 20


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a time zone is taken for UTC. Raises ValueError outside of the calendar."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("no date of our calendar") from None


def _known_form(text: str) -> str:
    try:
        parse_id(text)
    except BadInput as error:
        raise ValueError(str(error)) from None
    return text


IdText = Annotated[str, AfterValidator(_known_form)]
"""An id that `parse_id` understands, perhaps with a version."""
Line = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(paper_line)]
"""Text of any kind, made one harmless line."""
Title = Annotated[Line, StringConstraints(min_length=1, max_length=1_000)]
"""A title; a paper without one cannot be illustrated."""
Moment = Annotated[datetime, AfterValidator(in_utc)]
"""A moment, in UTC."""


class Problems:
    """Entries that could not be read: the first of them a sentence each, the others counted."""

    def __init__(self) -> None:
        self.count = 0
        self._sentences: list[str] = []

    def add(self, entry: str, why: str) -> None:
        """`entry` says which one it is, in our words; `why` may quote the source."""
        self.count += 1
        if len(self._sentences) < MAX_PROBLEMS:
            self._sentences.append(f"{quoted(entry)}: {quoted(why)}.")

    def more(self, count: int) -> None:
        """So many others, of which nothing is known."""
        self.count += count

    def sentences(self) -> tuple[str, ...]:
        """At most 20 sentences, and one that counts the rest."""
        more = self.count - len(self._sentences)
        return (*self._sentences, f"And {more} more.") if more else tuple(self._sentences)


def reason(error: ValidationError) -> str:
    """The first of a model's complaints, in a few words."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if place else said


def checked_address(url: str, variable: str) -> str:
    """The address of a server, to which paths and queries can be added. Raises BadInput, naming the variable."""
    try:
        # Braces: libraries fill them in.
        fits = re.fullmatch(r"https?://[^\s{}?#]+", url) and urlsplit(url).hostname and urlsplit(url).port != 0
    except ValueError:
        fits = False
    if not fits:
        raise BadInput(f"{variable}: {shown(url)[:200]!r} is not the address of a server, such as https://example.org.")
    return url
