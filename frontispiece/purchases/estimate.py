"""What a stretch of work will cost, before it is begun: pure sums over what is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from frontispiece import money
from frontispiece.models import Status, Value

COLUMNS: Final = (
    *("recipe", "status", "cached", "list_day"),
    *("writer_dollars", "writer_seconds", "writer_tokens_in", "writer_tokens_out"),
    *("painter_dollars", "painter_seconds", "checker"),
)
USUAL_CALLS: Final = 2
"""Those for a paper: its prompt and its painting."""
ENOUGH_ROWS: Final = 20
"""So many calls make an average."""
# Seconds of a call as long as the catalog has no average.
CHAT_SECONDS, PICTURE_SECONDS = 2.0, 4.0
OWN_SECONDS: Final = 0.1
CHARACTERS_PER_TOKEN: Final = 3


@dataclass(frozen=True, slots=True)
class Average:
    """What calls of one kind and recipe came to, by the catalog; None where rows do not say."""

    calls: int = 0
    dollars: float | None = None
    seconds: float | None = None
    tokens_in: float | None = None
    tokens_out: float | None = None

    @property
    def is_good(self) -> bool:
        """Whether there are enough of them."""
        return self.calls >= ENOUGH_ROWS


class Estimate(Value):
    """What papers will take. Dollars and tokens are None when unknown; a free call costs 0."""

    papers: int = Field(description="papers to illustrate")
    calls_each: int = Field(
        default=USUAL_CALLS, description="calls for each at most: prompt and painting, checks, further takes"
    )
    dollars: float | None
    tokens_in: int | None
    tokens_out: int | None
    minutes: float
    by_catalog: bool = Field(description="whether prices are this recipe's own averages, and not list prices")

    @property
    def calls(self) -> int:
        """For all of them, at most."""
        return self.calls_each * self.papers

    @property
    def price(self) -> str:
        """The dollars as people read them."""
        return money.price(self.dollars)


@dataclass(frozen=True, slots=True)
class Work:
    """One paper that is to be illustrated: its request to the writer, and list prices where they are known."""

    request: str
    prompt_dollars: float | None
    painting_dollars: float | None
    """Of one painting, and of the look at it."""
    further_dollars: float | None = 0.0
    """Of further takes, while the label does not read."""

    @property
    def dollars(self) -> float | None:
        """All of it, at most."""
        return money.total([self.prompt_dollars, self.painting_dollars, self.further_dollars])


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does the work: whether writer and painter are paid services, and how many calls go side by side."""

    writer_paid: bool
    painter_paid: bool
    prompts_at_once: int
    paintings_at_once: int
    answer_tokens: int | None
    """Tokens that a paid prompt may have, as its list price has them; None where the writer does not say."""
    calls_each: int = USUAL_CALLS
    """As in `Estimate`."""


def estimate(papers: Sequence[Work], hands: Hands, prompt: Average, painting: Average) -> Estimate:
    """What these papers will take.

    Averages of the catalog are taken when both are good and know their price, else list prices, which are estimates on
    the high side.
    """
    count = len(papers)
    mean = money.total([prompt.dollars, painting.dollars]) if prompt.is_good and painting.is_good else None
    if mean is not None:
        dollars: float | None = count * mean
        means = (prompt.tokens_in, prompt.tokens_out) if hands.writer_paid else (0, 0)
        tokens_in, tokens_out = (_times(count, each) for each in means)
    else:
        dollars = money.total(each.dollars for each in papers)
        tokens_in = hands.writer_paid * sum(len(each.request) // CHARACTERS_PER_TOKEN + 1 for each in papers)
        tokens_out = _times(count, hands.answer_tokens) if hands.writer_paid else 0
    writing = _seconds(prompt, CHAT_SECONDS if hands.writer_paid else OWN_SECONDS) / hands.prompts_at_once
    at_work = _seconds(painting, PICTURE_SECONDS if hands.painter_paid else OWN_SECONDS) / hands.paintings_at_once
    return Estimate(
        papers=count,
        calls_each=hands.calls_each,
        dollars=dollars,
        tokens_in=None if tokens_in is None else round(tokens_in),
        tokens_out=None if tokens_out is None else round(tokens_out),
        minutes=count * max(writing, at_work) / 60,  # prompts are written while pictures are painted
        by_catalog=mean is not None,
    )


def averages(rows: Iterable[Mapping[str, Any]], recipe: str) -> tuple[Average, Average]:
    """What prompts and paintings of this recipe came to, by rows of the catalog with `COLUMNS`.

    Where labels were looked at a row tells of several paintings.
    """
    done = (row for row in rows if row["recipe"] == recipe and row["status"] == Status.DONE)
    ours = [row for row in done if not row["checker"]]
    return _average(ours, "prompt", "writer"), _average(ours, "painting", "painter")


def _average(rows: Iterable[Mapping[str, Any]], step: str, who: str) -> Average:
    # What comes from a batch has no seconds of its own, and another price.
    made = [row for row in rows if step not in (row["cached"] or ()) and row[f"{who}_seconds"]]

    def mean(name: str) -> float | None:
        values = [row[name] for row in made if row.get(name) is not None]
        return sum(values) / len(values) if len(values) == len(made) > 0 else None

    return Average(
        calls=len(made),
        dollars=mean(f"{who}_dollars"),
        seconds=mean(f"{who}_seconds"),
        tokens_in=mean(f"{who}_tokens_in"),
        tokens_out=mean(f"{who}_tokens_out"),
    )


def _seconds(average: Average, usual: float) -> float:
    return average.seconds if average.is_good and average.seconds is not None else usual


def _times(count: int, value: float | None) -> float | None:
    return None if value is None else count * value
