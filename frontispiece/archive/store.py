"""The archive's bytes: one small interface over a local folder, S3, Google Cloud Storage, Azure or memory.

What obstore 0.12 does with a local folder (watched with strace): a put writes `<name>#1` aside and renames it, a
put-if-absent hard-links it, so nobody ever sees half a file and only one of two writers wins. It never calls
fsync, so after a power cut a file may be there and empty; `put_if_absent` and `put(durable=True)` therefore sync
file and folder themselves before they return. A killed program may leave a `<name>#1` behind, which is nobody's until
`upkeep` removes it. What lies in a folder is looked at by `frontispiece.archive.folder`, for obstore follows links.

A local folder is asked directly: the answer is there in less time than it takes to wake another thread and be woken.
Only what waits for the disk goes through a thread, and what waits for a bucket (`frontispiece.archive.aside`).
obstore's asynchronous side is never used.

A bucket is asked again for two minutes, but one that has not answered yet, or does so no longer, for seconds only: so a
service that is down is told at once, and attempts of tasks do not multiply with those of the store.
"""

import asyncio
import mimetypes
import os
import urllib.parse
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from errno import ENOTDIR
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore

from frontispiece.addresses import is_nearly_url, shown
from frontispiece.archive.aside import AT_ONCE, aside
from frontispiece.archive.bucket import NoBucket, diagnosis, first_line, is_gone, open_bucket
from frontispiece.archive.folder import Entry, Stranger, check_way, holds_file, remove_unfinished, sync, walk
from frontispiece.archive.paths import is_ours, is_path
from frontispiece.archive.recent import MOST_BYTES, Recent
from frontispiece.concurrency import gather_bounded
from frontispiece.errors import ArchiveError, ArchiveUnavailable, BadInput
from frontispiece.text import MAX_QUOTE

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import ObjectStore

T = TypeVar("T")

_REMOTE: Final = ("s3", "gs", "az")


