"""The nouns: frozen values that the tasks hand to each other.

All are small enough to be a task's result (never bytes) and go through JSON unharmed. Times are
timezone-aware UTC, durations seconds, money US dollars; `dollars=None` means the price is unknown,
which is not the same as 0.0 (free).
"""

import hashlib
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """A frozen record; unknown fields are an error, so that a stale record is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Summary(Value):
    """What a list says of a paper in short, where it has such words of its own."""

    text: str = Field(description="one line, white space collapsed")
    by: str = Field(description="whose words they are, such as an AI at Hugging Face")


class Listing(Value):
    """Where and how a paper was listed when it was fetched."""

    source: str = Field(description="name of the source, such as arxiv-oai")
    day: date = Field(description="the day of the list; for papers asked for by id, their publication date")
    rank: int = Field(description="place in the list, from 0")
    upvotes: int | None = Field(default=None, description="votes at `seen_at`, where the source has votes")
    seen_at: datetime = Field(description="when the source gave this answer")
    summary: Summary | None = Field(default=None, description="the list's own, where it has one")


class Paper(Value):
    """One research paper, as its source describes it."""

    id: str = Field(description="arXiv id without version, such as 2410.24175 or hep-th/9901001")
    version: int | None = Field(default=None, description="arXiv version that was described, where known")
    title: str = Field(description="one line, white space collapsed")
    abstract: str = Field(description="one line, white space collapsed; may be empty")
    authors: tuple[str, ...] = Field(default=(), description="in the paper's order")
    categories: tuple[str, ...] = Field(default=(), description="arXiv categories, the primary one first")
    published: date | None = Field(default=None, description="UTC date of version 1, where known")
    updated: date | None = Field(default=None, description="UTC date of the described version, where known")
    withdrawn: bool = Field(default=False, description="whether only a notice is left of it")
    listing: Listing

    @property
    def key(self) -> str:
        """The paper's name in the archive: 16 hex digits, the same ones the predecessor used."""
        return hashlib.md5(f"https://huggingface.co/papers/{self.id}".encode(), usedforsecurity=False).hexdigest()[:16]

    @property
    def url(self) -> str:
        """The abstract page on arXiv."""
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def folder_date(self) -> date:
        """The date whose folder holds the picture: publication, or the list's day when that is unknown."""
        return self.published or self.listing.day


class Charge(Value):
    """What a provider charged for an answer that is of no use: refused, cut off, empty, no picture."""

    dollars: float | None = Field(description="its price; None when unknown")
    request_id: str | None = Field(default=None, description="the provider's id of the call")


class CallState(StrEnum):
    """What became of a paid call, by the journal."""

    DELIVERED = "delivered"  # on the bill, and what was bought is here
    REFUSED = "refused"  # on the bill, and of no use: refused, cut off, empty, no picture
    FREE = "free"  # certainly not on the bill
    IN_DOUBT = "in doubt"  # perhaps on the bill: under way, on order, or nobody can tell


class PaidCall(Value):
    """One call to a provider that costs money, as the journal knows it."""

    call: str = Field(description="its name: the journal's key, the number of its entry there, and who made it")
    kind: str = Field(description="what was bought: prompt, painting or check; empty when unknown")
    paper_id: str = Field(description="arXiv id of the paper it was for; empty when unknown")
    run: str | None = Field(default=None, description="the run that made it; None: unknown")
    made_at: datetime = Field(description="when it was made, by the clock of who made it")
    state: CallState
    dollars: float | None = Field(default=None, description="its price, in doubt the highest; None when unknown")
    request_id: str | None = Field(default=None, description="the provider's id of it")
    seconds: float | None = Field(default=None, description="how long it took, of a delivery")
    attempt: str = Field(default="", description="the attempt at it, in the journal, that told how it ended")
    entries: int = Field(description="how many entries the journal had when this was read")


