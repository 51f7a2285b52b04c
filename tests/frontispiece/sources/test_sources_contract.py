"""What every source promises, asked of all of them."""

import inspect
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.arxiv import FakeArxiv
from fakes.huggingface import FakeHuggingFace
from fakes.oai import FakeOai
from fakes.server import serving
from helpers.papers import LLAMMLEIN, SIGMA, paper
from starlette.applications import Starlette

from frontispiece.errors import BadInput
from frontispiece.models import Paper
from frontispiece.registry import SOURCES, SourceName, registered
from frontispiece.settings import Settings, load_settings
from frontispiece.sources import open_source
from frontispiece.sources.interface import Listed, Source

DAY = date(2024, 11, 17)
SEVEN = tuple(paper(f"2411.1100{number}", f"Paper {number}", published=DAY, day=DAY) for number in range(7))
ALL = (
    SIGMA.model_copy(update={"listing": SIGMA.listing.model_copy(update={"day": SIGMA.published})}),
    LLAMMLEIN.model_copy(update={"listing": LLAMMLEIN.listing.model_copy(update={"day": DAY})}),
    *SEVEN,
)
ON_THE_DAY = [each.id for each in ALL[1:]]


@dataclass
class World:
    """The same papers everywhere."""

    url: str
    snapshot: Path

    def settings(self) -> Settings:
        return load_settings(
            snapshot=self.snapshot,
            arxiv_url=f"{self.url}/api/query",
            arxiv_spacing=0,
            huggingface_url=self.url,
        ).model_copy(update={"arxiv_oai_url": f"{self.url}/oai"})


def row(each: Paper) -> str:
    versions = [{"version": "v1", "created": f"{each.published:%a, %d %b %Y} 17:42:09 GMT"}]
    named = [[name.rpartition(" ")[2], name.rpartition(" ")[0], ""] for name in each.authors]
    fields = {"id": each.id, "title": each.title, "abstract": each.abstract, "categories": " ".join(each.categories)}
    return json.dumps({**fields, "versions": versions, "authors_parsed": named})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("snapshot") / "snapshot.jsonl"
    path.write_text("".join(f"{row(each)}\n" for each in ALL))
    fakes = (FakeArxiv(ALL), FakeOai(ALL), FakeHuggingFace(ALL))
    with serving(Starlette(routes=[route for fake in fakes for route in fake.routes])) as url:
        yield World(url, path)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What sources keep is kept between the tests, and nowhere else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=registered(SOURCES))
async def source(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Source]:
    opened = open_source(request.param, world.settings())
    yield opened
    await opened.close()


def test_the_methods_are_those_of_the_interface(source: Source) -> None:
    for name, method in inspect.getmembers(Source, inspect.isfunction):
        if not name.startswith("_"):
            mine = getattr(type(source), name)
            assert inspect.iscoroutinefunction(mine) == inspect.iscoroutinefunction(method)
            assert list(inspect.signature(mine).parameters) == list(inspect.signature(method).parameters)


async def test_a_day_lists_its_papers_in_order_and_each_once(source: Source) -> None:
    listed = await source.list_day(DAY)
    assert (listed.day, listed.problems) == (DAY, ())
    assert [each.id for each in listed.papers] == ON_THE_DAY
    assert [each.listing.rank for each in listed.papers] == list(range(len(ON_THE_DAY)))
    assert {each.listing.day for each in listed.papers} == {DAY}
    assert {each.published for each in listed.papers} == {DAY}


async def test_papers_say_where_and_when_they_were_listed(source: Source) -> None:
    before = datetime.now(UTC)
    listed = await source.list_day(DAY)
    names = {each.listing.source for each in listed.papers}
    assert [type(open_source(name, load_settings())) for name in names] == [type(source)]  # type: ignore[arg-type]
    assert all(before <= each.listing.seen_at <= datetime.now(UTC) for each in listed.papers)


async def test_text_arrives_unharmed(source: Source) -> None:
    (got,) = (await source.find((LLAMMLEIN.id,))).papers
    assert (got.title, got.abstract, got.authors) == (LLAMMLEIN.title, LLAMMLEIN.abstract, LLAMMLEIN.authors)
    # From a list, because Hugging Face's answer about a single paper has lost the LaTeX of its title.
    (got,) = (await source.list_day(date(2024, 11, 12))).papers
    assert got.title == "Top-$nσ$: Not All Logits Are You Need"


async def test_a_day_without_papers_is_empty(source: Source) -> None:
    listed = await source.list_day(date(2024, 12, 24))
    assert (listed.day, listed.papers, listed.problems) == (date(2024, 12, 24), (), ())


async def test_papers_are_found_in_the_order_asked_for(source: Source) -> None:
    ids = (f"https://arxiv.org/abs/{LLAMMLEIN.id}v1", SIGMA.id, f"arXiv:{SEVEN[3].id}", SIGMA.id)
    listed = await source.find(ids)
    assert [each.id for each in listed.papers] == [LLAMMLEIN.id, SIGMA.id, SEVEN[3].id]
    assert [each.listing.rank for each in listed.papers] == [0, 1, 2]
    assert [each.listing.day for each in listed.papers] == [each.published for each in listed.papers]
    assert listed.problems == ()


async def test_unknown_ids_are_named(source: Source) -> None:
    listed = await source.find(("2411.99999", SIGMA.id))
    assert [each.id for each in listed.papers] == [SIGMA.id]
    (problem,) = listed.problems
    assert "2411.99999" in problem


@pytest.mark.parametrize("junk", ["", "../x", "2410.2417", "https://example.org/2410.24175"])
async def test_what_is_no_id_is_refused(source: Source, junk: str) -> None:
    with pytest.raises(BadInput):
        await source.find((SIGMA.id, junk))


async def test_nothing_asked_for_is_nothing_found(source: Source) -> None:
    listed = await source.find(())
    assert (listed.papers, listed.problems) == ((), ())


def test_the_newest_day_is_not_in_the_future(source: Source) -> None:
    today = datetime.now(UTC).date()
    assert DAY <= source.newest_day(today) <= today
    assert source.newest_day(DAY + timedelta(days=1)) <= DAY + timedelta(days=1)


@pytest.mark.parametrize("name", registered(SOURCES))
def test_the_fingerprint_is_stable_and_a_fit_key(world: World, name: SourceName) -> None:
    one, other = (open_source(name, world.settings()).fingerprint for _ in range(2))
    assert one == other
    assert one.isalnum()


@pytest.mark.parametrize("name", registered(SOURCES))
def test_the_fingerprint_follows_the_place(world: World, name: SourceName, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text("{}\n")
    changed = world.settings().model_copy(
        update={
            "snapshot": tmp_path / "other.jsonl",
            "arxiv_url": "http://127.0.0.1/other",
            "arxiv_oai_url": "http://127.0.0.1/other",
            "huggingface_url": "http://127.0.0.1/other",
        }
    )
    assert open_source(name, changed).fingerprint != open_source(name, world.settings()).fingerprint


async def test_lists_go_through_json_unharmed(source: Source) -> None:
    listed = await source.list_day(DAY)
    assert Listed.model_validate_json(listed.model_dump_json()) == listed
