"""What others leave in an archive is named and left alone; nothing outside is read or written."""

import asyncio
import os
from datetime import date
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.papers import numbered
from helpers.stocked import RECIPE, stocked
from helpers.strangers import (
    FIRST_PLANTED,
    ODD_KINDS,
    ODD_NAMES,
    PLANTED,
    ROOMS,
    TRASH,
    everything,
    plant_rows,
    planted,
)

from deployments.cli import main
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.choosing import choose
from frontispiece.archive.folder import Stranger
from frontispiece.archive.precedence import IDENTITY
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError
from frontispiece.maintenance.compact import compact_closed_months
from frontispiece.maintenance.verify import verify

COMMANDS = {
    "verify": 0,
    "rebuild": 0,
    "compact": 0,
    "journal": 0,
    "stats": 0,
    "status 2024-10 --source arxiv": 0,
    "gallery": 1,  # what is shown may miss what a copy in the catalog has
    "open --print": 0,
    "query FROM+latest": 0,
    "prune --originals-older-than 0": 0,
    "import-log /dev/null": 0,
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with three pictures."""
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path / "archive"))
    asyncio.run(stocked(tmp_path / "archive"))
    return tmp_path / "archive"


def said(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main([word.replace("+", " ") for word in command.split()])
    return code, "".join(capsys.readouterr())


@pytest.mark.slow
def test_strangers_everywhere_are_named_and_left_alone(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strangers = planted(root, tmp_path / "outside")
    ends = {command: said(command, capsys) for command in COMMANDS}
    assert {command: code for command, (code, _) in ends.items()} == COMMANDS
    told = ends["verify"][1]
    assert "3 rows, 3 pictures and 6 paid calls looked at: all is well." in told
    for path, kind in ODD_KINDS.items():
        assert f"{path} is {kind}, and none of the archive's own: it is left alone." in told
    assert told.count("left alone") == len(ODD_KINDS) + len(ROOMS) * (len(ODD_NAMES) + len(TRASH) + len(["not UTF-8"]))
    assert {"\x1b", "\x07", "\udcff"}.isdisjoint(told + ends["rebuild"][1])
    named = [line for line in told.splitlines() if line.startswith(("pictures/", "catalog/"))]
    assert sorted(ends["rebuild"][1].splitlines()[:-1]) == sorted(named)
    assert all("Copy of run-1.parquet" in ends[command][1] for command in COMMANDS if command.startswith("sta"))
    assert "Nothing to compact" in ends["compact"][1]
    after = everything(root)
    assert {path: after.get(path, "gone") for path in strangers} == strangers
    assert everything(tmp_path / "outside") == dict.fromkeys(("6550f79d46b1945c.jpg", "run-9.parquet"), b"not yours")


@pytest.mark.slow
def test_rows_that_name_other_places_are_named_and_lead_nowhere(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (root / "catalog").rglob("*.parquet")
    own = plant_rows(file)
    code, told = said("verify", capsys)
    assert code == 1
    assert told.count("names this as a picture; no picture has such a path.") == len(PLANTED)
    assert f"Delete {own.relative_to(root)}, then run `frontispiece rebuild`." in told
    assert "\x1b" not in told
    archive = Archive.open(str(root))
    listed = [numbered(FIRST_PLANTED + number) for number in range(len(PLANTED))]
    waiting, outcomes = asyncio.run(choose(listed, archive, Catalog(archive), RECIPE))
    assert (waiting, outcomes) == (listed, []), "where no picture can be, none is there"
    for command in ("rebuild", "stats", "gallery", "open --print", "prune --originals-older-than 0"):
        assert "Traceback" not in said(command, capsys)[1]
    own.unlink()
    assert said("verify", capsys)[0] == 0


@pytest.mark.parametrize("way", ["link to a folder", "link to a file", "folder", "special file"])
async def test_nothing_is_written_or_read_through_a_stranger(way: str, tmp_path: Path) -> None:
    root, outside = tmp_path / "archive", tmp_path / "outside"
    folder = root / "pictures/20241031"
    path = f"pictures/20241031/{'ab' * 8}.jpg"
    (root / "pictures").mkdir(parents=True)
    outside.mkdir()
    (outside / f"{'ab' * 8}.jpg").write_bytes(b"not yours")
    if way == "link to a folder":
        folder.symlink_to(outside)
    else:
        folder.mkdir()
    match way:
        case "link to a file":
            (root / path).symlink_to(outside / f"{'ab' * 8}.jpg")
        case "folder":
            (root / path).mkdir()
        case "special file":
            os.mkfifo(root / path)
    before = everything(tmp_path)
    archive = Archive.open(str(root))
    assert await archive.get(path) is None
    assert not await archive.exists(path)
    assert await archive.list("pictures") == []
    await archive.delete(path)
    for attempt in (archive.put(path, b"x"), archive.put(path, b"x", durable=True), archive.put_if_absent(path, b"x")):
        with pytest.raises(ArchiveError, match=rf"The archive cannot use {folder}.*: it is a .*, and not") as caught:
            await attempt
        assert type(caught.value) is ArchiveError
    assert everything(tmp_path) == before


async def test_a_room_that_is_a_link_is_said_and_the_root_may_be_one(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(root)
    assert (await verify(Archive.open(str(linked)))).findings == []
    (root / "pictures").rename(tmp_path / "elsewhere")
    (root / "pictures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArchiveError, match=rf"cannot use {root}/pictures: it is a link, and not a folder of its own\."):
        await verify(Archive.open(str(root)))


async def test_a_bucket_has_strangers_too() -> None:
    fake = FakeS3(objects={f"in/catalog/{name}": b"" for name in ("Copy of a.parquet", "day=2024-10-31/a.parquet")})
    with serving(fake.app()) as address:
        archive = Archive.open(f"s3://papers/in?region=eu&endpoint={address}&skip_signature=true")
        own, strangers = await archive.survey("catalog")
        assert [each.path for each in own] == ["catalog/day=2024-10-31/a.parquet"]
        assert strangers == [Stranger("catalog/Copy of a.parquet")]


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"a": [1]}, id="none of ours"),
        pytest.param({name: [1] for name in IDENTITY}, id="types"),
        pytest.param({"run": [{"a": [None]}], "paper_title": [[1.5]]}, id="nested"),
    ],
)
async def test_a_table_of_somebody_else_is_named_and_changes_nothing(
    columns: dict[str, list[object]], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await asyncio.to_thread(said, "stats", capsys)
    foreign = root / "catalog/day=2024-10-31/foreign.parquet"
    pq.write_table(pa.table(columns), foreign)
    tidied = await compact_closed_months(Archive.open(str(root)), date(2025, 1, 1))
    assert (tidied.months, len(tidied.problems)) == ((), 1)
    after = await asyncio.to_thread(said, "stats", capsys)
    assert after[1].startswith(before[1])
    assert "catalog/day=2024-10-31/foreign.parquet cannot be read and is left out" in after[1]
