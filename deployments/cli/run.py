"""The commands that illustrate papers: run and paper."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from deployments.cli.backfill import plan_or_run
from deployments.cli.options import Verbose, asks
from deployments.cli.running import beforehand, exit_after, run_here
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.request import BackfillRequest, DayRequest, PapersRequest, about

if TYPE_CHECKING:
    from frontispiece.report import Report
    from frontispiece.services import Services
    from frontispiece.settings import Settings


@asks(DayRequest)
def run(
    request: DayRequest,
    *,
    dry_run: Annotated[bool, Parameter(help="Only show what would be done, and its price.")] = False,
    verbose: Verbose = False,
) -> int:
    """Illustrate the papers of a day."""
    from flows.inputs import check_day, day_meant
    from frontispiece.settings import load_settings

    settings = load_settings(**request.choices)
    check_day(request.day, settings.source)
    if dry_run:
        return _plan(request, settings, verbose)

    async def look(services: "Services") -> "Report | None":
        from frontispiece.looking import look_at_day

        return await look_at_day(await day_meant(request.day, services), request, services)

    return illustrate("flows.illustrate:illustrate_day", request, settings, look, verbose)


def _plan(request: DayRequest, settings: "Settings", verbose: bool) -> int:
    """The day as a backfill of one day, which stops after its plan."""
    from flows.inputs import day_meant
    from frontispiece.dates import Days

    asked = {each.name: request.values[each.name] for each in fields(BackfillRequest) if each.name in request.values}
    with beforehand(settings, dry_run=True) as found:
        day = found.runner.run(day_meant(request.day, found.services))
        request_of_one = BackfillRequest(str(day), only="all", dry_run=True, **asked)
        return plan_or_run(request_of_one, Days(day, day), found, verbose, "run")


@asks(PapersRequest)
def paper(request: PapersRequest, *, verbose: Verbose = False) -> int:
    """Illustrate single papers."""
    from frontispiece.settings import load_settings
    from frontispiece.sources.ids import parse_id

    with about("ids"):
        for text in request.ids:
            parse_id(text)

    async def look(services: "Services") -> "Report | None":
        from frontispiece.looking import look_at_papers

        return await look_at_papers(request, services)

    return illustrate("flows.illustrate:illustrate_papers", request, load_settings(**request.choices), look, verbose)


def illustrate(
    flow: str,
    request: DayRequest | PapersRequest,
    settings: "Settings",
    look: "Callable[[Services], Awaitable[Report | None]]",
    verbose: bool,
) -> int:
    """Run a flow in this process, unless it would have nothing to do, and show how it goes."""
    from deployments.cli.run_terminal import RunStage, print_summary
    from frontispiece.sources.interface import Finite

    with beforehand(settings) as found, RunStage(verbose) as stage:
        if not request.refresh:
            if not isinstance(found.services.source, Finite):
                named = ", ".join(request.ids) if isinstance(request, PapersRequest) else request.day
                stage.asks(settings.source, str(named or "the newest day"))
            stage.report = found.look(look)
        ended = None if stage.report else run_here(flow, request, found, stage)
    if stage.report is not None:
        for problem in stage.report.problems:
            say(problem, sys.stderr)
        print_summary(stage.answers, stage.report)
    return exit_after(*ended) if ended else Exit.DONE
