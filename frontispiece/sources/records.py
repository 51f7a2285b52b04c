"""A paper as arXiv itself describes it: the shape that the snapshot and OAI-PMH's arXivRaw have in common."""

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, StringConstraints, TypeAdapter

from frontispiece.models import Listing, Paper
from frontispiece.providers.answers import OrNone, clean
from frontispiece.sources.ids import parse_id
from frontispiece.sources.reading import IdText, Line, Moment, Title
from frontispiece.sources.text import paper_line
from frontispiece.sources.withdrawn import is_withdrawn


def mail_date(text: object) -> datetime:
    """A date as mails write it, such as `Thu, 31 Oct 2024 17:42:09 GMT`. Raises ValueError."""
    if not isinstance(text, str) or len(text) > 64:
        raise ValueError("no date")
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise ValueError(f"{text!r} is no date") from None


class Version(BaseModel):
    """One version of a paper."""

    version: Annotated[str, StringConstraints(pattern=r"^v[1-9][0-9]{0,2}$")]
    created: Annotated[Moment, BeforeValidator(mail_date)]


_VERSIONS: Final = TypeAdapter(list[OrNone[Version]])


def _readable(versions: object) -> list[Version]:
    """The versions that can be read; version 1 tells when the paper was submitted."""
    readable = [version for version in _VERSIONS.validate_python(versions) if version]
    if not readable or readable[0].version != "v1":
        raise ValueError("version v1 is missing")
    return readable


class Record(BaseModel):
    """What arXiv says of a paper, as far as it matters here: its latest version, and when each was submitted."""

    id: IdText
    title: Title
    abstract: OrNone[Line] = None
    comments: OrNone[Line] = None
    authors: OrNone[Line] = None
    authors_parsed: OrNone[list[OrNone[list[OrNone[Line]]]]] = None
    categories: OrNone[Line] = None
    versions: Annotated[list[Version], BeforeValidator(_readable)]

    @classmethod
    def read(cls, line: bytes | str) -> Self:
        """The record in a line of JSON. Raises ValidationError."""
        return cls.model_validate_json(clean(line if isinstance(line, bytes) else line.encode("utf-8", "ignore")))

    @property
    def day(self) -> date:
        """UTC date of version 1."""
        return self.versions[0].created.date()

    def paper(self, source: str, rank: int, seen_at: datetime) -> Paper:
        """The paper, listed on its own day."""
        latest = self.versions[-1]
        return Paper(
            id=parse_id(self.id)[0],
            version=int(latest.version[1:]),
            title=self.title,
            abstract=self.abstract or "",
            authors=_authors(self),
            categories=tuple((self.categories or "").split()),
            published=self.day,
            updated=latest.created.date(),
            withdrawn=is_withdrawn(self.abstract or "", self.comments or ""),
            listing=Listing(source=source, day=self.day, rank=rank, seen_at=seen_at),
        )


def _authors(record: Record) -> tuple[str, ...]:
    """The names; `authors_parsed` has them as family name, first names, suffix, and perhaps affiliations."""
    rows = filter(None, record.authors_parsed or ())
    parsed = (" ".join(filter(None, [*author[1:2], *author[:1], *author[2:3]])) for author in rows)
    return tuple(filter(None, parsed)) or _split_authors(record.authors or "")


def _split_authors(text: str) -> tuple[str, ...]:
    """The names of `A. Uthor (Some University, Town), B. Other and C. Third`; affiliations are left out."""
    previous = None
    while text != previous:  # affiliations may stand inside of each other
        previous, text = text, re.sub(r"\([^()]*\)", " ", text)
    parts = re.split(r"[,;]|\band\b", text)
    return tuple(filter(None, (paper_line(part) for part in parts)))
