"""The snapshot file: what is read, what is skipped, and how little of it is looked at."""

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from helpers.real_server import PATIENCE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontispiece.errors import BadInput, SourceBroken, SourceUnavailable
from frontispiece.settings import load_settings
from frontispiece.sources.snapshot import Snapshot
from frontispiece.sources.snapshot_file import glance_day
from frontispiece.sources.snapshot_index import Damaged, Index, build, parse, state_of

TODAY = date(2026, 11, 23)
DAY = date(2024, 10, 31)


def row(paper_id: str = "2410.24175", created: str = "Thu, 31 Oct 2024 17:42:09 GMT", **fields: object) -> dict:  # type: ignore[type-arg]
    """A line of the real file."""
    return {
        "id": paper_id,
        "submitter": "Somebody",
        "authors": "Daniel Lemire, Nathan Kurz",
        "title": "Xor Filters: Faster and\n  Smaller",
        "comments": None,
        "journal-ref": None,
        "doi": None,
        "report-no": None,
        "categories": "cs.DS cs.MS",
        "license": None,
        "abstract": "  An abstract with\nhard breaks.\n",
        "versions": [{"version": "v1", "created": created}],
        "update_date": "2024-11-07",
        "authors_parsed": [["Lemire", "Daniel", ""], ["Kurz", "Nathan", "Jr.", "Some University"]],
        **fields,
    }


def lines(*rows: object) -> bytes:
    return b"".join((json.dumps(each).encode() if isinstance(each, dict) else each) + b"\n" for each in rows)  # type: ignore[operator]


Write = Callable[..., Snapshot]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(*rows: object, name: str = "snapshot.json", content: bytes | None = None) -> Snapshot:
        path = tmp_path / name
        path.write_bytes(lines(*rows) if content is None else content)
        return Snapshot(load_settings(snapshot=path))

    return _write


@pytest.mark.parametrize("where", ["abstract", "comments"])
async def test_a_withdrawn_paper_is_said_to_be_one(write: Write, where: str) -> None:
    notice = "This paper has been withdrawn by the author due to a crucial error in equation 1"
    listed = await write(row(), row("2410.20002", **{where: notice})).list_day(DAY)
    assert {paper.id: paper.withdrawn for paper in listed.papers} == {"2410.24175": False, "2410.20002": True}


async def test_a_row_becomes_a_paper(write: Write) -> None:
    versions = [
        {"version": "v1", "created": "Thu, 31 Oct 2024 17:42:09 GMT"},
        {"version": "v2", "created": "Fri, 1 Nov 2024 08:00:00 GMT"},
    ]
    before = datetime.now(UTC)
    listed = await write(row(versions=versions)).list_day(DAY)
    (paper,) = listed.papers
    assert (paper.id, paper.version) == ("2410.24175", 2)
    assert paper.title == "Xor Filters: Faster and Smaller"
    assert paper.abstract == "An abstract with hard breaks."
    assert paper.authors == ("Daniel Lemire", "Nathan Kurz Jr.")
    assert paper.categories == ("cs.DS", "cs.MS")
    assert (paper.published, paper.updated) == (DAY, date(2024, 11, 1))
    assert (paper.listing.source, paper.listing.day, paper.listing.rank) == ("snapshot", DAY, 0)
    assert paper.listing.upvotes is None
    assert before <= paper.listing.seen_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("created", "day"),
    [
        ("Fri, 1 Nov 2024 17:42:09 GMT", date(2024, 11, 1)),
        ("Fri, 01 Nov 2024 00:00:00 GMT", date(2024, 11, 1)),
        ("Mon, 11 Nov 2024 23:59:59 GMT", date(2024, 11, 11)),
        ("Thu, 31 Oct 2024 23:30:00 -0500", date(2024, 11, 1)),
        ("31 Oct 2024 23:30:00", date(2024, 10, 31)),
    ],
)
async def test_a_paper_is_listed_on_the_utc_day_of_its_first_version(write: Write, created: str, day: date) -> None:
    snapshot = write(row(created=created))
    assert [paper.id for paper in (await snapshot.list_day(day)).papers] == ["2410.24175"]
    assert snapshot.newest_day(TODAY) == day
    for other in (date(2024, 10, 30), date(2024, 11, 2), date(2024, 11, 21)):
        assert await snapshot.list_day(other) == (await snapshot.list_day(other)).model_copy(update={"papers": ()})


