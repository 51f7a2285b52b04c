"""Have a picture prompt written."""

from prefect import get_run_logger, task

from tasks.archive.journal import PaidCall
from tasks.caching import keyed, report_doubts, worth_another_attempt
from tasks.models import Paper, Prompt
from tasks.recipe import prompt_key
from tasks.studio import Studio


def _key(paper: Paper, studio: Studio) -> str:
    return prompt_key(paper, studio.writer.recipe, studio.edition)


@task(
    name="write prompt",
    task_run_name="prompt {paper.id}",
    description="Have the writer turn title and abstract into a picture prompt.",
    tags=["prompt"],
    cache_policy=keyed(Prompt, _key),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def write_prompt(paper: Paper, studio: Studio) -> Prompt:
    """The picture prompt for `paper`; a paid one is bought once, whatever happens.

    Raises the errors of `tasks.writers.interface.Writer.write`, BudgetReached and ArchiveError.
    """
    writer, logger = studio.writer, get_run_logger()
    async with studio.prompts_lane:
        logger.info("%s request. Model: %s. Prompt: %s", writer.label, writer.recipe.model, writer.request(paper))
        if writer.paid:
            key, price = _key(paper, studio), writer.price(paper)
            async with studio.budget.purchase(key, price, studio.painter.price, paper.key) as purchase:
                call = PaidCall(
                    what=f"prompt {paper.id} by {writer.label}",
                    submit=lambda: purchase.make(lambda: writer.write(paper)),
                    record=Prompt,
                    price_hint=price,
                )
                settled = await studio.journal.settle(key, call)
                prompt = settled.record
                await purchase.delivered(prompt.dollars)
            report_doubts(call.what, settled)
        else:
            prompt = await writer.write(paper)
    logger.info("Response: %s", prompt.text)
    return prompt
