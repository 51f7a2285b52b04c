"""What lies in an archive, and in a local one: its own files are plain ones there, reached by plain folders.

Below the root no link is followed, wherever it leads, so nothing outside is ever read or written; what is neither a
file nor a folder is not opened. (The root itself may be a link: it is resolved when the archive is opened.)
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from frontispiece.archive.paths import is_folder, is_ours
from frontispiece.errors import ArchiveError
from frontispiece.text import MAX_QUOTE, one_line

_KINDS: Final = {stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored object."""

    path: str
    size: int
    """Bytes."""
    modified: datetime
    """By the store's own clock, UTC."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something that lies among the archive's objects and is none of them: it is named, and left alone."""

    path: str
    """As it is there: it may hold any signs."""
    kind: str = "a file"
    """Or a folder, a link, a special file."""

    def __str__(self) -> str:
        return f"{one_line(self.path, MAX_QUOTE)} is {self.kind}, and none of the archive's own: it is left alone."


def holds_file(root: Path, path: str) -> bool:
    """Whether a plain file is there, on plain folders. Raises OSError."""
    steps = list(_steps(root, path))
    return len(steps) == path.count("/") + 1 and stat.S_ISREG(steps[-1][1])


def check_way(root: Path, path: str) -> None:
    """Raise ArchiveError where anything but a plain file, or nothing, is in this place or on the way; OSError."""
    _check(root, path, stat.S_IFREG)


def walk(root: Path, folder: str) -> Iterator[Entry | Stranger]:
    """All that lies in a folder and below; folders that none of ours may be are not gone into.

    A folder that is not there has nothing in it. Raises ArchiveError where anything else is in its place, or OSError.
    """
    if folder:
        _check(root, folder, stat.S_IFDIR)
    yield from _below(root, folder)


def remove_unfinished(root: Path, folder: str, before: datetime) -> int:
    """Delete what killed programs began to write in a folder and below, before that time; gives how many files.

    Such a file has the name of one of ours, with `#` and a number behind (see `frontispiece.archive.store`). Raises as
    `walk` does.
    """
    count = 0
    for each in walk(root, folder):
        name, _, number = each.path.rpartition("#")
        if number.isdecimal() and is_ours(name):
            seen = os.lstat(root / each.path)
            if stat.S_ISREG(seen.st_mode) and seen.st_mtime < before.timestamp():
                (root / each.path).unlink()
                count += 1
    return count


def sync(path: Path) -> None:
    """Make a file and its name survive a power cut. Raises OSError."""
    for thing in (path, path.parent) if os.name == "posix" else ():
        descriptor = os.open(thing, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _below(root: Path, folder: str) -> Iterator[Entry | Stranger]:
    try:
        with os.scandir(f"{root}/{folder}") as found:  # thousands of them: a Path each would take as long again
            entries = list(found)
    except FileNotFoundError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False) and is_folder(path):
            yield from _below(root, path)
            continue
        try:
            seen = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # gone since
        if stat.S_ISREG(seen.st_mode) and is_ours(path):
            yield Entry(path, seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC))
        else:
            yield Stranger(path, _kind(seen.st_mode))


def _steps(root: Path, path: str) -> Iterator[tuple[str, int]]:
    """The places on the way from the root and their modes, as far as plain folders lead; what is no folder ends it."""
    place = str(root)
    for name in path.split("/"):
        place = f"{place}/{name}"
        try:
            mode = os.lstat(place).st_mode
        except FileNotFoundError:
            return
        yield place, mode
        if not stat.S_ISDIR(mode):
            return


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "a special file")


def _check(root: Path, path: str, wanted: int) -> None:
    for place, mode in _steps(root, path):
        own = wanted if place == f"{root}/{path}" else stat.S_IFDIR
        if stat.S_IFMT(mode) != own:
            raise ArchiveError(f"The archive cannot use {place}: it is {_kind(mode)}, and not {_kind(own)} of its own.")
