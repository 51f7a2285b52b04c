"""Paid prompts as the journal and the budget know them: one by one, or ordered in batches and fetched hours later."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Never

from frontispiece.concurrency import Lane
from frontispiece.errors import BadInput, Blocked, NotAccepted, NotYet, ProviderBroken, Rejected
from frontispiece.models import Paper, Prompt
from frontispiece.purchases.budget import Purchase
from frontispiece.purchases.bulk import BulkOrder, Line, Placed, place, side_by_side
from frontispiece.purchases.buyer import Buyer, PaperJob, first_take_price
from frontispiece.recipe import prompt_key
from frontispiece.writers.interface import Batches, BatchTicket, Writer


@dataclass(frozen=True, slots=True)
class Orders:
    """How papers stand after an order; the prompts of those that are named nowhere are there, or refused."""

    ordered: Mapping[BatchTicket, tuple[Paper, ...]] = field(default_factory=dict)
    """By batch, whoever ordered it."""
    busy: tuple[Paper, ...] = ()
    """In the hands of another program, or in doubt since a moment ago."""
    unaffordable: tuple[Paper, ...] = ()
    """Beyond the budget."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a finished batch came to."""

    written: int = 0
    again: tuple[Paper, ...] = ()
    """Papers whose prompts have to be ordered again."""
    problems: tuple[str, ...] = ()
    """What went wrong with single papers, in sentences."""


def key_of(paper: Paper, services: Buyer) -> str:
    """The key of a paper's prompt in the journal."""
    return prompt_key(paper, services.writer.recipe, services.refresh_id)


def batches_of(writer: Writer) -> Batches:
    """How `writer` takes orders by the thousand. Raises BadInput when it takes none."""
    if writer.batches is None:
        raise BadInput(f"`batch`: the writer {writer.recipe.kind} takes no batches; choose another `writer`.")
    return writer.batches


class PromptJob(PaperJob[Prompt, Prompt, BatchTicket]):
    """The prompt of a paper: by a call of its own, or fetched from the batch that it was ordered in."""

    record = Prompt
    ticket = BatchTicket
    step = "prompt"

    def __init__(self, paper: Paper, buyer: Buyer, lane: Lane, run: str | None = None) -> None:
        super().__init__(paper, buyer, lane, run)
        self._writer = buyer.writer
        self.key = key_of(paper, buyer)
        self.what = f"prompt {paper.id} by {buyer.writer.label}"
        self.price = buyer.writer.price(paper)
        self.then = first_take_price(buyer)
        self.by = buyer.writer.label

    async def submit(self) -> Prompt:
        """Have it written."""
        await self._reach_provider()
        return await self._writer.write(self._paper)

    async def collect(self, ticket: BatchTicket) -> Prompt | None:
        """Take it from its batch."""
        return await batches_of(self._writer).collect(ticket, self.key, self._paper)

    async def find(self, since: datetime, order: str | None) -> BatchTicket | None:
        """Look for its batch."""
        batches = self._writer.batches
        return await batches.find(order, since) if batches is not None and order is not None else None

    async def keep(self, answer: Prompt) -> Prompt:
        """The answer is the record."""
        await self._lane.leave()
        return answer


class _Fetching(PromptJob):
    """The same when nothing is to be bought: what the batch did not come to is ordered again."""

    async def buy(self, purchase: Purchase) -> Never:
        """Nothing. Raises NotYet."""
        raise NotYet("The batch ended before it came to this prompt: it is to be ordered again.")


async def order(papers: Sequence[Paper], services: Buyer, beside: int = 0, run: str | None = None) -> Orders:
    """Order in batches what nobody has bought or ordered yet; waits for no other program and for no batch.

    The budget keeps room for the paintings of all these papers, and of so many `beside` them; `run` is whose it is.

    Raises BadInput when the writer takes no batches, ProviderError and ArchiveError.
    """
    batches = batches_of(services.writer)
    orders = Orders()
    for part in _parts({key_of(paper, services): paper for paper in papers}, batches):
        placed = await place(services.journal, PromptOrder(part, services, beside, run))
        beside += len(part) - len(placed.unaffordable)
        services.budget.held_back |= set(placed.unaffordable)
        services.budget.held_back -= placed.ordered.keys()
        orders = _sum(orders, part, placed)
    return orders


