"""Prefect's cached results, kept in the archive they speak of."""

import json
from pathlib import Path
from typing import Any, Final

from prefect.filesystems import WritableFileSystem
from prefect.results import ResultStore
from prefect.serializers import Serializer
from pydantic import Field, PrivateAttr

from frontispiece.archive.paths import RESULTS
from frontispiece.archive.results import KIND, parse_record, stored
from frontispiece.archive.store import Archive
from frontispiece.errors import FrontispieceError
from frontispiece.models import Value

# For flows, which keep none: where none is named, Prefect asks the server for a default in every run, and leaves the
# socket open.
NO_RESULTS: Final = Path("data/results")


class RecordSerializer(Serializer):  # bare: Prefect registers no parametrized serializer
    """Our own records as JSON, and nothing else.

    Prefect's JSON serializer imports whatever class a file names; this one knows five.
    """

    type: str = Field(default=KIND, frozen=True)

    def dumps(self, obj: Value | BaseException) -> bytes:
        """A record by name; of an error its sentence."""
        if isinstance(obj, BaseException):
            return json.dumps({"error": str(obj)}).encode()
        return json.dumps({type(obj).__name__: obj.model_dump(mode="json")}).encode()

    def loads(self, blob: bytes) -> Value | BaseException:
        """The record; raises ValueError for anything else, and Prefect makes it again."""
        record = parse_record(blob)
        return record if isinstance(record, Value) else FrontispieceError(record)


class ArchivedResults(WritableFileSystem):
    """Result storage below `results/` of an archive.

    So results are written atomically, work on any archive URL, and go when the archive goes: a cached step never
    speaks of a picture that is somewhere else.
    """

    _archive: Archive = PrivateAttr()
    _written: set[str] = PrivateAttr(default_factory=set)

    @classmethod
    def of(cls, archive: Archive) -> "ArchivedResults":
        """The result storage of this archive."""
        results = cls()
        results._archive = archive
        return results

    def _resolve_path(self, path: str) -> None:
        """Tell Prefect that keys are to be taken as they are, and not as places below the working directory."""

    async def read_path(self, path: str) -> bytes:
        """A stored result; raises ValueError when there is none to trust, and Prefect makes it again."""
        return await stored(self._archive, path)

    async def write_path(self, path: str, content: bytes) -> None:
        """Store a result in one piece."""
        await self._archive.put(f"{RESULTS}/{path}", content)
        self._written.add(path)

    async def made(self, key: str) -> Any:
        """The record that was stored here under this key; None when nothing was, whatever the archive has of before."""
        if key not in self._written:
            return None
        return (await ResultStore(result_storage=self, serializer=RecordSerializer()).aread(key)).result
