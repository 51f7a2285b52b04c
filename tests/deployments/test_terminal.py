"""What reaches a terminal: nobody's title, prompt or error moves its cursor, sets its title or is taken for markup."""

import io
import logging
from datetime import date, datetime

import pytest
from prefect.settings import PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW, temporary_settings
from rich.console import Console

from deployments.cli.backfill_terminal import print_plan
from deployments.cli.calendar import print_calendar
from deployments.cli.markup import plain
from deployments.cli.query import print_table
from deployments.cli.run_terminal import RunStage, print_summary
from deployments.cli.terminal import LogLines, Stage
from frontispiece.archive.calendar import Day, Mark
from frontispiece.archive.query import Answer
from frontispiece.purchases.estimate import Estimate
from frontispiece.purchases.plan import DayPlan, Plan
from frontispiece.report import Report, sum_up

HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]not red[/] :warning: \u202eback \x9b31m"
READABLE = "[2J ]0;owned [red]not red[/] :warning:  back  31m"


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def console(request: pytest.FixtureRequest) -> Console:
    """One that writes where it can be read."""
    return Console(file=io.StringIO(), force_terminal=request.param, color_system=None, width=200)


def written(console: Console) -> str:
    """What has been written so far."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def logged(lines: logging.Handler) -> None:
    """What a run logs of an answer, and of an error of which nobody has thought."""
    logger = logging.getLogger("prefect.task_runs")
    logger.addHandler(lines)
    error = RuntimeError(f"{HOSTILE}\n[24.12.2024 00:00] Forged.")
    with temporary_settings({PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore"}):  # there is no run
        logger.error("Response: %s\n[24.12.2024 00:00] Forged.", HOSTILE, exc_info=error)
    logger.removeHandler(lines)


def test_a_line_of_the_log_is_harmless(console: Console) -> None:
    logged(LogLines(Stage(told=console), verbose=True))
    first, second = written(console).splitlines()
    assert first.endswith(f"Response:  {READABLE}")
    assert second == "    [24.12.2024 00:00] Forged."
    assert first.isprintable()


def test_whoever_else_takes_the_log_gets_the_same() -> None:
    """Prefect's console below `serve`, and its server, whose database may be PostgreSQL: it takes no NUL."""
    file = io.StringIO()
    logged(logging.StreamHandler(file))
    first, *others = file.getvalue().splitlines()
    assert first == f"Response:  {READABLE}"
    assert all(line.isprintable() and line.startswith("    ") for line in others[:1] + others[-1:])
    assert others[-1] == "    [24.12.2024 00:00] Forged."
    assert f"RuntimeError:  {READABLE}" in file.getvalue()


def test_a_summary_is_harmless(console: Console) -> None:
    told = {**sum_up([]), "papers": 1, "failures": (HOSTILE,), "archive": HOSTILE}
    print_summary(
        console, Report.model_validate({**told, "days": (), "source": "sample", "seconds": 1.0, "catalog": ()})
    )
    text = written(console)
    assert text.count(READABLE) == 2
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize(
    ("dollars", "said"),
    [
        pytest.param(0.003, "$0.0030 at most", id="known"),
        pytest.param(None, "price unknown", id="unknown"),
        pytest.param(0.0, "free", id="free"),
    ],
)
def test_what_calls_in_doubt_cost_is_said_as_it_is_known(console: Console, dollars: float | None, said: str) -> None:
    told = {**sum_up([]), "papers": 1, "doubts": ("prompt 2410.00001",), "in_doubt": dollars, "archive": "here"}
    print_summary(
        console, Report.model_validate({**told, "days": (), "source": "sample", "seconds": 1.0, "catalog": ()})
    )
    assert f"in doubt  {said}, perhaps on the bill: prompt 2410.00001" in written(console)


def test_a_table_is_harmless(console: Console) -> None:
    print_table(console, Answer((HOSTILE,), [(HOSTILE,)]))
    assert written(console).count(READABLE) == 2


STATS = {
    "month": "2024-10",
    "papers": 1_234,
    "pictures": 1_230,
    "failures": "ProviderBroken 17, RateLimited 6, NotAccepted 1",
    **{"dollars": 2.824317, "refused": 0.016, "unpriced": 0, "in_doubt": 0.009, "doubts": 3},
    **{"p50_seconds": 2.826, "p95_seconds": 12.061, "cache_hits": 40, "alike": 0},
}


