"""Folders for a while, in the system's temporary folder. Who is killed leaves some there, which `sweep` removes."""

import fcntl
import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

_PREFIX: Final = "frontispiece-"
_SUFFIX: Final = ".scratch"


class Scratch:
    """An empty folder, which goes with this object, or with `close`, or with the process if it ends by itself.

    It is locked while it is used, so that nobody takes it for one of a killed process. As a context it is its path.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, suffix=_SUFFIX))
        lock = os.open(self.path, os.O_RDONLY)
        with suppress(OSError):  # a file system without locks: then nobody can have one, and nothing is swept
            fcntl.flock(lock, fcntl.LOCK_SH)
        self.close = weakref.finalize(self, _remove, self.path, lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def sweep(before: datetime) -> int:
    """Remove this user's folders of killed processes that were last changed before that time; gives how many."""
    count = 0
    for place in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*{_SUFFIX}"):
        try:
            lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        seen = os.fstat(lock)
        if seen.st_uid != os.getuid() or seen.st_mtime >= before.timestamp() or not _is_free(lock):
            os.close(lock)
            continue
        _remove(place, lock)
        count += 1
    return count


def _is_free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(place: Path, lock: int) -> None:
    shutil.rmtree(place, ignore_errors=True)
    os.close(lock)
