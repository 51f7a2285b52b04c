"""The same papers by several recipes, within one limit in dollars: each recipe is a run of its own over the day."""

from collections.abc import Sequence
from typing import Any

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.events import tell_of_budget
from flows.illustrate import illustrate_day
from flows.inputs import check_day, day_meant
from flows.interrupts import go_along
from flows.listener import surrounded
from flows.results import NO_RESULTS
from flows.schedule import label_run
from flows.session import services_for_run
from flows.steps import Steps
from flows.verdict import BUDGET_REACHED, has_left_work, refuses
from frontispiece.comparing import Quote, Rival, look_at_comparison, rivals_of
from frontispiece.request import CompareRequest, takes
from frontispiece.services import Services
from frontispiece.settings import load_settings
from frontispiece.text import counted
from tasks.fetch_papers import fetch_papers


def _name() -> str:
    parameters = runtime.flow_run.parameters
    return f"compare {parameters.get('day') or 'newest'} · {parameters.get('source') or load_settings().source}"


@flow(
    name="compare",
    flow_run_name=_name,
    description="Have pictures of a day's papers made by several recipes, within one limit in dollars.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@refuses
@takes(CompareRequest)
async def compare(request: CompareRequest) -> State[None]:
    """Illustrate the same papers by each recipe; what is archived costs nothing."""
    rivals = rivals_of(request)
    check_day(request.day, rivals[0].settings.source)
    # One recipe after the other: places that a server shares out are given back in between.
    async with services_for_run(rivals[0].settings) as first:
        day = await day_meant(request.day, first)
        await label_run(first.settings.source, (day,))
        listed = (await Steps(first).call(fetch_papers, day, first)).value
        asked = await look_at_comparison(day, listed, request, rivals, first)
        get_run_logger().info("%s.", asked.headline)
        budget = first.budget

        async def by(rival: Rival, services: Services) -> State[None]:
            get_run_logger().info("By %s:", rival.name)
            services.budget = budget
            services.read_ahead[day] = listed  # one that grows meanwhile would give them other papers
            with surrounded(services=services):
                ended: State[None] = await illustrate_day(**_of_recipe(rival, asked, request), return_state=True)
            go_along(ended)
            return ended

        states = [await by(rivals[0], first)]
    with surrounded(opened=None):
        for rival in rivals[1:]:
            async with services_for_run(rival.settings) as services:
                states.append(await by(rival, services))
    state = _verdict(asked, states)
    tell_of_budget(state, budget)
    return state


def _of_recipe(rival: Rival, asked: Quote, request: CompareRequest) -> dict[str, Any]:
    """What a recipe's run is asked."""
    recipe = {name: getattr(rival.settings, name) for name in ("source", "writer", "painter")}
    lists = {"day": asked.day, "limit": asked.limit}
    lists |= {name: request.values[name] for name in ("min_upvotes", "categories")}
    return {**lists, **recipe, "style": rival.settings.style_to_choose}


def _verdict(asked: Quote, states: Sequence[State[None]]) -> State[None]:
    """Failed when a recipe's run has; else Completed, at the limit where work is left."""
    for rival, state in zip((each.rival for each in asked.shares), states, strict=True):
        if not state.is_completed():
            return Failed(message=f"By {rival.name}: {state.message}")
    message = f"{counted(len(asked.papers) - asked.left, 'paper')} by {counted(len(asked.shares), 'recipe')}"
    if asked.left or any(map(has_left_work, states)):
        left = f"{counted(asked.left, 'paper')} left" if asked.left else "some left"
        return Completed(name=BUDGET_REACHED, message=f"{message}, {left} at the limit in dollars.")
    return Completed(message=f"{message}.")
