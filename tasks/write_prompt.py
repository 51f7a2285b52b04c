"""Have a picture prompt written."""

from contextlib import AsyncExitStack
from dataclasses import replace

from prefect import get_run_logger, task

from frontispiece.models import Paper, Prompt
from frontispiece.purchases.prompts import key_of, prompt_call
from frontispiece.services import Studio
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
async def write_prompt(paper: Paper, studio: Studio) -> Prompt:
    """The picture prompt for `paper`; a paid one is bought once, whatever happens.

    Raises the errors of `frontispiece.writers.interface.Writer.write`, NotYet while the prompt is on order in a batch,
    BudgetReached and ArchiveError.
    """
    writer, logger = studio.writer, get_run_logger()

    async def keep(prompt: Prompt) -> Prompt:
        await lane.aclose()  # the writer is free: its next prompt need not wait until this one is written down
        return prompt

    async with AsyncExitStack() as lane:
        await lane.enter_async_context(studio.prompts_lane)
        logger.info("%s request. Model: %s. Prompt: %s", writer.label, writer.recipe.model, writer.request(paper))
        if writer.paid:
            key, price = key_of(paper, studio), writer.price(paper)
            painting, by = studio.painter.price, writer.label
            async with studio.budget.purchase(key, price, painting, paper.key, by) as purchase:
                call = replace(prompt_call(key, paper, studio, purchase), keep=keep)
                settled = await studio.journal.settle(key, call)
                prompt = settled.record
                await purchase.delivered(prompt.dollars)
            report_doubts(call.what, settled)
        else:
            prompt = await writer.write(paper)
    logger.info("Response: %s", prompt.text)
    return prompt