class ScenePlan(Value):
    """What a line drawing shows, decided by the writer so that words and picture agree."""

    scene: str = Field(description="name of the scene, a key of `frontispiece.lineart.plan.SCENES`")
    hero: str = Field(description="the motif in the middle, a key of `frontispiece.lineart.plan.MOTIFS`")
    minors: tuple[str, ...] = Field(description="smaller motifs around it, keys of `frontispiece.lineart.plan.MOTIFS`")
    accent: str = Field(description="the one colour, as #rrggbb")
    label: str = Field(description="the brief title to be lettered on an object of the scene")


class Prompt(Value):
    """A picture prompt and how it came to be."""

    text: str = Field(description="what the painter is asked to paint, as the writer answered it")
    writer: str = Field(description="kind of writer, such as openai")
    model: str = Field(description="the model that answered, by the service's own word where it says so")
    request: str = Field(description="the exact text that was sent to the writer")
    tokens_in: int | None = Field(default=None, description="tokens of the request, cached ones included")
    tokens_cached: int | None = Field(default=None, description="tokens of the request billed as cached")
    tokens_out: int | None = Field(default=None, description="tokens of the answer, reasoning included")
    request_id: str | None = Field(default=None, description="the provider's id of the call")
    seconds: float = Field(description="wall time of the call")
    dollars: float | None = Field(description="price of the call; None when unknown, 0.0 when free")
    plan: ScenePlan | None = Field(default=None, description="the scene, where the writer planned one")


class Original(Value):
    """The bytes a painter sent, untouched, as kept in the archive."""

    digest: str = Field(description="SHA-256 of the bytes, hex")
    path: str = Field(description="place in the archive, such as originals/<digest>.png")
    format: Literal["png", "jpeg", "webp"] = Field(description="what the bytes are, whatever was promised")
    width: int = Field(description="pixels")
    height: int = Field(description="pixels")
    bytes: int = Field(description="size in bytes")
    flat: Literal["black", "blank"] | None = Field(default=None, description="when it is one colour all over")
    dhash: str = Field(default="", description="how it looks, 64 hex digits (`archive.duplicates`); empty: unknown")
    vector: str | None = Field(
        default=None,
        exclude_if=lambda path: path is None,  # nobody who reads journals needs to know of what is not there
        description="place of the same picture as SVG, where the painter drew one",
    )


class Painting(Value):
    """A painted prompt and how it came to be."""

    painter: str = Field(description="kind of painter, such as fal")
    model: str = Field(description="the model that painted")
    parameters: str = Field(description="what was asked of the model besides the prompt, as canonical JSON")
    seed: str | None = Field(default=None, description="decimal digits (they may exceed 64 bits), where known")
    url: str | None = Field(default=None, description="where the picture was downloaded from")
    request_id: str | None = Field(default=None, description="the provider's id of the call")
    seconds: float = Field(description="from order to delivered bytes")
    dollars: float | None = Field(description="price of the call; None when unknown, 0.0 when free")
    run: str | None = Field(default=None, description="the run that had it painted; None: unknown")
    made: datetime | None = Field(default=None, description="when it was delivered, UTC; None: unknown")
    nsfw: bool | None = Field(default=None, description="the provider's own flag, where it gives one")
    original: Original


GOOD_MARK: Final = 6
"""From this mark on a critic is content."""


Side: TypeAlias = Literal["label", "faithfulness", "readability", "style"]
ABOUT: Final[tuple[Side, ...]] = get_args(Side)
"""What a critic judges."""


class Mark(Value):
    """What a critic says of one side of a picture."""

    about: Side = Field(description="which side")
    mark: int = Field(description="from 0 to 10")
    reason: str = Field(description="why, in one line")


