"""Have prompts written by the thousand: ordered in batches, at a lower price, and fetched hours later."""

from collections.abc import Sequence

from prefect import get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from frontispiece.models import Paper
from frontispiece.purchases.prompts import Fetched, Orders, fetch, order
from frontispiece.services import Services
from frontispiece.text import counted
from frontispiece.writers.interface import BatchTicket
from tasks.caching import worth_another_attempt

MOST_NAMED = 10


@task(
    name="order prompts",
    task_run_name="order prompts",
    description="Order picture prompts in batches, at a lower price.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def order_prompts(papers: Sequence[Paper], services: Services, beside: int = 0) -> Orders:
    """Order the prompts of those of `papers` for which nobody has done it before; none is bought twice.

    The budget keeps room for the paintings of all these papers, and of so many `beside` them.

    Raises BadInput when the writer takes no batches, ProviderError and ArchiveError.
    """
    orders = await order(papers, services, beside, str(runtime.flow_run.id))
    for ticket, ordered in orders.ordered.items():
        get_run_logger().info("Batch %s has the orders of %s.", ticket.batch, counted(len(ordered), "prompt"))
    return orders


@task(
    name="fetch prompts",
    task_run_name="fetch {ticket.batch!r}",
    description="Take the prompts of a finished batch into the archive's journal.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def fetch_prompts(ticket: BatchTicket, papers: Sequence[Paper], services: Services) -> Fetched:
    """Note what the finished batch `ticket` delivered for `papers`.

    Raises ProviderError when the batch cannot be read, and ArchiveError.
    """
    fetched, logger = await fetch(papers, services), get_run_logger()
    for problem in fetched.problems[:MOST_NAMED]:
        logger.warning(problem)
    logger.info(
        "Batch %s: %s, %d to order again.", ticket.batch, counted(fetched.written, "prompt"), len(fetched.again)
    )
    return fetched
