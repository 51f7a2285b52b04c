"""Give papers their pictures: a whole day's, or just these."""

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows.inputs import check_day, day_meant
from flows.results import NO_RESULTS
from flows.session import open_session
from frontispiece.request import DayRequest, PapersRequest, takes
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
    validate_parameters=False,  # the request is checked, with the sentence that the command line gives
)
@takes(DayRequest)
async def illustrate_day(request: DayRequest) -> State[None]:
    """Illustrate the papers of one day."""
    if request.day is not None:
        check_day(request.day)
    async with open_session(load_settings(**request.choices), refresh=request.refresh) as session:
        day = await day_meant(request.day, session.studio)
        await session.illustrate_list(day, request.categories or (), request.limit)
        return await session.conclude((day,))


@flow(
    name="illustrate papers",
    flow_run_name=_papers_name,
    description="Have a picture made for each of these papers.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@takes(PapersRequest)
async def illustrate_papers(request: PapersRequest) -> State[None]:
    """Illustrate single papers."""
    async with open_session(load_settings(**request.choices), refresh=request.refresh) as session:
        found = await session.steps.find_papers(request.ids, session.studio)
        await session.illustrate(found.result)
        return await session.conclude()
