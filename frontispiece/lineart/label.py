"""The brief title: the few words of a paper's title that are lettered on its picture.

Also says what can be lettered at all: printable ASCII, Latin letters with one of `MARKS`, and the characters of
`GREEK`, `CYRILLIC`, `SIGNS`, `SUPERSCRIPTS` and `SUBSCRIPTS`.
"""

import re
import unicodedata
from typing import Final

from frontispiece.tex import MARKS, TEX_MARK, accented, letter

LABEL_LIMIT: Final = 44
"""Most characters of a label; more could not be read."""

GREEK: Final = "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
SIGNS: Final = "ŁłØøĐđÆæŒœß×→∇∞±≤≥≈√"
CYRILLIC: Final = "".join(map(chr, range(0x410, 0x450)))
SUPERSCRIPTS: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
SUBSCRIPTS: Final = "₀₁₂₃₄₅₆₇₈₉"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IN_PEN: Final = {
    **{"to": " → ", "rightarrow": " → ", "sqrt": "√", "in": " in ", "ll": "<<", "gg": ">>", "prime": "'", "hbar": "h"},
    **{name: f" {name} " for name in _words("log ln exp sin cos tan lim sup inf max min arg det dim mod")},
    "propto": "~",
}
"""Commands for which a pen has other signs than a page."""
_TEX_COMMAND: Final = re.compile(r"\\([A-Za-z]+)\s?")
_TEX_SCRIPT: Final = re.compile(r"([\^_])(?:\{([^{}]*)\}|([\w+-]))")
_ORDINARY: Final = str.maketrans("‐‑‒–—―−‘’‚“”„´ʹ•·…", "-------'''\"\"\"''   ")

_ARTICLES: Final = _words("a an the this that these those its their our your")
_JOINTS: Final = _words("and or nor but of as than vs versus not no very")
_PREPOSITIONS: Final = _words(
    "via for with through using from by without towards toward to against under beyond between based across in on at "
    "into onto over upon within during before after about among around per"
)
_VERBS: Final = _words(
    "improve improves enable enables boost boosts make makes is are was were can could may might will should must do "
    "does did has have help helps lead leads reveal reveals show shows need needs achieve achieves outperform "
    "outperforms facilitate facilitates strengthen strengthens unlock unlocks"
)
_CLAUSES: Final = _words("when where while if whether which who whose that how why because")
_BREAKS: Final = _PREPOSITIONS | _VERBS | _CLAUSES
_PRONOUNS: Final = _words("all you we they it i us them one")
_LOOSE: Final = _ARTICLES | _JOINTS | _BREAKS | _PRONOUNS
_ASKING: Final = _words("is are was do does did can could will would should")
_GENERIC: Final = _ARTICLES | _words(
    "survey review study overview introduction comprehensive systematic critical brief short literature empirical "
    "experimental theoretical analysis investigation framework approach method methodology perspective tutorial "
    "comparative large-scale and new novel simple unified general"
)


def brief_title(title: str) -> str:
    """The few words of a title that go on the label: at most `LABEL_LIMIT` characters, never a part of a word.

    `Name: what it is` gives the name, a long title its first phrase. TeX becomes letters, and what cannot be lettered
    is left out; empty when nothing remains, as for a title in Chinese.
    """
    words = [word for word in drawable(untex(title)).split() if len(word) <= LABEL_LIMIT]
    parts = [part.strip(" ,;:-.") for part in re.split(r":\s|\s-{1,3}\s|\s\|\s", " ".join(words))]
    parts = [part for part in parts if any(map(str.isalnum, part))]
    if not parts:
        return ""
    head, *rest = parts
    if len(head) < 3 and rest:  # s1, T5 and π₀ say little alone
        whole = f"{head}: {rest[0]}"
        if len(whole) <= LABEL_LIMIT:
            return whole
        return head if len(head) > 1 else brief_title(rest[0])
    question = re.match(r".{3,}?[?!](?=\s)", head)
    head = question.group() if question else head
    if len(head) <= LABEL_LIMIT:
        return head
    own = _topic(head.split())
    phrase = _first_phrase(own[1:] if own[0].lower() in _ASKING else own)
    asks = head.endswith("?") and not phrase.endswith("?") and len(phrase) < LABEL_LIMIT
    return f"{phrase}?" if asks else phrase  # a question stays one


def _topic(words: list[str]) -> list[str]:
    """Without a front that only says what kind of paper it is: `A Comprehensive Survey of`."""
    front = next((i for i, word in enumerate(words) if word.lower() not in _GENERIC), 0)
    return words[front + 1 :] if front and words[front].lower() in {"of", "on", "for", "to", "in"} else words


