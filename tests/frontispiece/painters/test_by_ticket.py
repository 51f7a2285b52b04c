"""What all painters have in common whose pictures are ordered first, each against the fake of its service.

fal, the first of them, has a file of its own, with more of it.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from fakes.pictures import png
from fakes.providers import SEED_PAPER, Providers, prompt
from fakes.replicate import SIZE, VERSIONS, changed
from fakes.server import refusing
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.concurrency import Lane
from frontispiece.errors import (
    BadInput,
    Blocked,
    InDoubt,
    NotAccepted,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.models import Painting
from frontispiece.painters import bfl, replicate
from frontispiece.painters.bfl import BlackForestLabs
from frontispiece.painters.by_ticket import FAILED_LOOKS, ByTicket
from frontispiece.painters.interface import Ticket
from frontispiece.painters.replicate import Replicate
from frontispiece.providers.http import Answer
from frontispiece.purchases.journal import Settled
from frontispiece.purchases.paintings import PaintingJob
from frontispiece.services import open_services
from frontispiece.settings import load_settings


class Service(NamedTuple):
    """A painter, its fake's name, and what is its own in what all do."""

    painter: type[Any]
    name: str
    size: tuple[int, int]
    url: str
    key: str
    read: Callable[[Answer], object]


SERVICES: Final = {
    "bfl": Service(BlackForestLabs, "bfl", (640, 1216), "bfl_url", "BFL_API_KEY", bfl.read_made),
    "replicate": Service(Replicate, "replicate", SIZE, "replicate_url", "REPLICATE_API_TOKEN", replicate.read_made),
}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return SERVICES[str(request.param)]


Nap = Callable[[float], Awaitable[None]]
Open = Callable[..., ByTicket]


@pytest.fixture
def open_painter(fake: Providers, nap: Nap, opened: list[ByTicket]) -> Open:
    def build(service: Service, seconds: float = PATIENCE, **choices: object) -> ByTicket:
        opened.append(service.painter(fake.settings(**choices), seconds=seconds, sleep=nap))
        return opened[-1]

    return build


def played(fake: Providers, service: Service) -> Any:
    return getattr(fake, service.name)


async def ordered(painter: Any, words: str = "a crab") -> Ticket:
    ticket = await painter.submit(SEED_PAPER, prompt(words))
    assert isinstance(ticket, Ticket)
    return ticket


async def test_an_order_is_fetched_by_whoever_has_its_ticket(
    fake: Providers, open_painter: Open, service: Service, naps: list[float]
) -> None:
    its = played(fake, service)
    its.looks_needed = 3
    ticket = await ordered(open_painter(service))
    reread = Ticket.model_validate_json(ticket.model_dump_json())
    seen: list[int] = []

    async def painted() -> None:
        seen.append(len(its.headers))

    painter = open_painter(service)
    canvases = [await painter.collect(reread, painted) for _ in range(2)]
    assert [canvas.image for canvas in canvases] == [png(*service.size, "a crab")] * 2
    assert min(naps[1:4]) >= 0.5, "a vendor's own examples look no oftener"
    assert seen[0] < len(its.headers), "it is free for another before the download"
    assert (canvases[0].dollars, canvases[0].request_id, canvases[0].seed) == (its.dollars, ticket.request_id, "42")
    assert len(its.orders) == 1
    assert f"{service.name}-secret" not in str(its.headers[-1]), "the key never travels to a picture's host"
    assert f"{service.name}-secret" in str(its.headers[0])


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        pytest.param("429 for hours", OutOfService, 0, id="429 for hours"),
        pytest.param("429 seconds", ProviderUnavailable, 0, id="429"),
        pytest.param("429 told", ProviderUnavailable, 0, id="429, told in the body"),
        pytest.param("500", InDoubt, 0, id="500, of which no document says what it costs"),
        pytest.param("504", InDoubt, 0, id="504"),
        pytest.param("503", ProviderUnavailable, 0, id="503"),
        pytest.param("reset before reading", InDoubt, 0, id="a reset before it is read"),
        pytest.param("reset after reading", InDoubt, 1, id="a reset after it is read"),
        pytest.param("truncated body", InDoubt, 1, id="half an answer"),
        pytest.param("HTML 200", InDoubt, 0, id="a page"),
        pytest.param("foreign ticket", InDoubt, 1, id="a ticket that leads away"),
        pytest.param("redirect", Rejected, 0, id="a redirect"),
        pytest.param("401", OutOfService, 0, id="401"),
        pytest.param("402", OutOfService, 0, id="402"),
        pytest.param("403", OutOfService, 0, id="403"),
        pytest.param("404", Rejected, 0, id="404"),
        pytest.param("422", Rejected, 0, id="422"),
    ],
)
async def test_faults_of_an_order(
    fake: Providers, open_painter: Open, service: Service, fault: str, error: type[ProviderError], taken: int
) -> None:
    its, painter = played(fake, service), open_painter(service)
    told: list[float] = []
    painter.throttle.on_wait = lambda wait, reason: told.append(wait)
    its.faults.queue("submit", fault)
    with pytest.raises(ProviderError) as caught:
        await ordered(painter)
    assert type(caught.value) is error
    assert (len(its.orders), len(its.faults.served)) == (taken, 1), "a paid call is sent once"
    assert "secret" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert told == {"429 seconds": [1.0], "429 told": [5.0]}.get(fault, [])
    assert not (taken and error.is_billed is False), "what was taken may be on the bill"


