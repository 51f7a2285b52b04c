"""A command ends when it is told to: one Ctrl-C lets it finish what it must, two of them or a SIGTERM end it soon.

Whatever it is at then: loading, waiting for a server or a thread, in a library that waits for its own. Nothing is lost
by that which a run could not take up again, for a program may be killed at any moment.
"""

import atexit
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from deployments.exit_codes import Exit

PATIENCE: Final = 1.3
_SAID: Final = b"frontispiece: ended at once; what is done is kept, and the next run goes on from there.\n"
_SHOW_CURSOR: Final = b"\x1b[?25h"  # which a progress bar hides

_lasts: Final[list[Callable[[], object]]] = []
_is_watched: Final = threading.Event()
_codes: Final[list[int]] = []
"""Of the command that is over."""
_lost: Final = threading.Event()
"""Whether it is ended for want of something, and nobody has interrupted it."""


def end_when_told() -> None:
    """Take SIGTERM for Ctrl-C, and see to it that this process is gone in less than two seconds. Call once, at first.

    A terminal that is closed is a SIGTERM, but for who is to outlive it (nohup). The thread that sees to it is told by
    the interpreter's own signal handler, which waits for no Python code.
    """
    _is_watched.set()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us in the background has it ignored
    signal.signal(signal.SIGTERM, lambda *_: None)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: None)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    atexit.register(_leave)  # as the first, and so called as the last


@contextmanager
def nothing_begun() -> Iterator[None]:
    """Within, an interrupt ends the process where it stands: nothing has to be finished, nor waited for."""
    before = signal.signal(signal.SIGINT, lambda *_: _end()) if _is_watched.is_set() else None
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


@contextmanager
def loading() -> Iterator[None]:
    """Within, nothing is begun either: unwound through a library that is half loaded, an interrupt may crash it.

    Garbage, of which there is none, is not looked for, and never among what was loaded.
    """
    gc.disable()
    try:
        with nothing_begun():
            yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def hurried_when_told_again() -> Iterator[None]:
    """Within an event loop's run, and ever after the first interrupt, a further one is a `hurry`, as SIGTERM is.

    asyncio would raise wherever the program is just then, and what was done would be neither recorded nor told.
    """
    from frontispiece.concurrency import hurry  # brings asyncio, which a command that only says something does without

    first = signal.getsignal(signal.SIGINT)

    def told(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, lambda *_: hurry())
        if callable(first):
            first(number, frame)

    signal.signal(signal.SIGINT, told)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is told:
            signal.signal(signal.SIGINT, first)


def let_end(code: int) -> None:
    """From now on nothing more is interrupted: the command is over, and ends with this code.

    What is left comes to its end or is ended. Nothing where nobody has called `end_when_told`.
    """
    if _is_watched.is_set():
        signal.signal(signal.SIGINT, lambda *_: None)
        _codes.append(code)


def end_for_want_of(what: str) -> None:
    """End as one that is told to, but as FAILED: it cannot go on. Nothing where the command is over."""
    if not _codes:
        _lost.set()
        os.write(2, f"frontispiece: {what} has ended, and without it nothing goes on.\n".encode())
        os.kill(os.getpid(), signal.SIGTERM)


def code_of_an_interrupt() -> Exit:
    """What an interrupt is, now that it has come."""
    return Exit.FAILED if _lost.is_set() else Exit.INTERRUPTED


def _leave() -> None:
    # The interpreter, as it goes, gives them their old meaning back.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    if _codes:
        # The interpreter would close what was broken off, and that may start a thread to tell of it: none starts any
        # more, and who has started it waits for ever.
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(_codes[-1])


def at_the_end(last: Callable[[], object]) -> None:
    """Do this before the process ends, even if it has to end at once. It may be done twice, and must not wait."""
    _lasts.append(last)
    atexit.register(last)


def _watch(reading: int) -> None:
    interrupts = 0
    while interrupts < 2:
        told = os.read(reading, 1)[0]
        if told == signal.SIGHUP:
            os.kill(os.getpid(), signal.SIGTERM)
        if told == signal.SIGTERM:
            os.kill(os.getpid(), signal.SIGINT)
            break
        interrupts += told == signal.SIGINT
    time.sleep(PATIENCE)
    _end()


def _end() -> None:
    for last in _lasts:
        with suppress(Exception):
            last()
    with suppress(OSError):
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + _SAID)
    os._exit(code_of_an_interrupt())
