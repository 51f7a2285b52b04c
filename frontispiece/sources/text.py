"""Titles, names and abstracts as one harmless line: paper text is not trusted."""

import html
import re
from typing import Final

from frontispiece.text import one_line

_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def paper_line(text: str) -> str:
    """`text` with white space collapsed and HTML entities resolved, without signs that cannot be seen.

    Control characters, marks that turn the direction of writing, halves of surrogate pairs and the like are left out,
    so that nothing of it can forge a line of a log or break a file. Letters, accents and LaTeX stay.
    """
    # Only entities with a semicolon: html.unescape alone would also read the `&para` of a LaTeX table.
    resolved = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return one_line(resolved, instead="")
