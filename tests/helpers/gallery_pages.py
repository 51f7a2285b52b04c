"""Reads the gallery's files as a browser would. No pytest in here."""

import json
import re
from html.parser import HTMLParser

VOID = {"meta", "link", "source", "img", "input", "br"}


class Page(HTMLParser):
    """The elements of a page with their attributes, what they lead to, and the text; unbalanced tags fail."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(content.decode())
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def targets(self) -> list[str]:
        found = []
        for _, attributes in self.elements:
            found += [attributes[name] for name in ("href", "src", "action") if name in attributes]
            found += [part.split()[0] for part in attributes.get("srcset", "").split(",") if part.strip()]
        return found


def script_data(content: bytes) -> list[object]:
    """The arguments that a data script calls back with."""
    inside = re.fullmatch(rb"frontispiece\.arrived\((.*)\);\n", content, re.DOTALL)
    assert inside
    return list(json.loads(b"[" + inside[1] + b"]"))
