"""What CONTRIBUTING.md shows is somebody else's package: written down, built, installed and run as a user would."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.arxiv import FakeArxiv
from fakes.pictures import png
from fakes.server import serving
from helpers.papers import LLAMMLEIN, REAL
from helpers.real_server import RealServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from frontispiece.archive.images import read_provenance
from frontispiece.services import recipe_of
from frontispiece.settings import load_settings

ROOT = Path(__file__).parents[2]
BLOCKS: dict[str, str] = dict(
    re.findall(r"^```\w+ (\S+)\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL | re.MULTILINE)
)
BIN = Path(sys.executable).parent
SHELF = ("2024-11-12,2411.07641", "2024-11-17,2411.11171", *(f"2024-11-17,2411.1100{number}" for number in range(7)))
"""The days and ids of what the contract tests of sources know."""


@dataclass
class Studio:
    """Takes orders, and has each picture ready when it is looked for the second time."""

    orders: list[dict[str, object]] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/orders", self._order, methods=["POST"]),
            Route("/orders", self._list),
            Route("/orders/{number}", self._picture),
        ]

    async def _order(self, request: Request) -> Response:
        now = datetime.now(UTC).isoformat()
        self.orders.append({"id": str(len(self.orders)), "at": now, **await request.json()})
        return JSONResponse(self.orders[-1], 201)

    async def _list(self, request: Request) -> Response:
        return JSONResponse(self.orders)

    async def _picture(self, request: Request) -> Response:
        number = request.path_params["number"]
        if number in self.looked:
            return Response(png(384, 720, number), media_type="image/png")
        self.looked.add(number)
        return Response(status_code=202)


@dataclass(frozen=True)
class Installed:
    """Where the package is installed, and the services that it speaks to."""

    place: Path
    url: str
    studio: Studio

    def environment(self, **variables: str) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(self.place), "COLUMNS": "200"} | variables


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The package, told where its shelf and its studio are."""
    written, place = tmp_path_factory.mktemp("written"), tmp_path_factory.mktemp("installed")
    (written / "shelf.csv").write_text("\n".join(("day,id", *SHELF)))
    studio = Studio()
    with serving(Starlette(routes=[*studio.routes, *FakeArxiv(REAL).routes])) as url:
        for name, text in BLOCKS.items():
            (written / name).parent.mkdir(exist_ok=True)
            at_hand = text.replace('"shelf.csv"', repr(str(written / "shelf.csv")))
            (written / name).write_text(at_hand.replace("http://127.0.0.1:8188", url))
        command = [str(BIN / "uv"), "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--python", sys.executable, "--target", str(place), str(written)], check=True)
        yield Installed(place, url, studio)


@pytest.mark.slow
def test_what_it_adds_keeps_the_contracts(installed: Installed, tmp_path: Path) -> None:
    tests = ("test_registry.py", "test_providers_contract.py", "sources/test_sources_contract.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "wash or studio or woodcut or shelf"]
    done = subprocess.run(
        [*command, "--basetemp", str(tmp_path / "pytest"), *(f"tests/frontispiece/{name}" for name in tests)],
        cwd=ROOT,
        env=installed.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 35  # 2 x 8 of painters, 7 of writers, 15 of sources


def test_what_it_adds_runs(installed: Installed, real_server: RealServer, tmp_path: Path) -> None:
    archive = tmp_path / "data" / "archive"
    (tmp_path / "mine.csv").write_text(f"day,id\n2024-11-17,{LLAMMLEIN.id}\n")
    environment = installed.environment(
        FRONTISPIECE_WASH_WIDTH="128",
        FRONTISPIECE_SHELF_FILE="mine.csv",
        FRONTISPIECE_ARXIV_URL=f"{installed.url}/api/query",
        FRONTISPIECE_ARXIV_SPACING="0",
        PREFECT_API_URL=f"{real_server.url}/api",
    )

    def command(*arguments: str) -> str:
        """What the command prints. Every one here does what it should."""
        done = subprocess.run(
            [str(BIN / "frontispiece"), *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "wash" in command("run", "--help")
    assert re.search(r"FRONTISPIECE_WASH_WIDTH = 128  \(environment\)\n +width of the washes", command("settings"))
    asked = ("run", "2024-11-17", "--source", "shelf", "--writer", "woodcut", "--painter")
    command(*asked, "wash")
    (picture,) = (archive / "pictures").rglob("*.jpg")
    provenance = read_provenance(picture.read_bytes())
    assert provenance is not None
    assert (provenance.painter, provenance.is_ai) == ("wash", False)
    query = "SELECT source, writer, picture_width, painter_dollars, unpriced FROM pictures ORDER BY painter DESC"
    expected = "shelf,woodcut,128,0.0,0"
    assert command("query", "--format", "csv", query).splitlines()[1:] == [expected]
    # What is free stays free when the catalog has to be made again.
    for path in (archive / "catalog").rglob("*.parquet"):
        path.unlink()
    command("rebuild")
    assert command("query", "--format", "csv", query).splitlines()[1].endswith("128,0.0,0")
    before = len(installed.studio.orders)
    command(*asked, "studio")
    assert len(installed.studio.orders) == before + 1
    paid = command("query", "--format", "csv", "SELECT sum(painter_dollars) FROM pictures WHERE painter = 'studio'")
    assert paid.splitlines()[1:] == ["0.01"]


def test_the_style_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "linocut.txt").write_text(BLOCKS["styles/linocut.txt"])
    recipe = recipe_of(load_settings(writer="openai", style="linocut"))
    assert recipe.writer.template == BLOCKS["styles/linocut.txt"].removesuffix("\n")
