"""Everything the tasks work with, built in one place from the settings."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from datetime import date

from frontispiece import registry
from frontispiece.archive.calendar import note_empty
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.choosing import choose
from frontispiece.archive.duplicates import DuplicateDetector
from frontispiece.archive.store import Archive
from frontispiece.checkers import open_checker
from frontispiece.checkers.interface import Checker
from frontispiece.concurrency import Limits, OwnLimits, to_its_end
from frontispiece.errors import BadInput
from frontispiece.models import Outcome, Paper, Status
from frontispiece.money import ROUNDING
from frontispiece.painters import open_painter
from frontispiece.painters.interface import Painter
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.buyer import first_take_price
from frontispiece.purchases.journal import Journal
from frontispiece.purchases.ledger import Ledger
from frontispiece.purchases.lost_time import LostTime
from frontispiece.recipe import Recipe
from frontispiece.request import Only
from frontispiece.settings import Settings
from frontispiece.sources import days_known, open_source
from frontispiece.sources.interface import Listed, OneAtATime, Source
from frontispiece.writers import open_writer
from frontispiece.writers.interface import Writer

DAYS_RECALLED = 31


class Services:
    """The real source, writer, painter, checker and archive of one run, and the lanes that bound them.

    A plain class on purpose: Prefect looks into dataclasses among a task's arguments, and has no business in here.
    `refresh_id` is empty, or names the run that wanted everything made anew.
    """

    def __init__(
        self,
        settings: Settings,
        source: Source,
        writer: Writer,
        painter: Painter,
        checker: Checker | None,
        archive: Archive,
        refresh_id: str,
        budget: Budget,
    ) -> None:
        self.settings = settings
        self.source = source
        self.writer = writer
        self.painter = painter
        self.checker = checker
        self.archive = archive
        self.catalog = Catalog(archive)
        self.journal = Journal(archive)
        self.duplicates = DuplicateDetector()
        self.lost_time = LostTime()
        self.recipe = Recipe(writer=writer.recipe, painter=painter.recipe, jpeg_quality=settings.jpeg_quality)
        self.refresh_id = refresh_id
        self.budget = budget
        self.read_ahead: dict[date | tuple[str, ...], Listed] = {}
        """Lists of days, and papers by their ids, that were read before the run: who wants one takes it from here."""
        self.keep_to(OwnLimits())
        # Prompts may run ahead of the painter by this much; more would only fill memory and the UI.
        self.papers_window = asyncio.Semaphore(2 * (settings.prompts_at_once + settings.paintings_at_once))

    def keep_to(self, limits: Limits) -> None:
        """Call writer, painter and sources within these limits."""
        self._limits = limits
        self.prompts_lane = limits.places(self.writer.recipe.kind, self.settings.prompts_at_once)
        self.paintings_lane = limits.places(self.painter.recipe.kind, self.settings.paintings_at_once)
        self.checks_lane = self.prompts_lane  # a place at one provider is a place, whatever it is asked
        if self.checker is not None and self.checker.recipe.kind != self.writer.recipe.kind:
            self.checks_lane = limits.places(self.checker.recipe.kind, self.settings.prompts_at_once)

    @property
    def providers(self) -> tuple[Writer | Painter | Checker, ...]:
        """Writer and painter, and who looks at pictures."""
        return (self.writer, self.painter) if self.checker is None else (self.writer, self.painter, self.checker)

    @property
    def takes(self) -> int:
        """How often a paper is painted at most for its label to read."""
        return 1 if self.checker is None else self.settings.label_attempts

    @property
    def calls_each(self) -> int:
        """How many calls a paper takes at most: its prompt, and each take with the look at it."""
        return 1 + self.takes * (1 if self.checker is None else 2)

    @property
    def has_room_for_a_take(self) -> bool:
        """Whether the budget has room for one more take of a paper that has a picture."""
        return self.budget.spare + ROUNDING >= (first_take_price(self) or 0.0)

    async def look_at_providers(self) -> tuple[str, ...]:
        """Free looks before anything is bought: warnings. Raises OutOfService and BadInput as `check` of each does."""
        return (*await self.writer.check(), *(await self.checker.check() if self.checker else ()))

    @asynccontextmanager
    async def lend(self, places: int) -> AsyncIterator[None]:
        """Leave so many places of writer and of painter to another process, where no limit shares them out anyway."""
        lanes = ((self.writer.recipe.kind, self.prompts_lane), (self.painter.recipe.kind, self.paintings_lane))
        async with AsyncExitStack() as stack:
            for provider, lane in lanes:
                for _ in range(0 if await self._limits.is_shared(provider) else places):
                    await lane.acquire()
                    stack.callback(lane.release)
            yield

    def turn_at(self, source: Source) -> AbstractAsyncContextManager[object]:
        """To be held while the source is asked: its turn, where its terms are about all machines of one user."""
        return self._limits.turn(source.door, source.spacing) if isinstance(source, OneAtATime) else nullcontext()

    async def choose(self, papers: Sequence[Paper], only: Only = "all") -> tuple[list[Paper], list[Outcome]]:
        """`choose` by these settings and this recipe. Raises ArchiveError."""
        return await choose(
            papers,
            self.archive,
            self.catalog,
            self.recipe.fingerprint,
            only=only,
            min_upvotes=self.settings.min_upvotes,
            include_withdrawn=self.settings.include_withdrawn,
            refresh=bool(self.refresh_id),
        )

    async def note_empty(self, day: date) -> None:
        """Remember that the source lists nothing on this day, where it can tell. Raises ArchiveError."""
        known = await days_known(self.source)
        if known is None or day in known:
            await note_empty(self.archive, day, self.settings.source)

    def check_prices(self, paper: Paper) -> None:
        """Raise BadInput when a limit in dollars cannot be kept, because a price for this paper is unknown."""
        prices = [(self.writer.label, self.writer.price(paper)), (self.painter.label, self.painter.price)]
        if self.checker is not None:
            prices.append((f"{self.checker.label}, as checker,", self.checker.price))
        if self.budget.max_usd is not None and (unknown := [label for label, price in prices if price is None]):
            raise BadInput(
                f"`max_usd`: what {' and '.join(unknown)} will charge is not known, so a limit of "
                f"${self.budget.max_usd:g} cannot be kept: choose a model with a known price, or set no limit."
            )

    async def recall_pictures(self) -> None:
        """Know the archive's latest pictures: no paper is to get the picture of another. Raises ArchiveError."""
        columns = ("list_day", "paper_id", "status", "original_digest", "original_dhash")
        for row in await self.catalog.narrow(columns, newest=DAYS_RECALLED):
            if row["status"] == Status.DONE and row["original_digest"]:
                self.duplicates.recall(row["paper_id"], row["original_digest"], row["original_dhash"] or "")


