"""Fetch the day's papers."""

from datetime import date

from prefect import get_run_logger, task

from frontispiece.looking import list_key
from frontispiece.services import Services
from frontispiece.sources.interface import Listed
from frontispiece.text import counted
from tasks.caching import keyed, worth_another_attempt


@task(
    name="fetch papers",
    task_run_name="list {day}",
    description="Read the list of one day's papers from its source.",
    cache_policy=keyed(Listed, list_key),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def fetch_papers(day: date, services: Services) -> Listed:
    """All papers listed on `day`. Raises SourceUnavailable, SourceBroken, BadInput."""
    listed = services.read_ahead.pop(day, None)
    if listed is None:
        async with services.turn_at(services.source):
            listed = await services.source.list_day(day)
    logger = get_run_logger()
    logger.info("%s lists %s for %s.", services.settings.source, counted(len(listed.papers), "paper"), day)
    for problem in listed.problems:
        logger.warning("Skipped in the list: %s", problem)
    return listed