async def test_a_refused_key_stops_further_orders_but_not_deliveries(
    fake: Providers, open_painter: Open, service: Service
) -> None:
    painter = open_painter(service)
    ticket = await ordered(painter)
    played(fake, service).faults.queue("submit", "402")
    for _ in range(2):
        with pytest.raises(OutOfService, match="balance is used up"):
            await ordered(painter)
    assert len(played(fake, service).faults.served) == 1
    assert (await painter.collect(ticket)).image


async def test_a_server_that_is_down_has_nothing(open_painter: Open, service: Service) -> None:
    with refusing() as url, pytest.raises(ProviderUnavailable):
        await ordered(open_painter(service, **{service.url: url}))


@pytest.mark.parametrize("fault", ["429 seconds", "500", "HTML 200", "reset before reading", "truncated body"])
async def test_a_look_that_fails_is_only_repeated(
    fake: Providers, open_painter: Open, service: Service, fault: str
) -> None:
    painter, its = open_painter(service), played(fake, service)
    ticket = await ordered(painter)
    its.faults.queue("status", *[fault] * 3)
    assert (await painter.collect(ticket)).image == png(*service.size, "a crab")
    its.faults.always("status", fault)
    with pytest.raises(ProviderUnavailable):
        await painter.collect(ticket)
    assert len(its.faults.served) == 3 + FAILED_LOOKS
    its.faults.always("status", None)
    assert (await painter.collect(ticket)).image, "the ticket stays good"
    assert len(its.orders) == 1


@pytest.mark.parametrize("field", ["status_url", "response_url"])
async def test_a_forged_ticket_does_not_get_the_key(
    fake: Providers, open_painter: Open, service: Service, field: str
) -> None:
    painter = open_painter(service)
    forged = (await ordered(painter)).model_copy(update={field: "http://127.0.0.1:9/x"})
    with pytest.raises(ProviderBroken, match="leads away"):
        await painter.collect(forged)


@pytest.mark.parametrize(
    ("where", "fault", "error"),
    [
        pytest.param("status", "not found", ProviderBroken, id="forgotten"),
        pytest.param("status", "error", ProviderBroken, id="failed"),
        pytest.param("status", "no picture", ProviderBroken, id="nothing made"),
        pytest.param("status", "foreign picture", NotAccepted, id="a host that is not listed"),
        pytest.param("media", "404", ProviderBroken, id="gone"),
    ],
)
async def test_what_was_made_is_charged_for_whatever_it_is(
    fake: Providers, open_painter: Open, service: Service, where: str, fault: str, error: type[ProviderError]
) -> None:
    painter, its = open_painter(service), played(fake, service)
    ticket = await ordered(painter)
    its.faults.queue(where, fault)
    with pytest.raises(ProviderError) as caught:
        await painter.collect(ticket)
    assert type(caught.value) is error
    assert caught.value.charge is not None
    assert (caught.value.charge.dollars, caught.value.charge.request_id) == (its.dollars, ticket.request_id)


