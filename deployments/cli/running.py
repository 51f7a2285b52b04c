"""Runs a flow in this process, for a command that has found work to do; and what its end comes to.

One event loop and, where all keys are known, one set of services see to all of it: the look before the run, in which
nothing of Prefect is imported, and the run.
"""

import asyncio
import atexit
import os
import pkgutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from deployments.ending import hurried_when_told_again, loading, nothing_begun
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import ArchiveError, BadInput, FrontispieceError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from deployments.cli.terminal import Stage
    from frontispiece.request import Request
    from frontispiece.services import Services
    from frontispiece.settings import Settings

PREFECT_HOME: Final = Path("data/prefect")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beforehand:
    """What a command has before it knows whether there is anything to do."""

    runner: asyncio.Runner
    services: "Services"
    opened: "Services | None"
    """The same, for the run to go on with; not so where the server's Secret blocks have keys."""

    def look(self, look: Callable[["Services"], Awaitable[T]]) -> T | None:
        """What is found; None as well where that cannot be told: then a run tries, more than once, and says why.

        Raises BadInput and ArchiveError.
        """

        async def looked() -> T:
            return await look(self.services)

        try:
            with nothing_begun():
                return self.runner.run(looked())
        except (BadInput, ArchiveError):
            raise
        except Exception:
            return None


@contextmanager
def beforehand(settings: "Settings", *, dry_run: bool = False) -> "Iterator[Beforehand]":
    """The services as the run will have them, to find out what is wrong and what is to be done. Raises BadInput.

    Keys in Secret blocks are taken on trust: the server that has them is not asked yet.
    """
    from deployments.server import check_address
    from frontispiece.archive.presence import for_dry_run
    from frontispiece.services import ignores_style, open_services

    if settings.style != type(settings).model_fields["style"].default and ignores_style(settings):
        say(f"The writer {settings.writer} has no use for a style: {settings.style} changes nothing.", sys.stderr)
    check_address(os.environ.get("PREFECT_API_URL"))
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        if dry_run:
            settings = runner.run(for_dry_run(settings))
        opened = AsyncExitStack()
        stack.callback(lambda: runner.run(opened.aclose()))
        services = runner.run(opened.enter_async_context(open_services(settings.with_keys_to_come(), to_write=False)))
        yield Beforehand(runner, services, None if settings.keys_in_blocks else services)


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


def with_key(settings: "Settings", key: str) -> "Settings":
    """The settings with this key, also where a Secret block of the server has it. Raises BadInput, ServerOutOfReach."""
    if key not in settings.keys_in_blocks:
        return settings
    wait_for_server = start_server()
    from deployments.server import asking_server
    from flows.secret_blocks import with_secrets

    wait_for_server()
    with asking_server():
        return asyncio.run(with_secrets(settings, key))


def run_here(
    flow: str, request: "Request", found: Beforehand, stage: "Stage", *, dry_run: bool = False
) -> "tuple[State[Any], BaseException | None]":
    """The final state of a run of the flow that stands there, and the error that ended it, where one did.

    Raises BadInput for an archive that cannot be written; KeyboardInterrupt, for SIGTERM as well.
    """
    if not dry_run:
        found.runner.run(found.services.archive.check_writable())
    wait_for_server = start_server(dry_run=dry_run)
    stage.begin()
    with loading():
        from prefect import tags
        from prefect.exceptions import TerminationSignal

        from deployments.changes import TAG
        from deployments.server import asking_server
        from flows.listener import surrounded

        run = pkgutil.resolve_name(flow)  # which takes as long as the server takes to start

    async def ended() -> "tuple[State[Any], BaseException | None]":
        here = surrounded(listener=stage, opened=found.opened, is_command=True)
        with tags(TAG), here, hurried_when_told_again():
            state: State[Any] = await run(**request.values, return_state=True)
        # A flow that judges itself and returns Failed has no error to show.
        has_gone_wrong = state.is_final() and not state.is_completed()
        return state, await state.aresult(raise_on_failure=False) if has_gone_wrong else None

    try:
        wait_for_server()
        with asking_server():
            return found.runner.run(ended())
    except (TerminationSignal, asyncio.CancelledError):
        raise KeyboardInterrupt from None


def exit_after(state: "State[Any]", error: BaseException | None) -> Exit:
    """What the end of a run comes to: its state decides. Raises an error of ours, and says another in one line.

    Raises KeyboardInterrupt for one that was cancelled.
    """
    from flows.verdict import has_left_work

    if state.is_cancelled():
        raise KeyboardInterrupt
    if isinstance(error, FrontispieceError):
        raise error
    if error is not None:
        say(f"frontispiece: {state.message}", sys.stderr)
    if state.is_completed():
        return Exit.BUDGET_REACHED if has_left_work(state) else Exit.DONE
    return Exit.FAILED
