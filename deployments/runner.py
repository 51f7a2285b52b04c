"""The process below `frontispiece serve` that registers the deployments and starts their runs, until SIGTERM."""

import asyncio
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
)
from prefect.runner import Runner

from deployments.alarms import install_automations
from deployments.deploy import account, build_all
from deployments.exit_codes import Exit, exit_of
from deployments.notice import named_here
from deployments.output import lenient_output, say
from deployments.server import asking_server
from flows.bundles import SERVED_AT_ONCE
from flows.reconcile import close_orphans, said
from frontispiece.addresses import shown
from frontispiece.errors import FrontispieceError
from frontispiece.settings import Settings, load_settings

SCHEDULED_WITHIN: Final = 15.0
LOOKS_APART: Final = 0.3
RESET: Final = "--reset"


async def run(settings: Settings, ui: str, *, reset: bool = False) -> None:
    """Tidy up, register everything, start what is due, and say so as soon as runs can be made."""
    if orphans := await close_orphans():
        say(said(orphans))
    runner = Runner(name="frontispiece", pause_on_shutdown=False, limit=SERVED_AT_ONCE)
    registered = build_all(settings, _today(), reset=reset)
    ids = [await runner.aadd_deployment(deployment) for deployment in registered]
    changed = await install_automations(settings, reset=reset)

    async def go_on() -> None:
        await until_scheduled(ids)
        say(f"Frontispiece is served at {ui}")
        for line in (*account(registered), *changed):
            say(f"  {line}")
        say(f"From another terminal: {order()}")
        say("Ctrl-C ends it; the schedules stay.", flush=True)
        while True:
            await asyncio.sleep(seconds_to_midnight(datetime.now(UTC)))
            await renew_forms(ids, settings)

    await _until_stopped(runner, go_on)


def _today() -> date:
    return datetime.now(UTC).date()


async def until_scheduled(deployments: Sequence[UUID]) -> None:
    """Return when the server has made the runs of their schedules, of which it hears within five seconds.

    SQLite takes one writer at a time: meanwhile the server would answer 503 to whoever wants a run.
    """
    async with get_client() as client:
        there = [await client.read_deployment(each) for each in deployments]
        waiting = {each.id for each in there if not each.paused and any(one.active for one in each.schedules)}
        deadline = time.monotonic() + SCHEDULED_WITHIN
        while waiting and time.monotonic() < deadline:
            made = await client.read_flow_runs(
                deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(waiting))),
                flow_run_filter=FlowRunFilter(
                    expected_start_time=FlowRunFilterExpectedStartTime(after_=datetime.now(UTC))
                ),
            )
            waiting -= {run.deployment_id for run in made if run.auto_scheduled}
            await asyncio.sleep(LOOKS_APART)


def order() -> str:
    """The line that has a run made from another terminal: in this folder, Prefect is told of a server of our own."""
    api, prefect = os.environ["PREFECT_API_URL"], Path(sys.executable).with_name("prefect")
    command = prefect.relative_to(Path.cwd()) if prefect.is_relative_to(Path.cwd()) else prefect
    place = "" if named_here(Path.cwd()) == api else f"PREFECT_API_URL={shlex.quote(shown(api))} "
    return f"{place}{shlex.quote(str(command))} deployment run daily/daily --param day=2024-10-31"


def seconds_to_midnight(now: datetime) -> float:
    """Until half a minute after it (UTC): a change of a deployment has its scheduled runs made anew, so none is due."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return (tomorrow - now).total_seconds() + 30


async def renew_forms(deployments: Sequence[UUID], settings: Settings) -> None:
    """Have the forms take today as well; a server that is away now has the next one."""
    try:
        with asking_server():
            async with get_client() as client:
                for known, new in zip(deployments, build_all(settings, _today()), strict=True):
                    await client.update_deployment(known, DeploymentUpdate(parameter_openapi_schema=new.form))
    except FrontispieceError as error:
        say(f"The forms still end with yesterday: {error}", flush=True)


async def _until_stopped(runner: Runner, beside: Callable[[], Coroutine[Any, Any, None]]) -> None:
    running = asyncio.create_task(runner.start())
    await asyncio.sleep(0)  # it sets a handler of its own at once, which would block the loop that it waits for
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    others = [asyncio.create_task(stop.wait()), asyncio.create_task(beside())]
    await asyncio.wait({running, *others}, return_when=asyncio.FIRST_COMPLETED)
    for each in others:
        each.cancel()
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
