"""What can drift in the documents is checked here."""

import os
import re
import subprocess
import textwrap
from collections.abc import Collection
from pathlib import Path

import pytest
from pydantic import SecretStr

from deployments.cli.app import app
from frontispiece.registry import PAINTERS, registered
from frontispiece.settings import load_settings, settings_model, variable

ROOT = Path(__file__).parents[2]


def shown(value: object) -> str:
    """A default as docs/settings.md writes it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).replace(f"{ROOT}/", "")


def settings_table() -> str:
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in settings_model().model_fields.items():
        default = shown(field.default)
        rows.append(f"| `{variable(name)}` | {f'`{default}`' if default else '–'} | {field.description} |")
    return "\n".join(rows)


def test_every_setting_stands_in_the_docs() -> None:
    assert settings_table() in (ROOT / "docs" / "settings.md").read_text()


def test_every_painter_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "painters.md").read_text()
    assert [name for name in registered(PAINTERS) if f"\n| `{name}` | " not in page] == []


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_rooms_in_the_architecture_are_the_rooms_there_are() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for room in ("deployments", "flows", "tasks", "frontispiece"):
        for path in (ROOT / room).glob("*.py"):
            assert path.name == "__init__.py" or re.search(rf"\b{path.stem}\b", text), f"{path} is not drawn"
    for family in ("sources", "writers", "painters", "checkers", "archive", "gallery"):
        for path in (ROOT / "frontispiece" / family).glob("*.py"):
            assert path.name in ("__init__.py", "interface.py") or re.search(rf"\b{path.stem}\b", text), path


def test_the_tests_that_the_threat_model_names_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text()))
    there = {
        each for path in (ROOT / "tests").rglob("test_*.py") for each in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert named
    assert named - there == set()


def test_the_two_commands_come_first_in_the_readme() -> None:
    commands = re.findall(r"make \w+", (ROOT / "README.md").read_text())
    assert commands[:2] == ["make run", "make test"]


def blocks(page: Path) -> list[str]:
    """What a reader would paste: indented lines that begin with a command or with a variable."""
    indented = map(textwrap.dedent, re.findall(r"(?:^ {4,}\S.*\n)+", page.read_text(), re.MULTILINE))
    return [block for block in indented if re.match(r"export |[A-Z_]+=|make |frontispiece ", block)]


PASTED = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for number, block in enumerate(blocks(page), 1)
]
NOTE_DOWN = """#!/bin/sh
{ printf '%s\\0' "$@"; printf '\\0'; env -0; } > "$(mktemp -p "$NOTES")"
"""


def paste(block: str, folder: Path) -> list[tuple[list[str], dict[str, str]]]:
    """Run it in a shell; gives arguments and environment of each call of `frontispiece`. Other commands do nothing."""
    for name in ("frontispiece", "make", "prefect"):
        (folder / name).write_text(NOTE_DOWN if name == "frontispiece" else "#!/bin/sh\n")
        (folder / name).chmod(0o700)
    (folder / "notes").mkdir()
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "NOTES": str(folder / "notes")}
    subprocess.run(["bash", "-eu"], input=block, env=environment, cwd=folder, text=True, check=True)  # noqa: S607
    notes = [path.read_text().split("\0\0", 1) for path in (folder / "notes").iterdir()]
    return [(said.split("\0"), dict(each.split("=", 1) for each in env.split("\0") if each)) for said, env in notes]


@pytest.mark.parametrize("block", PASTED)
def test_what_is_shown_can_be_pasted(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = dict(re.findall(r"\b([A-Z_]+)=(\S+)", block))
    asks = "frontispiece " in block or "make " in block
    for arguments, environment in paste(block if asks else f"{block}frontispiece settings", tmp_path):
        app.parse_args(arguments, print_error=False, exit_on_error=False)
        assert {name: environment.get(name) for name in shown} == shown
        with monkeypatch.context() as patch:
            for name in shown:
                patch.setenv(name, environment[name])
            assert in_force(shown) == shown


@pytest.mark.parametrize("block", [each for each in PASTED if "export FRONTISPIECE_" in str(each.values[0])])
def test_what_is_exported_can_stand_in_env(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for line in block.splitlines() if line.startswith("export ")]
    (tmp_path / ".env").write_text("\n".join(lines))
    shown = dict(re.findall(r"\b([A-Z_]+)=(\S+)", block))
    assert len(shown) == len(lines)
    assert in_force(shown) == shown


def in_force(names: Collection[str]) -> dict[str, str]:
    """What the program takes for the values of these variables; Prefect's own are Prefect's."""
    settings = load_settings()
    values = {variable(field): getattr(settings, field) for field in settings_model().model_fields}
    prefects = {name: os.environ[name] for name in names if name.startswith("PREFECT_")}
    ours = {name: values[name] for name in names if name not in prefects}
    return prefects | {
        name: value.get_secret_value() if isinstance(value, SecretStr) else shown(value) for name, value in ours.items()
    }
