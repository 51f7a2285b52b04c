"""The plan of a backfill: what is to be done on which day, and what it will cost. Making one costs nothing."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, get_args

from frontispiece.archive.calendar import Day, Mark, calendar
from frontispiece.archive.choosing import asked_for
from frontispiece.concurrency import gather_bounded
from frontispiece.dates import Days
from frontispiece.errors import Blocked, SourceError, SourceUnreached
from frontispiece.models import ARCHIVED, STALE, Paper
from frontispiece.money import total
from frontispiece.purchases.buyer import first_take_price
from frontispiece.purchases.estimate import COLUMNS, Hands, Work, averages, estimate
from frontispiece.purchases.plan import DayPlan, Plan
from frontispiece.purchases.prompts import batches_of
from frontispiece.recipe import digest
from frontispiece.request import BackfillRequest, Only, Order
from frontispiece.services import Services, open_budget
from frontispiece.settings import Settings
from frontispiece.sources import categories_of, days_known
from frontispiece.sources.interface import Listed

LISTS_AT_ONCE: Final = 4
DAYS_UNREACHED: Final = LISTS_AT_ONCE
"""So many days one after the other without a connection, each with all its attempts, and no further one is tried."""
DAYS_CHOSEN_AT_ONCE: Final = 366
DAYS_FOR_AVERAGES: Final = 100


def _account_of(days: Days, services: Services) -> str:
    """Whose purse pays for a backfill: one for the range, the source and the recipe, whatever else is asked.

    It has the name that it always had for a backfill that asks for nothing else.
    """
    categories, votes = (Settings.model_fields[name].default for name in ("categories", "min_upvotes"))
    return _named(days, services, categories, votes)


def _earlier_accounts(days: Days, services: Services, request: BackfillRequest) -> list[str]:
    """Purses of the same account, from when each order, choice and limit had one of its own."""
    if services.refresh_id:
        return []
    settings = services.settings
    names = {
        _named(days, services, settings.categories, settings.min_upvotes, only, order, limit)
        for only in get_args(Only)
        for order in get_args(Order)
        for limit in (None, request.limit)
    }
    return sorted(names - {_account_of(days, services)})


def backfill_id(days: Days, services: Services, request: BackfillRequest) -> str:
    """What makes two commands the same backfill, so that one goes on with the days of the other."""
    settings = services.settings
    chosen = (settings.categories, settings.min_upvotes)
    return _named(days, services, *chosen, request.only, limit=request.limit)


def _named(
    days: Days,
    services: Services,
    categories: Sequence[str],
    min_upvotes: int,
    only: Only = "missing",
    order: Order = "newest",
    limit: int | None = None,
) -> str:
    votes = min_upvotes if services.source.has_votes else None
    chosen = (str(days), services.settings.source, sorted(categories), votes, only, order)
    more = (limit, services.refresh_id) if limit is not None or services.refresh_id else ()
    return digest("backfill", *chosen, services.recipe.fingerprint, *more)[:12]


async def make_plan(
    days: Days, request: BackfillRequest, services: Services, read: Callable[[date], Awaitable[Listed]]
) -> tuple[Plan, list[Paper]]:
    """Read the lists and the catalog; gives the papers to illustrate as well, in the plan's order.

    The services get the backfill's budget. A list that cannot be read is the problem of its day alone. With `batch`,
    prompts have a batch's price. Raises SourceUnreached when the source could not be connected to on several days one
    after the other, and ArchiveError.
    """
    account, earlier = _account_of(days, services), _earlier_accounts(days, services, request)
    services.budget = await open_budget(services.archive, account, services.settings.max_usd, earlier)
    price = batches_of(services.writer).price if request.batch else services.writer.price
    lists = await _lists(days, request, read)
    settings, recipe = services.settings, services.recipe
    known = await calendar(services.catalog, days, settings.source, recipe.fingerprint, categories_of(settings))
    standing = {each.day: each for each in known}
    ends = await days_known(services.source) or days
    take = first_take_price(services)
    further = None if take is None else (services.takes - 1) * take
    in_order = sorted(lists, reverse=request.order == "newest")
    counted: set[str] = set()
    planned: list[DayPlan] = []
    to_do: list[Paper] = []
    work: list[Work] = []
    stale = set[str]()
    for start in range(0, len(in_order), DAYS_CHOSEN_AT_ONCE):
        chunk = in_order[start : start + DAYS_CHOSEN_AT_ONCE]
        papers = [paper for day in chunk for paper in lists[day].papers]
        waiting, settled = await services.choose(papers, request.only)
        stale |= {each.paper.key for each in settled if each.reason == STALE}
        counts = Counter((each.paper.listing.day, each.reason) for each in settled)
        for day in chunk:
            mine = [each for each in waiting if each.listing.day == day and each.key not in counted]
            counted |= {each.key for each in mine}  # a paper that stands on two lists is paid for once
            prices = [Work(services.writer.request(paper), price(paper), take, further) for paper in mine]
            to_do += mine
            work += prices
            now = standing[day]
            if mine and now.mark in (Mark.DONE, Mark.EMPTY) and not request.refresh:  # the list has grown since
                now = now.model_copy(update={"mark": Mark.PARTIAL})
            least = _least(prices, ordered=request.batch)
            may_be_new = request.means_new_days and day in ends
            planned.append(_day_plan(now, lists[day], prices, counts, least, may_be_new=may_be_new))
    # What prompts cost one by one tells nothing of batches, and the catalog nothing of labels that will read.
    tells = not request.batch and services.checker is None
    rows = await services.catalog.narrow(COLUMNS, newest=DAYS_FOR_AVERAGES) if tells else []
    hands = Hands(
        writer_paid=services.writer.paid,
        painter_paid=services.painter.paid,
        prompts_at_once=settings.prompts_at_once,
        paintings_at_once=settings.paintings_at_once,
        answer_tokens=getattr(services.writer, "most_tokens", None),
        calls_each=services.calls_each,
    )
    plan = Plan(
        id=backfill_id(days, services, request),
        account=account,
        days=tuple(planned),
        estimate=estimate(work, hands, *averages(rows, recipe.fingerprint)),
        source=settings.source,
        writer=f"{recipe.writer.kind} {recipe.writer.model}",
        painter=f"{recipe.painter.kind} {recipe.painter.model}",
        checker=_checker(services),
        spent=services.budget.committed,
        max_usd=settings.max_usd,
        stale=len(stale),
        batch=request.batch,
    )
    return plan, to_do


def _checker(services: Services) -> str:
    if services.checker is None:
        return ""
    takes = f", up to {services.takes} takes" if services.takes > 1 else ""
    critic = ", a critic" if services.checker.judges else ""
    return f"{services.checker.recipe.kind} {services.checker.recipe.model}{critic}{takes}"


@dataclass(frozen=True, slots=True)
class _List:
    """The papers of a day, or why they could not be read."""

    papers: list[Paper] = field(default_factory=list)
    length: int = 0
    """How many stand on it, asked for or not."""
    problem: str | None = None


async def _lists(days: Days, request: BackfillRequest, read: Callable[[date], Awaitable[Listed]]) -> dict[date, _List]:
    unreached = 0

    async def asked(day: date) -> _List:
        nonlocal unreached
        try:
            listed = await read(day)
        except SourceUnreached as error:
            unreached += 1
            if unreached == DAYS_UNREACHED:
                raise SourceUnreached(
                    f"{error} So it was on {unreached} days one after the other: the backfill ends before it begins, "
                    "with nothing done."
                ) from None
            return _List(problem=str(error))
        except SourceError as error:
            unreached = 0
            return _List(problem=str(error))
        unreached = 0
        papers = asked_for(listed.papers, request.categories or (), request.limit)
        return _List(papers, len(listed.papers))

    return dict(zip(days, await gather_bounded(asked, days, LISTS_AT_ONCE), strict=True))


def _least(work: Sequence[Work], *, ordered: bool) -> float:
    """What the cheapest picture costs, without its prompt where those are on order; nothing where that is unknown."""
    prices = (total((0.0 if ordered else each.prompt_dollars, each.painting_dollars)) for each in work)
    return min((price or 0.0 for price in prices), default=0.0)


def _day_plan(
    day: Day,
    found: _List,
    work: Sequence[Work],
    settled: Counter[tuple[date, str | None]],
    least: float,
    *,
    may_be_new: bool,
) -> DayPlan:
    """The day as the calendar has it, with what its list has now and what is known of its papers from other lists."""
    now = {
        "listed": found.length,
        "archived": settled[day.day, ARCHIVED],
        "blocked": settled[day.day, Blocked.__name__],
        "stale": settled[day.day, STALE],
    }
    is_whole = len(found.papers) == found.length  # else the list is never read in full, however often the day is run
    return DayPlan(
        **day.model_dump() | {name: max(count, getattr(day, name)) for name, count in now.items()},
        to_do=len(work),
        problem=found.problem,
        dollars=total(each.dollars for each in work),
        least=least,
        is_new=may_be_new and day.is_news(is_whole=is_whole),
    )
