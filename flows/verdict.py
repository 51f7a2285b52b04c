"""How a run judges itself: the state it ends in."""

from typing import Any, Final

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from frontispiece.money import amount
from frontispiece.report import Report

NONE_ASKED_FOR: Final = "None of the papers listed was asked for."
BUDGET_REACHED: Final = "Budget reached"
"""The name of the Completed state of a run that has left work at its limit in dollars."""


def verdict(report: Report, failure_limit: float) -> State[None]:
    """Completed, or Failed when more than `failure_limit` (a share) of the papers at work have failed."""
    at_work = report.pictures + report.failed
    if report.failed and report.failed / at_work > failure_limit:
        left = f", {report.unbought} left at the limit in dollars" if report.unbought else ""
        named = "; ".join(report.failures[:10])
        return Failed(message=f"{report.failed} of {at_work} papers failed{left}: {named}")
    if report.unbought:
        done = f"{amount(report.dollars)} spent, {report.pictures} pictures"
        return Completed(name=BUDGET_REACHED, message=f"{done}, {report.unbought} papers left.")
    if not report.papers:
        return Completed(message=NONE_ASKED_FOR if report.listed else "No papers listed.")
    ordered = f", {report.on_order} on order in a batch" if report.on_order else ""
    return Completed(message=f"{report.pictures} pictures, {report.skipped} skipped, {report.failed} failed{ordered}.")


def has_left_work(state: State[Any]) -> bool:
    """Whether a run has ended well, but at its limit in dollars, so that a higher one would go on."""
    return state.is_completed() and state.name == BUDGET_REACHED
