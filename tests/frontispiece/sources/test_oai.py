"""arXiv by OAI-PMH: which papers a day's list holds, what is read for it, and what becomes of broken answers."""

import asyncio
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
from fakes.oai import FakeOai, deleted, document, error, header, page, record
from fakes.server import serving
from helpers.papers import DAY, LLAMMLEIN, REAL, SIGMA, many, paper
from helpers.real_server import PATIENCE, eventually
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from frontispiece.errors import BadInput, FrontispieceError, SourceBroken, SourceUnavailable
from frontispiece.providers.http import Answer
from frontispiece.settings import load_settings
from frontispiece.sources.arxiv_door import Pace
from frontispiece.sources.arxiv_oai import ArxivOai, sets_of
from frontispiece.sources.oai import Page, TokenExpired, parse_page
from frontispiece.sources.oai_mirror import Coverage, Mirror

FAKE = FakeOai()
NOW = datetime(2024, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Starlette(routes=FAKE.routes)) as address:
        yield f"{address}/oai"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "frontispiece"


Open = Callable[..., ArxivOai]


@pytest.fixture
def source(url: str) -> Open:
    """Opens the source as it is at some moment, with whatever was harvested before."""
    FAKE.__init__(many(3))  # type: ignore[misc]

    def _open(now: datetime = NOW, pace: Pace | None = None, spacing: float = 0, **choices: object) -> ArxivOai:
        settings = load_settings(arxiv_spacing=spacing, **choices).model_copy(update={"arxiv_oai_url": url})
        return ArxivOai(settings, pace=pace or Pace(), timeout=PATIENCE, clock=lambda: now)

    return _open


async def ids(source: ArxivOai, day: date = DAY) -> list[str]:
    listed = await source.list_day(day)
    assert listed.problems == ()
    return [paper.id for paper in listed.papers]


ALL_THREE = ["2411.00001", "2411.00002", "2411.00003"]


async def test_a_record_becomes_a_paper(source: Open) -> None:
    FAKE.papers = [LLAMMLEIN.model_copy(update={"version": 3, "updated": date(2024, 11, 20)})]
    listed = await source().list_day(date(2024, 11, 17))
    (got,) = listed.papers
    assert (got.id, got.version, got.title) == (LLAMMLEIN.id, 3, LLAMMLEIN.title)
    assert (got.abstract, got.authors, got.categories) == (LLAMMLEIN.abstract, LLAMMLEIN.authors, ("cs.CL", "cs.AI"))
    assert (got.published, got.updated) == (date(2024, 11, 17), date(2024, 11, 20))
    assert (got.listing.source, got.listing.day, got.listing.rank) == ("arxiv-oai", date(2024, 11, 17), 0)


async def test_a_day_asks_for_all_that_changed_since_then(source: Open) -> None:
    assert await ids(source()) == ALL_THREE
    assert FAKE.requests == [
        {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "from": "2024-11-18", "set": "cs"},
    ]


async def test_weeks_are_asked_for_one_by_one(source: Open) -> None:
    await ids(source(), date(2024, 11, 2))
    assert FAKE.asked == [("2024-11-01", "2024-11-07"), ("2024-11-08", "2024-11-14"), ("2024-11-15", "2024-11-21"),
                          ("2024-11-22", "")]  # fmt: skip


async def test_a_paper_stays_on_the_day_it_was_submitted_however_late_it_is_changed(source: Open) -> None:
    FAKE.changed = {"2411.00002": date(2024, 11, 24)}
    assert await ids(source()) == ALL_THREE
    assert await ids(source(), date(2024, 11, 24)) == []


async def test_what_changed_after_a_harvest_is_not_lost(source: Open) -> None:
    """It moves to another datestamp, beyond what was read; the list knows it all the same."""
    first = datetime(2024, 11, 21, 12, tzinfo=UTC)
    assert await ids(source(first)) == ALL_THREE
    FAKE.changed = {"2411.00001": date(2025, 3, 1)}
    FAKE.papers[0] = FAKE.papers[0].model_copy(update={"title": "A Newer Title", "version": 2})
    assert await ids(source(first + timedelta(days=40))) == ALL_THREE
    listed = await source(datetime(2025, 3, 10, tzinfo=UTC)).list_day(date(2025, 3, 8))
    assert listed.papers == ()
    titles = [got.title for got in (await source(datetime(2025, 3, 10, tzinfo=UTC)).list_day(DAY)).papers]
    assert titles == ["A Newer Title", "Paper 2", "Paper 3"]


