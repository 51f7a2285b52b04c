"""SQL over the catalog: the views say what holds, and nobody gets out of them."""

import asyncio
import csv
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from stocked import DAY, NOW, failure, outcome, run, stocked

from deployments.cli import main
from tasks.archive.catalog import Catalog
from tasks.archive.query import STATS, open_records
from tasks.archive.store import Archive
from tasks.errors import BadInput
from tasks.models import Outcome, Status


def tree(root: Path) -> list[Path]:
    return sorted(root.rglob("*"))


async def ask(archive: Archive, sql: str) -> list[tuple[object, ...]]:
    async with open_records(archive) as records:
        return records.ask(sql).rows


async def later(archive: Archive, name: str, days: int, *outcomes: Outcome) -> None:
    await Catalog(archive).write(DAY, name, outcomes, run(name, NOW + timedelta(days=days)))


def of(made: Outcome, **changes: object) -> Outcome:
    return made.model_copy(update=changes)


@pytest.mark.parametrize("place", ["folder", "memory"])
async def test_the_views_are_there_wherever_the_archive_is(place: str, tmp_path: Path) -> None:
    archive = await stocked(tmp_path if place == "folder" else "memory://")
    counts = {view: await ask(archive, f"SELECT count(*) FROM {view}") for view in ("outcomes", "pictures", "latest")}  # noqa: S608
    assert counts == {"outcomes": [(4,)], "pictures": [(3,)], "latest": [(4,)]}
    (one,) = await ask(archive, "SELECT papers, pictures, failed, round(dollars, 6), unpriced FROM runs")
    assert one == (4, 3, 1, 0.0093, 0)


async def test_an_empty_archive_has_empty_views(tmp_path: Path) -> None:
    archive = Archive.open(str(tmp_path))
    assert await ask(archive, "SELECT paper_id, dollars FROM latest") == []
    assert await ask(archive, STATS) == []


async def test_latest_is_what_holds(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=2)
    made = await outcome(archive, 1)
    skipped = of(made, status=Status.SKIPPED, prompt=None, painting=None)
    await later(archive, "run-2", 1, skipped, failure(2), failure(98), failure(99, "Blocked"))
    await later(archive, "run-3", 2, failure(99), failure(98, "InDoubt"))
    assert await ask(archive, "SELECT paper_id, status, run, reason FROM latest ORDER BY paper_id") == [
        ("2410.00001", "done", "run-1", None),
        ("2410.00002", "done", "run-1", None),
        ("2410.00098", "failed", "run-3", "InDoubt"),
        ("2410.00099", "blocked", "run-2", "Blocked"),
    ]


async def test_stats_count_by_month_what_was_made_and_paid(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=2)
    made = await outcome(archive, 3)
    cached = of(made, cached=("prompt",))
    free = of(made.model_copy(update={"paper": failure(4).paper}), painting=None, prompt=None)
    await later(archive, "run-2", 30, cached, free, failure(5), failure(6, "Blocked"), failure(7))
    async with open_records(archive) as records:
        answer = records.ask(STATS)
    november, december = (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)
    assert november["month"] == "2024-11"
    assert (november["papers"], november["pictures"], november["failures"]) == (3, 2, "ProviderBroken 1")
    assert (november["dollars"], november["p50_seconds"], november["p95_seconds"]) == (0.0062, 4.0, 4.0)
    assert december["failures"] == "ProviderBroken 2, Blocked 1"
    assert (december["pictures"], december["dollars"], december["p50_seconds"]) == (2, 0.003, 2.5)
    assert december["cache_hits"] == 1


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT * FROM read_text('{root}/secret.txt')", id="a file beside the catalog"),
        pytest.param("SELECT * FROM read_csv('/etc/passwd')", id="a file of the system"),
        pytest.param("SELECT * FROM glob('/etc/*')", id="names of files"),
        pytest.param("SELECT * FROM 'http://127.0.0.1:9/x.parquet'", id="the network"),
        pytest.param("COPY (SELECT 1) TO '{root}/catalog/mine.csv'", id="writing a file"),
        pytest.param("COPY outcomes FROM '{root}/catalog/mine.csv'", id="writing the catalog"),
        pytest.param("CREATE TABLE mine (a INT)", id="a table"),
        pytest.param("DROP VIEW latest", id="dropping a view"),
        pytest.param("INSTALL httpfs", id="installing an extension"),
        pytest.param("LOAD httpfs", id="loading an extension"),
        pytest.param("ATTACH '{root}/mine.db'", id="another database"),
        pytest.param("SET enable_external_access = true", id="a setting"),
        pytest.param("PRAGMA database_list", id="a pragma"),
        pytest.param("SELECT 1; DROP VIEW latest", id="two statements"),
        pytest.param("SELECT * FROM archive", id="a variable of the program"),
        pytest.param("", id="nothing"),
        pytest.param("SELEC 1", id="a typing error"),
        pytest.param("SELECT no_such FROM latest", id="an unknown column"),
    ],
)
async def test_a_query_only_reads_the_views(sql: str, tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=1)
    (tmp_path / "secret.txt").write_text("planted")
    before = tree(tmp_path)
    async with open_records(archive) as records:
        for attempt in (records.ask, lambda sql: records.export(sql, "csv")):
            with pytest.raises(BadInput) as error:
                attempt(sql.format(root=tmp_path))
            assert "\n" not in str(error.value)
            assert "planted" not in str(error.value)
        assert records.ask("SELECT count(*) FROM latest -- still there").rows == [(2,)]
    assert tree(tmp_path) == before