async def test_the_order_is_that_of_the_file_and_each_id_comes_once(write: Write) -> None:
    other_day = row("2410.00003", "Wed, 30 Oct 2024 17:42:09 GMT")
    snapshot = write(row("2410.00002"), other_day, row("2410.00001"), row("2410.00002", title="A newer title"))
    papers = (await snapshot.list_day(DAY)).papers
    assert [(paper.id, paper.listing.rank) for paper in papers] == [("2410.00002", 0), ("2410.00001", 1)]
    assert papers[0].title == "A newer title"


BROKEN = {
    "not JSON": b"nonsense",
    "cut short": lines(row())[:200],
    "not an object": b"[1, 2]",
    "no id": lines({key: value for key, value in row().items() if key != "id"}).strip(),
    "id is junk": lines(row("../../etc/passwd")).strip(),
    "id is a number": lines(row(24175)).strip(),  # type: ignore[arg-type]
    "no title": lines(row(title="")).strip(),
    "title cannot be seen": lines(row(title="\u200b \u202e")).strip(),
    "title without end": lines(row(title="x" * 2_000)).strip(),
    "no versions": lines(row(versions=[])).strip(),
    "no version 1": lines(row(versions=[{"version": "v2", "created": "Thu, 31 Oct 2024 17:42:09 GMT"}])).strip(),
    "no such date": lines(row(created="Thu, 31 Feb 2024 17:42:09 GMT")).strip(),
    "date is junk": lines(row(created="yesterday")).strip(),
    "date out of bounds": lines(row(created="Thu, 31 Dec 9999 23:59:59 -2300")).strip(),
    "too long": lines(row(abstract="x" * 1_100_000)).strip(),
    "too deep": b"[" * 200_000,
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
async def test_broken_lines_are_named_and_skipped(write: Write, line: bytes) -> None:
    snapshot = write(row("2410.00001"), b"", line, row("2410.00002"))
    listed = await snapshot.list_day(DAY)
    assert [paper.id for paper in listed.papers] == ["2410.00001", "2410.00002"]
    (problem,) = listed.problems
    assert problem.startswith("line 3 of snapshot.json: ")
    assert problem.isprintable()
    assert len(problem) < 700
    assert snapshot.newest_day(TODAY) == DAY


ODD_SIDES = {
    "not UTF-8": lines(row()).strip().replace(b"An abstract", b"An \xff\xfe"),
    "half a surrogate pair": lines(row(title="A \ud83dpaper")).strip(),
    "authors without names": lines(row(authors_parsed=[["Lemire", "Daniel", ""], None, [None, 7], "x"])).strip(),
    "authors of another shape": lines(row(authors=["A. B."], authors_parsed="A. B.")).strip(),
    "no text": lines(row(abstract=7, categories=["cs.CL"])).strip(),
    "an odd version": lines(
        row(versions=[{"version": "v1", "created": "Thu, 31 Oct 2024 17:42:09 GMT"}, {"version": 2}, None])
    ).strip(),
}


@pytest.mark.parametrize("line", ODD_SIDES.values(), ids=ODD_SIDES)
async def test_a_paper_is_not_lost_for_what_stands_beside_it(write: Write, line: bytes) -> None:
    listed = await write(row("2410.00001"), line).list_day(DAY)
    assert (len(listed.papers), listed.problems) == (2, ())
    assert all(paper.title.isprintable() and paper.version == 1 for paper in listed.papers)


async def test_many_problems_are_counted(write: Write) -> None:
    listed = await write(row(), *[b"nonsense"] * 1_234).list_day(DAY)
    assert len(listed.papers) == 1
    assert len(listed.problems) == 21
    assert listed.problems[-1] == "And 1214 more."


async def test_nulls_and_missing_fields_are_fine(write: Write) -> None:
    bare = {key: row()[key] for key in ("id", "title", "versions")}
    nothing = row("2410.00001", abstract=None, authors=None, authors_parsed=None, categories=None)
    listed = await write(bare, nothing).list_day(DAY)
    assert listed.problems == ()
    assert [(paper.abstract, paper.authors, paper.categories) for paper in listed.papers] == [("", (), ())] * 2


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Daniel Lemire", ("Daniel Lemire",)),
        ("A. Uthor, B. Other and C. Third", ("A. Uthor", "B. Other", "C. Third")),
        ("A. Uthor (Some University, Town (North)),\n  B. Other", ("A. Uthor", "B. Other")),
        ("Anders Anderson and Brandy Andrews", ("Anders Anderson", "Brandy Andrews")),
        (r"Ren\'e Descartes and Paul Erd\H{o}s", (r"Ren\'e Descartes", r"Paul Erd\H{o}s")),
        ("A. Uthor (unclosed, B. Other", ("A. Uthor (unclosed", "B. Other")),
        (", and ,", ()),
    ],
)
async def test_authors_are_split_where_nothing_better_is_there(
    write: Write, authors: str, names: tuple[str, ...]
) -> None:
    (paper,) = (await write(row(authors=authors, authors_parsed=[])).list_day(DAY)).papers
    assert paper.authors == names


