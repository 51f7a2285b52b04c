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
    *("painter_dollars", "painter_seconds"),
)
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

    papers: int = Field(description="papers to illustrate: each is a prompt and a painting")
    dollars: float | None
    tokens_in: int | None
    tokens_out: int | None
    minutes: float
    by_catalog: bool = Field(description="whether prices are this recipe's own averages, and not list prices")

    @property
    def calls(self) -> int:
        """Prompts and paintings."""
        return 2 * self.papers

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


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does the work: whether writer and painter are paid services, and how many calls go side by side."""

    writer_paid: bool
    painter_paid: bool
    prompts_at_once: int
    paintings_at_once: int
    answer_tokens: int | None
    """Tokens that a paid prompt may have, as its list price has them; None where the writer does not say."""


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
        dollars = money.total(money.total([each.prompt_dollars, each.painting_dollars]) for each in papers)
        tokens_in = hands.writer_paid * sum(len(each.request) // CHARACTERS_PER_TOKEN + 1 for each in papers)
        tokens_out = _times(count, hands.answer_tokens) if hands.writer_paid else 0
    writing = _seconds(prompt, CHAT_SECONDS if hands.writer_paid else OWN_SECONDS) / hands.prompts_at_once
    at_work = _seconds(painting, PICTURE_SECONDS if hands.painter_paid else OWN_SECONDS) / hands.paintings_at_once
    return Estimate(
        papers=count,
        dollars=dollars,
        tokens_in=None if tokens_in is None else round(tokens_in),
        tokens_out=None if tokens_out is None else round(tokens_out),
        minutes=count * max(writing, at_work) / 60,  # prompts are written while pictures are painted
        by_catalog=mean is not None,
    )


def averages(rows: Iterable[Mapping[str, Any]], recipe: str) -> tuple[Average, Average]:
    """What prompts and paintings of this recipe came to, by rows of the catalog with `COLUMNS`."""
    ours = [row for row in rows if row["recipe"] == recipe and row["status"] == Status.DONE]
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
