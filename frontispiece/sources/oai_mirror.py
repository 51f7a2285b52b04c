"""What was harvested from arXiv, kept in the user's cache: a paper is fetched once, however often its day is asked for.

A record of OAI-PMH has a datestamp, the day of its last change, and is listed under that alone. So the papers first
submitted on a day are found only by reading everything that has changed from then until now. What is kept covers the
datestamps from one day to another without a gap; in that time every paper was seen, and none is ever lost again.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Final

from frontispiece.errors import BadInput, SourceUnavailable
from frontispiece.sources.oai import Page
from frontispiece.sources.records import Record

WAIT_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.2

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS papers (id TEXT PRIMARY KEY, day TEXT NOT NULL, line TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS papers_by_day ON papers (day);
CREATE TABLE IF NOT EXISTS unreadable (id TEXT PRIMARY KEY, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS coverage (one INTEGER PRIMARY KEY CHECK (one = 1), first TEXT, last TEXT, reached REAL);
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The datestamps that were read, both days included.

    `reached` is when the reading came up to the present (seconds since 1970), None when it has not since `first` moved.
    """

    first: date
    last: date
    reached: float | None = None


class Mirror:
    """One file of SQLite. All methods raise SourceUnavailable when it is busy or the disk is full."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def harvesting(self, stop: threading.Event) -> Iterator[None]:
        """One harvest at a time, over all processes: others wait, and find what they want.

        Raises BadInput when the cache cannot be written, SourceUnavailable when `stop` is set while waiting.
        """
        try:
            lock = self._path.with_suffix(".lock").open("ab")
        except OSError as error:
            raise BadInput(f"XDG_CACHE_HOME: {self._path.parent} cannot be written: {error.strerror}.") from None
        with lock:
            while not _locked(lock):
                if stop.wait(LOOK_SECONDS):
                    raise SourceUnavailable("Reading from arXiv was broken off.")
            with self._opened() as database:
                database.executescript(_SCHEMA)
            yield

    def coverage(self) -> Coverage | None:
        """What was read so far."""
        with self._opened() as database:
            row = database.execute("SELECT first, last, reached FROM coverage").fetchone()
            return Coverage(date.fromisoformat(row[0]), date.fromisoformat(row[1]), row[2]) if row else None

    def cover(self, coverage: Coverage) -> None:
        """Note what has been read."""
        with self._opened() as database:
            row = (coverage.first.isoformat(), coverage.last.isoformat(), coverage.reached)
            database.execute("INSERT OR REPLACE INTO coverage VALUES (1, ?, ?, ?)", row)

    def put(self, page: Page) -> None:
        """Keep the papers of a page, in their newest form."""
        rows = [(entry.id, entry.record.day.isoformat(), entry.line) for entry in page.entries]
        gone = [(paper_id,) for paper_id in (*page.deleted, *(paper_id for paper_id, _ in page.problems))]
        with self._opened() as database:
            database.executemany("INSERT OR REPLACE INTO papers VALUES (?, ?, ?)", rows)
            database.executemany("DELETE FROM papers WHERE id = ?", gone)
            database.executemany("DELETE FROM unreadable WHERE id = ?", [*gone, *((row[0],) for row in rows)])
            database.executemany("INSERT OR REPLACE INTO unreadable VALUES (?, ?)", page.problems)

    def papers(self, day: date) -> list[Record]:
        """The papers first submitted on this day, the earliest first."""
        with self._opened() as database:
            lines = database.execute("SELECT line FROM papers WHERE day = ?", (day.isoformat(),)).fetchall()
            records = [Record.read(line) for (line,) in lines]
        return sorted(records, key=lambda record: (record.versions[0].created, record.id))

    def unreadable(self) -> list[tuple[str, str]]:
        """Papers of whatever day that could not be read, and why."""
        with self._opened() as database:
            return database.execute("SELECT id, why FROM unreadable ORDER BY id").fetchall()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction. A damaged file is thrown away: all of it can be had again."""
        try:
            with closing(sqlite3.connect(self._path, timeout=WAIT_SECONDS)) as database, database:
                yield database
        except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
            raise SourceUnavailable(f"{self._path} cannot be used: {error}.") from None
        except (sqlite3.DatabaseError, ValueError):
            for path in (self._path, Path(f"{self._path}-journal")):
                path.unlink(missing_ok=True)
            raise SourceUnavailable(f"{self._path} was damaged, so arXiv has to be read anew.") from None


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
