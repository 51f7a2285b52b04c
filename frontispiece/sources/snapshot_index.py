"""Where the lines of each day stand in the snapshot: found in one pass over the file, and kept beside it.

The index is derived: it is made anew when it is missing, damaged, or of another state of the file. Its first line holds
the checksum of the second, which is the head as JSON; the places of each day follow, as the head says. Two processes
may make it at once, because each writes a file of its own and moves it into place.
"""

import contextlib
import hashlib
import os
import struct
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from frontispiece.recipe import digest
from frontispiece.sources.cache import user_cache
from frontispiece.sources.reading import MAX_PROBLEMS, reason
from frontispiece.sources.records import Record
from frontispiece.sources.snapshot_file import MAX_LINE, Place, Readable, glance_day, lines

EDGE: Final = 65_536
"""Bytes at either end of the file that its state depends on."""
MAX_HEAD: Final = 16_000_000

_MAGIC: Final = b"frontispiece snapshot index 1 "
_PLACE: Final = struct.Struct("<IQI")


class Damaged(Exception):
    """What was read is not an index of the file as it is."""


class Block(BaseModel):
    """The places of one day: from which byte on, behind the head, how many, and their checksum."""

    model_config = ConfigDict(frozen=True)

    start: int
    count: int
    checksum: int


class Head(BaseModel):
    """What an index knows besides places."""

    model_config = ConfigDict(frozen=True)

    state: str
    lines: int
    broken: int
    problems: tuple[tuple[int, str], ...]
    days: dict[date, Block]


@dataclass(frozen=True, slots=True)
class Index:
    """The days of a file, and the lines of each. `body` is its places, or the file that holds them from `begins` on."""

    head: Head
    body: bytes | Path
    begins: int = 0

    def places(self, day: date) -> list[Place]:
        """The lines of a day, in the order of the file. Raises Damaged."""
        block = self.head.days.get(day)
        if block is None:
            return []
        size = block.count * _PLACE.size
        packed = self._read(self.begins + block.start, size)
        if len(packed) != size or zlib.crc32(packed) != block.checksum:
            raise Damaged
        return [Place(*fields) for fields in _PLACE.iter_unpack(packed)]

    def _read(self, start: int, size: int) -> bytes:
        if isinstance(self.body, bytes):
            return self.body[start : start + size]
        try:
            with self.body.open("rb") as file:
                file.seek(start)
                return file.read(size)
        except OSError:
            raise Damaged from None

    @classmethod
    def load(cls, path: Path, state: str) -> Self:
        """The index in this file. Raises Damaged when there is none, or one of another state."""
        try:
            with path.open("rb") as file:
                first, head = file.readline(len(_MAGIC) + 65), file.readline(MAX_HEAD)
        except OSError:
            raise Damaged from None
        if first != _first_line(head):
            raise Damaged
        try:
            parsed = Head.model_validate_json(head)
        except ValidationError:
            raise Damaged from None
        if parsed.state != state:
            raise Damaged
        return cls(parsed, path, len(first) + len(head))

    def save(self, path: Path) -> Self:
        """Write it in one piece, and let go of what is in memory. Raises OSError where that cannot be."""
        body = self.body if isinstance(self.body, bytes) else self._read(0, -1)
        head = self.head.model_dump_json().encode() + b"\n"
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines((_first_line(head), head, body))
            Path(aside).chmod(0o644)  # for whoever may read the snapshot
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
        return type(self)(self.head, path, len(_first_line(head)) + len(head))


def _first_line(head: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(head).hexdigest().encode() + b"\n"


def state_of(path: Path) -> str:
    """What a file's index depends on: its size, its time of change, its beginning and its end. Raises OSError."""
    with path.open("rb") as file:
        seen = os.fstat(file.fileno())
        edges = hashlib.sha256(file.read(EDGE))
        file.seek(max(seen.st_size - EDGE, 0))
        edges.update(file.read(EDGE))
    return digest(seen.st_size, seen.st_mtime_ns, edges.hexdigest())


def shelves(path: Path) -> Iterator[Path]:
    """Where the index of a file may stand: beside it, or else in the user's cache."""
    yield path.with_name(f"{path.name}.index")
    yield user_cache() / f"{digest(str(path.resolve()))}.index"


def build(file: Readable, state: str) -> Index:
    """One pass over the file. Only odd lines are parsed; some 40 bytes of memory for each line of it."""
    days: defaultdict[date, bytearray] = defaultdict(bytearray)
    count, broken, problems = 0, 0, list[tuple[int, str]]()
    for place, line in lines(file):
        count += 1
        day = glance_day(line)
        if day is None or place.size > MAX_LINE:
            try:
                day = parse(line).day
            except ValueError as error:
                broken += 1
                if len(problems) < MAX_PROBLEMS:
                    problems.append((place.number, str(error)))
                continue
        days[day] += _PLACE.pack(*place)
    blocks, start = dict[date, Block](), 0
    for day, packed in sorted(days.items()):
        blocks[day] = Block(start=start, count=len(packed) // _PLACE.size, checksum=zlib.crc32(packed))
        start += len(packed)
    head = Head(state=state, lines=count, broken=broken, problems=tuple(problems), days=blocks)
    return Index(head, b"".join(days[day] for day in blocks))


def parse(line: bytes) -> Record:
    """The paper of a line. Raises ValueError, which says in a few words why it is none."""
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} bytes")
    try:
        return Record.read(line)
    except ValidationError as error:
        raise ValueError(reason(error)) from None
