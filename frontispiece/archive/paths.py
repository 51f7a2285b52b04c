"""Names and places in the archive: the only file that makes paths, and it takes nothing on trust."""

import re
from collections.abc import Collection
from datetime import date
from typing import Final, Literal

from frontispiece.dates import month_of
from frontispiece.models import Paper

CATALOG: Final = "catalog"
JOURNAL: Final = "journal"
PICTURES: Final = "pictures"
ORIGINALS: Final = "originals"
BUDGETS: Final = "budgets"
RESULTS: Final = "results"
PAID_CALLS: Final = "paid-calls"
LETTERS: Final = "letters"
POSTERS: Final = "posters"
COMPARISONS: Final = "compare"

_SUFFIXES: Final = {"png": "png", "jpeg": "jpg", "webp": "webp"}
_HEX: Final = re.compile(r"[0-9a-f]{8,64}")
_RUN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_PATH: Final = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[a-z0-9=_.+-]{1,200}(?:/[a-z0-9=_.+-]{1,200})*")
_MAX_PATH: Final = 512
_CATALOG_FILE: Final = re.compile(
    rf"{CATALOG}/(?:month|day)=({_MONTH.pattern})(?:-[0-9]{{2}})?/{_RUN.pattern}(?:\.[0-9]{{1,4}})?\.parquet"
)
_EMPTY_DAY: Final = re.compile(rf"{CATALOG}/day=({_MONTH.pattern}-[0-9]{{2}})/({_RUN.pattern})\.empty")
_PICTURE: Final = re.compile(rf"{PICTURES}/[0-9]{{8}}/[0-9a-f]{{16}}(?:-{_HEX.pattern})?\.jpg")
_ORIGINAL: Final = re.compile(rf"{ORIGINALS}/{_HEX.pattern}\.(?:{'|'.join(_SUFFIXES.values())}|svg)")
_JOURNAL_FILE: Final = re.compile(rf"{JOURNAL}/({_HEX.pattern})/([0-9]{{3}}|[1-9][0-9]{{3,5}})\.json")
_BOOKING: Final = re.compile(rf"{BUDGETS}/{_RUN.pattern}/({_HEX.pattern})-([0-9]{{1,6}})-(booked|paid)-([0-9]{{1,18}})")
_BUDGET_PAGE: Final = re.compile(rf"{BUDGETS}/{_RUN.pattern}/([0-9]{{4}}|[1-9][0-9]{{4,5}})\.json")
_PAID_CALLS_FILE: Final = re.compile(rf"{PAID_CALLS}/{_HEX.pattern}\.parquet")
_DAY: Final = rf"{_MONTH.pattern}-[0-9]{{2}}"
_LETTER: Final = re.compile(rf"{LETTERS}/{_DAY}/letter\.(?:eml|html)")
_LETTER_MARK: Final = re.compile(rf"{LETTERS}/{_DAY}/({_HEX.pattern})-([0-9]{{3}})\.json")
_POSTER: Final = re.compile(rf"{POSTERS}/[0-9a-z.-]{{4,24}}\.(?:png|pdf)")
_COMPARISON: Final = re.compile(rf"{COMPARISONS}/{_DAY}-{_HEX.pattern}\.html")
_NAMES: Final = {
    CATALOG: (_CATALOG_FILE, _EMPTY_DAY),
    JOURNAL: (_JOURNAL_FILE,),
    PICTURES: (_PICTURE,),
    ORIGINALS: (_ORIGINAL,),
    BUDGETS: (_BOOKING, _BUDGET_PAGE),
    PAID_CALLS: (_PAID_CALLS_FILE,),
    LETTERS: (_LETTER, _LETTER_MARK),
    POSTERS: (_POSTER,),
    COMPARISONS: (_COMPARISON,),
}
ROOMS: Final = tuple(_NAMES)
"""The folders whose files have names that are made here; those of others may be any paths."""
MAX_ENTRIES: Final = 1_000_000


def is_path(text: str) -> bool:
    """Whether this may be a path in an archive: folders and a name of a few signs, none of which leads out."""
    return len(text) <= _MAX_PATH and _PATH.fullmatch(text) is not None


def is_ours(path: str) -> bool:
    """Whether this program may have given a file this name; one of another name is a stranger's."""
    names = _NAMES.get(path.partition("/")[0])
    return is_path(path) and (names is None or any(name.fullmatch(path) for name in names))


def is_folder(path: str) -> bool:
    """Whether files of ours may lie in a folder of this name."""
    return is_path(path) and not (path.partition("/")[0] in _NAMES and is_ours(path)) and "/." not in f"/{path}"


def picture_path(paper: Paper, recipe_fingerprint: str | None = None) -> str:
    """The JPEG's place: named as the predecessor did, with the recipe added when that name is another recipe's."""
    name = paper.key if recipe_fingerprint is None else f"{paper.key}-{_matching(_HEX, recipe_fingerprint)}"
    return f"{PICTURES}/{paper.folder_date.isoformat().replace('-', '')}/{name}.jpg"


def original_path(digest: str, picture_format: Literal["png", "jpeg", "webp"]) -> str:
    """The place of a painter's untouched bytes, by their SHA-256."""
    return f"{ORIGINALS}/{_matching(_HEX, digest)}.{_SUFFIXES[picture_format]}"


