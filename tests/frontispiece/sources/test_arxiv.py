"""arXiv's query API, and everything about it that must not be taken for an empty list."""

import asyncio
import contextlib
import gzip
import pickle
import re
import socket
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from fakes.arxiv import FakeArxiv, entry, error_feed, feed
from fakes.faults import TOO_LONG
from fakes.server import serving
from helpers.papers import DAY, LLAMMLEIN, REAL, SIGMA, many, paper
from helpers.real_server import PATIENCE
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontispiece.errors import BadInput, FrontispieceError, SourceBroken, SourceUnavailable, SourceUnreached
from frontispiece.providers.http import Answer
from frontispiece.settings import load_settings
from frontispiece.sources.arxiv import MAX_TOTAL, ArxivApi
from frontispiece.sources.arxiv_door import Pace
from frontispiece.sources.arxiv_pages import PAGE, look_at

FAKE = FakeArxiv()


async def _packed(request: Request) -> Response:
    return Response(gzip.compress(feed([entry(SIGMA)])), headers={"Content-Encoding": "gzip"})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Starlette(routes=[*FAKE.routes, Route("/packed", _packed)])) as address:
        yield address


@pytest.fixture
def source(url: str) -> ArxivApi:
    FAKE.__init__(REAL)  # type: ignore[misc]
    return api(f"{url}/api/query")


def api(
    address: str, pace: Pace | None = None, timeout: float = PATIENCE, max_total: int = MAX_TOTAL, **choices: object
) -> ArxivApi:
    settings = load_settings(**{"arxiv_url": address, "arxiv_spacing": 0, **choices})
    return ArxivApi(settings, pace=pace or Pace(), timeout=timeout, max_total=max_total)


async def test_a_day_is_asked_for_by_categories_and_dates(source: ArxivApi) -> None:
    listed = await source.list_day(date(2024, 11, 17))
    (got,) = listed.papers
    assert (got.id, got.version, got.title) == (LLAMMLEIN.id, 1, LLAMMLEIN.title)
    assert (got.abstract, got.authors) == (LLAMMLEIN.abstract, LLAMMLEIN.authors)
    assert got.categories == ("cs.CL", "cs.AI")  # the primary one first, whatever the order of the feed
    assert (got.published, got.updated) == (date(2024, 11, 17), date(2024, 11, 17))
    assert (got.listing.source, got.listing.day, got.listing.rank) == ("arxiv", date(2024, 11, 17), 0)
    (asked,) = FAKE.requests
    assert asked == {
        "search_query": "(cat:cs.AI OR cat:cs.CL OR cat:cs.CV OR cat:cs.LG)"
        " AND submittedDate:[202411170000 TO 202411172359]",
        "id_list": "",
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
        "start": "0",
        "max_results": "500",
    }


async def test_every_request_says_who_asks_and_for_what(source: ArxivApi) -> None:
    await source.list_day(DAY)
    for headers in FAKE.headers:
        assert headers["user-agent"].startswith("frontispiece/")
        assert "application/atom+xml" in headers["accept"]


async def test_long_lists_come_in_pages(source: ArxivApi) -> None:
    FAKE.papers = many(1_001)
    papers = (await source.list_day(DAY)).papers
    assert [paper.id for paper in papers] == [paper.id for paper in FAKE.papers]
    assert [paper.listing.rank for paper in papers] == list(range(1_001))
    assert [request["start"] for request in FAKE.requests] == ["0", "500", "1000"]


async def test_a_list_longer_than_the_api_gives_is_asked_for_in_parts(url: str) -> None:
    FAKE.__init__(many(40))  # type: ignore[misc]
    FAKE.gives = 30
    FAKE.minutes = {paper.id: 30 * number for number, paper in enumerate(FAKE.papers)}
    listed = await api(f"{url}/api/query", max_total=30).list_day(DAY)
    assert [paper.id for paper in listed.papers] == [paper.id for paper in FAKE.papers]
    assert [paper.listing.rank for paper in listed.papers] == list(range(40))
    assert [request["search_query"][-42:] for request in FAKE.requests] == [
        "submittedDate:[202411190000 TO 202411192359]"[-42:],
        "submittedDate:[202411190000 TO 202411191159]"[-42:],
        "submittedDate:[202411191200 TO 202411192359]"[-42:],
    ]


async def test_a_list_that_grows_too_long_meanwhile_is_asked_for_in_parts(source: ArxivApi) -> None:
    FAKE.papers = many(600)
    FAKE.faults.queue("query", "", "too many")
    assert len((await source.list_day(DAY)).papers) == 600


