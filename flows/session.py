"""One run at work: what it works with, what came of it so far, and its record, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import groupby
from typing import cast

from prefect import get_run_logger, runtime
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.exceptions import Pause, TerminationSignal

from flows.events import tell_of_budget
from flows.limits import within_limits
from flows.listener import RunListener, surroundings
from flows.reconcile import close_orphans, said, sign
from flows.runpage import SECONDS_BETWEEN, SECONDS_BETWEEN_IN_BACKFILL, RunPage, run_page
from flows.secret_blocks import with_secrets
from flows.steps import Steps
from flows.tidy import tidy_catalog
from flows.verdict import verdict
from frontispiece.archive.catalog import Run
from frontispiece.concurrency import to_its_end, ungrouped
from frontispiece.errors import FrontispieceError
from frontispiece.models import NOT_REACHED, Outcome, Paper, Status
from frontispiece.providers.throttle import Throttle
from frontispiece.report import Report, sum_up
from frontispiece.request import Only
from frontispiece.services import Services, open_budget, open_services
from frontispiece.settings import Settings
from frontispiece.sources.interface import Finite
from frontispiece.version import VERSION
from tasks.record_run import record_run


class Session:
    """What a run works with, and its outcomes as they come."""

    def __init__(self, services: Services, page: RunPage, outcomes: list[Outcome]) -> None:
        self.services = services
        self.steps = Steps(services)
        self.listener: RunListener = page
        self.outcomes = outcomes
        self.chosen: list[Paper] = []
        """Papers to be illustrated: each has an outcome in the end, unless the run ends early."""
        self.lists: dict[date, int] = {}
        """How many papers each list had that was read."""
        self.missing: tuple[str, ...] = ()
        """Papers that were asked for and are not to be had, a sentence each."""
        self.is_recorded = False
        self._page = page
        self._started = datetime.now(UTC)

    async def spend_from(self, account: str) -> None:
        """Spend from the budget of this account, which remembers what earlier runs took. Raises ArchiveError."""
        self.services.budget = await open_budget(self.services.archive, account, self.services.settings.max_usd)

    def asks(self, wanted: date | tuple[str, ...]) -> None:
        """Have it told that the source is asked for a list, or papers. A file has them at once, as what was read."""
        if not isinstance(self.services.source, Finite) and wanted not in self.services.read_ahead:
            named = str(wanted) if isinstance(wanted, date) else ", ".join(wanted)
            self.listener.asks(self.services.settings.source, named)

    async def record(self, days: tuple[date, ...] = ()) -> State[None]:
        """Record the run, day by day, show its page, and judge it, even when it is cancelled meanwhile."""
        self.is_recorded = True
        return await to_its_end(self._record(days))

    async def _record(self, days: tuple[date, ...]) -> State[None]:
        settings = self.services.settings
        finished = datetime.now(UTC)
        run = Run(
            id=str(runtime.flow_run.id),
            attempt=max(1, runtime.flow_run.run_count),
            source=settings.source,
            started_at=self._started,
            finished_at=finished,
            version=VERSION,
            min_upvotes=settings.min_upvotes,
            categories=settings.categories,
        )
        outcomes = [*self.outcomes, *self._not_reached()]
        by_day = sorted(outcomes, key=lambda outcome: (outcome.paper.listing.day, outcome.paper.listing.rank))
        paths = []
        for day, group in groupby(by_day, key=lambda outcome: outcome.paper.listing.day):
            paths.append(await self._record_day(day, run, list(group)))
        report = Report(
            days=days or tuple(sorted({outcome.paper.listing.day for outcome in by_day})),
            source=settings.source,
            seconds=(finished - self._started).total_seconds(),
            catalog=tuple(paths),
            archive=self.services.archive.where(""),
            listed=sum(self.lists.values()),
            **sum_up(by_day, self.missing),
        )
        self.listener.closed(report)
        await self._page.finish(by_day)
        state = verdict(report, settings.failure_limit)
        tell_of_budget(state, self.services.budget)
        return state

    def _not_reached(self) -> list[Outcome]:
        """Papers that were to be illustrated, and had not begun when the run was ended."""
        reached = {(each.paper.key, each.paper.listing.day) for each in self.outcomes}
        left = [paper for paper in self.chosen if (paper.key, paper.listing.day) not in reached]
        about = {
            "reason": NOT_REACHED,
            "message": "The run ended before.",
            "recipe": self.services.recipe.fingerprint,
        }
        return [Outcome(paper=paper, status=Status.SKIPPED, **about) for paper in left]

    async def _record_day(self, day: date, run: Run, outcomes: Sequence[Outcome]) -> str:
        run = run.model_copy(update={"list_length": self.lists.get(day, 0)})
        try:
            return (await self.steps.call(record_run, day, run, outcomes, self.services)).value
        except Pause:  # a suspended run begins no task, and its record is written all the same
            return await self.services.catalog.write(day, run.id, outcomes, run)


@asynccontextmanager
async def open_session(
    settings: Settings,
    *,
    refresh: bool = False,
    refresh_id: str = "",
    account: str = "",
) -> AsyncIterator[Session]:
    """Open the services and watch over the run: what was done is recorded even when it is cancelled or suspended.

    With `refresh` or a `refresh_id` everything is made anew. `account` as in `open_services`. Raises BadInput as that
    does, and OutOfService for a wrong key.
    """
    # What tells this run's purchases from earlier ones, when everything is to be made anew.
    refresh_id = str(runtime.flow_run.id) if refresh else refresh_id
    listener = surroundings.get().listener
    outcomes: list[Outcome] = []
    pace = SECONDS_BETWEEN_IN_BACKFILL if account else SECONDS_BETWEEN
    async with (
        services_for_run(settings, refresh_id, account) as services,
        run_page(services.archive, listener, outcomes, pace) as page,
    ):
        session = Session(services, page, outcomes)
        if not account:  # a backfill tidies up when all days of a month have been run
            await tidy_catalog(services.archive)
        try:
            with ungrouped():
                yield session
        except (asyncio.CancelledError, Pause, TerminationSignal, FrontispieceError):
            if session.outcomes and not session.is_recorded:
                get_run_logger().warning("The run ends early: recording what was done.")
                await session.record()
            raise


@asynccontextmanager
async def services_for_run(settings: Settings, refresh_id: str = "", account: str = "") -> AsyncIterator[Services]:
    """The services this process shares, else those opened for this run, or new ones, their keys looked at; signs it.

    Raises as `open_session` does.
    """
    if (shared := surroundings.get().services) is not None:
        await _tidy(close=False)
        yield shared
        return
    await _tidy()
    async with _opened(settings, refresh_id, account) as services:
        _hear_of_waits(services)
        for warning in await services.look_at_providers():  # free: a wrong key fails once and not once a paper
            get_run_logger().warning(warning)
        async with within_limits(services):
            yield services


@asynccontextmanager
async def _opened(settings: Settings, refresh_id: str, account: str) -> AsyncIterator[Services]:
    if (opened := surroundings.get().opened) is None:
        async with open_services(await with_secrets(settings), refresh_id, account) as services:
            yield services
    else:
        opened.refresh_id = refresh_id
        yield opened


async def choose_now(
    papers: Sequence[Paper], services: Services, only: Only = "all"
) -> tuple[list[Paper], list[Outcome]]:
    """`Services.choose`; what is wrong with the catalog is mentioned in the log."""
    chosen = await services.choose(papers, only)
    for problem in services.catalog.problems:
        get_run_logger().warning(problem)
    return chosen


def _hear_of_waits(services: Services) -> None:
    """Have it in the run's log, once, when a provider asks everybody to wait."""
    logger = get_run_logger()

    def waits(seconds: float, reason: str) -> None:
        logger.warning("Waiting %.0f s: %s", seconds, reason, extra={"tries_again": ("pause", reason)})

    for throttle in (getattr(each, "throttle", None) for each in services.providers):
        if isinstance(throttle, Throttle):
            throttle.on_wait = waits


async def _tidy(*, close: bool = True) -> None:
    """Sign this run, and close those that a killed process left behind; never a reason to fail."""
    run = cast("FlowRun", cast("FlowRunContext", FlowRunContext.get()).flow_run)
    try:
        await sign(run)
        if close and (orphans := await close_orphans(but=run.id)):
            get_run_logger().warning(said(orphans))
    except Exception as error:
        get_run_logger().warning("Runs that were left behind could not be looked for: %s", error)
