"""What has to be done every morning so that nothing piles up."""

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.gallery import publish_new
from flows.reconcile import close_orphans, said
from flows.results import NO_RESULTS
from flows.tidy import tidy_catalog
from frontispiece.archive.presence import is_begun
from frontispiece.archive.store import Archive
from frontispiece.settings import load_settings


@flow(
    name="upkeep",
    description="Close runs that a killed process left behind, tidy the catalog's past months, write the gallery.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def upkeep() -> State[None]:
    """Close what a killed process left open, put small files of past months together, and hang what is new."""
    logger = get_run_logger()
    done = said(await close_orphans(but=runtime.flow_run.id))
    logger.info(done)
    settings = load_settings()
    archive = Archive.open(settings.archive)
    if await is_begun(archive):
        await tidy_catalog(archive)
        await publish_new(archive, settings)
    return Completed(message=done)
