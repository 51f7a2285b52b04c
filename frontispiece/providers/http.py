"""The one seam to HTTP: bounded answers, two kinds of failure, nothing behind the caller's back.

No redirect is followed and nothing is sent twice. What the caller must know of a failed request is
whether the other side can have read it, so that is what the two errors tell apart:

    HttpError
    ├── Unreached   certainly not: the request never left
    │   └── NotPublic   … because the address belongs to a private network
    └── Lost        perhaps: it was on its way, and no whole answer came back
        └── TooLarge    … because we stopped reading: it is larger than allowed
"""

import asyncio
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from frontispiece.network import why_unreached
from frontispiece.version import VERSION

if TYPE_CHECKING:  # the client is loaded with the first connection: to know a provider's settings takes none
    import httpx

Params = Mapping[str, str | int]

CONNECT_SECONDS = 10.0
# The library looks at every open connection before each request, with two calls of the system. A job is asked for often
# but shortly, so few connections serve many jobs.
CONNECTIONS = 8
IDLE_SECONDS = 3.0
"""So long an idle connection is used again. Servers close theirs after five seconds at the earliest (uvicorn and Node
do by default), and an order that is just on its way then is lost."""
MAX_WAIT = 3600.0
MONTHS = 100 * 24 * 3600.0
RESETS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
SINCE_1970 = 1e8
"""Seconds: a number as large is a moment, not a wait."""
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
CODINGS = ("", "identity", "gzip", "deflate")
"""Content codings that are understood. A chunk of them grows a thousandfold at worst; others know no such bound."""


class HttpError(Exception):
    """A request without a usable answer. `str(error)` is one sentence that names the host, never a key."""


class Unreached(HttpError):
    """The other side certainly received nothing: refused, unknown name, no connection in time."""


class NotPublic(Unreached):
    """The name leads to a private, link-local or loopback address, and the caller wanted a public one."""


class Lost(HttpError):
    """The request may have been read, but no whole answer came: time-out, reset, cut short, too large."""


class TooLarge(Lost):
    """The answer has more bytes than the caller takes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, whatever its status. The keys of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """A pool of connections. `timeout` bounds a request in total, in seconds, however slowly it trickles.

    Proxies of the environment are used, but never for this machine itself.
    """

    def __init__(self, *, timeout: float = 30.0, headers: Mapping[str, str] | None = None) -> None:
        import httpx

        self._timeout = timeout
        self._client = httpx.AsyncClient(
            headers={
                "User-Agent": f"frontispiece/{VERSION} (+illustrates research papers)",
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
                **(headers or {}),
            },
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=IDLE_SECONDS),
            follow_redirects=False,
            mounts={f"all://{host}": None for host in LOOPBACK},
        )

    async def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        public_only: bool = False,
    ) -> Answer:
        """One GET. With `public_only`, an address of a private network is refused before anything is sent.

        Raises Unreached (NotPublic), Lost.
        """
        return await self._bounded("GET", url, max_bytes, public_only, params=params, headers=headers)

    async def post_json(
        self,
        url: str,
        body: Mapping[str, object],
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
    ) -> Answer:
        """One POST of JSON, sent once. Raises Unreached, Lost."""
        # Plain ASCII, because a title may hold half a surrogate pair that UTF-8 cannot carry.
        content = json.dumps(body, separators=(",", ":")).encode("ascii")
        headers = {"Content-Type": "application/json", **(headers or {})}
        return await self._bounded("POST", url, max_bytes, public_only=False, content=content, headers=headers)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _bounded(self, method: str, url: str, max_bytes: int, public_only: bool, **request: Any) -> Answer:
        """Send, and sort what goes wrong by whether the request had left."""
        import httpx

        address = _parsed(url)
        host = address.netloc.decode("ascii", "replace")
        journey = _Journey(address.raw_host.decode("ascii", "replace") if public_only else None)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(method, url, max_bytes, {"trace": journey.note}, request)
        except TimeoutError:
            said = f"no whole answer within {self._timeout:g} s"
        except httpx.HTTPError as error:
            said = _in_words(error)
        # From None: the library's own error may quote a header, and with it the key.
        if journey.left:
            raise Lost(f"{host} left a request without a whole answer: {said}.") from None
        raise Unreached(f"{host} could not be reached: {said}.") from None

    async def _exchange(
        self, method: str, url: str, max_bytes: int, extensions: Mapping[str, object], request: Mapping[str, Any]
    ) -> Answer:
        async with self._client.stream(method, url, extensions=dict(extensions), **request) as response:
            coding = response.headers.get("content-encoding", "").strip().lower()
            if coding not in CODINGS:
                raise Lost(f"{response.url.host} packed its answer in a way that was not asked for.")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    raise TooLarge(f"{response.url.host} answered with more than {max_bytes:,} bytes.")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, bytes(body), str(response.url))


def _parsed(url: str) -> "httpx.URL":
    import httpx

    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if not address.host or (address.port or 0) > 65_535:
        raise Unreached("The address of a request is not a web address.")
    return address


class _Journey:
    """Follows one request through the library's trace: has it left, and to where."""

    def __init__(self, public_host: str | None) -> None:
        self.left = False
        self._public_host = public_host
        self._direct = False

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            # Another host here is the user's proxy, which looks the name up itself.
            self._direct = info["host"] == self._public_host
        elif event == "connection.connect_tcp.complete" and self._direct:
            # The peer itself is judged, not a look-up before it: the name can't change its mind in between.
            stream = info["return_value"]
            if not _is_public(str(stream.get_extra_info("server_addr")[0])):
                await stream.aclose()
                raise NotPublic(f"{self._public_host} leads to an address of a private network.")
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.left = True


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