def _first_phrase(words: list[str]) -> str:
    """The longest start that ends before a preposition or a verb, and stays in the main clause.

    Where there is none, what the first noun phrase is of; or else its end: English puts its head last, so words go
    from its front.
    """
    cuts = [i for i, word in enumerate(words) if i >= 2 and (word.lower() in _BREAKS or words[i - 1].endswith(","))]
    clause = next((i for i in cuts if words[i].lower() in _CLAUSES), len(words))
    for cut in (cut for cut in reversed(cuts) if cut <= clause):
        phrase = _without_loose_ends(words[:cut])
        if phrase and _fits(phrase):
            return " ".join(phrase)
    phrase = words[: cuts[0]] if cuts else words
    if not _fits(phrase) and "of" in phrase:
        of = phrase.index("of")
        parts = (_without_loose_ends(phrase[of + 1 :]), _without_loose_ends(phrase[:of]))
        phrase = next((part for part in parts if len(part) > 1 and _fits(part)), phrase)
    while not _fits(phrase):
        phrase = phrase[1:]
    return " ".join(_without_loose_ends(phrase) or phrase)


def _fits(words: list[str]) -> bool:
    return len(" ".join(words)) <= LABEL_LIMIT


def _without_loose_ends(words: list[str]) -> list[str]:
    """Without the small words that a cut left at the end, and articles in front."""
    while words and words[-1].lower().strip(",;") in _LOOSE:
        words = words[:-1]
    while words and words[0].lower() in _ARTICLES | _JOINTS:
        words = words[1:]
    return [*words[:-1], words[-1].rstrip(",;:")] if words else []


def untex(title: str) -> str:
    r"""A title with its TeX turned into letters a pen can draw: `Top-$n\sigma$` becomes `Top-nσ`, `\'e` becomes `é`.

    Not for reading, where `readable` says more: what is drawn stays the same for the same title.
    """
    text = re.sub(r"\$([^$]*)\$", lambda math: _mathematics(math[1].strip()), title)
    text = TEX_MARK.sub(accented, text)
    text = _TEX_COMMAND.sub(_drawn, text)
    text = _TEX_SCRIPT.sub(_script, text)
    return unicodedata.normalize("NFC", re.sub(r"\\(?=[%&#$_])|[{}]|\\", "", text))


def _mathematics(formula: str) -> str:
    """What stands between two dollars, where every _ lowers: B_s is Bs, and snake_case elsewhere stays as it is."""
    letters = _TEX_COMMAND.sub(_drawn, formula)
    letters = re.sub(r"(?<=\() +| +(?=[()^_])", "", re.sub(r"_([A-Za-z])", r"_{\1}", letters))
    return " ".join(letters.split())


def _drawn(command: re.Match[str]) -> str:
    return _IN_PEN.get(command[1]) or letter(command[1])


def _script(match: re.Match[str]) -> str:
    """Raised or lowered digits, and raised signs, as characters of their own; anything else back on the line."""
    digits, ours = match[2] or match[3] or "", SUPERSCRIPTS if match[1] == "^" else SUBSCRIPTS
    if digits and all(digit in "0123456789" or (digit in "+-" and match[1] == "^") for digit in digits):
        return "".join(ours["0123456789+-".index(digit)] for digit in digits)
    return digits if match[1] == "^" or match[2] is not None else match[0]


def drawable(text: str) -> str:
    """The text without what cannot be lettered, in composed form, white space collapsed."""
    composed = unicodedata.normalize("NFC", text.translate(_ORDINARY))
    kept = "".join(letter if _is_drawable(letter) else _simpler(letter) for letter in composed)
    return " ".join(re.sub(r"\(\s*\)|\[\s*\]", " ", kept).split())


def _is_drawable(letter: str) -> bool:
    parts = unicodedata.normalize("NFD", letter)
    base, marks = parts[0], parts[1:]
    if base in GREEK or letter in CYRILLIC or letter in SIGNS or letter in SUPERSCRIPTS or letter in SUBSCRIPTS:
        return not marks or letter in "Йй"
    one_capital = len(unicodedata.normalize("NFC", letter.upper())) == 1
    return base.isascii() and base.isprintable() and (not marks or (len(marks) == 1 and marks in MARKS and one_capital))


def _simpler(letter: str) -> str:
    """A compatible spelling of an unusual character (ﬁ, Ａ, µ, ấ), or a space; nothing for a mark left alone."""
    if unicodedata.combining(letter):
        return ""
    spelling = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return spelling if spelling and all(map(_is_drawable, spelling)) else " "
