"""Paid jobs without a provider."""

from typing import TypeVar

from frontispiece.purchases.budget import Budget
from frontispiece.purchases.job import Bought, PaidJob

R = TypeVar("R", bound=Bought)


class AtOnce(PaidJob[R]):
    """Answered at once with its record, or with an error."""

    def __init__(
        self,
        key: str,
        what: str,
        answer: R | Exception,
        *,
        record: type[R] | None = None,
        price: float | None = None,
    ) -> None:
        self.key = key
        self.what = what
        self.answer = answer
        self.record = record or type(answer)  # type: ignore[assignment]
        self.budget = Budget()
        self.price = price
        self.calls = 0

    async def submit(self) -> R:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def keep(self, answer: R) -> R:
        return answer
