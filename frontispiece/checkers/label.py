"""Which words a picture's label is to show, and how much of them was read: one rule for all checkers."""

import re
import unicodedata
from difflib import SequenceMatcher
from typing import Final

from frontispiece.lineart.label import brief_title
from frontispiece.models import Paper, Prompt

ENOUGH: Final = 0.8
"""A label reads from this score on: one letter of five may be wrong."""
MAX_WORDS: Final = 500
"""Characters that are kept of what was read."""
_LIKE: Final = 0.5
"""What is less like a word than this is another word."""
_WHOLE: Final = 4
"""Words of so many letters are found in what was read without its spaces, too."""
_QUOTED: Final = re.compile(r"“([^”]{2,120})”|\"([^\"]{2,120})\"|(?<!\w)['‘]([^'’]{2,120})['’](?!\w)")


def wanted(paper: Paper, prompt: Prompt) -> str:
    """The words that are to be lettered: those that were planned, or that the prompt quotes from the title.

    Where it quotes none, the brief title, as the built-in painter would letter it.
    """
    if prompt.plan is not None:
        return prompt.plan.label
    title = frozenset(_words(paper.title))

    def share(quote: str) -> float:
        words = _words(quote)
        return sum(word in title for word in words) / len(words) if words else 0.0

    quotes = (next(filter(None, found.groups())) for found in _QUOTED.finditer(prompt.text))
    best = max(quotes, key=share, default="")
    return best if share(best) >= _LIKE else brief_title(paper.title) or paper.title


def score(asked: str, read: str) -> float:
    """How much of the words that were asked for was read: from 0 to 1, a letter counting as much as any other.

    Nothing hangs on capitals, accents, order and line breaks, nor on O or 0, which a slash makes alike.
    """
    words, found = _words(asked), _words(read)
    together = "".join(found)
    count = sum(map(len, words))
    return sum(len(word) * _likeness(word, found, together) for word in words) / count if count else 1.0


def is_enough(value: float) -> bool:
    """The verdict on a score."""
    return value >= ENOUGH


def _likeness(word: str, found: list[str], together: str) -> float:
    if len(word) >= _WHOLE and word in together:
        return 1.0
    best = max((SequenceMatcher(None, word, each, autojunk=False).ratio() for each in found), default=0.0)
    return best if best >= _LIKE else 0.0


def _words(text: str) -> list[str]:
    """Letters and digits of each word."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("0", "o")
    return [word for part in plain.split() if (word := "".join(filter(str.isalnum, part)))]
