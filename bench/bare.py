"""Prefect alone: three empty tasks a paper, one log line each, and no work at all: what three observed steps cost.

`python bench/bare.py DAY`, set up by the environment.
"""

import asyncio
import os
import time
from pathlib import Path

from job import report
from prefect import flow, get_run_logger, task

from frontispiece.settings import load_settings

SETTINGS = load_settings()


@task
async def step(number: int) -> None:
    get_run_logger().info("Paper %d.", number)


@flow
async def bare(papers: int) -> None:
    lane = asyncio.Semaphore(SETTINGS.prompts_at_once)

    async def paper(number: int) -> None:
        async with lane:
            for _ in range(3):
                await step(number)

    await asyncio.gather(*map(paper, range(papers)))


def main() -> None:
    papers = len(Path(os.environ["FRONTISPIECE_SNAPSHOT"]).read_text().splitlines())
    began, cpu = time.monotonic(), time.process_time()
    asyncio.run(bare(papers))
    report(papers, time.monotonic() - began, time.process_time() - cpu)


if __name__ == "__main__":
    main()
