"""What a line drawing shows: the vocabulary that the template writer and the line-art painter share.

A plan is one scene, one motif in its middle (the hero), two smaller ones, one accent colour and a label. The paper's
words choose motifs and scene, each weighed by its rarity. Where they call for no scene, its turn in the day's order
comes; the accent goes by the paper's place in its list. Neighbours always differ in both. Nothing here depends on
anything but its arguments.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from frontispiece.lineart.label import brief_title as brief_title
from frontispiece.lineart.label import untex
from frontispiece.lineart.vocabulary import MOTIFS as MOTIFS
from frontispiece.lineart.vocabulary import SCENES as SCENES
from frontispiece.lineart.vocabulary import Motif, Scene, rarity
from frontispiece.models import Paper, ScenePlan

ACCENTS: Final = {
    "#e24a33": "vermilion",
    "#224eb0": "cobalt blue",
    "#ecaa1e": "saffron yellow",
    "#108a74": "sea green",
    "#de5878": "rose",
    "#7a52a8": "violet",
}
"""Accent colours and their names in a prompt."""


def plan_scene(paper: Paper, text: str = "") -> ScenePlan:
    """The plan for a paper: from title and abstract, or from the title and a foreign prompt's `text`.

    A paper whose title has no letter that can be drawn is labelled with its arXiv id.
    """
    hero, *minors = _motifs_for(paper, text)
    rank = paper.listing.rank
    return ScenePlan(
        scene=_scene_for(paper, text),
        hero=hero,
        minors=tuple(minors),
        accent=_shuffled(ACCENTS, paper.listing.day)[rank % len(ACCENTS)],
        label=brief_title(paper.title) or f"arXiv:{paper.id}",
    )


def _shuffled(names: Iterable[str], day: date) -> list[str]:
    """The names in this day's order."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{day} {name}".encode()).digest())


def _scene_for(paper: Paper, text: str) -> str:
    """The scene that the words call for (those of a foreign prompt, where there is one), or else whose turn it is.

    Even and odd ranks draw on different halves of the scenes, so neighbours differ even when their words agree. The
    vocabulary has the scenes in pairs of one kind, and each half gets one of every pair.
    """
    names, day, rank = list(SCENES), paper.listing.day, paper.listing.rank
    pairs = [_shuffled(names[i : i + 2], day) for i in range(0, len(names), 2)]
    half = _shuffled([pair[rank % 2] for pair in pairs], day)
    scores = _scores(_SCENE_WORDS, (text, 1.5)) if text else _scores(_SCENE_WORDS, *_said(paper))
    favourite = max(half, key=lambda name: scores.get(name, 0.0))
    return favourite if scores.get(favourite, 0.0) >= 12 else half[rank // 2 % len(half)]


def _motifs_for(paper: Paper, text: str) -> list[str]:
    """Hero and two minors: the best leads; among equals the rank decides, so that lists vary."""
    scores = _scores(_MOTIF_WORDS, *_said(paper, text))
    dice = random.Random(f"{paper.id} {paper.title}")  # noqa: S311 - a drawing needs no secrets
    order = sorted(MOTIFS, key=lambda name: scores.get(name, 0.0) + 0.5 * dice.random(), reverse=True)
    highest = max(scores.values(), default=0.0)
    best = [name for name in order[:3] if scores.get(name, 0.0) >= 0.95 * highest]
    if highest < 2:
        best = _shuffled(MOTIFS, paper.listing.day)
    hero = best[paper.listing.rank % len(best)]
    return [hero, *[name for name in order if name != hero][:2]]


def _said(paper: Paper, text: str = "") -> tuple[tuple[str, float], tuple[str, float]]:
    """What is read, and how much each weighs: the title, and a prompt's text or the abstract."""
    return (untex(paper.title), 3.0), (text or paper.abstract, 1.0)


Index = dict[str, list[tuple[list[str], str]]]


def _index(things: Mapping[str, Motif] | Mapping[str, Scene]) -> Index:
    """Every keyword, word by word, and the name it calls for, found by its first two letters."""
    index: Index = {}
    for name, thing in things.items():
        for keyword in sorted(thing.keywords):
            index.setdefault(keyword[:2], []).append((keyword.split(), name))
    return index


_MOTIF_WORDS: Final = _index(MOTIFS)
_SCENE_WORDS: Final = _index(SCENES)


def _scores(index: Index, *texts: tuple[str, float]) -> dict[str, float]:
    """How strongly weighted texts call for each name: rare words count more, further ones of the same name less."""
    calls: dict[str, dict[str, float]] = {}
    for text, weight in texts:
        for (name, keyword), count in _named(index, text).items():
            found = calls.setdefault(name, {})
            itself = 1.5 if keyword.strip("*").replace(" ", "") == name else 1.0  # a paper that names the very thing
            found[keyword] = found.get(keyword, 0.0) + itself * weight * rarity(keyword) * min(2.0, 0.8 + 0.2 * count)
    return {
        name: sum(part / (1 + place) for place, part in enumerate(sorted(found.values(), reverse=True)))
        for name, found in calls.items()
    }


def _named(index: Index, text: str) -> Counter[tuple[str, str]]:
    """The names that a text calls for, with the keyword. The words of a phrase do not count for themselves."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    words += [word for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in words]
    found: Counter[tuple[str, str]] = Counter()
    place = 0
    while place < len(words):
        calls = [
            (len(keyword), name, " ".join(keyword))
            for keyword, name in index.get(words[place][:2], ())
            if len(keyword) <= len(words) - place and all(map(_is_form, words[place:], keyword))
        ]
        longest = max((length for length, _, _ in calls), default=1)
        found.update((name, keyword) for length, name, keyword in calls if length == longest)
        place += longest
    return found


def _is_form(word: str, keyword: str) -> bool:
    """Whether it is the keyword, its plural, or begins as one that ends in * does."""
    return word.startswith(keyword[:-1]) if keyword[-1] == "*" else keyword in (word, word.removesuffix("s"))
