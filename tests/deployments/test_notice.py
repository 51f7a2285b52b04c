"""How a `serve` names its server to Prefect's own commands in its folder, and whose `prefect.toml` it leaves alone."""

from pathlib import Path

import pytest

from deployments.notice import HEAD, named_here, naming

OURS = "http://127.0.0.1:4200/api"
STALE = f'{HEAD}[api]\nurl = "http://127.0.0.1:1/api"\n'


@pytest.mark.parametrize("left", [pytest.param(None, id="nothing"), pytest.param(STALE, id="by one that was killed")])
def test_a_server_is_named_for_as_long_as_it_is_there(left: str | None, tmp_path: Path) -> None:
    file = tmp_path / "prefect.toml"
    if left is not None:
        file.write_text(left)
        assert named_here(tmp_path) == "http://127.0.0.1:1/api"
    with naming(OURS, tmp_path):
        assert named_here(tmp_path) == OURS
    assert not file.exists()


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param("", id="empty"),
        pytest.param('[api]\nurl = "http://127.0.0.1:4200/api"\n', id="of the same server"),
        pytest.param(f"{STALE}\n[logging]\nlevel = 'DEBUG'\n", id="ours, with more"),
        pytest.param(STALE.replace("]\n", "]\nkey = 'k'\n"), id="ours, with a key"),
        pytest.param(f"{HEAD}[api\n", id="cut short"),
        pytest.param("\N{SNOWMAN} = [", id="no TOML"),
    ],
)
def test_somebodys_file_is_never_touched(theirs: str, tmp_path: Path) -> None:
    file = tmp_path / "prefect.toml"
    file.write_text(theirs, encoding="utf-8")
    before = file.stat()
    assert named_here(tmp_path) is None
    with naming(OURS, tmp_path):
        assert file.read_text(encoding="utf-8") == theirs
    assert file.read_text(encoding="utf-8") == theirs
    assert file.stat().st_mtime_ns == before.st_mtime_ns


def test_what_somebody_writes_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "prefect.toml"
    with naming(OURS, tmp_path):
        file.write_text(f"{file.read_text()}[logging]\nlevel = 'DEBUG'\n")
    assert "DEBUG" in file.read_text()
