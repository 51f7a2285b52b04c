"""Commands that only look need no key, no client, no Prefect, and no permission to write."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from helpers.stocked import run as a_run
from helpers.stocked import stocked

from deployments.cli import main
from frontispiece.archive.paths import picture_path
from frontispiece.models import Outcome, Picture, Status
from frontispiece.services import open_services
from frontispiece.settings import load_settings

ROOT = Path(__file__).parents[2]
NEWEST = date(2024, 10, 31)

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


@pytest.mark.slow
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose archive has the sample's newest day, as a run leaves it."""
    place = tmp_path_factory.mktemp("finished")
    settings = load_settings(archive=str(place / "data" / "archive"))

    async def run() -> None:
        async with open_services(settings) as services:
            listed = await services.source.list_day(NEWEST)
            made = []
            for each in listed.papers:
                path = picture_path(each)
                await services.archive.put(path, b"jpeg")
                picture = Picture(path=path, digest="0" * 64, width=1, height=1, bytes=4)
                done = {"status": Status.DONE, "recipe": services.recipe.fingerprint, "picture": picture}
                made.append(Outcome(paper=each, **done))
            told = a_run().model_copy(update={"source": "snapshot", "list_length": len(made), "categories": ()})
            await services.catalog.write(NEWEST, "run-1", made, told)

    asyncio.run(run())
    return place


NOTHING_TO_DO = (
    ["status"],
    ["run"],
    ["run", "--limit", "0"],
    ["run", "2020-01-01"],
    ["run", "--dry-run"],
    ["paper", "2410.23743"],
    ["backfill", "2024-10-31"],
    ["backfill", "2024-10", "--dry-run"],
)


@pytest.mark.slow
def test_without_work_there_is_no_prefect_and_no_row(finished: Path, tmp_path: Path) -> None:
    before = files(finished)
    said = looked(finished, *NOTHING_TO_DO, HOME=str(tmp_path))
    assert [line for line in said if " gives " in line] == [
        f"{' '.join(each)} gives 0 and loaded:{' flows' * (each[0] != 'status')}" for each in NOTHING_TO_DO
    ]
    changed = {path for path, time in files(finished).items() if before.get(path) != time}
    assert not any(path.endswith(".parquet") for path in changed)
    assert str(finished / "data" / "archive") not in changed, "nobody has tried whether it can be written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("width", [80, 100, 200])
def test_what_is_shown_fits(
    width: int, finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(finished)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FRONTISPIECE_MAX_USD", "3")
    assert main(["settings"]) == 0
    shown = capsys.readouterr().out
    assert "FRONTISPIECE_MAX_USD = 3.0  (environment)" in shown
    assert "where lists of papers come from: arxiv," in shown
    assert max(map(len, shown.replace(str(ROOT), "").splitlines())) <= width
    assert main(["run"]) == 0
    *_, see, _, _, last = capsys.readouterr().out.splitlines()
    assert see.split()[-2:] == ["frontispiece", "open"]
    assert Path(last.split()[-1]).is_file()
    assert main(["run", "2020-01-01"]) == 0
    assert "arxiv-sample.jsonl has papers from 2024-10-21 to 2024-10-31" in capsys.readouterr().out
    assert main(["status"]) == 0
    assert f"{NEWEST}  ✓ done" in capsys.readouterr().out