class Check(Value):
    """Whether the label of a painting reads, and how that was found out."""

    checker: str = Field(description="kind of checker, such as tesseract")
    model: str = Field(description="the model or program that read, by its own word where it says so")
    wanted: str = Field(description="the words that the label is to show")
    read: str = Field(description="the words that were read on the picture, in one line")
    score: float = Field(description="how much of the wanted words was read: from 0 to 1")
    reads: bool = Field(description="the verdict: whether that is enough")
    marks: tuple[Mark, ...] = Field(default=(), description="a critic's, where one was asked")
    advice: str = Field(default="", description="the prompt as the critic would have it; empty: as it is")
    tokens_in: int | None = Field(default=None, description="tokens of the request, the picture's included")
    tokens_out: int | None = Field(default=None, description="tokens of the answer, reasoning included")
    request_id: str | None = Field(default=None, description="the provider's id of the call")
    seconds: float = Field(description="wall time of the reading")
    dollars: float | None = Field(description="price of the call; None when unknown, 0.0 when free")

    @property
    def is_good(self) -> bool:
        """Whether there is no need for another take."""
        return self.reads and all(each.mark >= GOOD_MARK for each in self.marks)

    @property
    def worth(self) -> float:
        """Of two takes the one with more of it is kept: the marks where there are any, or the score."""
        return sum(each.mark for each in self.marks) / len(self.marks) if self.marks else self.score

    @property
    def judgement(self) -> str:
        """The marks as people read them, such as: label 9, faithfulness 7."""
        return ", ".join(f"{each.about} {each.mark}" for each in self.marks)

    @property
    def verdict(self) -> str:
        """As people read it, such as: reads, 97 % of “ShadowKV”."""
        return said_of_label(self.reads, self.score, self.wanted)


def said_of_label(reads: bool, score: float, wanted: str) -> str:
    """A verdict on a label in words."""
    return f"{'reads' if reads else 'does not read'}, {score:.0%} of “{wanted}”"


class Picture(Value):
    """The archived JPEG."""

    path: str = Field(description="place in the archive, such as pictures/20241031/6550f79d46b1945c.jpg")
    digest: str = Field(description="SHA-256 of the file, hex")
    width: int = Field(description="pixels")
    height: int = Field(description="pixels")
    bytes: int = Field(description="size in bytes")


class Status(StrEnum):
    """How it ended for one paper."""

    DONE = "done"  # a picture was archived by this run
    SKIPPED = "skipped"  # nothing was made of it: archived before, not wanted, or the run ended before
    BLOCKED = "blocked"  # a provider refuses the content: trying again is no use
    FAILED = "failed"  # anything else; a later run tries again


ARCHIVED: Final = "archived"
"""The reason why a paper was skipped whose picture is there."""
TOO_FEW_VOTES: Final = "upvotes"
"""The reason why a paper was skipped that has fewer votes than are wanted."""
STALE: Final = "stale"
"""The reason why one was skipped that another recipe has made a picture of."""
WITHDRAWN: Final = "withdrawn"
"""The reason why one was skipped of which only a notice is left."""
NOT_REACHED: Final = "not reached"
"""The reason of one that a run has not come to, or was cut off at: that has not failed."""
Step: TypeAlias = Literal["prompt", "painting", "check", "picture"]
"""What a paper's run has to show for, in its order."""
STEPS: Final[tuple[Step, ...]] = get_args(Step)


class Outcome(Value):
    """What became of one paper in a run: a row of the catalog."""

    paper: Paper
    status: Status
    reason: str | None = Field(default=None, description="kind of error, or why it was skipped")
    message: str | None = Field(default=None, description="the same as one sentence")
    recipe: str = Field(description="fingerprint of the recipe that was followed")
    prompt: Prompt | None = None
    painting: Painting | None = None
    check: Check | None = None
    picture: Picture | None = None
    cached: tuple[Step, ...] = Field(
        default=(), description="which steps were already there and cost nothing in this run"
    )
    resembles: str | None = Field(default=None, description="id of a paper whose picture looks nearly the same")
    purchases: tuple[PaidCall, ...] | None = Field(
        default=None, description="all paid calls that led here, whoever made them; None: nobody has looked"
    )
    bought: tuple[PaidCall, ...] = Field(
        default=(), description="those of them that this run has made, in this attempt"
    )
    lost_seconds: dict[Step, float] = Field(default={}, description="wall time of calls that came to nothing")

    @property
    def is_reached(self) -> bool:
        """Whether the run has come to an end with it, whatever that is."""
        return self.reason != NOT_REACHED
