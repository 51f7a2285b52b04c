"""What a user may ask for, checked before anything is done."""

import asyncio
from datetime import UTC, date, datetime

from frontispiece.dates import Days, check_begins, check_days, parse_days
from frontispiece.errors import BadInput
from frontispiece.request import BackfillRequest, about
from frontispiece.services import Services


async def day_meant(day: date | None, services: Services, on: date | None = None) -> date:
    """The day that was asked for, or the source's newest `on` a day."""
    if day is not None:
        return day
    return await asyncio.to_thread(services.source.newest_day, on or datetime.now(UTC).date())


def check_day(day: date | None, source: str) -> None:
    """Raise BadInput for a day in the future, and for one before the source begins.

    It takes no services: nothing is opened before input is checked.
    """
    if day is None:
        return
    with about("day"):
        if day > (today := datetime.now(UTC).date()):
            raise BadInput(f"{day} lies in the future; today is {today} (UTC).")
        check_begins(day, source)


def days_meant(request: BackfillRequest, source: str) -> Days:
    """The days of a backfill.

    Raises BadInput for what is no stretch of days that the source can have, and for a choice that goes with another.
    """
    if request.batch_hours is not None and not request.batch:
        raise BadInput("`batch_hours` goes with `batch`.")
    if request.refresh and not request.means_new_days:
        raise BadInput(f"`only`: `refresh` makes all papers anew, not the {request.only} ones; leave one of them out.")
    with about("days"):
        days = parse_days(request.days, datetime.now(UTC).date())
        check_days(days, source, confirmed=request.yes)
    return days
