"""How an address is shown to people: in messages, in logs, in tables. Whatever in it may be a secret is masked.

And where it leads, as far as it says so itself.
"""

import re
from typing import Final
from urllib.parse import urlsplit

MASK: Final = "***"
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOST: Final = re.compile(r"(?:[\w.*-]*|\[[0-9A-Fa-f:.]*\])(?::[0-9]*)?")
_PLAIN: Final = re.compile(r"[\w.-]*")
_SCHEMES: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "http", "https", "file", "memory"})
_LOGIN: Final = re.compile(r":[^/]*@")
_VENDOR: Final = r"(?:aws_|azure_|azure_storage_|google_)?"
# Options of an archive's URL that hold no secret, and those that do, whose names may be shown.
_OPEN: Final = re.compile(
    _VENDOR + r"(?:region|default_region|endpoint|endpoint_url|account_name|skip_signature|virtual_hosted_style_request"
    r"|conditional_put|checksum_algorithm|unsigned_payload|use_emulator)"
)
_SECRET: Final = re.compile(
    _VENDOR + r"(?:access_key_id|secret_access_key|session_token|token|account_key|access_key|sas_token|sas_key"
    r"|client_id|client_secret|service_account|service_account_key|service_account_path)"
)


def is_nearly_url(text: str) -> bool:
    """Whether it is a URL or somebody's mistake in one, such as s3:/key:secret@bucket and s3//bucket, and no folder."""
    head, _, rest = text.partition("/")
    is_scheme = re.sub(r"[^a-z0-9]", "", head.lower()) in _SCHEMES
    has_login = _LOGIN.search(rest) is not None
    return ":" in head or (is_scheme and (rest.startswith("/") or has_login)) or (rest.startswith("/") and has_login)


def shown(address: str) -> str:
    """The address with its secrets masked; a folder, a name or a host as it is.

    Scheme, host and path are shown, user and password never, of the query only what is known to be harmless.
    """
    scheme, mark, rest = address.partition("://")
    if not mark or not _SCHEME.fullmatch(scheme):
        if not is_nearly_url(address) or {"@", "?", "#"}.isdisjoint(address):
            return address
        scheme, mark, rest = "", "", address
    rest, hash_mark, fragment = rest.partition("#")
    place, question_mark, query = rest.partition("?")
    items = query.split("&") if query else []
    if any("@" in text for text in (fragment, *(item for item in items if not _is_known(item)))):
        place = MASK  # a password with one of these signs in it, written as it is
    elif "@" in place:
        place = f"{MASK}@{place.rpartition('@')[2]}"
    elif not _HOST.fullmatch(place.partition("/")[0]):
        place = MASK
    return f"{scheme}{mark}{place}{question_mark}{'&'.join(map(_item, items))}{hash_mark}{MASK if fragment else ''}"


def _is_known(item: str) -> bool:
    name, equals, _ = item.partition("=")
    return bool(equals and (_OPEN.fullmatch(name) or _SECRET.fullmatch(name)))


def _item(item: str) -> str:
    name, _, value = item.partition("=")
    if not _is_known(item):
        return MASK
    if not _OPEN.fullmatch(name):
        return f"{name}={MASK}"
    return f"{name}={shown(value) if '://' in value else value if _PLAIN.fullmatch(value) else MASK}"


def origin(url: str) -> str:
    """Scheme, host and port of an address, or "" when it is none, or carries a user name."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.hostname}:{port}" if plain and parts.hostname and port else ""


def is_this_machine(url: str) -> bool:
    """Whether an address leads to a server on this machine, by its name."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
