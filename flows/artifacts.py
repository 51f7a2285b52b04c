"""What the run's page in Prefect shows besides its log: progress, pictures with their stories, a table of outcomes.

Titles, prompts and messages come from outside, and the page is HTML in the end: everything of theirs goes through
`inert` first.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from frontispiece.models import CallState, Outcome, Paper, Status
from frontispiece.money import price, total
from frontispiece.report import bought
from frontispiece.tex import readable
from frontispiece.text import one_line

MAX_PAGE = 1_000_000
MAX_ROWS = 1_000
_TITLE, _PROMPT, _MESSAGE = 300, 1_500, 500
_ROOM = 2_000
_HARMLESS = frozenset(" ,;")
_LOOK_ALIKE = str.maketrans("\\`[]<>*", "∖'()‹›∗")
_REFERENCE = re.compile(r"&(?=#|\w+;)")


def inert(text: str, most: int) -> str:
    """Text that neither markdown nor HTML takes for its own: ASCII punctuation is escaped with backslashes."""
    return "".join(
        f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign not in _HARMLESS else sign
        for sign in one_line(text, most)
    )


def link(paper: Paper) -> str:
    """The paper's title, linked to arXiv.

    Prefect's UI shows what stands in a link as it stands, backslashes too: signs that mean something become others
    that look like them.
    """
    text = _REFERENCE.sub("＆", one_line(readable(paper.title), _TITLE)).translate(_LOOK_ALIKE)
    return f"[{text or 'untitled'}](https://arxiv.org/abs/{quote(paper.id)})"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One paper of the run, with a small JPEG of its picture where there is one."""

    outcome: Outcome
    thumbnail: bytes = field(default=b"", repr=False)

    def markdown(self) -> str:
        """Picture and story."""
        lines = [f"### {link(self.outcome.paper)}", ""]
        if self.thumbnail:
            lines += [f"![{inert(self.outcome.paper.id, 40)}]({data_uri(self.thumbnail)})", ""]
        if self.outcome.status in (Status.FAILED, Status.BLOCKED):
            what = f"{self.outcome.status.capitalize()} ({inert(self.outcome.reason or '', 60)})"
            lines += [f"**{what}** {inert(self.outcome.message or '', _MESSAGE)}", ""]
        if self.outcome.prompt:
            lines += [f"> {inert(self.outcome.prompt.text, _PROMPT)}", ""]
        return "\n".join([*lines, " · ".join(facts(self.outcome)), "", ""])


def facts(outcome: Outcome) -> Iterator[str]:
    """Paper, models, seconds and dollars of one outcome, in inert words."""
    yield inert(outcome.paper.id, 40)
    for step, call in (("prompt", outcome.prompt), ("painting", outcome.painting)):
        if call is not None:
            cost = "cached" if step in outcome.cached else f"{call.seconds:.1f} s, {price(call.dollars)}"
            yield f"{step} by {inert(call.model, 80)} ({cost})"
    for state, words in ((CallState.REFUSED, "answers of no use"), (CallState.IN_DOUBT, "calls in doubt")):
        if calls := bought([outcome], state):
            at_most = "at most " if state is CallState.IN_DOUBT else ""
            yield f"{words}: {len(calls)} ({at_most}{price(total(call.dollars for call in calls))})"
    if outcome.picture is not None:
        yield inert(outcome.picture.path, 200)


def data_uri(jpeg: bytes) -> str:
    """The picture inside its own address."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def pages(title: str, exhibits: Iterable[Exhibit], most: int = MAX_PAGE) -> list[str]:
    """Markdown pages of at most so many bytes each, with all exhibits in their order."""
    full: list[list[str]] = [[]]
    size = 0
    for exhibit in exhibits:
        text = exhibit.markdown()
        length = len(text.encode())
        if full[-1] and size + length > most - _ROOM:
            full.append([])
            size = 0
        full[-1].append(text)
        size += length
    count = len(full)
    heads = [f"## {title}" + (f" ({number} of {count})" if count > 1 else "") for number in range(1, count + 1)]
    return ["\n\n".join([head, *page]) for head, page in zip(heads, full, strict=True)]


def outcome_table(outcomes: Sequence[Outcome]) -> list[dict[str, str | float | None]]:
    """One row a paper, failures first, at most MAX_ROWS."""
    order = (Status.FAILED, Status.BLOCKED, Status.DONE, Status.SKIPPED)
    return [
        {
            "paper": outcome.paper.id,
            "status": outcome.status.value,
            "why": one_line(": ".join(filter(None, (outcome.reason, outcome.message))), _MESSAGE),
            "title": one_line(readable(outcome.paper.title), _TITLE),
            "day": outcome.paper.listing.day.isoformat(),
            "votes": outcome.paper.listing.upvotes,
            "cached": ", ".join(outcome.cached),
            "writer": outcome.prompt.model if outcome.prompt else "",
            "painter": outcome.painting.model if outcome.painting else "",
            "seconds": round(sum(call.seconds for call in (outcome.prompt, outcome.painting) if call), 1),
            "dollars": _dollars(outcome),
            "picture": outcome.picture.path if outcome.picture else "",
        }
        for outcome in sorted(outcomes, key=lambda outcome: order.index(outcome.status))[:MAX_ROWS]
    ]


def _dollars(outcome: Outcome) -> float | None:
    """What this run paid for the paper; None when a price is unknown."""
    paid = [*bought([outcome], CallState.DELIVERED), *bought([outcome], CallState.REFUSED)]
    dollars = total(call.dollars for call in paid)
    return None if dollars is None else round(dollars, 6)
