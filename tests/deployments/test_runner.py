"""What the process below `serve` does at midnight."""

from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from uuid import uuid4

import pytest
from helpers.real_server import RealServer, free_port
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from deployments.deploy import build_all
from deployments.runner import renew_forms, seconds_to_midnight
from frontispiece.settings import load_settings

LATER = {"scheduled_time": "2040-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        pytest.param("2024-10-31T00:00:30", 24 * 3600, id="just renewed"),
        pytest.param("2024-12-31T23:59:30", 60, id="the year ends"),
        pytest.param("2024-02-28T12:00:00", 12 * 3600 + 30, id="noon"),
    ],
)
def test_forms_are_renewed_after_midnight(now: str, seconds: float) -> None:
    assert seconds_to_midnight(datetime.fromisoformat(now).replace(tzinfo=UTC)) == seconds


async def test_a_form_takes_the_new_day_and_keeps_what_people_changed(at_server: RealServer) -> None:
    settings = load_settings()
    today = datetime.now(UTC).date()
    registered = build_all(settings, today - timedelta(days=1), reset=True)
    ids = [await each.aapply() for each in registered]
    daily = at_server.deployment("daily/daily")
    path = f"/deployments/{daily['id']}"
    at_server.ask(path, {"parameters": {**daily["parameters"], "limit": 3}}, "PATCH")
    asked = {"parameters": {"day": str(today)}, "state": {"type": "SCHEDULED", "state_details": LATER}}
    with pytest.raises(HTTPError) as refused:
        at_server.ask(f"{path}/create_flow_run", asked)
    assert f"a day of the calendar until {today - timedelta(days=1)} (UTC)" in refused.value.read().decode()

    await renew_forms(ids, settings)
    run = at_server.ask(f"{path}/create_flow_run", asked)
    assert run["parameters"]["limit"] == 3
    tomorrow = {**asked, "parameters": {"day": str(today + timedelta(days=2))}}
    with pytest.raises(HTTPError):
        at_server.ask(f"{path}/create_flow_run", tomorrow)
    at_server.ask(path, method="DELETE")


async def test_a_server_that_is_away_at_midnight_is_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings()
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        await renew_forms([uuid4() for _ in build_all(settings)], settings)
    assert capsys.readouterr().out.startswith(
        "The forms still end with yesterday: Prefect's server at http://127.0.0.1"
    )
