"""The snapshot's file, line by line: opened whatever its form, bounded, and known by a glance at its bytes."""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from frontispiece.errors import BadInput, SourceBroken, SourceUnavailable
from frontispiece.sources.records import mail_date

MAX_LINE: Final = 1_000_000
"""Bytes; the longest lines of the real file, with thousands of authors, have some 200,000."""
GZIP_MAGIC: Final = b"\x1f\x8b"
ZIP_MAGIC: Final = b"PK\x03\x04"

_GLANCE_ID: Final = re.compile(rb'\s*\{\s*"id"\s*:\s*"([^"\\]{1,40})"')

_KEY: Final = b'versions"'
_GLANCE_DAY: Final = re.compile(
    rb'"versions"\s*+:\s*+\[\s*+\{\s*+"version"\s*+:\s*+"v1"\s*+,\s*+"created"\s*+:\s*+'
    rb'"[A-Z][a-z]{2}, ([0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}) [0-9:]{8} GMT"\s*+\}'
)
_ESCAPED_LETTER: Final = re.compile(rb"\\u00[67]")


class Place(NamedTuple):
    """A line's place in the file: its number from 1, and the offset and the number of its bytes."""

    number: int
    offset: int
    size: int


class Readable(Protocol):
    """An opened file, plain or packed."""

    def readline(self, size: int, /) -> bytes:
        """At most so many bytes of a line."""
        ...

    def read(self, size: int, /) -> bytes:
        """At most so many bytes."""
        ...

    def seek(self, offset: int, /) -> int:
        """Go on at this place of the unpacked bytes."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[Readable]:
    """The file, unpacked where its first bytes say that it is packed. Raises as `file_errors`."""
    if path.exists() and not path.is_file() and not path.is_dir():  # it might never end
        raise BadInput(f"FRONTISPIECE_SNAPSHOT: {path} is no plain file.")
    with file_errors(path), path.open("rb", buffering=1 << 20) as file:
        magic = file.read(4)
        file.seek(0)
        if magic == ZIP_MAGIC:
            raise BadInput(f"FRONTISPIECE_SNAPSHOT: {path} is a zip archive; unpack it first.")
        if magic.startswith(GZIP_MAGIC):
            with gzip.open(file) as unpacked:
                yield unpacked
        else:
            yield file


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Errors of the file system in our own terms: BadInput, SourceBroken or SourceUnavailable."""
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


def lines(file: Readable) -> Iterator[tuple[Place, bytes]]:
    """Each line that is not blank, and its place; of a line that is too long only its beginning."""
    number, offset = 0, 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        size = len(line)
        if size > MAX_LINE:
            rest = line
            while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
                rest = file.readline(MAX_LINE + 1)
                size += len(rest)
        if not line.isspace():
            yield Place(number, offset, size), line
        offset += size


def glance_day(line: bytes) -> date | None:
    """The day of version 1, found without parsing; None when only parsing can tell, or when there is none.

    A line that is a paper has this day; a line that has one may still fail to be a paper. The key is found once, with
    its quote, which inside of a text has a backslash before it: so no abstract can pass for it, and were it the key of
    an inner object, the paper itself would have no versions. Nor is there another key, spelled with escapes.
    """
    key = line.find(_KEY) - 1
    match = _GLANCE_DAY.match(line, key) if key > 0 else None
    if match is None or line.find(_KEY, match.end()) >= 0 or _ESCAPED_LETTER.search(line):
        return None
    return _day_of(match[1])


def glance_id(line: bytes) -> str | None:
    """The id, when the line begins with it as usual."""
    match = _GLANCE_ID.match(line)
    return match[1].decode("ascii", "replace") if match else None


@lru_cache(maxsize=50_000)
def _day_of(text: bytes) -> date | None:
    """The date of `31 Oct 2024`. All of arXiv has some 12,000 days, so each is read once."""
    try:
        return mail_date(f"{text.decode()} 00:00:00 GMT").date()
    except ValueError:
        return None
