"""What can drift in the documents is checked here."""

import re
from pathlib import Path

from tasks.settings import Settings, variable

ROOT = Path(__file__).parents[1]


def shown(value: object) -> str:
    """A default as docs/settings.md writes it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).replace(f"{ROOT}/", "")


def settings_table() -> str:
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = shown(field.default)
        rows.append(f"| `{variable(name)}` | {f'`{default}`' if default else '–'} | {field.description} |")
    return "\n".join(rows)


def test_every_setting_stands_in_the_docs() -> None:
    assert settings_table() in (ROOT / "docs" / "settings.md").read_text()


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_rooms_in_the_architecture_are_the_rooms_there_are() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for room in ("deployments", "flows", "tasks"):
        for path in (ROOT / room).glob("*.py"):
            assert path.name == "__init__.py" or re.search(rf"\b{path.stem}\b", text), f"{path} is not drawn"
    for family in ("sources", "writers", "painters", "archive", "gallery"):
        for path in (ROOT / "tasks" / family).glob("*.py"):
            assert path.name in ("__init__.py", "interface.py") or re.search(rf"\b{path.stem}\b", text), path


def test_the_two_commands_come_first_in_the_readme() -> None:
    commands = re.findall(r"make \w+", (ROOT / "README.md").read_text())
    assert commands[:2] == ["make run", "make test"]
