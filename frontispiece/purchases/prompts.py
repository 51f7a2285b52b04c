"""Paid prompts as the journal and the budget know them: one by one, or ordered in batches and fetched hours later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Never

from frontispiece.errors import BadInput, Blocked, BudgetReached, NotYet, ProviderBroken, Rejected
from frontispiece.models import Paper, Prompt
from frontispiece.purchases.budget import Purchase
from frontispiece.purchases.bulk import BulkCall, Line, Placed, place, side_by_side
from frontispiece.purchases.entries import Bulk
from frontispiece.purchases.journal import PaidCall
from frontispiece.recipe import prompt_key
from frontispiece.services import Studio
from frontispiece.writers.interface import Batches, BatchTicket, Writer

PromptCall = PaidCall[Prompt, Prompt, BatchTicket]

_NOTHING: Final = 1e-9


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


def key_of(paper: Paper, studio: Studio) -> str:
    """The key of a paper's prompt in the journal."""
    return prompt_key(paper, studio.writer.recipe, studio.edition)


def batches_of(writer: Writer) -> Batches:
    """How `writer` takes orders by the thousand. Raises BadInput when it takes none."""
    if writer.batches is None:
        raise BadInput(f"The writer {writer.label} takes no batches: choose another, or run without them.")
    return writer.batches


def prompt_call(key: str, paper: Paper, studio: Studio, purchase: Purchase) -> PromptCall:
    """How the prompt of `paper` is paid for, or how it is fetched from the batch that it was ordered in."""
    writer, batches = studio.writer, studio.writer.batches

    async def submit() -> Prompt:
        if batches is not None and key in batches.held_back:  # its money is for what can be painted as well
            raise BudgetReached("The budget has no room for a prompt and its painting beside those that are ordered.")
        return await purchase.make(lambda: writer.write(paper))

    call: PromptCall = PaidCall(
        what=f"prompt {paper.id} by {writer.label}",
        submit=submit,
        record=Prompt,
        ticket=BatchTicket,
        price_hint=writer.price(paper),
        wasted=lambda attempt, charges: studio.waste.note(paper.key, attempt, charges),
    )
    if batches is None:
        return call

    async def collect(ticket: BatchTicket) -> Prompt | None:
        try:
            prompt = await batches.collect(ticket, key, paper)
        except Rejected:
            await purchase.delivered(0.0)
            raise
        if prompt is None:
            await purchase.delivered(0.0)
        return prompt

    async def find(bulk: Bulk) -> BatchTicket | None:
        return await batches.find(bulk.name, bulk.since)

    return replace(call, collect=collect, find=find)


async def order(papers: Sequence[Paper], studio: Studio, beside: int = 0) -> Orders:
    """Order in batches what nobody has bought or ordered yet; waits for no other program and for no batch.

    The budget keeps room for the paintings of all these papers, and of so many `beside` them.

    Raises BadInput when the writer takes no batches, ProviderError and ArchiveError.
    """
    batches = batches_of(studio.writer)
    orders = Orders()
    for part in _parts({key_of(paper, studio): paper for paper in papers}, batches):
        placed = await _order_part(part, studio, batches, beside)
        beside += len(part) - len(placed.unaffordable)
        batches.held_back |= set(placed.unaffordable)
        batches.held_back -= placed.ordered.keys()
        orders = _sum(orders, part, placed)
    return orders


async def fetch(papers: Sequence[Paper], studio: Studio) -> Fetched:
    """Take the prompts of papers whose batch is finished into the journal; nothing is bought.

    Raises ProviderError when a batch cannot be read, and ArchiveError.
    """
    keyed = {key_of(paper, studio): paper for paper in papers}
    ends = await side_by_side(keyed, lambda key: _fetch_one(key, keyed[key], studio))
    return Fetched(
        written=sum(end is None for end in ends.values()),
        again=tuple(keyed[key] for key, end in ends.items() if isinstance(end, NotYet | ProviderBroken)),
        problems=tuple(
            f"No prompt for paper {keyed[key].id} in its batch. {end}"
            for key, end in ends.items()
            if end is not None and not isinstance(end, NotYet)
        ),
    )


async def _fetch_one(key: str, paper: Paper, studio: Studio) -> NotYet | ProviderBroken | Blocked | Rejected | None:
    """Take in one prompt; gives what came instead of it."""
    try:
        async with studio.budget.purchase(key, None) as purchase:  # which settles what an error says was charged
            call = replace(prompt_call(key, paper, studio, purchase), submit=_not_one_by_one)
            settled = await studio.journal.settle(key, call)
            await purchase.delivered(settled.record.dollars)
    except (NotYet, ProviderBroken, Blocked, Rejected) as error:
        return error
    return None


async def _not_one_by_one() -> Never:
    raise NotYet("The batch ended before it came to this prompt: it is to be ordered again.")


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


async def _order_part(
    papers: Mapping[str, Paper], studio: Studio, batches: Batches, beside: int
) -> Placed[BatchTicket]:
    prices = {key: batches.price(paper) for key, paper in papers.items()}

    async def book(keys: Sequence[str]) -> Sequence[str]:
        chosen = _affordable(keys, prices, studio, beside + len(papers) - len(keys))
        booked = await side_by_side(chosen, lambda key: _book(key, prices[key], studio))
        return [key for key, is_booked in booked.items() if is_booked]

    async def refund(keys: Sequence[str]) -> None:
        await side_by_side(keys, lambda key: studio.budget.settle(key, 0.0))

    async def find(bulk: Bulk) -> BatchTicket | None:
        return await batches.find(bulk.name, bulk.since)

    call = BulkCall(
        ticket=BatchTicket,
        book=book,
        refund=refund,
        upload=lambda keys: batches.upload({key: papers[key] for key in keys}),
        order=batches.order,
        find=find,
    )
    by = f"by {studio.writer.label}, in a batch"
    lines = {key: Line(f"prompt {paper.id} {by}", prices[key]) for key, paper in papers.items()}
    return await place(studio.journal, lines, call)


def _affordable(keys: Sequence[str], prices: Mapping[str, float | None], studio: Studio, beside: int) -> list[str]:
    """As many as the budget has room for, each with the painting that makes it useful, and `beside` paintings more."""
    budget, painting = studio.budget, studio.painter.price or 0.0
    if budget.max_usd is None:
        return list(keys)
    room = 0.0 if budget.is_reached else budget.max_usd - budget.committed - beside * painting + _NOTHING
    chosen = []
    for key in keys:
        room -= (prices[key] or 0.0) + painting
        if room < 0:
            break
        chosen.append(key)
    return chosen


async def _book(key: str, price: float | None, studio: Studio) -> bool:
    async def nothing() -> None:
        """The call is made later, with all others."""

    try:
        async with studio.budget.purchase(key, price) as purchase:
            await purchase.make(nothing)
    except BudgetReached:
        return False
    return True


def _sum(orders: Orders, papers: Mapping[str, Paper], placed: Placed[BatchTicket]) -> Orders:
    ordered = dict(orders.ordered)
    for key, ticket in placed.ordered.items():
        ordered[ticket] = (*ordered.get(ticket, ()), papers[key])
    busy = tuple(papers[key] for key in placed.busy)
    unaffordable = tuple(papers[key] for key in placed.unaffordable)
    return Orders(ordered, orders.busy + busy, orders.unaffordable + unaffordable)
