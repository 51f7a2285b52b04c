"""arXiv's metadata as one file: the snapshot that Kaggle offers, a part of it, or the sample that ships with us.

The format (https://www.kaggle.com/datasets/Cornell-University/arxiv) is one JSON object a line. The whole file has
some 5 GB, so it is read line by line, and a line is parsed only if a glance at its bytes makes it of interest.
"""

import asyncio
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Protocol, Self

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from tasks.errors import BadInput, SourceBroken, SourceUnavailable
from tasks.models import Listing, Paper
from tasks.recipe import digest
from tasks.settings import Settings
from tasks.sources.ids import parse_id
from tasks.sources.interface import Listed
from tasks.sources.reading import IdText, Line, Moment, Problems, Title, reason
from tasks.sources.text import one_line

MAX_LINE: Final = 1_000_000
"""Bytes; the longest lines of the real file, with thousands of authors, have some 200,000."""
GZIP_MAGIC: Final = b"\x1f\x8b"
ZIP_MAGIC: Final = b"PK\x03\x04"

# What the first glance finds. In JSON a quote inside of a text has a backslash, so no abstract can pass for these.
_GLANCE_ID: Final = re.compile(rb'\s*\{\s*"id"\s*:\s*"([^"\\]{1,40})"')
_GLANCE_V1: Final = re.compile(
    rb'"version"\s*:\s*"v1"\s*,\s*"created"\s*:\s*"[A-Z][a-z]{2}, ([0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}) [0-9:]{8} GMT"'
)


def _mail_date(text: object) -> datetime:
    """A date as mails write it, such as `Thu, 31 Oct 2024 17:42:09 GMT`. Raises ValueError."""
    if not isinstance(text, str) or len(text) > 64:
        raise ValueError("no date")
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise ValueError(f"{text!r} is no date") from None


class _Version(BaseModel):
    version: Annotated[str, StringConstraints(pattern=r"^v[1-9][0-9]{0,2}$")]
    created: Annotated[Moment, BeforeValidator(_mail_date)]


class _Row(BaseModel):
    """One line of the file, as far as it matters here."""

    id: IdText
    title: Title
    abstract: Line | None = None
    authors: Line | None = None
    authors_parsed: list[list[Line]] | None = None
    categories: Line | None = None
    versions: Annotated[list[_Version], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_version_1(self) -> Self:
        if self.versions[0].version != "v1":
            raise ValueError("version v1 is missing")
        return self

    @property
    def day(self) -> date:
        """UTC date of version 1."""
        return self.versions[0].created.date()

    def paper(self, rank: int, seen_at: datetime) -> Paper:
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
            listing=Listing(source="snapshot", day=self.day, rank=rank, seen_at=seen_at),
        )


