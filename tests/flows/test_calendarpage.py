"""The calendar's page: each day leads to its run, or to a form filled in for it."""

import json
import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_UI_URL, temporary_settings
from prefect.states import Completed, Running

from flows.calendarpage import CalendarPage, Forms
from frontispiece.archive.calendar import Day, Mark
from frontispiece.archive.spending import Spent

FIRST = date(2024, 10, 1)
RUN, DAILY, BACKFILL = uuid4(), uuid4(), uuid4()
FORMS = Forms({"day": DAILY, "days": BACKFILL}, {"source": "arxiv"})


def days(count: int, mark: Mark = Mark.PARTIAL) -> list[Day]:
    return [Day(day=FIRST + timedelta(days=n), mark=mark, listed=2, archived=1, run=str(RUN)) for n in range(count)]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def rows(page: CalendarPage, first_row: date | None = None) -> list[list[str]]:
    with temporary_settings({PREFECT_UI_URL: "http://here"}):
        return [cells(row) for row in page.markdown(first_row).splitlines()[2:]]


def test_a_day_leads_to_its_run_and_one_that_needs_work_to_its_form() -> None:
    (row,) = rows(CalendarPage(days(1), {FIRST: Spent(dollars=0.0123)}, FORMS))
    assert row[0] == f"[2024-10-01](/runs/flow-run/{RUN})"
    found = re.fullmatch(r"\[◐ partial\]\((.*)\)", row[1])
    assert found
    address = urlsplit(found[1])
    assert address.path == f"/deployments/deployment/{DAILY}/run"
    assert json.loads(parse_qs(address.query)["parameters"][0]) == {"day": "2024-10-01", "source": "arxiv"}
    assert row[2:5] == ["1", "$0.0123", "2"]


@pytest.mark.parametrize(
    ("mark", "state", "forms", "shown"),
    [
        pytest.param(Mark.DONE, None, FORMS, "✓ done", id="nothing to do"),
        pytest.param(Mark.EMPTY, None, FORMS, "– empty", id="nothing there"),
        pytest.param(Mark.NEVER_RUN, Running(), FORMS, "▸ under way", id="under way"),
        pytest.param(Mark.FAILED, Completed(), Forms({}), "✗ failed", id="nobody has deployed a form"),
    ],
)
def test_other_days_lead_to_no_form(mark: Mark, state: object, forms: Forms, shown: str) -> None:
    newer = FlowRun.model_validate({"id": uuid4(), "flow_id": uuid4(), "state": state})
    page = CalendarPage(days(1, mark), {}, forms, {FIRST: newer} if state else {})
    ((day, shown_mark, *_),) = rows(page)
    assert shown_mark == shown
    assert str(newer.id if state else RUN) in day


def test_earlier_months_have_a_row_each() -> None:
    page = CalendarPage(days(70), {FIRST: Spent(dollars=0.5), FIRST + timedelta(days=1): Spent(dollars=1)}, FORMS)
    *recent, november, october = rows(page, date(2024, 12, 1))
    assert [row[0][1:11] for row in recent] == [f"2024-12-{n:02}" for n in range(9, 0, -1)]
    assert [november[0], *november[2:5]] == ["2024-11", "30", "", "60"]
    assert [october[0], *october[2:5]] == ["2024-10", "31", "$1.5000", "62"]
    assert "[31 partial]" in october[1]
    assert "2024-10-01..2024-10-31" in october[1]
    assert page.headline == "70 days: 70 partial · 70 pictures · $1.5000"
