"""SQL over the catalog: the views say what holds, and nobody gets out of them."""

import asyncio
import contextlib
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.bill import books
from helpers.jobs import AtOnce
from helpers.papers import numbered
from helpers.stocked import DAY, NOW, buy, failure, outcome, painting, run, stocked

from deployments.cli import main
from deployments.cli.query import query
from frontispiece.archive.catalog import SCHEMA, Catalog, rows
from frontispiece.archive.query import STATS, Records, open_records
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput, ProviderBroken
from frontispiece.maintenance.enter import enter_paid_calls
from frontispiece.models import Charge, Outcome, Prompt, Status
from frontispiece.purchases.bill import paid_calls
from frontispiece.purchases.journal import Journal
from frontispiece.purchases.overview import read_journal


def tree(root: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


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
    views = {view for (view,) in await ask(archive, "SHOW TABLES")} - {"files", "entered"}
    told = (query.__doc__ or "").rstrip(".").partition("views ")[2]
    assert set(told.split(", ")) == views
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
    cached = of(await outcome(archive, 2), painting=painting(3), cached=("prompt",))
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


class TestRowsOfEarlierVersions:
    """They name no calls; what the journal knows of the same calls is not counted beside them."""

    async def test_what_the_journal_knows_too_counts_once(self, tmp_path: Path) -> None:
        archive = await stocked(tmp_path)
        before = await books(tmp_path)
        assert (before.dollars, before.runs) == (pytest.approx(0.0093), {"run-1": pytest.approx(0.0093)})
        await buy(archive, 7)
        assert await enter_paid_calls(archive) == 8
        after = await books(tmp_path)
        assert (after.dollars, after.runs["run-1"]) == (pytest.approx(0.0124), pytest.approx(0.0093))

    async def test_a_row_of_now_beside_one_of_then(self, tmp_path: Path) -> None:
        archive = await stocked(tmp_path)
        calls = tuple(call for key, state in (await read_journal(archive)).items() for call in paid_calls(key, state))
        made = of(await outcome(archive, 1), purchases=[call for call in calls if call.paper_id == "2410.00001"])
        await later(archive, "run-2", 30, made)
        said = await books(tmp_path)
        assert said.runs == {"run-1": pytest.approx(0.0093), "run-2": 0}

    async def test_both_takes_in_one_row_beside_the_takes_themselves(self, tmp_path: Path) -> None:
        """A painting's price was that of all its takes."""
        archive = Archive.open(str(tmp_path))
        both = painting(2).model_copy(update={"dollars": 0.006})
        await later(archive, "run-1", 0, of(await outcome(archive, 2), painting=both))
        assert (await books(tmp_path)).dollars == pytest.approx(0.0061)
        first = painting(3).model_copy(update={"run": "run-1"})
        await Journal(archive).settle(AtOnce("cd" * 16, f"painting {numbered(2).id} by fal", first))
        await enter_paid_calls(archive)
        assert (await books(tmp_path)).dollars == pytest.approx(0.0061)

    async def test_answers_of_no_use(self, tmp_path: Path) -> None:
        archive = await stocked(tmp_path, pictures=0)
        job = AtOnce("cd" * 16, f"prompt {numbered(98).id} by OpenAI", refusal(0.25), record=Prompt)
        for _ in range(3):
            with pytest.raises(ProviderBroken):
                await Journal(archive).settle(job)
        ((key, state),) = (await read_journal(archive)).items()
        calls = paid_calls(key, state)
        row = rows([failure(98)], run("run-1")).to_pylist()[0]
        row |= {"wasted_calls": [calls[0].attempt, calls[1].attempt], "wasted_dollars": 0.25, "wasted_unpriced": 1}
        file = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist([row], schema=SCHEMA), file)
        await archive.put("catalog/day=2024-10-31/then.parquet", file.getvalue().to_pybytes())
        then = await books(tmp_path)
        assert (then.refused, then.unpriced, then.runs) == (0.25, 1, {"run-1": 0.25})
        await enter_paid_calls(archive)
        now = await books(tmp_path)
        assert (now.refused, now.unpriced, now.runs["run-1"]) == (0.75, 0, 0.5)


def refusal(dollars: float) -> ProviderBroken:
    error = ProviderBroken("No use.")
    error.charge = Charge(dollars=dollars)
    return error


