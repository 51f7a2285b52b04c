"""What a bucket was given last: what is read right after it was written need not come back over the network.

Only of what lies under its name for good, or is replaced by nothing but its like: originals, named by their digest, and
pictures, of which each recipe replaces its own alone.
"""

from collections import OrderedDict
from typing import Final

from frontispiece.archive.paths import ORIGINALS, PICTURES

MOST_BYTES: Final = 32_000_000
"""Some dozens of originals: each is read once, soon after."""


class Recent:
    """The newest objects, as many as there is room for."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._room = most_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, path: str) -> bytes | None:
        """The object's bytes, where they are still known."""
        return self._kept.get(path)

    def keep(self, path: str, content: bytes) -> None:
        """It has been stored."""
        self.drop(path)
        if path.partition("/")[0] in (ORIGINALS, PICTURES):
            self._kept[path] = content
            self._room -= len(content)
            while self._room < 0:
                self.drop(next(iter(self._kept)))

    def drop(self, path: str) -> None:
        """It has gone."""
        self._room += len(self._kept.pop(path, b""))
