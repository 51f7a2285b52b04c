"""Dollars: how they add up, and how people and files read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.money import amount, from_nanodollars, known, nanodollars, price, total


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        pytest.param(None, "price unknown", id="unknown"),
        pytest.param(0.0, "free", id="free"),
        pytest.param(0.0034, "$0.0034", id="small"),
        pytest.param(0.00005, "$0.0001", id="least"),
        pytest.param(0.00004, "less than $0.0001", id="less than is shown"),
        pytest.param(1234.5, "$1,234.5000", id="large"),
    ],
)
def test_prices_are_written_in_one_way(dollars: float | None, text: str) -> None:
    assert price(dollars) == text


def test_a_sum_may_be_nothing() -> None:
    assert amount(0.0) == "$0.0000"


def test_what_is_unknown_makes_a_total_unknown() -> None:
    assert (total([0.25, 0.5]), total([0.25, None]), total([])) == (0.75, None, 0)
    assert known([0.25, None, 0.5]) == 0.75


@given(st.integers(0, 10**14))
def test_what_is_written_down_comes_back(count: int) -> None:
    assert nanodollars(from_nanodollars(count)) == count
