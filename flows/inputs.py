"""What a user may ask for, checked before anything is done."""

import asyncio
from datetime import UTC, date, datetime

from tasks.errors import BadInput
from tasks.studio import Studio


async def day_meant(day: date | None, studio: Studio, on: date | None = None) -> date:
    """The day that was asked for, or the source's newest `on` a day; raises BadInput for one in the future."""
    today = on or datetime.now(UTC).date()
    if day is None:
        return await asyncio.to_thread(studio.source.newest_day, today)
    if day > today:
        raise BadInput(f"{day} lies in the future; today is {today} (UTC).")
    return day
