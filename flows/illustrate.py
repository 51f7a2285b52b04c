"""Give papers their pictures: a whole day's, or just these.

A day: its list is fetched, papers are chosen, each gets a prompt, a picture, where that is wanted a look whether its
label reads, and its place in the archive; then the run is recorded.
"""

from collections.abc import Coroutine, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeAlias

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.tasks import Task

from flows.events import telling_of
from flows.finding import find
from flows.inputs import check_day, day_meant
from flows.paper_run import PaperRun, run_of
from flows.results import NO_RESULTS
from flows.schedule import label_run
from flows.session import Session, choose_now, open_session
from flows.steps import anew
from flows.verdict import refuses
from frontispiece.archive.choosing import asked_for
from frontispiece.concurrency import gather_bounded, to_its_end
from frontispiece.errors import Blocked, BudgetReached, Flawed, OriginalMissing, ProviderError
from frontispiece.models import Check, Painting, Paper, Prompt
from frontispiece.request import DayRequest, Only, PapersRequest, takes
from frontispiece.services import Services
from frontispiece.settings import load_settings
from frontispiece.text import counted
from tasks.archive_image import archive_image
from tasks.check_label import check_label
from tasks.fetch_papers import fetch_papers
from tasks.paint_image import paint_image
from tasks.write_prompt import write_prompt

PaintTask: TypeAlias = Task[..., Coroutine[Any, Any, Painting]]


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
    validate_parameters=False,  # the request is checked, with the sentence that the command line gives
)
@refuses
@takes(DayRequest)
async def illustrate_day(request: DayRequest) -> State[None]:
    """Illustrate the papers of one day."""
    settings = load_settings(**request.choices)
    check_day(request.day, settings.source)
    async with open_session(settings, refresh=request.refresh) as session:
        day = await day_meant(request.day, session.services)
        await label_run(settings.source, (day,))
        await illustrate_list(session, day, request.categories or (), request.limit)
        return await session.record((day,))


@flow(
    name="illustrate papers",
    flow_run_name=_papers_name,
    description="Have a picture made for each of these papers.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@refuses
@takes(PapersRequest)
async def illustrate_papers(request: PapersRequest) -> State[None]:
    """Illustrate single papers."""
    settings = load_settings(**request.choices)
    async with open_session(settings, refresh=request.refresh) as session:
        await label_run(settings.source)
        await illustrate(session, await find(session, request.ids))
        return await session.record()


async def illustrate_list(
    session: Session, day: date, categories: Sequence[str] = (), limit: int | None = None, only: Only = "all"
) -> None:
    """Illustrate the papers listed on `day`. Raises SourceError when the list cannot be read."""
    services = session.services
    session.asks(day)
    with telling_of(day, session.outcomes, services.settings):
        listed = (await session.steps.call(fetch_papers, day, services)).value
        session.lists[day] = len(listed.papers)
        if not listed.papers:
            await services.note_empty(day)
        await illustrate(session, asked_for(listed.papers, categories, limit), only)


async def illustrate(session: Session, papers: Sequence[Paper], only: Only = "all") -> None:
    """Choose those of the papers that need a picture, and have each illustrated, side by side.

    Raises BadInput when there is a limit in dollars and nobody knows what they cost.
    """
    services = session.services
    waiting, settled = await choose_now(papers, services, only)
    session.outcomes += settled
    session.chosen += waiting
    if waiting:
        services.check_prices(waiting[0])
        await services.recall_pictures()
    session.listener.listed(len(papers), len(waiting))
    nothing = counted(len(settled), "needs nothing", "need nothing")
    get_run_logger().info("%s: %d to illustrate, %s.", counted(len(papers), "paper"), len(waiting), nothing)
    await gather_bounded(partial(illustrate_paper, session), waiting, services.papers_window)


async def illustrate_paper(session: Session, paper: Paper) -> None:
    """Prompt, picture, check, archive, one after the other; the session has the outcome, whatever it is."""
    services = session.services
    async with run_of(paper, services, session.steps, session.listener, session.outcomes) as run:
        prompt = await run.call("prompt", write_prompt, paper, services)
        try:
            await _illustrate(run, prompt, services, paint_image)
        except OriginalMissing:
            get_run_logger().warning("The original of %s is gone: painting it again.", paper.id)
            await _illustrate(run, prompt, services, anew(paint_image))


async def _illustrate(run: PaperRun, prompt: Prompt, services: Services, paint: PaintTask) -> None:
    """From the prompt to the archived picture. Raises OriginalMissing when a painting's bytes are gone."""
    run.takes.clear()
    painting = await _paint(run, prompt, services, paint)
    if services.checker is not None:
        prompt, painting = await _check(run, prompt, painting, services, paint)
    run.resembles = services.duplicates.resembles(run.paper, painting.original)
    await to_its_end(_archive(run, prompt, painting, services))  # else a picture might lie there that no row tells of


async def _paint(run: PaperRun, prompt: Prompt, services: Services, paint: PaintTask) -> Painting:
    """A painting that looks like a picture of this paper; what does not is painted once more, with another seed."""
    first = await run.take(paint, prompt)
    flaw = services.duplicates.flaw(run.paper, first.original)
    if flaw is None:
        return first
    get_run_logger().warning("%s It is painted once more, with another seed.", flaw.message)
    second = await run.take(paint, prompt)
    run.keep(second)
    flaw = services.duplicates.flaw(run.paper, second.original)
    if flaw is None:
        return second
    if flaw.kind == "black":
        raise Blocked(f"{services.painter.label} sent an all-black picture twice, its way of withholding one.")
    raise Flawed(f"{flaw.message} So was the take before: look at the originals.")


async def _check(
    run: PaperRun, prompt: Prompt, painting: Painting, services: Services, paint: PaintTask
) -> tuple[Prompt, Painting]:
    """The painting whose label reads best, and its words: while none is good there is another take, within the budget.

    Further takes are painted from the words that a critic would have, where one was asked. Whatever fails on the way,
    a picture there is; what is not known of its label is said in the log.
    """
    best, verdict, looks = (prompt, painting), None, list[Check]()
    try:
        verdict = await run.call("check", check_label, run.paper, prompt, painting, services)
        looks.append(verdict)
        words = prompt.model_copy(update={"text": verdict.advice, "plan": None}) if verdict.advice else prompt
        for _ in range(1, services.takes):
            if verdict.is_good or not services.has_room_for_a_take:
                break
            get_run_logger().info("The picture of %s is painted again: its label %s.", run.paper.id, verdict.verdict)
            painting = await run.take(paint, words)
            if painting.original.digest in {each.original.digest for _, each in run.takes[:-1]}:
                break  # the painter has no other: it does not go by seeds
            if services.duplicates.flaw(run.paper, painting.original) is not None:
                continue
            check = await run.call("check", check_label, run.paper, words, painting, services)
            looks.append(check)
            if check.worth > verdict.worth:
                best, verdict = (words, painting), check
    except (ProviderError, BudgetReached) as error:
        what = "Whether the label of %s reads is not known: %s" if verdict is None else "No other take of %s: %s"
        get_run_logger().warning(what, run.paper.id, error)
    run.keep(best[1], looks, verdict)
    return best


async def _archive(run: PaperRun, prompt: Prompt, painting: Painting, services: Services) -> None:
    """Archive the picture; one that was archived before and whose file was lost is written again."""
    picture = await run.call("picture", archive_image, run.paper, prompt, painting, services)
    if "picture" in run.cached and not await services.archive.exists(picture.path):
        await run.call("picture", anew(archive_image), run.paper, prompt, painting, services)
