"""Commands end as they ought to, whatever the libraries below them are still at."""

import signal
import socket
from pathlib import Path

import pytest
from ends import bucket, places, start, wrong_ends
from helpers.real_server import PATIENCE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_no_command_is_aborted_at_its_end(place: str, tmp_path: Path) -> None:
    """Four side by side keep a machine busy; `make chaos` runs hundreds."""
    with places(tmp_path) as archives:
        assert wrong_ends(archives[place], tmp_path, runs=10, side_by_side=4) == []


def test_ctrl_c_does_not_wait_for_a_bucket_that_never_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        process = start(("journal",), bucket(f"http://127.0.0.1:{mute.getsockname()[1]}"), tmp_path)
        connection, _ = mute.accept()
        with connection:
            connection.recv(1)  # now it waits for an answer
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert complaints.startswith("frontispiece: interrupted")
    assert complaints.count("\n") == 1
