"""Killed hard on the way, a backfill buys nothing twice.

`make chaos` plays it with 600 papers, and `make scale-demo` with four workers on all that a team has.
"""

import asyncio
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.providers import Providers
from helpers.bill import books_after_upkeep
from helpers.real_server import RealServer, until
from helpers.team import Team, leaving_nothing
from killed_backfill import FIRST, play, snapshot
from scale_demo import pictures, prompts_delivered

from deployments.deploy import deploy
from frontispiece.settings import load_settings

DAYS, PAPERS, KILLS = 4, 5, 2
pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_killed_twice_it_buys_each_prompt_and_picture_once(tmp_path: Path, real_server: RealServer) -> None:
    real_server.clear()
    killed = play(tmp_path, real_server, DAYS, PAPERS, KILLS)
    assert [each["data"].count("2024-10-0") >= DAYS for each in killed.calendars] == [True] * (KILLS + 1)
    assert (killed.code, killed.rounds) == (0, KILLS + 1), (tmp_path / "log.txt").read_text()
    assert (killed.prompts, killed.pictures) == (DAYS * PAPERS, DAYS * PAPERS)
    assert (killed.papers_twice, killed.days_done) == ((), DAYS)
    assert killed.said.agree_with(killed.dollars), (killed.said, killed.dollars)
    assert killed.said.dollars == pytest.approx(killed.dollars, abs=1e-6), "all was delivered in the end"


PLACE = "s3://papers/archive"
LANES = 2
TAKEN_UP = 8  # papers that a process takes up at once: twice its lanes, for prompts and for pictures


def test_days_of_a_worker_that_is_killed_are_run_again_and_bought_once(
    tmp_path: Path, at_server: RealServer, fake: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers with homes of their own; one has the backfill, and the other one some of its days.

    A day is as much as a process takes up at once, and one more may wait: who is slower to start cannot lose its two.
    """
    at_server.clear()
    for name, value in fake.variables.items():
        monkeypatch.setenv(name, value)
    papers, waiting = DAYS * TAKEN_UP, 2 * TAKEN_UP
    days = f"{FIRST}..{FIRST + timedelta(DAYS - 1)}"
    chosen = {"archive": PLACE, "source": "snapshot", "snapshot": snapshot(tmp_path / "papers.jsonl", DAYS, TAKEN_UP)}
    asyncio.run(deploy(load_settings(**chosen), reset=True))
    fake.fal.latency = math.inf
    team = Team(tmp_path)
    team.ports["api:4200"] = int(at_server.url.rpartition(":")[2])
    for name, value in team.bucket.items():
        monkeypatch.setenv(name, value)
    with leaving_nothing(team):
        team.start_bucket()
        at_once = {f"FRONTISPIECE_{what}_AT_ONCE": str(LANES) for what in ("PROMPTS", "PAINTINGS")}
        for queue in ("backfill", "days"):
            team.start_service("worker", queue, "--work-queue", queue, **fake.variables, **at_once)
        until(lambda: len(team.workers()) == 2)
        run = at_server.start("backfill/backfill", days=days)
        until(lambda: fake.paid == (waiting, 2 * LANES))  # each has as much on the way as its machine says
        until(lambda: asyncio.run(prompts_delivered(PLACE)) == waiting)
        (bundle,) = children(at_server, "backfill days", run)
        until(lambda: len(children(at_server, "backfill day", bundle["id"])) == DAYS // 2)
        team.kill("days")
        for job in fake.fal.orders.values():
            job.due = 0.0
        fake.fal.latency = 0.0
        lost = {each["parameters"]["day"] for each in children(at_server, "backfill day", bundle["id"])}
        # As the server does of itself when it has heard nothing of a run for a minute.
        at_server.ask(f"/flow_runs/{bundle['id']}/set_state", {"state": {"type": "CRASHED"}, "force": True})
        done = at_server.wait(run, "Completed")
        assert done["state"]["message"].startswith(f"{DAYS} of {DAYS} days run, ")
        crashed = children(at_server, "backfill day", bundle["id"])
        assert {(each["parameters"]["day"], each["state_name"]) for each in crashed} == {
            (day, "Crashed") for day in lost
        }
        assert len(lost) == DAYS // 2
        assert len(pictures(PLACE)) == papers
        said = asyncio.run(books_after_upkeep(PLACE))
    assert fake.paid == (papers, papers)
    assert said.agree_with(fake.dollars), (said, fake.dollars)


def children(server: RealServer, flow: str, parent: str) -> list[dict[str, Any]]:
    """Runs of this flow that another run has started."""
    asked = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"parent_flow_run_id": {"any_": [parent]}}}
    found: list[dict[str, Any]] = server.ask("/flow_runs/filter", asked)
    return found
