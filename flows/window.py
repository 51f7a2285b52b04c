"""The days of a backfill that are under way: here and in other processes, today's papers first, within the budget."""

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from prefect import get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.utilities.urls import url_for

from flows.bundles import Bundle, Bundles
from flows.dayruns import DayRuns, after_daily
from flows.listener import surroundings
from flows.planpage import BackfillPage
from flows.tidy import tidy_catalog
from flows.verdict import BUDGET_REACHED, has_failed, has_left_work
from frontispiece.archive.calendar import Day, calendar
from frontispiece.archive.spending import DoneByRun, Spent, done_by_run
from frontispiece.concurrency import task_group
from frontispiece.dates import Days, month_of
from frontispiece.money import ROUNDING, amount
from frontispiece.purchases.plan import DayPlan, Plan
from frontispiece.services import Services
from frontispiece.sources import categories_of
from frontispiece.text import counted

MOST_NAMED = 10
WORTH_SECONDS: Final = 8.0
"""Of work for a process: less is done before it has started."""
LEAST_SECONDS: Final = 0.2
"""A paper, however soon its provider answers: a processor takes that long."""
AHEAD_SECONDS: Final = 10.0
"""Of work that a process has and has not begun: it is looked after every other second."""
RUNS_AGAIN: Final = 2
"""So many times a day is run again whose process was lost."""