class Archive:
    """Objects under checked paths: lower-case letters, digits and `=_.+-`, in folders.

    Under what is no such path, as it may stand in a planted row, there is nothing; writing there raises ValueError:
    names are made in `frontispiece.archive.paths`, never from outside text. What the store itself cannot do raises
    ArchiveError, or ArchiveUnavailable when it may work later.
    """

    def __init__(
        self,
        store: "ObjectStore | None",
        url: str,
        local_root: Path | None = None,
        brief: "ObjectStore | None" = None,
    ) -> None:
        self._opened = store
        self._brief = brief
        self._is_answered = False
        """Whether the bucket was there when it was last asked: only then it is worth patience."""
        self.url = url
        """The place as a URL, secrets masked."""
        self.local_root = local_root
        """The archive's folder, where it is one on this machine."""
        self._is_remote = local_root is None and not isinstance(store, MemoryStore)
        self._recent = Recent(MOST_BYTES if self._is_remote else 0)

    @property
    def _store(self) -> "ObjectStore":
        if self._opened is None:  # a folder, which may not be there before something is written
            # A folder goes with its last file: each that stays is gone through by every listing.
            self._opened = LocalStore(prefix=self.local_root, mkdir=True, automatic_cleanup=True)
        return self._opened if self._brief is None or self._is_answered else self._brief

    @classmethod
    def open(cls, place: str) -> "Archive":
        """The archive at a folder, or at a file://, s3://, gs://, az:// or memory:// URL.

        Remote URLs take the store's options, such as `s3://bucket/papers?region=eu-west-1&endpoint=https://…`.
        Nothing is made by that: what is not there reads as empty, and the first write makes the folder. One whose name
        has a colon is written `./a:b`, so that no mistake in a URL becomes a folder. Raises BadInput for a place that
        cannot be an archive; secrets in it are not quoted.
        """
        if (os.name == "nt" and place[1:2] == ":") or not is_nearly_url(place):
            return _open_folder(place)
        scheme, mark, _ = place.partition("://")
        match scheme.lower() if mark else None:
            case "file":
                return _open_folder(_path_of_file_url(place))
            case "memory":
                return cls(MemoryStore(), "memory://")
            case name if name in _REMOTE:
                return cls._in_bucket(place)
            case _:
                raise BadInput(
                    f"FRONTISPIECE_ARCHIVE cannot be {shown(place)}: give a URL that begins with s3://, gs://, az:// "
                    "or file://, or a folder (./a:b, where its name has a colon)."
                )

    @classmethod
    def _in_bucket(cls, url: str) -> "Archive":
        bucket = open_bucket(url)
        return cls(bucket.patient, bucket.named, brief=bucket.brief)

    async def check_writable(self) -> None:
        """Put a small object, twice, and delete it: better to know before anything is paid for.

        A folder that was not there is not there after it. In a store that does not know put-if-absent and overwrites
        what is there, two runs would buy the same picture.
        Raises BadInput when this place can never be an archive, ArchiveUnavailable when it does not answer now.
        """
        made = [each for each in (root, *root.parents) if not each.exists()] if (root := self.local_root) else []
        try:
            fault = await self._fault()
        except ArchiveUnavailable as error:
            raise ArchiveUnavailable(f"{error} If this does not pass, check FRONTISPIECE_ARCHIVE.") from error
        except ArchiveError as error:
            raise BadInput(f"{error} Check FRONTISPIECE_ARCHIVE.") from error
        finally:
            with suppress(OSError):  # others may have begun to write there
                for folder in made:
                    folder.rmdir()
        if fault:
            raise BadInput(
                f"FRONTISPIECE_ARCHIVE cannot be {self.where()}: it {fault}, "
                "so that what is paid for might be paid for twice."
            )

    async def _fault(self) -> str:
        """What is wrong with put-if-absent here, or nothing."""
        probe, first, second = f"probe-{uuid.uuid4().hex}", b"Frontispiece looks whether it can write here.", b"Again."
        is_new = await self.put_if_absent(probe, first)
        try:
            is_overwritten = await self.put_if_absent(probe, second)
            found = await self.get(probe)
        finally:
            await self.delete(probe)
        if is_overwritten or found == second:
            return "overwrites what is there although it is asked not to"
        if found == first:
            return ""  # even if it is said to have been there: then the answer was lost, and the request sent again
        return "does not give back what was written" if is_new else "takes a new name for taken"

    async def get(self, path: str, max_bytes: int | None = None) -> bytes | None:
        """The object's bytes, or None when there is none; ArchiveError when it has more than `max_bytes`."""
        if (kept := self._recent.get(path)) is not None and len(kept) <= (max_bytes or len(kept)):
            return kept
        async with self._speaking_of("read", path):
            try:
                return await self._ask(lambda: self._read(path, max_bytes)) if self._may_hold(path) else None
            except FileNotFoundError:
                return None

    async def put(self, path: str, content: bytes, *, durable: bool = False) -> None:
        """Store or replace an object in one piece; `durable` waits until a power cut cannot undo it."""
        async with self._speaking_of("write", path):
            if durable and self.local_root is not None:
                await asyncio.to_thread(self._put_durably, path, content)
            else:
                attributes = None if self.local_root is not None else _attributes(path)
                await self._ask(lambda: obstore.put(self._store, self._free(path), content, attributes=attributes))
                self._recent.keep(path, content)

    async def put_if_absent(self, path: str, content: bytes) -> bool:
        """Store a new object, durably and in one piece; False, and nothing is changed, when the path is taken."""
        async with self._speaking_of("write", path):
            try:
                if self.local_root is not None:
                    await asyncio.to_thread(self._put_durably, path, content, "create")
                else:
                    await self._ask(lambda: obstore.put(self._store, self._free(path), content, mode="create"))
                    self._recent.keep(path, content)
            except AlreadyExistsError:
                return False
            return True

    async def exists(self, path: str) -> bool:
        """Whether there is an object under this path."""
        async with self._speaking_of("read", path):
            try:
                if not self._may_hold(path):
                    return False
                if self.local_root is None:
                    await self._ask(lambda: obstore.head(self._store, path))
            except FileNotFoundError:
                return False
            return True

    async def existing(self, paths: Iterable[str]) -> set[str]:
        """Those of these paths under which there is an object; of a bucket, a folder of several is listed instead."""
        folders = defaultdict[str, set[str]](set)
        for path in filter(is_path, paths):
            folders[path if self.local_root is not None else path.rpartition("/")[0]].add(path)

        async def look(folder: str) -> set[str]:
            asked = folders[folder]
            if folder and len(asked) > 1:
                return asked & {entry.path for entry in await self.list(folder)}
            return {path for path in asked if await self.exists(path)}

        return set().union(*await gather_bounded(look, folders, AT_ONCE))

    async def list(self, prefix: str) -> Sequence[Entry]:
        """All objects in the folder `prefix` and below, sorted by path; an empty prefix means all there are."""
        return (await self.survey(prefix))[0]

    async def survey(self, prefix: str) -> tuple[Sequence[Entry], Sequence[Stranger]]:
        """The same, and what else lies there, whose name or kind is none of ours."""
        folder = prefix.rstrip("/")
        async with self._speaking_of("list", folder):
            found = await self._ask(lambda: sorted(self._found(folder), key=lambda each: each.path))
        own = [each for each in found if isinstance(each, Entry)]
        return own, [each for each in found if isinstance(each, Stranger)]

    async def holds_any(self, folders: Iterable[str]) -> bool:
        """Whether there is an object in one of these folders, or below; no more is listed than that takes."""
        for folder in folders:
            async with self._speaking_of("list", folder):
                if await self._ask(lambda: any(isinstance(each, Entry) for each in self._found(folder))):  # noqa: B023
                    return True
        return False

    async def delete(self, path: str) -> None:
        """Remove an object; one that is not there is no error."""
        self._recent.drop(path)
        async with self._speaking_of("delete", path):
            try:
                if self._may_hold(path):
                    await self._ask(lambda: obstore.delete(self._store, path))
            except FileNotFoundError:
                return

    async def remove_unfinished(self, folder: str, before: datetime) -> int:
        """Delete what programs that were killed before that time have left in a folder, half written; gives how many.

        No bucket shows such a thing.
        """
        if (root := self.local_root) is None:
            return 0
        async with self._speaking_of("list", folder):
            return await asyncio.to_thread(remove_unfinished, root, folder, before)

    def where(self, path: str = "") -> str:
        """What a person can open: the file's absolute path, or its URL."""
        if self.local_root is not None:
            return str(self.local_root / path)
        return f"{self.url.partition('?')[0].rstrip('/')}/{path}"

    async def _ask(self, call: Callable[[], T]) -> T:
        """What a call of obstore gives: this machine answers at once, a bucket is waited for."""
        if self._is_remote:
            try:
                return await aside(call)
            except FileNotFoundError as error:
                if is_gone(error):
                    raise NoBucket(str(error)) from error
                raise
        await asyncio.sleep(0)  # others have their turn, though nothing here waits
        return call()

    def _found(self, folder: str) -> Iterator[Entry | Stranger]:
        """What lies in a folder and below, in any order."""
        if self.local_root is not None:
            yield from walk(self.local_root, folder)
            return
        for page in obstore.list(self._store, _checked(folder) if folder else None):
            for meta in page:
                path = meta["path"]
                yield Entry(path, meta["size"], meta["last_modified"]) if is_ours(path) else Stranger(path)

    def _may_hold(self, path: str) -> bool:
        """Whether it makes sense to ask for this object; of a folder, whether it is there."""
        return is_path(path) and (self.local_root is None or holds_file(self.local_root, path))

    def _free(self, path: str) -> str:
        """The path, where nobody is in the way of writing there. Raises ValueError, ArchiveError and OSError."""
        if self.local_root is not None:
            check_way(self.local_root, _checked(path))
        return _checked(path)

    def _read(self, path: str, max_bytes: int | None) -> bytes:
        result = obstore.get(self._store, path)
        size = result.meta["size"]
        if max_bytes is not None and size > max_bytes:
            raise ArchiveError(f"{self.where(path)} has {size:,} bytes, more than the {max_bytes:,} it may have.")
        return bytes(result.bytes())

    def _put_durably(self, path: str, content: bytes, mode: Literal["create", "overwrite"] = "overwrite") -> None:
        """In a local folder: write, and wait for the disk."""
        obstore.put(self._store, self._free(path), content, mode=mode)
        if self.local_root is not None:
            sync(self.local_root / path)

    @asynccontextmanager
    async def _speaking_of(self, verb: str, path: str) -> AsyncIterator[None]:
        """Turn what the store raises into one sentence about what was tried."""
        try:
            yield
            self._is_answered = True
        except (OSError, BaseError, NotImplementedError) as error:
            kind, reason = diagnosis(error, remote=self._is_remote)
            self._is_answered = not issubclass(kind, ArchiveUnavailable)
            # Of a folder that is gone through one within may be meant.
            place = getattr(error, "filename", None) or self.where(path)
            raise kind(f"The archive cannot {verb} {place}: {reason}.") from error


def _checked(path: str) -> str:
    if not is_path(path):
        raise ValueError(f"Not a path of the archive: {path[:MAX_QUOTE]!r}")
    return path


def _open_folder(folder: str) -> Archive:
    try:
        if not folder.strip():
            raise BadInput("FRONTISPIECE_ARCHIVE is empty; give a folder or a URL.")
        root = Path(folder).expanduser().resolve()
        there = next(place for place in (root, *root.parents) if place.exists())
        if not there.is_dir():
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
        return Archive(None, root.as_uri(), root)
    except (OSError, RuntimeError, ValueError, BaseError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise BadInput(f"FRONTISPIECE_ARCHIVE cannot be {folder}: {reason}.") from error


def _path_of_file_url(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise BadInput(f"FRONTISPIECE_ARCHIVE names another machine: {parts.hostname}; write file:///folder.")
    return urllib.parse.unquote(parts.path)


def _attributes(path: str) -> "Attributes | None":
    """What a bucket should say of the object, so that browsers show pages and pictures."""
    kind = mimetypes.guess_type(path)[0]
    return {"Content-Type": kind} if kind else None
