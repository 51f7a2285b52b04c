"""Killed hard three times on the way, a backfill buys nothing twice; `make chaos` plays it with 600 papers."""

from pathlib import Path

import pytest
from helpers.real_server import RealServer
from killed_backfill import play

DAYS, PAPERS, KILLS = 4, 5, 3
pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_killed_three_times_it_buys_each_prompt_and_picture_once(tmp_path: Path, real_server: RealServer) -> None:
    real_server.clear()
    killed = play(tmp_path, real_server, DAYS, PAPERS, KILLS)
    assert [each["data"].count("2024-10-0") >= DAYS for each in killed.calendars] == [True] * (KILLS + 1)
    assert (killed.code, killed.rounds) == (0, KILLS + 1), (tmp_path / "log.txt").read_text()
    assert (killed.prompts, killed.pictures) == (DAYS * PAPERS, DAYS * PAPERS)
    assert (killed.papers_twice, killed.days_done) == ((), DAYS)
    assert killed.said.agree_with(killed.dollars), (killed.said, killed.dollars)
    assert killed.said.dollars == pytest.approx(killed.dollars, abs=1e-6), "all was delivered in the end"
