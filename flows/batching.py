"""Prompts ordered in batches ahead of the days that need them: ordered, waited for, and taken into the journal.

The journal holds the orders. A run that ends while batches are at work loses nothing: the next one with the same papers
finds them there.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from prefect import get_run_logger

from flows.steps import Steps
from frontispiece.errors import ProviderError, Rejected
from frontispiece.models import Paper
from frontispiece.purchases.prompts import batches_of
from frontispiece.services import Services
from frontispiece.text import counted
from frontispiece.writers.interface import BatchTicket
from tasks.order_prompts import fetch_prompts, order_prompts

POLL_SECONDS = 60.0
ROUNDS = 3
"""So often a prompt is ordered before it is left to a call of its own."""


class Batching:
    """The prompts of some papers on their way through batches. Time can be set, for tests.

    Raises BadInput when the writer takes no batches.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        services: Services,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._batches = batches_of(services.writer)
        self._services = services
        self._sleep = sleep
        self._monotonic = monotonic
        self._steps = Steps(services)
        self._open = list(papers)
        self._beside = 0  # papers that are not open any longer, and will be painted
        self._ordered: dict[BatchTicket, tuple[Paper, ...]] = {}
        self._rounds: Counter[str] = Counter()
        self.is_out_of_money = False
        """Whether the budget had no room for some papers: neither batches nor single calls buy them in this run."""
        # A provider lets only so much wait at a time. Once it has refused a batch beside others, each goes alone.
        self._one_by_one = False
        self._is_alone = False

    @property
    def waiting(self) -> int:
        """Papers whose prompts are on order, or still to be ordered."""
        return sum(map(len, self._ordered.values())) + len(self._open)

    async def run(self, seconds: float) -> bool:
        """Order what is to be ordered and wait for at most so long; whether nothing is on order any longer.

        What is refused, or given up by several batches, is left to the papers' own runs, which buy it one by one.
        Raises Rejected when a batch is refused as a whole, other kinds of ProviderError, and ArchiveError.
        """
        until = self._monotonic() + seconds
        while True:
            await self._unless_down(self._order_open())
            for ticket in list(self._ordered):
                await self._unless_down(self._look(ticket))
            if not self.waiting:
                return True
            if self._monotonic() >= until:
                return False
            await self._sleep(POLL_SECONDS)

    async def _unless_down(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do this; once something was ordered, a provider that is down for a while ends nothing."""
        try:
            await doing
        except ProviderError as error:
            if not (error.is_transient and self._rounds):
                raise
            get_run_logger().warning("%s Asking again later.", error)

    async def _order_open(self) -> None:
        if not self._open or (self._one_by_one and self._ordered):
            return
        again = [paper for paper in self._open if self._rounds[paper.key] < ROUNDS]
        if given_up := len(self._open) - len(again):
            get_run_logger().warning(
                "%s back from %d batches: no further one.", counted(given_up, "prompt came", "prompts came"), ROUNDS
            )
        self._open = again
        if not again:
            return
        most = self._batches.most_lines if self._one_by_one else len(again)
        orders = (await self._steps.call(order_prompts, again[:most], self._services, self._beside)).value
        self._open = [*again[most:], *orders.busy]
        self._beside += len(again[:most]) - len(orders.busy) - len(orders.unaffordable)
        for ticket, papers in orders.ordered.items():
            self._ordered[ticket] = (*self._ordered.get(ticket, ()), *papers)
            self._rounds.update(paper.key for paper in papers)
        self._is_alone = len(self._ordered) == 1
        if orders.unaffordable:
            self.is_out_of_money = True
            beyond = counted(len(orders.unaffordable), "prompt is", "prompts are")
            get_run_logger().warning("%s beyond the budget: not ordered.", beyond)

    async def _look(self, ticket: BatchTicket) -> None:
        """Ask how a batch stands, and take in what a finished one delivered."""
        logger = get_run_logger()
        standing = await self._batches.look(ticket)
        if not standing.is_finished:
            logger.info("Batch %s: %d of %s.", ticket.batch, standing.done, counted(standing.total, "prompt"))
            return
        fetched = (await self._steps.call(fetch_prompts, ticket, self._ordered[ticket], self._services)).value
        del self._ordered[ticket]
        self._open += fetched.again
        self._beside -= len(fetched.again)
        if standing.problem is None:
            return
        if self._is_alone:
            raise Rejected(standing.problem)
        self._one_by_one = True
        self._rounds.subtract(paper.key for paper in fetched.again)
        logger.warning("%s Its papers are ordered again when nothing else is on order.", standing.problem)
