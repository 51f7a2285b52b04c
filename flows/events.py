"""What a run tells Prefect beside its states, for automations of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from prefect import runtime
from prefect.client.schemas.objects import State
from prefect.events import emit_event

from flows.verdict import has_failed, has_left_work
from frontispiece.errors import BadInput, FrontispieceError
from frontispiece.models import Outcome
from frontispiece.purchases.budget import Budget
from frontispiece.report import sum_up
from frontispiece.settings import Settings

DAY_DONE: Final = "frontispiece.day.done"
DAY_FAILED: Final = "frontispiece.day.failed"
BUDGET_REACHED: Final = "frontispiece.budget.reached"
_COUNTS: Final = ("papers", "pictures", "skipped", "blocked", "failed", "unbought", "dollars")


@contextmanager
def telling_of(day: date, outcomes: list[Outcome], settings: Settings) -> Iterator[None]:
    """Tell at the end how the papers of the day ended, whose outcomes are added within, or what kept them from it."""
    before = len(outcomes)

    def tell(event: str, **said: Any) -> None:
        resource = {"prefect.resource.id": f"frontispiece.day.{settings.source}.{day}"}
        recipe = {"source": settings.source, "writer": settings.writer, "painter": settings.painter}
        emit_event(event, resource, payload={"day": str(day), **recipe, **said})

    try:
        yield
    except FrontispieceError as error:
        if not isinstance(error, BadInput):
            tell(DAY_FAILED, message=str(error))
        raise
    said: dict[str, Any] = sum_up(outcomes[before:])
    is_failed = has_failed(said["failed"], said["pictures"], settings.failure_limit)
    tell(DAY_FAILED if is_failed else DAY_DONE, **{name: said[name] for name in _COUNTS})


def tell_of_budget(state: State[Any], budget: Budget) -> None:
    """Tell when a run has stopped at its limit; a day of a backfill shares that of the backfill, which tells itself."""
    if has_left_work(state) and not runtime.flow_run.parameters.get("backfill"):
        resource = {"prefect.resource.id": f"frontispiece.budget.{runtime.flow_run.id}"}
        said = {"spent": budget.committed, "max_usd": budget.max_usd, "message": state.message}
        emit_event(BUDGET_REACHED, resource, payload={"run": runtime.flow_run.name, **said})
