"""Whether a delivered picture is a picture, and one of its own.

What is black, of one colour, tiny, or to the byte another paper's picture is a flaw. That it looks much like another is
no more than a remark: among many thousand pictures of one style some always do.

Two pictures are told apart by their dHash (Krawetz 2013), of 256 bits: with the usual 64, drawings of the same scene
with another motif in it differ by 2 bits only, as much as a picture from its own JPEG. With 256, a picture and its JPEG
differ by a few. Line drawings of one scene with one motif differ by their labels and strokes: of the 404,550 pairs
among 900, four by 10 bits or less.
"""

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


def no_picture(original: Original) -> Literal["black", "blank", "small"] | None:
    """Why there is nothing to be seen, whatever the paper is about; None where there is something."""
    return original.flat or ("small" if min(original.width, original.height) < LEAST_SIDE else None)


class DuplicateDetector:
    """Remembers the pictures of papers: their bytes by digest, and what they look like."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._seen: dict[str, int] = {}

    def recall(self, paper_id: str, digest: str, dhash: str) -> None:
        """A picture that is there already; an empty `dhash` is an unknown one."""
        self._owners.setdefault(digest, paper_id)
        if dhash:
            self._seen[paper_id] = int(dhash, 16)

    def flaw(self, paper: Paper, original: Original) -> Flaw | None:
        """What is wrong with the picture of this paper, if anything."""
        match no_picture(original):
            case "black":
                return Flaw("black", f"The picture of {paper.id} is black all over.")
            case "blank":
                return Flaw("blank", f"The picture of {paper.id} is one colour all over.")
            case "small":
                return Flaw("small", f"The picture of {paper.id} has only {original.width}x{original.height} pixels.")
        if (owner := self._owners.setdefault(original.digest, paper.id)) != paper.id:
            return Flaw("duplicate", f"The picture of {paper.id} is that of {owner}.")
        return None

    def resembles(self, paper: Paper, original: Original) -> str | None:
        """The id of a paper whose picture looks nearly like this one, if any; this one is remembered from now on."""
        if not original.dhash:
            return None
        look = int(original.dhash, 16)
        alike = (
            other for other, seen in self._seen.items() if (look ^ seen).bit_count() <= ALIKE and other != paper.id
        )
        found = next(alike, None)
        self._seen[paper.id] = look
        return found
