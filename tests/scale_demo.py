"""A backfill by one, two and four workers of a team's server, with a worker and half of the server killed on the way.

`python tests/scale_demo.py [DAYS PAPERS WORKERS…]` plays it with what deployments/compose.yaml starts, as processes of
this machine, beside fake providers that take two seconds and count what they are paid: 15, 30 and 60 days of 8
papers, by 1, 2 and 4 workers, so that each has as much to do, and 60 days once more, with kills. It wants Debian's
packages postgresql and redis-server.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fakes.fal import FakeFal
from fakes.openai import FakeOpenAI
from fakes.providers import Providers
from fakes.server import serving
from helpers.bill import books_after_upkeep
from helpers.real_server import until
from helpers.team import Team, team_in
from killed_backfill import FIRST, snapshot

from frontispiece.archive.store import Archive
from frontispiece.text import counted

LATENCY = 2.0
LANES = 1
"""Prompts, and pictures, that each worker has on the way at once: so few that two processors have time to spare."""
PATIENCE = 3
"""Seconds after which a prompt is late."""
OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
MOST_RUNS = 4


@contextmanager
def slow_providers() -> Iterator[Providers]:
    """Fakes of their own for each round."""
    world = Providers(FakeOpenAI(LATENCY), FakeFal(LATENCY))
    with serving(world.app) as url:
        world.url = url
        yield world


@dataclass(frozen=True)
class Round:
    """How long it took, all in all and from its first picture on, and how many processors were busy meanwhile."""

    seconds: float
    painting: float
    busy: float


def play(team: Team, days: int, papers: int, workers: int, *, kills: bool) -> Round:
    """Run a backfill until every picture is there."""
    place = f"s3://papers/by-{workers}{'-killed' if kills else ''}"
    os.environ.update(team.bucket)
    with slow_providers() as world:
        papers_file = snapshot(team.folder / "papers.jsonl", days, papers)
        keys = {name: value for name, value in world.variables.items() if name in ("OPENAI_API_KEY", "FAL_KEY")}
        keys |= {f"FRONTISPIECE_{what}_AT_ONCE": str(LANES) for what in ("PROMPTS", "PAINTINGS")}
        told = {"FRONTISPIECE_SOURCE": "snapshot", "FRONTISPIECE_SNAPSHOT": str(papers_file)}
        told |= {"FRONTISPIECE_OPENAI_SECONDS": str(PATIENCE)}
        team.finish("deploy", **world.variables, **told, FRONTISPIECE_ARCHIVE=place)
        names = [f"worker-{number}" for number in range(workers)]
        for name in names:
            team.start_service("worker", name, **keys)
        until(lambda: len(team.workers()) == workers)
        began, used, runs = time.monotonic(), team.cpu(), 0
        while len(pictures(place)) < days * papers and runs < MOST_RUNS:
            runs += 1
            run = team.server.start("backfill/backfill", days=f"{FIRST}..{FIRST + timedelta(days - 1)}")
            if kills and runs == 1:
                until(lambda: world.fal.paid >= days * papers // 3, 1800)
                kill(team, world, place, until(lambda: next(filter(team.has_run, names), None)), keys)
            until(lambda run=run: team.server.run(run)["state_type"] in OVER, 3600, 0.5)
            if kills:
                print(f"run {runs} of {workers} workers: {team.server.run(run)['state']['message']}", flush=True)
        seconds = time.monotonic() - began
        orders = [job.due - LATENCY for job in world.fal.orders.values()]
        took = Round(seconds, max(orders) - min(orders) + LATENCY, (team.cpu() - used) / seconds)
        for name in names:
            team.kill(name)
        team.forget_workers()
        check(place, world, days, papers)
    return took


def kill(team: Team, world: Providers, place: str, worker: str, keys: dict[str, str]) -> None:
    """A worker with its runs, and the background services; both are started again, as whoever looks after them would.

    OpenAI keeps no list of chat calls: one that is cut off after it was charged can only be made again. So the provider
    stops answering first, until all that it was paid for has arrived; who goes on waits for ten times `PATIENCE`.
    """
    world.openai.faults.always("chat", "never answered")
    until(lambda: not world.openai.faults.at_work["chat"])
    until(lambda: asyncio.run(prompts_delivered(place)) == world.openai.paid)
    team.kill(worker)
    team.kill("services")
    world.openai.faults.always("chat", None)
    print(f"\nkilled: {worker} and the background services, after {world.fal.paid} pictures", flush=True)
    team.start_service("services")
    team.start_service("worker", worker, **keys)


async def prompts_delivered(place: str) -> int:
    """Paid prompts in the journal."""
    archive, calls = Archive.open(place), defaultdict(list)
    for entry in await archive.list("journal/"):
        calls[entry.path.rpartition("/")[0]].append(json.loads(await archive.get(entry.path) or b"{}"))
    prompts = [entries for entries in calls.values() if entries[0].get("what", "").startswith("prompt")]
    return sum(any(each.get("kind") == "done" for each in entries) for entries in prompts)


def pictures(place: str) -> list[str]:
    """Those in the archive."""
    return [each.path for each in asyncio.run(Archive.open(place).list("pictures/"))]


def check(place: str, world: Providers, days: int, papers: int) -> None:
    """Every day is done, and nothing was bought twice: the providers' bill is what the archive says it paid."""
    there = pictures(place)
    assert len(there) == days * papers, f"{len(there)} of {days * papers} pictures"
    assert len({path.split("/")[1] for path in there}) == days
    assert world.paid == (days * papers,) * 2, f"{world.paid} bought for {days * papers} papers"
    said = asyncio.run(books_after_upkeep(place))
    assert said.agree_with(world.dollars), f"the bill is {world.dollars}, and stats says {said}"


def main(days: int, papers: int, counts: list[int]) -> None:
    """Play it with so many workers, the last ones with all days and once more with kills; print how fast each was."""
    at_once = counted(LANES, "prompt")
    print(f"{papers} papers a day, providers at {LATENCY:g} s. At once each worker has {at_once} on the")
    print("way, and as many pictures. Pictures a minute from the first order to the last picture.\n")
    print("workers  days  pictures a minute  times  seconds of the whole run  processors busy")
    at_first = 0.0
    with tempfile.TemporaryDirectory(prefix="frontispiece-team-") as place, team_in(Path(place)) as team:
        for workers in counts:
            share = days * workers // counts[-1]
            took = play(team, share, papers, workers, kills=False)
            rate = 60 * share * papers / took.painting
            at_first = at_first or rate
            said = f"{workers:7}  {share:4}  {rate:17.1f}  {rate / at_first:5.2f}"
            print(f"{said}  {took.seconds:24.0f}  {took.busy:15.2f}", flush=True)
        killed = play(team, days, papers, counts[-1], kills=True)
    total = days * papers
    print(f"\nKilled on the way: {total} of {total} pictures after {killed.seconds:.0f} seconds, each bought once.")


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]] or [60, 8, 1, 2, 4]
    main(numbers[0], numbers[1], numbers[2:] or [1])