async def test_a_damaged_file_is_left_out_and_named(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    (tmp_path / "catalog/day=2024-10-31/bad.parquet").write_bytes(b"PAR1 no more")
    async with open_records(archive) as records:
        (problem,) = records.problems
        assert "bad.parquet" in problem
        assert records.ask("SELECT count(*) FROM pictures").rows == [(3,)]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "archive"
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(root))
    asyncio.run(stocked(root))
    return root


SQL = "SELECT paper_id, day, paper_authors, writer_dollars, paper_updated FROM pictures ORDER BY paper_id -- all;"


def test_answers_come_as_csv_json_and_parquet(
    root: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["query", SQL, "--format", "csv"]) == 0
    lines = list(csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode())))
    assert lines[0]["paper_id"] == "2410.00001"
    assert lines[0]["day"] == "2024-10-31"
    assert main(["query", SQL, "--format", "json"]) == 0
    objects = json.loads(capfdbinary.readouterr().out)
    assert objects[2]["paper_authors"] == ["Ada Lovelace", "Émilie du Châtelet"]
    assert objects[2]["paper_updated"] is None
    assert main(["query", SQL, "--format", "parquet", "--output", str(tmp_path / "answer.parquet")]) == 0
    rows = pq.read_table(tmp_path / "answer.parquet").to_pylist()
    assert [row["paper_id"] for row in rows] == ["2410.00001", "2410.00002", "2410.00003"]
    assert rows[0]["day"] == date(2024, 10, 31)


def test_answers_come_as_tables(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "SELECT paper_id, paper_title, prompt FROM pictures"]) == 0
    out = capsys.readouterr().out
    assert "On 1 Things & “Others”  Draw 1 things." in out  # in one line: nothing is wrapped in a pipe
    assert main(["stats"]) == 0
    out = capsys.readouterr().out
    assert "cache_hits" in out
    assert "ProviderBroken 1" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["query", "DROP VIEW latest"], "SELECT", id="no select"),
        pytest.param(["query", "SELECT 1", "--format", "xml"], "xml", id="unknown format"),
        pytest.param(["query", "SELECT 1", "--output", "x.csv"], "--format", id="table to a file"),
        pytest.param(["stats", "--format", "csv", "--output", "no/such/folder/x"], "no/such/folder", id="no folder"),
        pytest.param(["query"], "SELECT", id="no query"),
    ],
)
def test_bad_input_gets_one_line(
    arguments: list[str], complaint: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert complaint in err


DOCS = Path(__file__).parents[1] / "docs" / "care.md"
EXAMPLES = re.findall(r'^    frontispiece query "(.*)"$', DOCS.read_text(), re.MULTILINE)


@pytest.mark.parametrize("sql", EXAMPLES)
def test_the_examples_in_the_docs_work(sql: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", sql]) == 0
    assert capsys.readouterr().out.count("\n") > 1