async def test_papers_are_found_in_the_order_asked_for(write: Write) -> None:
    snapshot = write(row("hep-th/9901001", "Fri, 1 Jan 1999 00:00:00 GMT"), row("2410.24175"), b"nonsense")
    listed = await snapshot.find(("2410.24175v7", "https://arxiv.org/abs/hep-th/9901001", "2410.99999", "2410.24175"))
    assert [paper.id for paper in listed.papers] == ["2410.24175", "hep-th/9901001"]
    assert [paper.listing.day for paper in listed.papers] == [DAY, date(1999, 1, 1)]
    assert [paper.listing.rank for paper in listed.papers] == [0, 1]
    assert any("2410.99999" in problem for problem in listed.problems)
    with pytest.raises(BadInput):
        await snapshot.find(("nonsense",))


async def test_the_glance_never_hides_a_row_written_differently(write: Write) -> None:
    """Spaces, another order of keys, escapes: nothing is missed because it does not look as usual."""
    usual = row(versions=[{"created": "Thu, 31 Oct 2024 17:42:09 GMT", "version": "v1"}])
    compact = json.dumps(row("hep-th/9901001"), separators=(",", ":")).replace("/", "\\/").encode()
    last = {"title": "Last", **row("2410.00001")}
    snapshot = write(usual, compact, json.dumps(last, indent=None).encode())
    assert len((await snapshot.list_day(DAY)).papers) == 3
    assert len((await snapshot.find(("2410.24175", "hep-th/9901001", "2410.00001"))).papers) == 3


async def test_an_abstract_cannot_pass_for_a_date(write: Write) -> None:
    forged = '"versions": [{"version": "v1", "created": "Fri, 1 Nov 2024 00:00:00 GMT"}]'
    snapshot = write(row(abstract=forged))
    assert len((await snapshot.list_day(DAY)).papers) == 1
    assert (await snapshot.list_day(date(2024, 11, 1))).papers == ()


def test_the_newest_day_is_no_day_to_come_and_no_broken_one(write: Write) -> None:
    future = row("2410.00001", "Fri, 1 Nov 2124 17:42:09 GMT")
    broken = row("junk", "Sat, 2 Nov 2024 17:42:09 GMT")
    assert write(future, row(), broken).newest_day(TODAY) == DAY
    with pytest.raises(SourceBroken, match="holds no paper"):
        write(future).newest_day(TODAY)


