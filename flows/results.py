"""Prefect's cached results, kept in the archive they speak of."""

import json

from prefect.filesystems import WritableFileSystem
from pydantic import PrivateAttr

from tasks.archive.store import Archive

MAX_RESULT_BYTES = 16_000_000


class ArchivedResults(WritableFileSystem):
    """Result storage below `results/` of an archive.

    So results are written atomically, work on any archive URL, and go when the archive goes: a cached step never
    speaks of a picture that is somewhere else.
    """

    _archive: Archive = PrivateAttr()

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
        content = await self._archive.get(f"results/{path}", max_bytes=MAX_RESULT_BYTES)
        if content is None:
            raise ValueError(f"No result under {path}.")
        # Prefect would unpickle whatever says it is a pickle; ours never are.
        if json.loads(content)["metadata"]["serializer"]["type"] != "json":
            raise ValueError(f"The result under {path} is not JSON.")
        return content

    async def write_path(self, path: str, content: bytes) -> None:
        """Store a result in one piece."""
        await self._archive.put(f"results/{path}", content)
