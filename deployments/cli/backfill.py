"""The commands about stretches of days: backfill and status."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from deployments.cli.running import exit_after, run_here, studio_beforehand
from deployments.exit_codes import Exit
from deployments.server import start_server, use_own_server
from frontispiece.addresses import shown
from frontispiece.errors import BadInput
from frontispiece.painters import PainterName
from frontispiece.sources import SourceName
from frontispiece.writers import WriterName

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

# As flows.choose.Only and flows.backfill.Order have them; importing those would load Prefect for a mere --help.
ONLY, ORDER = ("missing", "failed", "stale", "all"), ("newest", "oldest")


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands; the options of each name their `handle`."""
    backfill = commands.add_parser(
        "backfill",
        help="illustrate a stretch of days: quoted first, capped, resumable",
        description="Illustrate a stretch of days. The plan and its price are shown first; the same command goes on "
        "where an earlier one stopped.",
    )
    backfill.set_defaults(handle=run_backfill)
    backfill.add_argument("days", nargs="+", metavar="DAYS", help="2024-10-01..2024-10-31, 2024-10, or last 30 days")
    backfill.add_argument("--source", choices=get_args(SourceName), help="where the lists come from")
    backfill.add_argument("--min-upvotes", type=int, metavar="N", help="skip papers with fewer votes")
    backfill.add_argument("--categories", type=_names, metavar="C,C", help="only these arXiv categories")
    backfill.add_argument("--writer", choices=get_args(WriterName), help="who writes the prompts")
    backfill.add_argument("--painter", choices=get_args(PainterName), help="who paints them")
    backfill.add_argument("--only", choices=ONLY, default="missing", help="which papers; stale: made by another recipe")
    backfill.add_argument("--order", choices=ORDER, default="newest", help="which day comes first")
    backfill.add_argument("--days-at-once", type=int, default=2, metavar="N", help="days side by side (2)")
    backfill.add_argument("--papers-at-once", type=int, metavar="N", help="papers side by side, over all days")
    backfill.add_argument("--max-usd", type=float, metavar="DOLLARS", help="spend no more than this, restarts included")
    backfill.add_argument("--batch", action="store_true", help="order prompts in batches: half the price, in 24 hours")
    backfill.add_argument("--batch-hours", type=float, metavar="H", help="wait so long for them (24); 0: run it again")
    backfill.add_argument("--allow-unknown-price", action="store_true", help="run although the price is unknown")
    backfill.add_argument("--dry-run", action="store_true", help="only show the plan and its price")
    backfill.add_argument("--yes", action="store_true", help="run more than ten years")
    backfill.add_argument("-v", "--verbose", action="store_true", help="print the whole log")

    status = commands.add_parser(
        "status", help="the calendar: how days stand", description="Show how each day of a range stands."
    )
    status.set_defaults(handle=show_status)
    status.add_argument("days", nargs="*", metavar="DAYS", help="as for backfill; without it the last 30 days")
    status.add_argument("--source", choices=get_args(SourceName), help="where the lists come from")
    status.add_argument("--writer", choices=get_args(WriterName), help="who writes the prompts")
    status.add_argument("--painter", choices=get_args(PainterName), help="who paints them")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def run_backfill(options: argparse.Namespace) -> int:
    """Run the flow in this process, and show how it goes."""
    options.days = " ".join(options.days)
    asyncio.run(check_before(options))
    use_own_server(os.environ, Path("data/prefect"))
    wait_for_server = start_server(os.environ)
    from rich.console import Console

    from deployments.cli.backfill_terminal import StretchStage
    from flows.audience import audience
    from flows.onlookers import onlooker

    with StretchStage(Console(), Console(stderr=True), options.verbose) as stage:
        audience.set(stage)
        onlooker.set(stage)
        state, error = run_here(lambda: flow_run(options, wait_for_server))
    if error is None:
        print(f"{state.name}: {state.message}")
    return exit_after(state, error)


async def check_before(options: argparse.Namespace) -> None:
    """Find out what is wrong with the input before a server is started. Raises BadInput."""
    from frontispiece.dates import check_days, parse_days
    from frontispiece.purchases.prompts import batches_of
    from frontispiece.settings import load_settings
    from frontispiece.writers import open_writer

    names = ("source", "writer", "painter", "min_upvotes", "categories", "max_usd")
    settings = load_settings(
        **{name: getattr(options, name) for name in names},
        prompts_at_once=options.papers_at_once,
        paintings_at_once=options.papers_at_once,
    )
    if not 1 <= options.days_at_once <= 8:
        raise BadInput("--days-at-once is from 1 to 8.")
    if options.papers_at_once is not None and options.papers_at_once > 64:
        raise BadInput("--papers-at-once is from 1 to 64.")
    if options.batch_hours is not None and not 0 <= options.batch_hours <= 48:
        raise BadInput("--batch-hours is from 0 to 48.")
    check_days(parse_days(options.days, datetime.now(UTC).date()), settings.source, confirmed=options.yes)
    if options.batch:
        writer = open_writer(settings.writer, settings.with_keys_to_come())
        try:
            batches_of(writer)
        finally:
            await writer.close()
    async with studio_beforehand(settings):
        pass


def flow_run(options: argparse.Namespace, wait_for_server: Callable[[], None]) -> "Awaitable[State[State[None]]]":
    """Gives the final state of the run."""
    from flows.backfill import backfill

    wait_for_server()
    unknown = {"command", "handle", "verbose"}
    return backfill(**{name: value for name, value in vars(options).items() if name not in unknown}, return_state=True)


def ui_address(environment: Mapping[str, str], port: int) -> str:
    """Where Prefect's UI is: as Prefect is told, else where `frontispiece serve` has it."""
    api = environment.get("PREFECT_API_URL", "").rstrip("/").removesuffix("/api")
    return shown(environment.get("PREFECT_UI_URL", "").rstrip("/") or api or f"http://127.0.0.1:{port}")


def show_status(options: argparse.Namespace) -> int:
    """Print the calendar of a range."""
    from rich.console import Console

    from deployments.cli.backfill_terminal import print_calendar
    from frontispiece.archive.calendar import calendar
    from frontispiece.archive.store import Archive
    from frontispiece.dates import parse_days
    from frontispiece.services import recipe_of
    from frontispiece.settings import load_settings

    days = parse_days(" ".join(options.days) or "last 30 days", datetime.now(UTC).date())
    settings = load_settings(source=options.source, writer=options.writer, painter=options.painter)
    look = calendar(Archive.open(settings.archive), days, settings.source, recipe_of(settings).fingerprint)
    print_calendar(Console(), asyncio.run(look), settings.source, ui_address(os.environ, settings.ui_port))
    sys.stdout.flush()
    return Exit.DONE
