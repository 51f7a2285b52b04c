"""Find single papers by id or URL."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from frontispiece.concurrency import to_its_end
from frontispiece.services import Services
from frontispiece.sources import EVERY_PAPER, open_source
from frontispiece.sources.interface import Listed
from tasks.caching import worth_another_attempt


@task(
    name="find papers",
    task_run_name="find {ids}",
    description="Look up single papers, in the source of the settings or on arXiv.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def find_papers(ids: tuple[str, ...], services: Services, on_arxiv: bool = False) -> Listed:
    """Those of the papers that are there, in this order. Raises BadInput for what is no arXiv id, and SourceError."""
    if not on_arxiv:
        if (found := services.read_ahead.pop(ids, None)) is not None:
            return found
        async with services.turn_at(services.source):
            return await services.source.find(ids)
    arxiv = open_source(EVERY_PAPER, services.settings)
    try:
        async with services.turn_at(arxiv):
            return await arxiv.find(ids)
    finally:
        await to_its_end(arxiv.close())
