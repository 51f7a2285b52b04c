"""Who holds a journal, and whether that program is still alive, as far as this machine can tell."""

import os
import socket
from functools import cache
from pathlib import Path

from pydantic import Field

from frontispiece.models import Value

_PROC = Path("/proc")


class ProcessIdentity(Value):
    """A running program. Fields that the machine does not tell are empty, and then only leases count."""

    host: str = Field(description="the machine's name, for people")
    pid: int = Field(description="process id")
    boot: str = Field(default="", description="Linux' boot id: the same machine since it was started")
    space: str = Field(default="", description="Linux' pid namespace: a container has its own process ids")
    born: int | None = Field(
        default=None, description="the process' start, clock ticks since boot: pids are used again"
    )

    @classmethod
    def here(cls) -> "ProcessIdentity":
        """The program that asks."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Another program on this machine."""
        return _machine().model_copy(update={"pid": pid, "born": _started(_stat(pid)) if _machine().space else None})

    def is_alive(self) -> bool:
        """Whether the program certainly runs on this very machine; False wherever that cannot be known."""
        return self.born is not None and self == ProcessIdentity.of(self.pid)

    def is_gone(self) -> bool:
        """Whether the program has certainly ended; False wherever that cannot be known."""
        here = _machine()
        same_machine = bool(self.boot and self.space) and (self.boot, self.space) == (here.boot, here.space)
        if not same_machine or self.born is None:
            return False
        stat = _stat(self.pid)
        return _started(stat) != self.born if stat else not _exists(self.pid)


@cache
def _machine() -> ProcessIdentity:
    # Where /proc was mounted by another pid namespace, the pids in it are not those that processes know of themselves.
    is_ours = _link(_PROC / "self") == str(os.getpid())
    return ProcessIdentity(
        host=socket.gethostname(),
        pid=0,
        boot=_read(_PROC / "sys/kernel/random/boot_id") if is_ours else "",
        space=_link(_PROC / "self/ns/pid") if is_ours else "",
    )


def _stat(pid: int) -> list[str]:
    """What /proc tells of a process from its state on; nothing of one that is not there, or is hidden from us."""
    # After the name, which is in brackets and may hold anything: state is field 3, start time field 22.
    fields = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return fields if len(fields) > 19 else []


def _started(stat: list[str]) -> int | None:
    """The start of a living process; None for one that has ended, a zombie included."""
    return int(stat[19]) if stat and stat[0] not in ("Z", "X") else None


def _exists(pid: int) -> bool:
    """Whether there is such a process, also one that /proc hides because it is another user's (`hidepid`)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
