"""The job by Frontispiece, as `frontispiece run` does it. `python bench/ours.py DAY`, set up by the environment."""

import asyncio
import os
import sys
import time
from datetime import date
from pathlib import Path

from deployments.server import start_server, use_own_server

use_own_server(os.environ, Path("data/prefect"))  # as the command does, before Prefect is imported
wait_for_server = start_server(os.environ)

from job import report  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402

from deployments.cli.run_terminal import RunStage  # noqa: E402
from flows.illustrate import illustrate_day  # noqa: E402
from flows.listener import surrounded  # noqa: E402


async def illustrate(day: date) -> State[State[None]]:
    return await illustrate_day(day, return_state=True)


def main() -> None:
    wait_for_server()
    began, cpu = time.monotonic(), time.process_time()
    with RunStage() as stage, surrounded(listener=stage):
        stage.begin()
        state = asyncio.run(illustrate(date.fromisoformat(sys.argv[1])))
    assert state.is_completed(), state
    assert stage.report is not None
    report(stage.report.pictures, time.monotonic() - began, time.process_time() - cpu)


if __name__ == "__main__":
    main()