async def test_a_picture_is_bounded(fake: Providers, open_painter: Open, service: Service) -> None:
    painter = open_painter(service, picture_megabytes=1)
    ticket = await ordered(painter)
    played(fake, service).orders[ticket.request_id].content = bytes(1_000_001)
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_MEGABYTES"):
        await painter.collect(ticket)
    assert len((await open_painter(service, picture_megabytes=2).collect(ticket)).image) == 1_000_001


async def test_another_take_has_another_seed(fake: Providers, open_painter: Open, service: Service) -> None:
    ticket = await open_painter(service).submit(SEED_PAPER, prompt(), take=1)
    assert isinstance(ticket, Ticket)
    assert "43" in json.dumps(played(fake, service).requests[0])
    assert (await open_painter(service).collect(ticket)).seed == "43"


@pytest.mark.parametrize(
    ("where", "fault", "error"),
    [
        pytest.param("status", "foreign picture", NotAccepted, id="a picture that was refused"),
        pytest.param("submit", "reset after reading", InDoubt, id="a ticket that was lost"),
    ],
)
async def test_nothing_is_bought_twice(
    fake: Providers, service: Service, where: str, fault: str, error: type[ProviderError], tmp_path: Path
) -> None:
    """By two runs, of which the first does not get its picture."""
    its = played(fake, service)

    async def paint() -> Settled[Painting]:
        settings = fake.settings(archive=str(tmp_path), painter=service.name)
        async with open_services(settings) as services, Lane(services.paintings_lane) as lane:
            job = PaintingJob(SEED_PAPER, prompt("a crab"), services, run="a run", lane=lane)
            return await services.journal.settle(job)

    its.faults.queue(where, fault)
    with pytest.raises(error):
        await paint()
    settled = await paint()
    # Without a list of orders nobody can tell, so one is made once more, and that is said.
    lost = where == "submit" and service.painter.recent is ByTicket.recent
    assert (len(its.orders), settled.doubts) == ((2, 1) if lost else (1, 0))
    assert settled.record.dollars == its.dollars / len(its.orders)
    assert (await paint()).record == settled.record
    assert len(its.orders) == (2 if lost else 1)


def test_its_service_needs_a_key_and_a_local_one_does_not(service: Service) -> None:
    with pytest.raises(BadInput, match=f"^{service.key} is not set"):
        service.painter(load_settings())
    with pytest.raises(BadInput, match=f"^FRONTISPIECE_{service.url.upper()}: "):
        service.painter(load_settings(**{service.url: "localhost"}))
    assert service.painter(load_settings(**{service.url: "http://127.0.0.1:9"})).price


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "status", "result", "sample", "output", "error", "detail", "input", "results", "seed", "urls"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode())


@pytest.mark.parametrize("name", SERVICES)
@given(status=st.sampled_from([200, 201, 302, 400, 401, 404, 422, 429, 500]), body=BODIES)
def test_any_answer_is_read_or_refused_in_our_own_terms(name: str, status: int, body: bytes) -> None:
    try:
        SERVICES[name].read(Answer(status, {}, body, "http://127.0.0.1/"))
    except ProviderError as error:
        assert str(error).isprintable()  # noqa: PT017


# Black Forest Labs


async def test_what_bfl_is_asked(fake: Providers, open_painter: Open) -> None:
    painter = open_painter(SERVICES["bfl"])
    ticket = await ordered(painter)
    assert fake.bfl.requests == [{"prompt": "a crab", "width": 640, "height": 1216, "seed": 42, "output_format": "png"}]
    assert fake.bfl.headers[0]["x-key"] == "bfl-secret"
    assert ticket.status_url == f"{fake.url}/bfl/v1/get_result?id={ticket.request_id}"
    assert painter.recipe.parameters == '{"height":1216,"output_format":"png","seed":42,"width":640}'


