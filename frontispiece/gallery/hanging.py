"""From rows of the catalog to days: which picture hangs where. Columns are explained in docs/catalog.md."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError

from frontispiece.archive.precedence import age, holding
from frontispiece.gallery.cards import Card, Day, Plate
from frontispiece.models import ABOUT, Status, said_of_label
from frontispiece.money import total

COLUMNS: Final = (
    *("run", "run_finished_at", "source", "list_day", "rank", "upvotes", "paper_key", "paper_id", "paper_title"),
    *("paper_authors", "paper_categories", "status", "recipe", "writer_model", "prompt", "writer_dollars"),
    *("painter", "painter_model", "original_path", "painter_seed", "painter_dollars", "resembles"),
    *("checker", "checker_dollars", "label_wanted", "label_read", "label_score", "label_reads"),
    *(f"critic_{about}" for about in ABOUT),
    *("writer_request", "paper_abstract_digest", "summary", "summary_by"),
    *("picture_path", "picture_digest", "picture_width", "picture_height", "picture_bytes"),
    "original_vector",
)
"""The columns that are read."""

Row = Mapping[str, Any]
# What a style may have right before the abstract, in the same line.
_BEFORE: Final = re.compile(r""":\s*['"]?""")
_MOST_STARTS: Final = 40
_UNSETTLED: Final = (Status.FAILED, Status.BLOCKED)


def hang(rows: Sequence[Row], first: date, last: date) -> tuple[dict[date, Day], list[str]]:
    """The days from `first` to `last` that have something to show, and what is wrong with rows left out.

    A paper hangs on every day whose list it stood on, with the pictures that any of the rows tells of: so rows of
    neighbouring months give the older pictures of a paper that was listed again.
    """
    in_order = sorted(rows, key=age)
    plates, problems = _plates(in_order)
    about: dict[str, dict[str, str]] = defaultdict(dict)
    for row in in_order:
        about[str(row["paper_key"])] |= _about(row)
    homes = _homes(in_order)
    by_day: dict[date, list[Row]] = defaultdict(list)
    for row in in_order:
        day = row["list_day"]
        if isinstance(day, date) and first <= day <= last:
            by_day[day].append(row)
    days = {}
    for day, listed in sorted(by_day.items()):
        cards, wrong = _cards(listed, plates, about, homes)
        problems += wrong
        shown = _day(day, listed, cards)
        if shown.cards or shown.failed or shown.blocked:
            days[day] = shown
    return days, problems


def _plates(rows: Iterable[Row]) -> tuple[dict[str, list[Plate]], list[str]]:
    """The plate of each paper and recipe, by the paper's key, the newest first."""
    # A skipped paper's row names the picture that was there, but not how it came to be.
    found = holding(row for row in rows if row["picture_path"])
    plates: dict[str, list[Plate]] = defaultdict(list)
    problems = []
    for (key, _), row in found.items():
        try:
            plates[key].append(_plate(row))
        except ValidationError as error:
            problems.append(_said(row, error))
    for each in plates.values():
        each.sort(key=lambda plate: (plate.finished_at, plate.path), reverse=True)
    return plates, problems


def _plate(row: Row) -> Plate:
    return Plate.model_validate(
        {
            **{name: row[f"picture_{name}"] for name in ("path", "digest", "width", "height", "bytes")},
            "vector": row["original_vector"],
            "recipe": row["recipe"],
            "prompt": row["prompt"] or "",
            "writer": row["writer_model"],
            "painter": row["painter_model"],
            "painted_by": row["painter"],
            "original": row["original_path"],
            "seed": row["painter_seed"],
            "resembles": row["resembles"],
            "label": _verdict(row),
            "label_read": row["label_read"],
            "critic": _judgement(row),
            "dollars": total(
                row[f"{who}_dollars"] for who in ("writer", "painter", *(("checker",) if row["checker"] else ()))
            ),
            "run": row["run"],
            "finished_at": row["run_finished_at"],
        }
    )


def _verdict(row: Row) -> str | None:
    """Whether the label reads, where somebody has looked."""
    if row["label_reads"] is None or row["label_score"] is None:
        return None
    return said_of_label(row["label_reads"], row["label_score"], row["label_wanted"] or "")


def _judgement(row: Row) -> str | None:
    """A critic's marks, where one was asked."""
    marks = {about: row[f"critic_{about}"] for about in ABOUT}
    return ", ".join(f"{about} {mark}" for about, mark in marks.items() if mark is not None) or None


def _homes(rows: Iterable[Row]) -> dict[str, date]:
    """The newest day that each paper hangs on."""
    homes: dict[str, date] = {}
    for row in rows:
        key, day = str(row["paper_key"]), row["list_day"]
        if row["picture_path"] and isinstance(day, date):
            homes[key] = max(day, homes.get(key, day))
    return homes


def _about(row: Row) -> dict[str, str]:
    """What a row tells of a paper's content, by fields of a card."""
    summary = {name: row[name] for name in ("summary", "summary_by")} if row["summary"] else {}
    return summary | ({"abstract": text} if (text := _abstract(row)) else {})


def _abstract(row: Row) -> str:
    """The abstract, as it stands in what the writer was sent; the catalog keeps nothing but its digest beside that.

    It is one line, perhaps quoted, at the end of a line of the request; empty for rows that sent none.
    """
    digest = row["paper_abstract_digest"]
    for line in (row["writer_request"] or "").splitlines():
        starts = [0, *(found.end() for found in _BEFORE.finditer(line))]
        for start in starts[:_MOST_STARTS]:
            for text in (line[start:], line[start:-1]):
                if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() == digest:
                    return text
    return ""


def _cards(
    rows: Iterable[Row],
    plates: Mapping[str, Sequence[Plate]],
    about: Mapping[str, Mapping[str, str]],
    homes: Mapping[str, date],
) -> tuple[list[Card], list[str]]:
    """The cards of one day's rows, which come oldest first; of several rows one with authors tells more."""
    best: dict[str, Row] = {}
    for row in rows:
        key = str(row["paper_key"])
        if row["picture_path"] and (row["paper_authors"] or key not in best):
            best[key] = row
    cards, problems = [], []
    for key, row in best.items():
        if not plates.get(key):
            continue
        try:
            cards.append(_card(row, plates[key], about[key], homes[key]))
        except ValidationError as error:
            problems.append(_said(row, error))
    return sorted(cards, key=lambda card: (card.rank, card.id)), problems


def _card(row: Row, plates: Sequence[Plate], about: Mapping[str, str], home: date) -> Card:
    named = {name: row[f"paper_{name}"] for name in ("key", "id", "title")}
    lists = {name: row[f"paper_{name}"] or () for name in ("authors", "categories")}
    listed = {name: row[name] for name in ("source", "rank", "upvotes")}
    own = {"day": row["list_day"], "home": home, "plates": tuple(plates)}
    return Card.model_validate({**named, **lists, **listed, **about, **own})


def _day(day: date, rows: Iterable[Row], cards: Sequence[Card]) -> Day:
    """Of several recipes the one that was tried last tells of a paper without a picture."""
    shown = {card.key for card in cards}
    held = holding(row for row in rows if row["status"] in _UNSETTLED)
    last = {row["paper_key"]: row["status"] for row in sorted(held.values(), key=age)}
    left = [status for key, status in last.items() if key not in shown]
    return Day(day=day, cards=tuple(cards), failed=left.count(Status.FAILED), blocked=left.count(Status.BLOCKED))


def _said(row: Row, error: ValidationError) -> str:
    when = row["run_finished_at"]
    named = f"{when:%Y-%m-%d}" if isinstance(when, datetime) else "an unknown day"
    where = ".".join(map(str, error.errors()[0]["loc"]))
    return f"The catalog's row about {str(row['paper_id'])[:40]!r} of {named} is left out: its {where} is unfit."
