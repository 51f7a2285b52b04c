"""What has to be done every morning so that nothing piles up."""

from datetime import UTC, datetime

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.gallery import publish_new
from flows.reconcile import close_orphans, said
from flows.results import NO_RESULTS
from flows.standing import keep_calendar
from flows.tidy import tidy_catalog
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.presence import is_begun
from frontispiece.archive.store import Archive
from frontispiece.errors import FrontispieceError
from frontispiece.maintenance.enter import enter_paid_calls
from frontispiece.maintenance.leftovers import remove_leftovers
from frontispiece.settings import load_settings
from frontispiece.text import counted


@flow(
    name="upkeep",
    description="Close runs that a killed process left behind, enter what they paid, remove what they left half done, "
    "tidy the catalog's past months, write the gallery and the calendar.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def upkeep() -> State[None]:
    """Close what a killed process left open, enter what it paid, put small files together, and hang what is new."""
    logger = get_run_logger()
    done = said(await close_orphans(but=runtime.flow_run.id))
    logger.info(done)
    settings = load_settings()
    archive = Archive.open(settings.archive)
    if await is_begun(archive):
        await _enter(archive)
        await _remove_leftovers(archive)
        await tidy_catalog(archive)
        catalog = Catalog(archive)
        await publish_new(catalog, settings)
        await keep_calendar(catalog)
    return Completed(message=done)


async def _enter(archive: Archive) -> None:
    """What killed runs have paid, and nobody has met since, stands in the journal alone."""
    try:
        count = await enter_paid_calls(archive)
    except FrontispieceError as error:
        get_run_logger().warning("Paid calls that no run has recorded are not entered: %s", error)
        return
    if count:
        get_run_logger().info("Entered %s that no run had recorded.", counted(count, "paid call"))


async def _remove_leftovers(archive: Archive) -> None:
    try:
        count = await remove_leftovers(archive, datetime.now(UTC))
    except FrontispieceError as error:
        get_run_logger().warning("What killed programs have left is not removed: %s", error)
        return
    if count:
        get_run_logger().info("Removed %s of killed programs.", counted(count, "leftover"))
