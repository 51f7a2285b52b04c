"""The day a run is about, and the days that its schedule has missed."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from helpers.real_server import RealServer
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import CreatedBy, FlowRun
from prefect.states import Completed, Scheduled

from deployments.deploy import deploy
from flows.schedule import days_before, days_missed, is_of_same_round, logical_day, zone_of
from frontispiece.settings import load_settings


def test_days_are_looked_at_the_newest_first() -> None:
    assert days_before(date(2024, 11, 1), 2) == (date(2024, 11, 1), date(2024, 10, 31), date(2024, 10, 30))


@pytest.mark.parametrize(
    ("scheduled", "zone", "day"),
    [
        pytest.param("2024-11-02T00:30:00+00:00", "America/New_York", date(2024, 11, 1), id="evening in New York"),
        pytest.param("2024-11-01T22:00:00+00:00", "Asia/Tokyo", date(2024, 11, 2), id="morning in Tokyo"),
        pytest.param("2024-11-03T05:30:00+00:00", "America/New_York", date(2024, 11, 3), id="when clocks change"),
    ],
)
def test_a_late_run_has_the_day_it_was_scheduled_for(scheduled: str, zone: str, day: date) -> None:
    assert logical_day(datetime.fromisoformat(scheduled), zone) == day


def run_of(schedule: UUID | None, **parameters: object) -> FlowRun:
    made = CreatedBy(id=schedule, type="SCHEDULE") if schedule else None
    return FlowRun(flow_id=uuid4(), created_by=made, parameters=parameters)


EVENING, MORNING = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("earlier", "same"),
    [
        pytest.param(run_of(EVENING, source="arxiv"), True, id="of the schedule"),
        pytest.param(run_of(EVENING, source="huggingface"), True, id="of the schedule, as it was before"),
        pytest.param(run_of(MORNING, source="arxiv", painter="fal"), False, id="of another schedule"),
        pytest.param(run_of(MORNING, source="arxiv", limit=None), True, id="of another schedule, the same"),
        pytest.param(run_of(None, source="arxiv", max_usd=3.0), True, id="by hand, the same"),
        pytest.param(run_of(None, source="arxiv", day="2024-10-31"), False, id="by hand, of a day"),
        pytest.param(run_of(None, source="arxiv", limit=3), False, id="by hand, with a limit"),
        pytest.param(run_of(None, source="huggingface"), False, id="by hand, of another source"),
        pytest.param(run_of(None, source="arxiv", days_back=0), False, id="by hand, without looking back"),
    ],
)
def test_what_a_run_has_done_for_the_schedule(earlier: FlowRun, same: bool) -> None:
    assert is_of_same_round(earlier, run_of(EVENING, source="arxiv")) is same


async def test_days_are_missed_by_a_schedule_and_its_zone_counts(at_server: RealServer) -> None:
    await deploy(load_settings(), reset=True)
    daily = at_server.deployment("daily/daily")
    path = f"/deployments/{daily['id']}"
    at_server.ask(f"{path}/schedules", [{"schedule": {"cron": "0 7 * * *", "timezone": "Asia/Tokyo"}}])
    window = {"start_time": "2024-10-18T12:00:00Z", "end_time": "2024-10-31T12:00:00Z", "min_runs": 20}
    at_server.ask(f"{path}/schedule", window)
    wanted = {"deployments": {"id": {"any_": [daily["id"]]}}, "sort": "EXPECTED_START_TIME_ASC"}
    async with get_client() as client:
        runs = [await client.read_flow_run(each["id"]) for each in at_server.ask("/flow_runs/filter", wanted)]
        evenings = [run for run in runs if run.created_by and run.created_by.display_value == "daily"][:13]
        mornings = [run for run in runs if run.created_by and run.created_by.display_value != "daily"][:13]
        last = evenings[-1]
        assert last.expected_start_time == datetime(2024, 10, 31, 0, 30, tzinfo=UTC)
        assert await zone_of(last, client, "UTC") == "America/New_York"
        assert await zone_of(mornings[-1], client, "UTC") == "Asia/Tokyo"
        by_hand = await client.create_flow_run_from_deployment(daily["id"], parameters={"day": "2024-10-20"})
        assert await zone_of(by_hand, client, "UTC") == "UTC"

        today = logical_day(last.expected_start_time, "America/New_York")
        assert await days_missed(last, today, "America/New_York", client) == 0
        # Twelve evenings ago it ran. Since then somebody ran an old day by hand; and one evening the money ran out.
        await client.set_flow_run_state(evenings[0].id, Completed(), force=True)
        late = await client.create_flow_run_from_deployment(
            daily["id"],
            parameters={"day": "2024-10-20"},
            state=Scheduled(scheduled_time=datetime(2024, 10, 27, tzinfo=UTC)),
        )
        await client.set_flow_run_state(late.id, Completed(), force=True)
        await client.set_flow_run_state(evenings[-2].id, Completed(name="Budget reached"), force=True)
        assert await days_missed(last, today, "America/New_York", client) == 12
    at_server.ask(path, method="DELETE")
