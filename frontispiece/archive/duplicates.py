"""Whether a delivered picture looks like a picture, and like one of its own.

Two pictures are told apart by their dHash (Krawetz 2013), of 256 bits: with the usual 64, drawings of the same scene
with another motif in it differ by 2 bits only, as much as a picture from its own JPEG. With 256, a picture and its JPEG
differ by a few. Line drawings of one scene with one motif differ by their labels and strokes: of the 404,550 pairs
among 900, four by 10 bits or less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from frontispiece.models import Original, Paper

LEAST_SIDE: Final = 64  # the smallest that a painter can be asked for
ALIKE: Final = 10


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a picture is not worth keeping as it is."""

    kind: Literal["black", "blank", "small", "duplicate"]
    message: str


class DuplicateDetector:
    """Remembers what the pictures of papers look like. `seen` are dHashes by paper id."""

    def __init__(self, seen: Mapping[str, str] | None = None) -> None:
        self._seen = dict(seen or {})

    def recall(self, paper_id: str, dhash: str) -> None:
        """A picture that is there already."""
        self._seen[paper_id] = dhash

    def flaw(self, paper: Paper, original: Original) -> Flaw | None:
        """What is wrong with the picture of this paper; when nothing is, it is remembered."""
        if original.flat == "black":
            return Flaw("black", f"The picture of {paper.id} is black all over.")
        if original.flat == "blank":
            return Flaw("blank", f"The picture of {paper.id} is one colour all over.")
        if min(original.width, original.height) < LEAST_SIDE:
            return Flaw("small", f"The picture of {paper.id} has only {original.width}x{original.height} pixels.")
        if original.dhash:
            if twin := self._twin(paper.id, original.dhash):
                return Flaw("duplicate", f"The picture of {paper.id} is nearly that of {twin}.")
            self._seen[paper.id] = original.dhash
        return None

    def _twin(self, paper_id: str, dhash: str) -> str | None:
        others = ((other, seen) for other, seen in self._seen.items() if other != paper_id)
        return next((other for other, seen in others if distance(dhash, seen) <= ALIKE), None)


def distance(one: str, other: str) -> int:
    """In how many bits two dHashes differ, 0 to 256."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
