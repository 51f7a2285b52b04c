"""Have a prompt painted, and keep the original."""

import hashlib
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from prefect import get_run_logger, runtime, task

from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import inspect
from frontispiece.archive.paths import original_path
from frontispiece.errors import ProviderBroken
from frontispiece.models import Charge, Original, Painting, Paper, Prompt
from frontispiece.painters.interface import Canvas, Ticket
from frontispiece.purchases.journal import PaidCall
from frontispiece.recipe import painting_key
from frontispiece.services import Studio
from tasks.caching import keyed, report_doubts, worth_another_attempt


def _key(paper: Paper, prompt: Prompt, studio: Studio, take: int = 0) -> str:
    return painting_key(paper, prompt, studio.painter.recipe, studio.edition, take)


@task(
    name="paint image",
    task_run_name="paint {paper.id}",
    description="Have the painter paint the prompt, and keep the bytes it sends untouched.",
    cache_policy=keyed(Painting, _key),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def paint_image(paper: Paper, prompt: Prompt, studio: Studio, take: int = 0) -> Painting:
    """The painting of `prompt`, its bytes kept in the archive; a paid one is bought once, whatever happens.

    Another `take` is painted with another seed.

    Raises the errors of `frontispiece.painters.interface.Painter`, BudgetReached and ArchiveError.
    """
    painter = studio.painter
    get_run_logger().info("Generating image by prompt: %s.", prompt.text)

    async def keep(canvas: Canvas) -> Painting:
        await lane.aclose()  # the painter is free: its next order need not wait for what is ours to do
        try:
            return await _keep(canvas, studio)
        except ProviderBroken as error:
            error.charge = Charge(dollars=canvas.dollars, request_id=canvas.request_id)
            raise

    async def intact(painting: Painting) -> bool:
        return await studio.archive.exists(painting.original.path)

    async with AsyncExitStack() as lane:
        await lane.enter_async_context(studio.paintings_lane)
        if not painter.paid:
            canvas = await painter.submit(paper, prompt, take)
            if isinstance(canvas, Ticket):
                raise ProviderBroken(f"The painter {painter.label} took an order but should have painted at once.")
            return await keep(canvas)
        key = _key(paper, prompt, studio, take)
        async with studio.budget.purchase(key, painter.price, trip=paper.key) as purchase:
            call = PaidCall(
                what=f"painting {paper.id} by {painter.label}",
                submit=lambda: purchase.make(lambda: painter.submit(paper, prompt, take)),
                collect=lambda ticket: painter.collect(ticket, lane.aclose),
                recent=lambda since: painter.recent(paper, prompt, since, take),
                keep=keep,
                intact=intact,
                record=Painting,
                ticket=Ticket,
                price_hint=painter.price,
                wasted=lambda attempt, charges: studio.waste.note(paper.key, attempt, charges),
            )
            settled = await studio.journal.settle(key, call)
            await purchase.delivered(settled.record.dollars)
        report_doubts(call.what, settled)
    return settled.record


async def _keep(canvas: Canvas, studio: Studio) -> Painting:
    """Check what was delivered, put the bytes into the archive, and describe them."""
    recipe = studio.painter.recipe
    facts = await in_a_picture_thread(inspect, canvas.image)
    digest = hashlib.sha256(canvas.image).hexdigest()
    path = original_path(digest, facts.format)
    await studio.archive.put_if_absent(path, canvas.image)
    return Painting(
        painter=recipe.kind,
        model=canvas.model,
        parameters=recipe.parameters,
        seed=canvas.seed,
        url=canvas.url,
        request_id=canvas.request_id,
        seconds=canvas.seconds,
        dollars=canvas.dollars,
        run=str(runtime.flow_run.id),
        made=datetime.now(UTC),
        nsfw=canvas.nsfw,
        original=Original(
            digest=digest,
            path=path,
            format=facts.format,
            width=facts.width,
            height=facts.height,
            bytes=len(canvas.image),
            flat="black" if facts.black else "blank" if facts.blank else None,
            dhash=facts.dhash,
        ),
    )
