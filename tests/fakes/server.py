"""Runs an ASGI app on a real socket of this machine, in a thread of its own."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """The base URL of a port that nobody listens on, nor can anybody else begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextlib.contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve `app` on a free port of 127.0.0.1; gives its base URL without a trailing slash."""
    listener = socket.create_server(("127.0.0.1", 0))
    # asyncio sets it on sockets of its own making only; without it every answer waits 40 ms for the client's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # As services do: after five seconds, uvicorn's own, a test on a busy machine would meet a connection just closed.
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none", timeout_keep_alive=75)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        # The listener already queues connections, so nobody has to wait for the thread.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def place(request: Request) -> str:
    """The address of the fake that was asked, wherever it is mounted, without a trailing slash."""
    return f"{request.base_url}{request.scope.get('root_path', '').strip('/')}".rstrip("/")
