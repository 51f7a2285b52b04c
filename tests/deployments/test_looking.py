"""Commands that only look need no key, no client, no Prefect, and no permission to write."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.stocked import stocked

LOOK = """
import json, sys
from deployments.cli import main
for arguments in json.loads(sys.argv[1]):
    code, loaded = main(arguments), set(json.loads(sys.argv[2])) & set(sys.modules)
    print(*arguments, "gives", code, "and loaded:", *sorted(loaded), file=sys.stderr)
"""
LOOKS = (
    ["status", "2024-10"],
    ["status", "2024-10", "--source", "huggingface"],
    ["status", "2024-10", "--source", "arxiv", "--painter", "openai-images"],
    ["status", "2024-10", "--source", "arxiv-oai"],
    ["stats"],
    ["verify"],
    ["query", "SELECT 1"],
    ["settings"],
    ["run", "--help"],
)
HEAVY = ("prefect", "flows", "tasks", "openai", "httpx", "httpx2", "requests", "arxiv", "lxml")


def looked(place: Path, *looks: list[str], **variables: str) -> list[str]:
    """What is said of each look: its exit code, and what it has loaded."""
    clean = {name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "FAL_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, json.dumps(looks), json.dumps(HEAVY)],
        cwd=place,
        env=clean | variables | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


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


def test_who_only_looks_needs_nothing(archive: Path, tmp_path: Path) -> None:
    before = files(archive)
    said = looked(
        tmp_path, *LOOKS, FRONTISPIECE_ARCHIVE=str(archive), FRONTISPIECE_WRITER="openai", FRONTISPIECE_PAINTER="fal"
    )
    assert [line for line in said if " gives " in line] == [f"{' '.join(each)} gives 0 and loaded:" for each in LOOKS]
    assert files(archive) == before
    assert list(tmp_path.iterdir()) == []


def test_a_gallery_needs_no_prefect(tmp_path: Path) -> None:
    asyncio.run(stocked(tmp_path / "data" / "archive"))
    assert looked(tmp_path, ["gallery"])[-1] == "gallery gives 0 and loaded:"
