"""The rooms, and who may enter which: read from the syntax trees, so that it can't drift."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

from frontispiece.registry import CHECKERS, PAINTERS, SOURCES, WRITERS, registered

ROOT = Path(__file__).parents[2]
ROOMS: Final = ("frontispiece", "tasks", "flows", "deployments")
"""Each may import those before it."""
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
PROVIDERS: Final = {name for group in (SOURCES, WRITERS, PAINTERS, CHECKERS) for name in registered(group)}

LAYERS: Final = (
    {"ground"},
    {"providers", "lineart"},
    {"sources", "writers", "painters", "checkers"},
    {"archive"},
    {"purchases", "gallery"},
    {"services", "letter"},
    {"planning"},
    {"looking", "maintenance", "comparing"},
)
"""Inside the library: each part may import those of the layers before its own, and itself. Ground are the files."""
HOMES: Final = {
    "httpx": {"frontispiece.providers.http", "deployments.server"},  # whose errors Prefect's client raises
    "openai": {"frontispiece.providers.openai_client", "frontispiece.providers.openai_errors"},
    "httpx2": {"frontispiece.providers.openai_client", "frontispiece.providers.openai_errors"},
    "arxiv": {"frontispiece.sources.arxiv_pages"},
    "lxml": {"frontispiece.sources.arxiv_pages"},
    "requests": {
        "frontispiece.sources.arxiv_http",
        "frontispiece.sources.arxiv_pages",
        "frontispiece.sources.arxiv_oai",
    },
    "pyarrow": {f"frontispiece.archive.{name}" for name in ("catalog", "exports", "paid_calls", "reader", "query")},
    "duckdb": {f"frontispiece.archive.{name}" for name in ("exports", "query", "reader")},
    "jinja2": {"frontispiece.gallery.pages"},
    "obstore": {"frontispiece.archive.store", "frontispiece.archive.bucket"},
    "PIL": {
        "frontispiece.archive.pixels",
        "frontispiece.lineart.raster",
        "frontispiece.lineart.vector",
        "frontispiece.letter.poster",
    },
    "HersheyFonts": {"frontispiece.lineart.lettering"},
    "pydantic_settings": {"frontispiece.settings", "deployments.cli.settings"},
    "annotated_types": {"frontispiece.request"},
    "cyclopts": {
        f"deployments.cli.{name}"
        for name in ("app", "options", "run", "serve", "compare", "gallery", "letter", "admin", "query")
    },
}


def module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, wherever in the file."""
    names: list[str] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.append(node.module or "")
    return tuple(names)


def own_imports(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] in ROOMS}


def part(name: str) -> str:
    """The part of the library that a module belongs to."""
    second = name.split(".")[1] if "." in name else ""
    return second if any(second in layer for layer in LAYERS) else "ground"


def level(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if part(name) in layer)


@pytest.fixture(params=FILES, ids=[module(path) for path in FILES])
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_imports_run_one_way(path: Path) -> None:
    allowed = ROOMS[: ROOMS.index(module(path).split(".")[0]) + 1]
    assert {name.split(".")[0] for name in own_imports(path)} <= set(allowed)


@pytest.mark.parametrize(
    "path", [path for path in FILES if module(path).startswith("frontispiece")], ids=lambda path: module(path)
)
def test_the_library_is_in_layers_and_families_do_not_know_each_other(path: Path) -> None:
    mine = module(path)
    for name in own_imports(path):
        assert level(name) < level(mine) or part(name) == part(mine), f"{mine} imports {name}"


def test_what_a_provider_is_like_is_asked_of_it(path: Path) -> None:
    """Nobody compares its name: what such a comparison knows stands in the provider's own file."""
    for node in nodes(path):
        if isinstance(node, ast.Compare):
            compared = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
            assert not compared & PROVIDERS, f"{path}, line {node.lineno}"


def test_the_library_does_not_know_prefect(path: Path) -> None:
    if module(path).startswith("frontispiece"):
        assert "prefect" not in {name.split(".")[0] for name in imports(path)}


def test_prefect_is_used_by_its_public_api(path: Path) -> None:
    names = {part for name in imports(path) if name.split(".")[0] == "prefect" for part in name.split(".")}
    assert not {name for name in names if name.startswith("_") or name.endswith("_engine")}


def test_third_party_libraries_have_one_home(path: Path) -> None:
    for name in imports(path):
        home = HOMES.get(name.split(".")[0])
        assert home is None or module(path) in home, f"{module(path)} imports {name}"


def package(requirement: str) -> str:
    """The name of a package as indexes spell it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


installed = cache(packages_distributions)


def imported(*folders: str) -> set[str]:
    """What the files in these folders import that is neither Python's nor ours."""
    ours = {path.stem for folder in (".", "tests", "bench") for path in (ROOT / folder).iterdir()}
    files = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    names = {name.split(".")[0] for path in files for name in imports(path)}
    return names - ours - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("folders", "extras"),
    [
        pytest.param(ROOMS, (), id="the program"),
        pytest.param(("tests", "bench"), ("dev",), id="tests and measurements"),
    ],
)
def test_what_is_imported_is_declared(folders: tuple[str, ...], extras: tuple[str, ...]) -> None:
    """What another package happens to bring along may go with its next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(each for name in extras for each in project["optional-dependencies"][name])]
    declared, brought_by = {package(each) for each in asked}, installed()
    missing = {
        name for name in imported(*folders) if not declared & {package(each) for each in brought_by.get(name, [name])}
    }
    assert missing == set()


def test_no_thread_of_obstore_enters_python(path: Path) -> None:
    """Its asynchronous side answers from such threads, and a process that ends meanwhile is aborted."""
    if "obstore" in imports(path):
        names = {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}
        assert {name for name in names if name.endswith("_async")} == set()


def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


NOUNS: Final = "call day entr file leftover line month original paper picture prompt row run time upvote"


def test_nobody_counts_one_days() -> None:
    """`frontispiece.text.counted` says how many there are."""
    plural = re.compile(rf"(?:%d|\{{(?:len|sum)\([^{{}}]*\}}) (?:[a-z]+ )?(?:{NOUNS.replace(' ', '|')})(?:s|ies)\b")
    said = [f"{path.relative_to(ROOT)}: {each}" for path in FILES for each in plural.findall(path.read_text())]
    assert said == []
