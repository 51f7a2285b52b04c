"""Fetches pictures from addresses that a provider named. Such an address is untrusted.

It must be https and its host on the user's list, or its origin named there in full (`http://127.0.0.1:8099`);
it may carry no user name; redirects are refused; a host on the list that leads into a private network is refused
when the connection is made, before anything is sent, so that a name which changes its mind between a look-up
and the connection gains nothing. Behind a proxy the proxy looks names up, and keeping it in order is its owner's.

What is refused by these rules would be refused again, so it ends as NotAccepted. Pictures within an answer, as data URI
or plain base64, come without an address.
"""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from pydantic import BaseModel, Field

from frontispiece.errors import NotAccepted, ProviderBroken, ProviderUnavailable
from frontispiece.providers.http import Answer, Http, Lost, NotPublic, TooLarge, Unreached, retry_after
from frontispiece.settings import Names

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOSTS: Final = "FRONTISPIECE_PICTURE_HOSTS"
_SIZE: Final = "FRONTISPIECE_PICTURE_MEGABYTES"
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\s-]{64,}+=*+\s*+")


class DownloadSettings(BaseModel):
    """What the user may set."""

    picture_hosts: Names = Field(
        ("fal.media", "*.fal.media"),
        description="hosts pictures may come from besides those of the painter's own service, https only; "
        "http://127.0.0.1:8099 admits exactly that origin",
    )
    picture_megabytes: int = Field(32, ge=1, le=64, description="largest picture that is taken, 10^6 bytes")


async def download_picture(http: Http, url: str, hosts: tuple[str, ...], max_bytes: int) -> bytes:
    """The bytes at `url`, or in it when it is no address; time is bounded by `http`'s own time-out.

    Raises NotAccepted for an address that is refused and a picture that is too large, ProviderBroken for one that is
    gone or damaged, ProviderUnavailable when its host does not answer.
    """
    if is_inline(url):
        return inline_picture(url, max_bytes)
    named = check_address(url, hosts)
    try:
        answer = await http.get(url, max_bytes=max_bytes, public_only=not named)
    except NotPublic as error:
        raise NotAccepted(f"A picture's address was refused: {error} {_HOSTS} may name its origin in full.") from None
    except TooLarge as error:
        raise NotAccepted(f"The picture is too large: {error} {_SIZE} allows it.") from None
    except (Unreached, Lost) as error:
        raise ProviderUnavailable(f"The picture could not be downloaded: {error}") from None
    return _whole(answer, max_bytes)


def is_inline(url: str) -> bool:
    """Whether this is the picture itself and no address of it: a data URI, or nothing but base64."""
    return url[:5].lower() == "data:" or _BASE64.fullmatch(url) is not None


def check_address(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether the list names this very origin in full; raises NotAccepted for an address that is not allowed."""
    try:
        parts = urlsplit(url)
        origin = _origin(parts)
    except ValueError:
        raise NotAccepted("The provider named a picture address that is no web address.") from None
    host = origin[1]
    if not host or any(sign in url for sign in "\\ \t\r\n") or not url.isascii() or not url.isprintable():
        raise NotAccepted("The provider named a picture address that is no web address.")
    if parts.username is not None or parts.password is not None:
        raise NotAccepted(f"The provider named a picture address with a user name in it, at {host}.")
    if any("://" in entry and _origin(urlsplit(entry)) == origin for entry in hosts):
        return True
    if parts.scheme != "https":
        raise NotAccepted(
            f"The provider named a picture address that is not https, at {host}: {_HOSTS} may name its origin in full."
        )
    if not any(_matches(host, entry.lower()) for entry in hosts if "://" not in entry):
        raise NotAccepted(f"Pictures may not come from {host}: add it to {_HOSTS}, and the next run fetches this one.")
    return False


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or DEFAULT_PORTS.get(parts.scheme)


def _matches(host: str, entry: str) -> bool:
    return host.endswith(entry[1:]) if entry.startswith("*.") else host == entry


def inline_picture(text: str, max_bytes: int) -> bytes:
    """The bytes of a data URI, or of base64 as loosely as servers write it: in lines, unpadded, safe for URLs.

    Raises NotAccepted when they are too many, ProviderBroken when there are none.
    """
    head, comma, body = text.partition(",") if text[:5].lower() == "data:" else (";base64", ",", text)
    if len(body) > max_bytes * 3:  # base64 in lines, or one byte as %41
        raise NotAccepted(f"The provider sent a picture of more than {max_bytes:,} bytes: {_SIZE} allows them.")
    if not comma:
        raise ProviderBroken("The provider sent a picture inside its answer that makes no sense.")
    if not head.rstrip().lower().endswith(";base64"):
        content = unquote_to_bytes(body)
    else:
        digits = re.sub(r"\s+|=+\s*\Z", "", body).replace("-", "+").replace("_", "/")
        try:
            content = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ProviderBroken("The provider sent a picture inside its answer that is not base64.") from None
    if not content:
        raise ProviderBroken("The provider sent an empty picture inside its answer.")
    if len(content) > max_bytes:
        raise NotAccepted(f"The provider sent a picture of more than {max_bytes:,} bytes: {_SIZE} allows them.")
    return content


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
            raise NotAccepted(f"{host} redirects to another address instead of sending the picture: refused.")
        case status:
            raise ProviderBroken(f"{host} answered {status} instead of the picture.")
