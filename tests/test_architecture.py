"""The rooms, and who may enter which: read from the syntax trees, so that it can't drift."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for room in ("deployments", "flows", "tasks") for path in (ROOT / room).rglob("*.py"))
FAMILIES = ("sources", "writers", "painters", "archive", "gallery")

# Plain Python that every family may stand on.
GROUND = {
    *("tasks.models", "tasks.errors", "tasks.recipe", "tasks.settings", "tasks.plan", "tasks.prices"),
    *("tasks.http", "tasks.downloads", "tasks.gate", "tasks.openai_api", "tasks.version", "tasks.label"),
    *("tasks.decoding", "tasks.addresses", "tasks.precedence", "tasks.variables"),
}
VERBS = {
    *("tasks.fetch_papers", "tasks.find_papers", "tasks.write_prompt", "tasks.paint_image"),
    *("tasks.archive_image", "tasks.record_run", "tasks.publish_gallery", "tasks.order_prompts", "tasks.caching"),
}
HOMES = {
    "httpx": {"tasks.http"},
    "openai": {"tasks.openai_api"},
    "httpx2": {"tasks.openai_api"},
    "arxiv": {"tasks.sources.arxiv_api"},
    "lxml": {"tasks.sources.arxiv_api"},
    "requests": {"tasks.sources.arxiv_http", "tasks.sources.arxiv_api", "tasks.sources.arxiv_oai"},
    "pyarrow": {"tasks.archive.catalog", "tasks.archive.index", "tasks.archive.reader", "tasks.archive.tally"},
    "duckdb": {"tasks.archive.query"},
    "jinja2": {"tasks.gallery.pages"},
    "obstore": {"tasks.archive.store"},
    "PIL": {"tasks.archive.jpeg", "tasks.gallery.thumbnails", "tasks.painters.lineart.raster"},
    "HersheyFonts": {"tasks.painters.lineart.lettering"},
    "pydantic_settings": {"tasks.settings"},
}


def module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def own_imports(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] in ("deployments", "flows", "tasks")}


@pytest.fixture(params=FILES, ids=[module(path) for path in FILES])
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_imports_run_one_way(path: Path) -> None:
    room = module(path).split(".")[0]
    allowed = {"deployments": {"deployments", "flows", "tasks"}, "flows": {"flows", "tasks"}, "tasks": {"tasks"}}[room]
    assert {name.split(".")[0] for name in own_imports(path)} <= allowed


@pytest.mark.parametrize(
    ("family", "path"),
    [(family, path) for family in FAMILIES for path in sorted((ROOT / "tasks" / family).rglob("*.py"))],
    ids=lambda value: value if isinstance(value, str) else module(value),
)
def test_families_stand_on_the_ground_and_know_no_other_family(family: str, path: Path) -> None:
    for name in own_imports(path):
        assert name in GROUND or name.startswith(f"tasks.{family}"), f"{module(path)} imports {name}"


def test_prefect_stays_in_flows_deployments_and_verbs(path: Path) -> None:
    if any(name.split(".")[0] == "prefect" for name in imports(path)):
        assert module(path).startswith(("flows", "deployments")) or module(path) in VERBS


def test_third_party_libraries_have_one_home(path: Path) -> None:
    for name in imports(path):
        home = HOMES.get(name.split(".")[0])
        assert home is None or module(path) in home, f"{module(path)} imports {name}"


def test_no_thread_of_obstore_enters_python(path: Path) -> None:
    """Its asynchronous side answers from such threads, and a process that ends meanwhile is aborted."""
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    if "obstore" in imports(path):
        assert {name for name in names if name.endswith("_async")} == set()


def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
