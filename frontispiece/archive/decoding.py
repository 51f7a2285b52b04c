"""Pictures are decoded by processes of their own (`frontispiece.archive.pixels`), as many as there are processors.

Threads of ours wait for them. They are daemons, and the processes end when nobody is at the other end of their line, so
a program ends at once, whatever is being decoded.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from frontispiece.archive.aside import Line
from frontispiece.errors import ArchiveUnavailable

P = ParamSpec("P")
T = TypeVar("T")

_LINE: Final = Line("pictures", os.cpu_count() or 1)
# glibc would give back a picture's memory after each step and get it anew for the next: a quarter of the time.
_KEEP_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": "8000000", "MALLOC_TRIM_THRESHOLD_": "32000000"}
_CRASHES: Final = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT}


async def in_a_picture_thread(work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
    """What `work` gives for these arguments, when a thread is free for it. Who is cancelled leaves at once."""
    return await _LINE.aside(partial(work, *arguments, **named))


class Worker:
    """One process that decodes, a picture at a time."""

    def __init__(self, program: Path) -> None:
        ours, its = socket.socketpair()
        with its:
            try:
                # A group of its own: Ctrl-C is for the program. -P: the modules beside that file are none of its own.
                self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 our own
                    [sys.executable, "-P", str(program)],
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    process_group=0,
                    env=os.environ | _KEEP_MEMORY,
                )
            except OSError:
                ours.close()
                raise
        self._line = ours

    def ask(self, content: bytes, question: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """What the process answers. Raises EOFError or OSError when it dies of it."""
        header = json.dumps({**question, "sizes": [len(content)]}).encode()
        self._line.sendall(len(header).to_bytes(4, "big") + header)
        self._line.sendall(content)
        said = json.loads(self._receive(int.from_bytes(self._receive(4), "big")))
        return said, [self._receive(size) for size in said.pop("sizes")]

    def _receive(self, size: int) -> bytes:
        received = bytearray()
        while missing := size - len(received):  # a signal may cut a reading short
            if not (part := self._line.recv(missing, socket.MSG_WAITALL)):
                raise EOFError
            received += part
        return bytes(received)

    def end(self) -> int:
        """End the process, where it has not ended by itself; its exit code."""
        self.process.kill()
        code = self.process.wait()
        self.hang_up()
        return code

    def hang_up(self) -> None:
        """Leave the process alone, which then ends by itself."""
        with suppress(OSError):  # it is gone already
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()


class Workers:
    """Processes that start when there is a picture for them, and are kept for the next."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._all: set[Worker] = set()
        self.at_rest: list[Worker] = []
        """Those that wait for a picture."""
        atexit.register(self.end)

    def decode(self, content: bytes, **question: Any) -> tuple[dict[str, Any], list[bytes]]:
        """What a process says to this question about a picture (`pixels.answer`), and the pictures that it made.

        What is the picture's own fault is said, too: `unfit`, a list of the reason and what belongs to it. Raises
        ArchiveUnavailable when there is no process to be had.
        """
        code = 0
        for _ in range(2):  # somebody else may have ended it
            worker = self._free()
            with suppress(EOFError, OSError):
                answer = worker.ask(content, question)
                self.at_rest.append(worker)
                return answer
            self._all.discard(worker)
            code = worker.end()
            if -code == signal.SIGPROF:
                return {"unfit": ["time"]}, []
            if -code in _CRASHES:
                return {"unfit": ["crash"]}, []
        raise ArchiveUnavailable(f"The process that a picture is decoded in was ended twice (exit code {code}).")

    def _free(self) -> Worker:
        with suppress(IndexError):
            return self.at_rest.pop()
        try:
            worker = Worker(self._program)
        except OSError as error:
            raise ArchiveUnavailable(f"No process can be started to decode a picture in: {error.strerror}.") from error
        self._all.add(worker)
        return worker

    def end(self) -> None:
        """End them all, whatever they are at, and wait until they have."""
        for worker in list(self._all):
            worker.process.kill()
        while self._all:
            self._all.pop().end()


decode: Final = Workers(Path(__file__).with_name("pixels.py")).decode