@pytest.mark.parametrize("name", ["snapshot.json.gz", "snapshot.jsonl"])
async def test_gzip_is_known_by_its_bytes(write: Write, name: str) -> None:
    snapshot = write(name=name, content=gzip.compress(lines(row())))
    assert len((await snapshot.list_day(DAY)).papers) == 1
    assert snapshot.newest_day(TODAY) == DAY


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda packed: packed[:-30], id="cut short"),
        pytest.param(lambda packed: packed[:40] + b"\x00\xff" * 20 + packed[80:], id="damaged"),
        pytest.param(lambda packed: packed[:5], id="nothing but a beginning"),
    ],
)
async def test_a_damaged_gzip_file_is_broken(write: Write, damage: Callable[[bytes], bytes]) -> None:
    packed = gzip.compress(lines(*(row(f"2410.{number:05}") for number in range(1, 200))))
    with pytest.raises(SourceBroken, match="gzip"):
        await write(content=damage(packed)).list_day(DAY)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"<html>\n<body>\n", bytes(range(256)) * 50], ids=repr)
async def test_a_file_without_any_paper_is_broken_and_not_empty(write: Write, content: bytes) -> None:
    snapshot = write(content=content)
    with pytest.raises(SourceBroken, match="no snapshot"):
        await snapshot.list_day(DAY)
    with pytest.raises(SourceBroken):
        await snapshot.find(("2410.24175",))


async def test_a_day_without_papers_is_empty(write: Write) -> None:
    listed = await write(row()).list_day(date(2024, 12, 24))
    assert (listed.day, listed.papers, listed.problems) == (date(2024, 12, 24), (), ())


@pytest.mark.parametrize("kind", ["missing", "a folder", "below a file", "a pipe", "zip"])
def test_a_wrong_file_names_the_setting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "a folder":
        path.mkdir()
    elif kind == "below a file":
        path.write_text("")
        path /= "y"
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("arxiv-metadata-oai-snapshot.json", lines(row()))
    with pytest.raises(BadInput, match="FRONTISPIECE_SNAPSHOT"):
        Snapshot(load_settings(snapshot=path))


async def test_the_fingerprint_follows_the_file(write: Write, tmp_path: Path) -> None:
    snapshot = write(row())
    first = snapshot.fingerprint
    assert snapshot.fingerprint == first
    assert write(row(), row("2410.00001")).fingerprint != first
    (tmp_path / "snapshot.json").unlink()
    with pytest.raises(BadInput, match="FRONTISPIECE_SNAPSHOT"):
        await snapshot.list_day(DAY)
    with pytest.raises(BadInput, match="FRONTISPIECE_SNAPSHOT"):
        _ = snapshot.fingerprint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(row())), inner, max_size=5),
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(st.lists(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), max_size=6))
async def test_no_line_breaks_the_others(write: Write, odd: list[bytes]) -> None:
    snapshot = write(row(), *odd, row("2410.00001"))
    listed = await snapshot.list_day(DAY)
    assert {paper.id for paper in listed.papers} >= {"2410.00001"}
    assert all(problem.isprintable() for problem in listed.problems)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "frontispiece"


@pytest.fixture
def kept(cache: Path, write: Write) -> Callable[..., Snapshot]:
    """A snapshot whose index is kept, however small the file."""

    def _kept(*rows: object, content: bytes | None = None) -> Snapshot:
        write(*rows, content=content)
        return reopened(cache.parent.parent / "snapshot.json")

    return _kept


def reopened(path: Path) -> Snapshot:
    return Snapshot(load_settings(snapshot=path), keep_from=0)


async def ids_of(snapshot: Snapshot, day: date = DAY) -> list[str]:
    return [paper.id for paper in (await snapshot.list_day(day)).papers]


THREE = (row("2410.00001"), row("2410.00002", "Wed, 30 Oct 2024 01:02:03 GMT"), row("2410.00003"))


