"""Command lines and the requests they make; what the help says of them; and that the forms refuse the same."""

import asyncio
import math
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import pytest
from cyclopts import App, Parameter
from prefect import Flow

from deployments.cli import main
from deployments.cli.app import COMMANDS
from deployments.cli.options import Verbose, asks
from flows.backfill import backfill, backfill_day
from flows.daily import daily
from flows.illustrate import illustrate_day, illustrate_papers
from frontispiece.registry import SourceName
from frontispiece.request import (
    BackfillDayRequest,
    BackfillRequest,
    DailyRequest,
    DayRequest,
    PapersRequest,
    Request,
    StatusRequest,
)
from frontispiece.version import VERSION

TODAY = datetime.now(UTC).date()
DAY = date(2024, 10, 31)


def request_of(kind: type[Request], *tokens: str) -> Request:
    made: list[Request] = []

    @asks(kind)
    def command(request: Request, *, verbose: Verbose = False) -> int:
        made.append(request)
        return 0

    app = App(default_parameter=Parameter(negative=()), result_action="return_value")
    app.command(command, name="ask")
    app(["ask", *tokens], print_error=False, exit_on_error=False)
    return made[0]


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        pytest.param("", DayRequest(), id="the newest day"),
        pytest.param("2024-10-31", DayRequest(DAY), id="a day"),
        pytest.param("--verbose 2024-10-31 --refresh", DayRequest(DAY, refresh=True), id="flags around it"),
        pytest.param("yesterday -v", DayRequest(TODAY - timedelta(days=1)), id="yesterday"),
        pytest.param("today --limit 0", DayRequest(TODAY, limit=0), id="nothing of today"),
        pytest.param("--categories cs.AI,cs.CL", DayRequest(categories=("cs.AI", "cs.CL")), id="by commas"),
        pytest.param("--categories=cs.AI 2024-10-31", DayRequest(DAY, categories=("cs.AI",)), id="one category"),
        pytest.param(
            "--source arxiv-oai --writer openai --painter fal --style fenced --min-upvotes 3 --max-usd 0.5",
            DayRequest(source="arxiv-oai", writer="openai", painter="fal", style="fenced", min_upvotes=3, max_usd=0.5),
            id="a recipe",
        ),
        pytest.param("2410.24175", PapersRequest(("2410.24175",)), id="a paper"),
        pytest.param(
            "--painter lineart 2410.24175 https://arxiv.org/abs/2410.23743v2 --max-usd 1",
            PapersRequest(("2410.24175", "https://arxiv.org/abs/2410.23743v2"), painter="lineart", max_usd=1),
            id="papers",
        ),
        pytest.param("last 30 days", BackfillRequest("last 30 days"), id="words"),
        pytest.param(
            "2024-10-01..yesterday --only failed --order oldest --days-at-once 3 --papers-at-once 4 --limit 5",
            BackfillRequest(
                "2024-10-01..yesterday", only="failed", order="oldest", days_at_once=3, papers_at_once=4, limit=5
            ),
            id="a stretch",
        ),
        pytest.param(
            "2024-10 --batch --batch-hours 0 --allow-unknown-price --dry-run --yes --refresh",
            BackfillRequest(
                "2024-10", batch=True, batch_hours=0, allow_unknown_price=True, dry_run=True, yes=True, refresh=True
            ),
            id="every flag",
        ),
        pytest.param("", StatusRequest(), id="the last thirty days"),
        pytest.param("2024-10 --source arxiv", StatusRequest("2024-10", source="arxiv"), id="a month"),
    ],
)
def test_a_command_line_is_a_request(line: str, request_: Request) -> None:
    assert request_of(type(request_), *line.split()) == request_


