"""The command line, as scripts use it: exit codes, one clear line, and nothing changed by bad input."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final, get_args

import pytest
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.real_server import free_port
from helpers.stocked import DAY, failure, outcome, run, stocked

from deployments.cli import main
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.store import Archive
from frontispiece.registry import PainterName, WriterName
from frontispiece.services import recipe_of
from frontispiece.settings import load_settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["run", "2024-02-30"], "2024-02-30", id="impossible date"),
        pytest.param(["run", "someday"], "YYYY-MM-DD", id="no date"),
        pytest.param(["run", "2999-01-01"], "future", id="future date"),
        pytest.param(["run", "--source", "arxive"], "arxive", id="unknown source"),
        pytest.param(["run", "--writer", "shakespeare"], "shakespeare", id="unknown writer"),
        pytest.param(["run", "--painter", "magritte"], "magritte", id="unknown painter"),
        pytest.param(["run", "--limit", "-1"], "-1", id="negative limit"),
        pytest.param(["run", "--limit", "many"], "many", id="no number"),
        pytest.param(["paper", "24.1"], "24.1", id="malformed id"),
        pytest.param(["paper", "2410.24175", "../../etc/passwd"], "passwd", id="path for an id"),
        pytest.param(["run", "--writer", "openai"], "OPENAI_API_KEY", id="no key for openai"),
        pytest.param(["run", "--painter", "fal"], "FAL_KEY", id="no key for fal"),
        pytest.param(["run", "--painter", "openai-images"], "OPENAI_API_KEY", id="no key for openai-images"),
        pytest.param(["run", "--max-usd", "0"], "--max-usd is more than 0", id="no money"),
        pytest.param(["backfill", "2024-10-31..2024-10-01"], "wrong way round", id="reversed range"),
        pytest.param(["backfill", "last", "few", "days"], "last few days", id="no range"),
        pytest.param(["backfill", "2022-01", "--source", "huggingface"], "first list", id="before the source begins"),
        pytest.param(["backfill", "2010..2023"], "--yes", id="more than ten years"),
        pytest.param(["backfill", "2999-01"], "future", id="future range"),
        pytest.param(["backfill", "2024-10", "--max-usd", "-1"], "--max-usd is more than 0", id="less than no money"),
        pytest.param(
            ["backfill", "2024-10", "--max-usd", "nan"], "--max-usd is a finite number", id="no number of dollars"
        ),
        pytest.param(["run", "1991-08-13"], "before arXiv's first day of 1991-08-14", id="a day before all papers"),
        pytest.param(
            ["backfill", "2024-10", "--days-at-once", "0"], "--days-at-once is from 1 to 8", id="no days at once"
        ),
        pytest.param(
            ["backfill", "2024-10", "--papers-at-once", "65"], "--papers-at-once is from", id="too many papers at once"
        ),
        pytest.param(["backfill", "2024-10", "--only", "good"], "good", id="unknown choice of papers"),
        pytest.param(["backfill", "2024-10", "--batch"], "takes no batches", id="a writer without batches"),
        pytest.param(["backfill"], "DAYS", id="no range at all"),
        pytest.param(["status", "2024-13"], "2024-13", id="status of no month"),
        pytest.param(["stats", "--output", "stats.txt"], "--format", id="a table as a file"),
        pytest.param(["prune", "--originals-older-than", "-1"], "-1", id="negative age"),
        pytest.param(["import-log", "nowhere.log"], "nowhere.log", id="no log"),
        pytest.param(["import-log", os.devnull, "--pictures", "nowhere"], "no folder nowhere", id="no pictures"),
        pytest.param(["run", "2024-10-01..2024-10-03"], "backfill 2024-10-01..2024-10-03", id="a range for run"),
        pytest.param(["run", "2024-10"], "31 days", id="a month for run"),
        pytest.param(["open", "2024-10"], "YYYY-MM-DD", id="a month to open"),
        pytest.param(["run", "--source", "arxiv-aoi"], 'Did you mean "arxiv-oai"?', id="nearly a source"),
        pytest.param(["run", "--limti", "3"], "Did you mean --limit?", id="nearly an option"),
        pytest.param(["bakfill", "2024-10"], 'Did you mean "backfill"?', id="nearly a command"),
        pytest.param(
            ["run", "2024-10-01", "2024-10-02"], ": frontispiece run has no use for 2024-10-02. (see ", id="two days"
        ),
        pytest.param(["settings", "a", "b"], "settings has no use for a, b. (see frontispiece settings", id="too much"),
        pytest.param(["dance"], "dance", id="unknown command"),
        pytest.param([], "command", id="no command"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert complaint in err
    assert list(tmp_path.rglob("*")) == [], "nothing is opened before that"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["run", "2999-01-01", "--painter", "fal"], "future", id="run"),
        pytest.param(["backfill", "2024-10", "--batch", "--painter", "fal"], "batch", id="backfill"),
        pytest.param(["run", "--writer", "openai", "--painter", "fal"], "OPENAI_API_KEY", id="run, another key"),
        pytest.param(["backfill", "2024-10", "--writer", "openai"], "OPENAI_API_KEY", id="backfill, another key"),
        pytest.param(["paper", "2410.24175", "--writer", "openai"], "OPENAI_API_KEY", id="paper, another key"),
    ],
)
def test_a_key_in_a_secret_block_is_not_missing(
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And all else is looked at as ever."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTISPIECE_FAL_SECRET_BLOCK", "fal-key")
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert complaint in err
    assert "FAL_KEY" not in err


@pytest.mark.parametrize("command", [["run", "2024-10-31"], ["serve"], ["deploy"]], ids=lambda command: command[0])
def test_a_server_that_is_not_there_is_told_of_at_once(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without asking Prefect, which takes seconds to be loaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    assert main(command) == 1
    assert capsys.readouterr().err.endswith("/api cannot be asked: nobody listens there.\n")
    assert not (tmp_path / "data/prefect").exists()


@pytest.mark.parametrize("writer", get_args(WriterName))
@pytest.mark.parametrize("painter", get_args(PainterName))
def test_a_calendar_needs_no_key(
    writer: WriterName,
    painter: PainterName,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = recipe_of(load_settings(writer=writer, painter=painter)).fingerprint
    made = failure(1).model_copy(update={"recipe": recipe})
    asyncio.run(Catalog(Archive.open(str(tmp_path))).write(DAY, "run-1", [made], run()))
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    assert main(["status", str(DAY), "--source", "arxiv", "--writer", writer, "--painter", painter]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if str(DAY) in line]
    assert "failed" in row


@pytest.mark.parametrize(
    ("asked", "length", "settings", "said"),
    [
        pytest.param(("cs.CL",), 1, "cs.CL", ["✓", "done", "1", "1", "1", "1"], id="in full"),
        pytest.param(("cs.CL",), 9, "cs.CL", ["◐", "partial", "9", "1", "1", "1"], id="one of nine"),
        pytest.param(("cs.CL",), 1, "cs.CL,cs.CV", ["◐", "partial", "1", "1", "1", "1"], id="of fewer categories"),
        pytest.param((), 0, "cs.CL", ["·", "never", "run"], id="a single paper"),
    ],
)
def test_status_tells_a_list_from_a_part_of_it(
    asked: tuple[str, ...],
    length: int,
    settings: str,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive, recipe = Archive.open(str(tmp_path)), recipe_of(load_settings()).fingerprint
    made = asyncio.run(outcome(archive, 1)).model_copy(update={"recipe": recipe})
    told = run().model_copy(update={"categories": asked, "list_length": length})
    asyncio.run(Catalog(archive).write(DAY, "run-1", [made], told))
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    monkeypatch.setenv("FRONTISPIECE_CATEGORIES", settings)
    assert main(["status", str(DAY), "--source", "arxiv"]) == 0
    (row,) = [line.split() for line in capsys.readouterr().out.splitlines() if str(DAY) in line]
    assert row[1 : 1 + len(said)] == said


@pytest.mark.parametrize(("style", "is_told"), [("woodcut", True), ("seed", False)], ids=["of no use", "the usual one"])
def test_a_style_that_changes_nothing_is_said_to(
    style: str, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path / "archive"))
    assert main(["run", str(DAY), "--dry-run", "--style", style]) == 0
    told = f"The writer template has no use for a style: {style} changes nothing.\n"
    out, err = capsys.readouterr()
    assert err == told * is_told
    assert ["run", "snapshot", "·"] in [line.split()[:3] for line in out.splitlines()], "no backfill, and no id of one"


def test_a_style_file_that_cannot_be_is_told_as_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("Draw.")
    assert main(["run", str(DAY), "--style", str(tmp_path / "mine.txt")]) == 2
    assert capsys.readouterr().err.startswith("frontispiece: --style: The style /")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("FRONTISPIECE_ARCHIVE", "/proc/archive", id="unwritable archive"),
        pytest.param("FRONTISPIECE_SNAPSHOT", "/nowhere.jsonl", id="no snapshot"),
        pytest.param("FRONTISPIECE_JPEG_QUALITY", "0", id="impossible setting"),
    ],
)
def test_bad_settings_are_named(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    assert main(["run"]) == 2
    err = capsys.readouterr().err
    assert name in err
    assert err.count("\n") == 1
    assert list(tmp_path.rglob("*")) == [], "nothing is opened before that"


READING: Final = (
    *("stats", "verify", "rebuild", "compact", "prune --originals-older-than 30", "journal", "gallery", "open"),
    *("query SELECT", "stats --format csv --output /proc/no/such"),
)


@pytest.mark.parametrize("place", ["fresh", "strangers", "empty"])
@pytest.mark.parametrize("command", READING)
def test_where_there_is_no_archive_who_reads_one_is_told(
    command: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped archive is not reported to be well, nor begun."""
    monkeypatch.chdir(tmp_path)
    if place != "fresh":
        (tmp_path / "data/archive").mkdir(parents=True)
    if place == "strangers":
        (tmp_path / "data/archive/holiday.jpg").write_bytes(b"")
    before = list(tmp_path.rglob("*"))
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"There is no archive in {tmp_path}/data/archive" in err
    assert list(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["stats", "verify", "gallery"])
