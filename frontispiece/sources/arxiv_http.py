"""Requests to arXiv, whichever of its interfaces they go to: one at a time, in their turn, bounded in time and size."""

import io
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import MaxRetryError

from frontispiece.errors import SourceBroken, SourceUnavailable, SourceUnreached
from frontispiece.network import why_unreached
from frontispiece.providers.http import CONNECT_SECONDS, LOOPBACK, Answer
from frontispiece.sources.arxiv_door import Pace
from frontispiece.version import VERSION

MAX_BYTES: Final = 50_000_000
# The edge answers 406 to requests without these.
HEADERS: Final = {
    "User-Agent": f"frontispiece/{VERSION} (+illustrates research papers)",
    "Accept": "application/atom+xml, application/xml;q=0.9, */*;q=0.1",
}


class Wire(HTTPAdapter):
    """One connection to arXiv, to be mounted on a session. Answers are whole when they are handed on.

    `spacing` is in seconds; `timeout`, also in seconds, bounds the wait for any part of an answer, and a whole one may
    take four times as long. Once `stop` is set, nothing is sent or read to its end.
    """

    def __init__(self, pace: Pace, spacing: float, timeout: float, stop: threading.Event | None = None) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._pace, self._spacing, self._timeout = pace, spacing, timeout
        self._stop = stop or threading.Event()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """What a session calls for each request."""
        request.headers.update(HEADERS)
        # No proxy of the environment knows this machine's own addresses.
        here = urlsplit(request.url or "").hostname in {host.strip("[]") for host in LOOPBACK}
        waits = (min(CONNECT_SECONDS, self._timeout), self._timeout)
        with self._pace.turn(self._spacing):
            self._check_wanted()
            response = super().send(request, True, waits, verify, cert, {} if here else dict(proxies or {}))
            with closing(response):
                body = self._body(response)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return self.accept(Answer(response.status_code, headers, body, response.url), request)

    def accept(self, answer: Answer, request: requests.PreparedRequest) -> requests.Response:
        """Hand the answer on to the session."""
        whole = requests.Response()
        whole.status_code, whole.url, whole.request = answer.status, answer.url, request
        whole.headers.update(answer.headers)
        whole.raw = io.BytesIO(answer.body)
        return whole

    def _body(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + 4 * self._timeout
        body = bytearray()
        # `read1` comes back after each part that arrives; `read` would sit through any trickle.
        while part := response.raw.read1(65_536, decode_content=True):
            body += part
            if len(body) > MAX_BYTES:
                raise SourceBroken(f"arXiv answered with more than {MAX_BYTES:,} bytes.")
            if time.monotonic() > deadline:
                raise SourceUnavailable(f"arXiv sent no whole answer within {4 * self._timeout:g} s.")
            self._check_wanted()
        return bytes(body)

    def _check_wanted(self) -> None:
        if self._stop.is_set():
            raise SourceUnavailable("Reading from arXiv was broken off.")


@contextmanager
def own_errors() -> Iterator[None]:
    """Errors of the network in our own terms."""
    try:
        yield
    except requests.ConnectTimeout:
        raise SourceUnreached("arXiv could not be reached in time.") from None
    except requests.Timeout:
        raise SourceUnavailable("arXiv did not answer in time.") from None
    except (requests.RequestException, TransportError) as error:
        # What urllib3 gives up on is a connection that never was; one that broke is a ProtocolError.
        is_unreached = any(isinstance(cause, MaxRetryError) for cause in error.args)
        kind = SourceUnreached if is_unreached else SourceUnavailable
        why = why_unreached(error) or "the connection broke"
        raise kind(f"arXiv could not be reached, or broke off: {why}.") from None
