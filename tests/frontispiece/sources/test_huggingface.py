"""Hugging Face's lists, read through all the quirks they have had."""

import json
import pickle
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime

import pytest
from fakes.huggingface import FakeHuggingFace, entry
from fakes.server import serving
from helpers.papers import DAY, LLAMMLEIN, REAL, SIGMA, many, paper
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from frontispiece.errors import BadInput, FrontispieceError, SourceBroken, SourceUnavailable
from frontispiece.settings import load_settings
from frontispiece.sources.huggingface import HuggingFace, parse_page, parse_paper

NOW = datetime(2024, 11, 20, 6, 7, tzinfo=UTC)
FAKE = FakeHuggingFace()
TOKEN = "hf_very-secret"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Starlette(routes=FAKE.routes)) as address:
        yield address


@pytest.fixture
async def source(url: str) -> AsyncIterator[HuggingFace]:
    FAKE.__init__(REAL)  # type: ignore[misc]
    settings = load_settings(huggingface_url=f"{url}/", huggingface_token=TOKEN)
    opened = HuggingFace(settings, clock=lambda: NOW)
    yield opened
    await opened.close()


async def test_a_list_is_read_with_its_votes_and_their_time(source: HuggingFace) -> None:
    listed = await source.list_day(DAY)
    assert (listed.day, listed.problems) == (DAY, ())
    for rank, (got, real) in enumerate(zip(listed.papers, REAL, strict=True)):
        assert (got.id, got.title, got.abstract) == (real.id, real.title, real.abstract)
        assert got.authors == real.authors  # hidden ones as well
        assert got.published == real.published
        assert got.listing.upvotes == real.listing.upvotes
        assert (got.listing.source, got.listing.day, got.listing.rank) == ("huggingface", DAY, rank)
        assert got.listing.seen_at == NOW
        assert (got.version, got.updated, got.categories) == (None, None, ())
    assert FAKE.requests[0] == {"date": "2024-11-19", "p": "0", "limit": "100"}
    assert FAKE.headers[0]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("told", "known"),
    [("Whales\n  read.", "Whales read."), ("", None), (None, None), (["Whales"], None)],
    ids=["some", "empty", "null", "no text"],
)
async def test_what_a_list_says_of_a_paper_is_known_as_its_own(
    source: HuggingFace, told: object, known: str | None
) -> None:
    one = entry(SIGMA)
    one["paper"] |= {"ai_summary": told}  # type: ignore[operator]
    FAKE.papers, FAKE.extra = [], [one]
    (got,) = (await source.list_day(DAY)).papers
    summary = got.listing.summary
    assert (summary and summary.text) == known
    assert summary is None or "Hugging Face" in summary.by
    assert got.abstract == SIGMA.abstract


async def test_without_a_token_none_is_sent(url: str) -> None:
    FAKE.__init__()  # type: ignore[misc]
    source = HuggingFace(load_settings(huggingface_url=url))
    assert (await source.list_day(DAY)).papers == ()
    await source.close()
    assert "authorization" not in FAKE.headers[0]


async def test_all_pages_are_read_until_one_is_empty(source: HuggingFace) -> None:
    FAKE.papers, FAKE.per_page = many(45), 20
    listed = await source.list_day(DAY)
    assert [paper.id for paper in listed.papers] == [paper.id for paper in FAKE.papers]
    assert [paper.listing.rank for paper in listed.papers] == list(range(45))
    assert [request["p"] for request in FAKE.requests] == ["0", "1", "2", "3"]


async def test_a_server_that_ignores_the_page_ends_the_list(source: HuggingFace) -> None:
    FAKE.papers, FAKE.ignores_pages = many(100), True
    assert len((await source.list_day(DAY)).papers) == 100
    assert len(FAKE.requests) == 2


