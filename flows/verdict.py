"""How a run judges itself: the state it ends in."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final, ParamSpec

from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed, Failed

from flows.interrupts import interruptible, terminable
from flows.listener import surroundings
from frontispiece.concurrency import ungrouped
from frontispiece.errors import BadInput
from frontispiece.money import amount
from frontispiece.report import Report
from frontispiece.text import counted

P = ParamSpec("P")

NONE_ASKED_FOR: Final = "None of the papers listed was asked for."
BUDGET_REACHED: Final = "Budget reached"
"""The name of the Completed state of a run that has left work at its limit in dollars."""
REFUSED: Final = "Refused"
"""The name of the Failed state of a run that somebody has asked what cannot be; no alarm is raised for it."""


def refuses(run: Callable[P, Awaitable[State[None]]]) -> Callable[P, Awaitable[State[None]]]:
    """Have a run whose input cannot be end with that sentence, as Failed; its name is REFUSED where a person asked.

    One that a person has interrupted, at a command, ends as Cancelled: Prefect would say that it crashed. One that
    Prefect tells to end does.
    """

    @wraps(run)
    async def judged(*args: P.args, **kwargs: P.kwargs) -> State[None]:
        work = run(*args, **kwargs)
        try:
            with ungrouped():
                return await (interruptible(work) if surroundings.get().is_command else terminable(work))
        except BadInput as error:
            context = FlowRunContext.get()
            is_scheduled = context is not None and context.flow_run is not None and context.flow_run.auto_scheduled
            return Failed(name=None if is_scheduled else REFUSED, message=str(error), data=error)

    return judged


def verdict(report: Report, failure_limit: float) -> State[None]:
    """Completed, or Failed when more than `failure_limit` (a share) of the papers at work have failed."""
    if has_failed(report.failed, report.pictures, failure_limit):
        at_work = report.pictures + report.failed
        left = f", {report.unbought} left at the limit in dollars" if report.unbought else ""
        named = "; ".join(report.failures[:10])
        return Failed(message=f"{report.failed} of {counted(at_work, 'paper')} failed{left}: {named}")
    if report.unbought:
        done = f"{amount(report.dollars)} spent, {counted(report.pictures, 'picture')}"
        return Completed(name=BUDGET_REACHED, message=f"{done}, {counted(report.unbought, 'paper')} left.")
    if not report.papers:
        return Completed(message=NONE_ASKED_FOR if report.listed else "No papers listed.")
    ordered = f", {report.on_order} on order in a batch" if report.on_order else ""
    return Completed(
        message=f"{counted(report.pictures, 'picture')}, {report.skipped} skipped, {report.failed} failed{ordered}."
    )


def has_failed(failed: int, pictures: int, failure_limit: float) -> bool:
    """Whether more than this share of the papers at work have failed."""
    return failed > 0 and failed / (failed + pictures) > failure_limit


def has_left_work(state: State[Any]) -> bool:
    """Whether a run has ended well, but at its limit in dollars, so that a higher one would go on."""
    return state.is_completed() and state.name == BUDGET_REACHED
