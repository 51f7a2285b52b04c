"""What has to be done every week so that nothing piles up."""

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.reconcile import close_orphans, said
from flows.results import NO_RESULTS


@flow(
    name="upkeep",
    description="Close runs that a killed process left behind.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def upkeep() -> State[None]:
    """Close what a killed process left open, and say so."""
    done = said(await close_orphans(but=runtime.flow_run.id))
    get_run_logger().info(done)
    return Completed(message=done)
