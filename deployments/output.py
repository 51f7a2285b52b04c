"""Standard output and error as commands write to them: words are words, and nobody has to read them."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPIPE
from pathlib import Path
from typing import TextIO

from typing_extensions import Buffer

from frontispiece.text import visible


def say(line: str, to: TextIO | None = None, *, flush: bool = False) -> None:
    """Print words, whosever they are, as one line: no sign of them moves the cursor or forges another."""
    print(visible(line).replace("\n", " "), file=to, flush=flush)


class _Lenient(io.FileIO):
    """Takes everything, and after the first failure writes nothing more."""

    failure: OSError | None = None

    def write(self, data: Buffer, /) -> int:
        """Write, or lose it; gives the number of bytes."""
        if self.failure is None:
            try:
                return super().write(data)
            except OSError as error:
                self.failure = error
        return memoryview(data).nbytes


@contextmanager
def lenient_output() -> Iterator[list[OSError]]:
    """Have what is printed within lost, where nobody takes it, and the work done all the same.

    At the end the list has what kept standard output from being written, but for a reader who has left.
    """
    failures: list[OSError] = []
    before = sys.stdout, sys.stderr
    streams = [_lenient(stream) for stream in before]
    sys.stdout, sys.stderr = (stream or held for stream, held in zip(streams, before, strict=True))
    try:
        yield failures
    finally:
        for stream in filter(None, streams):
            stream.flush()
        sys.stdout, sys.stderr = before
    raw = getattr(getattr(streams[0], "buffer", None), "raw", None)
    if isinstance(raw, _Lenient) and raw.failure is not None and raw.failure.errno != EPIPE:
        failures.append(raw.failure)


def _lenient(stream: TextIO | None) -> TextIO | None:
    """The same stream, lenient; None where it is no file of the system but a test's."""
    if stream is None:  # closed by the shell
        return Path(os.devnull).open("w", encoding="utf-8")
    try:
        number = stream.fileno()
    except (AttributeError, OSError):
        return None
    stream.flush()
    file = io.BufferedWriter(_Lenient(number, "w", closefd=False))
    # "replace": a terminal without some letter shows a question mark.
    return io.TextIOWrapper(file, stream.encoding, "replace", line_buffering=stream.isatty() or stream is sys.stderr)