def test_a_bucket_without_anything_is_no_archive(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeS3()
    with serving(fake.app()) as address:
        place = f"s3://papers/where?region=eu-west-1&endpoint={address}&skip_signature=true"
        monkeypatch.setenv("FRONTISPIECE_ARCHIVE", place)
        assert main(command.split()) == 2
        assert "There is no archive in s3://papers/where/: " in capsys.readouterr().err
        assert fake.objects == {}
        asyncio.run(Catalog(Archive.open(place)).write(DAY, "run-1", [failure(1)], run()))
        assert "There is no archive" not in capsys.readouterr().err
        assert main(["stats"]) == 0


def test_who_reads_a_bucket_need_not_be_allowed_to_write(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeS3()
    with serving(fake.app()) as address:
        place = f"s3://papers/where?region=eu-west-1&endpoint={address}&skip_signature=true"
        monkeypatch.setenv("FRONTISPIECE_ARCHIVE", place)
        asyncio.run(stocked(place))
        fake.only_read = True
        there = dict(fake.objects)
        for command in ("stats", "status 2024-10", "verify", "journal", "prune --originals-older-than 30"):
            assert (command, main(command.split())) == (command, 0), capsys.readouterr().err
        assert fake.objects == there


def test_no_command_but_verify_asks_more_of_a_bucket_for_more_papers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = (
        "stats",
        "status 2024-10",
        "journal",
        "gallery",
        "compact",
        "prune --originals-older-than 9999",
        "query 'FROM runs'",
    )
    counts = []
    for pictures in (2, 7):
        fake = FakeS3()
        with serving(fake.app()) as address:
            place = f"s3://papers/where?region=eu-west-1&endpoint={address}&skip_signature=true"
            monkeypatch.setenv("FRONTISPIECE_ARCHIVE", place)
            asyncio.run(stocked(place, pictures))
            for command in ("journal", "gallery"):  # for the first time they have all of it to do
                assert main([command]) == 0
            asked = {}
            for command in commands:
                fake.asked.clear()
                assert main(shlex.split(command)) == 0, capsys.readouterr().err
                asked[command] = Counter(kind for kind, _ in fake.asked)
            counts.append(asked)
    assert counts[0] == counts[1]


def test_the_calendar_of_a_fresh_place_can_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["status", "2024-10"]) == 0
    out, err = capsys.readouterr()
    assert "31 never run" in out
    assert "There is no archive in" in err
    assert list(tmp_path.iterdir()) == []
    assert main(["import-log", os.devnull]) == 0
    assert list(tmp_path.iterdir()) == [], "a log that tells of nothing begins nothing"


def test_status_tells_of_pictures_that_no_day_of_its_source_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    asyncio.run(stocked(tmp_path))
    shutil.rmtree(tmp_path / "catalog")
    assert main(["rebuild"]) == 0
    capsys.readouterr()
    for command in ("status", "status 2024-10"):
        assert main(command.split()) == 0
        assert capsys.readouterr().out.endswith("\nPictures of other sources in the archive: 3 of rebuilt.\n")
    made = asyncio.run(outcome(Archive.open(str(tmp_path)), 1))
    asyncio.run(Catalog(Archive.open(str(tmp_path))).write(DAY, "run-9", [made], run("run-9")))
    assert main(["status", "--source", "arxiv"]) == 0
    assert "other sources" not in capsys.readouterr().out
    assert main(["status"]) == 0
    assert "1 of arxiv" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["foo", "http://", "ftp://127.0.0.1/api", "http://me:planted@127.0.0.1:99999/api"])
