"""Pictures of the same papers by several recipes, in pairs to be judged by who does not know which is whose."""

import hashlib
from datetime import date
from functools import cached_property
from itertools import combinations

from pydantic import Field

from frontispiece.gallery.cards import MAX_GIST, Abstract, Line, Words, byline, first_sentences
from frontispiece.models import Value


class Contender(Value):
    """A recipe's picture of a paper."""

    recipe: str = Field(pattern=r"^[0-9a-f]{16}$", description="fingerprint of the recipe")
    path: str = Field(pattern=r"^pictures/[0-9]{8}/[0-9a-z-]{1,100}\.jpg$", description="place in the archive")
    width: int = Field(ge=1, description="pixels")
    height: int = Field(ge=1, description="pixels")


class Entry(Value):
    """One paper, with a picture of each recipe that has made one."""

    key: str = Field(pattern=r"^[0-9a-f]{16}$", description="the paper's name in the archive")
    id: Line = Field(description="arXiv id without version")
    title: Words
    authors: tuple[Words, ...] = Field(description="in the paper's order")
    abstract: Abstract = Field(description="what the paper says of itself")
    contenders: tuple[Contender, ...] = Field(min_length=2, description="in the order of the recipes")

    @cached_property
    def byline(self) -> str:
        """The authors in one line; of many the first ones."""
        return byline(self.authors)

    @cached_property
    def gist(self) -> str:
        """What the paper is about, in its own first sentences."""
        return first_sentences(self.abstract, MAX_GIST)


class Pair(Value):
    """Two pictures of a paper, as they hang."""

    entry: Entry
    left: Contender
    right: Contender


class Comparison(Value):
    """Recipes, and papers with a picture by two of them or more."""

    id: str = Field(pattern=r"^[0-9a-f]{12}$", description="the same for the same day, source and recipes")
    day: date
    source: Line
    recipes: dict[str, Line] = Field(description="what each recipe is called, by its fingerprint")
    entries: tuple[Entry, ...]

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every two pictures of a paper, shuffled: which comes first, and which hangs left.

        The order hangs on names alone, so a page that is written again shows what it showed; what is new goes between.
        """
        pairs = []
        for each in self.entries:
            for two in combinations(each.contenders, 2):
                drawn = " ".join((self.id, each.key, *sorted(one.recipe for one in two)))
                lot = hashlib.sha256(drawn.encode()).hexdigest()
                left, right = two if lot[0] < "8" else two[::-1]
                pairs.append((lot[1:], Pair(entry=each, left=left, right=right)))
        return [pair for _, pair in sorted(pairs, key=lambda drawn: drawn[0])]
