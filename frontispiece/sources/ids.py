"""arXiv ids, as people write them and as URLs hold them."""

import re
from typing import Final

from frontispiece.errors import BadInput

MAX_CHARACTERS: Final = 300

ARCHIVE: Final = r"(?:[a-z]{2,8}|[a-z]{1,8}-[a-z]{2,4})"
"""The part of an old id or a category that names the archive, such as hep-th."""
SUBJECT: Final = r"(?:[A-Z]{2}|[a-z]{2,8}(?:-[a-z]{2,5})?)"
"""The subject class behind the archive, such as GT in math.GT or stat-mech in cond-mat.stat-mech."""

# Source of both forms: https://info.arxiv.org/help/arxiv_identifier.html
_MONTH = "(?:0[1-9]|1[0-2])"
_UNTIL_MARCH_2007 = f"(?:(?:9[1-9]|0[0-6]){_MONTH}|070[1-3])"
_OLD = rf"(?P<archive>{ARCHIVE})(?:\.{SUBJECT})?/(?P<number>{_UNTIL_MARCH_2007}[0-9]{{3}})"
_FOUR_DIGITS = rf"(?:070[4-9]|071[0-2]|(?:0[89]|1[0-4]){_MONTH})\.[0-9]{{4}}"
_FIVE_DIGITS = rf"(?:1[5-9]|[2-9][0-9]){_MONTH}\.[0-9]{{5}}"
_ID = rf"(?:(?P<new>{_FOUR_DIGITS}|{_FIVE_DIGITS})|{_OLD})(?:v(?P<version>[1-9][0-9]{{0,2}}))?"
_ARXIV_PAGE = r"(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/"
_HUGGINGFACE_PAGE = r"(?:www\.)?(?:huggingface\.co|hf\.co)/papers/"
_ADDRESS = rf"(?i:(?:https?://)?(?:{_ARXIV_PAGE}|{_HUGGINGFACE_PAGE}))"

_PLAIN: Final = re.compile(rf"(?i:arxiv:\s?)?{_ID}")
_LINKED: Final = re.compile(rf"{_ADDRESS}{_ID}(?:\.pdf)?/?(?:[?#].*)?")


def parse_id(text: str) -> tuple[str, int | None]:
    """The id without version, and the version where one is given.

    Takes ids of both forms, with or without `arXiv:`, and the addresses of a paper's pages on arXiv and Hugging Face.
    The subject class of an old id is dropped (math.GT/0309136 is math/0309136), as arXiv itself does: a paper has one
    id and so one picture. Raises BadInput for everything else.
    """
    stripped = text.strip()
    match = None
    if len(stripped) <= MAX_CHARACTERS:
        match = _PLAIN.fullmatch(stripped) or _LINKED.fullmatch(stripped)
    if match is None:
        shown = stripped if len(stripped) <= 60 else f"{stripped[:60]}…"
        raise BadInput(f"{shown!r} is no arXiv id or address of a paper; write it like 2410.24175 or hep-th/9901001.")
    version = match["version"]
    return match["new"] or f"{match['archive']}/{match['number']}", int(version) if version else None
