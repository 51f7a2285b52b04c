"""Fetches pictures from addresses that a provider named. Such an address is untrusted.

It must be https and its host on the user's list, or its origin named there in full (`http://127.0.0.1:8099`);
it may carry no user name; redirects are refused; a host on the list that leads into a private network is refused
when the connection is made, before anything is sent, so that a name which changes its mind between a look-up
and the connection gains nothing. Behind a proxy the proxy looks names up, and keeping it in order is its owner's.
"""

import base64
import binascii
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from frontispiece.errors import ProviderBroken, ProviderUnavailable
from frontispiece.providers.http import Answer, Http, Lost, NotPublic, Unreached, retry_after

DEFAULT_PORTS = {"http": 80, "https": 443}


async def download_picture(http: Http, url: str, hosts: tuple[str, ...], *, max_bytes: int = 32_000_000) -> bytes:
    """The bytes at `url`, or in it when it is a data URI; time is bounded by `http`'s own time-out.

    Raises ProviderBroken for an address that is refused or a picture that is gone or too large, ProviderUnavailable
    when its host does not answer.
    """
    if url.startswith("data:"):
        return _inline(url, max_bytes)
    named = check_address(url, hosts)
    try:
        answer = await http.get(url, max_bytes=max_bytes, public_only=not named)
    except NotPublic as error:
        raise ProviderBroken(f"A picture's address was refused: {error}") from None
    except (Unreached, Lost) as error:
        raise ProviderUnavailable(f"The picture could not be downloaded: {error}") from None
    return _whole(answer, max_bytes)


def check_address(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether the list names this very origin in full; raises ProviderBroken for an address that is not allowed."""
    try:
        parts = urlsplit(url)
        origin = _origin(parts)
    except ValueError:
        raise ProviderBroken("The provider named a picture address that is no web address.") from None
    host = origin[1]
    if not host or any(sign in url for sign in "\\ \t\r\n") or not url.isascii() or not url.isprintable():
        raise ProviderBroken("The provider named a picture address that is no web address.")
    if parts.username is not None or parts.password is not None:
        raise ProviderBroken(f"The provider named a picture address with a user name in it, at {host}.")
    if any("://" in entry and _origin(urlsplit(entry)) == origin for entry in hosts):
        return True
    if parts.scheme != "https":
        raise ProviderBroken(f"The provider named a picture address that is not https, at {host}.")
    if not any(_matches(host, entry.lower()) for entry in hosts if "://" not in entry):
        raise ProviderBroken(f"Pictures may not come from {host}: FRONTISPIECE_PICTURE_HOSTS does not list it.")
    return False


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or DEFAULT_PORTS.get(parts.scheme)


def _matches(host: str, entry: str) -> bool:
    return host.endswith(entry[1:]) if entry.startswith("*.") else host == entry


def _inline(uri: str, max_bytes: int) -> bytes:
    """The bytes of a base64 data URI."""
    head, comma, text = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise ProviderBroken("The provider sent a picture inside its answer that is not base64.")
    if len(text) > max_bytes * 4 // 3 + 4:
        raise ProviderBroken(f"The provider sent a picture of more than {max_bytes:,} bytes.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProviderBroken("The provider sent a picture inside its answer that is not base64.") from None


def _whole(answer: Answer, max_bytes: int) -> bytes:
    host = urlsplit(answer.url).hostname
    match answer.status:
        case 200 if answer.body:
            return answer.body
        case 200:
            raise ProviderBroken(f"The picture at {host} is empty.")
        case 404 | 410:
            raise ProviderBroken(f"The picture is gone from {host}: providers keep them for a short time only.")
        case 429 | 500 | 502 | 503 | 504:
            wait = retry_after(answer, datetime.now(UTC))
            raise ProviderUnavailable(f"{host} answered {answer.status} instead of the picture.", wait)
        case status if 300 <= status < 400:
            raise ProviderBroken(f"{host} redirects to another address instead of sending the picture: refused.")
        case status:
            raise ProviderBroken(f"{host} answered {status} instead of the picture.")