async def test_a_list_that_grows_while_it_is_read_gives_each_paper_once(source: HuggingFace) -> None:
    FAKE.papers, FAKE.per_page, FAKE.grow = many(6), 2, [paper("2411.09999")]
    ids = [paper.id for paper in (await source.list_day(DAY)).papers]
    assert len(ids) == len(set(ids))
    assert {paper.id for paper in many(6)} <= set(ids)


async def test_a_list_without_end_is_broken(source: HuggingFace) -> None:
    FAKE.papers, FAKE.per_page = many(60), 1
    with pytest.raises(SourceBroken, match="does not end"):
        await source.list_day(DAY)
    assert len(FAKE.requests) == 50


async def test_an_empty_day_is_empty(source: HuggingFace) -> None:
    listed = await source.list_day(date(2024, 11, 23))
    assert (listed.papers, listed.problems) == ((), ())


async def test_days_before_the_first_list_are_not_even_asked_for(source: HuggingFace) -> None:
    with pytest.raises(BadInput, match="2023-05-04"):
        await source.list_day(date(2023, 5, 3))
    assert FAKE.requests == []
    assert (await source.list_day(date(2023, 5, 4))).papers == ()


def test_the_newest_day_is_today(url: str) -> None:
    assert HuggingFace(load_settings(huggingface_url=url)).newest_day(DAY) == DAY


async def test_malformed_entries_are_named_and_skipped(source: HuggingFace) -> None:
    FAKE.extra = [{}, None, 7, {"paper": {"id": "junk", "title": "T"}}, {"paper": {"id": "2411.00099", "upvotes": "x"}}]
    listed = await source.list_day(DAY)
    assert len(listed.papers) == 3
    assert len(listed.problems) == 5
    assert all(problem.isprintable() for problem in listed.problems)


async def test_a_list_of_which_nothing_can_be_read_is_broken_and_not_empty(source: HuggingFace) -> None:
    FAKE.papers, FAKE.extra = [], [{"article": {"id": "2411.00001"}}]
    with pytest.raises(SourceBroken, match="has 1 entry, and no paper"):
        await source.list_day(DAY)


OUTCOMES = {
    "400 date": BadInput,
    "401": BadInput,
    "403": BadInput,
    "404": SourceBroken,
    "redirect": SourceBroken,
    "HTML 200": SourceBroken,
    "object": SourceBroken,
    "429": SourceUnavailable,
    "500": SourceUnavailable,
    "502": SourceUnavailable,
    "503": SourceUnavailable,
    "504": SourceUnavailable,
    "reset before reading": SourceUnavailable,
    "reset after reading": SourceUnavailable,
    "truncated body": SourceUnavailable,
}


@pytest.mark.parametrize("page", [0, 1], ids=["first page", "later page"])
@pytest.mark.parametrize(("fault", "kind"), OUTCOMES.items(), ids=OUTCOMES)
async def test_faults_are_told_apart(source: HuggingFace, fault: str, kind: type[FrontispieceError], page: int) -> None:
    FAKE.faults.queue("list", *[""] * page, fault)
    with pytest.raises(FrontispieceError) as caught:
        await source.list_day(DAY)
    assert type(caught.value) is kind
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert "Hugging Face" in sentence
    assert TOKEN not in sentence
    assert str(pickle.loads(pickle.dumps(caught.value))) == sentence  # noqa: S301 our own
    assert len(FAKE.requests) == page + 1


@pytest.mark.parametrize(("fault", "wait"), [("429 seconds", 1), ("over limit", 55), ("503", None)])
async def test_a_wait_that_was_asked_for_is_passed_on(source: HuggingFace, fault: str, wait: float | None) -> None:
    FAKE.faults.queue("list", fault)
    with pytest.raises(SourceUnavailable) as caught:
        await source.list_day(DAY)
    assert caught.value.retry_after == wait


async def test_wrong_content_types_do_not_matter(source: HuggingFace) -> None:
    FAKE.faults.always("list", "wrong content type")
    assert len((await source.list_day(DAY)).papers) == 3


