"""A paid call as an object: how it is made, how its answer is fetched or found again, and what is kept of it.

The journal drives it (`Journal.settle`); the budget that the job brings along decides what it may spend.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Generic, Protocol, cast

from typing_extensions import TypeVar  # with defaults, which typing has from 3.13 on

from frontispiece.errors import ProviderBroken, Rejected
from frontispiece.models import Value
from frontispiece.purchases.budget import Budget, Purchase


class Bought(Protocol):
    """What is kept of a paid call: a small record that goes through JSON unharmed."""

    @property
    def dollars(self) -> float | None:
        """What it cost, None when unknown."""
        ...


class Order(Protocol):
    """What a provider gives for a job that is still to be fetched: a ticket. It must survive JSON."""

    @property
    def request_id(self) -> str:
        """The provider's id of the job."""
        ...


class NoOrder(Value):
    """The ticket of jobs that have none, because they are answered at once."""

    request_id: str


R = TypeVar("R", bound=Bought)
A = TypeVar("A", default=R)
T = TypeVar("T", bound=Order, default=NoOrder)


class PaidJob(ABC, Generic[R, A, T]):
    """One call to a provider that costs money: `submit` makes it, and nothing else may.

    What it has no answer to (orders, lists of recent calls) is answered here. The methods raise what
    `frontispiece.painters.interface.Painter` says.
    """

    key: str
    """Its name in the journal."""
    what: str
    """The call in a few words, such as painting 2410.24175 by fal."""
    record: type[R]
    ticket: type[T] = NoOrder  # type: ignore[assignment] # the default of T
    budget: Budget
    """Who pays; the terms below are those of `Budget.purchase`."""
    price: float | None = None
    """What it costs at most, in dollars, where that is known beforehand."""
    then: float | None = None
    paper_key: str = ""
    by: str = ""
    run: str | None = None
    """The run that makes the call, where it is one."""

    @abstractmethod
    async def submit(self) -> T | A:
        """Make the call: gives the answer, or a ticket to fetch it with."""

    @abstractmethod
    async def keep(self, answer: A) -> R:
        """Store what was delivered, and describe it."""

    async def collect(self, ticket: T) -> A | None:
        """Fetch the answer; free, and may be repeated. None: the provider gave the order up, and charges nothing."""
        raise Rejected(f"There is no order {ticket.request_id} to fetch from a provider that answers at once.")

    async def find(self, since: datetime, order: str | None) -> T | None:
        """Look for a call made since then whose ticket was lost; `order` names the bulk order that it went with.

        None: there is none, or nobody can tell; of a bulk order, that it was never made.
        """
        return None

    async def is_intact(self, record: R) -> bool:
        """Whether what a record points to is still there."""
        return True

    async def buy(self, purchase: Purchase) -> T | A:
        """Make the call where the budget has room for it. Raises BudgetReached."""
        return await purchase.make(self.submit)

    def note_lost(self) -> None:
        """Told when a call has come to nothing, and there is no order left that could be fetched."""

    async def make(self) -> R:
        """Have the job done by who takes no money: without budget and journal. Raises ProviderBroken for an order."""
        answer = await self.submit()
        if isinstance(answer, self.ticket):
            raise ProviderBroken(f"An order was taken but is not journalled: {self.what}.")
        return await self.keep(cast("A", answer))
