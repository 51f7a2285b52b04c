"""A Prefect server of ours, at a socket it inherits: `python -m deployments.own_server SOCKET [--with-starter]`.

With its starter it ends when its standard input does, so with the process that started it, however that ends; Ctrl-C,
which is for that process, leaves it alone.
"""

import asyncio
import gc
import itertools
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import uvicorn

TRIES: Final = 100
PAUSE: Final = 0.05
_COLLECTING: Final = 1.0
_OLD_ONES_TOO: Final = 30

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]
_App: TypeAlias = Callable[[_Message, _Receive, _Send], Awaitable[None]]


class AskedAgain:
    """An ASGI application that does a request again, a moment later, when SQLite has turned it away.

    It does so when another request has written between this one's reading and its writing. All that this one did is
    undone then, and Prefect answers 503, which has its clients wait for 2, 4, 8 and more seconds: with some runs
    starting at once, whole minutes in which nothing else happens.
    """

    def __init__(self, app: _App) -> None:
        self._app = app
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        asked = [await receive()]
        while asked[-1].get("more_body"):
            asked.append(await receive())
        if await self._is_answered(dict(scope), asked, receive, send):
            return
        async with self._one_at_a_time:  # else those that ask again would turn each other away
            for _ in range(TRIES):
                await asyncio.sleep(PAUSE)
                if await self._is_answered(dict(scope), asked, receive, send):
                    return
        await self._app(scope, _read_again(asked, receive), send)

    async def _is_answered(self, scope: _Message, asked: list[_Message], receive: _Receive, send: _Send) -> bool:
        is_busy = False

        async def send_unless_busy(message: _Message) -> None:
            nonlocal is_busy
            is_busy = is_busy or message.get("status") == HTTPStatus.SERVICE_UNAVAILABLE
            if not is_busy:
                await send(message)

        try:
            await self._app(scope, _read_again(asked, receive), send_unless_busy)
        except Exception:  # what was answered with 503 is raised as well
            if not is_busy:
                raise
        return not is_busy


def _read_again(asked: list[_Message], receive: _Receive) -> _Receive:
    left = iter(asked)

    async def read() -> _Message:
        message = next(left, None)
        return await receive() if message is None else message

    return read


def _app() -> AskedAgain:
    from prefect.server.api.server import create_app

    return AskedAgain(create_app())


def _collect_garbage() -> None:
    """Free cycles in this thread only, `gc.disable` having been called.

    Cursors of SQLite hang in them, after every error. Freeing one waits for its connection, which waits for another
    one's transaction, which waits for the event loop: were the loop's thread the one that frees it, all would stand
    still until SQLite gives up, after a minute.
    """
    for turn in itertools.count(1):
        time.sleep(_COLLECTING)
        gc.collect(2 if turn % _OLD_ONES_TOO == 0 else 1)


def _end_with_the_starter() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not by its buffer, whose lock would be in the way of our own end
        pass
    os.kill(os.getpid(), signal.SIGTERM)  # uvicorn then writes down what it was told, and ends


def main() -> None:
    """Serve until then, or until a signal."""
    gc.disable()  # loading takes a fifth less, too
    threading.Thread(target=_collect_garbage, daemon=True).start()
    if "--with-starter" in sys.argv:
        threading.Thread(target=_end_with_the_starter, daemon=True).start()
    listener = socket.socket(fileno=int(sys.argv[1]))
    # asyncio sets it on sockets of its own making only; without it every answer waits 40 ms for the client's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    uvicorn.Server(uvicorn.Config(_app, factory=True, lifespan="on", log_level="error")).run([listener])


if __name__ == "__main__":
    main()
