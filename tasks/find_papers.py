"""Find single papers by id or URL."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from frontispiece.errors import BadInput
from frontispiece.models import Paper
from frontispiece.services import Services
from frontispiece.sources import EVERY_PAPER, open_source
from frontispiece.sources.ids import parse_id
from tasks.caching import worth_another_attempt


@task(
    name="find papers",
    task_run_name="find {ids}",
    description="Look up single papers, in the source of the settings and then on arXiv.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def find_papers(ids: tuple[str, ...], services: Services) -> tuple[Paper, ...]:
    """These papers, in this order. Raises BadInput for what is no arXiv id, and when a paper is nowhere to be found."""
    wanted = list(dict.fromkeys(parse_id(text)[0] for text in ids))
    found = {paper.id: paper for paper in (await services.source.find(ids)).papers}
    missing = tuple(text for text in ids if parse_id(text)[0] not in found)
    if missing and services.settings.source != EVERY_PAPER:
        get_run_logger().info("Asking arXiv for %s.", ", ".join(missing))
        arxiv = open_source(EVERY_PAPER, services.settings)
        try:
            found |= {paper.id: paper for paper in (await arxiv.find(missing)).papers}
        finally:
            await arxiv.close()
    if unknown := [paper_id for paper_id in wanted if paper_id not in found]:
        raise BadInput(f"No paper {', '.join(unknown)} on arXiv.")
    return tuple(found[paper_id] for paper_id in wanted)