async def test_the_second_look_up_reads_only_the_lines_of_its_day(
    kept: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ids_of(kept(*THREE)) == ["2410.00001", "2410.00003"]
    assert (tmp_path / "snapshot.json.index").is_file()
    monkeypatch.setattr("frontispiece.sources.snapshot.build", None)
    again = reopened(tmp_path / "snapshot.json")
    assert await ids_of(again) == ["2410.00001", "2410.00003"]
    assert await ids_of(again, date(2024, 10, 30)) == ["2410.00002"]
    assert await ids_of(again, date(2024, 10, 29)) == []
    assert again.newest_day(TODAY) == DAY


async def test_what_could_not_be_read_is_remembered(kept: Write, tmp_path: Path) -> None:
    first = await kept(b"nonsense", *THREE, row("junk"), *[b"[]"] * 30).list_day(DAY)
    again = await reopened(tmp_path / "snapshot.json").list_day(DAY)
    assert first.problems == again.problems
    assert len(again.problems) == 21
    assert again.problems[-1] == "And 12 more."


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(lines(row("2410.00004")))


def _rewrite(path: Path) -> None:
    """Other papers in as many bytes, at the same time of change: only the bytes tell."""
    seen = path.stat()
    path.write_bytes(path.read_bytes().replace(b"2410.0000", b"2410.1000"))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        pytest.param(_grow, ["2410.00001", "2410.00003", "2410.00004"], id="grown"),
        pytest.param(_rewrite, ["2410.10001", "2410.10003"], id="rewritten"),
        pytest.param(os.utime, ["2410.00001", "2410.00003"], id="touched"),
    ],
)
@pytest.mark.parametrize("same_object", [True, False])
async def test_the_index_of_another_state_is_made_anew(
    kept: Write, tmp_path: Path, change: Callable[[Path], None], ids: list[str], same_object: bool
) -> None:
    snapshot = kept(*THREE)
    await snapshot.list_day(DAY)
    change(tmp_path / "snapshot.json")
    assert await ids_of(snapshot if same_object else reopened(tmp_path / "snapshot.json")) == ids


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30)
@given(data=st.data())
async def test_a_damaged_index_is_made_anew(kept: Write, tmp_path: Path, data: st.DataObject) -> None:
    place = tmp_path / "snapshot.json.index"
    await kept(*THREE).list_day(DAY)
    whole = place.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]]))
    place.write_bytes(damaged)
    assert await ids_of(reopened(tmp_path / "snapshot.json")) == ["2410.00001", "2410.00003"]
    assert await ids_of(reopened(tmp_path / "snapshot.json"), date(2024, 10, 30)) == ["2410.00002"]
    assert await ids_of(reopened(tmp_path / "snapshot.json")) == ["2410.00001", "2410.00003"]
    assert place.read_bytes() == whole
    assert len(list(tmp_path.iterdir())) <= 3  # the file, its index, and the folder of the cache; nothing left aside


async def test_the_index_goes_to_the_cache_where_the_folder_cannot_be_written(
    kept: Write, tmp_path: Path, cache: Path
) -> None:
    (tmp_path / "snapshot.json.index").mkdir()  # nobody, root included, can put a file in its place
    assert await ids_of(kept(*THREE)) == ["2410.00001", "2410.00003"]
    (index,) = cache.glob("*.index")
    made = index.stat().st_mtime_ns
    assert await ids_of(reopened(tmp_path / "snapshot.json")) == ["2410.00001", "2410.00003"]
    assert index.stat().st_mtime_ns == made


async def test_without_any_place_to_write_the_index_stays_in_memory(kept: Write, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "snapshot.json.index").mkdir()
    cache.parent.write_text("")
    snapshot = kept(*THREE)
    assert await ids_of(snapshot) == ["2410.00001", "2410.00003"]
    assert await ids_of(snapshot, date(2024, 10, 30)) == ["2410.00002"]


