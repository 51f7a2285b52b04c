"""The fal painter against the fake of fal's queue, over a real socket."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from fakes import fal
from fakes.fal import FakeFal
from fakes.faults import TOO_LONG, Honest, hurried
from fakes.pictures import ODD, png
from fakes.providers import SEED_PAPER, Providers, prompt
from fakes.server import refusing
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

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
from frontispiece.painters.by_ticket import FAILED_LOOKS
from frontispiece.painters.fal import FalQueue
from frontispiece.painters.fal_answers import read_recent, read_result, read_standing, read_ticket
from frontispiece.painters.interface import Canvas, Ticket
from frontispiece.providers.answers import refusal
from frontispiece.providers.http import Answer
from frontispiece.settings import load_settings

Nap = Callable[[float], Awaitable[None]]
Open = Callable[..., FalQueue]
Written = Callable[[dict[str, object]], dict[str, object]]


@pytest.fixture
def open_fal(fake: Providers, nap: Nap, opened: list[FalQueue]) -> Open:
    def build(seconds: float = PATIENCE, **choices: object) -> FalQueue:
        opened.append(FalQueue(fake.settings(**choices), seconds=seconds, sleep=nap))
        return opened[-1]

    return build


async def ordered(painter: FalQueue, words: str = "a crab") -> Ticket:
    ticket = await painter.submit(SEED_PAPER, prompt(words))
    assert isinstance(ticket, Ticket)
    return ticket


async def test_one_order_from_post_to_picture(fake: Providers, open_fal: Open) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    assert fake.fal.requests == [
        {
            "prompt": "a crab",
            "seed": 42,
            "image_size": {"width": 384, "height": 720},
            "num_images": 1,
            "output_format": "png",
        }
    ]
    sent = fake.fal.headers[0]
    assert sent["authorization"] == "Key fal-secret"
    assert (sent["x-app-fal-disable-fallback"], sent["x-fal-no-retry"]) == ("true", "1")
    assert ticket.status_url == f"{fake.url}/fal-ai/flux/requests/{ticket.request_id}/status"

    canvas = await painter.collect(ticket)
    assert canvas.image == png(384, 720, "a crab")
    assert "authorization" not in fake.fal.headers[-1], "the key never travels to the media host"
    assert (canvas.model, canvas.seed, canvas.nsfw) == ("fal-ai/flux/schnell", "42", False)
    assert canvas.url == f"{fake.url}/media/files/{ticket.request_id}.png"
    assert canvas.request_id == ticket.request_id
    assert canvas.dollars == fake.fal.dollars == 0.003
    assert painter.recipe.parameters == (
        '{"image_size":{"height":720,"width":384},"num_images":1,"output_format":"png","seed":42}'
    )


async def test_collecting_may_be_repeated_and_costs_nothing(fake: Providers, open_fal: Open) -> None:
    ticket = await ordered(open_fal())
    reread = Ticket.model_validate_json(ticket.model_dump_json())
    canvases = [await open_fal().collect(reread) for _ in range(2)]
    assert canvases[0].image == canvases[1].image
    assert fake.fal.paid == 1


async def test_waits_while_the_order_is_queued_and_in_progress(
    fake: Providers, open_fal: Open, naps: list[float]
) -> None:
    fake.fal.looks_needed = 12
    painter = open_fal()
    await painter.collect(await ordered(painter))
    assert sum(path.startswith("status") for path in fake.fal.paths) == 13
    assert naps[1] < naps[8], "the longer it takes, the rarer the looks"
    assert max(naps) <= 2.0


async def took(painter: FalQueue, fake: Providers, seconds: float, looks: int) -> None:
    """One order that is ready so long after it was sent, and was looked at so often."""
    fake.fal.looks_needed = looks - 1
    ticket = await ordered(painter)
    sent_at = ticket.sent_at - timedelta(seconds=seconds)
    await painter.collect(ticket.model_copy(update={"sent_at": sent_at}))


async def test_learns_when_to_look_first(fake: Providers, open_fal: Open, naps: list[float]) -> None:
    painter = open_fal()
    for _ in range(3):
        await took(painter, fake, 1.5, looks=4)
    firsts = []
    for _ in range(2):
        ticket = await ordered(painter)
        naps.clear()
        await painter.collect(ticket.model_copy(update={"sent_at": datetime.now(UTC) + timedelta(days=1)}))
        firsts.append(naps[0])
        await took(painter, fake, 86_400.0, looks=1)  # looked for late, which says nothing
    assert firsts[0] > 0.5
    assert firsts[1] == pytest.approx(0.7 * firsts[0]), "only what took no time at all has been learnt from"


async def test_looking_adds_a_twentieth_at_most(fake: Providers, open_fal: Open, naps: list[float]) -> None:
    painter = open_fal()
    for _ in range(30):
        await took(painter, fake, 4.0, looks=4)
    fake.fal.looks_needed = 8
    ticket = await ordered(painter)
    naps.clear()
    await painter.collect(ticket.model_copy(update={"sent_at": datetime.now(UTC) + timedelta(days=1)}))
    assert 3.5 < naps[0] < 5.0, "the first look is just before it should be ready"
    waits = [(sum(naps[:number]), nap) for number, nap in enumerate(naps) if 0 < number < 9]
    assert all(0.05 <= nap <= 0.05 * (waited + 1) for waited, nap in waits)


async def test_says_that_it_is_free_before_it_downloads(fake: Providers, open_fal: Open) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    seen: list[list[str]] = []

    async def painted() -> None:
        seen.append(list(fake.fal.paths))

    await painter.collect(ticket, painted)
    (before,) = seen
    assert before[-1].startswith("status")
    assert not any(path.startswith("status") for path in fake.fal.paths[len(before) :])
    assert len(fake.fal.paths) > len(before)


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        ("200: money", OutOfService, 0),
        ("429 for hours", OutOfService, 0),
        ("429 seconds", ProviderUnavailable, 0),
        ("429 date", ProviderUnavailable, 0),
        ("429", ProviderUnavailable, 0),
        ("500", ProviderUnavailable, 0),
        ("502", ProviderUnavailable, 0),
        ("503", ProviderUnavailable, 0),
        ("504", ProviderUnavailable, 0),
        ("reset before reading", InDoubt, 0),
        ("reset after reading", InDoubt, 1),
        ("truncated body", InDoubt, 1),
        ("HTML 200", InDoubt, 0),
        ("foreign ticket", InDoubt, 1),
        ("redirect", Rejected, 0),
        ("401", OutOfService, 0),
        ("exhausted balance", OutOfService, 0),
        ("402", OutOfService, 0),
        ("404", Rejected, 0),
        ("422", Rejected, 0),
        ("422 string", Rejected, 0),
        ("policy", Blocked, 0),
    ],
)
async def test_faults_of_an_order(
    fake: Providers, open_fal: Open, fault: str, error: type[ProviderError], taken: int
) -> None:
    fake.fal.faults.queue("submit", fault)
    with pytest.raises(ProviderError) as caught:
        await ordered(open_fal())
    assert type(caught.value) is error
    assert fake.fal.paid == taken
    assert len(fake.fal.faults.served) == 1, "a paid call is sent once"
    assert "fal-secret" not in str(caught.value)
    assert str(caught.value).endswith(".")


async def test_a_trickle_is_in_doubt(fake: Providers, open_fal: Open) -> None:
    fake.fal.faults.queue("submit", "slow body")
    with hurried(), pytest.raises(InDoubt):
        await ordered(open_fal(seconds=TOO_LONG))


async def test_a_server_that_is_down_did_not_take_the_order(open_fal: Open) -> None:
    with refusing() as url, pytest.raises(ProviderUnavailable):
        await ordered(open_fal(fal_url=url))


@pytest.mark.parametrize("where", ["status", "result"])
@pytest.mark.parametrize(
    "fault",
    [
        *("429 seconds", "500", "502", "503", "504", "HTML 200", "wrong content type"),
        *("reset before reading", "reset after reading", "truncated body"),
    ],
)
async def test_a_look_that_fails_is_only_repeated(fake: Providers, open_fal: Open, where: str, fault: str) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.queue(where, *[fault] * 3)
    assert (await painter.collect(ticket)).image == png(384, 720, "a crab")


@pytest.mark.parametrize("where", ["status", "result"])
@pytest.mark.parametrize("fault", ["503", "HTML 200", "reset before reading"])
async def test_an_outage_while_waiting_leaves_the_ticket_good(
    fake: Providers, open_fal: Open, where: str, fault: str
) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.always(where, fault)
    with pytest.raises(ProviderUnavailable):
        await painter.collect(ticket)
    assert len(fake.fal.faults.served) == FAILED_LOOKS
    fake.fal.faults.always(where, None)
    assert (await painter.collect(ticket)).image


async def test_a_wait_asked_for_while_waiting_is_kept_and_closes_the_gate(
    fake: Providers, open_fal: Open, naps: list[float]
) -> None:
    painter = open_fal()
    told: list[float] = []
    painter.throttle.on_wait = lambda wait, reason: told.append(wait)
    ticket = await ordered(painter)
    fake.fal.faults.queue("status", "429 seconds")
    await painter.collect(ticket)
    assert 1.0 in naps
    assert told == [1.0]


@pytest.mark.parametrize(
    ("where", "fault", "error"),
    [
        ("status", "401", OutOfService),
        ("status", "404", ProviderBroken),
        ("result", "404", ProviderBroken),
        ("result", "policy", Blocked),
        ("result", "422", Rejected),
        ("result", "422 string", Rejected),
        ("result", "job died", ProviderBroken),
        ("result", "nsfw", Blocked),
        ("result", "no picture", ProviderBroken),
        ("result", "another kind", NotAccepted),
        ("result", "200: money", OutOfService),
        ("result", "foreign picture", NotAccepted),
        ("result", "private picture", NotAccepted),
        ("media", "404", ProviderBroken),
        ("media", "redirect", NotAccepted),
        ("media", "503", ProviderUnavailable),
        ("media", "truncated body", ProviderUnavailable),
    ],
)
async def test_faults_of_a_delivery(
    fake: Providers, open_fal: Open, where: str, fault: str, error: type[ProviderError]
) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.queue(where, fault)
    with pytest.raises(ProviderError) as caught:
        await painter.collect(ticket)
    assert type(caught.value) is error
    assert "fal-secret" not in str(caught.value)


async def test_a_result_asked_for_too_early_is_asked_for_again(fake: Providers, open_fal: Open) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.queue("result", "too early", "too early")
    assert (await painter.collect(ticket)).image


async def test_quirks_of_real_results(fake: Providers, open_fal: Open) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.queue("result", "big seed", "bare result")
    assert (await painter.collect(ticket)).seed == "15619174981588513000"
    bare = await painter.collect(ticket)
    assert (bare.seed, bare.nsfw) == ("42", None)
    fake.fal.data_uri = True
    inline = await painter.collect(ticket)
    assert (inline.image, inline.url) == (png(384, 720, "a crab"), None)


@pytest.mark.parametrize(
    ("changes", "seed", "nsfw"),
    [
        pytest.param({"seed": 1.5619174981588513e19}, None, False, id="a seed that lost its digits"),
        pytest.param({"seed": "15619174981588513000"}, "15619174981588513000", False, id="a seed in words"),
        pytest.param({"seed": -1}, None, False, id="a negative seed"),
        pytest.param({"seed": [42]}, None, False, id="a list of seeds"),
        pytest.param({"has_nsfw_concepts": "no"}, "42", None, id="an odd flag"),
        pytest.param({"has_nsfw_concepts": [None, "maybe", False]}, "42", False, id="odd flags beside one"),
        pytest.param({"timings": 7, "prompt": [], "extra": {}}, "42", False, id="odd company"),
    ],
)
async def test_side_fields_are_judged_by_themselves(
    fake: Providers, open_fal: Open, changes: dict[str, object], seed: str | None, nsfw: bool | None
) -> None:
    fake.fal.faults.know("odd", fal.result(**changes))
    fake.fal.faults.queue("result", "odd")
    painter = open_fal()
    canvas = await painter.collect(await ordered(painter))
    assert (canvas.image, canvas.seed, canvas.nsfw) == (png(384, 720, "a crab"), seed, nsfw)
    assert canvas.dollars == fake.fal.dollars


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda image: {"images": [None, image]}, id="none at first"),
        pytest.param(lambda image: {"images": None, "image": image}, id="a single one"),
        pytest.param(
            lambda image: {"images": [image | {"width": "wide", "height": -1, "content_type": 1}]}, id="odd size"
        ),
    ],
)
async def test_pictures_as_real_models_give_them(fake: Providers, open_fal: Open, write: Written) -> None:
    async def odd(request: Request, honest: Honest) -> Response:
        body = json.loads(bytes((await honest()).body))
        return JSONResponse(body | write(body["images"][0]))

    fake.fal.faults.know("odd", odd)
    fake.fal.faults.queue("result", "odd")
    painter = open_fal()
    canvas = await painter.collect(await ordered(painter))
    assert (canvas.image, canvas.dollars) == (png(384, 720, "a crab"), fake.fal.dollars)


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "ERROR", "dead"])
@pytest.mark.parametrize(
    "made",
    [
        pytest.param("no picture", id="no picture"),
        pytest.param("404", id="nothing"),
        pytest.param("too early", id="no answer"),
        pytest.param("500", id="an error"),
    ],
)
async def test_an_unknown_state_is_an_end(fake: Providers, open_fal: Open, state: str, made: str) -> None:
    fake.fal.faults.know("state", fal.standing(state))
    fake.fal.faults.always("status", "state")
    fake.fal.faults.always("result", made)
    painter = open_fal()
    with pytest.raises(ProviderError) as caught:
        await painter.collect(await ordered(painter))
    assert isinstance(caught.value, ProviderBroken | Rejected)
    assert fake.fal.faults.served == [("status", "state"), ("result", made)]


@pytest.mark.parametrize("state", ["queued", "IN_PROGRESS", "Pending", "PROCESSING", "running"])
async def test_an_order_that_waits_is_waited_for(fake: Providers, open_fal: Open, state: str) -> None:
    fake.fal.faults.know("state", fal.standing(state))
    fake.fal.faults.queue("status", "state", "state")
    painter = open_fal()
    assert (await painter.collect(await ordered(painter))).image
    assert len(fake.fal.faults.served) == 2


@pytest.mark.parametrize("megabytes", [1, 2], ids=["the answer", "the picture"])
async def test_a_picture_in_an_answer_is_bounded(fake: Providers, open_fal: Open, megabytes: int) -> None:
    fake.fal.data_uri = True
    painter = open_fal(picture_megabytes=megabytes)
    ticket = await ordered(painter)
    fake.fal.orders[ticket.request_id].content = bytes(2_000_001)
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_MEGABYTES"):
        await painter.collect(ticket)
    assert len((await open_fal(picture_megabytes=3).collect(ticket)).image) == 2_000_001
    assert fake.fal.paid == 1


async def test_a_refused_host_is_named_and_charged_for(fake: Providers, open_fal: Open) -> None:
    painter = open_fal(picture_hosts=("fal.media",))
    ticket = await ordered(painter)
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_HOSTS") as caught:
        await painter.collect(ticket)
    assert caught.value.charge is not None
    assert caught.value.charge.dollars == fake.fal.dollars
    assert (await open_fal().collect(ticket)).image == png(384, 720, "a crab")


@pytest.mark.parametrize("name", ODD)
async def test_odd_pictures_are_handed_on_untouched(fake: Providers, open_fal: Open, name: str) -> None:
    """Pixels are judged where they are decoded, in the archive."""
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.queue("media", f"picture {name}")
    assert (await painter.collect(ticket)).image == ODD[name]()


async def test_an_exhausted_balance_stops_further_orders_but_not_deliveries(fake: Providers, open_fal: Open) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    fake.fal.faults.queue("submit", "exhausted balance")
    for _ in range(3):
        with pytest.raises(OutOfService, match="balance is used up"):
            await ordered(painter)
    assert len(fake.fal.faults.served) == 1
    assert (await painter.collect(ticket)).image


async def test_a_forged_ticket_does_not_get_the_key(fake: Providers, open_fal: Open) -> None:
    painter = open_fal()
    ticket = await ordered(painter)
    for field in ("status_url", "response_url"):
        forged = ticket.model_copy(update={field: "http://127.0.0.1:9/x"})
        with pytest.raises(ProviderBroken, match="leads away"):
            await painter.collect(forged)


async def test_a_lost_order_is_found_among_the_recent_ones(fake: Providers, open_fal: Open) -> None:
    painter, since = open_fal(), datetime.now(UTC) - timedelta(seconds=5)
    await ordered(painter, "another")
    fake.fal.faults.queue("submit", "reset after reading")
    with pytest.raises(InDoubt):
        await ordered(painter)
    ticket = await painter.recent(SEED_PAPER, prompt("a crab"), since)
    assert ticket is not None
    assert ticket.request_id == list(fake.fal.orders)[1]
    assert isinstance(await painter.collect(ticket), Canvas)
    assert fake.fal.paid == 2
    query = next(path for path in fake.fal.paths if path.startswith("list"))
    assert "endpoint_id=fal-ai%2Fflux%2Fschnell" in query
    assert "expand=payloads" in query


async def test_an_order_that_never_arrived_is_not_found(fake: Providers, open_fal: Open, naps: list[float]) -> None:
    painter, now = open_fal(), datetime.now(UTC)
    await ordered(painter, "another")
    assert await painter.recent(SEED_PAPER, prompt("a crab"), now - timedelta(hours=1)) is None
    assert len(naps) == 1
    assert await painter.recent(SEED_PAPER, prompt("a crab"), now) is None
    assert len(naps) == 4, "a young order may still be under way"


async def test_who_paints_slowly_is_looked_for_longer(fake: Providers, open_fal: Open, naps: list[float]) -> None:
    fake.fal.looks_needed = 2
    painter, now = open_fal(), datetime.now(UTC)
    for number in range(5):
        ticket = await ordered(painter, f"crab {number}")
        await painter.collect(ticket.model_copy(update={"sent_at": now - timedelta(seconds=10)}))
    naps.clear()
    assert await painter.recent(SEED_PAPER, prompt("a crab"), datetime.now(UTC)) is None
    assert 12 < sum(naps) < 30


@pytest.mark.parametrize("fault", ["500", "HTML 200", "reset before reading", "429"])
async def test_a_list_that_cannot_be_read_leaves_the_doubt(fake: Providers, open_fal: Open, fault: str) -> None:
    fake.fal.faults.always("list", fault)
    with pytest.raises(ProviderUnavailable):
        await open_fal().recent(SEED_PAPER, prompt(), datetime.now(UTC))


@pytest.mark.parametrize("fault", ["401", "403", "404"])
async def test_a_list_that_is_not_for_us_is_no_list(fake: Providers, open_fal: Open, fault: str) -> None:
    fake.fal.faults.always("list", fault)
    painter = open_fal()
    assert await painter.recent(SEED_PAPER, prompt(), datetime.now(UTC)) is None
    await painter.throttle.pass_through()


def test_fal_itself_needs_a_key() -> None:
    with pytest.raises(BadInput, match="FAL_KEY is not set"):
        FalQueue(load_settings())
    with pytest.raises(BadInput, match="FAL_KEY holds"):
        FalQueue(load_settings(fal_key="sécret"))
    with pytest.raises(BadInput, match="FRONTISPIECE_FAL_URL"):
        FalQueue(load_settings(fal_url="queue.fal.run"))


async def test_a_local_server_needs_no_key(open_fal: Open) -> None:
    assert (await ordered(open_fal(fal_key=""))).request_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "detail",
                    "error",
                    "type",
                    "msg",
                    "status",
                    "images",
                    "url",
                    "items",
                    "request_id",
                    "seed",
                    "json_input",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode())
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@given(st.sampled_from([200, 202, 302, 400, 401, 404, 422, 429, 500]), BODIES)
def test_any_answer_is_read_or_refused_in_our_own_terms(status: int, body: bytes) -> None:
    answer = Answer(status, {"content-type": "text/plain"}, body, "http://127.0.0.1/")
    assert str(refusal("fal", answer)).startswith(("fal answered", "The key", "The balance", "Nothing"))
    for read in (
        lambda: read_ticket(answer, NOW),
        lambda: read_standing(answer),
        lambda: read_result(answer, has_failed=False),
        lambda: read_recent(answer),
    ):
        try:
            read()
        except ProviderError as error:
            assert str(error).isprintable()  # noqa: PT017


@given(
    st.dictionaries(st.sampled_from(["seed", "timings", "has_nsfw_concepts", "prompt", "image", "message"]), JSON),
    st.dictionaries(st.sampled_from(["width", "height", "content_type", "file_name"]), JSON),
)
def test_side_fields_never_decide_over_the_picture(sides: dict[str, object], of_picture: dict[str, object]) -> None:
    body = json.dumps({"images": [of_picture | {"url": "https://fal.media/x.png"}], **sides}).encode()
    try:
        result = read_result(Answer(200, {}, body, "http://127.0.0.1/"), has_failed=False)
    except Blocked:  # a flag is one of the few that do
        assert "has_nsfw_concepts" in sides
        return
    assert result is not None
    assert result.picture is not None
    assert result.picture.url == "https://fal.media/x.png"


def test_the_fake_drops_the_sub_path_like_fal_does() -> None:
    assert {route.path for route in FakeFal().routes} >= {"/{owner}/{app}/requests/{id}/status"}
