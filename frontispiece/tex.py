r"""TeX in titles, names and abstracts: what its commands stand for, and `readable`, which puts letters in their place.

What people read goes through `readable` on its way out; what is stored, keyed and sent to writers keeps its TeX.
"""

import re
import unicodedata
from typing import Final

MARKS: Final = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0323\u0327\u0328"
"""What TeX's accents put on a letter, in the order of its commands."""
TEX_MARKS: Final = dict(zip("`'^~=u.\"rHvdck", MARKS, strict=True))
TEX_MARK: Final = re.compile(
    r"""\\(?: ([`'^~=."])\s* | ([urHvdck])(?:\s+|(?=\{)) )   # \' or \c
        (?: \{\\?([A-Za-z])\s*\} | \\?([A-Za-z]) )            # {e}, {\i}, e or \i""",
    re.VERBOSE,
)
"""An accented letter."""
TEX_LETTERS: Final = {
    **{"l": "ł", "L": "Ł", "o": "ø", "O": "Ø", "dj": "đ", "DJ": "Đ", "aa": "å", "AA": "Å", "ell": "l", "i": "i"},
    **{"j": "j", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "ss": "ß", "nabla": "∇", "infty": "∞", "times": "×"},
    **{"pm": "±", "to": "→", "rightarrow": "→", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "approx": "≈"},
    "sim": "~",
}
"""Letters and signs by their commands, as a pen can draw them; Greek ones come from their names."""
_SIGNS: Final = {
    **{"ell": "ℓ", "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "leftarrow": "←", "mapsto": "↦", "in": "∈"},
    **{"Rightarrow": "⇒", "leftrightarrow": "↔", "neq": "≠", "ne": "≠", "ll": "≪", "gg": "≫", "equiv": "≡", "mp": "∓"},
    **{"notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩", "otimes": "⊗", "oplus": "⊕", "sum": "∑"},
    **{"partial": "∂", "forall": "∀", "exists": "∃", "prod": "∏", "int": "∫", "propto": "∝", "circ": "∘", "star": "⋆"},
    **{"ast": "∗", "dagger": "†", "hbar": "ℏ", "langle": "⟨", "rangle": "⟩", "perp": "⊥", "parallel": "∥", "mid": "|"},
    **{"lesssim": "≲", "gtrsim": "≳", "simeq": "≃", "cong": "≅", "emptyset": "∅", "setminus": "∖", "degree": "°"},
    **{
        "infinity": "∞",
        "div": "÷",
        "odot": "⊙",
        "prime": "′",
        "percent": "%",
        "S": "§",
        "textdegree": "°",
    },
    **{"textbackslash": "", "quad": " ", "qquad": " ", "mod": "mod", "deg": "deg", "inf": "inf"},
    **{"max": "max", "min": "min", "arg": "arg", "Pr": "Pr", "det": "det", "dim": "dim", "tan": "tan", "sup": "sup"},
    **{"log": "log", "sin": "sin", "cos": "cos", "exp": "exp", "ln": "ln", "lim": "lim"},
    **{"wedge": "∧", "vee": "∨", "neg": "¬", "textasciitilde": "~"},
}
_BLACKBOARD: Final = dict(zip("CHNPQRZE", "ℂℍℕℙℚℝℤ𝔼", strict=True))
_RAISED: Final = str.maketrans(
    "0123456789+-−=()nabcdefghijklmoprstuvwxyz*′TN", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ*′ᵀᴺ"
)
_LOWERED: Final = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")

_SPOKEN: Final = re.compile(r"[\\${}~]|[\^_]")
# Mathematics hugs its dollars, and no digit follows: "$5 and $10" is money.
_MATHS: Final = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(?!\s)([^$]*?)(?<![\s\\])\$(?![0-9])|\\\((.+?)\\\)|\\\[(.+?)\\\]")
_COMMAND: Final = re.compile(r"\\([A-Za-z]+)\*?[ \t]?")
_DOUBLE_STRUCK: Final = re.compile(r"\\(?:mathbb|Bbb)\s*(?:\{\s*([A-Z])\s*\}|([A-Z]))")
_FRACTION: Final = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ROOT: Final = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_LINK: Final = re.compile(r"\\href\s*\{[^{}]*\}|\\(?:cite[a-z]*|label|ref|footnote)\s*\{[^{}]*\}")
_SCRIPT: Final = re.compile(r"\s?([\^_])([^\s{}\\^_$])")
_BRACED_SCRIPT: Final = re.compile(r"\s?([\^_])\{([^{}]*)\}")
_ESCAPED: Final = re.compile(r"\\([%&#$_{}])")
# Escaped signs wait here while the rest is read: noncharacters that no text from outside keeps.
_HIDE: Final = {sign: chr(0xFDD0 + place) for place, sign in enumerate("%&#$_{}^")}
_SHOW: Final = str.maketrans({hidden: sign for sign, hidden in _HIDE.items()})


def readable(text: str) -> str:
    r"""`text` without TeX: `Top-$n\sigma$` becomes `Top-nσ`, `Erd\H{o}s` Erdős, `$O(n^2)$` O(n²), `\emph{x}` x.

    Scripts become raised and lowered letters where there are such, or stay with `^` and `_`. What carries no TeX is
    left as it is: file_names, prices in dollars, sets in {braces}.
    """
    if not _SPOKEN.search(text):
        return text
    text = _ESCAPED.sub(lambda sign: _HIDE[sign[1]], text)
    has_tex = "\\" in text
    text = TEX_MARK.sub(accented, text)
    maths = _MATHS.sub(lambda found: _read_maths(next(part for part in found.groups() if part is not None)), text)
    has_tex = has_tex or maths != text
    text = _without_commands(maths)
    text = _BRACED_SCRIPT.sub(_script, text)
    if has_tex:
        text = re.sub(r"[{}]|\\.?", "", text).replace("~", " ")
    return unicodedata.normalize("NFC", text.translate(_SHOW)).strip()


def _read_maths(text: str) -> str:
    text = _without_commands(text.strip())
    previous = None
    while text != previous:  # from the inside out
        previous, text = text, _BRACED_SCRIPT.sub(_script, text)
    text = _SCRIPT.sub(_script, text)
    return re.sub(r"[{}]", "", text.replace("''", "″").replace("'", "′"))


def _without_commands(text: str) -> str:
    if "\\" not in text:
        return text
    text = _LINK.sub("", text)
    text = _DOUBLE_STRUCK.sub(lambda m: _BLACKBOARD.get(m[1] or m[2], m[1] or m[2]), text)
    previous = None
    while text != previous:
        previous = text
        text = _FRACTION.sub(lambda m: f"{_grouped(m[1])}/{_grouped(m[2])}", text)
        text = _ROOT.sub(lambda m: f"√{_grouped(m[1])}", text)
    text = re.sub(r"\\[,;:! ]", " ", text).replace("\\\\", " ")
    return _COMMAND.sub(lambda m: _SIGNS.get(m[1]) or letter(m[1]), text)


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\\?\w+|\W?", text) else f"({text})"


def _script(match: re.Match[str]) -> str:
    """Raised or lowered letters as characters of their own; what has none stays behind its sign."""
    sign, said = match[1], match[2].strip()
    if (sign, said) == ("^", "∘"):
        return "°"
    table = _RAISED if sign == "^" else _LOWERED
    if re.fullmatch("[A-Za-z]{3,}", said):
        return _HIDE[sign] + said  # a small word is hard to read
    if all(ord(each) in table for each in said):
        return said.translate(table)
    return _HIDE[sign] + (said if len(said) == 1 else f"({said})")


def accented(match: re.Match[str]) -> str:
    """The letter that a TEX_MARK stands for."""
    return unicodedata.normalize("NFC", (match[3] or match[4]) + TEX_MARKS[match[1] or match[2]])


def letter(name: str) -> str:
    """The letter a TeX command stands for; nothing for commands that only dress their argument."""
    if name in TEX_LETTERS:
        return TEX_LETTERS[name]
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    bare = name.lower().removeprefix("var")
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {'LAMDA' if bare == 'lambda' else bare}")
    except KeyError:
        return ""
