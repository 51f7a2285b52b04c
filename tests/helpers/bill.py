"""What an archive says it has cost, wherever it says so."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from frontispiece.archive.query import STATS, open_records
from frontispiece.archive.store import Archive
from frontispiece.maintenance.enter import enter_paid_calls


@dataclass(frozen=True)
class Books:
    """What `stats` shows."""

    dollars: float
    refused: float
    unpriced: int
    in_doubt: float
    doubts: int
    named: tuple[str, ...]
    """The calls in doubt."""
    runs: dict[str, float]
    """What each run has paid."""

    def agree_with(self, billed: float) -> bool:
        """Whether the provider's bill is this to the cent, but for calls that are named as doubtful."""
        return self.dollars - 1e-6 <= billed <= self.dollars + self.in_doubt + 1e-6


async def books(place: Path | str) -> Books:
    """The sums of `stats`, which are those of all views."""
    async with open_records(Archive.open(str(place))) as records:
        assert records.problems == ()
        stats = records.ask(STATS)
        ((dollars, refused, unpriced, in_doubt, doubts),) = records.ask(
            "SELECT coalesce(sum(dollars) FILTER (state IN ('delivered', 'refused')), 0), "
            "coalesce(sum(dollars) FILTER (state = 'refused'), 0), "
            "count(*) FILTER (state IN ('delivered', 'refused') AND dollars IS NULL), "
            "coalesce(sum(dollars) FILTER (state = 'in doubt'), 0), count(*) FILTER (state = 'in doubt') FROM purchases"
        ).rows
        named = records.ask("SELECT kind || ' ' || paper_id FROM purchases WHERE state = 'in doubt' ORDER BY ALL").rows
        runs = records.ask("SELECT run, dollars, in_doubt, unpriced, doubts FROM runs").rows
        rows = records.ask("SELECT run, sum(dollars) FROM outcomes GROUP BY run").rows

    def sum_of(name: str) -> float:
        return sum(row[stats.columns.index(name)] for row in stats.rows)  # type: ignore[misc]

    shown = {"dollars": dollars, "refused": refused, "unpriced": unpriced, "in_doubt": in_doubt, "doubts": doubts}
    assert {name: sum_of(name) for name in shown} == pytest.approx(shown, abs=1e-5)
    by_run = {run: spent for run, spent, *_ in runs}
    assert [sum(column) for column in zip(*(each[1:] for each in runs), strict=True)] == pytest.approx(
        [dollars, in_doubt, unpriced, doubts] if runs else []
    )
    assert {run: by_run[run] for run, _ in rows} == pytest.approx(dict(rows)), "a run's rows say what it paid"
    return Books(**shown, named=tuple(name for (name,) in named), runs=by_run)  # type: ignore[arg-type]


async def books_after_upkeep(place: Path | str) -> Books:
    """The same, once the journal was asked for what no run has recorded."""
    await enter_paid_calls(Archive.open(str(place)))
    return await books(place)
