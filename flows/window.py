"""The days of a backfill that are under way: a few at a time, today's papers first, never past the budget."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any, Final

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.utilities.urls import url_for

from flows.dayruns import DayRuns, after_daily
from flows.listener import Relay, RunListener, surrounded, surroundings
from flows.planpage import BackfillPage
from flows.tidy import tidy_catalog
from flows.verdict import BUDGET_REACHED, has_failed, has_left_work
from frontispiece.archive.calendar import Day, calendar
from frontispiece.archive.spending import done_by_run
from frontispiece.dates import Days, month_of
from frontispiece.money import ROUNDING, amount
from frontispiece.purchases.plan import DayPlan, Plan
from frontispiece.services import Services
from frontispiece.sources import categories_of
from frontispiece.text import counted

MOST_NAMED = 10
MOST_AT_ONCE: Final = 8
"""Days in one process, where nobody says how many."""


class _Queued(Relay):
    """Notes when the papers of a day are about to wait for their places."""

    def __init__(self, other: RunListener, queued: asyncio.Event) -> None:
        super().__init__(other)
        self._queued = queued

    def listed(self, papers: int, waiting: int) -> None:
        """A step later they do so."""
        super().listed(papers, waiting)
        asyncio.get_running_loop().call_soon(self._queued.set)


class Window:
    """Runs what a plan asks for. Days that run `apart` have processes of their own, and share only the account."""

    def __init__(
        self,
        services: Services,
        plan: Plan,
        runs: DayRuns,
        parameters: dict[str, Any],
        days_at_once: int,
        *,
        apart: bool = False,
    ) -> None:
        self._services = services
        self._plan = plan
        self._runs = runs
        self._parameters = parameters
        self._places = asyncio.Semaphore(days_at_once)
        self._apart = apart
        self._under_way = 0
        self._changed = asyncio.Condition()
        self._states: dict[date, State[Any] | None] = {}
        self._is_out_of_money = False
        self._open_days = Counter(month_of(each.day) for each in plan.days if each.wants_a_run)

    async def run(self, page: BackfillPage) -> None:
        """Run the days, a few side by side: each begins when all papers of those before have begun.

        Cancelled, it takes them along.
        """
        async with asyncio.TaskGroup() as group:
            for day in self._plan.days:
                if not day.wants_a_run:
                    continue
                await self._places.acquire()
                await after_daily(get_run_logger().info)
                if self._is_out_of_money or self._services.budget.is_reached:
                    return
                queued = asyncio.Event()
                group.create_task(self._work_off(day, page, queued))
                if not self._apart:
                    await queued.wait()
                    async with self._services.papers_window:  # which is given in the order of who has asked for it
                        pass

    async def _work_off(self, day: DayPlan, page: BackfillPage, queued: asyncio.Event) -> None:
        self._states[day.day] = None
        page.day_begun()
        try:
            with surrounded(listener=_Queued(surroundings.get().listener, queued)):
                await self._run_day(day)
        except Exception as error:  # one day must not take the others along
            get_run_logger().error("%s could not be run: %s", day.day, error)
        finally:
            queued.set()
        if day.day in self._states:
            await self._ended(day, page)
        self._places.release()

    async def _can_pay(self, day: DayPlan) -> bool:
        """Whether there is money for one picture at least: a process that can buy nothing is not worth its start.

        What days that are under way have set aside, they may still give back.
        """
        budget = self._services.budget
        async with self._changed:
            while True:
                await budget.look()
                if budget.room + ROUNDING >= day.least and not (day.problem and budget.room < ROUNDING):
                    return True
                if not self._under_way:
                    return False
                await self._changed.wait()

    async def _run_day(self, day: DayPlan) -> None:
        budget = self._services.budget
        if self._apart and not await self._can_pay(day):
            self._is_out_of_money = True
            del self._states[day.day]
            return
        before = budget.committed
        self._under_way += 1
        try:
            state = self._states[day.day] = await self._runs.run(day.day, self._parameters)
        finally:
            async with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
        if self._apart and has_left_work(state):
            await budget.look()
            # It could buy nothing for what is left, whatever prices say: nor could the next.
            self._is_out_of_money |= budget.committed <= before + ROUNDING

    async def _ended(self, day: DayPlan, page: BackfillPage) -> None:
        """Say how the day went, show how it stands now, and tidy its month when that is over."""
        await self._say(day.day)
        (now,) = await self._calendar(Days(day.day, day.day))
        surroundings.get().listener.day_ended(now)
        page.day_ended()
        month = month_of(day.day)
        self._open_days[month] -= 1
        if not self._open_days[month]:
            await tidy_catalog(self._services.archive)

    async def _say(self, day: date) -> None:
        """The day's outcome, and where its run is, as a line of the log."""
        state = self._states[day]
        if state is None:  # why it could not be run is said
            return
        run = state.state_details.flow_run_id
        done = await done_by_run(self._services.catalog, str(run), day)
        words = {"failed": done.failed, "blocked": done.blocked}
        parts = [
            f"{done.pictures} picture{'s' * (done.pictures != 1)}",
            *(f"{count} {word}" for word, count in words.items() if count),
        ]
        parts += [done.spent.price or "free"]
        parts += [] if state.name == "Completed" else [str(state.name)]
        address = url_for("flow-run", obj_id=run) if run else None
        get_run_logger().info("%s: %s%s", day, ", ".join(parts), f" · {address}" if address else "")

    async def _calendar(self, days: Days) -> list[Day]:
        services, settings = self._services, self._services.settings
        recipe = services.recipe.fingerprint
        return await calendar(services.catalog, days, settings.source, recipe, categories_of(settings))

    async def verdict(self, days: Days) -> State[None]:
        """Judge the backfill by its days: Failed beyond the limit of failures, and those are named."""
        standing = await self._calendar(days)
        ran = [each for each in standing if each.day in self._states]
        failed, made = sum(each.failed for each in ran), sum(each.archived for each in ran)
        lost = [each for each in ran if not each.failed and not self._is_completed(each.day)]
        limit = self._services.settings.failure_limit
        done = f"{len(ran) - len(lost)} of {counted(len(self._states), 'day')} run, {counted(made, 'paper')} archived"
        left = self._left(standing) if self._has_left_work else ""
        message = "; ".join(filter(None, (done, self._named(ran, lost), left))) + "."
        if has_failed(failed, made, limit) or len(lost) > limit * len(ran):
            return Failed(message=message)
        return Completed(name=BUDGET_REACHED if left else None, message=message)

    @property
    def _has_left_work(self) -> bool:
        """Whether the limit in dollars was reached; the state of a day tells it of one in a process of its own."""
        days = any(state and has_left_work(state) for state in self._states.values())
        return days or self._is_out_of_money or self._services.budget.is_reached

    def _is_completed(self, day: date) -> bool:
        state = self._states[day]
        return state is not None and state.is_completed()

    @staticmethod
    def _named(ran: list[Day], lost: list[Day]) -> str:
        named = [f"{each.day} ({each.failed} failed)" for each in ran if each.failed]
        named += [f"{each.day} (not run to its end)" for each in lost]
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        return ", ".join(named[:MOST_NAMED]) + more

    def _left(self, standing: list[Day]) -> str:
        """What is still to be done, and what it would cost."""
        planned = {each.day: each.to_do for each in self._plan.days}
        papers = sum(
            min(planned[each.day], each.to_do) if each.day in self._states else planned[each.day] for each in standing
        )
        estimate = self._plan.estimate
        each = None if estimate.dollars is None else estimate.dollars / max(1, estimate.papers)
        price = "price unknown" if each is None else f"about {amount(papers * each)}"
        return f"{counted(papers, 'paper is', 'papers are')} left ({price}): a higher limit goes on"