async def test_an_earlier_day_reads_what_lies_before_and_what_has_changed_meanwhile(source: Open) -> None:
    early = paper("2410.00001", "Early", published=date(2024, 10, 10))
    moved = paper("2410.00002", "Moved", published=date(2024, 10, 10))
    FAKE.papers += [early, moved]
    first = datetime(2024, 11, 25, 12, tzinfo=UTC)
    assert await ids(source(first)) == ALL_THREE
    FAKE.requests.clear()
    FAKE.changed = {moved.id: date(2024, 12, 20)}  # from before what was read to after it
    assert await ids(source(datetime(2024, 12, 24, tzinfo=UTC)), date(2024, 10, 10)) == ["2410.00001", "2410.00002"]
    assert FAKE.asked[0] == ("2024-11-11", "2024-11-17")
    assert FAKE.asked[-1][1] == ""
    assert min(FAKE.asked)[0] == "2024-10-01"  # all of the month
    FAKE.requests.clear()
    assert await ids(source(datetime(2024, 12, 24, tzinfo=UTC)), date(2024, 10, 2)) == []
    assert FAKE.requests == []


async def test_days_that_are_whole_cost_no_request(source: Open) -> None:
    """Thirty days after its day a list is final; before that, it is read anew once an hour."""
    assert await ids(source(), date(2024, 10, 1)) == []
    FAKE.requests.clear()
    for day in (date(2024, 10, 1), date(2024, 10, 20), DAY):
        await ids(source(NOW + timedelta(minutes=59)), day)
    assert FAKE.requests == []
    await ids(source(NOW + timedelta(days=3)), date(2024, 10, 20))
    assert FAKE.requests == []
    await ids(source(NOW + timedelta(minutes=61)))
    assert FAKE.asked == [("2024-11-24", "")]


async def test_late_announcements_are_added(source: Open) -> None:
    late = FAKE.papers.pop()
    assert await ids(source()) == ALL_THREE[:2]
    FAKE.papers.append(late)
    FAKE.changed = {late.id: date(2024, 11, 26)}
    assert await ids(source(NOW + timedelta(days=1))) == ALL_THREE


async def test_half_a_harvest_does_not_make_a_list_whole(source: Open) -> None:
    """A late paper may have moved on to what was not read any more."""
    late = FAKE.papers.pop()
    assert await ids(source()) == ALL_THREE[:2]
    FAKE.papers.append(late)
    FAKE.changed = {late.id: date(2025, 1, 8)}
    FAKE.faults.queue("oai", *[""] * 5, "503")
    with pytest.raises(SourceUnavailable):
        await source(datetime(2025, 1, 10, tzinfo=UTC)).list_day(DAY)
    assert await ids(source(datetime(2025, 1, 10, tzinfo=UTC))) == ALL_THREE


async def test_categories_choose_sets_and_papers(source: Open) -> None:
    FAKE.papers = [
        paper("2411.00001", categories=("cs.CL",)),
        paper("2411.00002", categories=("hep-th", "cs.AI")),
        paper("2411.00003", categories=("math.CO",)),
        paper("2411.00004", categories=("cs.DS",)),
    ]
    assert await ids(source(categories="cs.CL,hep-th")) == ["2411.00001", "2411.00002"]
    assert [told["set"] for told in FAKE.requests] == ["cs", "physics"]
    assert await ids(source(categories="cs.CL,cmp-lg")) == ["2411.00001"]
    assert "set" not in FAKE.requests[-1], "an archive of old is in no set of its own"


