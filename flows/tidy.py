"""Years of small files would make every look at the catalog slow: whoever finds a closed month open closes it."""

from datetime import UTC, datetime

from prefect import get_run_logger

from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError
from frontispiece.maintenance.compact import compact_closed_months


async def tidy_catalog(archive: Archive) -> None:
    """Put the small files of past months together; no run fails for trouble with them, the log mentions it."""
    try:
        problems = (await compact_closed_months(archive, datetime.now(UTC).date())).problems
    except ArchiveError as error:
        problems = (str(error),)
    for problem in problems:
        get_run_logger().warning(problem)
