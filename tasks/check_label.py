"""Look whether a painting's label reads."""

from prefect import get_run_logger, runtime, task

from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import at_side
from frontispiece.archive.pictures import get_original
from frontispiece.concurrency import Lane
from frontispiece.models import Check, Painting, Paper, Prompt
from frontispiece.purchases.checks import CheckJob, checker_of, key_of
from frontispiece.services import Services
from tasks.caching import keyed, report_doubts, worth_another_attempt


@task(
    name="check label",
    task_run_name="check {paper.id}",
    description="Have the label of the original read, and compare it with the words that were wanted.",
    cache_policy=keyed(Check, key_of),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def check_label(paper: Paper, prompt: Prompt, painting: Painting, services: Services) -> Check:
    """The verdict on `painting`; a paid one is bought once, whatever happens.

    Raises OriginalMissing when the original's bytes are gone or damaged, the errors of
    `frontispiece.checkers.interface.Checker.read`, BudgetReached and ArchiveError.
    """
    checker = checker_of(services)
    original = await get_original(services.archive, paper, painting)
    pictures = [await in_a_picture_thread(at_side, original, side) for side in checker.sides]
    async with Lane(services.checks_lane) as lane:
        job = CheckJob(paper, prompt, painting, services, pictures, run=str(runtime.flow_run.id), lane=lane)
        if checker.paid:
            settled = await services.journal.settle(job)
            report_doubts(job.what, settled)
            check = settled.record
        else:
            check = await job.make()
    said = "reads" if check.reads else "does not read"
    get_run_logger().info(
        "The label of %s %s (%.0f %%): %s", paper.id, said, 100 * check.score, check.read or "nothing"
    )
    return check
