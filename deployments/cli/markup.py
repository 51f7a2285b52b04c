"""Words of others within rich's markup."""

from rich.markup import escape

from frontispiece.text import visible


def plain(text: str) -> str:
    """The words as they read: nothing in them is a tag of rich's, or moves the terminal's cursor."""
    return escape(visible(text))
