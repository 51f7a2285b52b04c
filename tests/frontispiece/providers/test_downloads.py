"""Picture addresses are untrusted: which are taken, which are refused, and what a download can end in."""

import base64
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote_from_bytes

import pytest
from fakes.faults import TOO_LONG, Faults, hurried
from fakes.pictures import png
from fakes.server import serving
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontispiece.errors import NotAccepted, ProviderBroken, ProviderUnavailable
from frontispiece.providers.downloads import check_address, download_picture
from frontispiece.providers.http import Http

PICTURE = png(64, 64)
FAULTS = Faults({})
MOST = 1_000_000
HOSTS = ("fal.media", "*.fal.media", "http://127.0.0.1:8099")


async def _picture(request: Request) -> Response:
    async def honest() -> Response:
        return Response(PICTURE, media_type="image/png")

    return await FAULTS.around("media", request, honest)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Starlette(routes=[Route("/p.png", _picture)])) as url:
        yield url


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(timeout=PATIENCE)
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("url", "is_named"),
    [
        ("https://fal.media/files/monkey/7ZBHbKkm2LBZDJHsdIa_r.png", False),
        ("https://v3.fal.media/files/x.png", False),
        ("https://V3.Fal.Media:443/x.png", False),
        ("https://fal.media./x.png", False),
        ("http://127.0.0.1:8099/x.png", True),
    ],
)
def test_addresses_that_are_allowed(url: str, is_named: bool) -> None:
    assert check_address(url, HOSTS) is is_named


@pytest.mark.parametrize(
    "url",
    [
        "http://fal.media/x.png",
        "https://evil.example/x.png",
        "https://fal.media.evil.example/x.png",
        "https://evilfal.media/x.png",
        "https://fal.media@evil.example/x.png",
        "https://user:pass@fal.media/x.png",
        "https://evil.example\\@fal.media/x.png",
        "https://evil.example#@fal.media/x.png",
        "https://fal.media:99999/x.png",
        "http://127.0.0.1:8098/x.png",
        "https://127.0.0.1:8099/x.png",
        "http://127.0.0.1:8099@evil.example/",
        "http://127.1:8099/x.png",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/x.png",
        "https://[::1/x.png",
        "https:///x.png",
        "https://fal.media\n.evil.example/",
        "https://fal.medıa/x.png",
        "file:///etc/passwd",
        "//fal.media/x.png",
        "x.png",
        "",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ProviderBroken) as caught:
        check_address(url, HOSTS)
    assert type(caught.value) is NotAccepted
    assert str(caught.value).endswith(".")


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z@:.\\/\[\]?#0-9]{0,30}", fullmatch=True))
def test_no_address_outside_the_list_gets_through(url: str) -> None:
    try:
        check_address(url, ("fal.media",))
    except ProviderBroken:
        return
    assert url.lower().startswith(("https://fal.media", "https://fal.media."))


async def test_downloads_from_an_origin_that_is_named_in_full(server: str, http: Http) -> None:
    assert await download_picture(http, f"{server}/p.png", (server,), MOST) == PICTURE


async def test_a_listed_host_may_not_lead_into_a_private_network(server: str, http: Http) -> None:
    url = server.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(NotAccepted, match="private network"):
        await download_picture(http, f"{url}/p.png", ("localhost",), MOST)


@pytest.mark.parametrize(
    ("fault", "error", "wait"),
    [
        ("429 seconds", ProviderUnavailable, 1.0),
        ("500", ProviderUnavailable, None),
        ("503", ProviderUnavailable, None),
        ("reset before reading", ProviderUnavailable, None),
        ("truncated body", ProviderUnavailable, None),
        ("404", ProviderBroken, None),
        ("403", ProviderBroken, None),
        ("redirect", NotAccepted, None),
    ],
)
async def test_downloads_that_fail(
    server: str, http: Http, fault: str, error: type[ProviderBroken], wait: float | None
) -> None:
    FAULTS.queue("media", fault)
    with pytest.raises(error) as caught:
        await download_picture(http, f"{server}/p.png", (server,), MOST)
    assert caught.value.retry_after == wait


async def test_a_download_that_trickles_is_given_up(server: str) -> None:
    FAULTS.queue("media", "slow body")
    http = Http(timeout=TOO_LONG)
    with hurried(), pytest.raises(ProviderUnavailable, match="within 2 s"):
        await download_picture(http, f"{server}/p.png", (server,), MOST)
    await http.close()


async def test_size_is_bounded(server: str, http: Http) -> None:
    with pytest.raises(NotAccepted, match=r"more than 20 bytes.*FRONTISPIECE_PICTURE_MEGABYTES"):
        await download_picture(http, f"{server}/p.png", (server,), 20)


TEXT = base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(f"data:image/png;base64,{TEXT}", id="data URI"),
        pytest.param(f"DATA:image/png;name=x.png;Base64 ,{TEXT}", id="data URI with a parameter, in capitals"),
        pytest.param(f"data:image/png,{quote_from_bytes(PICTURE)}", id="data URI without base64"),
        pytest.param(f"data:;base64,{TEXT.rstrip('=')}", id="unpadded"),
        pytest.param(TEXT, id="no URI at all"),
        pytest.param("\r\n".join(TEXT[at : at + 76] for at in range(0, len(TEXT), 76)), id="in lines"),
        pytest.param(base64.urlsafe_b64encode(PICTURE).decode(), id="safe for URLs"),
    ],
)
async def test_pictures_inside_the_answer(http: Http, given: str) -> None:
    assert await download_picture(http, given, (), MOST) == PICTURE


@pytest.mark.parametrize(
    "given", ["data:image/png;base64,!!!!", "data:image/png;base64", "data:image/png;base64,", "data:image/png,"]
)
async def test_no_pictures_inside_the_answer(http: Http, given: str) -> None:
    with pytest.raises(ProviderBroken) as caught:
        await download_picture(http, given, (), MOST)
    assert type(caught.value) is ProviderBroken


async def test_pictures_inside_the_answer_are_bounded(http: Http) -> None:
    with pytest.raises(NotAccepted, match=r"more than 50 bytes.*FRONTISPIECE_PICTURE_MEGABYTES"):
        await download_picture(http, f"data:image/png;base64,{TEXT}", (), 50)
