"""Which row of the catalog holds. The rule stands here alone: whoever reads the catalog asks it, SQL too.

A run that is tried again (Retry, Resume) keeps its id and adds rows of its own, and a run may look at several lists: so
IDENTITY tells rows from each other. One that stands in two files, as while months are put together, counts once.

Of the rows about one paper under one recipe the newest that tells of a picture holds; where there is none, the newest
refusal; else the newest failure. A row of a paper that was skipped hides none of them.

Rows of earlier versions call a paper failed at which a run was cancelled: AS_READ has all readings take it for what it
is, not reached.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from frontispiece.models import NOT_REACHED, Status

R = TypeVar("R", bound=Mapping[str, Any])

IDENTITY: Final = ("run", "run_finished_at", "list_day", "paper_key", "recipe")
"""The columns in which two rows differ when they are two."""
AGE: Final = ("run_finished_at", "run", "list_day")
"""The columns that say which of two rows is newer."""
STRENGTH: Final = (Status.DONE, Status.BLOCKED, Status.FAILED, Status.SKIPPED)
"""What holds against what, whatever their age."""

ONE_ROW: Final = ", ".join(IDENTITY)
NEWEST_FIRST: Final = ", ".join(f"{name} DESC" for name in AGE)
STRENGTH_OF_ROW: Final = f"list_position({list(map(str, STRENGTH))}, status)"
HOLDS_FIRST: Final = f"{STRENGTH_OF_ROW}, {NEWEST_FIRST}"
AGE_OF_ROW: Final = """row(
    coalesce(run_finished_at, TIMESTAMPTZ '-infinity'), coalesce(run, ''), coalesce(list_day, DATE '-infinity')
)"""
"""The same for SQL: after PARTITION BY and ORDER BY, and to be compared."""

_WAS_CUT_OFF: Final = f"status = '{Status.FAILED}' AND reason = 'Cancelled'"
AS_READ: Final = f"""* REPLACE (
    CASE WHEN {_WAS_CUT_OFF} THEN '{Status.SKIPPED}' ELSE status END AS status,
    CASE WHEN {_WAS_CUT_OFF} THEN '{NOT_REACHED}' ELSE reason END AS reason
)"""
"""What to SELECT of rows as they are in the files."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_WEAKEST_FIRST: Final = {str(status): -place for place, status in enumerate(STRENGTH)}


def age(row: Mapping[str, Any]) -> tuple[datetime, str, date]:
    """Greater the newer the row is; the day makes it the same whatever the rows are read from."""
    return row["run_finished_at"] or _NEVER, row["run"] or "", row["list_day"] or date.min


def holding(rows: Iterable[R]) -> dict[tuple[str, str], R]:
    """The row that holds for each paper (by key) and recipe."""
    weakest_first = sorted(rows, key=lambda row: (_WEAKEST_FIRST.get(row["status"], -len(STRENGTH)), age(row)))
    return {(row["paper_key"], row["recipe"]): row for row in weakest_first}
