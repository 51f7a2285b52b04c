"""Have a picture prompt written."""

from prefect import get_run_logger, runtime, task

from frontispiece.concurrency import Lane
from frontispiece.models import Paper, Prompt
from frontispiece.purchases.prompts import PromptJob, key_of
from frontispiece.services import Services
from tasks.caching import keyed, report_doubts, worth_another_attempt


@task(
    name="write prompt",
    task_run_name="prompt {paper.id}",
    description="Have the writer turn title and abstract into a picture prompt.",
    cache_policy=keyed(Prompt, key_of),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def write_prompt(paper: Paper, services: Services) -> Prompt:
    """The picture prompt for `paper`; a paid one is bought once, whatever happens.

    Raises the errors of `frontispiece.writers.interface.Writer.write`, NotYet while the prompt is on order in a batch,
    BudgetReached and ArchiveError.
    """
    logger = get_run_logger()
    async with Lane(services.prompts_lane) as lane:
        writer = services.writer
        logger.info("%s request. Model: %s. Prompt: %s", writer.label, writer.recipe.model, writer.request(paper))
        job = PromptJob(paper, services, lane, str(runtime.flow_run.id))
        if writer.paid:
            settled = await services.journal.settle(job)
            report_doubts(job.what, settled)
            prompt = settled.record
        else:
            prompt = await job.make()
    logger.info("Response: %s", prompt.text)
    return prompt