async def test_more_papers_in_a_minute_than_the_api_gives_are_an_error(url: str) -> None:
    FAKE.__init__(many(31))  # type: ignore[misc]
    with pytest.raises(SourceBroken, match="31 papers of a single minute of 2024-11-19"):
        await api(f"{url}/api/query", max_total=30).list_day(DAY)
    assert len(FAKE.requests) < 40  # halved down to one minute


async def test_an_empty_list_is_taken_for_true_only_the_second_time(source: ArxivApi) -> None:
    FAKE.papers = many(3)
    FAKE.faults.queue("query", "empty")
    assert len((await source.list_day(DAY)).papers) == 3
    assert len(FAKE.requests) == 2
    listed = await source.list_day(date(2024, 12, 24))
    assert (listed.papers, listed.problems) == ((), ())
    assert len(FAKE.requests) == 4


FIRST_PAGE = {
    "no entries": SourceUnavailable,
    "cut": SourceUnavailable,
    "short": SourceUnavailable,
    "HTML 200": SourceUnavailable,
    "rate exceeded": SourceUnavailable,
    "429": SourceUnavailable,
    "500": SourceUnavailable,
    "503": SourceUnavailable,
    "reset before reading": SourceUnavailable,
    "truncated body": SourceUnavailable,
    "bad start": SourceBroken,
    "bad id": BadInput,
    "404": SourceBroken,
    "redirect": SourceBroken,
}
LATER_PAGE = {"empty": SourceUnavailable, **FIRST_PAGE}
CASES = [(0, fault, kind) for fault, kind in FIRST_PAGE.items()] + [
    (1, fault, kind) for fault, kind in LATER_PAGE.items()
]


async def test_nobody_there_is_told_from_an_answer_that_broke_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/query"
    source = ArxivApi(load_settings(arxiv_url=url, arxiv_spacing=0.0))
    with pytest.raises(SourceUnreached):
        await source.list_day(DAY)
    await source.close()


@pytest.mark.parametrize(("page", "fault", "kind"), CASES, ids=[f"{fault} on page {page}" for page, fault, _ in CASES])
async def test_faults_are_told_apart(source: ArxivApi, page: int, fault: str, kind: type[FrontispieceError]) -> None:
    FAKE.papers = many(600)
    FAKE.faults.queue("query", *[""] * page, fault)
    with pytest.raises(FrontispieceError) as caught:
        await source.list_day(DAY)
    assert type(caught.value) is kind
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert "arXiv" in sentence
    assert str(pickle.loads(pickle.dumps(caught.value))) == sentence  # noqa: S301 our own
    assert len(FAKE.requests) == page + 1  # nothing is sent again behind our back


@pytest.mark.parametrize(("fault", "wait"), [("rate exceeded", 7), ("429 seconds", 1), ("503", None)])
async def test_a_wait_that_was_asked_for_is_passed_on(source: ArxivApi, fault: str, wait: float | None) -> None:
    FAKE.faults.queue("query", fault)
    with pytest.raises(SourceUnavailable) as caught:
        await source.list_day(DAY)
    assert caught.value.retry_after == wait


async def test_a_trickle_is_given_up(url: str) -> None:
    FAKE.__init__(many(3))  # type: ignore[misc]
    FAKE.faults.queue("query", "slow body")
    with pytest.raises(SourceUnavailable, match="within 2 s"):
        await api(f"{url}/api/query", timeout=TOO_LONG / 4).list_day(DAY)


async def test_a_server_out_of_reach_is_unavailable() -> None:
    with pytest.raises(SourceUnavailable):
        await api("http://127.0.0.1:9/api/query").list_day(DAY)


async def test_compressed_answers_are_unpacked(url: str) -> None:
    (got,) = (await api(f"{url}/packed").find((SIGMA.id,))).papers
    assert got.title == SIGMA.title


