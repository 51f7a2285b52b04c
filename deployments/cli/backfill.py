"""The commands about stretches of days: backfill and status."""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from deployments.cli.options import Verbose, asks
from deployments.cli.running import Beforehand, beforehand, exit_after, run_here
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.addresses import shown
from frontispiece.request import BackfillRequest, StatusRequest
from frontispiece.text import counted

if TYPE_CHECKING:
    from frontispiece.dates import Days
    from frontispiece.settings import Settings

MOST_DAYS: Final = 31
"""So many are shown where nobody has asked for any."""


@asks(BackfillRequest)
def backfill(request: BackfillRequest, *, verbose: Verbose = False) -> int:
    """Illustrate a stretch of days: estimated first, capped, resumable.

    The plan and its price are shown first; the same command goes on where an earlier one stopped.
    """
    from frontispiece.settings import load_settings

    settings = load_settings(**request.choices)
    days = asyncio.run(days_beforehand(request, settings))
    with beforehand(settings, dry_run=request.dry_run) as found:
        return plan_or_run(request, days, found, verbose)


async def days_beforehand(request: BackfillRequest, settings: "Settings") -> "Days":
    """The days that are meant, when nothing is wrong with the input, before anything is opened. Raises BadInput."""
    from flows.inputs import days_meant
    from frontispiece.purchases.prompts import batches_of
    from frontispiece.writers import open_writer

    days = days_meant(request, settings.source)
    if request.batch:
        writer = open_writer(settings.writer, settings.with_keys_to_come())
        try:
            batches_of(writer)
        finally:
            await writer.close()
    return days


def plan_or_run(
    request: BackfillRequest, days: "Days", found: Beforehand, verbose: bool, command: str = "backfill"
) -> int:
    """Show the plan where that is all there is to do, else run the flow in this process, and show how it goes."""
    from deployments.cli.backfill_terminal import BackfillStage, print_plan
    from frontispiece.looking import look_at_days

    with BackfillStage(verbose) as stage:
        stage.command = command
        plan = None if request.refresh and not request.dry_run else found.look(partial(look_at_days, days, request))
        if plan is not None:
            for problem in found.services.catalog.problems:
                say(problem, sys.stderr)
            print_plan(stage.answers, plan, command)
            stage.answers.print(f"Dry run: {plan.headline}." if request.dry_run else "Nothing is left to do.")
            return Exit.FAILED if plan.is_blind else Exit.DONE
        state, error = run_here("flows.backfill:backfill", request, found, stage, dry_run=request.dry_run)
    if error is None:
        say(f"{state.name}: {stage.so_far if state.is_cancelled() else state.message}")
    return exit_after(state, error)


def ui_address(environment: Mapping[str, str], port: int) -> str:
    """Where Prefect's UI is: as Prefect is told, else where `frontispiece serve` has it."""
    api = environment.get("PREFECT_API_URL", "").rstrip("/").removesuffix("/api")
    return shown(environment.get("PREFECT_UI_URL", "").rstrip("/") or api or f"http://127.0.0.1:{port}")


@asks(StatusRequest)
def status(request: StatusRequest) -> int:
    """Show the calendar: how each day of a range stands, or what there is."""
    from rich.console import Console

    from deployments.cli.calendar import print_calendar
    from frontispiece.archive.calendar import Mark, calendar, days_run, pictures_elsewhere
    from frontispiece.archive.catalog import Catalog
    from frontispiece.archive.presence import is_begun, nothing_in
    from frontispiece.archive.store import Archive
    from frontispiece.dates import parse_days
    from frontispiece.services import recipe_of
    from frontispiece.settings import load_settings
    from frontispiece.sources import categories_of

    today = datetime.now(UTC).date()
    days = parse_days(request.days, today) if request.days else None
    settings = load_settings(**request.choices)
    archive = Archive.open(settings.archive)
    if not asyncio.run(is_begun(archive)):
        say(nothing_in(archive), sys.stderr)
    catalog = Catalog(archive)
    source, recipe, categories = settings.source, recipe_of(settings).fingerprint, categories_of(settings)
    if days is None:
        there = asyncio.run(days_run(catalog, source, recipe, today, categories))
    else:
        there = asyncio.run(calendar(catalog, days, source, recipe, categories))
    newest = there if days else there[-MOST_DAYS:]
    print_calendar(Console(), newest, source, ui_address(os.environ, settings.ui_port))
    if all(each.mark is Mark.NEVER_RUN for each in there):
        elsewhere = asyncio.run(pictures_elsewhere(catalog, source)).most_common()
        if named := ", ".join(f"{count:,} of {other}" for other, count in elsewhere):
            say(f"Pictures of other sources in the archive: {named}.")
    if earlier := len(there) - len(newest):
        say(f"{counted(earlier, 'earlier day')}, since {there[0].day}: frontispiece status {there[0].day:%Y}")
    sys.stdout.flush()
    for problem in catalog.problems:
        say(problem, sys.stderr)
    return Exit.DONE