@pytest.mark.parametrize("columns", [13, 6, 2])
@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_name_and_no_value_of_a_table_is_broken(width: int, columns: int) -> None:
    names = tuple(STATS)[:columns]
    row = tuple(STATS[name] for name in names)
    shown = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    print_table(shown, Answer(names, [row, row]))
    text = written(shown)
    assert max(map(len, text.splitlines())) <= width
    words = text.split()
    assert [word for value in names for word in value.split() if word not in words] == []
    assert [word for value in row for word in str(value).split() if words.count(word) < 2] == []
    first = text.splitlines()[0].split()
    assert first == (list(names) if columns < 13 or width == 200 else ["month", "2024-10"])


def test_a_word_that_no_line_can_hold_is_the_only_one_that_is_broken() -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    print_table(shown, Answer(("digest", "title"), [("0" * 128, "two words"), ("1", "three")]))
    assert written(shown).count("0") == 128
    assert "two words" in written(shown)
    none = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    print_table(none, Answer(tuple(STATS), []))
    assert written(none).replace(",", "").split() == list(STATS)


def test_markup_of_others_is_text(console: Console) -> None:
    console.print(plain(HOSTILE))
    assert READABLE in written(console)


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        pytest.param(120, "listed prompted painted archived failed blocked stale left", id="wide"),
        pytest.param(80, "listed archived failed blocked stale left", id="narrow"),
        pytest.param(55, "archived failed", id="half a window"),
    ],
)
def test_plan_and_calendar_say_the_same_of_a_day(width: int, columns: str) -> None:
    counts = {"listed": 9, "prompted": 7, "painted": 6, "archived": 5, "failed": 1, "blocked": 2, "stale": 3, "left": 4}
    told = {"day": date(2024, 10, 31), "mark": Mark.PARTIAL, **counts}
    nothing = Estimate(papers=0, dollars=0.0, tokens_in=0, tokens_out=0, minutes=0.0, by_catalog=False)
    day = DayPlan(**told, to_do=8, dollars=0.5, is_new=False)
    who = {
        "id": "0123456789ab",
        "account": "0123456789ab",
        "source": "snapshot",
        "writer": "w",
        "painter": "p",
        "spent": 0.0,
        "max_usd": None,
    }
    shown = []
    for show in (
        lambda console: print_calendar(console, [Day(**told)], "snapshot", "http://127.0.0.1"),
        lambda console: print_plan(console, Plan(days=(day,), estimate=nothing, stale=3, **who)),
    ):
        console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
        show(console)
        shown.append(written(console))
    (head, row, *_), (plan_head, plan_row, *rest) = (text.splitlines() for text in shown)
    assert head.split() == ["day", *columns.split()]
    assert row.split() == ["2024-10-31", "◐", "partial", *(str(counts[name]) for name in columns.split())]
    assert plan_head.split() == [*head.split(), "to", "do", "at", "most"]
    assert plan_row.split() == [*row.split(), "8", "$0.5000"]
    assert "3 stale papers are not in this, --only stale takes them" in " ".join(rest)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_paper_is_one_line_and_further_tries_are_one(width: int) -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    stage = Stage(answers=shown)
    stage.say("✓ 2410.24175  pictures/20241031/6550f79d46b1945c.jpg  " + "A long title " * 20, is_cut=True)
    assert [len(line) for line in written(shown).splitlines()] == [width]
    for _ in range(3):
        stage.tries_again("try", "fal answered 503.")
    stage.tries_again("pause", "OpenAI asked for it.")
    assert stage.bar.trouble == "3 further tries, 1 pause: OpenAI asked for it."
    assert len(written(shown).splitlines()) == 1


def test_in_a_pipe_a_line_has_its_time_and_a_trouble_is_told_once() -> None:
    piped = Console(file=io.StringIO())
    stage = Stage(answers=piped, told=piped)
    for _ in range(3):
        stage.tries_again("try", "fal answered 503.")
    (line,) = written(piped).splitlines()
    time, _, said = line.partition(" ")
    assert datetime.fromisoformat(time).tzinfo is not None
    assert said == "fal answered 503. It is tried again."


def test_who_is_waited_for_is_told(console: Console) -> None:
    stage = RunStage(answers=console, told=console)
    for _ in range(2):  # once by the look, and by the run where that got no answer
        stage.asks("arXiv", "2401.99999")
        stage.bar.show("Starting Prefect …")
    stage.asks("arXiv", HOSTILE * 3)
    (task,) = stage.bar.tasks
    assert task.description.startswith(f"Asking arXiv for {READABLE[:20]}")
    assert len(task.description) < 80
    said = [line.partition(" ")[2] for line in written(console).splitlines()]
    assert said[:1] == ([] if console.is_terminal else ["Asking arXiv for 2401.99999."])
    assert len(said) == (0 if console.is_terminal else 2)
