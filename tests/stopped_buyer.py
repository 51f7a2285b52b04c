"""A program that waits in the throttle with its paid calls announced, to be stopped there. No pytest in here.

`python stopped_buyer.py ARCHIVE URL` says `waiting` when all its calls wait, and makes them when it reads a line.
"""

import asyncio
import sys

from frontispiece.archive.store import Archive
from frontispiece.models import Value
from frontispiece.providers.http import Http
from frontispiece.providers.throttle import Throttle
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.job import PaidJob
from frontispiece.purchases.journal import Journal

KEYS = tuple(f"{number:032x}" for number in range(4))
LEASE_SECONDS = 0.3


class Record(Value):
    answer: str
    dollars: float | None = 0.25


class Post(PaidJob[Record]):
    """One POST that costs money."""

    what = "a call by the shop"
    record = Record
    price = 0.25

    def __init__(self, key: str, http: Http, url: str, throttle: Throttle, budget: Budget) -> None:
        self.key, self.budget = key, budget
        self._http, self._url, self._throttle = http, url, throttle

    async def submit(self) -> Record:
        await self._throttle.pass_through()
        return Record(answer=(await self._http.post_json(self._url, {"key": self.key})).body.decode())

    async def keep(self, answer: Record) -> Record:
        return answer


async def buy(archive: Archive, url: str, throttle: Throttle, budget: Budget) -> list[bool]:
    """Which of the calls were bought by this program."""

    async def nap(seconds: float) -> None:
        await (asyncio.sleep(0) if seconds == 1.0 else asyncio.Event().wait())  # polls pass, nobody renews

    journal, http = Journal(archive, lease_seconds=LEASE_SECONDS, sleep=nap), Http()
    try:
        jobs = [Post(key, http, url, throttle, budget) for key in KEYS]
        return [settled.bought for settled in await asyncio.gather(*map(journal.settle, jobs))]
    finally:
        await http.close()


async def main(place: str, url: str) -> None:
    now, waiting, told = [0.0], 0, asyncio.Event()

    async def until_told(_: float) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == len(KEYS):
            print("waiting", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            now[0] = 1e6
            told.set()
        await told.wait()

    throttle = Throttle(lambda *_: None, clock=lambda: now[0], sleep=until_told)
    throttle.close_for(60, "the shop is closed")
    budget = Budget()
    print(await buy(Archive.open(place), url, throttle, budget), budget.committed, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
