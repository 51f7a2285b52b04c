"""An archive is looked over: what is whole passes, and each kind of damage is named with a way to mend it."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from fakes.pictures import of_scans
from helpers.jobs import AtOnce
from helpers.stocked import DAY, NOW, buy, outcome, painting, run, stocked

from deployments.cli import main
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.store import Archive
from frontispiece.errors import InDoubt
from frontispiece.maintenance.compact import compact_month, months_to_compact
from frontispiece.maintenance.rebuild import rebuild
from frontispiece.maintenance.verify import verify
from frontispiece.models import Painting
from frontispiece.purchases.journal import Journal

PICTURE = "pictures/20241031"


def pictures(root: Path) -> list[Path]:
    return sorted((root / PICTURE).iterdir())


def delete(root: Path) -> None:
    pictures(root)[0].unlink()


def truncate(root: Path) -> None:
    path = pictures(root)[0]
    path.write_bytes(path.read_bytes()[:200])


def empty(root: Path) -> None:
    pictures(root)[0].write_bytes(b"")


def burden(root: Path) -> None:
    pictures(root)[0].write_bytes(of_scans(500))


def swap(root: Path) -> None:
    first, second = pictures(root)[:2]
    first.write_bytes(second.read_bytes())


def add(root: Path) -> None:
    (root / PICTURE / "00000000000000ff.jpg").write_bytes(b"\xff\xd8\xff")


def damage_catalog(root: Path) -> None:
    (root / "catalog/day=2024-10-31/other.parquet").write_bytes(b"PAR1, but not really")


def lose_catalog(root: Path) -> None:
    shutil.rmtree(root / "catalog")


def damage_original(root: Path) -> None:
    path = root / painting(1).original.path
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "wrong", "mend"),
    [
        pytest.param(delete, "no such file", "frontispiece paper", id="lost picture"),
        pytest.param(truncate, "cannot be opened", "Delete it", id="cut picture"),
        pytest.param(empty, "cannot be opened", "Delete it", id="empty picture"),
        pytest.param(burden, "cannot be opened", "Delete it", id="picture that takes for ever"),
        pytest.param(swap, "not the file that was archived", "frontispiece rebuild", id="another picture"),
        pytest.param(add, "no row", "frontispiece rebuild", id="picture without a row"),
        pytest.param(damage_catalog, "cannot be read", "Delete that file", id="damaged catalog"),
        pytest.param(lose_catalog, "3 pictures are in the archive", "frontispiece rebuild", id="lost catalog"),
        pytest.param(damage_original, "bytes, where the catalog says", "Delete it", id="damaged original"),
    ],
)
async def test_damage_is_named(damage: Callable[[Path], None], wrong: str, mend: str, tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    assert (await verify(archive)).findings == []
    damage(tmp_path)
    (finding,) = (await verify(archive)).findings
    assert wrong in finding.wrong
    assert mend in finding.mend


@pytest.mark.parametrize("compacted", [pytest.param(False, id="day"), pytest.param(True, id="month")])
async def test_a_row_that_contradicts_the_picture_is_named_and_the_mend_mends(tmp_path: Path, compacted: bool) -> None:
    """As earlier versions entered drawings of ours for the predecessor's; the row is older than the true one."""
    archive = await stocked(tmp_path)
    true = await outcome(archive, 1)
    false = true.model_copy(update={"recipe": "fedcba9876543210"})
    await Catalog(archive).write(DAY, "imported-1", [false], run("imported-1", NOW - timedelta(days=1)))
    file = tmp_path / "catalog/day=2024-10-31/imported-1.parquet"
    if compacted:
        ((month, paths),) = (await months_to_compact(archive, date(2025, 1, 1))).items()
        await compact_month(archive, month, paths)
        (file,) = (tmp_path / "catalog").rglob("*.parquet")
    (finding,) = (await verify(archive)).findings
    assert true.picture is not None
    assert finding.about == true.picture.path
    assert "imported-1" in finding.wrong
    assert false.recipe in finding.wrong
    assert "fal did, with the recipe 0123456789abcdef" in finding.wrong
    assert f"Delete {file.relative_to(tmp_path)}, then run `frontispiece rebuild`" in finding.mend
    file.unlink()
    await rebuild(archive, NOW)
    assert (await verify(archive)).findings == []


async def test_a_pruned_original_is_no_damage(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    await archive.delete(painting(1).original.path)
    assert (await verify(archive)).findings == []


async def test_a_delivery_without_a_picture_is_named(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    await buy(archive, 7)
    (finding,) = (await verify(archive)).findings
    assert finding.about == painting(7).original.path
    assert "buys nothing" in finding.mend


async def test_a_paid_call_in_doubt_is_named_with_its_paper(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    await doubt(archive)
    (finding,) = (await verify(archive)).findings
    assert "in doubt" in finding.wrong
    assert "`frontispiece paper 2410.00008`" in finding.mend


async def doubt(archive: Archive) -> None:
    job = AtOnce("ab" * 16, "painting 2410.00008 by fal", InDoubt("No answer."), record=Painting, price=0.003)
    with pytest.raises(InDoubt):
        await Journal(archive).settle(job)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    return tmp_path


def test_the_command_exits_1_when_something_is_wrong(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(stocked(root))
    assert main(["verify"]) == 0
    assert "all is well" in capsys.readouterr().out
    delete(root)
    assert main(["verify"]) == 1
    out = capsys.readouterr().out
    assert PICTURE in out
    assert "1 wrong" in out


def test_the_journal_lists_what_is_open(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "originals").mkdir()
    (root / "originals/abababab.png").touch()
    assert main(["journal"]) == 0
    assert "No paid call is open" in capsys.readouterr().out
    asyncio.run(doubt(Archive.open(str(root))))
    assert main(["journal"]) == 0
    out = capsys.readouterr().out
    assert "painting 2410.00008 by fal" in out
    assert "in doubt" in out
    assert "$0.0030" in out
