"""What days have cost: every call on one day, whatever rows and runs tell of it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from helpers.mortal import Same
from helpers.papers import numbered
from helpers.stocked import DAY, failure, run

from frontispiece.archive.catalog import Catalog
from frontispiece.archive.folder import Entry
from frontispiece.archive.paid_calls import enter
from frontispiece.archive.paths import PAID_CALLS
from frontispiece.archive.spending import Spent, done_by_run, spent_by_day
from frontispiece.archive.store import Archive
from frontispiece.maintenance.compact import compact_closed_months
from frontispiece.models import CallState, Outcome, PaidCall

NEXT = DAY + timedelta(days=1)


def call(name: str, number: int, by: str, dollars: float | None, state: CallState = CallState.DELIVERED) -> PaidCall:
    at = datetime(2024, 10, 31, 5, tzinfo=UTC)
    told = {"call": name, "kind": "prompt", "paper_id": numbered(number).id, "run": by, "made_at": at, "attempt": name}
    return PaidCall(**told, state=state, dollars=dollars, entries=1)


def row(number: int, day: date, *calls: PaidCall) -> Outcome:
    return failure(number, day=day).model_copy(update={"purchases": calls, "bought": calls})


async def test_each_call_counts_on_one_day_of_one_source() -> None:
    archive = Archive.open("memory://")
    catalog = Catalog(archive)
    first, second, lost = (
        call("a", 1, "run-1", 0.5),
        call("b", 1, "run-2", 0.25, CallState.REFUSED),
        call("c", 2, "killed", None),
    )
    doubtful = call("d", 1, "run-2", 9.0, CallState.IN_DOUBT)
    await catalog.write(DAY, "run-1", [row(1, DAY, first), row(2, DAY)], run("run-1"))
    # The same paper on the next list, whose row tells of the calls of both runs.
    await catalog.write(NEXT, "run-2", [row(1, NEXT, first, second, doubtful)], run("run-2"))
    elsewhere = run("run-3").model_copy(update={"source": "huggingface"})
    await catalog.write(DAY, "run-3", [row(3, DAY, call("e", 3, "run-3", 2.0))], elsewhere)
    await enter(archive, [lost, first])
    assert await spent_by_day(Catalog(archive), "arxiv") == {
        DAY: Spent(dollars=0.5, unpriced=1),
        NEXT: Spent(dollars=0.25),
    }
    assert await spent_by_day(Catalog(archive), "huggingface") == {DAY: Spent(dollars=2.0)}
    done = await done_by_run(catalog, "run-2", NEXT)
    assert (done.pictures, done.failed, done.spent) == (0, 1, Spent(dollars=0.25, in_doubt=9.0))
    # What a backfill's run has ordered for the day counts, too.
    done = await done_by_run(catalog, "run-2", NEXT, for_it="run-1")
    assert done.spent == Spent(dollars=0.75, in_doubt=9.0)


class Compacting(Same):
    """An archive whose closed months are put together just when its catalog's files have been opened."""

    times = 0

    async def list(self, prefix: str) -> list[Entry]:
        if prefix == PAID_CALLS and self.times:
            self.times -= 1
            await compact_closed_months(self, date(2025, 1, 1))
        return await super().list(prefix)


async def test_files_that_go_while_they_are_read_are_read_again(tmp_path: Path) -> None:
    archive = Compacting(Archive.open(str(tmp_path)))
    for number, day in ((1, DAY), (2, DAY - timedelta(days=1))):
        name = f"run-{number}"
        await Catalog(archive).write(day, name, [row(number, day, call(name, number, name, 0.5))], run(name))
    archive.times = 1
    assert sum(each.dollars for each in (await spent_by_day(Catalog(archive), "arxiv")).values()) == 1.0
    assert archive.times == 0


@pytest.mark.parametrize(
    ("spent", "words"),
    [
        pytest.param(Spent(), "", id="nothing"),
        pytest.param(Spent(dollars=0.026189249999999997), "$0.0262", id="dollars"),
        pytest.param(Spent(dollars=0.5, unpriced=2), "$0.5000 and 2 calls of unknown price", id="not all is known"),
        pytest.param(Spent(dollars=0.5, in_doubt=0.03), "$0.5000 and $0.0300 in doubt", id="not all is certain"),
        pytest.param(Spent(in_doubt=None), "an unknown sum in doubt", id="nothing is certain"),
    ],
)
def test_money_is_printed_as_money(spent: Spent, words: str) -> None:
    assert spent.price == words