async def test_a_server_out_of_reach_is_unavailable() -> None:
    source = HuggingFace(load_settings(huggingface_url="http://127.0.0.1:9"))
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1"):
        await source.list_day(DAY)
    await source.close()


async def test_papers_are_found_by_id(source: HuggingFace) -> None:
    listed = await source.find((f"{LLAMMLEIN.id}v3", "2411.99999", SIGMA.id, LLAMMLEIN.id, "hep-th/9901001"))
    assert [(paper.id, paper.listing.rank) for paper in listed.papers] == [(LLAMMLEIN.id, 0), (SIGMA.id, 1)]
    assert listed.papers[0].title == LLAMMLEIN.title
    assert listed.papers[0].listing.day == LLAMMLEIN.published
    assert listed.papers[0].listing.upvotes == 6
    assert listed.problems == ("2411.99999: not on Hugging Face.", "hep-th/9901001: not on Hugging Face.")
    assert [request["id"] for request in FAKE.requests] == [
        LLAMMLEIN.id,
        "2411.99999",
        SIGMA.id,
        "hep-th/9901001",
    ]


@pytest.mark.parametrize(("fault", "kind"), [("403", BadInput), ("503", SourceUnavailable), ("HTML 200", SourceBroken)])
async def test_faults_of_a_single_paper_are_told_apart(source: HuggingFace, fault: str, kind: type[Exception]) -> None:
    FAKE.faults.queue("paper", fault)
    with pytest.raises(kind):
        await source.find((SIGMA.id,))


async def test_no_malformed_id_is_sent(source: HuggingFace) -> None:
    with pytest.raises(BadInput):
        await source.find((SIGMA.id, "../../api/whoami"))
    assert FAKE.requests == []


@pytest.mark.parametrize(
    "url", ["", "huggingface.co", "ftp://huggingface.co", "http://", "http://h:99999", "http://a b"]
)
def test_an_address_that_cannot_be_names_its_variable(url: str) -> None:
    settings = load_settings().model_copy(update={"huggingface_url": url})
    with pytest.raises(BadInput, match="HF_ENDPOINT"):
        HuggingFace(settings)


def test_a_token_that_cannot_be_names_its_variable() -> None:
    with pytest.raises(BadInput, match="HF_TOKEN") as caught:
        HuggingFace(load_settings(huggingface_token="hf_\n…"))
    assert "hf_" not in str(caught.value)


def page(*entries: object) -> bytes:
    return json.dumps(entries).encode()


def test_only_the_id_and_some_title_are_needed() -> None:
    (got,) = parse_page(page({"paper": {"id": "2411.00001"}, "title": "T"}), DAY, NOW).papers
    assert (got.title, got.abstract, got.authors, got.published) == ("T", "", (), None)
    assert got.listing.upvotes is None
    assert got.folder_date == DAY
    assert parse_page(page({"paper": {"id": "2411.00001", "title": "T"}}), DAY, NOW).papers[0].title == "T"
    nothing = parse_page(page({"paper": {"id": "2411.00001"}}), DAY, NOW)
    assert nothing.papers == ()
    assert "2411.00001 has no title" in next(iter(nothing.problems.values()))


def test_the_outer_title_and_the_inner_date_are_the_right_ones() -> None:
    raw = entry(paper("2406.14347", "$\\nabla^2$DFT: A Universal\n  Dataset", published=date(2024, 6, 20)))
    (got,) = parse_page(page(raw), DAY, NOW).papers
    assert got.title == "$\\nabla^2$DFT: A Universal Dataset"
    assert got.published == date(2024, 6, 20)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-10-31T00:00:00.000Z", date(2024, 10, 31)),
        ("2024-10-31T23:30:00-05:00", date(2024, 11, 1)),
        ("2024-10-31T23:30:00", date(2024, 10, 31)),
        ("2024-10-31", date(2024, 10, 31)),
    ],
)
def test_publication_is_a_utc_date(moment: str, day: date) -> None:
    raw = {"paper": {"id": "2411.00001", "publishedAt": moment}, "title": "T"}
    assert parse_page(page(raw), DAY, NOW).papers[0].published == day