@pytest.mark.parametrize(
    ("categories", "sets"),
    [
        (("cs.CL", "cs.AI"), ("cs",)),
        (("quant-ph", "astro-ph.CO", "stat.ML"), ("physics", "stat")),
        (("q-bio.QM",), ("q-bio",)),
        (("cmp-lg", "cs.CL"), ("",)),
    ],
)
def test_sets(categories: tuple[str, ...], sets: tuple[str, ...]) -> None:
    assert sets_of(categories) == sets


async def test_long_lists_come_in_pages(source: Open) -> None:
    FAKE.__init__(many(25), per_page=10)  # type: ignore[misc]
    assert await ids(source()) == [each.id for each in FAKE.papers]
    assert len(FAKE.requests) == 3


async def test_an_expired_token_begins_the_list_anew_once(source: Open) -> None:
    FAKE.__init__(many(25), per_page=10)  # type: ignore[misc]
    FAKE.faults.queue("oai", "", "", "expired")
    assert len(await ids(source())) == 25
    assert FAKE.asked == [("2024-11-18", "")] * 2
    assert len(FAKE.requests) == 6


async def test_a_token_that_expires_again_is_an_error(source: Open) -> None:
    FAKE.__init__(many(25), per_page=10)  # type: ignore[misc]
    FAKE.faults.queue("oai", "", "expired", "", "expired")
    with pytest.raises(SourceBroken, match="its own resumption token"):
        await source().list_day(DAY)


async def test_what_is_deleted_leaves_the_list(source: Open) -> None:
    FAKE.gone.add("2411.00002")
    assert await ids(source()) == ["2411.00001", "2411.00003"]
    FAKE.gone.add("2411.00003")
    FAKE.changed = {"2411.00003": date(2024, 11, 26)}
    assert await ids(source(NOW + timedelta(days=2))) == ["2411.00001"]


async def test_a_record_that_cannot_be_read_is_named_until_it_can(source: Open) -> None:
    broken = record(paper("2411.00009"), date(2024, 11, 20)).replace("<title>", "<x>").replace("</title>", "</x>")
    FAKE.extra = [(date(2024, 11, 20), broken)]
    for _ in range(2):
        listed = await source().list_day(DAY)
        assert len(listed.papers) == 3
        (problem,) = listed.problems
        assert problem.startswith("2411.00009: title: ")
    FAKE.extra = []
    FAKE.papers.append(paper("2411.00009"))
    FAKE.changed = {"2411.00009": date(2024, 11, 26)}
    assert await ids(source(NOW + timedelta(days=1))) == [*ALL_THREE, "2411.00009"]


CASES = {
    "flow control": SourceUnavailable,
    "cut": SourceUnavailable,
    "document type": SourceUnavailable,
    "HTML 200": SourceUnavailable,
    "429": SourceUnavailable,
    "500": SourceUnavailable,
    "503": SourceUnavailable,
    "reset before reading": SourceUnavailable,
    "truncated body": SourceUnavailable,
    "bad argument": SourceBroken,
    "404": SourceBroken,
    "redirect": SourceBroken,
}


PLACES = [(0, fault) for fault in CASES] + [(1, fault) for fault in ("flow control", "cut", "bad argument")]


@pytest.mark.parametrize(("place", "fault"), PLACES, ids=[f"{fault} on page {place}" for place, fault in PLACES])
async def test_faults_are_told_apart_and_no_part_of_a_list_passes_for_all(source: Open, place: int, fault: str) -> None:
    FAKE.__init__(many(15), per_page=10)  # type: ignore[misc]
    FAKE.faults.queue("oai", *[""] * place, fault)
    with pytest.raises(FrontispieceError) as caught:
        await source().list_day(DAY)
    assert type(caught.value) is CASES[fault]
    assert str(caught.value).isprintable()
    assert "arXiv" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 our own
    assert len(FAKE.requests) == place + 1
    assert len(await ids(source())) == 15


async def test_the_wait_of_flow_control_is_passed_on(source: Open) -> None:
    FAKE.faults.queue("oai", "flow control")
    with pytest.raises(SourceUnavailable) as caught:
        await source().list_day(DAY)
    assert caught.value.retry_after == 11


