"""The days of a backfill that are under way: a few at a time, today's papers first, never past the budget."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.dayruns import DayRuns, after_daily
from flows.listener import surroundings
from flows.planpage import BackfillPage
from flows.tidy import tidy_catalog
from flows.verdict import BUDGET_REACHED, has_left_work
from frontispiece.archive.calendar import Day, calendar
from frontispiece.dates import Days, month_of
from frontispiece.money import amount
from frontispiece.purchases.ledger import Ledger
from frontispiece.purchases.plan import DayPlan, Plan
from frontispiece.services import Services

MOST_NAMED = 10


class Allowances:
    """Parts of a backfill's budget, lent to days that run in processes of their own."""

    def __init__(self, ledger: Ledger, max_usd: float) -> None:
        self._ledger = ledger
        self._max_usd = max_usd
        self._lent: dict[date, float] = {}
        self._adrift = 0.0
        self._changed = asyncio.Condition()

    async def lend(self, day: DayPlan) -> float:
        """What the day may spend; 0.0 when nothing is left. Waits for other days where they may give something back.

        A day whose list could not be read may have any price, and is lent all the room there is.
        """
        async with self._changed:
            while True:
                spent = sum(booking.dollars for booking in await self._ledger.read())
                # What running days have spent is counted twice until they end: too little is lent, never too much.
                room = self._max_usd - spent - sum(self._lent.values()) - self._adrift
                wanted = room if day.dollars is None or day.problem else day.dollars
                if room >= wanted or not self._lent:
                    break
                await self._changed.wait()
            self._lent[day.day] = max(0.0, min(room, wanted))
            return self._lent[day.day]

    async def give_back(self, day: DayPlan) -> None:
        """The day's run is over: what it spent stands in the ledger."""
        async with self._changed:
            self._lent.pop(day.day, None)
            self._changed.notify_all()

    async def write_off(self, day: DayPlan) -> None:
        """Nobody knows whether the day's run is over: it may go on spending what it was lent."""
        self._adrift += self._lent.get(day.day, 0.0)
        await self.give_back(day)


class Window:
    """Runs what a plan asks for. `allowances` is None where the days share this process' services and their budget."""

    def __init__(
        self,
        services: Services,
        plan: Plan,
        runs: DayRuns,
        parameters: dict[str, Any],
        days_at_once: int,
        allowances: Allowances | None = None,
    ) -> None:
        self._services = services
        self._plan = plan
        self._runs = runs
        self._parameters = {**parameters, "backfill": plan.id}
        self._days_at_once = days_at_once
        self._allowances = allowances
        self._states: dict[date, State[Any] | None] = {}
        self._is_out_of_money = False
        self._open_days = Counter(month_of(each.day) for each in plan.days if each.wants_a_run)

    async def run(self, page: BackfillPage) -> None:
        """Run the days, a few side by side. Cancelled, it takes them along."""
        waiting = iter([each for each in self._plan.days if each.wants_a_run])
        async with asyncio.TaskGroup() as group:
            for _ in range(self._days_at_once):
                group.create_task(self._work_off(waiting, page))

    async def _work_off(self, waiting: Iterator[DayPlan], page: BackfillPage) -> None:
        for day in waiting:
            await after_daily(get_run_logger().info)
            if self._is_out_of_money or self._services.budget.is_reached:
                return
            self._states[day.day] = None
            try:
                await self._run_day(day)
            except Exception as error:  # one day must not take the others along
                get_run_logger().error("%s could not be run: %s", day.day, error)
            if not self._is_out_of_money:
                await self._ended(day, page)

    async def _run_day(self, day: DayPlan) -> None:
        if self._allowances is None:
            self._states[day.day] = await self._runs.run(day.day, self._parameters)
            return
        allowance = await self._allowances.lend(day)
        if not allowance and (day.dollars != 0 or day.problem):
            self._is_out_of_money = True
            del self._states[day.day]
            await self._allowances.give_back(day)
            return
        try:
            self._states[day.day] = await self._runs.run(day.day, {**self._parameters, "allowance": allowance})
        except Exception:
            await self._allowances.write_off(day)
            raise
        await self._allowances.give_back(day)

    async def _ended(self, day: DayPlan, page: BackfillPage) -> None:
        """Show how the day stands now, and tidy its month when that is over."""
        (now,) = await self._calendar(Days(day.day, day.day))
        surroundings.get().listener.day_ended(now)
        await page.day_ended()
        month = month_of(day.day)
        self._open_days[month] -= 1
        if not self._open_days[month]:
            await tidy_catalog(self._services.archive)

    async def _calendar(self, days: Days) -> list[Day]:
        return await calendar(
            self._services.archive, days, self._services.settings.source, self._services.recipe.fingerprint
        )

    async def verdict(self, page: BackfillPage, days: Days) -> State[None]:
        """Show the calendar, and judge the backfill by it: Failed beyond the limit of failures, its days named."""
        standing = await self._calendar(days)
        await page.show_calendar(standing)
        ran = [each for each in standing if each.day in self._states]
        failed, made = sum(each.failed for each in ran), sum(each.archived for each in ran)
        lost = [each for each in ran if not each.failed and not self._is_completed(each.day)]
        limit = self._services.settings.failure_limit
        done = f"{len(ran) - len(lost)} of {len(self._states)} days run, {made} papers archived"
        left = self._left(standing) if self._has_left_work else ""
        message = "; ".join(filter(None, (done, self._named(ran, lost), left))) + "."
        if failed > limit * (failed + made) or len(lost) > limit * len(ran):
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
        return f"{papers} papers are left ({price}): the same command with a higher limit goes on"
