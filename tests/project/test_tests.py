"""What holds for the tests and the measurements themselves: read from the syntax trees, as the rooms are."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for room in ("tests", "bench") for path in (ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SLEEPERS = {
    "tests/chaos.py": "kills at a moment that chance chooses, and looks whether somebody listens yet",
    "tests/helpers/real_server.py": "looks, again and again, at what another process does and tells nobody",
    "tests/fakes/faults.py": "an answer that comes a byte now and then is slow by nature",
    "tests/fakes/openai.py": "a provider takes its time: `latency`, which is none in tests",
    "bench": "what takes a provider's time is what is measured",
}
"""Who may let time pass, and why; everybody else waits for what happens."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.fixture(params=FILES, ids=map(name, FILES))
def tree(request: pytest.FixtureRequest) -> ast.Module:
    return parsed(request.param)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Those that belong to somebody else, by line."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    own |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names):
                yield from ((node.lineno, each) for each in (module or "").split(".") if is_private(each))
                yield from ((node.lineno, each.name) for each in names if is_private(each.name))
            case ast.Attribute(attr=attr, value=whose) if is_private(attr):
                is_ours = isinstance(whose, ast.Name) and whose.id in ("self", "cls") and attr in own
                yield from () if is_ours else ((node.lineno, attr),)
            case ast.Call(func=ast.Attribute(attr="setattr" | "setitem" | "delattr"), args=args):
                texts = (each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str))
                yield from ((node.lineno, text) for text in texts if any(map(is_private, text.split("."))))


def test_what_is_private_is_left_alone(tree: ast.Module) -> None:
    """What a test has to know of another room is public there, or can be seen from outside."""
    assert list(private_names(tree)) == []


def sleeps(tree: ast.Module) -> Iterator[int]:
    """The lines that let time pass: `sleep(0)` only lets others have their turn, and a fake clock's is no module's."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="sleep", value=ast.Name(id="time" | "asyncio")), args=args):
                if not (isinstance(args[0], ast.Constant) and args[0].value == 0):
                    yield node.lineno
            case ast.ImportFrom(module="time" | "asyncio", names=names) if "sleep" in {each.name for each in names}:
                yield node.lineno


def test_nobody_sleeps_to_be_right() -> None:
    """What is slept for is late on a busy machine."""
    found = {name(path) for path in FILES if list(sleeps(parsed(path)))}
    assert {path for path in found if path.partition("/")[0] not in SLEEPERS} <= set(SLEEPERS)


def test_what_several_files_need_stands_once() -> None:
    """In tests/helpers, tests/fakes or a conftest.py."""
    places: defaultdict[str, list[tuple[str, ast.stmt]]] = defaultdict(list)
    for path in FILES:
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                lines = (node.end_lineno or 0) - node.lineno
                if lines > 1:
                    places[node.name].append((f"{name(path)}:{node.lineno}", node))
    same = defaultdict(list)
    for named in places.values():
        for where, node in named if len(named) > 1 else ():
            same[ast.dump(node)].append(where)
    assert [where for where in same.values() if len(where) > 1] == []
