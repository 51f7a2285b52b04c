"""The HTTP seam against a real server that misbehaves, and its reading of waits."""

import asyncio
import pickle
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fakes.faults import TOO_LONG, Faults, hurried
from fakes.server import refusing, serving
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from frontispiece.providers.http import (
    IDLE_SECONDS,
    Answer,
    Http,
    HttpError,
    Lost,
    NotPublic,
    Unreached,
    retry_after,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FAULTS = Faults({})


async def _echo(request: Request) -> Response:
    async def honest() -> Response:
        body = (await request.body()).decode()
        return JSONResponse({"body": body, "headers": dict(request.headers), "query": request.url.query})

    return await FAULTS.around("echo", request, honest)


async def _large(request: Request) -> Response:
    return Response(b"x" * 5_000)


async def _bomb(request: Request) -> Response:
    return Response(b"x" * 100, headers={"Content-Encoding": "gzip, gzip"})


async def _port(request: Request) -> Response:
    return Response(str(request.client and request.client.port))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    routes = [
        Route("/echo", _echo, methods=["GET", "POST"]),
        Route("/large", _large),
        Route("/bomb", _bomb),
        Route("/port", _port),
    ]
    with serving(Starlette(routes=routes)) as url:
        yield url


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(timeout=PATIENCE, headers={"Authorization": "Key very-secret"})
    yield client
    await client.close()


@pytest.mark.parametrize(("idle", "connections"), [(0.0, 2), (IDLE_SECONDS, 1)], ids=["no longer", "still"])
async def test_a_connection_that_a_server_may_be_about_to_close_is_not_used_again(
    server: str, idle: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn, and Node, close what has been idle for five seconds."""
    assert IDLE_SECONDS < 5
    monkeypatch.setattr("frontispiece.providers.http.IDLE_SECONDS", idle)
    client = Http(timeout=PATIENCE)
    ports = {(await client.get(f"{server}/port")).body for _ in range(2)}
    await client.close()
    assert len(ports) == connections


async def test_get_sends_who_we_are_and_gives_the_whole_answer(server: str, http: Http) -> None:
    answer = await http.get(f"{server}/echo", params={"a": 1}, headers={"X-More": "yes"})
    assert (answer.status, answer.headers["content-type"], answer.url) == (
        200,
        "application/json",
        f"{server}/echo?a=1",
    )
    assert b'"user-agent":"frontispiece/' in answer.body
    assert b'"accept":"*/*"' in answer.body
    assert b'"x-more":"yes"' in answer.body


async def test_posts_json_even_with_half_a_surrogate_pair(server: str, http: Http) -> None:
    answer = await http.post_json(f"{server}/echo", {"prompt": "é \ud83d"})
    assert rb"{\"prompt\":\"\\u00e9 \\ud83d\"}" in answer.body


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset before reading", Lost),
        ("reset after reading", Lost),
        ("truncated body", Lost),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_that_left_is_lost_not_unreached(
    server: str, http: Http, fault: str, error: type[HttpError], method: str
) -> None:
    FAULTS.queue("echo", fault)
    with pytest.raises(error) as caught:
        await (http.get(f"{server}/echo") if method == "GET" else http.post_json(f"{server}/echo", {}))
    assert "very-secret" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301
    assert caught.value.__cause__ is None
    assert str(caught.value).count(".") >= 1


async def test_a_trickle_ends_after_the_total_time(server: str) -> None:
    FAULTS.queue("echo", "slow body")
    client = Http(timeout=TOO_LONG)
    with hurried(), pytest.raises(Lost, match="no whole answer within"):
        await client.get(f"{server}/echo")
    await client.close()


async def test_an_answer_may_not_be_larger_than_allowed(server: str, http: Http) -> None:
    assert len((await http.get(f"{server}/large", max_bytes=5_000)).body) == 5_000
    with pytest.raises(Lost, match="more than 4,999 bytes"):
        await http.get(f"{server}/large", max_bytes=4_999)


async def test_packing_within_packing_is_refused(server: str, http: Http) -> None:
    with pytest.raises(Lost, match="packed"):
        await http.get(f"{server}/bomb")


async def test_redirects_and_errors_are_answers(server: str, http: Http) -> None:
    FAULTS.queue("echo", "redirect", "503", "HTML 200")
    assert [(await http.get(f"{server}/echo")).status for _ in range(3)] == [307, 503, 200]


async def test_refused_connections_and_impossible_addresses_are_unreached(http: Http) -> None:
    with refusing() as refused:
        for url in (refused, "ftp://127.0.0.1/x", "nonsense", "http://[::1", "http://127.0.0.1:99999/"):
            with pytest.raises(Unreached):
                await http.get(url)


async def test_a_server_that_says_nothing_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        client = Http(timeout=TOO_LONG)
        asking = asyncio.create_task(client.get(f"http://127.0.0.1:{silent.getsockname()[1]}/"))
        asker, _ = await asyncio.get_running_loop().sock_accept(silent)
        with asker, hurried() as clock:
            assert await asyncio.get_running_loop().sock_recv(asker, 1)
            await clock.forward(TOO_LONG)
            with pytest.raises(Lost):
                await asking
        await client.close()


async def test_https_that_is_none_is_unreached(server: str, http: Http) -> None:
    with pytest.raises(Unreached):
        await http.get(server.replace("http:", "https:"))


async def test_private_addresses_are_refused_before_anything_is_sent(http: Http) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for host in ("localhost", "127.0.0.1"):
            with pytest.raises(NotPublic, match="private network"):
                await http.get(f"http://{host}:{port}/", public_only=True)
            assert await heard.get() == b""


async def test_loopback_never_goes_through_a_proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    client = Http()
    assert (await client.get(f"{server}/echo")).status == 200
    with pytest.raises(Unreached):
        await client.get("http://example.org/")
    await client.close()


def _answer(**headers: str) -> Answer:
    return Answer(429, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": " 1.5 "}, 1.5),
        ({"retry_after": "86400"}, 3600.0),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "-3"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "٣"}, None),
        ({"retry_after": format_datetime(NOW + timedelta(seconds=30), usegmt=True)}, 30.0),
        ({"retry_after": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0.0),
        ({"retry_after": "Tue, 24 Nov 2026 12:00:05 -0000"}, 5.0),
        ({"retry_after": "Tue, 99 Nov 2026 12:00:05 GMT"}, None),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"ratelimit": '"api";r=0;t=55'}, 55.0),
        ({"ratelimit": '"api";r=12;t=55'}, None),
        ({"ratelimit": '"pages";r=4;t=200, "api";r=0;t=55'}, 55.0),
        ({"ratelimit": "nonsense"}, None),
    ],
)
def test_waits_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(_answer(**headers), NOW) == seconds


@given(st.sampled_from(["retry-after", "ratelimit", "retry-after-ms"]), st.text(max_size=60))
def test_any_header_gives_a_bounded_wait_or_none(name: str, value: str) -> None:
    wait = retry_after(Answer(429, {name: value}, b"", ""), NOW)
    assert wait is None or 0.0 <= wait <= 3600.0