ATTACKS = {
    "a file beside the catalog": "SELECT * FROM read_text('{root}/secret.txt')",
    "a file of the catalog by its path": "FROM '{file}'",
    "a file of the system": "SELECT * FROM read_csv('/etc/passwd')",
    "names of files": "SELECT * FROM glob('/etc/*')",
    "the network": "SELECT * FROM 'http://127.0.0.1:9/x.parquet'",
    "writing a file": "COPY (SELECT 1) TO '{root}/catalog/mine.csv'",
    "overwriting the catalog": "COPY (SELECT 1) TO '{file}'",
    "writing a relative file": "COPY (SELECT 1) TO 'mine.csv'",
    "writing while explaining": "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
    "writing while explaining, with a comment": "EXPLAIN /* a */ ANALYZE COPY (SELECT 1) TO '{file}'",
    "writing while explaining, with options": "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{file}'",
    "the plan of a write": "EXPLAIN COPY (SELECT 1) TO '{file}'",
    "writing in a CTE": "WITH mine AS (COPY (SELECT 1) TO '{file}') FROM mine",
    "writing in an explained CTE": "EXPLAIN ANALYZE WITH mine AS (COPY (SELECT 1) TO '{file}') FROM mine",
    "writing in a query as text": "FROM query('COPY (SELECT 1) TO ''{file}'' ')",
    "writing in a query as JSON": "FROM json_execute_serialized_sql(json_serialize_sql("
    "'WITH mine AS (COPY (SELECT 1) TO ''{file}'') FROM mine'))",
    "writing the catalog": "COPY outcomes FROM '{root}/catalog/mine.csv'",
    "exporting": "EXPORT DATABASE '{root}/catalog/mine'",
    "importing": "IMPORT DATABASE '{root}/catalog'",
    "a table": "CREATE TABLE mine (a INT)",
    "a table while explaining": "EXPLAIN ANALYZE CREATE TABLE mine (a INT)",
    "a table for the moment": "CREATE TEMP TABLE mine AS SELECT 1",
    "dropping a view": "DROP VIEW latest",
    "dropping a view while explaining": "EXPLAIN ANALYZE DROP VIEW latest",
    "another view": "CREATE OR REPLACE VIEW latest AS SELECT 1",
    "inserting": "INSERT INTO outcomes SELECT * FROM outcomes",
    "inserting in a CTE": "WITH mine AS (INSERT INTO latest VALUES (1) RETURNING *) FROM mine",
    "deleting": "DELETE FROM files",
    "a macro": "CREATE MACRO mine() AS 1",
    "preparing": "PREPARE mine AS COPY (SELECT 1) TO '{file}'",
    "executing": "EXECUTE mine",
    "installing an extension": "INSTALL httpfs",
    "updating extensions": "UPDATE EXTENSIONS",
    "loading an extension": "LOAD httpfs",
    "another database": "ATTACH '{root}/mine.db'",
    "a secret": "CREATE SECRET mine (TYPE s3)",
    "secrets": "FROM duckdb_secrets()",
    "a setting": "SET enable_external_access = true",
    "a setting back": "RESET allowed_directories",
    "a setting while explaining": "EXPLAIN ANALYZE SET threads = 1",
    "a pragma": "PRAGMA database_list",
    "calling": "CALL enable_logging()",
    "a log": "FROM enable_logging(storage = 'file', storage_config = {{'path': '{root}/catalog/log'}})",
    "a transaction": "BEGIN",
    "two statements": "SELECT 1; DROP VIEW latest",
    "a variable of the program": "SELECT * FROM archive",
    "a variable of the environment": "SELECT getenv('HOME')",
    "memory of the program": "FROM arrow_scan(1, 2, 3)",
    "nothing": "",
    "no statement": ";",
    "a typing error": "SELEC 1",
    "an unknown column": "SELECT no_such FROM latest",
}


@pytest.fixture(scope="module")
async def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("attacked")
    await stocked(root, pictures=1)
    (root / "secret.txt").write_text("planted")
    return root


@pytest.fixture(scope="module")
async def records(attacked: Path) -> AsyncIterator[Records]:
    """One asking for all: an attack that leaves something behind has failed in its own test."""
    async with open_records(Archive.open(str(attacked))) as records:
        yield records


@pytest.mark.parametrize("sql", ATTACKS.values(), ids=ATTACKS)
def test_a_query_only_reads_the_views(
    sql: str, attacked: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(attacked)
    before = tree(attacked)
    (file,) = attacked.glob("catalog/*/*.parquet")
    for attempt in (records.ask, lambda sql: records.export(sql, "csv")):
        with pytest.raises(BadInput) as error:
            attempt(sql.format(root=attacked, file=file))
        assert "\n" not in str(error.value)
        assert "planted" not in str(error.value)
    assert records.ask("SELECT count(*) FROM latest -- still there").rows == [(2,)]
    assert tree(attacked) == before


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("FROM latest SELECT count(*)", 1),
        ("VALUES (1), (2)", 2),
        ("TABLE runs", 1),
        ("WITH made AS (FROM pictures) SELECT paper_id FROM made", 1),
        ("WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < 3) FROM n", 3),
        ("SHOW TABLES", 7),
        ("DESCRIBE runs", 14),
        ("SUMMARIZE runs", 14),
        ("EXPLAIN SELECT * FROM latest", 1),
        ("/* why */ explain ANALYZE\nSELECT * FROM latest -- so slow", 1),
        ("FROM (PIVOT outcomes ON status IN ('done', 'failed') USING count(*) GROUP BY list_day)", 1),
        ("SELECT ';' AS semicolon;", 1),
        ("SELECT * FROM runs WHERE false", 0),
    ],
)
def test_whatever_reads_is_answered(sql: str, rows: int, records: Records) -> None:
    assert len(records.ask(sql).rows) == rows
    assert len(json.loads(records.export(sql, "json").read_text())) == rows


