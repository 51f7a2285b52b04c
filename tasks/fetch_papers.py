"""Fetch the day's papers."""

from datetime import UTC, date, datetime, timedelta

from prefect import get_run_logger, task

from frontispiece.recipe import digest
from frontispiece.services import Services
from frontispiece.sources.interface import Listed
from tasks.caching import keyed, worth_another_attempt

# Lists grow and votes drift for days; a list older than this is taken for final.
FINAL_AFTER = timedelta(days=30)


def _list_key(day: date, services: Services) -> str | None:
    """Lists of recent days are read again every time."""
    if datetime.now(UTC).date() - day < FINAL_AFTER:
        return None
    return digest(services.settings.source, services.source.fingerprint, str(day))


@task(
    name="fetch papers",
    task_run_name="list {day}",
    description="Read the list of one day's papers from its source.",
    cache_policy=keyed(Listed, _list_key),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def fetch_papers(day: date, services: Services) -> Listed:
    """All papers listed on `day`. Raises SourceUnavailable, SourceBroken, BadInput."""
    listed = await services.source.list_day(day)
    logger = get_run_logger()
    logger.info("%s lists %d papers for %s.", services.settings.source, len(listed.papers), day)
    for problem in listed.problems:
        logger.warning("Skipped in the list: %s", problem)
    return listed
