"""A backfill's page in Prefect: the plan, how many days are done, and the calendar."""

from collections.abc import Coroutine, Sequence
from typing import Any
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.utilities.urls import url_for

from frontispiece.archive.calendar import COUNTS, Day
from frontispiece.purchases.plan import Plan
from frontispiece.text import one_line


class BackfillPage:
    """What is on the page never decides about the run: a failure to show it is mentioned once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ended = 0
        self._progress: UUID | None = None
        self._has_complained = False

    async def show_plan(self) -> None:
        """The plan, a row a day."""
        table: Any = [
            {
                "day": each.day.isoformat(),
                "": each.mark.label,
                **{name: getattr(each, name) for name in COUNTS},
                "to do": each.to_do,
                "dollars at most": each.dollars,
                "problem": one_line(each.problem or "", 300),
            }
            for each in self._plan.days
        ]
        await self._tell(acreate_table_artifact(table, key="plan", description=self._plan.headline))

    async def day_ended(self) -> None:
        """One day less to go."""
        self._ended += 1
        count = sum(each.wants_a_run for each in self._plan.days)
        share, said = 100 * self._ended / count, f"{self._ended} of {count} days"
        if self._progress is None:
            self._progress = await self._tell(acreate_progress_artifact(share, key="days", description=said))
        else:
            await self._tell(aupdate_progress_artifact(self._progress, share, description=said))

    async def show_calendar(self, days: Sequence[Day]) -> None:
        """How the days stand now; each leads to its newest run."""
        await self._tell(
            acreate_markdown_artifact(calendar_page(days), key="calendar", description="How the days stand.")
        )

    async def _tell(self, telling: Coroutine[Any, Any, UUID]) -> UUID | None:
        try:
            return await telling
        except Exception as error:
            if not self._has_complained:
                self._has_complained = True
                get_run_logger().warning("The backfill's page is incomplete: %s", error)
            return None


def calendar_page(days: Sequence[Day]) -> str:
    """The calendar in markdown."""
    lines = [f"| day | | {' | '.join(COUNTS)} |", f"| --- | --- |{' ---: |' * len(COUNTS)}"]
    for each in days:
        address = url_for("flow-run", obj_id=each.run) if each.run and _is_run(each.run) else None
        day = f"[{each.day}]({address})" if address else str(each.day)
        counts = " | ".join(str(getattr(each, name) or "") for name in COUNTS)
        lines.append(f"| {day} | {each.mark.label} | {counts} |")
    return "\n".join(lines)


def _is_run(text: str) -> bool:
    """Whether it is a flow run's id; rebuilt and imported rows have other names."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
