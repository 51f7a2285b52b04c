"""What has to be done every morning so that nothing piles up."""

from datetime import UTC, datetime

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.gallery import publish_new
from flows.reconcile import close_orphans, said
from flows.results import NO_RESULTS
from frontispiece.archive.presence import is_begun
from frontispiece.archive.store import Archive
from frontispiece.errors import FrontispieceError
from frontispiece.maintenance.compact import compact_month, months_to_compact
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
        await _compact(archive)
        await publish_new(archive, settings)
    return Completed(message=done)


async def _compact(archive: Archive) -> None:
    """Years of small files would make every look at the catalog slow."""
    for month, paths in (await months_to_compact(archive, datetime.now(UTC).date())).items():
        try:
            await compact_month(archive, month, paths)
        except FrontispieceError as error:
            get_run_logger().warning("The catalog's files of %s stay as they are: %s", month, error)
