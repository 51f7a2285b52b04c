"""What a person does in Prefect's UI, done by a real browser: pick a day, run it, look at the pictures.

The screenshots in docs/ are made here, with SCREENSHOTS=docs.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.browsing import chromium, sync_api
from helpers.real_server import PATIENCE, RealServer, serve_beside, until

SCREENSHOTS = os.environ.get("SCREENSHOTS")

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


def test_a_person_picks_a_day_and_sees_its_pictures(served: RealServer, tmp_path: Path) -> None:
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path
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
        page.screenshot(path=folder / "ui-form.png")
        run = until(lambda: submitted(page, served, daily, before))
        page.goto(f"{served.url}/runs/flow-run/{run}")
        tab = page.locator(".p-tab, [role=tab]").get_by_text("Artifacts").first
        shown(page, tab)
        assert served.wait(run, "Completed")["parameters"]["day"] == "2024-10-31"
        page.reload()
        shown(page, page.get_by_text("Completed", exact=True).first)
        tab.click()
        shown(page, page.get_by_text("pictures", exact=True).first)  # the open tab stands in the address
        page.screenshot(path=folder / "ui-run.png")
        page.goto(f"{served.url}/artifacts/artifact/{served.artifacts(run)['pictures']['id']}")
        thumbnails = page.locator('img[src^="data:image/jpeg"]')
        shown(page, thumbnails.nth(8))
        assert thumbnails.evaluate_all("all => all.filter(one => one.naturalWidth > 100).length") == 9
        links = page.locator('a[href^="https://arxiv.org/abs/"]')
        assert links.count() == 9
        page.screenshot(path=folder / "ui-pictures.png")
