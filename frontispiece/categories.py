"""arXiv's categories, such as cs.CL: an archive, and mostly a subject class."""

import difflib
from typing import Final

OWN_SETS: Final = {"cs", "econ", "eess", "math", "q-bio", "q-fin", "stat"}
PHYSICS: Final = {
    *("astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex"),
    *("nucl-th", "physics", "quant-ph"),
}
_CLASSES: Final = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC "
    "SD SE SI SY",
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "math": "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG SP ST",
    "nlin": "AO CD CG PS SI",
    "physics": "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph flu-dyn gen-ph "
    "geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph",
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "stat": "AP CO ME ML OT TH",
}
_FORMER: Final = {
    *("acc-phys", "adap-org", "alg-geom", "ao-sci", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg"),
    *("comp-gas", "dg-ga", "funct-an", "mtrl-th", "patt-sol", "plasm-ph", "q-alg", "solv-int", "supr-con"),
    *("astro-ph", "cond-mat", "q-bio"),  # of papers from before these had classes
}
_ALL: Final = (
    {f"{archive}.{each}" for archive, classes in _CLASSES.items() for each in classes.split()}
    | (PHYSICS - _CLASSES.keys())
    | _FORMER
)


def checked(categories: tuple[str, ...]) -> tuple[str, ...]:
    """The same. Raises ValueError for none, and for one that arXiv does not have."""
    if not categories:
        raise ValueError("name one category of arXiv's at least, such as cs.CL")
    for category in categories:
        if category not in _ALL:
            raise ValueError(f"{category[:60]!r} is no category of arXiv's ({_meant(category)})")
    return categories


def _meant(category: str) -> str:
    """What may have been meant; where the archive is right and nothing in it is like that, all that it has."""
    archive, _, subject = category[:60].lower().partition(".")
    classes = _CLASSES.get(archive, "")
    names = {each.lower(): f"{archive}.{each}" for each in classes.split()} or {each.lower(): each for each in _ALL}
    written = subject if classes else category[:60].lower()
    if close := difflib.get_close_matches(written, sorted(names), 1, 0.75):
        return f"did you mean {names[close[0]]}?"
    return f"those of {archive} are {classes}" if classes else "they are written as cs.CL"
