"""What can go wrong at a provider, for the fakes: scripted, always, or at random with a seed. No pytest in here."""

import asyncio
import json
import random
import threading
import time
import weakref
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

Honest = Callable[[], Awaitable[Response]]
Fault = Callable[[Request, Honest], Awaitable[Response]]

TRICKLE_SECONDS = 0.05
TOO_LONG = 2.0
"""Seconds, as the limit of a test that waits for what never comes whole: a busy machine holds nobody up so long before
the request is even sent."""
LOOKS = 20
"""As often a loop looks about before its clock is set forward: what was sent to it is read by then."""


class Clock:
    """The clock of a loop, which can be set forward: whoever set himself a limit of seconds meets it at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._ahead = weakref.ref(loop), 0.0
        loop.time = self  # type: ignore[method-assign]

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    async def forward(self, seconds: float) -> None:
        """Asked for in the loop itself."""
        for _ in range(LOOKS):
            await asyncio.sleep(0)
        self._ahead += seconds

    async def passed(self, seconds: float) -> None:
        """The same, asked for by another thread's loop."""
        if loop := self._loop():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.forward(seconds), loop))


class Passing:
    """How the fakes let time pass: they sleep, or set forward the clock of the one who waits for them."""

    clock: Clock | None = None

    async def __call__(self, seconds: float) -> None:
        await (asyncio.sleep(seconds) if self.clock is None else self.clock.passed(seconds))


passes = Passing()


@contextmanager
def hurried() -> Iterator[Clock]:
    """Inside, this loop's time passes as soon as a fake takes its time, and nobody waits.

    A clock never goes back: it stays ahead.
    """
    loop = asyncio.get_running_loop()
    clock = loop.time if isinstance(loop.time, Clock) else Clock(loop)
    passes.clock = clock
    try:
        yield clock
    finally:
        passes.clock = None


class Odd(JSONResponse):
    """JSON that may hold halves of surrogate pairs, as escapes."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")


def status(code: int, body: object = None, **headers: str) -> Fault:
    """An answer of this status, before any work was done."""

    async def fault(request: Request, honest: Honest) -> Response:
        await request.body()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return JSONResponse({"detail": f"fault {code}"} if body is None else body, code, named)

    return fault


def busy(seconds: int, *, as_date: bool = False) -> Fault:
    """429 with Retry-After, in seconds or as an HTTP date."""

    async def fault(request: Request, honest: Honest) -> Response:
        await request.body()
        then = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds + 1)  # a date has whole seconds
        wait = format_datetime(then, usegmt=True) if as_date else str(seconds)
        return JSONResponse({"detail": "slow down"}, 429, {"Retry-After": wait})

    return fault


async def gone(request: Request) -> None:
    """Until the client is, or its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def reset(request: Request) -> None:
    """Drop the connection: `receive` is uvicorn's own, and knows its transport."""
    request.receive.__self__.transport.abort()
    await gone(request)


async def reset_before_reading(request: Request, honest: Honest) -> Response:
    await reset(request)
    return Response()


async def reset_after_reading(request: Request, honest: Honest) -> Response:
    """The work is done, and paid for, but nobody hears of it."""
    await honest()
    await reset(request)
    return Response()


