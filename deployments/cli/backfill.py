"""The commands about stretches of days: backfill and status."""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from deployments.cli.options import Verbose, asks
from deployments.cli.running import exit_after, run_here, services_beforehand, start_server
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.addresses import shown
from frontispiece.request import BackfillRequest, StatusRequest


@asks(BackfillRequest)
def backfill(request: BackfillRequest, *, verbose: Verbose = False) -> int:
    """Illustrate a stretch of days: estimated first, capped, resumable.

    The plan and its price are shown first; the same command goes on where an earlier one stopped.
    """
    return run_backfill(request, verbose)


def run_backfill(request: BackfillRequest, verbose: bool = False) -> int:
    """Run the flow in this process, and show how it goes."""
    asyncio.run(check_before(request))
    wait_for_server = start_server(dry_run=request.dry_run)
    from rich.console import Console

    from deployments.cli.backfill_terminal import StretchStage
    from flows.listener import surrounded

    with StretchStage(Console(), Console(stderr=True), verbose) as stage, surrounded(listener=stage):
        state, error = run_here("flows.backfill:backfill", request, wait_for_server)
    if error is None:
        say(f"{state.name}: {state.message}")
    return exit_after(state, error)


async def check_before(request: BackfillRequest) -> None:
    """Find out what is wrong with the input before a server is started. Raises BadInput."""
    from flows.inputs import days_meant
    from frontispiece.purchases.prompts import batches_of
    from frontispiece.settings import load_settings
    from frontispiece.writers import open_writer

    settings = load_settings(**request.choices)
    days_meant(request, settings.source)
    if request.batch:
        writer = open_writer(settings.writer, settings.with_keys_to_come())
        try:
            batches_of(writer)
        finally:
            await writer.close()
    async with services_beforehand(settings, dry_run=request.dry_run):
        pass


def ui_address(environment: Mapping[str, str], port: int) -> str:
    """Where Prefect's UI is: as Prefect is told, else where `frontispiece serve` has it."""
    api = environment.get("PREFECT_API_URL", "").rstrip("/").removesuffix("/api")
    return shown(environment.get("PREFECT_UI_URL", "").rstrip("/") or api or f"http://127.0.0.1:{port}")


@asks(StatusRequest)
def status(request: StatusRequest) -> int:
    """Show the calendar: how each day of a range stands."""
    from rich.console import Console

    from deployments.cli.calendar import print_calendar
    from frontispiece.archive.calendar import calendar
    from frontispiece.archive.catalog import Catalog
    from frontispiece.archive.presence import is_begun, nothing_in
    from frontispiece.archive.store import Archive
    from frontispiece.dates import parse_days
    from frontispiece.services import recipe_of
    from frontispiece.settings import load_settings
    from frontispiece.sources import categories_of

    days = parse_days(request.days, datetime.now(UTC).date())
    settings = load_settings(**request.choices)
    archive = Archive.open(settings.archive)
    if not asyncio.run(is_begun(archive)):
        say(nothing_in(archive), sys.stderr)
    catalog = Catalog(archive)
    look = calendar(catalog, days, settings.source, recipe_of(settings).fingerprint, categories_of(settings))
    print_calendar(Console(), asyncio.run(look), settings.source, ui_address(os.environ, settings.ui_port))
    sys.stdout.flush()
    for problem in catalog.problems:
        say(problem, sys.stderr)
    return Exit.DONE
