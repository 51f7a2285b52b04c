"""Pictures are decoded within bounds, in processes that end when they should."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.pictures import of_scans, png
from helpers.real_server import PATIENCE

from frontispiece.archive import decoding
from frontispiece.archive.decoding import Worker, Workers
from frontispiece.archive.images import MAX_SCANS, inspect
from frontispiece.errors import ArchiveUnavailable, Blocked

PIXELS = Path(decoding.__file__).with_name("pixels.py")
QUESTION = {"work": "facts", "kind": "png", "most_pixels": 10**6, "side": 10**4, "options": {}}


class Programs:
    """Workers that run what decodes, changed a little."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[Workers] = []

    def write(self, change: str) -> Path:
        place = self._folder / f"program{len(self.made)}.py"
        begin = f"import os, signal, socket, sys\nsys.path.append({str(PIXELS.parent)!r})\nimport pixels\n"
        place.write_text(f"{begin}{change}\npixels.serve(open(0, 'rb'), open(0, 'wb', closefd=False))\n")
        return place

    def changed(self, change: str) -> Workers:
        self.made.append(Workers(self.write(change)))
        return self.made[-1]


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path)
    yield programs
    for workers in programs.made:
        workers.end()


@pytest.mark.parametrize("number", [MAX_SCANS + 1, 500, 4_000])
def test_a_jpeg_of_many_scans_is_refused_undecoded(number: int) -> None:
    with pytest.raises(Blocked, match=f"{number:,} scans"):
        inspect(of_scans(number))


def test_honest_progressive_jpegs_are_taken() -> None:
    assert inspect(of_scans(40)).width == 384


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param("pixels.SECONDS = 0.001; pixels.PIXELS_A_SECOND = 1e9; pixels.ROWS = 1", "time", id="time"),
        pytest.param(
            "pixels.SPARE_BYTES = pixels.BYTES_A_PIXEL = 0",
            "memory",
            id="memory",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="no RLIMIT_AS that holds"),
        ),
        pytest.param("pixels.facts = lambda image: os.kill(os.getpid(), signal.SIGSEGV)", "crash", id="crash"),
    ],
)
def test_a_picture_that_passes_a_bound_is_told_and_the_next_is_decoded(
    change: str, reason: str, programs: Programs
) -> None:
    """The bounds of the real program are tightened, so that an ordinary picture passes them."""
    workers = programs.changed(f"{change}\npixels.WORKS['facts'] = pixels.facts")
    for _ in range(2):
        assert workers.decode(png(2400, 2400), **QUESTION | {"most_pixels": 10**7}) == ({"unfit": [reason]}, [])


def test_what_somebody_else_ended_is_started_again(programs: Programs) -> None:
    workers = programs.changed("")
    said, _ = workers.decode(png(64, 96), **QUESTION)
    (worker,) = workers.at_rest
    worker.process.kill()
    assert workers.decode(png(64, 96), **QUESTION) == (said, [])


def test_what_never_lives_is_no_fault_of_the_picture(programs: Programs) -> None:
    with pytest.raises(ArchiveUnavailable, match="exit code 3"):
        programs.changed("sys.exit(3)").decode(png(64, 96), **QUESTION)


def test_a_process_ends_with_its_line_even_while_it_decodes(programs: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        worker = Worker(programs.write(f"pixels.WORKS['facts'] = lambda _: {_held(server)}"))
        asking = threading.Thread(target=_ask_in_vain, args=(worker,))
        asking.start()
        connection, _ = server.accept()
        with connection:
            worker.hang_up()
            assert worker.process.wait(PATIENCE) == 0
        asking.join()


def _ask_in_vain(worker: Worker) -> None:
    with pytest.raises((EOFError, OSError)):
        worker.ask(png(64, 96), QUESTION)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_a_program_that_decodes(times: int, programs: Programs) -> None:
    """The connection is closed when the process that holds it has ended, too."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = programs.write(f"pixels.serve = lambda *_: {_held(server)}")
        program = (
            "import asyncio, pathlib, sys; from frontispiece.archive.decoding import Workers, in_a_picture_thread;"
            "asyncio.run(in_a_picture_thread(Workers(pathlib.Path(sys.argv[1])).decode, b'x'))"
        )
        with subprocess.Popen([sys.executable, "-c", program, str(place)], stderr=subprocess.DEVNULL) as process:
            connection, _ = server.accept()
            for _ in range(times):
                process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) in (1, 130, -signal.SIGINT)
        with connection:
            connection.settimeout(PATIENCE)
            assert connection.recv(1) == b""


def _held(server: socket.socket) -> str:
    """Waits for ever, and holds a connection for as long as its process lives."""
    return f"socket.create_connection({server.getsockname()!r}).recv(1)"
