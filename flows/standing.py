"""The standing calendar: how the last days and the months before stand, as `daily` is set up; kept on the server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from typing import Final

from prefect.artifacts import Artifact, MarkdownArtifact
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from flows.calendarpage import FORMS, CalendarPage
from flows.run_artifacts import RunArtifacts
from frontispiece.archive.calendar import Mark
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.dates import Days, first_day, month_of
from frontispiece.request import DailyRequest
from frontispiece.settings import Settings, load_settings

KEY: Final = "standing-calendar"
"""Of an artifact; Prefect's page of a key shows the one that was made last."""
RECENT: Final = timedelta(days=60)


async def keep_calendar(catalog: Catalog) -> None:
    """Show how days stand now; no run fails for trouble with it, the log mentions it."""
    await RunArtifacts().show(_calendar(catalog))


async def _calendar(catalog: Catalog) -> Artifact:
    settings = await _as_daily()
    today = datetime.now(UTC).date()
    months = [month for each in await catalog.archive.list(CATALOG) if (month := catalog_month(each.path))]
    recent = first_day(month_of(today - RECENT))
    days = Days(min([recent, *(first_day(month) for month in months)]), today)
    page = await CalendarPage.read(catalog, days, settings)
    begun = list(dropwhile(lambda day: day.mark is Mark.NEVER_RUN and day.day < recent, page.days))
    page = replace(page, days=begun)
    about = f"{settings.source}, {settings.writer}, {settings.painter} · {page.headline}"
    return MarkdownArtifact(markdown=page.markdown(first_row=recent), key=KEY, description=about)


async def _as_daily() -> Settings:
    """The settings with what the deployment `daily` has chosen, where there is one."""
    async with get_client() as client:
        try:
            chosen = (await client.read_deployment_by_name(FORMS["day"])).parameters
        except ObjectNotFound:
            return load_settings()
    return load_settings(**DailyRequest.checked(chosen).choices)