async def test_a_list_that_leads_back_to_itself_is_broken(source: Open) -> None:
    FAKE.faults.always("oai", "circle")
    with pytest.raises(SourceBroken, match="back to itself"):
        await source().list_day(DAY)
    assert len(FAKE.requests) == 2


async def test_an_attempt_that_failed_is_taken_up(source: Open) -> None:
    FAKE.faults.queue("oai", "", "", "503")
    with pytest.raises(SourceUnavailable):
        await source().list_day(date(2024, 11, 2))
    FAKE.requests.clear()
    await ids(source(), date(2024, 11, 2))
    assert FAKE.asked == [("2024-11-15", "2024-11-21"), ("2024-11-22", "")]


async def test_a_harvest_of_earlier_weeks_that_failed_is_no_whole_one(source: Open) -> None:
    """Between two harvests a paper may have moved over what is kept, so the present is read as well."""
    moved = paper("2410.00002", "Moved", published=date(2024, 10, 10))
    FAKE.papers.append(moved)
    await ids(source())
    FAKE.changed = {moved.id: date(2024, 12, 20)}
    later = datetime(2024, 12, 24, tzinfo=UTC)
    FAKE.faults.queue("oai", "", "", "", "503")
    with pytest.raises(SourceUnavailable):
        await source(later).list_day(date(2024, 10, 10))
    assert await ids(source(later), date(2024, 10, 10)) == [moved.id]


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_whenever_a_day_is_asked_for_none_of_its_papers_is_missing(
    source: Open, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, chance: Random
) -> None:
    """Papers come and change, days are asked for in any order, and answers are lost."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    FAKE.__init__(per_page=chance.choice([3, 50]))  # type: ignore[misc]
    FAKE.faults.queue("oai", *[*[""] * 28, "503"] * 1_000)  # no list of these has so many pages
    today = date(2024, 3, 1)
    for _ in range(chance.randint(2, 6)):
        for number in range(len(FAKE.papers), len(FAKE.papers) + chance.randint(0, 12)):
            submitted = today - timedelta(days=chance.choice([0, 1, 2, 5, 20]))
            FAKE.papers.append(paper(f"2411.{number:05}", published=submitted))
            FAKE.changed[FAKE.papers[-1].id] = max(today - timedelta(days=chance.choice([0, 0, 1])), submitted)
        day = chance.choice([each.published or today for each in FAKE.papers] or [today])
        now = datetime.combine(today, time(12), UTC)
        asked = source(now, categories=("cs.CL",))
        while True:
            with suppress(SourceUnavailable):
                listed = await asked.list_day(day)
                break
        assert {got.id for got in listed.papers} == {each.id for each in FAKE.papers if each.published == day}
        today += timedelta(days=chance.choice([1, 3, 10, 45]))
        for each in FAKE.papers:
            if chance.random() < 0.3:
                FAKE.changed[each.id] = today - timedelta(days=chance.choice([0, 0, 1]))


async def test_days_side_by_side_harvest_once_and_keep_one_pace(source: Open) -> None:
    slept = list[float]()
    pace = Pace(clock=lambda: 0.0, sleep=slept.append)
    days = [date(2024, 11, 2) + timedelta(days=number) for number in range(6)]
    await asyncio.gather(*(source(pace=pace, spacing=3).list_day(day) for day in days))
    # Whichever came first: what another one read is not asked for again, but for the open end after an earlier stretch.
    closed = [(start, end) for start, end in FAKE.asked if end]
    assert len(closed) == len(set(closed))
    assert slept == [3.0] * (len(FAKE.requests) - 1)


async def test_nobody_waits_for_a_harvest_that_is_not_wanted_any_more(source: Open) -> None:
    FAKE.faults.always("oai", "slow body")
    harvest = asyncio.create_task(source().list_day(date(2024, 11, 2)))
    waiting = asyncio.create_task(source().list_day(date(2024, 11, 2)))
    await eventually(lambda: FAKE.requests)
    for task in (waiting, harvest):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    FAKE.faults.always("oai", None)
    assert await ids(source()) == ALL_THREE  # nobody holds the lock any more


@pytest.mark.parametrize("damage", [b"nonsense" * 500, b""], ids=["nonsense", "empty"])
async def test_a_damaged_mirror_is_made_anew(source: Open, cache: Path, damage: bytes) -> None:
    await ids(source())
    (kept,) = cache.glob("*.sqlite")
    kept.write_bytes(damage)
    if damage:
        with pytest.raises(SourceUnavailable, match="damaged"):
            await source().list_day(DAY)
    assert await ids(source()) == ALL_THREE


async def test_a_cache_that_cannot_be_written_is_named(source: Open, cache: Path) -> None:
    cache.parent.write_text("")
    with pytest.raises(BadInput, match="XDG_CACHE_HOME"):
        await source().list_day(DAY)


def test_only_one_harvests(tmp_path: Path) -> None:
    mirror, stop = Mirror(tmp_path / "x.sqlite"), threading.Event()
    stop.set()
    with mirror.harvesting(stop), pytest.raises(SourceUnavailable), Mirror(tmp_path / "x.sqlite").harvesting(stop):
        pass
    with mirror.harvesting(stop):
        assert mirror.coverage() is None
        mirror.cover(Coverage(DAY, DAY, 7.0))
        assert mirror.coverage() == Coverage(DAY, DAY, 7.0)


async def test_papers_are_found_one_by_one(source: Open) -> None:
    FAKE.papers = [*REAL, paper("hep-th/9901001", version=2, published=date(1999, 1, 1), categories=("hep-th",))]
    listed = await source().find((f"{SIGMA.id}v7", "2411.99999", "hep-th/9901001", SIGMA.id))
    assert [(got.id, got.version, got.listing.rank) for got in listed.papers] == [
        (SIGMA.id, 1, 0),
        ("hep-th/9901001", 2, 1),
    ]
    assert listed.papers[1].listing.day == date(1999, 1, 1)
    assert listed.problems == ("2411.99999: not on arXiv.",)
    assert [told["identifier"] for told in FAKE.requests][-1] == "oai:arXiv.org:hep-th/9901001"


@pytest.mark.parametrize("address", ["arxiv.org", "ftp://arxiv.org", "http://h?x"])
def test_an_address_that_cannot_be_names_its_variable(address: str) -> None:
    with pytest.raises(BadInput, match="FRONTISPIECE_ARXIV_OAI_URL"):
        ArxivOai(load_settings().model_copy(update={"arxiv_oai_url": address}))


def answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, body, "http://arxiv.test")


WHOLE = page([record(each, DAY) for each in REAL] + [deleted("2411.00001", DAY)], "more")


def test_a_page_is_read() -> None:
    got = parse_page(answer(WHOLE))
    assert [entry.id for entry in got.entries] == [each.id for each in REAL]
    assert (got.deleted, got.problems, got.token) == (("2411.00001",), (), "more")


def test_versions_stand_in_order() -> None:
    shuffled = record(LLAMMLEIN, DAY).replace(
        '<version version="v1">',
        '<version version="v10"><date>Fri, 1 Nov 2024 08:00:00 GMT</date></version><version version="v1">',
    )
    ((entry,), _) = (parse_page(answer(page([shuffled]))).entries, None)
    assert [each.version for each in entry.record.versions] == ["v1", "v10"]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(f"<record>{header('2411.00001', DAY)}</record>", id="no metadata"),
        pytest.param(f"<record>{header('2411.00001', DAY)}<metadata/></record>", id="empty metadata"),
        pytest.param("<record/>", id="nothing"),
        pytest.param(record(SIGMA, DAY).replace('version="v1"', ""), id="no name of a version"),
        pytest.param(record(SIGMA, DAY).replace('version="v1"', 'version="v2"'), id="no version 1"),
        pytest.param(record(SIGMA, DAY).replace("2024 17:42", "long ago"), id="no date"),
        pytest.param(record(SIGMA, DAY).replace(f"<id>{SIGMA.id}", "<id>../x"), id="junk id"),
    ],
)
def test_an_odd_record_is_a_problem_of_its_own(odd: str) -> None:
    got = parse_page(answer(page([odd, record(LLAMMLEIN, DAY)])))
    assert [entry.id for entry in got.entries] == [LLAMMLEIN.id]
    assert len(got.problems) == 1


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(record(SIGMA, DAY).replace("<title>", "<title>&#xD83D;&#12;\x0c"), id="signs that XML has not"),
        pytest.param(
            re.sub("<authors>.*</authors>|<abstract>[^<]*</abstract>", "", record(SIGMA, DAY)), id="nothing else"
        ),
        pytest.param(
            record(SIGMA, DAY).replace("</version>", '</version><version version="v2"><date>soon</date></version>'),
            id="an odd version",
        ),
    ],
)
def test_a_paper_is_not_lost_for_what_stands_beside_it(odd: str) -> None:
    got = parse_page(answer(page([odd, record(LLAMMLEIN, DAY)])))
    assert [(entry.id, entry.record.title) for entry in got.entries] == [
        (one.id, one.title) for one in (SIGMA, LLAMMLEIN)
    ]
    assert (got.problems, got.entries[0].record.day) == ((), SIGMA.published)


@pytest.mark.parametrize("code", ["noRecordsMatch", "idDoesNotExist"])
def test_nothing_is_an_empty_page(code: str) -> None:
    assert parse_page(answer(error(code))) == Page()


@pytest.mark.parametrize(
    "code", ["badArgument", "badVerb", "cannotDisseminateFormat", "noSetHierarchy", "", "x\n\u202e"]
)
def test_complaints_are_quoted(code: str) -> None:
    with pytest.raises(SourceBroken, match="refuses the request") as caught:
        parse_page(answer(error(code, "Something\n<b>odd</b>".replace("<", "&lt;"))))
    assert str(caught.value).isprintable()


def test_an_expired_token_is_known() -> None:
    with pytest.raises(TokenExpired):
        parse_page(answer(error("badResumptionToken")))


def test_a_token_without_end_is_refused() -> None:
    with pytest.raises(SourceBroken, match="characters"):
        parse_page(answer(page([record(SIGMA, DAY)], "x" * 2_001)))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_page_cut_anywhere_is_never_taken_for_a_whole_one(length: int) -> None:
    with pytest.raises(SourceUnavailable):
        parse_page(answer(WHOLE[:length]))


PIECES = (
    *(b"<record>", b"</record>", b"<header", b'status="deleted"', b"<metadata>", b"</metadata>", b"v1", b"<title>"),
    *(b"oai:arXiv.org:", b"GMT", b"2024", b"\x00", b"&a;", b"&#0;", b"<!DOCTYPE x>", b"]]>", b'<error code="x"/>'),
)


@given(
    st.binary(max_size=200)
    | st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 30), st.sampled_from(PIECES) | st.binary(max_size=5))
    )
    .filter(bool)
    .map(lambda edits: _mutated(edits)),
    st.sampled_from([200, 301, 400, 404, 429, 503]),
)
@example(WHOLE, 200)
@example(b"", 200)
@example(b'<?xml version="1.0" encoding="no-such"?><OAI-PMH/>', 200)
@example(b'<?xml version="1.0" encoding="utf-7"?><OAI-PMH/>', 200)
@example(b"<a>" * 100_000, 200)
@example(document("<a>" * 50_000 + "</a>" * 50_000), 200)
@example(document('<ListRecords><record><header status="deleted"/></record></ListRecords>'), 200)
def test_any_answer_is_a_page_or_an_error_of_ours(body: bytes, status: int) -> None:
    try:
        got = parse_page(answer(body, status))
    except FrontispieceError as caught:
        assert str(caught).isprintable()  # noqa: PT017 either will do
        return
    except TokenExpired:
        return
    assert all(entry.record.day for entry in got.entries)


def _mutated(edits: list[tuple[int, int, bytes]]) -> bytes:
    body = WHOLE
    for place, gone, new in edits:
        body = body[:place] + new + body[place + gone :]
    return body


def test_entities_do_not_make_a_page_grow() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(SourceUnavailable):
        parse_page(answer(WHOLE.replace(b"<OAI-PMH", bomb + b"<OAI-PMH", 1).replace(b"<title>", b"<title>&b;")))