async def fetch(papers: Sequence[Paper], services: Buyer) -> Fetched:
    """Take the prompts of papers whose batch is finished into the journal; nothing is bought.

    Raises ProviderError when a batch cannot be read, and ArchiveError.
    """
    keyed = {key_of(paper, services): paper for paper in papers}
    ends = await side_by_side(keyed, lambda key: _fetch_one(keyed[key], services))
    return Fetched(
        written=sum(end is None for end in ends.values()),
        again=tuple(
            keyed[key]
            for key, end in ends.items()
            if isinstance(end, NotYet | ProviderBroken) and not isinstance(end, NotAccepted)
        ),
        problems=tuple(
            f"No prompt for paper {keyed[key].id} in its batch. {end}"
            for key, end in ends.items()
            if end is not None and not isinstance(end, NotYet)
        ),
    )


async def _fetch_one(paper: Paper, services: Buyer) -> NotYet | ProviderBroken | Blocked | Rejected | None:
    """Take in one prompt; gives what came instead of it."""
    try:
        await services.journal.settle(_Fetching(paper, services, Lane(asyncio.Semaphore(1))))
    except (NotYet, ProviderBroken, Blocked, Rejected) as error:
        return error
    return None


def _parts(papers: Mapping[str, Paper], batches: Batches) -> Iterator[dict[str, Paper]]:
    """The papers in parts that fit into a batch each."""
    part: dict[str, Paper] = {}
    room = batches.most_bytes
    for key, paper in papers.items():
        size = batches.size(paper)
        if part and (len(part) == batches.most_lines or size > room):
            yield part
            part, room = {}, batches.most_bytes
        part[key] = paper
        room -= size
    if part:
        yield part


class PromptOrder(BulkOrder[BatchTicket]):
    """The prompts of these papers, in one batch."""

    ticket = BatchTicket

    def __init__(self, papers: Mapping[str, Paper], buyer: Buyer, beside: int, run: str | None = None) -> None:
        self.run = run
        self._papers = papers
        self._batches = batches_of(buyer.writer)
        self._budget = buyer.budget
        self._painting = first_take_price(buyer)
        self._beside = beside
        by = f"by {buyer.writer.label}, in a batch"
        self.lines = {key: Line(f"prompt {paper.id} {by}", self._batches.price(paper)) for key, paper in papers.items()}

    async def book(self, keys: Sequence[str]) -> Sequence[str]:
        """Those that the budget has room for with their paintings."""
        prices = {key: self.lines[key].dollars for key in keys}
        return await self._budget.set_aside(prices, self._painting, self._beside + len(self._papers) - len(keys))

    async def refund(self, keys: Sequence[str]) -> None:
        """Give the money back."""
        await side_by_side(keys, lambda key: self._budget.settle(key, 0.0))

    async def upload(self, keys: Sequence[str]) -> str:
        """Send the requests."""
        return await self._batches.upload({key: self._papers[key] for key in keys})

    async def order(self, name: str, uploaded: str) -> BatchTicket:
        """Have them written."""
        return await self._batches.order(name, uploaded)

    async def find(self, since: datetime, name: str) -> BatchTicket | None:
        """Look for the batch."""
        return await self._batches.find(name, since)


def _sum(orders: Orders, papers: Mapping[str, Paper], placed: Placed[BatchTicket]) -> Orders:
    ordered = dict(orders.ordered)
    for key, ticket in placed.ordered.items():
        ordered[ticket] = (*ordered.get(ticket, ()), papers[key])
    busy = tuple(papers[key] for key in placed.busy)
    unaffordable = tuple(papers[key] for key in placed.unaffordable)
    return Orders(ordered, orders.busy + busy, orders.unaffordable + unaffordable)