async def test_bfl_is_charged_what_it_said_of_the_order(fake: Providers, open_painter: Open) -> None:
    async def dearer(request: Any, honest: Any) -> Any:
        response = await honest()
        response.body = response.body.replace(b'"cost":3.0', b'"cost":4.5')
        return response

    fake.bfl.faults.know("dearer", dearer)
    fake.bfl.faults.queue("submit", "dearer")
    painter = open_painter(SERVICES["bfl"])
    ticket = await ordered(painter)
    assert (await painter.collect(ticket)).dollars == 0.045
    assert (await open_painter(SERVICES["bfl"]).collect(ticket)).dollars == 0.03, "another process knows the list"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("request moderated", "Request moderated: .*Derivative Works", id="the prompt"),
        pytest.param("content moderated", "Content moderated.$", id="the picture"),
    ],
)
async def test_bfl_withholds(fake: Providers, open_painter: Open, fault: str, said: str) -> None:
    painter = open_painter(SERVICES["bfl"])
    ticket = await ordered(painter)
    fake.bfl.faults.queue("status", fault)
    with pytest.raises(Blocked, match=said):
        await painter.collect(ticket)


@pytest.mark.parametrize(
    ("home", "url", "is_home"),
    [
        pytest.param("https://api.bfl.ai", "https://api.us1.bfl.ai/v1/get_result?id=1", True, id="of a region"),
        pytest.param("https://api.bfl.ai", "https://api.bfl.ai.evil.example/x", False, id="that looks so"),
        pytest.param("https://api.bfl.ai", "https://evil.example/.bfl.ai", False, id="elsewhere"),
        pytest.param("https://api.bfl.ai", "https://me@api.bfl.ai/x", False, id="with a user name"),
        pytest.param("https://api.bfl.ai", "http://api.eu.bfl.ai/x", False, id="without encryption"),
        pytest.param("https://proxy.example", "https://api.bfl.ai/x", False, id="past the user's own"),
    ],
)
async def test_where_bfl_may_be_asked(home: str, url: str, is_home: bool, opened: list[ByTicket]) -> None:
    async def about_to_look(seconds: float) -> None:
        raise LookupError

    opened.append(BlackForestLabs(load_settings(bfl_api_key="k", bfl_url=home), sleep=about_to_look))
    ticket = Ticket(request_id="1", status_url=url, response_url=url, sent_at=datetime.now(UTC))
    with pytest.raises(LookupError if is_home else ProviderBroken):
        await opened[0].collect(ticket)


@pytest.mark.parametrize(
    ("model", "size", "dollars"),
    [
        pytest.param("flux-2-pro", (640, 1216), 0.03, id="a megapixel"),
        pytest.param("flux-2-pro", (1440, 1440), 0.06, id="three"),
        pytest.param("flux-2-klein-4b", (1024, 1024), 0.015, id="a little more than one"),
        pytest.param("flux-pro-1.1", (640, 1216), 0.04, id="by the picture"),
        pytest.param("flux-3", (640, 1216), None, id="unknown"),
    ],
)
def test_bfls_list(model: str, size: tuple[int, int], dollars: float | None) -> None:
    assert bfl.list_dollars(model, *size) == dollars


# Replicate


async def test_what_replicate_is_asked(fake: Providers, open_painter: Open) -> None:
    painter = open_painter(SERVICES["replicate"])
    ticket = await ordered(painter)
    assert fake.replicate.requests == [
        {"input": {"aspect_ratio": "9:16", "output_format": "png", "prompt": "a crab", "seed": 42}}
    ]
    assert fake.replicate.paths == ["/replicate/v1/models/black-forest-labs/flux-schnell/predictions"]
    assert fake.replicate.headers[0]["authorization"] == "Bearer replicate-secret"
    assert ticket.status_url == f"{fake.url}/replicate/v1/predictions/{ticket.request_id}"
    assert painter.recipe.parameters == '{"input":{"aspect_ratio":"9:16","output_format":"png"},"seed":42}'


async def test_a_model_that_takes_no_seed_gets_none(fake: Providers, open_painter: Open) -> None:
    ((name, version),) = VERSIONS.items()
    painter = open_painter(
        SERVICES["replicate"],
        replicate_seed="none",
        replicate_input='{"size": "2K"}',
        replicate_model=f"{name}:{version}",
    )
    ticket = await ordered(painter)
    assert fake.replicate.requests == [{"version": version, "input": {"size": "2K", "prompt": "a crab"}}]
    canvas = await painter.collect(ticket)
    assert (canvas.seed, canvas.dollars, painter.price) == (None, None, None)
    assert await painter.recent(SEED_PAPER, prompt("a crab"), ticket.sent_at) == ticket.model_copy(
        update={"sent_at": fake.replicate.orders[ticket.request_id].created_at}
    )


