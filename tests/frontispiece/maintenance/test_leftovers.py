"""What killed programs left half done goes after a day; what may be anybody else's, or is still at work, stays."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.stocked import stocked
from helpers.strangers import everything

from frontispiece.archive.store import Archive
from frontispiece.maintenance.leftovers import OLD, remove_leftovers
from frontispiece.maintenance.verify import verify
from frontispiece.scratch import Scratch

DIE = """
import os, signal
from frontispiece.scratch import Scratch
scratch = Scratch()
(scratch.path / "rows.parquet").write_bytes(b"x")
os.kill(os.getpid(), signal.SIGKILL)
"""
HALF = (
    "catalog/day=2024-10-31/run-2.parquet#1",
    "journal/abababab/000.json#12",
    f"originals/{'ab' * 32}.png#1",
    "pictures/20241031/abababababababab.jpg#1",
    "gallery/thumbs/20241031/a-320.webp#2",
    "results/abc#1",
)
"""As obstore names what it is writing."""
OTHERS = (
    "pictures/20241031/holiday.jpg#1",
    "pictures/20241031/abababababababab.jpg#old",
    "pictures/20241031/#1",
    "originals/notes#1",
    "my folder/results#1",
    "notes.txt#1",
)


def written(path: Path, age: float = 1.1) -> Path:
    """A file that was last changed so many times the time ago that leftovers are left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    return aged(path, age)


def aged(path: Path, age: float = 1.1) -> Path:
    then = (datetime.now(UTC) - age * OLD).timestamp()
    os.utime(path, (then, then), follow_symlinks=False)
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.usefixtures("temporary")
async def test_half_written_files_of_the_archive_go_after_a_day(tmp_path: Path) -> None:
    archive = await stocked(tmp_path / "archive")
    before = everything(tmp_path)
    for name in OTHERS:
        written(tmp_path / "archive" / name)
    written(tmp_path / "archive/results/young#1", age=0.9)
    aged_link = tmp_path / "archive/results/link#1"
    aged_link.symlink_to(tmp_path / "archive/notes.txt#1")
    aged(aged_link)
    stay = everything(tmp_path)
    for name in HALF:
        written(tmp_path / "archive" / name)
    assert await remove_leftovers(archive, datetime.now(UTC)) == len(HALF)
    left = everything(tmp_path)
    assert stay.items() <= left.items()
    assert {path for path in left if path.endswith(tuple(HALF))} == set()
    assert before.items() <= left.items()
    assert (await verify(archive)).findings == []


def test_folders_of_killed_processes_go_after_a_day(temporary: Path, tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIE], env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert died.returncode == -signal.SIGKILL
    (dead,) = temporary.iterdir()
    archive = Archive.open(str(tmp_path / "archive"))
    assert asyncio.run(remove_leftovers(archive, datetime.now(UTC))) == 0, "it is young"
    others = [temporary / name for name in ("frontispiece-checkout", "frontispiece-a.scratch", "prefect.scratch")]
    others[0].mkdir()
    others[1].symlink_to(tmp_path)
    written(others[2])
    with Scratch() as alive:
        for folder in (dead, alive, *others[:2]):
            aged(folder)
        assert asyncio.run(remove_leftovers(archive, datetime.now(UTC))) == 1
        assert set(temporary.iterdir()) == {alive, *others}
    assert set(temporary.iterdir()) == set(others)
    assert not (tmp_path / "archive").exists()