async def test_a_small_file_leaves_nothing_beside_it(write: Write, tmp_path: Path, cache: Path) -> None:
    await write(*THREE).list_day(DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot.json"]


async def test_a_packed_file_has_an_index_too(kept: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ids_of(kept(content=gzip.compress(lines(*THREE)))) == ["2410.00001", "2410.00003"]
    monkeypatch.setattr("frontispiece.sources.snapshot.build", None)
    assert await ids_of(reopened(tmp_path / "snapshot.json"), date(2024, 10, 30)) == ["2410.00002"]


async def test_a_file_that_changes_meanwhile_is_unavailable(kept: Write, tmp_path: Path) -> None:
    snapshot = kept(*THREE)

    def build_and_grow(*told: Any) -> Index:
        index = build(*told)
        _grow(tmp_path / "snapshot.json")
        return index

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frontispiece.sources.snapshot.build", build_and_grow)
        with pytest.raises(SourceUnavailable, match="changed while it was read"):
            await snapshot.list_day(DAY)
    assert await ids_of(snapshot) == ["2410.00001", "2410.00003", "2410.00004"]


LOOK = """
import asyncio, sys
from datetime import date
from pathlib import Path
from frontispiece.settings import load_settings
from frontispiece.sources.snapshot import Snapshot
snapshot = Snapshot(load_settings(snapshot=Path(sys.argv[1])), keep_from=0)
print(*[paper.id for paper in asyncio.run(snapshot.list_day(date(2024, 10, 31))).papers])
"""


def test_processes_make_the_index_at_once_and_do_no_harm(kept: Write, tmp_path: Path) -> None:
    kept(*(row(f"2410.{number:05}") for number in range(1, 2_001)))
    command = [sys.executable, "-c", LOOK, str(tmp_path / "snapshot.json")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0].split() for process in running]
    assert [len(ids) for ids in said] == [2_000, 2_000]
    assert Index.load(tmp_path / "snapshot.json.index", state_of(tmp_path / "snapshot.json")).head.lines == 2_000
    assert {path.name for path in tmp_path.iterdir()} <= {"snapshot.json", "snapshot.json.index", "cache"}


DATES = st.datetimes(datetime(1991, 8, 14), datetime(2030, 1, 1)).map(lambda at: f"{at:%a, %-d %b %Y %H:%M:%S} GMT")  # noqa: DTZ001
VERSIONS = st.lists(DATES, min_size=1, max_size=3).map(
    lambda dates: [{"version": f"v{number}", "created": each} for number, each in enumerate(dates, 1)]
)
WORDS = st.lists(
    st.text(max_size=6)
    | st.sampled_from(['"versions": [{"version": "v1", "created": "Fri, 1 Nov 2024 00:00:00 GMT"}]', "versions", '"'])
    | st.sampled_from(["\\", "\\u0076ersions", '\\"versions', ", ", "{", "}]"]),
    max_size=6,
).map("".join)
INNER = st.recursive(
    WORDS | st.none() | VERSIONS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["versions", "a"]) | WORDS, inner),
    max_leaves=4,
)


@st.composite
def odd_lines(draw: st.DrawFn) -> bytes:
    """A paper, in any order of keys, with strange fields, keys given twice and letters escaped."""
    fields = [
        *(("id", "2410.24175"), ("title", "A" + draw(WORDS)), ("abstract", draw(WORDS)), ("versions", draw(VERSIONS))),
        *draw(st.lists(st.tuples(st.sampled_from(["versions", "v\\u0065rsions", "x", "comments"]), INNER), max_size=3)),
    ]
    separators = draw(st.sampled_from([(", ", ": "), (",", ":"), (" ,\t", " : ")]))
    plain = draw(st.booleans())
    parts = [
        f'"{key}"{separators[1]}{json.dumps(value, separators=separators, ensure_ascii=plain)}'
        for key, value in draw(st.permutations(fields))
    ]
    line = "{" + separators[0].join(parts) + "}"
    if draw(st.booleans()):
        line = line.replace("versions", draw(st.sampled_from(["\\u0076ersions", "version\\u0073"])), 1)
    return line.encode(errors="replace")


@settings(max_examples=200, deadline=None)
@given(odd_lines())
def test_the_glance_never_says_another_day_than_the_whole_line(line: bytes) -> None:
    seen = glance_day(line)
    try:
        record = parse(line)
    except ValueError:
        return
    assert seen in (None, record.day)


def test_the_glance_knows_the_usual_line() -> None:
    """Of usual lines nearly none is parsed."""
    assert glance_day(lines(row(abstract='On "versions" of $\\alpha$', title="Ren\u00e9's versions?"))) == DAY
    assert glance_day(json.dumps(row(), separators=(",", ":")).encode()) == DAY


@given(st.binary(max_size=300))
def test_any_bytes_are_an_index_or_not(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    place = tmp_path_factory.getbasetemp() / "any.index"
    place.write_bytes(content)
    with pytest.raises(Damaged):
        Index.load(place, "state")
