"""What a word is for those who search: the same here and in search.js."""

import re
import unicodedata
from typing import Final

_MARK: Final = re.compile("[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f]")
_WORD: Final = re.compile(r"[^\W_]+")
_PIECE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
MAX_WORD: Final = 40
_LITTLE: Final = """
a an and are as at be been by can for from has have in into is it its may more not of on or our such than that the their
then there these they this to was we were which while will with
"""
STOP: Final = frozenset(_LITTLE.split())
"""Words in nearly every paper: they are not looked for."""


def folded(text: str) -> str:
    """`text` in small letters without marks."""
    if text.isascii():
        return text.lower()
    return _MARK.sub("", unicodedata.normalize("NFKD", text)).lower()


def words_of(text: str) -> set[str]:
    """The words in a text; of a script without spaces, its signs."""
    said = folded(text)
    found = set(_WORD.findall(said))
    if not said.isascii():
        found = {piece for word in found for piece in _PIECE.findall(word)}
    found -= STOP
    return found if max(map(len, found), default=0) <= MAX_WORD else {word for word in found if len(word) <= MAX_WORD}


def drawer(word: str) -> str:
    """Which file of the index has a word: that of its first letter, of all digits, or of all others."""
    first = word[0]
    return first if "a" <= first <= "z" else "0" if "0" <= first <= "9" else "_"
