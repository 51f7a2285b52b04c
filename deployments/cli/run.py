"""The commands that illustrate papers: run and paper."""

import asyncio
from dataclasses import fields
from datetime import date
from typing import Annotated

from cyclopts import Parameter

from deployments.cli.backfill import run_backfill
from deployments.cli.options import Verbose, asks
from deployments.cli.running import exit_after, run_here, services_beforehand, start_server
from frontispiece.request import BackfillRequest, DayRequest, PapersRequest, about


@asks(DayRequest)
def run(
    request: DayRequest,
    *,
    dry_run: Annotated[bool, Parameter(help="Only show what would be done, and its price.")] = False,
    verbose: Verbose = False,
) -> int:
    """Illustrate the papers of a day."""
    day = asyncio.run(check_request(request, dry_run=dry_run))
    if not dry_run:
        return illustrate("flows.illustrate:illustrate_day", request, verbose)
    asked = {each.name: request.values[each.name] for each in fields(BackfillRequest) if each.name in request.values}
    return run_backfill(BackfillRequest(str(day), only="all", dry_run=True, **asked), verbose)


@asks(PapersRequest)
def paper(request: PapersRequest, *, verbose: Verbose = False) -> int:
    """Illustrate single papers."""
    asyncio.run(check_papers(request))
    return illustrate("flows.illustrate:illustrate_papers", request, verbose)


async def check_request(request: DayRequest, *, dry_run: bool = False) -> date:
    """The day that is meant. Raises BadInput for what is wrong, before a server is started."""
    from flows.inputs import check_day, day_meant
    from frontispiece.settings import load_settings

    settings = load_settings(**request.choices)
    check_day(request.day, settings.source)
    async with services_beforehand(settings, dry_run=dry_run) as services:
        return await day_meant(request.day, services)


async def check_papers(request: PapersRequest) -> None:
    """Raise BadInput for what is wrong, before a server is started."""
    from frontispiece.settings import load_settings
    from frontispiece.sources.ids import parse_id

    with about("ids"):
        for text in request.ids:
            parse_id(text)
    async with services_beforehand(load_settings(**request.choices)):
        pass


def illustrate(flow: str, request: DayRequest | PapersRequest, verbose: bool) -> int:
    """Run a flow in this process, and show how it goes."""
    wait_for_server = start_server()
    from rich.console import Console

    from deployments.cli.terminal import Stage, print_summary
    from flows.listener import surrounded

    with Stage(Console(stderr=True), verbose) as stage, surrounded(listener=stage):
        state, error = run_here(flow, request, wait_for_server)
    if stage.report is not None:
        print_summary(Console(), stage.report)
    return exit_after(state, error)
