"""The Prefect server that a command starts for itself where nobody has named one."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.notice import Notice, notice_path, write_notice
from deployments.server import may_know_a_server, server_of_serve
from tasks.archive.holder import Holder

ROOT = Path(__file__).parents[1]
CODE = """
import sys
from deployments.cli import main
code = main(sys.argv[1:])
# Prefect imports it where it starts the server itself.
print("server", "prefect.server.api.server" in sys.modules)
sys.exit(code)
"""


def command(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "FRONTISPIECE_"))
    }
    mine = {"PREFECT_HOME": str(folder / "prefect"), "FRONTISPIECE_ARCHIVE": str(folder / "archive")}
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=folder,
        env={**inherited, **mine, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_run_starts_its_server_at_once_and_leaves_with_everything_recorded(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    done = command(tmp_path, "run", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert "server False" in done.stdout, "Prefect has started one itself"
    assert len(list((tmp_path / "archive" / "pictures").rglob("*.jpg"))) == 2
    with sqlite3.connect(tmp_path / "prefect" / "prefect.db") as database:
        states = dict(database.execute("select state_type, count(*) from task_run group by 1").fetchall())
    assert states == {"COMPLETED": 2 * 3 + 2}, "three tasks a paper and two a day"


def test_a_server_that_does_not_start_is_told_in_one_line(tmp_path: Path) -> None:
    bad = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////nowhere/at/all/prefect.db"}
    done = command(tmp_path, "run", "--limit", "1", **bad)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("frontispiece: Prefect's server did not start")
    assert not list((tmp_path / "archive" / "pictures").rglob("*.jpg"))


@pytest.mark.parametrize(
    ("variables", "files", "told"),
    [
        pytest.param({}, {}, False, id="nothing said"),
        pytest.param({"PREFECT_API_URL": "http://a.test/api"}, {}, True, id="an address"),
        pytest.param({"PREFECT_PROFILE": "work"}, {}, True, id="a profile"),
        pytest.param({"PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"}, {}, True, id="no server of its own wanted"),
        pytest.param({}, {"home/profiles.toml": ""}, True, id="profiles"),
        pytest.param({}, {"prefect.toml": ""}, True, id="prefect.toml"),
        pytest.param({}, {".env": "export PREFECT_API_URL=http://a.test/api"}, True, id="in .env"),
        pytest.param({}, {".env": "FAL_KEY=abc"}, False, id="other things in .env"),
        pytest.param({}, {"pyproject.toml": "[tool.prefect]"}, True, id="in pyproject.toml"),
        pytest.param({}, {"pyproject.toml": 'dependencies = ["prefect"]'}, False, id="a project that needs Prefect"),
    ],
)
def test_nobody_is_overruled(tmp_path: Path, variables: dict[str, str], files: dict[str, str], told: bool) -> None:
    (tmp_path / "home").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert may_know_a_server({"PREFECT_HOME": str(tmp_path / "home"), **variables}, tmp_path) is told


@pytest.mark.parametrize(
    ("server", "url"),
    [
        pytest.param(Holder.here(), "http://127.0.0.1:4200", id="it runs"),
        pytest.param(Holder.here().model_copy(update={"born": 1}), None, id="it was killed"),
        pytest.param(None, None, id="it uses another's server"),
    ],
)
def test_the_server_of_serve_is_used_while_it_runs(tmp_path: Path, server: Holder | None, url: str | None) -> None:
    with notice_path(tmp_path).open("a+") as file:
        write_notice(file, Notice(serve=Holder.here(), ui="http://127.0.0.1:4200", server=server))
    found = server_of_serve(tmp_path)
    assert (found and found[0]) == url


@pytest.mark.parametrize("content", [pytest.param(None, id="none"), pytest.param(b'{"serve": {"ho', id="half written")])
def test_without_a_notice_nobody_serves(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        notice_path(tmp_path).write_bytes(content)
    assert server_of_serve(tmp_path) is None