@pytest.mark.parametrize(
    ("flow", "bad", "line"),
    [
        pytest.param(illustrate_day, {"limit": -1}, ["run", "--limit", "-1"], id="limit"),
        pytest.param(illustrate_day, {"limit": "1.5"}, ["run", "--limit", "1.5"], id="half a paper"),
        pytest.param(illustrate_day, {"limit": "few"}, ["run", "--limit", "few"], id="no number"),
        pytest.param(illustrate_day, {"max_usd": 0.0}, ["run", "--max-usd", "0"], id="money"),
        pytest.param(
            illustrate_papers, {"ids": ["1"], "max_usd": -1.0}, ["paper", "1", "--max-usd", "-1"], id="money for papers"
        ),
        pytest.param(illustrate_day, {"max_usd": math.inf}, ["run", "--max-usd", "inf"], id="all money"),
        pytest.param(illustrate_day, {"day": date(1, 1, 1)}, ["run", "0001-01-01"], id="a day before all papers"),
        pytest.param(
            daily,
            {"day": date(2023, 5, 3), "source": "huggingface"},
            ["run", "2023-05-03", "--source", "huggingface"],
            id="a day before the source begins",
        ),
        pytest.param(daily, {"day": date(2999, 1, 1)}, ["run", "2999-01-01"], id="a day to come"),
        pytest.param(
            backfill_day, {"day": date(1991, 8, 13)}, ["backfill", "1991-08-13"], id="one day of a backfill, too old"
        ),
        pytest.param(
            illustrate_day,
            {"categories": ["foo", "bar"]},
            ["run", "--categories", "foo,bar"],
            id="categories that arXiv does not have",
        ),
        pytest.param(
            backfill, {"days": "2024-10", "categories": []}, ["backfill", "2024-10", "--categories", ""], id="none"
        ),
        pytest.param(daily, {"min_upvotes": 3}, ["run", "--min-upvotes", "3"], id="votes of papers that have none"),
        pytest.param(
            backfill,
            {"days": "2024-10", "batch_hours": 2.0},
            ["backfill", "2024-10", "--batch-hours", "2"],
            id="to wait for no batch",
        ),
        pytest.param(
            backfill,
            {"days": "2024-10", "only": "failed", "refresh": True},
            ["backfill", "2024-10", "--only", "failed", "--refresh"],
            id="some papers and all of them",
        ),
        pytest.param(daily, {"min_upvotes": -2}, ["run", "--min-upvotes", "-2"], id="votes"),
        *(
            pytest.param(
                backfill,
                {"days": "2024-10", name: value},
                ["backfill", "2024-10", f"--{name.replace('_', '-')}", str(value)],
                id=f"{name} {value}",
            )
            for name, value in (
                ("days_at_once", 0),
                ("days_at_once", 9),
                ("papers_at_once", 65),
                ("batch_hours", 48.5),
                ("limit", -1),
            )
        ),
        pytest.param(
            backfill,
            {"days": "2024-10-31..2024-10-01"},
            ["backfill", "2024-10-31..2024-10-01"],
            id="the wrong way round",
        ),
        pytest.param(backfill, {"days": "2024-13"}, ["backfill", "2024-13"], id="no range"),
        pytest.param(
            backfill,
            {"days": "2000..2023", "source": "arxiv"},
            ["backfill", "2000..2023", "--source", "arxiv"],
            id="more than ten years",
        ),
    ],
)
def test_flow_and_command_line_refuse_the_same_in_the_same_words(
    flow: Flow[..., Any], bad: dict[str, Any], line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """But for the name of what is wrong: each gives it as it was given."""
    refused = asyncio.run(flow.fn(**bad))
    assert (refused.is_failed(), refused.name) == (True, "Refused")  # which raises no alarm
    assert main(line) == 2
    said = re.sub("`days?`", "days" if line[0] == "backfill" else "day", refused.message)  # given by place
    for name in bad.keys() - {"day", "days", "ids"}:
        said = re.sub(rf"^{name}\b", f"--{name.replace('_', '-')}", said)
    said = re.sub(r"`(\w+)`", lambda found: f"--{found[1].replace('_', '-')}", said)
    assert capsys.readouterr().err == f"frontispiece: {said}\n"


@pytest.mark.parametrize(
    ("flow", "kind"),
    [
        pytest.param(illustrate_day, DayRequest, id="run"),
        pytest.param(illustrate_papers, PapersRequest, id="papers"),
        pytest.param(daily, DailyRequest, id="daily"),
        pytest.param(backfill, BackfillRequest, id="backfill"),
        pytest.param(backfill_day, BackfillDayRequest, id="backfill day"),
    ],
)
def test_the_form_is_made_from_the_request(flow: Flow[..., Any], kind: type[Request]) -> None:
    form = flow.parameters.properties
    assert list(form) == list(signature(kind).parameters)
    for name in ("limit", "min_upvotes"):
        if name in form:
            assert {"minimum": 0, "type": "integer"} in form[name]["anyOf"]
    assert all(field["description"].endswith(".") for field in form.values())


def help_of(*command: str, columns: int) -> str:
    """As a terminal of that width has it; within one process the first width stays."""
    asked = [sys.executable, "-m", "deployments.cli", *command, "--help"]
    return subprocess.run(
        asked, env={**os.environ, "COLUMNS": str(columns)}, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Usage: frontispiece {name}" in capsys.readouterr().out


def test_help_shows_choices_and_defaults() -> None:
    said = help_of("backfill", columns=400)
    assert "[choices: newest, oldest] [default: newest]" in said
    assert "[choices: missing, failed, stale, all] [default: missing]" in said
    sources = get_args(SourceName)
    assert {*sources} >= {"arxiv", "arxiv-oai", "huggingface", "snapshot"}
    assert f"[choices: {', '.join(sources)}]" in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == VERSION


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_options_and_choices(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "completion"
    assert main(["--install-completion", "--shell", shell, "--output", str(script)]) == 0
    for word in ("backfill", "max-usd", "huggingface"):
        assert word in script.read_text()
