"""A package of somebody else's adds a painter: built, installed and run as a user would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from frontispiece.archive.images import read_provenance

WASH = Path(__file__).parents[1] / "fixtures" / "frontispiece-wash"
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.server  # the run of a newcomer starts one


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed."""
    place = tmp_path_factory.mktemp("packages")
    command = [str(BIN / "uv"), "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--python", sys.executable, "--target", str(place), str(WASH)], check=True)
    return place


def test_an_installed_package_adds_a_painter(installed: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed), "FRONTISPIECE_WASH_WIDTH": "128", "COLUMNS": "200"}

    def command(*arguments: str) -> str:
        """What the command prints. Every one here does what it should."""
        done = subprocess.run(
            [str(BIN / "frontispiece"), *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "wash" in command("run", "--help")
    assert re.search(r"FRONTISPIECE_WASH_WIDTH +128 +width of the washes", command("settings"))
    command("run", "--painter", "wash", "--limit", "1")
    (picture,) = (tmp_path / "data" / "archive" / "pictures").rglob("*.jpg")
    provenance = read_provenance(picture.read_bytes())
    assert provenance is not None
    assert (provenance.painter, provenance.is_ai) == ("wash", False)
    query = "SELECT picture_width, painter_dollars, unpriced FROM pictures"
    assert command("query", "--format", "csv", query).splitlines()[1].split(",") == ["128", "0.0", "0"]
    # What is free stays free when the catalog has to be made again.
    for path in (tmp_path / "data" / "archive" / "catalog").rglob("*.parquet"):
        path.unlink()
    command("rebuild")
    assert command("query", "--format", "csv", query).splitlines()[1].split(",") == ["128", "0.0", "0"]
