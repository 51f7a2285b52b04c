"""Stretches of days as people write them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frontispiece.dates import Days, check_days, first_day, last_day, month_from, month_of, parse_days
from frontispiece.errors import BadInput

TODAY = date(2024, 11, 19)
dates = st.dates(min_value=date(1991, 8, 14), max_value=TODAY)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        pytest.param("2024-10-01..2024-10-31", date(2024, 10, 1), date(2024, 10, 31), id="both ends"),
        pytest.param(" 2024-10-01 .. 2024-10-02 ", date(2024, 10, 1), date(2024, 10, 2), id="white space"),
        pytest.param("2024-10", date(2024, 10, 1), date(2024, 10, 31), id="a month"),
        pytest.param("2024-02", date(2024, 2, 1), date(2024, 2, 29), id="February of a leap year"),
        pytest.param("2023-12", date(2023, 12, 1), date(2023, 12, 31), id="December"),
        pytest.param("2024-11", date(2024, 11, 1), TODAY, id="the month that is not over"),
        pytest.param("2023", date(2023, 1, 1), date(2023, 12, 31), id="a year"),
        pytest.param("2024", date(2024, 1, 1), TODAY, id="this year"),
        pytest.param("2023..2024-02", date(2023, 1, 1), date(2024, 2, 29), id="a year to a month"),
        pytest.param("2024-10..2024-11", date(2024, 10, 1), TODAY, id="to the month that is not over"),
        pytest.param("2024-10-03", date(2024, 10, 3), date(2024, 10, 3), id="a day"),
        pytest.param("last 30 days", date(2024, 10, 21), TODAY, id="the last days"),
        pytest.param("Last-1-Day", TODAY, TODAY, id="the last day"),
        pytest.param("today", TODAY, TODAY, id="today"),
        pytest.param("Yesterday", date(2024, 11, 18), date(2024, 11, 18), id="yesterday"),
        pytest.param("2024-11-01 .. yesterday", date(2024, 11, 1), date(2024, 11, 18), id="to yesterday"),
    ],
)
def test_what_is_meant(text: str, first: date, last: date) -> None:
    assert parse_days(text, TODAY) == Days(first, last)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("2024-10-31..2024-10-01", "the wrong way round", id="reversed"),
        pytest.param("2024-11-20", "lies in the future", id="tomorrow"),
        pytest.param("2024-11-01..2024-11-20", "lies in the future", id="ends tomorrow"),
        pytest.param("2024-12", "lies in the future", id="next month"),
        pytest.param("2024-13", "is no month", id="month 13"),
        pytest.param("0000", "is no month", id="year 0"),
        pytest.param("2024-02-30", "not in the calendar", id="February 30"),
        pytest.param("last 0 days", "cannot be", id="no days"),
        pytest.param("last 999999 days", "cannot be", id="before all time"),
        pytest.param("2024-10-01..", "no range of days", id="open end"),
        pytest.param("1..2..3", "no range of days", id="three ends"),
        pytest.param("tomorrow", "no range of days", id="a word"),
        pytest.param("", "no range of days", id="nothing"),
        pytest.param("２０２４-10-01", "no range of days", id="other digits"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        parse_days(text, TODAY)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=40))
def test_no_text_does_anything_else(text: str) -> None:
    try:
        days = parse_days(text, TODAY)
    except BadInput:
        return
    assert days.first <= days.last <= TODAY


@given(dates, dates)
def test_a_range_is_read_back(one: date, other: date) -> None:
    days = Days(min(one, other), max(one, other))
    assert parse_days(str(days), TODAY) == days
    listed = list(days)
    assert (listed[0], listed[-1], len(listed)) == (days.first, days.last, len(days))
    assert all(after - before == timedelta(days=1) for before, after in pairwise(listed))


@pytest.mark.parametrize(
    ("days", "source", "said"),
    [
        pytest.param(Days(date(2023, 5, 1), date(2023, 6, 1)), "huggingface", "first list of 2023-05-04", id="HF"),
        pytest.param(Days(date(1991, 1, 1), date(1991, 12, 1)), "arxiv", "first day of 1991-08-14", id="arXiv"),
        pytest.param(Days(date(2010, 1, 1), date(2024, 1, 1)), "snapshot", "more than ten years", id="14 years"),
    ],
)
def test_a_range_that_asks_too_much(days: Days, source: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check_days(days, source)


def test_more_than_ten_years_can_be_confirmed() -> None:
    check_days(Days(date(2010, 1, 1), date(2024, 1, 1)), "arxiv", confirmed=True)
    check_days(Days(date(2014, 1, 1), date(2023, 12, 31)), "arxiv")


@example(day=date(9950, 1, 1), by=600)
@given(st.dates(min_value=date(1000, 1, 1), max_value=date(9998, 12, 31)), st.integers(-1200, 1200))
def test_months_follow_each_other(day: date, by: int) -> None:
    month = month_of(day)
    assert first_day(month) <= day <= last_day(month)
    assert month_of(last_day(month) + timedelta(days=1)) == month_from(month, 1)
    assert month_from(month_from(month, by), -by) == month
