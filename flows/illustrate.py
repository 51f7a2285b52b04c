"""Give papers their pictures: a whole day's, or just these."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State

from flows.audience import audience
from flows.choose import choose, in_categories
from flows.inputs import day_meant
from flows.report import Report, sum_up, verdict
from flows.steps import Steps
from flows.trip import Trip
from tasks.archive.catalog import Run
from tasks.models import Outcome, Paper
from tasks.painters import PainterName
from tasks.settings import load_settings
from tasks.sources import SourceName
from tasks.studio import Studio, open_studio
from tasks.version import VERSION
from tasks.writers import WriterName

# Named only so that Prefect does not ask the server for a default in every run, and leave a socket open.
NO_RESULTS = Path("data/results")


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
    day: date | None = None,
    source: SourceName | None = None,
    writer: WriterName | None = None,
    painter: PainterName | None = None,
    min_upvotes: int | None = None,
    categories: list[str] | None = None,
    limit: int | None = None,
    refresh: bool = False,
) -> State[None]:
    """Illustrate the papers of one day.

    Args:
        day: The day of the list; left empty, the newest one.
        source: Where the list comes from; left empty, as in the settings.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        min_upvotes: Papers with fewer votes are skipped, where the source has votes.
        categories: Only papers of these arXiv categories.
        limit: At most so many papers of the list.
        refresh: Make everything anew, even what is archived; paid steps are paid again.

    """
    settings = load_settings(
        source=source, writer=writer, painter=painter, min_upvotes=min_upvotes, categories=categories
    )
    async with open_studio(settings, _edition(refresh)) as studio:
        started = datetime.now(UTC)
        steps = Steps(studio)
        day = await day_meant(day, studio)
        await _ask_about_the_model(studio)
        listed = await steps.fetch_papers(day, studio)
        papers = in_categories(listed.result.papers, categories or ())[:limit]
        outcomes = await illustrate(papers, steps, studio)
        return await _conclude(started, outcomes, steps, studio, days=(day,))


@flow(
    name="illustrate papers",
    flow_run_name=_papers_name,
    description="Have a picture made for each of these papers.",
    persist_result=False,
    result_storage=NO_RESULTS,
)
async def illustrate_papers(
    ids: list[str],
    writer: WriterName | None = None,
    painter: PainterName | None = None,
    refresh: bool = False,
) -> State[None]:
    """Illustrate single papers.

    Args:
        ids: arXiv ids or URLs of papers, such as 2410.24175 or https://huggingface.co/papers/2410.24175.
        writer: Who writes the prompts; left empty, as in the settings.
        painter: Who paints them; left empty, as in the settings.
        refresh: Make everything anew, even what is archived; paid steps are paid again.

    """
    settings = load_settings(writer=writer, painter=painter, min_upvotes=0)
    async with open_studio(settings, _edition(refresh)) as studio:
        started = datetime.now(UTC)
        steps = Steps(studio)
        await _ask_about_the_model(studio)
        found = await steps.find_papers(tuple(ids), studio)
        outcomes = await illustrate(found.result, steps, studio)
        return await _conclude(started, outcomes, steps, studio)


async def illustrate(papers: Sequence[Paper], steps: Steps, studio: Studio) -> list[Outcome]:
    """Every paper's outcome; papers go side by side, within the studio's bounds."""
    waiting, outcomes = await choose(papers, studio)
    audience.get().listed(len(papers), len(waiting))
    get_run_logger().info("%d papers: %d to illustrate, %d need nothing.", len(papers), len(waiting), len(outcomes))
    made = await asyncio.gather(*(Trip(paper, steps, studio).make() for paper in waiting))
    return [*made, *outcomes]


def _edition(refresh: bool) -> str:
    """What tells this run's purchases from earlier ones, when everything is to be made anew."""
    return str(runtime.flow_run.id) if refresh else ""


async def _ask_about_the_model(studio: Studio) -> None:
    """A free look before the first paper, so that a wrong key fails once and not once a paper."""
    for warning in await studio.writer.check():
        get_run_logger().warning(warning)


async def _conclude(
    started: datetime, outcomes: Sequence[Outcome], steps: Steps, studio: Studio, days: tuple[date, ...] = ()
) -> State[None]:
    """Record the run, day by day, and judge it."""
    settings = studio.settings
    finished = datetime.now(UTC)
    run = Run(
        id=str(runtime.flow_run.id),
        source=settings.source,
        started_at=started,
        finished_at=finished,
        version=VERSION,
        min_upvotes=settings.min_upvotes,
        categories=settings.categories,
    )
    by_day = sorted(outcomes, key=lambda outcome: outcome.paper.listing.day)
    paths = []
    for day, group in groupby(by_day, key=lambda outcome: outcome.paper.listing.day):
        recorded = await steps.record_run(day, run, list(group), studio)
        paths.append(recorded.result)
    report = Report(
        days=days or tuple(sorted({outcome.paper.listing.day for outcome in outcomes})),
        source=settings.source,
        seconds=(finished - started).total_seconds(),
        catalog=tuple(paths),
        archive=studio.archive.where(""),
        **sum_up(outcomes),
    )
    audience.get().closed(report)
    return verdict(report, settings.failure_limit)
