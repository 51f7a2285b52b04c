"""Commands that only look need no key, no Prefect, and no permission to write."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.stocked import stocked

LOOK = """
import sys
from deployments.cli import main
code = main(sys.argv[1:])
print("loaded:", *sorted({"prefect", "flows", "tasks"} & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An archive that nobody may write to."""
    place = tmp_path_factory.mktemp("read-only") / "archive"
    asyncio.run(stocked(place))
    everything = [place, *place.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield place
    for path in everything:
        path.chmod(0o755)


def files(place: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in place.rglob("*")}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["status", "2024-10"], id="status"),
        pytest.param(["stats"], id="stats"),
        pytest.param(["verify"], id="verify"),
        pytest.param(["query", "SELECT 1"], id="query"),
    ],
)
def test_who_only_looks_needs_nothing(archive: Path, arguments: list[str], tmp_path: Path) -> None:
    before = files(archive)
    variables = {
        "FRONTISPIECE_ARCHIVE": str(archive),
        "FRONTISPIECE_WRITER": "openai",
        "FRONTISPIECE_PAINTER": "fal",
    }
    clean = {name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "FAL_KEY")}
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *arguments],
        cwd=tmp_path,
        env=clean | variables | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "loaded:"
    assert files(archive) == before


def test_a_gallery_needs_no_prefect(tmp_path: Path) -> None:
    asyncio.run(stocked(tmp_path / "data" / "archive"))
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", LOOK, "gallery"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "loaded:")