async def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(
    source: ArxivApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert len((await source.find((SIGMA.id,))).papers) == 1


async def test_papers_are_found_by_id_and_version(source: ArxivApi) -> None:
    FAKE.papers.append(paper("hep-th/9901001", version=2, published=date(1999, 1, 1)))
    asked = (f"https://arxiv.org/abs/{SIGMA.id}v3", "2411.99999v2", "hep-th/9901001v2", SIGMA.id)
    listed = await source.find(asked)
    assert [(got.id, got.version, got.listing.rank) for got in listed.papers] == [
        (SIGMA.id, 1, 0),
        ("hep-th/9901001", 2, 1),
    ]
    assert listed.papers[0].title == "Top-$nσ$: Not All Logits Are You Need"
    assert listed.papers[1].listing.day == date(1999, 1, 1)
    assert listed.problems == ("2411.99999v2: not on arXiv.",)
    assert FAKE.requests[0]["id_list"] == f"{SIGMA.id}v3,2411.99999v2,hep-th/9901001v2"
    assert FAKE.requests[0]["search_query"] == ""


async def test_old_ids_with_a_subject_class_are_found(source: ArxivApi) -> None:
    FAKE.papers.append(paper("math/0309136", published=date(2003, 9, 8)))
    assert [got.id for got in (await source.find(("math.GT/0309136",))).papers] == ["math/0309136"]


async def test_many_ids_are_asked_for_in_parts(source: ArxivApi) -> None:
    FAKE.papers = many(250)
    listed = await source.find(tuple(paper.id for paper in reversed(FAKE.papers)))
    assert [got.id for got in listed.papers] == [paper.id for paper in reversed(FAKE.papers)]
    assert len(FAKE.requests) == 3


async def test_no_malformed_id_is_sent(source: ArxivApi) -> None:
    with pytest.raises(BadInput):
        await source.find((SIGMA.id, "2411.07641,2411.00001"))
    assert FAKE.requests == []
    assert (await source.find(())).papers == ()
    assert FAKE.requests == []


def test_the_newest_day_is_the_last_one_that_is_over(source: ArxivApi) -> None:
    assert source.newest_day(DAY) == date(2024, 11, 18)


@pytest.mark.parametrize(
    "category",
    ["cs.CL", "hep-th", "cond-mat.stat-mech", "cond-mat", "q-bio", "math.MP", "physics.ao-ph", "q-alg", "cmp-lg"],
)
def test_categories_of_arxiv_are_taken(category: str) -> None:
    assert api("http://127.0.0.1", categories=(category,)).fingerprint


@pytest.mark.parametrize(
    "category",
    [
        "",
        "CS.CL",
        "cs",
        "cs.",
        "cs.ZZ",
        "physics.CL",
        "hep-th.AB",
        "cs.CLX",
        "cs.CL OR cat:cs.AI",
        "cs.CL)",
        "cs.CL\n",
        "c" * 5_000,
        "*",
    ],
)
def test_other_categories_are_refused(category: str) -> None:
    with pytest.raises(BadInput, match="categories"):
        api("http://127.0.0.1", categories=(category,))


@pytest.mark.parametrize(
    "address", ["arxiv.org", "ftp://arxiv.org", "http://", "http://h/{}", "http://h?x", "http://h:0"]
)
def test_an_address_that_cannot_be_names_its_variable(address: str) -> None:
    with pytest.raises(BadInput, match="FRONTISPIECE_ARXIV_URL"):
        api(address)


def test_the_fingerprint_knows_categories_but_not_their_order() -> None:
    one, same, other = (
        api("http://127.0.0.1", categories=c) for c in (("cs.CL", "cs.AI"), ("cs.AI", "cs.CL"), ("cs.CL",))
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint


class Clock:
    """Time that passes only in sleep and at work."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_all_instances_keep_one_pace(url: str) -> None:
    FAKE.__init__(many(600))  # type: ignore[misc]
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    one, other = (api(f"{url}/api/query", pace, arxiv_spacing=3) for _ in range(2))
    await one.list_day(DAY)
    assert clock.slept == [3.0]  # between the two pages
    await other.find((FAKE.papers[0].id,))
    assert clock.slept == [3.0, 3.0]
    clock.now += 2
    await asyncio.gather(one.find((FAKE.papers[0].id,)), other.find((FAKE.papers[1].id,)))
    assert clock.slept == [3.0, 3.0, 1.0, 3.0]


async def test_days_side_by_side_keep_one_pace(url: str) -> None:
    FAKE.__init__(many(1_001))  # type: ignore[misc]
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    days = [DAY, date(2024, 11, 20), date(2024, 11, 21)]
    await asyncio.gather(*(api(f"{url}/api/query", pace, arxiv_spacing=3).list_day(day) for day in days))
    assert len(FAKE.requests) == 3 + 2 + 2  # an empty list is asked for twice
    assert clock.slept == [3.0] * 6
    assert all(int(request["max_results"]) == PAGE <= 2_000 for request in FAKE.requests)


async def test_failed_requests_keep_the_pace_as_well(url: str) -> None:
    FAKE.__init__()  # type: ignore[misc]
    FAKE.faults.queue("query", "reset before reading", "503")
    clock = Clock()
    source = api(f"{url}/api/query", Pace(clock, clock.sleep), arxiv_spacing=3)
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            await source.list_day(DAY)
    assert clock.slept == [3.0]


def test_one_request_goes_at_a_time() -> None:
    pace, inside, most = Pace(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with pace.turn(0):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, body, "http://arxiv.test")


def without(name: str) -> str:
    start, _, rest = entry(SIGMA).partition(f"<{name}>")
    return start + rest.partition(f"</{name}>")[2]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(without("id"), id="no id"),
        pytest.param(without("published"), id="no date"),
        pytest.param(entry(SIGMA).replace("2024-11-12T", "yesterday "), id="no date of ours"),
        pytest.param(entry(SIGMA).replace("2024-11-12T17:42:09Z", "0001-01-01T00:00:00+14:00"), id="before time"),
        pytest.param(entry(SIGMA).replace("abs/2411.07641v1", "abs/junk"), id="junk id"),
        pytest.param(without("title"), id="no title"),
    ],
)
async def test_an_odd_entry_is_a_problem_of_its_own(url: str, odd: str) -> None:
    async def handler(request: Request) -> Response:
        return Response(feed([odd, entry(LLAMMLEIN), odd]))

    with serving(Starlette(routes=[Route("/odd", handler)])) as address:
        listed = await api(f"{address}/odd").list_day(DAY)
    assert [got.id for got in listed.papers] == [LLAMMLEIN.id]
    assert len(listed.problems) == 2
    assert all(problem.isprintable() for problem in listed.problems)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(without("updated"), id="never changed"),
        pytest.param(entry(SIGMA).replace("<updated>2024", "<updated>soon"), id="changed some day"),
        pytest.param(without("summary"), id="no abstract"),
        pytest.param(
            entry(SIGMA).replace("<author><name>", "<author/><author><name/></author><author><name>", 1), id="names"
        ),
        pytest.param(entry(SIGMA).replace("<title>", "<title>&#xD83D;&#12;\x0c"), id="signs that XML has not"),
        pytest.param(
            re.sub("<arxiv:primary_category[^>]*>|<category [^>]*>", "<category/>", entry(SIGMA)), id="categories"
        ),
    ],
)
async def test_a_paper_is_not_lost_for_what_stands_beside_it(odd: str) -> None:
    async def handler(request: Request) -> Response:
        return Response(feed([odd, entry(LLAMMLEIN)]))

    with serving(Starlette(routes=[Route("/odd", handler)])) as address:
        listed = await api(f"{address}/odd").list_day(DAY)
    assert [(got.id, got.title) for got in listed.papers] == [(one.id, one.title) for one in (SIGMA, LLAMMLEIN)]
    assert [got.authors for got in listed.papers] == [SIGMA.authors, LLAMMLEIN.authors]
    assert listed.problems == ()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("status", [200, 400])
def test_error_feeds_are_no_papers(scheme: str, status: int) -> None:
    with pytest.raises(SourceBroken, match="max_results must be positive"):
        look_at(answer(error_feed("max_results_must_be_positive", "max_results must be positive", scheme), status))
    with pytest.raises(BadInput, match="incorrect id format for 1234"):
        look_at(answer(error_feed("incorrect_id_format_for_1234", "incorrect id format for 1234", scheme), status))


@pytest.mark.parametrize("status", [406, 408, 429, 500, 502, 503, 504])
def test_throttling_in_all_its_forms_is_worth_another_attempt(status: int) -> None:
    with pytest.raises(SourceUnavailable, match=str(status)):
        look_at(answer(b"Rate exceeded.", status))


def test_entities_of_its_own_do_not_make_a_page_grow() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    body = feed([entry(SIGMA).replace("<title>", "<title>&b;")]).replace(b"<feed", bomb.encode() + b"<feed", 1)
    with contextlib.suppress(SourceUnavailable):
        assert len(look_at(answer(body)).body) < 2 * len(body)


WHOLE = feed([entry(one) for one in REAL])


@given(st.integers(0, len(WHOLE) - 1))
def test_a_page_cut_anywhere_is_never_taken_for_a_whole_one(length: int) -> None:
    with pytest.raises(SourceUnavailable):
        look_at(answer(WHOLE[:length]))


@given(st.binary(max_size=200), st.sampled_from([200, 301, 400, 404, 429, 503]))
@example(WHOLE, 200)
@example(b"", 200)
@example(b"<feed/>", 200)
@example(b'<?xml version="1.0" encoding="no-such"?><feed/>', 200)
def test_any_answer_is_a_page_or_an_error_of_ours(body: bytes, status: int) -> None:
    try:
        page = look_at(answer(body, status))
    except FrontispieceError:
        return
    assert page.sent == page.kept == 3
