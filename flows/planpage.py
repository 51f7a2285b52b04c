"""A backfill's page in Prefect: the calendar, the plan, and how many days are done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final

from prefect.artifacts import Artifact, MarkdownArtifact, TableArtifact

from flows.calendarpage import CalendarPage
from flows.run_artifacts import RunArtifacts, pause, progress
from frontispiece.archive.calendar import COUNTS
from frontispiece.dates import Days
from frontispiece.money import price
from frontispiece.purchases.plan import Plan
from frontispiece.services import Services
from frontispiece.text import one_line

SECONDS_BETWEEN: Final = 10.0
_TO_BEGIN: Final = 1.0
_AFTER_A_CANCEL: Final = 0.5
"""Who cancels does not wait for long: then the page stays as it was last shown."""


class BackfillPage:
    """Is kept up to date while days run."""

    def __init__(self, backfill: str, days: Days, services: Services, **asked: Any) -> None:
        self._backfill = backfill
        self._days = days
        self._services = services
        self._asked = asked
        self._artifacts = RunArtifacts()
        self._ended = self._to_run = 0
        self._changed, self._is_over = asyncio.Event(), asyncio.Event()

    async def show_calendar(self) -> None:
        """How the days stand now, and what they cost."""
        await self._artifacts.show(self._calendar())

    async def _calendar(self) -> Artifact:
        catalog, settings = self._services.catalog, self._services.settings
        page = await CalendarPage.read(catalog, self._days, settings, self._backfill, **self._asked)
        return MarkdownArtifact(markdown=page.markdown(), key="calendar", description=page.headline)

    async def show_plan(self, plan: Plan) -> None:
        """The plan, a row a day."""
        self._to_run = sum(each.wants_a_run for each in plan.days)
        table: Any = [
            {
                "day": each.day.isoformat(),
                "": each.mark.label,
                **{name: getattr(each, name) for name in COUNTS},
                "to do": each.to_do,
                "at most": price(each.dollars) if each.to_do else "",
                "problem": one_line(each.problem or "", 300),
            }
            for each in plan.days
        ]
        await self._artifacts.show(TableArtifact(table=table, key="plan", description=plan.headline))

    def day_begun(self) -> None:
        """A day is under way."""
        self._changed.set()

    def day_ended(self) -> None:
        """One day less to go."""
        self._ended += 1
        self._changed.set()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Show what changes within, now and then, and once at the end, whatever that is."""
        going = asyncio.create_task(self._keep())
        patience: float | None = _AFTER_A_CANCEL
        try:
            yield
            patience = None
        finally:
            self._is_over.set()
            self._changed.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(going, patience)

    async def _keep(self) -> None:
        began, is_last = monotonic(), False
        while not is_last:
            await self._changed.wait()
            await self._rest(_TO_BEGIN)
            self._changed.clear()
            is_last = self._is_over.is_set()
            await self._show_progress()
            await self.show_calendar()
            await self._rest(pause(began, SECONDS_BETWEEN))

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_over.wait(), seconds)

    async def _show_progress(self) -> None:
        if self._to_run:
            now = progress("days", self._ended, self._to_run, "day", is_last=self._is_over.is_set())
            await self._artifacts.show(now)
