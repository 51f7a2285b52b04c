"""The painter of OpenAI's image models against the fake of OpenAI, over a real socket."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from fakes import openai
from fakes.faults import TOO_LONG, Fault, hurried
from fakes.pictures import png
from fakes.providers import SEED_PAPER, Providers, fake_providers, prompt
from fakes.server import refusing, serving
from helpers.real_server import PATIENCE
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

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
from frontispiece.painters.interface import Canvas, Ticket
from frontispiece.painters.local_images import LocalImages
from frontispiece.painters.openai_images import OpenAIImages
from frontispiece.settings import load_settings
from frontispiece.writers.openai import OpenAIChat

Open = Callable[..., OpenAIImages]


@pytest.fixture
def open_painter(fake: Providers, opened: list[OpenAIImages]) -> Open:
    def build(seconds: float = PATIENCE, **choices: object) -> OpenAIImages:
        opened.append(OpenAIImages(fake.settings(**choices), seconds=seconds))
        return opened[-1]

    return build


async def test_the_picture_comes_with_the_answer(fake: Providers, open_painter: Open) -> None:
    painter = open_painter()
    canvas = await painter.submit(SEED_PAPER, prompt("a crab"))
    assert isinstance(canvas, Canvas)
    assert fake.openai.requests == [
        {
            "model": "gpt-image-2.5-flare",
            "prompt": "a crab",
            "size": "640x1200",
            "quality": "low",
            "output_format": "png",
            "n": 1,
        }
    ]
    assert canvas.image == png(640, 1200, "a crab")
    assert canvas.dollars == pytest.approx(fake.openai.dollars)
    assert (canvas.seed, canvas.url, canvas.nsfw, canvas.request_id) == (None, None, None, "req_000001")
    assert painter.recipe.parameters == '{"output_format":"png","quality":"low","size":"640x1200"}'


@pytest.mark.parametrize(
    ("fault", "error", "paid"),
    [
        ("429 seconds", ProviderUnavailable, 0),
        ("503", ProviderUnavailable, 0),
        ("reset after reading", InDoubt, 1),
        ("truncated body", InDoubt, 1),
        ("HTML 200", ProviderBroken, 0),
        ("no picture", NotAccepted, 1),
        ("error as a string", Rejected, 0),
        ("200: busy", ProviderUnavailable, 0),
        ("moderation", Blocked, 0),
        ("bad parameter", Rejected, 0),
        ("quota exhausted", OutOfService, 0),
        ("401", OutOfService, 0),
    ],
)
async def test_faults(fake: Providers, open_painter: Open, fault: str, error: type[ProviderError], paid: int) -> None:
    fake.openai.faults.queue("images", fault)
    with pytest.raises(ProviderError) as caught:
        await open_painter().submit(SEED_PAPER, prompt())
    assert type(caught.value) is error
    assert fake.openai.paid == paid
    assert len(fake.openai.faults.served) == 1, "a paid call is sent once"
    charge = caught.value.charge
    is_known = paid and error is not InDoubt
    assert (charge and charge.dollars) == (pytest.approx(fake.openai.dollars) if is_known else None)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(openai.OWN["data URI"], id="data URI"),
        pytest.param(openai.OWN["loose base64"], id="loose base64"),
        pytest.param(openai.OWN["odd side fields"], id="odd side fields"),
        pytest.param(
            openai.with_picture(lambda text: {"b64_json": f"data:image/png;base64,{text}"}), id="URI as base64"
        ),
        pytest.param(openai.with_picture(lambda text: {"url": text, "b64_json": 7}), id="base64 as address"),
        pytest.param(openai.changed(lambda body: body.update(data=[None, *body["data"]])), id="none at first"),  # type: ignore[misc]
        pytest.param(openai.changed(lambda body: body.update(data=body["data"][0])), id="no list"),  # type: ignore[index]
        pytest.param(openai.changed(lambda body: body.update(images=body.pop("data"))), id="another name"),
    ],
)
async def test_pictures_as_real_servers_give_them(fake: Providers, open_painter: Open, fault: Fault) -> None:
    fake.openai.faults.know("odd", fault)
    fake.openai.faults.queue("images", "odd")
    canvas = await open_painter().submit(SEED_PAPER, prompt("a crab"))
    assert isinstance(canvas, Canvas)
    assert canvas.image == png(640, 1200, "a crab")


@pytest.fixture
def pictures() -> Iterator[str]:
    """A host of pictures, which has one."""
    content = png(64, 64)
    with serving(Starlette(routes=[Route("/x.png", lambda _: Response(content))])) as url:
        yield url


async def test_an_address_instead_of_a_picture_is_a_ticket(fake: Providers, open_painter: Open, pictures: str) -> None:
    address = f"{pictures}/x.png"
    fake.openai.faults.know("url", openai.with_picture(lambda _: {"url": address, "b64_json": None}))
    fake.openai.faults.always("images", "url")
    painter = open_painter(picture_hosts=(pictures,))
    ticket = await painter.submit(SEED_PAPER, prompt())
    assert isinstance(ticket, Ticket)
    canvas = await painter.collect(Ticket.model_validate_json(ticket.model_dump_json()))
    assert (canvas.image, canvas.url, canvas.request_id) == (png(64, 64), address, "req_000001")
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_HOSTS") as caught:
        await open_painter(picture_hosts=()).collect(ticket)
    assert caught.value.charge is not None
    assert caught.value.charge.dollars == painter.price


async def test_the_servers_own_pictures_need_no_permission(fake: Providers, open_painter: Open) -> None:
    fake.openai.faults.know("url", openai.with_picture(lambda _: {"url": f"{fake.url}/media/files/none.png"}))
    fake.openai.faults.queue("images", "url")
    painter = open_painter(picture_hosts=())
    ticket = await painter.submit(SEED_PAPER, prompt())
    assert isinstance(ticket, Ticket)
    with pytest.raises(ProviderBroken, match="is gone"):
        await painter.collect(ticket)


async def test_the_words_of_an_error_are_shown(fake: Providers, open_painter: Open) -> None:
    fake.openai.faults.queue("images", "error as a string")
    with pytest.raises(Rejected, match="Argument not supported: quality"):
        await open_painter().submit(SEED_PAPER, prompt())


async def test_a_picture_of_too_many_bytes_is_refused(fake: Providers, open_painter: Open) -> None:
    fake.openai.image = bytes(1_000_001)
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_MEGABYTES") as caught:
        await open_painter(picture_megabytes=1).submit(SEED_PAPER, prompt())
    assert caught.value.charge is not None
    assert caught.value.charge.dollars == pytest.approx(fake.openai.dollars)


async def test_a_trickle_is_in_doubt(fake: Providers, open_painter: Open) -> None:
    fake.openai.faults.queue("images", "slow body")
    with hurried(), pytest.raises(InDoubt):
        await open_painter(seconds=TOO_LONG).submit(SEED_PAPER, prompt())


async def test_a_server_that_is_down_did_not_take_the_job(open_painter: Open) -> None:
    with refusing() as url, pytest.raises(ProviderUnavailable):
        await open_painter(openai_base_url=f"{url}/v1").submit(SEED_PAPER, prompt())


async def test_half_a_surrogate_pair_is_no_obstacle(fake: Providers, open_painter: Open) -> None:
    await open_painter().submit(SEED_PAPER, prompt("a crab \ud83d"))
    assert fake.openai.requests[0]["prompt"] == "a crab ?"


async def test_an_unknown_model_has_no_price(open_painter: Open) -> None:
    canvas = await open_painter(openai_image_model="dream-1").submit(SEED_PAPER, prompt())
    assert isinstance(canvas, Canvas)
    assert canvas.dollars is None


async def test_it_keeps_no_orders(open_painter: Open) -> None:
    painter, now = open_painter(), datetime.now(UTC)
    assert await painter.recent(SEED_PAPER, prompt(), now) is None
    with pytest.raises(ProviderBroken):
        await painter.collect(Ticket(request_id="1", status_url="", response_url="", sent_at=now))


def test_openai_itself_needs_a_key() -> None:
    with pytest.raises(BadInput, match="OPENAI_API_KEY is not set"):
        OpenAIImages(load_settings())


OTHER = "http://127.0.0.1:9/v1"


def keys(fake: Providers) -> list[str]:
    """Whose keys it was sent."""
    return [headers["authorization"] for headers in fake.openai.headers]


async def test_writer_and_painter_stand_on_different_servers(fake: Providers, opened: list[OpenAIImages]) -> None:
    with fake_providers() as other:
        settings = fake.settings(openai_image_base_url=f"{other.url}/v1", openai_image_api_key="sk-of-the-painter")
        opened.append(OpenAIImages(settings, seconds=PATIENCE))
        await opened[-1].submit(SEED_PAPER, prompt())
        chat = OpenAIChat(settings, seconds=PATIENCE)
        await chat.write(SEED_PAPER)
        await chat.close()
        assert (keys(fake), keys(other)) == (["Bearer sk-secret"], ["Bearer sk-of-the-painter"])
        assert (fake.openai.paid, other.openai.paid) == (1, 1)


@pytest.mark.parametrize(
    ("choices", "sent"),
    [
        pytest.param({}, "sk-secret", id="nothing of its own"),
        pytest.param({"openai_image_api_key": "sk-p"}, "sk-p", id="its own key at the writer's server"),
        pytest.param({"openai_image_base_url": "own", "openai_base_url": OTHER}, "none", id="its own server, no key"),
        pytest.param({"openai_image_base_url": "own"}, "sk-secret", id="the same server by name"),
        pytest.param(
            {
                "openai_image_base_url": "own",
                "openai_image_api_key": "sk-p",
                "openai_base_url": OTHER,
                "openai_api_key": None,
            },
            "sk-p",
            id="its own server and key",
        ),
    ],
)
async def test_a_key_goes_only_to_the_server_it_is_for(
    choices: dict[str, str], sent: str, fake: Providers, open_painter: Open
) -> None:
    if "openai_image_base_url" in choices:
        choices = {**choices, "openai_image_base_url": f"{fake.url}/v1"}
    await open_painter(**choices).submit(SEED_PAPER, prompt())
    assert keys(fake) == [f"Bearer {sent}"]


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        pytest.param(
            {"openai_image_base_url": "localhost:1/v1"}, "^FRONTISPIECE_OPENAI_IMAGE_BASE_URL: ", id="no address"
        ),
        pytest.param({"openai_image_api_key": "sk-\nx"}, "^FRONTISPIECE_OPENAI_IMAGE_API_KEY holds", id="no key"),
        pytest.param(
            {"openai_image_base_url": "https://api.openai.com/v1", "openai_base_url": OTHER, "openai_api_key": "local"},
            "^FRONTISPIECE_OPENAI_IMAGE_API_KEY is not set: .* another FRONTISPIECE_OPENAI_IMAGE_BASE_URL",
            id="the key of another server",
        ),
    ],
)
def test_what_is_wrong_with_its_own_server_is_named(choices: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        OpenAIImages(load_settings(**choices))


# Servers of one's own


async def test_a_local_server_is_asked_with_what_it_knows_and_without_a_key(
    fake: Providers, opened: list[LocalImages]
) -> None:
    opened.append(LocalImages(fake.settings(), seconds=PATIENCE))
    canvas = await opened[0].submit(SEED_PAPER, prompt("a crab \ud83d"), take=1)
    assert fake.openai.requests == [
        {
            "model": "sd-turbo",
            "prompt": "a crab ?",
            "size": "512x960",
            "response_format": "b64_json",
            "n": 1,
            "seed": 43,
        }
    ]
    assert keys(fake) == ["Bearer none"]
    assert (canvas.image, canvas.dollars, canvas.model) == (png(512, 960, "a crab ?"), 0.0, "sd-turbo")
    assert opened[0].recipe.parameters == '{"seed":42,"size":"512x960"}'


async def test_a_local_picture_may_come_as_an_address_of_the_same_server(
    fake: Providers, opened: list[LocalImages], pictures: str
) -> None:
    opened.append(LocalImages(fake.settings(picture_hosts=()), seconds=PATIENCE))
    for name, address in (("own", f"{fake.url}/media/files/none.png"), ("another's", f"{pictures}/x.png")):
        fake.openai.faults.know(name, openai.changed(lambda body, where=address: body.update(data=[where])))  # type: ignore[misc]
        fake.openai.faults.queue("images", name)
    with pytest.raises(ProviderBroken, match="is gone"):
        await opened[0].submit(SEED_PAPER, prompt())
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_HOSTS"):
        await opened[0].submit(SEED_PAPER, prompt())


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        pytest.param({}, "^FRONTISPIECE_LOCAL_IMAGES_MODEL is not set", id="no model"),
        pytest.param(
            {"local_images_url": "https://api.openai.com/v1"}, "choose the painter openai-images", id="OpenAI"
        ),
        pytest.param({"local_images_url": "https://8.8.8.8/v1"}, "8.8.8.8 is in no network of your own", id="others'"),
        pytest.param(
            {"local_images_url": "localhost", "local_images_model": "x"}, "is not the address", id="no address"
        ),
    ],
)
def test_what_is_no_server_of_ones_own(choices: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        LocalImages(load_settings(**choices))
