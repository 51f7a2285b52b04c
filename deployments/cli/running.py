"""Runs a flow in this process, for a command: what is looked at before, and what its end comes to."""

import asyncio
import atexit
import os
import pkgutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import FrontispieceError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from frontispiece.request import Request
    from frontispiece.services import Services
    from frontispiece.settings import Settings

PREFECT_HOME: Final = Path("data/prefect")


@asynccontextmanager
async def services_beforehand(settings: "Settings", *, dry_run: bool = False) -> "AsyncIterator[Services]":
    """The services as the run will have them, to find out what is wrong before a server is started. Raises BadInput.

    Keys in Secret blocks are taken on trust: the server that has them is not asked yet.
    """
    from deployments.server import check_address
    from frontispiece.archive.presence import for_dry_run
    from frontispiece.services import open_services

    check_address(os.environ.get("PREFECT_API_URL"))
    if dry_run:
        settings = await for_dry_run(settings)
    async with open_services(settings.with_keys_to_come()) as services:
        yield services


def start_server(*, dry_run: bool = False) -> Callable[[], None]:
    """Start the Prefect server of this command, where nobody has named one; gives what waits until it answers.

    The database of a dry run goes with it, where there is none yet.
    """
    from deployments.server import start_server, use_own_server
    from frontispiece.scratch import Scratch

    home = PREFECT_HOME
    if dry_run and not home.exists():
        scratch = Scratch()
        atexit.register(lambda: scratch.close())  # which keeps it until then
        home = scratch.path
    use_own_server(os.environ, home)
    return start_server(os.environ)


def run_here(
    flow: str, request: "Request", wait_for_server: Callable[[], None]
) -> "tuple[State[Any], BaseException | None]":
    """The final state of a run of the flow that stands there, and the error that ended it, where one did.

    Raises KeyboardInterrupt, for SIGTERM as well.
    """
    from prefect import tags
    from prefect.exceptions import TerminationSignal

    from deployments.changes import TAG
    from deployments.server import asking_server

    async def ended() -> "State[Any]":
        with tags(TAG):
            state: State[Any] = await run(**request.values, return_state=True)
        return state

    try:
        run = pkgutil.resolve_name(flow)  # which takes as long as the server takes to start
        wait_for_server()
        with asking_server():
            state = asyncio.run(ended())
        # A flow that judges itself and returns Failed has no error to show.
        has_gone_wrong = state.is_final() and not state.is_completed()
        return state, asyncio.run(state.aresult(raise_on_failure=False)) if has_gone_wrong else None
    except (TerminationSignal, asyncio.CancelledError):
        raise KeyboardInterrupt from None


def exit_after(state: "State[Any]", error: BaseException | None) -> Exit:
    """What the end of a run comes to: its state decides. Raises an error of ours, and says another in one line."""
    from flows.verdict import has_left_work

    if isinstance(error, FrontispieceError):
        raise error
    if error is not None:
        say(f"frontispiece: {state.message}", sys.stderr)
    if state.is_completed():
        return Exit.BUDGET_REACHED if has_left_work(state) else Exit.DONE
    return Exit.INTERRUPTED if state.is_cancelled() else Exit.FAILED
