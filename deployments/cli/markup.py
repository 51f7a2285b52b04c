"""Words of others on rich's consoles."""

from rich.console import Console
from rich.text import Text

from frontispiece.text import visible


def plain(text: str) -> Text:
    """The words as they read: nothing in them is markup or an emoji's name to rich, or moves the terminal's cursor."""
    return Text(visible(text))


def print_fact(console: Console, name: str, value: str | Text, style: str = "bold") -> None:
    """A line of a summary."""
    console.print(
        Text.assemble((f"{name:>9}", style), "  ", plain(value) if isinstance(value, str) else value), soft_wrap=True
    )
