"""What the run's page in Prefect shows besides its log: progress, small pictures, stories, a table of outcomes.

Titles, prompts and messages come from outside, and the page is HTML in the end: everything of theirs goes through
`inert` or `as_link_text` first.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from frontispiece.models import CallState, Outcome, Paper, Status
from frontispiece.money import price, total
from frontispiece.report import bought
from frontispiece.tex import readable
from frontispiece.text import one_line

T = TypeVar("T")

MAX_ARTIFACT: Final = 400_000
"""Bytes of a page of pictures, and of a table: Prefect keeps both in its database."""
MOST_PICTURES: Final = 60
MAX_THUMBNAIL: Final = 4_500
COLUMNS: Final = 5
_TITLE, _PROMPT, _MESSAGE = 300, 1_500, 500
_ALT: Final = 100
_HARMLESS = frozenset(" ,;")
_LOOK_ALIKE = str.maketrans("\\`[]<>*|", "∖'()‹›∗∣")
_REFERENCE = re.compile(r"&(?=#|\w+;)")


def inert(text: str, most: int) -> str:
    """Text that neither markdown nor HTML takes for its own: ASCII punctuation is escaped with backslashes."""
    return "".join(
        f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign not in _HARMLESS else sign
        for sign in one_line(text, most)
    )


def as_link_text(text: str, most: int) -> str:
    """Text for within brackets: what means something becomes what looks like it.

    Prefect's UI shows what stands there as it stands, backslashes too.
    """
    return _REFERENCE.sub("＆", one_line(readable(text), most)).translate(_LOOK_ALIKE)


def link(paper: Paper, words: str) -> str:
    """These words of the paper's, linked to arXiv."""
    return f"[{as_link_text(words, _TITLE) or 'untitled'}](https://arxiv.org/abs/{quote(paper.id)})"


def grid(pictures: Sequence[tuple[Paper, bytes]]) -> str:
    """Small JPEGs side by side, each above its paper's id.

    In a table: elsewhere Prefect's UI puts each picture on a line of its own, and it takes none within a link. Its
    head stays empty: there pictures would shrink to their words. Of any other address than one that has the picture
    inside it nobody knows whether the browser can reach it.
    """
    cells = [
        f"![{as_link_text(paper.title, _ALT)}]({data_uri(jpeg)}) {link(paper, paper.id)}" for paper, jpeg in pictures
    ]
    columns = min(COLUMNS, len(cells))
    if not columns:
        return ""
    rows = [" | ".join(cells[first : first + columns]) for first in range(0, len(cells), columns)]
    return "\n".join(["| " * columns + "|", "|---" * columns + "|", *(f"| {row} |" for row in rows)])


def story(outcome: Outcome) -> str:
    """How one paper came to its picture, or why it did not."""
    lines = [f"### {link(outcome.paper, outcome.paper.title)}", ""]
    if outcome.status in (Status.FAILED, Status.BLOCKED):
        what = f"{outcome.status.capitalize()} ({inert(outcome.reason or '', 60)})"
        lines += [f"**{what}** {inert(outcome.message or '', _MESSAGE)}", ""]
    if outcome.prompt:
        lines += [f"> {inert(outcome.prompt.text, _PROMPT)}", ""]
    return "\n".join([*lines, " · ".join(facts(outcome))])


def picture_page(pictures: Sequence[tuple[Paper, bytes]], of: int, outcomes: Sequence[Outcome] = ()) -> str:
    """The first of `of` pictures, and the stories of these outcomes as far as there is room, in markdown."""
    parts = [grid(pictures)]
    if len(pictures) < of:
        parts.append(f"These are {len(pictures)} of {of} pictures.")
    room = MAX_ARTIFACT - 500 - sum(len(part.encode()) for part in parts)
    told = within(map(story, outcomes), lambda text: len(text.encode()) + 2, room)
    if len(told) < len(outcomes):
        told.append(f"There are {len(outcomes) - len(told)} more: the artifact `outcomes` has a row for each.")
    return "\n\n".join(filter(None, [*parts, *told]))


def within(items: Iterable[T], size: Callable[[T], int], most: int) -> list[T]:
    """The first of these items, as many as take up `most` together."""
    found = []
    for item in items:
        most -= size(item)
        if most < 0:
            break
        found.append(item)
    return found


def facts(outcome: Outcome) -> Iterator[str]:
    """Paper, models, seconds and dollars of one outcome, in inert words."""
    yield inert(outcome.paper.id, 40)
    for step, call in (("prompt", outcome.prompt), ("painting", outcome.painting), ("check", outcome.check)):
        if call is not None:
            cost = "cached" if step in outcome.cached else f"{call.seconds:.1f} s, {price(call.dollars)}"
            yield f"{step} by {inert(call.model, 80)} ({cost})"
    if outcome.check is not None:
        yield f"label {inert(outcome.check.verdict, _MESSAGE)}"
        if outcome.check.marks:
            yield f"critic: {outcome.check.judgement}"
    for state, words in ((CallState.REFUSED, "answers of no use"), (CallState.IN_DOUBT, "calls in doubt")):
        if calls := bought([outcome], state):
            at_most = "at most " if state is CallState.IN_DOUBT else ""
            yield f"{words}: {len(calls)} ({at_most}{price(total(call.dollars for call in calls))})"
    if outcome.picture is not None:
        yield inert(outcome.picture.path, 200)


def data_uri(jpeg: bytes) -> str:
    """The picture inside its own address."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def outcome_table(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row a paper, failures first, as many as there is room for; short columns first."""
    order = (Status.FAILED, Status.BLOCKED, Status.DONE, Status.SKIPPED)
    rows = (
        {
            "paper": outcome.paper.id,
            "status": outcome.status.value,
            "day": outcome.paper.listing.day.isoformat(),
            "votes": outcome.paper.listing.upvotes,
            "seconds": round(
                sum(call.seconds for call in (outcome.prompt, outcome.painting, outcome.check) if call), 1
            ),
            "dollars": _dollars(outcome),
            "cached": ", ".join(outcome.cached),
            "why": one_line(": ".join(filter(None, (outcome.reason, outcome.message))), _MESSAGE),
            "title": one_line(readable(outcome.paper.title), _TITLE),
            "writer": outcome.prompt.model if outcome.prompt else "",
            "painter": outcome.painting.model if outcome.painting else "",
            "picture": outcome.picture.path if outcome.picture else "",
            **({"label": one_line(outcome.check.verdict, _MESSAGE)} if outcome.check else {}),
        }
        for outcome in sorted(outcomes, key=lambda outcome: order.index(outcome.status))
    )
    return within(rows, lambda row: len(json.dumps(row)) + 2, MAX_ARTIFACT)


def _dollars(outcome: Outcome) -> float | None:
    """What this run paid for the paper; None when a price is unknown."""
    paid = [*bought([outcome], CallState.DELIVERED), *bought([outcome], CallState.REFUSED)]
    dollars = total(call.dollars for call in paid)
    return None if dollars is None else round(dollars, 6)