@pytest.mark.parametrize("command", ["run", "run --dry-run", "paper 2410.24175", "backfill 2024-10", "serve", "deploy"])
def test_an_address_of_prefect_that_leads_nowhere_is_named(
    command: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("frontispiece: PREFECT_API_URL cannot be ")
    assert "planted" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param("serve", "FRONTISPIECE_DAILY_CRON: the schedule '61 * * * *' cannot be.", id="serve"),
        pytest.param("deploy", "PREFECT_API_URL names no Prefect server", id="deploy"),
    ],
)
def test_what_serves_leaves_nothing_behind_when_it_cannot(
    command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()  # where Prefect would make its folder as soon as it is imported
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FRONTISPIECE_DAILY_CRON", "61 * * * *")
    assert main([command]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["data"]


@pytest.mark.parametrize(
    "command",
    [
        *("run", "paper 2410.24175", "backfill 2024-10", "status", "settings", "serve", "deploy", "gallery", "stats"),
        *("verify", "rebuild", "compact", "prune --originals-older-than 30", "journal"),
    ],
)
def test_a_misspelt_limit_ends_every_command_before_it_begins(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("FRONTISPIECE_MAX_UDS=5")
    assert main(command.split()) == 2
    said = "frontispiece: .env, line 1: FRONTISPIECE_MAX_UDS is no setting: did you mean FRONTISPIECE_MAX_USD?\n"
    assert capsys.readouterr() == ("", said)
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_settings_are_printed_with_secrets_masked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["settings"]) == 0
    out = capsys.readouterr().out
    assert "OPENAI_API_KEY" in out
    assert "FRONTISPIECE_FAL_MODEL" in out
    assert "sk-planted" not in out


def test_help_loads_nothing_of_weight() -> None:
    code = (
        "import sys, contextlib, io; from deployments.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(['--help'])\n"
        "print(*{'prefect', 'pydantic', 'openai', 'httpx', 'pyarrow', 'PIL', 'duckdb'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_flows_are_loaded_without_duckdb() -> None:
    """It takes a while; and Prefect holds on to flows to the very end, where DuckDB prints a page about that."""
    code = (
        "import importlib, pkgutil, sys, flows\n"
        "for each in pkgutil.iter_modules(flows.__path__): importlib.import_module(f'flows.{each.name}')\n"
        "print('duckdb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "ended",
    [KeyboardInterrupt(), asyncio.CancelledError(), BaseExceptionGroup("tasks", [KeyboardInterrupt(), ValueError()])],
    ids=["Ctrl-C", "cancelled", "in a group"],
)
def test_whatever_a_signal_ends_is_interrupted(
    ended: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(*arguments: object, **options: object) -> None:
        raise ended

    monkeypatch.setattr("frontispiece.archive.store.Archive.open", ends)
    assert main(["status"]) == 130
    assert capsys.readouterr().err.startswith("frontispiece: interrupted; ")