async def test_a_query_that_takes_for_ever_can_be_ended(tmp_path: Path) -> None:
    async with open_records(await stocked(tmp_path)) as records:
        endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b"
        asked = asyncio.create_task(asyncio.to_thread(records.ask, endless))
        while not asked.done():  # until the thread has begun there is nothing to be ended
            records.interrupt()
            await asyncio.wait([asked], timeout=0.01)
        with pytest.raises(BadInput, match=r"(?i)interrupt"):
            await asked


async def test_who_cannot_wait_for_an_answer_leaves_all_the_same(tmp_path: Path) -> None:
    """Cancelled twice, by Ctrl-C again and again: a connection that is busy closes when its question has ended."""

    def is_busy() -> bool:
        with contextlib.suppress(BadInput):
            return not records.ask("SELECT 1").rows
        return True

    async with open_records(await stocked(tmp_path)) as records:
        endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b"
        asked = asyncio.create_task(asyncio.to_thread(records.ask, endless))
        while not is_busy():
            await asyncio.wait([asked], timeout=0.01)
            if asked.done():  # it met our own question
                asked = asyncio.create_task(asyncio.to_thread(records.ask, endless))
    while not asked.done():
        records.interrupt()
        await asyncio.wait([asked], timeout=0.01)
    assert isinstance(asked.exception(), BadInput)


async def test_no_answer_takes_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontispiece.archive.query.MAX_ROWS", 100_000)
    async with open_records(await stocked(tmp_path)) as records:
        with pytest.raises(BadInput, match="more than 100,000 rows"):
            records.ask("SELECT * FROM range(100000000000)")


async def test_a_damaged_file_is_left_out_and_named(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    (tmp_path / "catalog/day=2024-10-31/bad.parquet").write_bytes(b"PAR1 no more")
    async with open_records(archive) as records:
        (problem,) = records.problems
        assert "bad.parquet" in problem
        assert not problem.endswith("..")
        assert records.ask("SELECT count(*) FROM pictures").rows == [(3,)]


@pytest.fixture(scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes into it."""
    root = tmp_path_factory.mktemp("asked")
    await stocked(root)
    return root


@pytest.fixture
def root(asked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(asked))
    return asked


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


ODD_CELLS = """SELECT
    unnest(['=1+1', chr(9) || '@x', 'a' || chr(27) || chr(155) || '"' || chr(10) || 'b', NULL]) AS "=title",
    -1.5::DECIMAL(4, 1) AS number, -2 AS whole, ['=a', '-' || chr(8238)] AS list, '-3'::BLOB AS bytes, true AS yes"""


def test_a_spreadsheet_finds_no_formula_and_a_terminal_no_command(
    root: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["query", ODD_CELLS, "--format", "csv"]) == 0
    head, *lines = csv.reader(io.StringIO(capfdbinary.readouterr().out.decode(), newline=""))
    assert head == ["'=title", "number", "whole", "list", "bytes", "yes"]
    assert [line[0] for line in lines] == ["'=1+1", "' @x", 'a  "\nb', ""]
    assert lines[0][1:] == ["-1.5", "-2", "['=a', - ]", "'-3", "true"]
    assert main(["query", ODD_CELLS, "--format", "json"]) == 0
    said = capfdbinary.readouterr().out.decode()
    assert all(line.lstrip("\t").isprintable() for line in said.splitlines())
    assert [each["=title"] for each in json.loads(said)] == ["=1+1", "\t@x", 'a\x1b\x9b"\nb', None]


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
        pytest.param(["query"], "SQL", id="no query"),
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


DOCS = Path(__file__).parents[3] / "docs" / "care.md"
EXAMPLES = re.findall(r'^    frontispiece query "(.*)"$', DOCS.read_text(), re.MULTILINE)


@pytest.mark.parametrize("sql", EXAMPLES)
def test_the_examples_in_the_docs_work(sql: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", sql]) == 0
    assert capsys.readouterr().out.count("\n") > 1