async def open_budget(archive: Archive, account: str, max_usd: float | None, earlier: Iterable[str] = ()) -> Budget:
    """The purse of a run. With an account it remembers what others on that account have spent, and shares the limit.

    What was spent on `earlier` accounts counts as spent from this one.
    """
    if not account:
        return Budget(max_usd)
    ledger = Ledger(archive, account)
    await ledger.carry_over(earlier)
    return Budget(max_usd, ledger, await ledger.read())


def recipe_of(settings: Settings) -> Recipe:
    """The recipe of a run with these settings. No key is needed."""
    return Recipe(
        writer=registry.load(registry.WRITERS, settings.writer).recipe_for(settings),
        painter=registry.load(registry.PAINTERS, settings.painter).recipe_for(settings),
        jpeg_quality=settings.jpeg_quality,
    )


def ignores_style(settings: Settings) -> bool:
    """Whether the writer writes the same whatever the style."""
    by_name = (settings.model_copy(update={"style": name}) for name in ("seed", "fenced"))
    return len({recipe_of(each).writer for each in by_name}) == 1


@asynccontextmanager
async def open_services(
    settings: Settings, refresh_id: str = "", account: str = "", *, to_write: bool = True
) -> AsyncIterator[Services]:
    """Build the services, and let go of every connection and worker process at its end.

    `account` names the budget that several runs share. Raises BadInput for a missing key and, `to_write`, for a place
    that cannot be written.
    """
    stack = AsyncExitStack()
    try:
        source = open_source(settings.source, settings)
        stack.push_async_callback(source.close)
        writer = open_writer(settings.writer, settings)
        stack.push_async_callback(writer.close)
        painter = open_painter(settings.painter, settings)
        stack.push_async_callback(painter.close)
        if checker := open_checker(settings.checker, settings):
            stack.push_async_callback(checker.close)
        archive = Archive.open(settings.archive)  # last: nothing is opened before keys and files have been found
        if to_write:
            await archive.check_writable()
        budget = await open_budget(archive, account, settings.max_usd)
        yield Services(settings, source, writer, painter, checker, archive, refresh_id, budget)
    finally:  # a pool that is cancelled while it closes leaves its further connections open
        await to_its_end(stack.aclose())
