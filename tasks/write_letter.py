"""Write the letter of a day."""

from datetime import date

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from frontispiece.archive.paths import letter_path
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.letter import edition, writing
from frontispiece.letter.writing import Letter
from frontispiece.settings import Settings
from tasks.caching import worth_another_attempt


@task(
    name="write letter",
    task_run_name="write letter",
    description="Write an e-mail about a day's papers into the archive.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def write_letter(archive: Archive, day: date | None, settings: Settings) -> Letter:
    """Write it; without a day, that of the newest one. Raises BadInput and ArchiveError."""
    about = day or await edition.newest_day(archive)
    letter = await writing.write_letter(archive, await edition.edition(archive, Days(about, about), settings), settings)
    logger = get_run_logger()
    for problem in letter.problems:
        logger.warning(problem)
    logger.info("Wrote %s.", archive.where(letter_path(about, "html")))
    return letter
