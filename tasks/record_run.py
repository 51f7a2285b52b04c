"""Write down how the day's pictures came to be."""

from collections.abc import Sequence
from datetime import date

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from frontispiece.archive.catalog import Run
from frontispiece.models import Outcome
from frontispiece.services import Services
from frontispiece.text import counted
from tasks.caching import worth_another_attempt


@task(
    name="record run",
    task_run_name="record {day}",
    description="Write one Parquet file with a row for every paper of the day.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def record_run(day: date, run: Run, outcomes: Sequence[Outcome], services: Services) -> str:
    """Write the catalog's file of this run and day, and give its path. Raises ArchiveError."""
    path = await services.catalog.write(day, run.id, outcomes, run)
    get_run_logger().info("Recorded %s in %s.", counted(len(outcomes), "paper"), path)
    return path
