"""Whether a paper is still there: arXiv keeps withdrawn papers on its lists, with a notice in place of their words."""

import re
from typing import Final

_PAPER: Final = r"(?:(?:e-?)?prints?|preprints?|papers?|articles?|manuscripts?|submissions?|works?|notes?|versions?)"
_NOTICE: Final = re.compile(
    rf"""
    \W*(?:
        (?:this|the|our)\s+(?:\w+\s+){{0,2}}?{_PAPER}\s+(?:(?:has|have|had)\s+been|is|was|are|were)\s+
            (?:\w+\s+){{0,2}}?(?:withdrawn|retracted|removed\s+by)\b
      | (?:paper\s+)?(?:withdrawn|retracted)(?:\s*(?:[^\w\s]|$)|\s+(?:by|due|because|for|since|pending)\b)
      | (?:I|we|the\s+authors?)\s+(?:\w+\s+){{0,3}}?(?:withdrawn?|withdrew|retract(?:ed)?)\s+(?:this|the|our)\s+{_PAPER}
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def is_withdrawn(abstract: str, comments: str = "") -> bool:
    """Whether abstract or comments begin with the notice that the paper was withdrawn, removed or retracted.

    By how such notices read: arXiv has no field for it. Papers about withdrawn things do not begin so.
    """
    return any(_NOTICE.match(text) for text in (abstract, comments))
