"""What the environment says of the way out, in terms that every client below us can read: proxies and certificates."""

import contextlib
import errno
import functools
import ipaddress
import os
import re
import socket
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from frontispiece.addresses import shown
from frontispiece.errors import BadInput

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_EXCEPT: Final = "NO_PROXY"
_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_HOST: Final = re.compile(r"[\w.*-]+(?::[0-9]+)?", re.ASCII)
_PROXY_HOST: Final = re.compile(r"[\w.:-]+", re.ASCII)
_NO_WAY: Final = (errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH)
_CERTIFICATES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PREFECT_API_SSL_CERT_FILE")


def spare_this_machine(environment: MutableMapping[str, str]) -> None:
    """Let no request to this machine go through a proxy, of ours or of a library, here or in processes started later.

    What of NO_PROXY httpx would break at goes: it takes names and addresses, and knows no networks.
    """
    if not any(_both(environment, name) for name in _PROXIES):
        return  # where NO_PROXY alone is set, no proxy of the system is looked for
    said = (_both(environment, _EXCEPT) or [""])[0].split(",")
    spared = [host for entry in said if (host := _host(entry.strip()))]
    for name in (_EXCEPT, _EXCEPT.lower()):
        environment[name] = ",".join(dict.fromkeys((*spared, *_HERE)))


def why_unreached(error: BaseException) -> str:
    """Why there was no connection, in a few words, by whatever is behind a library's error; empty when not known."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "its name could not be looked up (is this machine offline?)"
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return "there is no way to it (is this machine offline?)"
        if isinstance(cause, ConnectionRefusedError):
            return "it refuses connections"
        cause = cause.__cause__ or cause.__context__
    return ""


def _host(entry: str) -> str | None:
    """The entry as all libraries read it; None where it is no host."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(entry.strip("[]")))
    with contextlib.suppress(ValueError):
        return entry if ipaddress.ip_network(entry, strict=False).version == 4 else None
    return entry if _HOST.fullmatch(entry) else None


def check_network(environment: Mapping[str, str]) -> None:
    """Raise BadInput for a proxy that no client can use, and for a file of certificates that is none."""
    for name in _PROXIES:
        for proxy in _both(environment, name):
            if not _is_proxy(proxy):
                raise BadInput(f"{name} cannot be {shown(proxy)}: write it as http://host:port or socks5://host:port.")
    for name in filter(environment.get, _CERTIFICATES):
        _check_certificates(name, Path(environment[name]))


def _check_certificates(name: str, place: Path) -> None:
    try:
        if not place.is_dir():
            _read_certificates(place, place.stat().st_mtime_ns)
        elif name == "SSL_CERT_FILE":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise BadInput(f"{name} cannot be {place}: {reason}. Correct it, or remove it.") from None


@functools.cache  # a bundle takes a twentieth of a second, several variables name the same, and each run looks anew
def _read_certificates(place: Path, changed_at: int) -> None:
    import ssl  # most need none

    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=place)


def _is_proxy(text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        is_host = _PROXY_HOST.fullmatch(parts.hostname or "") is not None
        return is_host and parts.scheme in _SCHEMES and parts.port != 0 and text.isascii() and text == text.strip()
    except ValueError:
        return False


def _both(environment: Mapping[str, str], name: str) -> list[str]:
    """What is said under a name, in small letters first: those win."""
    return [value for each in (name.lower(), name) if (value := environment.get(each))]
