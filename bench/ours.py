"""The job by Frontispiece, as its commands do it: `python bench/ours.py DAY` as `frontispiece run`, `FIRST..LAST` as
`frontispiece backfill`. Set up by the environment."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable
from datetime import date
from pathlib import Path
from typing import cast

from deployments.ending import loading
from deployments.server import start_server, use_own_server

use_own_server(os.environ, Path("data/prefect"))  # as the command does, before Prefect is imported
wait_for_server = start_server(os.environ)

with loading():
    from job import pictures, report
    from prefect.client.schemas.objects import State

    from deployments.cli.backfill_terminal import BackfillStage
    from deployments.cli.run_terminal import RunStage
    from deployments.cli.terminal import Stage
    from flows.backfill import backfill
    from flows.illustrate import illustrate_day
    from flows.listener import surrounded


async def illustrate(days: str) -> State[State[None]]:
    # Prefect's types forget that an async flow must be awaited for its state, too.
    work = (
        backfill(days=days, return_state=True)
        if ".." in days
        else illustrate_day(date.fromisoformat(days), return_state=True)
    )
    return await cast("Awaitable[State[State[None]]]", work)


def main() -> None:
    days = sys.argv[1]
    wait_for_server()
    began, cpu = time.monotonic(), time.process_time()
    stage: Stage = BackfillStage(verbose=False) if ".." in days else RunStage()
    with stage, surrounded(listener=stage):
        stage.begin()
        state = asyncio.run(illustrate(days))
    assert state.is_completed(), state
    report(pictures(Path(os.environ["FRONTISPIECE_ARCHIVE"])), time.monotonic() - began, time.process_time() - cpu)


if __name__ == "__main__":
    main()