@pytest.mark.parametrize(
    ("fault", "error", "said", "dollars"),
    [
        pytest.param("nsfw", Blocked, "NSFW content", 0.003, id="withheld"),
        pytest.param("error", ProviderBroken, "is failed: CUDA out of memory", 0.003, id="failed"),
        pytest.param("aborted", ProviderBroken, "is aborted", 0.0, id="never begun, and free"),
        pytest.param("another kind", NotAccepted, "FRONTISPIECE_REPLICATE_MODEL", 0.003, id="words"),
    ],
)
async def test_how_replicates_jobs_end(
    fake: Providers, open_painter: Open, fault: str, error: type[ProviderError], said: str, dollars: float
) -> None:
    painter = open_painter(SERVICES["replicate"])
    ticket = await ordered(painter)
    fake.replicate.faults.queue("status", fault)
    with pytest.raises(ProviderError, match=said) as caught:
        await painter.collect(ticket)
    assert type(caught.value) is error
    assert caught.value.charge is not None
    assert caught.value.charge.dollars == dollars


async def test_a_single_file_is_a_picture_as_well(fake: Providers, open_painter: Open) -> None:
    painter = open_painter(SERVICES["replicate"])
    ticket = await ordered(painter)
    address = f"{fake.url}/replicate/pbxt/{ticket.request_id}/out-0.png"
    fake.replicate.faults.know("single", changed(output=address, input=None))
    fake.replicate.faults.queue("status", "single")
    canvas = await painter.collect(ticket)
    assert (canvas.url, canvas.image, canvas.seed) == (address, png(*SIZE, "a crab"), None)


async def test_a_lost_order_is_found_in_replicates_list(fake: Providers, open_painter: Open) -> None:
    painter, since = open_painter(SERVICES["replicate"]), datetime.now(UTC)
    fake.replicate.faults.queue("submit", "reset after reading")
    with pytest.raises(InDoubt):
        await ordered(painter)
    for _ in range(120):
        await ordered(painter, "another")
    ticket = await painter.recent(SEED_PAPER, prompt("a crab"), since)
    assert ticket is not None
    assert ticket.request_id == next(iter(fake.replicate.orders))
    assert (await painter.collect(ticket)).image == png(*SIZE, "a crab")
    assert await painter.recent(SEED_PAPER, prompt("a crab"), since, take=1) is None
    assert await painter.recent(SEED_PAPER, prompt("a crab"), since + timedelta(hours=1)) is None, "not so long ago"
    assert len(fake.replicate.orders) == 121


@pytest.mark.parametrize("fault", ["500", "HTML 200", "reset before reading", "429"])
async def test_replicates_list_that_cannot_be_read_leaves_the_doubt(
    fake: Providers, open_painter: Open, fault: str
) -> None:
    fake.replicate.faults.queue("list", fault, "403")
    painter = open_painter(SERVICES["replicate"])
    with pytest.raises(ProviderUnavailable):
        await painter.recent(SEED_PAPER, prompt(), datetime.now(UTC))
    assert await painter.recent(SEED_PAPER, prompt(), datetime.now(UTC)) is None, "and one not for us is none"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param('["9:16"]', "^FRONTISPIECE_REPLICATE_INPUT: That is no JSON object", id="a list"),
        pytest.param("aspect_ratio=9:16", "is no JSON object", id="no JSON"),
        pytest.param('{"prompt": "a dog"}', "Prompt is given by this program", id="ours"),
    ],
)
def test_what_replicate_cannot_be_given(given: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load_settings(replicate_input=given)


@pytest.mark.parametrize(
    ("model", "pictures", "dollars"),
    [
        pytest.param("black-forest-labs/flux-schnell", 1, 0.003, id="one"),
        pytest.param("black-forest-labs/flux-dev", 4, 0.1, id="four"),
        pytest.param("black-forest-labs/flux-dev", "4", None, id="who knows how many"),
        pytest.param("someone/else", 1, None, id="unknown"),
    ],
)
def test_replicates_list(model: str, pictures: Any, dollars: float | None) -> None:
    assert replicate.list_dollars(model, pictures) == dollars