def test_the_same_id_twice_counts_once_and_first() -> None:
    first, second = entry(paper(upvotes=5)), entry(paper(upvotes=7))
    (got,) = parse_page(page(first, second), DAY, NOW).papers
    assert got.listing.upvotes == 5


def test_hundreds_of_authors_and_nameless_ones() -> None:
    authors: list[object] = [{"name": f"Author {number}", "hidden": number % 2 == 0} for number in range(664)]
    raw = {"paper": {"id": "2411.00001", "authors": [*authors, {}, {"name": " "}]}, "title": "T"}
    assert len(parse_page(page(raw), DAY, NOW).papers[0].authors) == 664


@pytest.mark.parametrize(
    ("votes", "read"),
    [(20.0, 20), (20.7, 20), (-3, -3), (1e300, None), (10**30, None), ("20", None), (True, None), ([20], None)],
    ids=str,
)
def test_odd_votes_are_unknown_and_no_reason_to_lose_the_paper(votes: object, read: int | None) -> None:
    raw = {"paper": {"id": "2411.00001", "title": "T", "upvotes": votes}}
    (got,) = parse_page(page(raw), DAY, NOW).papers
    assert got.listing.upvotes == read


@pytest.mark.parametrize(
    ("change", "authors"),
    [
        ({"authors": [{"name": "A"}, {"name": None}, None, "B", {"name": ["C"]}, {"name": "D"}]}, ("A", "D")),
        ({"authors": "A, B"}, ()),
        ({"authors": None, "publishedAt": "soon", "summary": 7}, ()),
        ({"title": ["T"], "githubRepo": {}, "ai_keywords": 1}, ()),
    ],
    ids=["authors one by one", "authors in a string", "odd dates and texts", "an odd inner title"],
)
def test_a_paper_is_not_lost_for_what_stands_beside_it(change: dict[str, object], authors: tuple[str, ...]) -> None:
    raw = {"paper": {"id": "2411.00001"} | change, "title": "T", "summary": {}}
    got = parse_page(page(raw), DAY, NOW)
    assert [(one.title, one.authors) for one in got.papers] == [("T", authors)]
    assert got.problems == {}


def test_half_a_surrogate_pair_costs_nothing_but_itself() -> None:
    body = page(entry(SIGMA), entry(LLAMMLEIN)).replace(b'"title": "', rb'"title": "\ud83d ')
    assert rb"\ud83d" in body
    got = parse_page(body, DAY, NOW).papers
    assert [one.title for one in got] == [SIGMA.title, LLAMMLEIN.title]
    (alone,) = parse_page(rb'[{"paper": {"id": "2411.00001", "title": "Half \ud83d"}}]', DAY, NOW).papers
    assert alone.title == "Half"


def test_an_answer_about_another_paper_is_broken() -> None:
    body = json.dumps({"id": "2411.00002", "title": "T"}).encode()
    with pytest.raises(SourceBroken, match=r"2411\.00002"):
        parse_paper(body, "2411.00001", 0, NOW)


KEYS = st.sampled_from(["paper", "id", "title", "summary", "authors", "name", "publishedAt", "upvotes"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2411.00001")
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6))


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_page_or_broken(body: bytes) -> None:
    try:
        got = parse_page(body, DAY, NOW)
    except SourceBroken:
        return
    assert all(one.title and one.title.isprintable() for one in got.papers)


@given(st.lists(JSON, max_size=4))
def test_no_entry_breaks_the_others(odd: list[object]) -> None:
    got = parse_page(page(entry(SIGMA), *odd, entry(LLAMMLEIN)), DAY, NOW)
    assert {SIGMA.id, LLAMMLEIN.id} <= {one.id for one in got.papers}
