"""An archive's bucket: how it is opened, how long it is asked, and what its refusals mean."""

import os
import re
import urllib.parse
from datetime import timedelta
from errno import EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ESTALE, ETIMEDOUT
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import from_url

from frontispiece.addresses import MASK, shown
from frontispiece.errors import ArchiveError, ArchiveUnavailable, BadInput

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

# Long enough to sit out a minute of refusals; only harmless repeats are made.
RETRIES: "Final[RetryConfig]" = {
    "max_retries": 30,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=8), "base": 2},
}
BRIEF_RETRIES: Final = 6
# Together less than ten seconds, whether nobody answers, nobody is there, or somebody refuses.
_BRIEFLY: Final = timedelta(seconds=5)
_BRIEF_PAUSE: Final = timedelta(seconds=1)
_BRIEF_CLIENT: "Final[ClientConfig]" = {"connect_timeout": "3s", "read_timeout": "7s"}
_PASSING_ERRNOS: Final = frozenset({EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ESTALE, ETIMEDOUT})
_PASSING_STATUS: Final = frozenset({408, 425, 429})
_NOT_IMPLEMENTED: Final = 501
_GONE: Final = frozenset({"NoSuchBucket", "ContainerNotFound"})
_CODE: Final = re.compile(r"<Code>\s*(\w{1,64})\s*</Code>")
_STATUS: Final = re.compile(r"status code: (?P<status>(?P<number>\d{3})[\w ]*)(?:: (?P<body>[^<].*))?")


class NoBucket(OSError):
    """Not the object alone is missing: there is no such bucket."""


_FINAL: Final = (FileNotFoundError, NoBucket, PermissionDeniedError, UnauthenticatedError, NotImplementedError)


class Bucket(NamedTuple):
    """A place at a service, opened twice, and its URL with secrets masked."""

    patient: "ObjectStore"
    """Asks again for two minutes."""
    brief: "ObjectStore"
    """Gives up within ten seconds: for a service that has not answered yet, or answers no longer."""
    named: str


def open_bucket(url: str) -> Bucket:
    """The bucket at a URL, with the store's options in it or in the environment. Raises BadInput, without secrets."""
    parts = urllib.parse.urlsplit(url)
    if "@" in parts.netloc:
        raise BadInput("FRONTISPIECE_ARCHIVE has credentials before its bucket; give them as the store's variables.")
    if "#" in url:
        raise BadInput("FRONTISPIECE_ARCHIVE has a # in it, after which nothing is read; write it as %23.")
    options = dict(urllib.parse.parse_qsl(parts.query))
    elsewhere = {name: value for name, value in os.environ.items() if name.upper().startswith("AWS_ENDPOINT")}
    for where, values in (("FRONTISPIECE_ARCHIVE", options), ("AWS_ENDPOINT_URL", elsewhere)):
        if any("://" in value and shown(value) != value for value in values.values()):
            # The store's library would quote them in its errors.
            raise BadInput(f"{where} has credentials in its endpoint; give them as the store's variables.")
    client: ClientConfig = {"timeout": "60s"}
    named_endpoints = [value for name, value in options.items() if "endpoint" in name.lower()]
    if any(value.startswith("http://") for value in named_endpoints or elsewhere.values()):
        client["allow_http"] = True  # left out, AWS_ALLOW_HTTP decides
    bare = f"{parts.scheme.lower()}://{parts.netloc}{parts.path}"
    named = shown(f"{bare}?{parts.query}" if parts.query else bare)
    pauses = RETRIES["backoff"]
    brief: RetryConfig = {
        "backoff": {**pauses, "max_backoff": min(pauses["max_backoff"], _BRIEF_PAUSE)},
        "max_retries": min(RETRIES["max_retries"], BRIEF_RETRIES),
        "retry_timeout": min(RETRIES["retry_timeout"], _BRIEFLY),
    }

    def opened(client: "ClientConfig", retries: "RetryConfig") -> "ObjectStore":
        # Which options there are depends on the scheme; obstore checks their names.
        return from_url(bare, config=cast("S3Config", options), client_options=client, retry_config=retries)

    try:
        return Bucket(opened(client, RETRIES), opened({**client, **_BRIEF_CLIENT}, brief), named)
    except (BaseError, ValueError) as error:
        reason = first_line(error)
        for value in filter(None, options.values()):
            reason = reason if value in named else reason.replace(value, MASK)
        # From None: the library's own error may quote a secret.
        raise BadInput(f"FRONTISPIECE_ARCHIVE cannot be {named}: {reason}.") from None


def is_gone(error: Exception) -> bool:
    """Whether an object is not found because its bucket is not there. A HEAD cannot tell."""
    found = _CODE.search(str(error))
    return found is not None and found[1] in _GONE


def diagnosis(error: Exception, *, remote: bool) -> tuple[type[ArchiveError], str]:
    """Whether it may pass, and the one part of obstore's many lines that tells a person something.

    Of a service that is its own code, such as SignatureDoesNotMatch.
    """
    line = first_line(error)
    if code := error.errno if isinstance(error, OSError) and error.errno else _number(r"os error (\d+)", line):
        return (ArchiveUnavailable if code in _PASSING_ERRNOS else ArchiveError), os.strerror(code)
    reason = line.rpartition(" - ")[2]
    status = None
    if answer := _STATUS.search(reason):
        status = int(answer["number"])
        said = found[1] if (found := _CODE.search(str(error))) else answer["body"]
        reason = ": ".join(filter(None, (f"it answers {answer['status'].strip()}", said)))
    passing = status is None or (status >= 500 and status != _NOT_IMPLEMENTED) or status in _PASSING_STATUS
    return (ArchiveUnavailable if remote and passing and not isinstance(error, _FINAL) else ArchiveError), reason


def first_line(error: Exception) -> str:
    """The first line of what an error says, at most so much of it as fits into a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:300]


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None
