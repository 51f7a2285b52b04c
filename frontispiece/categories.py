"""arXiv's categories, such as cs.CL: an archive, and mostly a subject class, of which arXiv adds new ones."""

import difflib
import re
from typing import Final

OWN_SETS: Final = {"cs", "econ", "eess", "math", "q-bio", "q-fin", "stat"}
PHYSICS: Final = {
    *("astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex"),
    *("nucl-th", "physics", "quant-ph"),
}
_FORMER: Final = {
    *("acc-phys", "adap-org", "alg-geom", "ao-sci", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg"),
    *("comp-gas", "dg-ga", "funct-an", "mtrl-th", "patt-sol", "plasm-ph", "q-alg", "solv-int", "supr-con"),
}
_ARCHIVES: Final = sorted(OWN_SETS | PHYSICS | _FORMER)
_IN_WORDS: Final = {"cond-mat", "physics"}
"""Whose subject classes are words, such as cond-mat.stat-mech; others have two capitals."""


def checked(categories: tuple[str, ...]) -> tuple[str, ...]:
    """The same. Raises ValueError for one that arXiv does not have."""
    for category in categories:
        if not _is_one(category):
            archive, dot, subject = category.partition(".")
            close = difflib.get_close_matches(archive.lower(), _ARCHIVES, 1, 0.75)
            meant = "".join(close) + dot + (subject.lower() if set(close) & _IN_WORDS else subject.upper())
            such = f"did you mean {meant}?" if _is_one(meant) else "they are written as cs.CL"
            raise ValueError(f"{category[:60]!r} is no category of arXiv's ({such})")
    return categories


def _is_one(category: str) -> bool:
    archive, dot, subject = category.partition(".")
    form = r"[a-z]{2,8}(?:-[a-z]{2,5})?" if archive in _IN_WORDS else "[A-Z]{2}"
    return archive in _ARCHIVES and (not dot or re.fullmatch(form, subject) is not None)
