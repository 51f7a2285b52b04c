"""What a person does in Prefect's UI, done by a real browser: pick a day, run it, look at the pictures.

The screenshots in docs/ are made here, with SCREENSHOTS=docs.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from helpers.browsing import chromium, sync_api
from helpers.real_server import PATIENCE, RealServer, serve_beside, until

SCREENSHOTS = os.environ.get("SCREENSHOTS") and Path(os.environ["SCREENSHOTS"]).absolute()

pytestmark = pytest.mark.browser


@pytest.fixture
def served(real_server: RealServer, tmp_path: Path) -> Iterator[RealServer]:
    """`frontispiece serve` beside the server that all tests share."""
    with serve_beside(real_server, tmp_path, FRONTISPIECE_ARCHIVE=str(tmp_path / "archive")):
        yield real_server


def asked_for(server: RealServer, deployment: str) -> set[str]:
    """The runs of this deployment for the day that people have asked for; in other tests, too."""
    runs = server.ask("/flow_runs/filter", {"deployments": {"id": {"any_": [deployment]}}})
    return {run["id"] for run in runs if run["parameters"].get("day") == "2024-10-31"}


def submitted(page: "sync_api.Page", server: RealServer, deployment: str, before: set[str]) -> str | None:
    """The run that Submit asks for; pressed again where the page drew itself anew under the finger and lost it."""
    button = page.get_by_role("button", name="Submit")
    with (
        contextlib.suppress(sync_api.TimeoutError),
        page.expect_response(lambda answer: answer.url.endswith("/create_flow_run"), timeout=10_000),
    ):
        button.click()
    return next(iter(asked_for(server, deployment) - before), None)  # its answer may only be late


def shown(page: "sync_api.Page", what: "sync_api.Locator") -> None:
    """Wait until it can be seen; a page whose question the server was too busy to answer never asks again."""

    def look() -> bool:
        try:
            what.wait_for(timeout=20_000)
        except sync_api.TimeoutError:
            page.reload()
            return False
        return True

    until(look)


def keep(page: "sync_api.Page", name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(path=SCREENSHOTS / name)


def test_a_person_picks_a_day_and_sees_its_pictures(served: RealServer) -> None:
    daily = served.deployment("daily/daily")["id"]
    before = asked_for(served, daily)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{served.url}/deployments/deployment/{daily}/run")
        page.get_by_text("Select date").click()
        calendar = page.locator(".p-calendar")
        calendar.wait_for()
        while calendar.locator(".p-calendar-header__title").inner_text().split() != ["October", "2024"]:
            calendar.locator(".p-calendar-header__arrow").first.click()
        calendar.locator(".p-calendar-date-picker__date--in-month", has_text="31").click()
        page.get_by_role("button", name="Apply").click()
        page.get_by_text("Oct 31st, 2024").wait_for()
        keep(page, "ui-form.png")
        run = until(lambda: submitted(page, served, daily, before))
        page.goto("about:blank")  # the graph of a run that goes on is drawn again and again
        assert served.wait(run, "Completed")["parameters"]["day"] == "2024-10-31"
        page.goto(f"{served.url}/runs/flow-run/{run}")
        shown(page, page.get_by_text("Completed", exact=True).first)
        page.locator(".p-tab, [role=tab]").get_by_text("Artifacts").first.click()
        shown(page, page.get_by_text("pictures", exact=True).first)  # the open tab stands in the address
        keep(page, "ui-run.png")
        page.goto(f"{served.url}/artifacts/artifact/{served.artifacts(run)['pictures']['id']}")
        thumbnails = page.locator('img[src^="data:image/jpeg"]')
        shown(page, thumbnails.nth(8))
        drawn = "all => all.filter(one => one.naturalWidth === 96 && one.width === 96).length"
        until(lambda: thumbnails.evaluate_all(drawn) == 9)
        boxes = thumbnails.evaluate_all("all => all.map(one => one.getBoundingClientRect().y)")
        assert len(set(boxes)) == 2, "side by side"
        links = page.locator('a[href^="https://arxiv.org/abs/"]')
        assert links.count() == 2 * 9
        keep(page, "ui-pictures.png")
        see_the_calendar(page, served)
        see_forms_refuse(page, served)


def see_the_calendar(page: "sync_api.Page", served: RealServer) -> None:
    """From any deployment to the standing calendar; from its days to their runs, and to forms filled in."""
    shown_days = "2024-10-28..2024-10-30"
    run = served.start("backfill/backfill", days=shown_days, min_upvotes=0)
    served.wait(run, "Completed")
    page.goto(f"{served.url}/runs/flow-run/{run}")
    shown(page, page.locator("canvas").first)
    shown(page, page.get_by_text("2024-10-28: 4 pictures, free").first)
    keep(page, "ui-backfill.png")
    assert {each["parameters"]["day"] for each in children(served, run)} == {f"2024-10-{day}" for day in (28, 29, 30)}
    served.wait(served.start("upkeep/upkeep"), "Completed")
    page.goto(f"{served.url}/deployments/deployment/{served.deployment('daily/daily')['id']}?tab=Description")
    shown(page, page.get_by_role("link", name="How the days stand"))
    page = opened(page, page.get_by_role("link", name="How the days stand"))
    newest = page.locator('a[href*="/artifacts/artifact/"]').first
    shown(page, newest)
    newest.click()
    never_run = page.get_by_role("link", name="never run").nth(1)
    shown(page, never_run)
    keep(page, "ui-calendar.png")
    page = opened(page, never_run)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    shown(page, page.get_by_text(f"{yesterday:%b} {yesterday.day}"))


def see_forms_refuse(page: "sync_api.Page", served: RealServer) -> None:
    """What cannot be is said in the form, by its field, and no run is made of it."""
    forms = {name: served.deployment(f"{name}/{name}")["id"] for name in ("daily", "backfill")}
    page.goto(f"{served.url}/deployments/deployment/{forms['backfill']}/run")
    page.locator("textarea").first.fill("2024-02-30..2024-02-31")
    page.get_by_role("button", name="Submit").click()
    words = "days until .*, such as 2024-10-01..2024-10-31, 2024-10, last 30 days"
    page.get_by_text(re.compile(rf"'2024-02-30\.\.2024-02-31' is not one of \['{words}")).first.wait_for()
    filled = quote(json.dumps({"day": "2999-01-01"}))
    page.goto(f"{served.url}/deployments/deployment/{forms['daily']}/run?parameters={filled}")
    page.get_by_text("Jan 1st, 2999").wait_for()
    page.get_by_role("button", name="Submit").click()
    page.get_by_text(
        re.compile(r"field 'day'.*a day of the calendar until .* \(UTC\), such as 2024-10-31")
    ).first.wait_for()
    runs = served.ask("/flow_runs/filter", {"deployments": {"id": {"any_": list(forms.values())}}})
    asked = {str(run["parameters"].get(name)) for run in runs for name in ("day", "days")}
    assert not {"2024-02-30..2024-02-31", "2999-01-01"} & asked


def opened(page: "sync_api.Page", link: "sync_api.Locator") -> "sync_api.Page":
    """The page of a link that stands in markdown: Prefect opens it beside."""
    with page.expect_popup() as beside:
        link.click()
    return beside.value


def children(served: RealServer, run: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.ask(
        "/flow_runs/filter", {"flow_runs": {"parent_flow_run_id": {"any_": [run]}}}
    )
    return found