class Window:
    """Runs what a plan asks for, here and in `processes - 1` other processes, which share its account."""

    def __init__(
        self,
        services: Services,
        plan: Plan,
        runs: DayRuns,
        bundles: Bundles,
        parameters: Mapping[str, Any],
        processes: int = 1,
        share: int = 0,
    ) -> None:
        """`parameters` are those of a bundle, whose process is left `share` of the lanes of this one."""
        self._services = services
        self._plan = plan
        self._runs = runs
        self._bundles = bundles
        self._parameters = parameters
        self._processes = processes
        self._share = share
        estimate = plan.estimate
        self._seconds_each = max(LEAST_SECONDS, 60 * estimate.minutes / max(1, estimate.papers))
        self._planned = {each.day: each for each in plan.days}
        self._waiting = deque(each.day for each in plan.days if each.wants_a_run)
        self._to_run = len(self._waiting)
        self._open_days = Counter(month_of(day) for day in self._waiting)
        self._states: dict[date, State[Any] | None] = {}
        """Days that have begun, and how their runs ended."""
        self._done: dict[date, DoneByRun] = {}
        """What those did."""
        self._here: set[date] = set()
        self._away: set[date] = set()
        """Days that are under way, in this process and in others."""
        self._lost = Counter[date]()
        self._is_idle = self._is_out_of_money = False
        self._changed = asyncio.Condition()

    async def run(self, page: BackfillPage) -> None:
        """Run the days. Cancelled, it takes them along."""
        ended = partial(self._ended, page)
        async with task_group() as group:
            for bundle in await self._bundles.left_open():
                bundle.days = self._begin([day for day in bundle.days if day in self._waiting], page, self._away)
                group.create_task(self._follow(bundle, page))
            for _ in range(self._processes - 1):
                if days := await self._first_days(page):
                    group.create_task(self._send_off(days, page))
            await self._runs.run(partial(self._next_day, page), ended)

    async def _next_day(self, page: BackfillPage) -> date | None:
        """The day to run here. One that a process was given, and has not begun, is had back when there is no other."""
        await after_daily(get_run_logger().info)
        while True:
            async with self._changed:
                self._is_idle = not self._waiting
                while not self._waiting and self._away and not self._is_at_the_limit:
                    await self._changed.wait()
                self._is_idle = False
            if not self._waiting or not await self._can_pay(self._planned[day := self._waiting[0]]):
                return None
            if day in self._waiting:  # no bundle has taken it meanwhile
                self._begin([day], page, self._here)
                return day

    async def _send_off(self, days: list[date], page: BackfillPage) -> None:
        """Give one bundle after the other to a process of its own."""
        async with self._services.lend(self._share):
            while days:
                try:
                    bundle = await self._bundles.start(days, self._parameters)
                except Exception as error:
                    get_run_logger().error("%s could not be given to another process: %s", self._span(days), error)
                    await self._give_back(days, None)
                    return
                if not await self._follow(bundle, page):
                    return
                days = await self._first_days(page)

    async def _first_days(self, page: BackfillPage) -> list[date]:
        """Those that a process begins with: none where what is left is not worth its start.

        None also without money for one picture at least.
        """
        await after_daily(get_run_logger().info)
        if not self._waiting or not await self._can_pay(self._planned[self._waiting[0]]):
            return []
        is_worth_it = self._papers_left / self._processes >= WORTH_SECONDS / self._seconds_each
        return self._days_for(page) if is_worth_it else []

    async def _more(self, page: BackfillPage, ahead: Collection[date]) -> list[date] | None:
        """As in `Bundles.follow`."""
        if not self._waiting or not await self._can_pay_now(self._planned[self._waiting[0]]):
            return None
        return self._days_for(page, ahead)

    def _days_for(self, page: BackfillPage, ahead: Collection[date] = ()) -> list[date]:
        """Enough for a process that has these ahead of it, and not more than its part of what is left."""
        papers = sum(max(1, self._planned[day].to_do) for day in ahead)
        most = min(AHEAD_SECONDS / self._seconds_each, self._papers_left / self._processes)
        days: list[date] = []
        for day in self._waiting:
            if papers >= most:
                break
            days.append(day)
            papers += max(1, self._planned[day].to_do)
        return self._begin(days, page, self._away)

    @property
    def _papers_left(self) -> int:
        """Papers of days that nobody has begun."""
        return sum(self._planned[day].to_do for day in self._waiting)

    def _begin(self, days: Sequence[date], page: BackfillPage, place: set[date]) -> list[date]:
        for day in days:
            self._waiting.remove(day)
            self._states[day] = None
            place.add(day)
            page.day_begun()
        return list(days)

    async def _follow(self, bundle: Bundle, page: BackfillPage) -> bool:
        """See a bundle to its end; what it has not done is run here, or by another one. Gives whether it was begun."""
        budget = self._services.budget
        before = budget.committed
        state: State[Any] | None = None
        try:
            more, ended = partial(self._more, page), partial(self._ended, page)
            state = await self._bundles.follow(bundle, lambda: not self._is_idle, more, ended)
        except Exception as error:  # the server is away
            get_run_logger().error("%s could not be followed: %s", self._span(bundle.days), error)
        left = [day for day in bundle.days if day in self._away]
        if state is not None and (state.is_cancelled() or has_left_work(state)):
            await budget.look()
            # It could buy nothing for what is left, whatever prices say: nor could the next.
            self._is_out_of_money |= has_left_work(state) and budget.committed <= before + ROUNDING
            for day in left:
                await self._leave(day, state)
            return True
        if state is not None:
            self._lost.update(left)
            for day in left:
                if self._lost[day] > RUNS_AGAIN:
                    await self._ended(page, day, state)
        await self._give_back([day for day in left if day in self._away], state)
        return state is not None

    async def _leave(self, day: date, state: State[Any]) -> None:
        """A day that was not begun: somebody has cancelled its bundle, or there was no money left for it."""
        async with self._changed:
            self._away.discard(day)
            if state.is_cancelled():
                self._states[day] = state
            else:
                del self._states[day]
            self._changed.notify_all()

    async def _give_back(self, days: Sequence[date], state: State[Any] | None) -> None:
        if days and state is not None:
            get_run_logger().warning("%s ended with its process, and is run again.", self._span(days))
        async with self._changed:
            for day in reversed(days):
                del self._states[day]
                self._away.discard(day)
                self._waiting.appendleft(day)
            self._changed.notify_all()

    @staticmethod
    def _span(days: Sequence[date]) -> str:
        return str(days[0]) if len(days) == 1 else f"{days[0]} and {counted(len(days) - 1, 'more day')}"

    @property
    def _is_at_the_limit(self) -> bool:
        return self._is_out_of_money or self._services.budget.is_reached

    async def _can_pay(self, day: DayPlan) -> bool:
        """Whether there is money for one picture at least. What is set aside for others may still be given back."""
        async with self._changed:
            while not self._is_at_the_limit:
                if await self._can_pay_now(day):
                    return True
                if not self._here | self._away:
                    self._is_out_of_money = True
                    break
                await self._changed.wait()
            return False

    async def _can_pay_now(self, day: DayPlan) -> bool:
        budget = self._services.budget
        if budget.max_usd is None or self._is_at_the_limit:
            return not self._is_at_the_limit
        await budget.look()
        return budget.room + ROUNDING >= day.least and not (day.problem and budget.room < ROUNDING)

    async def _ended(self, page: BackfillPage, day: date, state: State[Any] | None) -> None:
        """Say how the day went, show how it stands now, and tidy its month when that is over."""
        self._states[day] = state
        await self._say(day)
        now = await self._as_it_stands(day)
        surroundings.get().listener.day_ended(now)
        page.day_ended()
        month = month_of(day)
        self._open_days[month] -= 1
        if not self._open_days[month]:
            await tidy_catalog(self._services.archive)
        async with self._changed:
            self._here.discard(day)
            self._away.discard(day)
            self._changed.notify_all()

    async def _say(self, day: date) -> None:
        """The day's outcome, and where its run is, as a line of the log."""
        state = self._states[day]
        if state is None:  # why it could not be run is said
            return
        run = state.state_details.flow_run_id
        done = await done_by_run(self._services.catalog, str(run), day, for_it=str(runtime.flow_run.id))
        self._done[day] = done
        words = {"failed": done.failed, "blocked": done.blocked}
        parts = [
            f"{done.pictures} picture{'s' * (done.pictures != 1)}",
            *(f"{count} {word}" for word, count in words.items() if count),
        ]
        parts += [done.spent.price or "free"]
        parts += [] if state.name == "Completed" else [str(state.name)]
        address = url_for("flow-run", obj_id=run) if run else None
        get_run_logger().info("%s: %s%s", day, ", ".join(parts), f" · {address}" if address else "")

    async def _as_it_stands(self, day: date) -> Day:
        services, settings = self._services, self._services.settings
        recipe, categories = services.recipe.fingerprint, categories_of(settings)
        (now,) = await calendar(services.catalog, Days(day, day), settings.source, recipe, categories)
        return now

    def verdict(self) -> State[None]:
        """Judge the backfill by what its runs did: Failed beyond the limit of failures, and those days are named."""
        failed = {day: done.failed for day, done in self._done.items() if done.failed}
        lost = [day for day in self._states if day not in failed and not self._is_completed(day)]
        pictures = sum(each.pictures for each in self._done.values())
        price = Spent.of(each.spent for each in self._done.values()).price or "free"
        run = f"{len(self._states) - len(lost)} of {counted(self._to_run, 'day')} run"
        done = f"{run}, {counted(pictures, 'picture')} made, {price}" if self._done else run
        left = self._left(lost) if self._has_left_work else ""
        message = "; ".join(filter(None, (done, self._named(failed, lost), left))) + "."
        limit = self._services.settings.failure_limit
        if has_failed(sum(failed.values()), pictures, limit) or len(lost) > limit * len(self._states):
            return Failed(message=message)
        return Completed(name=BUDGET_REACHED if left else None, message=message)

    @property
    def _has_left_work(self) -> bool:
        """Whether the limit in dollars was reached; the state of a day tells it of one in a process of its own."""
        days = any(state and has_left_work(state) for state in self._states.values())
        return days or self._is_at_the_limit

    def _is_completed(self, day: date) -> bool:
        state = self._states[day]
        return state is not None and state.is_completed()

    @staticmethod
    def _named(failed: Mapping[date, int], lost: Collection[date]) -> str:
        named = [f"{day} ({count} failed)" for day, count in sorted(failed.items())]
        named += [f"{day} (not run to its end)" for day in sorted(lost)]
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        return ", ".join(named[:MOST_NAMED]) + more

    def _left(self, lost: Collection[date]) -> str:
        """What is still to be done, and what it would cost."""
        papers = sum(
            self._done[day].unbought if day in self._done and day not in lost else planned.to_do
            for day, planned in self._planned.items()
        )
        estimate = self._plan.estimate
        each = None if estimate.dollars is None else estimate.dollars / max(1, estimate.papers)
        price = "price unknown" if each is None else f"about {amount(papers * each)}"
        return f"{counted(papers, 'paper is', 'papers are')} left ({price}): a higher limit goes on"
