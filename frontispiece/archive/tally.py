"""Counts how the papers of many days stand, a million rows at once."""

from datetime import date
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pydantic import Field

from frontispiece.models import ARCHIVED, TOO_FEW_VOTES, WITHDRAWN, Status, Value

COLUMNS: Final = (
    *("list_day", "source", "paper_key", "rank", "recipe", "status", "reason"),
    *("run", "run_finished_at", "writer", "painter"),
)
"""What a tally asks of the catalog."""
# Several facts in one number, so that the greatest number tells what the newest row says: from above the time, the run,
# one more bit and the rank. A year has fewer than a million runs, and a list fewer than a million papers.
_BITS: Final = 20
_BIT: Final = 1 << _BITS


class Tally(Value):
    """One day of a source. All numbers but `stale` are papers under one recipe."""

    day: date
    listed: int = Field(default=0, description="papers that were on the list at any time")
    wanted: int = Field(default=0, description="those of them that are there and have enough votes")
    prompted: int = Field(default=0, description="papers with a prompt")
    painted: int = Field(default=0, description="papers with a painting")
    archived: int = Field(default=0, description="papers with a picture")
    failed: int = Field(default=0, description="papers without a picture or a refusal that failed")
    blocked: int = Field(default=0, description="papers a provider refuses for their content")
    stale: int = Field(default=0, description="papers whose only pictures are by other recipes")
    left: int = Field(default=0, description="archived papers that have gone from the list since")
    run: str | None = Field(default=None, description="the newest run over this day")


def tally(rows: pa.Table, source: str, recipe: str) -> list[Tally]:
    """The days that have rows of this source, in order. `rows` have COLUMNS; a row may come twice."""
    days = rows["list_day"]
    years = pc.year(days)
    # Year by year: what is counted side by side should fit into the processor's cache.
    found: list[Tally] = []
    for year in sorted(pc.unique(years).drop_null().to_pylist()):
        of_year = rows.filter(pc.and_(pc.equal(years, year), pc.equal(rows["source"], source)))
        found += _tally(of_year, recipe)
    return found


def _tally(rows: pa.Table, recipe: str) -> list[Tally]:
    """The days of these rows, in order; an `age` is greater the newer the row is."""
    run, runs = _numbered(rows["run"].cast(pa.string()))
    age = pc.bit_wise_or(pc.shift_left(_numbered(rows["run_finished_at"])[0], _BITS), run)
    by_day = pa.table({"day": rows["list_day"], "age": age}).group_by("day").aggregate([("age", "max")])
    newest = pc.bit_wise_and(by_day["age_max"], _BIT - 1)
    # Of a run that was tried again only the last attempt says what is on the list now.
    papers = _papers(rows, recipe, age, pc.equal(age, _of_day(by_day["day"], by_day["age_max"], rows["list_day"])))
    listed = papers.group_by("day").aggregate([("now", "sum")])
    among = pc.less(papers["rank"], _of_day(listed["day"], listed["now_sum"], papers["day"]))
    left = pc.and_(pc.and_not(papers["archived"], papers["now"]), among)
    counted = [name for name in Tally.model_fields if name not in ("day", "run")]
    days = papers.append_column("left", left).group_by("day").aggregate([(name, "sum") for name in counted])
    names = _of_day(by_day["day"], runs.take(newest), days["day"])
    return [
        Tally(day=row["day"], run=name, **{each: row[f"{each}_sum"] for each in counted})
        for row, name in sorted(zip(days.to_pylist(), names.to_pylist(), strict=True), key=lambda each: each[0]["day"])
    ]


def _papers(rows: pa.Table, recipe: str, age: pa.ChunkedArray, now: pa.ChunkedArray) -> pa.Table:
    """What is true of each paper of each day, as columns of truth; `rank` is the one in the newest row."""
    ours, done = _is(rows, "recipe", recipe), _is(rows, "status", Status.DONE)
    unwanted = pc.is_in(rows["reason"], pa.array([TOO_FEW_VOTES, WITHDRAWN]))
    few = pc.if_else(unwanted, _BIT, 0)
    rank = pc.bit_wise_or(few, pc.min_element_wise(rows["rank"], _BIT - 1))
    facts = {
        "last": pc.bit_wise_or(pc.shift_left(age, _BITS + 1), rank),
        "archived": pc.and_(ours, pc.or_(done, _is(rows, "reason", ARCHIVED))),
        "prompted": pc.and_(ours, rows["writer"].is_valid()),
        "painted": pc.and_(ours, rows["painter"].is_valid()),
        "failed": pc.and_(ours, _is(rows, "status", Status.FAILED)),
        "blocked": pc.and_(ours, _is(rows, "status", Status.BLOCKED)),
        "made": done,
        "now": now,
    }
    grouped = pa.table({"day": rows["list_day"], "paper": rows["paper_key"], **facts}).group_by(["day", "paper"])
    found = grouped.aggregate([(name, "max" if name == "last" else "any") for name in facts])
    # As in frontispiece.archive.precedence: a picture, else a refusal, else a failure.
    archived = found["archived_any"]
    blocked = pc.and_not(found["blocked_any"], archived)
    few_now = pc.not_equal(pc.bit_wise_and(found["last_max"], _BIT), 0)
    return pa.table(
        {
            "day": found["day"],
            "listed": pc.is_valid(found["day"]),
            "wanted": pc.or_(archived, pc.invert(few_now)),
            "prompted": pc.or_(archived, found["prompted_any"]),
            "painted": pc.or_(archived, found["painted_any"]),
            "archived": archived,
            "failed": pc.and_not(found["failed_any"], pc.or_(archived, blocked)),
            "blocked": blocked,
            "stale": pc.and_not(found["made_any"], archived),
            "now": found["now_any"],
            "rank": pc.bit_wise_and(found["last_max"], _BIT - 1),
        }
    )


def _is(rows: pa.Table, name: str, value: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(rows[name], str(value)), False)


def _numbered(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.Array]:
    """The place of each value among the different ones, and those in order."""
    different = pc.unique(values)
    in_order = different.take(pc.sort_indices(different))
    return pc.index_in(values, in_order).cast(pa.int64()), in_order


def _of_day(days: pa.ChunkedArray, values: pa.ChunkedArray, wanted: pa.ChunkedArray) -> pa.ChunkedArray:
    """For each of the wanted days its value."""
    return values.take(pc.index_in(wanted, days.combine_chunks()))
