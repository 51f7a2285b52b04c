"""The words that call for a motif or a scene, what a prompt says of each, and how rare the words are.

They stand in `vocabulary.toml`.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RAREST: Final = 6.0


@dataclass(frozen=True, slots=True)
class Motif:
    """A thing that can be drawn, and the words and phrases of a paper that call for it."""

    phrase: str
    keywords: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """A place for motifs. The sentences promise what the painter draws, and nothing else.

    `sentence` has a place for {hero}, `company` for {first} and {second}; `spot` is the object with the label;
    `keywords` are words of a paper, or of a foreign prompt, that call for the scene.
    """

    sentence: str
    company: str
    spot: str
    keywords: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(text.split()).split(", "))


_FILE: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_RARITIES: Final = {word: float(log) for log, words in _FILE["rarity"].items() for word in _words(words)}

MOTIFS: Final = {name: Motif(told["phrase"], _words(told["words"])) for name, told in _FILE["motifs"].items()}
SCENES: Final = {
    name: Scene(told["sentence"], told["company"], told["spot"], _words(told["words"]))
    for name, told in _FILE["scenes"].items()
}


def rarity(word: str) -> float:
    """From 1 for a word that every third paper has to `RAREST`; phrases are looked up whole."""
    return _RARITIES.get(word, RAREST)
