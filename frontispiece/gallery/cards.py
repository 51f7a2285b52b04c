"""What hangs in the gallery: plates (pictures), cards (papers with their plates) and days.

Everything in them comes from the catalog, and titles, names and prompts in the catalog come from strangers: they are
stripped of control characters and bounded here, and escaped where they are written (`frontispiece.gallery.pages`).
"""

import hashlib
import re
import urllib.parse
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field

from frontispiece.dates import month_of
from frontispiece.models import Value
from frontispiece.money import price
from frontispiece.tex import readable
from frontispiece.text import counted, one_line, visible

MAX_TITLE = 1_000
MAX_PROMPT = 8_000
MAX_ALT = 420
MAX_ABSTRACT = 4_000
MAX_GIST = 320
_NAMED = 6
# Not after an initial or an abbreviation: a sentence goes on with a capital, and ends in a word of three letters.
_END_OF_SENTENCE = re.compile(r"(?<=[\w)”\"%]{3})(?<!\bcf)(?<!\bi\.e)(?<!\be\.g)(?<!\bal)(?<!\bvs)[.!?](?=\s+[A-Z“\"])")


def _line(text: str) -> str:
    return one_line(text, instead="")[:MAX_TITLE]


def _words_of_papers(text: str) -> str:
    return one_line(readable(one_line(text, instead="")[:MAX_TITLE]), instead="")


def _abstract(text: str) -> str:
    return _shortened(one_line(readable(one_line(text, instead="")[:MAX_PROMPT]), instead=""), MAX_ABSTRACT)


def _paragraph(text: str) -> str:
    return _shortened(visible(text, instead="").strip(), MAX_PROMPT)