class Snapshot:
    """A file in the Kaggle format, plain or compressed with gzip.

    A paper's day is the UTC date of its version 1, its place that in the file. Should an id stand there twice, as in
    two snapshots one behind the other, the later line counts, in the earlier one's place. Lines that cannot be read are
    skipped and named in `problems`. Raises BadInput when there is no such file.
    """

    def __init__(self, settings: Settings) -> None:
        self._path = settings.snapshot
        with self._opened():
            pass

    @property
    def fingerprint(self) -> str:
        """The file's place, size and time of change. Raises BadInput when it is gone."""
        with _file_errors(self._path):
            state = self._path.stat()
        return digest(str(self._path.resolve()), state.st_size, state.st_mtime_ns)

    def newest_day(self, today: date) -> date:
        """The newest day up to `today` with a paper: reads the file once, half a minute for the real one."""
        newest = date.min

        def may_be_newer(line: bytes) -> bool:
            day = _glance_day(line)
            return day is None or newest < day <= today

        for row in self._rows(may_be_newer, Problems()):
            if newest < row.day <= today:
                newest = row.day
        if newest == date.min:
            raise SourceBroken(f"{self._path} holds no paper up to {today}.")
        return newest

    async def list_day(self, day: date) -> Listed:
        """All papers whose version 1 is of this day, in the order of the file."""
        return await asyncio.to_thread(self._list_day, day)

    async def find(self, ids: tuple[str, ...]) -> Listed:
        """The papers with these ids, in the version the file describes, whichever was asked for."""
        return await asyncio.to_thread(self._find, ids)

    async def close(self) -> None:
        """Nothing stays open between two readings."""

    def _list_day(self, day: date) -> Listed:
        problems = Problems()
        rows = self._rows(lambda line: _glance_day(line) in (day, None), problems)
        found = {parse_id(row.id)[0]: row for row in rows if row.day == day}
        now = datetime.now(UTC)
        papers = tuple(row.paper(rank, now) for rank, row in enumerate(found.values()))
        return Listed(day=day, papers=papers, problems=problems.sentences())

    def _find(self, ids: tuple[str, ...]) -> Listed:
        wanted = list(dict.fromkeys(parse_id(text)[0] for text in ids))
        problems, now = Problems(), datetime.now(UTC)
        needles = {None, *wanted}
        rows = self._rows(lambda line: _glance_id(line) in needles, problems)
        found = {parse_id(row.id)[0]: row for row in rows}
        for paper_id in wanted:
            if paper_id not in found:
                problems.add(paper_id, f"not in {self._path.name}")
        papers = tuple(found[paper_id].paper(rank, now) for rank, paper_id in enumerate(wanted) if paper_id in found)
        return Listed(day=now.date(), papers=papers, problems=problems.sentences())

    def _rows(self, is_of_interest: Callable[[bytes], bool], problems: Problems) -> Iterator[_Row]:
        """The rows of interest. Raises SourceBroken when not a single line looks like one of a snapshot."""
        lines = 0
        for number, line in self._lines():
            lines += 1
            place = f"line {number:,} of {self._path.name}"
            if len(line) > MAX_LINE:
                problems.add(place, f"longer than {MAX_LINE:,} bytes")
            elif is_of_interest(line):
                try:
                    yield _Row.model_validate_json(line)
                except ValidationError as error:
                    problems.add(place, reason(error))
        if lines == problems.count:
            raise SourceBroken(f"{self._path} is no snapshot of arXiv: none of its {lines:,} lines is a paper.")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line that is not blank, with its number from 1; of a line that is too long only its beginning."""
        with self._opened() as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                rest = line
                while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_LINE + 1)
                if not line.isspace():
                    yield number, line

    @contextmanager
    def _opened(self) -> Iterator["_Lines"]:
        """The file, unpacked where its first bytes say that it is packed."""
        with _file_errors(self._path), self._path.open("rb") as file:
            magic = file.read(4)
            file.seek(0)
            if magic == ZIP_MAGIC:
                raise BadInput(f"FRONTISPIECE_SNAPSHOT: {self._path} is a zip archive; unpack it first.")
            if magic.startswith(GZIP_MAGIC):
                with gzip.open(file) as unpacked:
                    yield unpacked
            else:
                yield file


class _Lines(Protocol):
    def readline(self, size: int, /) -> bytes: ...


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """Errors of the file system in our own terms."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SourceBroken(f"{path} is a damaged gzip file, or was cut short; fetch it again.") from None
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"FRONTISPIECE_SNAPSHOT: there is no file {path}.") from None
    except (IsADirectoryError, PermissionError) as error:
        raise BadInput(f"FRONTISPIECE_SNAPSHOT: {path} cannot be read: {error.strerror}.") from None
    except OSError as error:
        raise SourceUnavailable(f"{path} cannot be read: {error.strerror}.") from None


def _glance_day(line: bytes) -> date | None:
    """The day of version 1, found without parsing; None when only parsing can tell."""
    match = _GLANCE_V1.search(line)
    return _day_of(match[1]) if match else None


def _glance_id(line: bytes) -> str | None:
    match = _GLANCE_ID.match(line)
    return match[1].decode("ascii", "replace") if match else None


@lru_cache(maxsize=50_000)
def _day_of(text: bytes) -> date | None:
    """The date of `31 Oct 2024`. All of arXiv has some 12,000 days, so each is read once."""
    try:
        return _mail_date(f"{text.decode()} 00:00:00 GMT").date()
    except ValueError:
        return None


def _authors(row: _Row) -> tuple[str, ...]:
    """The names; `authors_parsed` has them as family name, first names, suffix, and perhaps affiliations."""
    if row.authors_parsed:
        parsed = (" ".join(filter(None, [*author[1:2], *author[:1], *author[2:3]])) for author in row.authors_parsed)
        return tuple(filter(None, parsed))
    return _split_authors(row.authors or "")


def _split_authors(text: str) -> tuple[str, ...]:
    """The names of `A. Uthor (Some University, Town), B. Other and C. Third`; affiliations are left out."""
    previous = None
    while text != previous:  # affiliations may stand inside of each other
        previous, text = text, re.sub(r"\([^()]*\)", " ", text)
    parts = re.split(r"[,;]|\band\b", text)
    return tuple(filter(None, (one_line(part) for part in parts)))