async def truncated(request: Request, honest: Honest) -> Response:
    response = await honest()
    body = bytes(response.body)

    async def half():  # type: ignore[no-untyped-def]
        yield body[: len(body) // 2]
        request.receive.__self__.transport.close()
        await gone(request)

    headers = {"Content-Length": str(len(body))}
    return StreamingResponse(half(), response.status_code, headers, media_type=response.media_type)


async def slow(request: Request, honest: Honest) -> Response:
    """A byte now and then: each read is quick, the whole takes for ever."""
    response = await honest()

    async def trickle():  # type: ignore[no-untyped-def]
        for byte in bytes(response.body):
            yield bytes([byte])
            await passes(TRICKLE_SECONDS)

    return StreamingResponse(trickle(), response.status_code, media_type=response.media_type)


def in_steps(count: int, pause: float) -> Fault:
    """The answer in so many parts, with a pause of seconds after each."""

    async def fault(request: Request, honest: Honest) -> Response:
        response = await honest()
        body = bytes(response.body)
        size = len(body) // count + 1

        async def parts():  # type: ignore[no-untyped-def]
            for start in range(0, len(body), size):
                yield body[start : start + size]
                await passes(pause)

        return StreamingResponse(parts(), response.status_code, media_type=response.media_type)

    return fault


class OneAtATime:
    """A server with room for one call, that takes `seconds` at least: others wait.

    What nobody waits for any longer is done nevertheless. No answer comes before `release`.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.may_answer = asyncio.Event()
        self.begun = 0
        self._seconds = seconds
        self._free = asyncio.Lock()

    async def answer(self, request: Request, honest: Honest) -> Response:
        self._loop = asyncio.get_running_loop()
        async with self._free:
            self.begun += 1
            await passes(self._seconds)
            await self.may_answer.wait()
            return await honest()

    def release(self) -> None:
        """Asked for by another thread."""
        self._loop.call_soon_threadsafe(self.may_answer.set)


async def html(request: Request, honest: Honest) -> Response:
    await request.body()
    return HTMLResponse("<html><body><h1>Welcome to nginx!</h1></body></html>")


async def wrong_type(request: Request, honest: Honest) -> Response:
    """The right bytes under a wrong name: harmless to whoever reads bytes."""
    response = await honest()
    return Response(response.body, response.status_code, media_type="application/octet-stream")


async def moved(request: Request, honest: Honest) -> Response:
    await request.body()
    return Response(status_code=307, headers={"Location": "http://127.0.0.1:9/elsewhere"})


async def never_answered(request: Request, honest: Honest) -> Response:
    """No work is done, and nothing said, until the client goes."""
    await request.body()
    if passes.clock is not None:
        await passes(TOO_LONG)
    await gone(request)
    return Response()


HTTP: dict[str, Fault] = {
    "429 seconds": busy(1),
    "429 date": busy(2, as_date=True),
    "429 for hours": status(429, X_RateLimit_Reset="36000"),
    "429": status(429),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "reset before reading": reset_before_reading,
    "reset after reading": reset_after_reading,
    "truncated body": truncated,
    "slow body": slow,
    "never answered": never_answered,
    "HTML 200": html,
    "wrong content type": wrong_type,
    "redirect": moved,
    "401": status(401),
    "403": status(403),
    "404": status(404),
}
TRANSIENT = (
    *("429 seconds", "429 date", "429", "500", "502", "503", "504", "HTML 200", "wrong content type"),
    *("reset before reading", "reset after reading", "truncated body"),
)


class Held:
    """An answer, paid for, that comes when it is let go."""

    def __init__(self) -> None:
        self.may_go = threading.Event()

    async def __call__(self, request: Request, honest: Honest) -> Response:
        response = await honest()
        while not self.may_go.is_set():  # noqa: ASYNC110 it is set by another thread
            await asyncio.sleep(TRICKLE_SECONDS)
        return response


class Faults:
    """Which fault comes next, at which of a fake's endpoints (`where`)."""

    def __init__(self, known: dict[str, Fault]) -> None:
        self._known = HTTP | known
        self._queued: dict[str, deque[str]] = defaultdict(deque)
        self._always: dict[str, str] = {}
        self._rate = 0.0
        self._names: tuple[str, ...] = ()
        self._random = random.Random(0)
        self.served: list[tuple[str, str]] = []
        self.at_work: Counter[str] = Counter()
        """Honest answers on their way, by endpoint: what they cost may not be counted yet."""

    def know(self, name: str, fault: Fault) -> None:
        """Another fault, for one test."""
        self._known[name] = fault

    def queue(self, where: str, *names: str) -> None:
        """The next requests at `where` meet these, one each; "" lets one pass."""
        self._queued[where].extend(names)

    def always(self, where: str, name: str | None) -> None:
        """From now on every request at `where` meets this; None ends it."""
        if name is None:
            self._always.pop(where, None)
        else:
            self._always[where] = name

    def at_random(self, rate: float, seed: int, names: Iterable[str] = TRANSIENT) -> None:
        """Everywhere, a share of the requests meets one of these."""
        self._rate, self._names, self._random = rate, tuple(names), random.Random(seed)

    async def around(self, where: str, request: Request, honest: Honest) -> Response:
        """The honest answer, or what the next fault makes of it."""
        name = self._next(where)
        if not name:
            self.at_work[where] += 1
            try:
                return await honest()
            finally:
                self.at_work[where] -= 1
        self.served.append((where, name))
        return await self._known[name](request, honest)

    def _next(self, where: str) -> str:
        if self._queued[where]:
            return self._queued[where].popleft()
        if where in self._always:
            return self._always[where]
        if self._names and self._random.random() < self._rate:
            return self._random.choice(self._names)
        return ""
