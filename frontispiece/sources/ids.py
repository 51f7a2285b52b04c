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
_OLD = rf"(?P<archive>(?i:{ARCHIVE}))(?:\.(?i:{SUBJECT}))?/(?P<number>{_UNTIL_MARCH_2007}[0-9]{{3}})"
_FOUR_DIGITS = rf"(?:070[4-9]|071[0-2]|(?:0[89]|1[0-4]){_MONTH})\.[0-9]{{4}}"
_FIVE_DIGITS = rf"(?:1[5-9]|[2-9][0-9]){_MONTH}\.[0-9]{{5}}"
_ID = rf"(?:(?P<new>{_FOUR_DIGITS}|{_FIVE_DIGITS})|{_OLD})(?:[vV](?P<version>[1-9][0-9]{{0,2}}))?"
# Where people copy ids from: pages of arXiv, its mirrors and its readers, and DOIs (https://info.arxiv.org/help/doi.html).
_PAGES = (
    r"(?:(?:www|export|[a-z]{2})\.)?arxiv\.org/(?:abs|pdf|html|format|src|e-print|ps)/",
    r"(?:ar5iv\.labs\.arxiv\.org|ar5iv\.org|(?:www\.)?alphaxiv\.org)/(?:abs|pdf|html|overview|resources)/",
    r"(?:www\.)?(?:huggingface\.co|hf\.co)/papers/",
    r"(?:(?:www|api)\.)?semanticscholar\.org/(?:paper/)?arxiv:",
    r"(?:www\.|dx\.)?doi\.org/10\.48550/arxiv\.",
)
_NAMES = (r"arxiv:\s?", r"oai:arxiv\.org:", r"(?:doi:\s?)?10\.48550/arxiv\.")

_PLAIN: Final = re.compile(rf"(?i:{'|'.join(_NAMES)})?{_ID}(?:\s*\[[A-Za-z.-]{{2,20}}\])?[.;]?")
_LINKED: Final = re.compile(rf"(?i:(?:https?://)?(?:{'|'.join(_PAGES)})){_ID}(?:\.pdf)?/?[.;]?(?:[?#].*)?")
PASTED: Final = re.sub(r"\?P<\w+>", "?:", rf"^\s*(?:{_PLAIN.pattern}|{_LINKED.pattern})\s*(?![\s\S])")
"""What `parse_id` takes, of any length, as a pattern without names: for forms."""


def parse_id(text: str) -> tuple[str, int | None]:
    """The id without version, and the version where one is given.

    Takes ids of both forms as they are pasted: behind `arXiv:`, with the category in brackets, as DOIs, and in the
    addresses of a paper's pages on arXiv, Hugging Face, alphaXiv, ar5iv and Semantic Scholar. The subject class of an
    old id is dropped (math.GT/0309136 is math/0309136), as arXiv itself does: a paper has one id and so one picture.
    Raises BadInput for everything else.
    """
    stripped = text.strip()
    match = None
    if len(stripped) <= MAX_CHARACTERS:
        match = _PLAIN.fullmatch(stripped) or _LINKED.fullmatch(stripped)
    if match is None:
        shown = stripped if len(stripped) <= 60 else f"{stripped[:60]}…"
        raise BadInput(f"{shown!r} is no arXiv id or address of a paper; write it like 2410.24175 or hep-th/9901001.")
    version = match["version"]
    return match["new"] or f"{match['archive'].lower()}/{match['number']}", int(version) if version else None
