"""arXiv's metadata as one file: the snapshot that Kaggle offers, a part of it, or the sample that ships with us.

The format (https://www.kaggle.com/datasets/Cornell-University/arxiv) is one JSON object a line. The whole file has
some 5 GB: it is read once, for the index of its days, and from then on only the lines of the day that is asked for.
"""

import asyncio
import contextlib
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field

from frontispiece.errors import SourceBroken, SourceUnavailable
from frontispiece.recipe import digest
from frontispiece.sources.ids import parse_id
from frontispiece.sources.interface import ARXIV_BEGAN, Listed
from frontispiece.sources.reading import Problems
from frontispiece.sources.records import Record
from frontispiece.sources.snapshot_file import file_errors, glance_id, lines, opened
from frontispiece.sources.snapshot_index import Damaged, Index, build, parse, shelves, state_of
from frontispiece.text import counted

SAMPLE: Final = Path(__file__).parents[2] / "data" / "sample" / "arxiv-sample.jsonl"
SAMPLE_DAYS: Final = "2024-10-23..2024-10-31"
"""Those of which the sample has papers, one after the other."""
KEEP_FROM: Final = 50_000_000
"""Bytes; the index of a smaller file is made anew each time, in less than a second."""

# Days are listed side by side; whoever waits here finds the index ready.
_BUILDING: Final = threading.Lock()


class SnapshotSettings(BaseModel):
    """What the user may set."""

    snapshot: Path = Field(SAMPLE, description="file in the Kaggle format of arXiv metadata, .jsonl or .jsonl.gz")


class Snapshot:
    """A file in the Kaggle format, plain or compressed with gzip.

    A paper's day is the UTC date of its version 1, its place that in the file. Should an id stand there twice, as in
    two snapshots one behind the other, the later line counts, in the earlier one's place. Lines that cannot be read are
    skipped and named in `problems`. Raises BadInput when there is no such file.

    The index of a plain file of `keep_from` bytes and more stands beside it, or in the user's cache where the folder is
    read-only. A compressed file is read as a whole for every day.
    """

    begins = ARXIV_BEGAN
    has_votes = False
    has_categories = False

    @staticmethod
    def stretch(settings: SnapshotSettings) -> str | None:
        """Days that a backfill's form holds at first, where it is known which the file has."""
        return SAMPLE_DAYS if settings.snapshot == SAMPLE else None

    def __init__(self, settings: SnapshotSettings, *, keep_from: int = KEEP_FROM) -> None:
        self._path = settings.snapshot
        self.name = settings.snapshot.name
        self._keep_from = keep_from
        self._index: Index | None = None
        with opened(self._path):
            pass

    @property
    def fingerprint(self) -> str:
        """The file's place, size and time of change. Raises BadInput when it is gone."""
        with file_errors(self._path):
            state = self._path.stat()
        return digest(str(self._path.resolve()), state.st_size, state.st_mtime_ns)

    def newest_day(self, today: date) -> date:
        """The newest day up to `today` with a paper: reads the whole file, unless there is an index."""
        index = self._indexed()
        for day in sorted(index.head.days, reverse=True):
            if day <= today and self._records(index, day, Problems()):
                return day
        raise SourceBroken(f"{self._path} holds no paper up to {today}.")

    def ends(self) -> tuple[date, date]:
        """The first and the last day with a paper, as `newest_day` finds it."""
        days = self._indexed().head.days
        return min(days), max(days)

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
        try:
            index = self._indexed()
            records = self._records(index, day, problems)
        except Damaged:
            index, problems = self._indexed(anew=True), Problems()
            records = self._records(index, day, problems)
        for number, why in index.head.problems:
            problems.add(self._line(number), why)
        problems.more(index.head.broken - len(index.head.problems))
        if problems.count == index.head.lines:
            raise self._no_snapshot(index.head.lines)
        found = {parse_id(record.id)[0]: record for record in records}
        now = datetime.now(UTC)
        papers = tuple(record.paper("snapshot", rank, now) for rank, record in enumerate(found.values()))
        return Listed(day=day, papers=papers, problems=problems.sentences())

    def _find(self, ids: tuple[str, ...]) -> Listed:
        wanted = list(dict.fromkeys(parse_id(text)[0] for text in ids))
        problems, found, count = Problems(), dict[str, Record](), 0
        needles = {None, *wanted}
        with opened(self._path) as file:
            for place, line in lines(file):
                count += 1
                if glance_id(line) not in needles:
                    continue
                try:
                    record = parse(line)
                except ValueError as error:
                    problems.add(self._line(place.number), str(error))
                else:
                    found[parse_id(record.id)[0]] = record
        if problems.count == count:
            raise self._no_snapshot(count)
        for paper_id in wanted:
            if paper_id not in found:
                problems.add(paper_id, f"not in {self._path.name}")
        now = datetime.now(UTC)
        there = [found[paper_id] for paper_id in wanted if paper_id in found]
        papers = tuple(record.paper("snapshot", rank, now) for rank, record in enumerate(there))
        return Listed(day=now.date(), papers=papers, problems=problems.sentences())

    def _records(self, index: Index, day: date, problems: Problems) -> list[Record]:
        """The papers of a day. Raises Damaged for the index, SourceUnavailable when the file has become another."""
        records = []
        with opened(self._path) as file:
            for place in index.places(day):
                file.seek(place.offset)  # of a packed file this unpacks all that lies before
                try:
                    record = parse(file.read(place.size))
                except ValueError as error:
                    problems.add(self._line(place.number), str(error))
                else:
                    records.append(record)
            self._check_unchanged(index.head.state)
        return [record for record in records if record.day == day]

    def _indexed(self, *, anew: bool = False) -> Index:
        """The index of the file as it is: at hand, kept from another time, or made."""
        with file_errors(self._path):
            state = state_of(self._path)
        if self._index and self._index.head.state == state and not anew:
            return self._index
        with _BUILDING:
            is_kept = self._path.stat().st_size >= self._keep_from
            places = tuple(shelves(self._path)) if is_kept else ()
            self._index = (None if anew else _kept(places, state)) or _shelved(self._build(state), places)
        return self._index

    def _build(self, state: str) -> Index:
        with opened(self._path) as file:
            index = build(file, state)
            self._check_unchanged(state)
        if index.head.lines == index.head.broken:
            raise self._no_snapshot(index.head.lines)
        return index

    def _check_unchanged(self, state: str) -> None:
        if state_of(self._path) != state:
            raise SourceUnavailable(f"{self._path} was changed while it was read.")

    def _line(self, number: int) -> str:
        return f"line {number:,} of {self._path.name}"

    def _no_snapshot(self, count: int) -> SourceBroken:
        return SourceBroken(f"{self._path} is no snapshot of arXiv: {counted(count, 'line')}, and no paper.")


def _kept(places: tuple[Path, ...], state: str) -> Index | None:
    for place in places:
        with contextlib.suppress(Damaged):
            return Index.load(place, state)
    return None


def _shelved(index: Index, places: tuple[Path, ...]) -> Index:
    """The same index, in the first of these files that can be written; in memory, where none can."""
    for place in places:
        with contextlib.suppress(OSError):
            return index.save(place)
    return index
