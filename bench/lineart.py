"""Line art on one core and on two: `python bench/lineart.py [--quick]`.

The painter itself, with its worker processes, in a process that may use so many cores. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, date, datetime

from frontispiece.lineart.drawing import draw
from frontispiece.lineart.plan import plan_scene
from frontispiece.models import Listing, Paper
from frontispiece.painters.lineart import LineArt
from frontispiece.settings import load_settings
from frontispiece.writers.template import Template

DAY = date(2024, 1, 1)


def papers(count: int) -> list[Paper]:
    listing = Listing(source="bench", day=DAY, rank=0, seen_at=datetime(2024, 1, 1, tzinfo=UTC))
    return [
        Paper(id=f"2401.{number:05}", title=f"On Drawing Number {number}", abstract="Ink.", listing=listing)
        for number in range(count)
    ]


async def paint(count: int) -> float:
    """Seconds for so many pictures; the start of the workers is not counted."""
    settings = load_settings(paintings_at_once=8)
    painter, writer = LineArt(settings), Template(settings)
    pairs = [(paper, await writer.write(paper)) for paper in papers(count)]
    await asyncio.gather(*(painter.submit(*pair) for pair in pairs[:4]))
    began = time.perf_counter()
    await asyncio.gather(*(painter.submit(*pair) for pair in pairs))
    seconds = time.perf_counter() - began
    await painter.close()
    return seconds


def cpu_of_one(count: int = 20) -> float:
    """Milliseconds of CPU for one picture."""
    plans = [plan_scene(paper, paper.title) for paper in papers(count + 2)]
    began = time.process_time()
    for number, plan in enumerate(plans):
        if number == 2:
            began = time.process_time()
        draw(plan, number)
    return 1000 * (time.process_time() - began) / count


def on_cores(cores: int, count: int) -> float:
    """Seconds for so many pictures in a new process that may use so many cores."""
    command = [sys.executable, __file__, "--cores", str(cores), "--count", str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 this very file
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 pictures, one round")
    parser.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
        print(asyncio.run(paint(asked.count)))
        return
    count, rounds = (20, 1) if asked.quick else (100, 3)
    turns = [(on_cores(1, count), on_cores(2, count)) for _ in range(rounds)]
    one, two = (statistics.median(side) for side in zip(*turns, strict=True))
    found = {"one core": round(one, 2), "two cores": round(two, 2), "ratio": round(one / two, 2)}
    print(json.dumps({"bench": "lineart", "pictures": count, **found, "ms a picture": round(cpu_of_one(), 1)}))


if __name__ == "__main__":
    main()
