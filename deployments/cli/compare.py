"""The command that has recipes compared."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from deployments.cli.gallery import publish_into
from deployments.cli.options import Verbose, asks
from deployments.cli.running import Beforehand, beforehand, exit_after, run_here
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.request import CompareRequest
from frontispiece.text import counted

if TYPE_CHECKING:
    from frontispiece.comparing import Quote, Rival
    from frontispiece.services import Services


@asks(CompareRequest)
def compare(
    request: CompareRequest,
    *,
    dry_run: Annotated[bool, Parameter(help="Only show what would be made, and its price.")] = False,
    verbose: Verbose = False,
) -> int:
    """Make the same papers by several recipes, and a page that shows them blind and takes votes.

    What it costs is said first; what a recipe has made before is taken from the archive.
    """
    from deployments.cli.compare_terminal import CompareStage, print_quote
    from flows.inputs import check_day
    from frontispiece.comparing import rivals_of

    rivals = rivals_of(request)
    check_day(request.day, rivals[0].settings.source)
    with beforehand(rivals[0].settings, dry_run=dry_run) as found, CompareStage(verbose) as stage:
        asked = found.runner.run(_look(request, rivals, found.services))
        for problem in found.services.catalog.problems:
            say(problem, sys.stderr)
        print_quote(stage.answers, asked)
        if dry_run:
            stage.answers.print(f"Dry run: {asked.headline}.", highlight=False)
            return Exit.DONE
        ended = run_here("flows.compare:compare", request, found, stage) if asked.to_do else None
        stage.bar.stop()
        stage.print_summary(asked)
        if ended is not None and ended[0].is_cancelled():
            return exit_after(*ended)
        found.runner.run(_show(asked, found))
    if ended is not None:
        state, error = ended
        if error is None:
            say(f"{state.name}: {state.message}")
        return exit_after(state, error)
    if asked.left:
        say(f"{counted(asked.left, 'paper is', 'papers are')} left at the limit in dollars; a higher one goes on.")
        return Exit.BUDGET_REACHED
    say("Nothing is left to make.")
    return Exit.DONE


async def _look(request: CompareRequest, rivals: "tuple[Rival, ...]", services: "Services") -> "Quote":
    from flows.inputs import day_meant
    from frontispiece.comparing import look_at_comparison
    from frontispiece.looking import read_list

    day = await day_meant(request.day, services)
    return await look_at_comparison(day, await read_list(day, services), request, rivals, services)


async def _show(asked: "Quote", found: Beforehand) -> None:
    """Write the page, and the gallery beside it, which has its style."""
    from frontispiece.comparing import write_comparison

    archive = found.services.archive
    path, papers = await write_comparison(asked, found.services)
    if not path:
        say("No paper has pictures by two recipes yet, so there is no page.", sys.stderr)
        return
    _, problems = await publish_into(archive)
    for problem in problems:
        say(problem, sys.stderr)
    say(f"{counted(papers, 'paper')} to compare: {archive.where(path)}")
