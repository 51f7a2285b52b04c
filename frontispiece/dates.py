"""Days as people write them: `2024-10-31`, `yesterday`, `2024-10-01..2024-10-31`, `2024-10`, `last 30 days`."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from frontispiece import registry
from frontispiece.errors import BadInput
from frontispiece.text import counted

MOST_DAYS: Final = 3653
"""Ten years; more has to be confirmed."""

_LAST: Final = re.compile(r"last[ -]([0-9]{1,6})[ -]days?")
_MONTH: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_WEEK: Final = re.compile(r"([0-9]{4})-?w([0-9]{1,2})")
_NEAR: Final = {"today": 0, "yesterday": 1}
_HOW: Final = "write 2024-10-01..2024-10-31, 2024-10, last 30 days, or one day"


@dataclass(frozen=True, slots=True)
class Days:
    """Every day from `first` to `last`, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(len(self)))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


def month_of(day: date) -> str:
    """The month of a day, such as 2024-10."""
    return f"{day.year:04}-{day.month:02}"


def month_from(month: str, by: int) -> str:
    """The month that is so many later."""
    years, _, months = month.partition("-")
    year, index = divmod(int(years) * 12 + int(months) - 1 + by, 12)
    return f"{year:04}-{index + 1:02}"


def first_day(month: str) -> date:
    """The first day of a month such as 2024-10."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """The last day of a month."""
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def parse_day(text: str, today: date) -> date:
    """The one day that is meant; `today` is the one of UTC. Raises BadInput."""
    word = text.strip().lower()
    if word in _NEAR:
        return today - timedelta(days=_NEAR[word])
    try:
        return datetime.strptime(word, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadInput(f"{text[:60]!r} is no day; write it as YYYY-MM-DD, today or yesterday.") from None


def parse_days(text: str, today: date) -> Days:
    """The days that are meant; `today` (UTC) ends a month that is not over. Raises BadInput."""
    words = " ".join(text.split()).lower()
    if found := _LAST.fullmatch(words):
        return _last(int(found[1]), today)
    start, dots, stop = (part.strip() for part in words.partition(".."))
    first, end = _ends(start, text, today)
    begins, end = _ends(stop, text, today) if dots else (first, end)
    days = Days(first, min(end, max(today, begins)))
    if days.last < days.first:
        raise BadInput(f"{days.first} is later than {days.last}: the range is the wrong way round.")
    if days.last > today:
        raise BadInput(f"{days.last} lies in the future; today is {today} (UTC).")
    return days


def parse_week(text: str) -> Days | None:
    """The days of a week such as 2024-W44, Monday to Sunday; None for what is written otherwise. Raises BadInput."""
    found = _WEEK.fullmatch(text.strip().lower())
    if found is None:
        return None
    try:
        return Days(*(date.fromisocalendar(int(found[1]), int(found[2]), day) for day in (1, 7)))
    except ValueError:
        raise BadInput(f"{text[:60]!r} is no week of the calendar.") from None


def check_begins(day: date, source: str) -> None:
    """Raise BadInput, which names the first day there can be, for one before the source begins."""
    begins, name = registry.load(registry.SOURCES, source).begins
    if day < begins:
        raise BadInput(f"{day} is before {name} of {begins}.")


def check_days(days: Days, source: str, *, confirmed: bool = False) -> None:
    """Raise BadInput for days before the source begins, and for more than ten years that nobody confirmed."""
    check_begins(days.first, source)
    if len(days) > MOST_DAYS and not confirmed:
        raise BadInput(f"{days} are {counted(len(days), 'day')}, more than ten years; confirm that with `yes`.")


def _last(count: int, today: date) -> Days:
    if not 1 <= count <= (today - date.min).days:
        raise BadInput(f"The last {count} days cannot be; {_HOW}.")
    return Days(today - timedelta(days=count - 1), today)


def _ends(text: str, whole: str, today: date) -> tuple[date, date]:
    """First and last day of a day, a month or a year."""
    if text in _NEAR:
        return (day := parse_day(text, today)), day
    if found := _MONTH.fullmatch(text):
        year, month = found.groups()
        try:
            return first_day(f"{year}-{month or '01'}"), last_day(f"{year}-{month or '12'}")
        except ValueError:
            raise BadInput(f"{whole[:60]!r} is no month; {_HOW}.") from None
    day = _day(text, whole)
    return day, day


def _day(text: str, whole: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise BadInput(f"{whole[:60]!r} is no range of days; {_HOW}.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text} is not in the calendar; {_HOW}.") from None
