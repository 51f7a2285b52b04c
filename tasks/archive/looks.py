"""Does a delivered picture look like a picture, and like one of its own? Pure functions of what `jpeg.inspect` saw.

Two pictures are told apart by their dHash (Krawetz 2013), of 256 bits: with the usual 64, drawings of the same scene
with another motif in it differ by 2 bits only, as much as a picture from its own JPEG. With 256, one picture in other
sizes and qualities differs by 8 at most, two drawings by 25 at least (measured on 55 line drawings).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tasks.archive.jpeg import ImageFacts

LEAST_SIDE: Final = 64  # the smallest that a painter can be asked for
ALIKE: Final = 16


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a picture is not worth keeping as it is."""

    kind: Literal["black", "blank", "small", "duplicate"]
    message: str


def flaw(facts: ImageFacts, others: Mapping[str, str]) -> Flaw | None:
    """What is wrong with a picture, or None. `others` are the dHashes of other papers' pictures, by paper id."""
    if facts.black:
        return Flaw("black", "The picture is black all over.")
    if facts.blank:
        return Flaw("blank", "The picture is one colour all over.")
    if min(facts.width, facts.height) < LEAST_SIDE:
        return Flaw("small", f"The picture has only {facts.width}x{facts.height} pixels.")
    twin = next((paper for paper, dhash in others.items() if distance(facts.dhash, dhash) <= ALIKE), None)
    return None if twin is None else Flaw("duplicate", f"The picture is nearly that of paper {twin}.")


def distance(one: str, other: str) -> int:
    """In how many bits two dHashes differ, 0 to 256."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
