"""Have a prompt painted, and keep the original."""

from prefect import get_run_logger, runtime, task

from frontispiece.concurrency import Lane
from frontispiece.models import Painting, Paper, Prompt
from frontispiece.purchases.paintings import PaintingJob, key_of
from frontispiece.services import Services
from tasks.caching import keyed, report_doubts, worth_another_attempt


@task(
    name="paint image",
    task_run_name="paint {paper.id}",
    description="Have the painter paint the prompt, and keep the bytes it sends untouched.",
    cache_policy=keyed(Painting, key_of),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def paint_image(paper: Paper, prompt: Prompt, services: Services, take: int = 0) -> Painting:
    """The painting of `prompt`, its bytes kept in the archive; a paid one is bought once, whatever happens.

    Another `take` is painted with another seed.

    Raises the errors of `frontispiece.painters.interface.Painter`, BudgetReached and ArchiveError.
    """
    get_run_logger().info("Generating image by prompt: %s.", prompt.text)
    async with Lane(services.paintings_lane) as lane:
        job = PaintingJob(paper, prompt, services, take, run=str(runtime.flow_run.id), lane=lane)
        if not services.painter.paid:
            return await job.make()
        settled = await services.journal.settle(job)
        report_doubts(job.what, settled)
    return settled.record
