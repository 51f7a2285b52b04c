"""Which papers of a month are like one another: by the rare words of title and abstract, and by what was drawn.

Only papers of the same day and of days before it are named, so that a new day changes no older page.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from frontispiece.gallery.cards import Card, Day
from frontispiece.gallery.words import words_of

MOST: Final = 4
_COMMON: Final = 20
"""A word in more papers of the month than that tells nothing of one."""

Related = dict[str, tuple[Card, ...]]
"""By a paper's key, those like it, the most alike first."""


def related(days: Iterable[Day]) -> Mapping[date, Related]:
    """For each day of a month, by key, the papers most alike."""
    cards: list[Card] = []
    having: dict[str, list[int]] = defaultdict(list)
    answer: dict[date, Related] = {}
    for day in sorted(days, key=lambda day: day.day):
        words = [_words(card) for card in day.cards]
        for number, each in enumerate(words, len(cards)):
            for word in each:
                having[word].append(number)
        cards += day.cards
        answer[day.day] = {
            card.key: _alike(card, each, cards, having) for card, each in zip(day.cards, words, strict=True)
        }
    return answer


def _alike(
    card: Card, words: Iterable[str], cards: Sequence[Card], having: Mapping[str, list[int]]
) -> tuple[Card, ...]:
    likeness: dict[int, float] = defaultdict(float)
    for word in words:
        others = having[word]
        if 1 < len(others) <= _COMMON:
            for other in others:
                likeness[other] += 1 / len(others)
    chosen: dict[str, Card] = {}
    for other in sorted(likeness, key=lambda other: (-likeness[other], other))[: 2 * MOST]:
        if cards[other].key != card.key:
            chosen.setdefault(cards[other].key, cards[other])
    return tuple(chosen.values())[:MOST]


def _words(card: Card) -> set[str]:
    return words_of(f"{card.title} {card.gist} {card.plates[0].prompt}")
