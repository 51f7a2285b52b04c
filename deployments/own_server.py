"""The Prefect server of one process: `python -m deployments.own_server PORT`. It ends when its standard input does.

So it ends with the process that started it, however that ends, and Ctrl-C, which is for that process, leaves it alone.
"""

import os
import signal
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
    app = "prefect.server.api.server:create_app"
    uvicorn.run(app, factory=True, host="127.0.0.1", port=int(sys.argv[1]), lifespan="on", log_level="error")


if __name__ == "__main__":
    main()