def vector_path(digest: str) -> str:
    """The place of the same picture in strokes, beside the original that has this SHA-256."""
    return f"{ORIGINALS}/{_matching(_HEX, digest)}.svg"


def catalog_path(day: date, run_id: str, number: int = 1) -> str:
    """The catalog's file of one run and listed day, in a Hive partition; a run that is tried again has several.

    Only the later ones carry their number, after a dot, which no run's id has.
    """
    suffix = "" if number == 1 else f".{number}"
    return f"{CATALOG}/day={day.isoformat()}/{_matching(_RUN, run_id)}{suffix}.parquet"


def catalog_month_path(month: str, name: str) -> str:
    """The catalog's file of a whole month (YYYY-MM), put together from those of its days."""
    return f"{CATALOG}/month={_matching(_MONTH, month)}/{_matching(_RUN, name)}.parquet"


def catalog_month(path: str) -> str | None:
    """The month (YYYY-MM) whose rows a file of the catalog holds, or None when it is no such file."""
    found = _CATALOG_FILE.fullmatch(path)
    return found[1] if found else None


def catalog_days(path: str) -> int:
    """Of how many days at most a file of the catalog tells."""
    return 1 if path.startswith(f"{CATALOG}/day=") else 31


def catalog_may_hold(path: str, first: date, last: date) -> bool:
    """Whether a file of the catalog may have rows listed on one of these days; False for any other path."""
    month = catalog_month(path)
    if path.startswith(f"{CATALOG}/day="):
        return month is not None and first.isoformat() <= path.split("/")[1][len("day=") :] <= last.isoformat()
    return month is not None and month_of(first) <= month <= month_of(last)


def catalog_files_of(run_id: str, day: date, paths: Collection[str]) -> list[str]:
    """Those of the catalog's files that hold a run's rows about a day: its own ones, or else those of the month."""
    own = f"{CATALOG}/day={day.isoformat()}/{run_id}."
    of_month = f"{CATALOG}/month={month_of(day)}/"
    return [path for path in paths if path.startswith(own)] or [path for path in paths if path.startswith(of_month)]


def empty_day_path(day: date, source: str) -> str:
    """The mark of a day on which a source lists nothing; no Parquet file, because it would have no rows."""
    return f"{CATALOG}/day={day.isoformat()}/{_matching(_RUN, source)}.empty"


def empty_day(path: str, source: str) -> date | None:
    """The day that such a mark is about, or None for any other path."""
    found = _EMPTY_DAY.fullmatch(path)
    try:
        return date.fromisoformat(found[1]) if found and found[2] == source else None
    except ValueError:
        return None


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


def budget_folder(account: str) -> str:
    """The folder of a budget's bookings."""
    return f"{BUDGETS}/{_matching(_RUN, account)}"


def budget_page_path(account: str, number: int) -> str:
    """The place of a page of a budget. It carries the number alone, so that of two writers only one can have it."""
    if not 0 <= number < MAX_ENTRIES:
        raise ValueError(f"Not the number of a budget's page: {number}")
    return f"{budget_folder(account)}/{number:04d}.json"


def budget_page_number(path: str) -> int | None:
    """The number of a budget's page, or None for any other path."""
    found = _BUDGET_PAGE.fullmatch(path)
    return int(found[1]) if found else None


def booking_path(account: str, key: str, number: int, said: Literal["booked", "paid"], nanodollars: int) -> str:
    """What a budget knows of one call: all of it stands in the name, so that a listing is enough."""
    return f"{budget_folder(account)}/{_matching(_HEX, key)}-{number}-{said}-{nanodollars}"


def booking_of(path: str) -> tuple[str, int, str, int] | None:
    """Key, number, booked or paid, and nanodollars of a booking, or None for any other path."""
    found = _BOOKING.fullmatch(path)
    return (found[1], int(found[2]), found[3], int(found[4])) if found else None


def paid_calls_path(name: str) -> str:
    """The place of paid calls that no row of the catalog names."""
    return f"{PAID_CALLS}/{_matching(_HEX, name)}.parquet"


def letter_folder(day: date) -> str:
    """The folder of a day's letter, and of the marks that say who has got it."""
    return f"{LETTERS}/{day.isoformat()}"


def letter_path(day: date, kind: Literal["eml", "html"]) -> str:
    """The place of a day's letter."""
    return f"{letter_folder(day)}/letter.{kind}"


def letter_mark_path(day: date, receiver: str, number: int) -> str:
    """The place of a mark about a receiver, who is a digest. Of two writers only one can have a number."""
    return f"{letter_folder(day)}/{_matching(_HEX, receiver)}-{number:03d}.json"


def letter_mark(path: str) -> tuple[str, int] | None:
    """The receiver's digest and the number of such a mark, or None for any other path."""
    found = _LETTER_MARK.fullmatch(path)
    return (found[1], int(found[2])) if found else None


def poster_path(name: str, kind: Literal["png", "pdf"]) -> str:
    """The place of a poster. Raises ValueError for a name that no file can have."""
    return _matching(_POSTER, f"{POSTERS}/{name}.{kind}")


def comparison_path(day: date, comparison: str) -> str:
    """The place of the page on which recipes are compared over a day's papers."""
    return _matching(_COMPARISON, f"{COMPARISONS}/{day.isoformat()}-{comparison}.html")


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"Not fit for a name in the archive: {text[:100]!r}")
    return text