def _shortened(text: str, limit: int) -> str:
    """The text, cut at a word with an ellipsis when it is longer than `limit`."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rpartition(' ')[0] or text[:limit]}…"


def first_sentences(text: str, limit: int) -> str:
    """As many whole sentences as fit, or the first one cut at a word."""
    if len(text) <= limit:
        return text
    ends = [end.start() + 1 for end in _END_OF_SENTENCE.finditer(text[: limit + 2])]
    return text[: ends[-1]] if ends else _shortened(text, limit)


def byline(authors: Sequence[str]) -> str:
    """Authors in one line; of many the first ones."""
    left = len(authors) - _NAMED
    return ", ".join(authors[:_NAMED]) + (f" and {counted(left, 'other')}" if left > 0 else "")


Line = Annotated[str, AfterValidator(_line)]
Paragraph = Annotated[str, AfterValidator(_paragraph)]
Words = Annotated[str, AfterValidator(_words_of_papers)]
"""Of a paper, in one line and without TeX."""
Abstract = Annotated[str, AfterValidator(_abstract)]


class Plate(Value):
    """One picture, and how it came to be."""

    path: str = Field(pattern=r"^pictures/[0-9]{8}/[0-9a-z-]{1,100}\.jpg$", description="place in the archive")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, hex")
    width: int = Field(gt=0, description="pixels")
    height: int = Field(gt=0, description="pixels")
    bytes: int | None = Field(default=None, description="size of the file, where known")
    vector: str | None = Field(
        default=None, pattern=r"^originals/[0-9a-f]{64}\.svg$", description="place of the same picture as SVG"
    )
    recipe: Line = Field(description="fingerprint of the recipe")
    prompt: Paragraph = Field(description="what the painter was asked to paint; empty when unknown")
    writer: Line | None = Field(default=None, description="model that wrote the prompt")
    painter: Line | None = Field(default=None, description="model that painted")
    painted_by: Line | None = Field(default=None, description="kind of painter, such as lineart")
    original: Line | None = Field(default=None, description="place of what it sent")
    seed: Line | None = Field(default=None, description="decimal digits, where known")
    label: Line | None = Field(default=None, description="whether its label reads; None: nobody has looked")
    label_read: Line | None = Field(default=None, description="the words that were read on it")
    critic: Line | None = Field(default=None, description="a critic's marks, where one was asked")
    resembles: Line | None = Field(default=None, description="id of a paper whose picture looks nearly the same")
    dollars: float | None = Field(default=None, description="price of prompt, painting and check; None when unknown")
    run: Line = Field(description="id of the run that archived it")
    finished_at: datetime = Field(description="when that run ended, UTC")

    @cached_property
    def made(self) -> str:
        """The day it was made, such as 31 October 2024."""
        return f"{self.finished_at.day} {self.finished_at:%B %Y}"

    @property
    def caption(self) -> str:
        """What tells it from other pictures of the same paper."""
        return f"{self.painter or 'Unknown painter'}, {self.made}"

    @cached_property
    def facts(self) -> list[tuple[str, str]]:
        """How it came to be, as pairs of a label and a text."""
        pairs = [
            ("Painted by", self.painter),
            ("Prompt by", self.writer),
            ("Seed", self.seed),
            ("Cost", price(self.dollars)),
            ("Made", self.made),
            ("Size", f"{self.width} × {self.height}"),
            ("Recipe", self.recipe),
            ("Run", self.run),
            ("Label", self.label),
            ("Words read", self.label_read),
            ("Critic", self.critic),
            ("Looks like", f"the picture of {self.resembles}" if self.resembles else None),
        ]
        return [(label, text) for label, text in pairs if text]


class Card(Value):
    """One paper on one day's list, with all its pictures."""

    key: str = Field(pattern=r"^[0-9a-f]{16}$", description="the paper's name in the archive")
    id: Line = Field(description="arXiv id without version")
    title: Words
    authors: tuple[Words, ...] = Field(description="in the paper's order")
    abstract: Abstract = Field(default="", description="what the paper says of itself; empty when unknown")
    summary: Abstract = Field(default="", description="what its list says of it in short; empty when it says nothing")
    summary_by: Line = Field(default="", description="whose words these are")
    categories: tuple[Line, ...] = Field(description="arXiv categories, the primary one first")
    day: date = Field(description="the day of the list")
    home: date = Field(description="the newest day it hangs on, which writes the paper's own page")
    source: Line = Field(description="where the list came from")
    rank: int = Field(description="place in the list, from 0")
    upvotes: int | None = Field(description="votes, where the source has votes")
    plates: tuple[Plate, ...] = Field(min_length=1, description="one for each recipe, the newest first")

    @cached_property
    def url(self) -> str:
        """The abstract page on arXiv; whatever the id holds, the link goes there."""
        return f"https://arxiv.org/abs/{urllib.parse.quote(self.id)}"

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Where else the paper is, as pairs of a name and an address."""
        quoted = urllib.parse.quote(self.id)
        return [
            ("arXiv", self.url),
            ("PDF", f"https://arxiv.org/pdf/{quoted}"),
            ("Hugging Face", f"https://huggingface.co/papers/{quoted}"),
            ("alphaXiv", f"https://www.alphaxiv.org/abs/{quoted}"),
        ]

    @property
    def uuid(self) -> uuid.UUID:
        """A name that stays: of the paper and the recipe of its newest plate, and of no place."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self.url}#{self.plates[0].recipe}")

    @cached_property
    def byline(self) -> str:
        """The authors in one line; of many the first ones."""
        return byline(self.authors)

    @cached_property
    def gist(self) -> str:
        """What the paper is about, in its own first sentences."""
        return first_sentences(self.abstract, MAX_GIST)

    def since(self, plate: Plate) -> datetime:
        """When it was there, as a feed says it: a day's pictures come at once, and whoever sorts them has the list."""
        return plate.finished_at - timedelta(milliseconds=self.rank)

    def alt(self, plate: Plate) -> str:
        """What can be seen on a picture of this paper, in words."""
        return _shortened(" ".join(plate.prompt.split()), MAX_ALT) or f"Picture for “{self.title}”"


class Day(Value):
    """What one day's page shows."""

    day: date
    cards: tuple[Card, ...] = Field(description="papers with pictures, in the list's order")
    failed: int = Field(description="papers without a picture, though a run tried")
    blocked: int = Field(description="papers whose picture a provider refuses")

    @property
    def month(self) -> str:
        """Such as 2024-10."""
        return month_of(self.day)

    @property
    def digest(self) -> str:
        """Changes when anything that is shown changes."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]