def _in_words(error: "httpx.HTTPError") -> str:
    import httpx

    words: dict[type[Exception], str] = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.PoolTimeout: "too many connections are open",
        httpx.TimeoutException: "no answer in time",
        httpx.RemoteProtocolError: "the answer was cut short, or is not HTTP",
        httpx.LocalProtocolError: "the request cannot be sent as it is",
        httpx.UnsupportedProtocol: "the address has no http:// or https://",
        httpx.DecodingError: "the answer could not be unpacked",
        httpx.NetworkError: "the connection broke",
    }
    if isinstance(error, httpx.ConnectError):
        return why_unreached(error) or str(error).rstrip(".") or "no connection"
    return next((text for kind, text in words.items() if isinstance(error, kind)), "the request failed")


def retry_after(answer: Answer, now: datetime) -> float | None:
    """For how many seconds the other side wants to be left alone, 0 to 3600; None when it did not say."""
    wait = seconds_away(answer, now)
    return None if wait is None else min(wait, MAX_WAIT)


def seconds_away(answer: Answer, now: datetime) -> float | None:
    """The same however long it is; what is no less than months away is taken for an hour.

    Reads Retry-After (seconds or an HTTP date), OpenAI's Retry-After-Ms, the RateLimit of Hugging Face, and of a 429
    also X-RateLimit-Reset.
    """
    said = [
        _seconds(answer.headers.get("retry-after-ms"), 1000),
        _seconds(answer.headers.get("retry-after"), 1),
        _until(answer.headers.get("retry-after"), now),
        _reset(answer.headers.get("ratelimit", "")),
        *(_moment(answer.headers.get(name), now) for name in RESETS if answer.status == 429),
    ]
    wait = next((max(seconds, 0.0) for seconds in said if seconds is not None), None)
    return MAX_WAIT if wait is not None and wait > MONTHS else wait


def _seconds(text: str | None, unit: int) -> float | None:
    if text is None or not re.fullmatch(r"\s*[0-9]{1,15}(\.[0-9]{1,12})?\s*", text):
        return None
    return float(text) / unit


def _until(text: str | None, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    if then is None:
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _moment(text: str | None, now: datetime) -> float | None:
    """The wait until a moment that is told in seconds from now, or in seconds or milliseconds since 1970."""
    said = _seconds(text, 1)
    if said is None or said < SINCE_1970:
        return said
    return (said / 1000 if said >= 1000 * SINCE_1970 else said) - now.timestamp()


def _reset(text: str) -> float | None:
    """The longest wait among used-up limits such as `"api";r=0;t=55`."""
    used_up = [re.search(r";\s*t=([0-9]{1,12})\b", item) for item in text.split(",") if re.search(r";\s*r=0\b", item)]
    return max((float(match[1]) for match in used_up if match), default=None)
