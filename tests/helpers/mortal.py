"""Programs that are killed, and archives that are not what they were."""

from dataclasses import dataclass

from frontispiece.archive.folder import Entry
from frontispiece.archive.store import Archive
from frontispiece.purchases.process_identity import ProcessIdentity

DEAD = ProcessIdentity.here().model_copy(update={"born": 1})  # this very pid, but of an earlier process


class Killed(BaseException):
    """The program ends here, without any clean-up."""


@dataclass
class Fuse:
    """Kills the program at its n-th step, and lets a dead program do nothing more."""

    left: int = 1_000_000

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class Same(Archive):
    """The archive that another one is; a subclass says what is different when it is used so."""

    def __init__(self, archive: Archive) -> None:
        vars(self).update(vars(archive))


class Mortal(Same):
    """An archive whose user may be killed before and after everything it does.

    But not at reading an object, which changes nothing: that is to be killed after the step before.
    """

    def __init__(self, archive: Archive, fuse: Fuse) -> None:
        super().__init__(archive)
        self.fuse = fuse

    async def list(self, prefix: str) -> list[Entry]:
        self.fuse.burn()
        return await super().list(prefix)

    async def put(self, path: str, content: bytes, *, durable: bool = False) -> None:
        self.fuse.burn()
        await super().put(path, content, durable=durable)
        self.fuse.burn()

    async def put_if_absent(self, path: str, content: bytes) -> bool:
        self.fuse.burn()
        written = await super().put_if_absent(path, content)
        self.fuse.burn()
        return written

    async def delete(self, path: str) -> None:
        self.fuse.burn()
        await super().delete(path)
        self.fuse.burn()
