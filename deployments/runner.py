"""The process below `frontispiece serve` that registers the deployments and starts their runs, until SIGTERM."""

import asyncio
import signal
import sys
from typing import Final

from prefect.runner import Runner

from deployments.deploy import account, build_all, install_alarm
from deployments.exit_codes import Exit, exit_of
from deployments.output import lenient_output, say
from deployments.server import asking_server
from flows.reconcile import close_orphans, said
from frontispiece.errors import FrontispieceError
from frontispiece.settings import Settings, load_settings

RUNS_AT_ONCE: Final = 4
RESET: Final = "--reset"


async def run(settings: Settings, ui: str, *, reset: bool = False) -> None:
    """Tidy up, register everything, say so, and start what is due."""
    if orphans := await close_orphans():
        say(said(orphans))
    runner = Runner(name="frontispiece", pause_on_shutdown=False, limit=RUNS_AT_ONCE)
    registered = build_all(settings, reset=reset)
    for deployment in registered:
        await runner.aadd_deployment(deployment)
    alarm = await install_alarm(settings, reset=reset)
    say(f"Frontispiece is served at {ui}")
    for line in (*account(registered), *alarm):
        say(f"  {line}")
    say("Ctrl-C ends it; the schedules stay.", flush=True)
    await _until_stopped(runner)


async def _until_stopped(runner: Runner) -> None:
    running = asyncio.create_task(runner.start())
    await asyncio.sleep(0)  # it sets a handler of its own at once, which would block the loop that it waits for
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if runner.started:
        await runner.astop()
    elif not running.done():
        running.cancel()
    await running


def main() -> int:
    """Run until told to stop; gives the exit code."""
    try:
        with lenient_output(), asking_server():
            asyncio.run(run(load_settings(), sys.argv[1], reset=RESET in sys.argv[2:]))
    except FrontispieceError as error:
        say(f"frontispiece: {error}", sys.stderr)
        return exit_of(error)
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
