"""The job by Frontispiece, asked of `frontispiece serve` as Prefect's UI asks it: `python bench/served.py FIRST..LAST`.

Set up by the environment. The time is that of the backfill's run, the CPU that of all processes below `serve`.
"""

import asyncio
import os
import resource
import subprocess
import sys
from pathlib import Path

from helpers.real_server import until
from job import pictures, report
from measuring import python
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment

LOG = Path("serve.log")


async def backfill(days: str) -> FlowRun:
    run = await run_deployment("backfill/backfill", parameters={"days": days}, poll_interval=0.5, as_subflow=False)
    assert isinstance(run, FlowRun)
    return run


def main() -> None:
    with LOG.open("wb") as log:
        serve = subprocess.Popen(python("-m", "deployments.cli", "serve"), stdout=log, stderr=log)  # noqa: S603
    until(lambda: "Ctrl-C" in LOG.read_text() or serve.poll() is not None)
    assert serve.poll() is None, LOG.read_text()
    run = asyncio.run(backfill(sys.argv[1]))
    serve.terminate()
    serve.wait()
    assert run.state is not None, run
    assert run.state.is_completed(), run.state
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = pictures(Path(os.environ["FRONTISPIECE_ARCHIVE"]))
    report(made, run.total_run_time.total_seconds(), used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main()
