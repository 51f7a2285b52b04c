"""What a run would find, seen before one is started: nothing is bought or written, and nothing is tried twice.

Lists that are read here are handed to the run (`Services.read_ahead`), so that no source is asked twice.
"""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from frontispiece.archive.calendar import Mark, calendar
from frontispiece.archive.choosing import asked_for
from frontispiece.archive.results import kept
from frontispiece.dates import Days
from frontispiece.errors import SourceUnavailable
from frontispiece.models import Outcome
from frontispiece.planning import make_plan
from frontispiece.purchases.plan import Plan
from frontispiece.recipe import digest
from frontispiece.report import Report, sum_up
from frontispiece.request import BackfillRequest, DayRequest, PapersRequest
from frontispiece.services import Services
from frontispiece.sources import categories_of, days_known
from frontispiece.sources.ids import parse_id
from frontispiece.sources.interface import Finite, Listed

# Lists grow and votes drift for days; a list older than this is taken for final.
FINAL_AFTER: Final = timedelta(days=30)


def list_key(day: date, services: Services) -> str | None:
    """Under what a list is kept; None for those of recent days, which are read again every time."""
    if datetime.now(UTC).date() - day < FINAL_AFTER:
        return None
    return digest(services.settings.source, services.source.fingerprint, str(day))


async def read_list(day: date, services: Services) -> Listed:
    """The day's list as a run will have it: as it was kept, else from its source. Raises SourceError, ArchiveError."""
    if (key := list_key(day, services)) and (listed := await kept(services.archive, Listed, key)):
        return listed
    listed = services.read_ahead[day] = await services.source.list_day(day)
    return listed


async def look_at_day(day: date, request: DayRequest, services: Services) -> Report | None:
    """What a run of this day would report, when there is nothing for it to do; else None.

    Raises SourceError and ArchiveError.
    """
    began = time.monotonic()
    listed = await read_list(day, services)
    papers = asked_for(listed.papers, request.categories or (), request.limit)
    waiting, settled = await services.choose(papers)
    if waiting or (papers and await _is_news(day, services, is_whole=len(papers) == len(listed.papers))):
        return None
    if not listed.papers:
        await services.note_empty(day)
    about = {"days": (day,), "listed": len(listed.papers), "problems": (*listed.problems, *services.catalog.problems)}
    return _report(settled, services, began, **about, reason=await _why_none(listed, request, services))


async def look_at_papers(request: PapersRequest, services: Services) -> Report | None:
    """The same of single papers. One that the source does not have is for a run to find."""
    began = time.monotonic()
    wanted = {parse_id(text)[0] for text in request.ids}
    found = services.read_ahead[request.ids] = await services.source.find(request.ids)
    if len(found.papers) < len(wanted):
        return None
    waiting, settled = await services.choose(found.papers)
    days = tuple(sorted({each.paper.listing.day for each in settled}))
    return None if waiting else _report(settled, services, began, days=days, problems=tuple(services.catalog.problems))


async def look_at_days(days: Days, request: BackfillRequest, services: Services) -> Plan | None:
    """The plan of a backfill which has nothing to do, or is to do nothing: a dry run; else None.

    None as well when a list could not be read for the moment. Raises SourceError and ArchiveError.
    """
    settings = services.settings
    if not request.dry_run:
        fingerprint, categories = services.recipe.fingerprint, categories_of(settings)
        standing = await calendar(services.catalog, days, settings.source, fingerprint, categories)
        known = await days_known(services.source) or days
        if request.means_new_days and any(each.mark is Mark.NEVER_RUN and each.day in known for each in standing):
            return None
    elif request.refresh:
        services.refresh_id = "dry run"
    is_complete = True

    async def read(day: date) -> Listed:
        nonlocal is_complete
        try:
            return await read_list(day, services)
        except SourceUnavailable:
            is_complete = False
            raise

    plan, _ = await make_plan(days, request, services, read)
    is_over = request.dry_run or not any(each.wants_a_run for each in plan.days)
    return plan if is_over and is_complete else None


async def _is_news(day: date, services: Services, *, is_whole: bool) -> bool:
    """Whether a run would write down something about this day that no run has yet."""
    settings, recipe = services.settings, services.recipe.fingerprint
    (now,) = await calendar(services.catalog, Days(day, day), settings.source, recipe, categories_of(settings))
    return now.is_news(is_whole=is_whole)


async def _why_none(listed: Listed, request: DayRequest, services: Services) -> str:
    """Why a list is empty, or nothing on it was asked for, where somebody knows."""
    if listed.papers:
        return "the limit is 0" if request.limit == 0 else f"none is in {', '.join(request.categories or ())}"
    if isinstance(services.source, Finite) and (known := await days_known(services.source)):
        return f"{services.source.name} has papers from {known.first} to {known.last}"
    return ""


def _report(settled: Sequence[Outcome], services: Services, began: float, **about: Any) -> Report:
    return Report(
        source=services.settings.source,
        seconds=time.monotonic() - began,
        catalog=(),
        archive=services.archive.where(""),
        **sum_up(settled),
        **about,
    )
