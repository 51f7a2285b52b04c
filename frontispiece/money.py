"""US dollars: how they are added up, written for people, and kept exactly. None is an unknown price, 0 is free."""

from collections.abc import Iterable
from typing import Final

ROUNDING: Final = 1e-9
"""By so much a sum of dollars may miss what it should be."""
LEAST: Final = 0.00005
"""Less than this would look like nothing."""
_NANO: Final = 1_000_000_000


def total(prices: Iterable[float | None]) -> float | None:
    """The sum, None when one of them is unknown."""
    prices = list(prices)
    return None if None in prices else known(prices)


def known(prices: Iterable[float | None]) -> float:
    """The sum of those that are known."""
    return sum(price for price in prices if price is not None)


def price(dollars: float | None) -> str:
    """What something costs, as people read it: $0.0034, free, or price unknown."""
    if dollars is None:
        return "price unknown"
    return amount(dollars) if dollars else "free"


def amount(dollars: float) -> str:
    """A sum, as people read it: $0.0034."""
    return "less than $0.0001" if 0 < dollars < LEAST else f"${dollars:,.4f}"


def nanodollars(dollars: float) -> int:
    """The whole number of billionths that is written down."""
    return round(dollars * _NANO)


def from_nanodollars(count: int) -> float:
    """Dollars."""
    return count / _NANO
