"""Names and places in the archive: the only file that makes paths, and it takes nothing on trust."""

import re
from datetime import date
from typing import Final, Literal

from tasks.models import Paper

CATALOG: Final = "catalog"
JOURNAL: Final = "journal"
PICTURES: Final = "pictures"
ORIGINALS: Final = "originals"

_SUFFIXES: Final = {"png": "png", "jpeg": "jpg", "webp": "webp"}
_HEX: Final = re.compile(r"[0-9a-f]{8,64}")
_RUN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_CATALOG_FILE: Final = re.compile(CATALOG + r"/(?:month|day)=([0-9]{4}-[0-9]{2})(?:-[0-9]{2})?/[^/]+\.parquet")
_JOURNAL_FILE: Final = re.compile(JOURNAL + r"/([0-9a-f]{8,64})/([0-9]{3,6})\.json")
MAX_ENTRIES: Final = 1_000_000


def picture_path(paper: Paper, recipe_fingerprint: str | None = None) -> str:
    """The JPEG's place: named as the predecessor did, with the recipe added when that name is another recipe's."""
    name = paper.key if recipe_fingerprint is None else f"{paper.key}-{_matching(_HEX, recipe_fingerprint)}"
    return f"{PICTURES}/{paper.folder_date.isoformat().replace('-', '')}/{name}.jpg"


def original_path(digest: str, picture_format: Literal["png", "jpeg", "webp"]) -> str:
    """The place of a painter's untouched bytes, by their SHA-256."""
    return f"{ORIGINALS}/{_matching(_HEX, digest)}.{_SUFFIXES[picture_format]}"


def catalog_path(day: date, run_id: str) -> str:
    """The catalog's file of one run and listed day, in a Hive partition."""
    return f"{CATALOG}/day={day.isoformat()}/{_matching(_RUN, run_id)}.parquet"


def catalog_month_path(month: str, name: str) -> str:
    """The catalog's file of a whole month (YYYY-MM), put together from those of its days."""
    return f"{CATALOG}/month={_matching(_MONTH, month)}/{_matching(_RUN, name)}.parquet"


def catalog_month(path: str) -> str | None:
    """The month (YYYY-MM) whose rows a file of the catalog holds, or None when it is no such file."""
    found = _CATALOG_FILE.fullmatch(path)
    return found[1] if found else None


def journal_folder(key: str) -> str:
    """The folder of one paid call's journal."""
    return f"{JOURNAL}/{_matching(_HEX, key)}"


def journal_path(key: str, number: int) -> str:
    """The place of a journal's entry. It carries the number alone, so that of two writers only one can have it."""
    if not 0 <= number < MAX_ENTRIES:
        raise ValueError(f"Not the number of a journal entry: {number}")
    return f"{journal_folder(key)}/{number:03d}.json"


def journal_place(path: str) -> tuple[str, int] | None:
    """The key and the number of a journal's entry, or None for any other path."""
    found = _JOURNAL_FILE.fullmatch(path)
    return (found[1], int(found[2])) if found else None


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"Not fit for a name in the archive: {text[:100]!r}")
    return text
