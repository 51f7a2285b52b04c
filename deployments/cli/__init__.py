"""The command `frontispiece`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

from deployments.cli import backfill as stretch
from deployments.cli import gallery as showing
from deployments.cli.maintenance import add_commands
from deployments.cli.running import exit_after, run_here, studio_beforehand
from deployments.exit_codes import Exit, exit_of
from deployments.server import start_server, use_own_server
from frontispiece.errors import BadInput, FrontispieceError
from frontispiece.painters import PainterName
from frontispiece.sources import SourceName
from frontispiece.writers import WriterName

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


class Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise BadInput(f"{message} (see {self.prog} --help)")


def parser() -> Parser:
    """The commands and their options."""
    top = Parser(
        prog="frontispiece",
        description="Gives every research paper a picture.",
        epilog="exit codes:\n" + "\n".join(f"  {code.value:>3}  {code.meaning}" for code in Exit),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", dest="command", required=True, parser_class=Parser)

    run = commands.add_parser("run", help="illustrate the papers of a day", description="Illustrate a day's papers.")
    run.add_argument("day", nargs="?", type=_day, help="YYYY-MM-DD; without it the source's newest day")
    run.add_argument("--source", choices=get_args(SourceName), help="where the list comes from")
    run.add_argument("--min-upvotes", type=_count, metavar="N", help="skip papers with fewer votes")
    run.add_argument("--categories", type=_names, metavar="C,C", help="only these arXiv categories")
    run.add_argument("--limit", type=_count, metavar="N", help="at most so many papers of the list")

    paper = commands.add_parser("paper", help="illustrate single papers", description="Illustrate single papers.")
    paper.add_argument("ids", nargs="+", metavar="ID-OR-URL", help="such as 2410.24175, or a URL of arXiv or HF")

    for command in (run, paper):
        command.add_argument("--writer", choices=get_args(WriterName), help="who writes the prompts")
        command.add_argument("--painter", choices=get_args(PainterName), help="who paints them")
        command.add_argument("--max-usd", type=float, metavar="DOLLARS", help="spend no more than this")
        command.add_argument("--refresh", action="store_true", help="make anew, and pay again, what is archived")
        command.add_argument("-v", "--verbose", action="store_true", help="print the whole log")

    served = "start a Prefect server if there is none, and run the deployments until Ctrl-C"
    serving = commands.add_parser("serve", help=served, description=f"S{served[1:]}.")
    serving.set_defaults(handle=serve)
    deployed = "register the deployments on a work pool of the Prefect server that PREFECT_API_URL names"
    deploying = commands.add_parser("deploy", help=deployed, description=f"R{deployed[1:]}.")
    deploying.set_defaults(handle=deploy)
    for command in (serving, deploying):
        command.add_argument(
            "--reset", action="store_true", help="take back what was changed of the deployments in Prefect's UI"
        )

    commands.add_parser("settings", help="print the settings in force", description="Print the settings in force.")
    stretch.add_commands(commands)
    showing.add_commands(commands)
    add_commands(commands)
    return top


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as YYYY-MM-DD") from None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a count")
    return int(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    try:
        options = parser().parse_args(arguments)
        if options.command == "settings":
            return show_settings()
        if "handle" in options:
            code: int = options.handle(options)
            return code
        return illustrate(options)
    except FrontispieceError as error:
        print(f"frontispiece: {error}", file=sys.stderr)
        return exit_of(error)
    except KeyboardInterrupt:
        print("frontispiece: interrupted; what is done is kept, and the next run goes on from there.", file=sys.stderr)
        return Exit.INTERRUPTED


def show_settings() -> int:
    """Print every setting with its variable, value (secrets masked) and meaning."""
    from rich.console import Console
    from rich.table import Table

    from frontispiece.addresses import shown
    from frontispiece.settings import Settings, load_settings, variable

    settings = load_settings()
    table = Table("setting", "value", "meaning", box=None, header_style="bold")
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        table.add_row(variable(name), ",".join(shown(str(each)) for each in values), field.description)
    Console().print(table)
    return Exit.DONE


def serve(options: argparse.Namespace) -> int:
    """Serve the deployments; ends with Ctrl-C."""
    from deployments import serve as serving
    from frontispiece.settings import load_settings

    settings = load_settings()
    use_own_server(os.environ, Path("data/prefect"))
    return serving.serve(settings, reset=options.reset)


def deploy(options: argparse.Namespace) -> int:
    """Register the deployments on a work pool, and say how to start a worker."""
    from frontispiece.settings import load_settings

    settings = load_settings()
    use_own_server(os.environ, Path("data/prefect"))
    from prefect.settings import PREFECT_API_URL

    from deployments.deploy import deploy

    if PREFECT_API_URL.value() is None:
        raise BadInput("PREFECT_API_URL names no Prefect server; frontispiece serve brings its own.")
    for line in asyncio.run(deploy(settings, reset=options.reset)):
        print(line)
    print(f"Runs start with: prefect worker start --pool {settings.work_pool}")
    return Exit.DONE


def illustrate(options: argparse.Namespace) -> int:
    """Run the flow of `run` or `paper` in this process, and show how it goes."""
    asyncio.run(check_before(options))
    use_own_server(os.environ, Path("data/prefect"))
    wait_for_server = start_server(os.environ)
    from rich.console import Console

    from deployments.cli.terminal import Stage, print_summary
    from flows.audience import audience

    with Stage(Console(stderr=True), options.verbose) as stage:
        audience.set(stage)
        state, error = run_here(lambda: flow_run(options, wait_for_server))
    if stage.report is not None:
        print_summary(Console(), stage.report)
    return exit_after(state, error)


async def check_before(options: argparse.Namespace) -> None:
    """Find out what is wrong with the input before a server is started. Raises BadInput."""
    from flows.inputs import check_day, day_meant
    from frontispiece.settings import load_settings
    from frontispiece.sources.ids import parse_id

    if options.command == "paper":
        for text in options.ids:
            parse_id(text)
    elif options.day is not None:
        check_day(options.day)
    settings = load_settings(**choices(options))
    async with studio_beforehand(settings) as studio:
        if options.command == "run":
            await day_meant(options.day, studio)


def choices(options: argparse.Namespace) -> dict[str, object]:
    """What the command line says about settings."""
    names = ("source", "writer", "painter", "min_upvotes", "categories", "max_usd")
    return {name: getattr(options, name, None) for name in names}


def flow_run(options: argparse.Namespace, wait_for_server: Callable[[], None]) -> "Awaitable[State[State[None]]]":
    """Gives the final state of the run; Prefect's types wrap the state that a flow returns in another."""
    from flows.illustrate import illustrate_day, illustrate_papers

    wait_for_server()
    common = {
        **{"writer": options.writer, "painter": options.painter},
        **{"max_usd": options.max_usd, "refresh": options.refresh},
    }
    if options.command == "paper":
        return illustrate_papers(options.ids, **common, return_state=True)
    return illustrate_day(
        options.day,
        options.source,
        min_upvotes=options.min_upvotes,
        categories=options.categories,
        limit=options.limit,
        **common,
        return_state=True,
    )
