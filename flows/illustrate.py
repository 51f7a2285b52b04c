"""Give papers their pictures: a whole day's, or just these."""

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows.form import Categories, Count, Day, Dollars, Ids, PainterChoice, SourceChoice, StyleChoice, WriterChoice
from flows.inputs import check_day, day_meant
from flows.results import NO_RESULTS
from flows.session import open_session
from frontispiece.settings import load_settings


def _day_name() -> str:
    parameters = runtime.flow_run.parameters
    return f"{parameters.get('day') or 'newest'} · {parameters.get('source') or load_settings().source}"


def _papers_name() -> str:
    return ", ".join(runtime.flow_run.parameters["ids"])[:80]


@flow(
    name="illustrate day",
    flow_run_name=_day_name,
    description="Fetch a day's papers and have a picture made for each.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def illustrate_day(
    day: Day = None,
    source: SourceChoice = None,
    writer: WriterChoice = None,
    painter: PainterChoice = None,
    style: StyleChoice = None,
    min_upvotes: Count = None,
    categories: Categories = None,
    limit: Count = None,
    max_usd: Dollars = None,
    refresh: bool = False,
) -> State[None]:
    """Illustrate the papers of one day.

    Args:
        day: The day of the list; left empty, the newest one.
        source: Where the list comes from; left empty, as in the settings.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        style: How the writer is asked; left empty, as in the settings.
        min_upvotes: Papers with fewer votes are skipped, where the source has votes.
        categories: Only papers of these arXiv categories.
        limit: At most so many papers of the list.
        max_usd: The most that this run may spend, in US dollars.
        refresh: Make everything anew, even what is archived; paid steps are paid again.

    """
    settings = load_settings(
        source=source,
        writer=writer,
        painter=painter,
        style=style,
        min_upvotes=min_upvotes,
        categories=categories,
        max_usd=max_usd,
    )
    if day is not None:
        check_day(day)
    async with open_session(settings, refresh=refresh) as session:
        day = await day_meant(day, session.studio)
        await session.illustrate_list(day, categories or (), limit)
        return await session.conclude((day,))


@flow(
    name="illustrate papers",
    flow_run_name=_papers_name,
    description="Have a picture made for each of these papers.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def illustrate_papers(
    ids: Ids,
    writer: WriterChoice = None,
    painter: PainterChoice = None,
    style: StyleChoice = None,
    max_usd: Dollars = None,
    refresh: bool = False,
) -> State[None]:
    """Illustrate single papers.

    Args:
        ids: arXiv ids or URLs of papers, such as 2410.24175 or https://huggingface.co/papers/2410.24175.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        style: How the writer is asked; left empty, as in the settings.
        max_usd: The most that this run may spend, in US dollars.
        refresh: Make everything anew, even what is archived; paid steps are paid again.

    """
    settings = load_settings(writer=writer, painter=painter, style=style, min_upvotes=0, max_usd=max_usd)
    async with open_session(settings, refresh=refresh) as session:
        found = await session.steps.find_papers(tuple(ids), session.studio)
        await session.illustrate(found.result)
        return await session.conclude()
