"""Hang the day's pictures in the gallery."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from frontispiece.archive.catalog import Catalog
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.gallery.publisher import Published, publish
from frontispiece.text import counted
from tasks.caching import worth_another_attempt


@task(
    name="publish gallery",
    task_run_name="publish gallery",
    description="Write the gallery's pages about what is new in the catalog.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def publish_gallery(catalog: Catalog, site_url: str | None = None) -> Published:
    """Publish what is new, and say so; None is the address that was given last. Raises ArchiveError."""
    archive = catalog.archive
    files = await archive.list(CATALOG)
    done = await publish(archive, catalog.narrow, files, catalog_month, site_url=site_url, unread=catalog.problems)
    logger = get_run_logger()
    for problem in [*catalog.problems, *done.problems]:
        logger.warning(problem)
    logger.info("Published %s in %s.", counted(len(done.days), "day"), archive.where("gallery/index.html"))
    return done
