"""The Prefect server of one process: `python -m deployments.own_server SOCKET`. It ends when its standard input does.

It listens at the socket that it has inherited under this number.

So it ends with the process that started it, however that ends, and Ctrl-C, which is for that process, leaves it alone.
"""

import os
import signal
import socket
import sys
import threading

import uvicorn


def _end_with_the_starter() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not by its buffer, whose lock would be in the way of our own end
        pass
    os.kill(os.getpid(), signal.SIGTERM)  # uvicorn then writes down what it was told, and ends


def main() -> None:
    """Serve until then."""
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    listener = socket.socket(fileno=int(sys.argv[1]))
    # asyncio sets it on sockets of its own making only; without it every answer waits 40 ms for the client's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    app = "prefect.server.api.server:create_app"
    uvicorn.Server(uvicorn.Config(app, factory=True, lifespan="on", log_level="error")).run([listener])


if __name__ == "__main__":
    main()
