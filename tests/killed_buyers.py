"""Eight programs that spend from one purse, and are killed at random. No pytest in here.

`python killed_buyers.py FOLDER SEED` writes what was paid into FOLDER/bill, and a dot for each that was killed into
FOLDER/killed. Whoever is killed is followed by another, until all have found the purse empty.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from itertools import count
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path

from helpers.mortal import Fuse, Mortal

from frontispiece.archive.store import Archive
from frontispiece.errors import BudgetReached
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.ledger import Ledger

ACCOUNT = "a1b2"
LIMIT, DEAREST = 1.0, 0.02
BUYERS, KEYS, MOST_STEPS = 8, 12, 60


class Fatal(Fuse):
    """Ends the process, without any clean-up, at its n-th step."""

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def buy(folder: Path, rng: random.Random) -> None:
    """Buy until there is no money left."""
    fuse = Fatal(rng.randrange(MOST_STEPS))
    ledger = Ledger(Mortal(Archive.open(str(folder / "archive")), fuse), ACCOUNT)
    budget = Budget(LIMIT, ledger, await ledger.read())
    bill = os.open(folder / "bill", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def call(dollars: float) -> float:
        os.write(bill, f"{dollars}\n".encode())
        fuse.burn()
        return dollars

    while True:
        expected = rng.uniform(DEAREST / 4, DEAREST)
        real = expected * rng.uniform(0.5, 1)
        try:
            async with budget.purchase(f"{rng.randrange(KEYS):016x}", expected) as purchase:
                await purchase.delivered(await purchase.make(lambda real=real: call(real)))
        except BudgetReached:
            return


def live(folder: Path, seed: int) -> None:
    """A buyer in a process of its own."""
    asyncio.run(buy(folder, random.Random(seed)))


def main(folder: Path, seed: int) -> None:
    (folder / "archive").mkdir()
    fork = multiprocessing.get_context("fork")  # what is imported is imported once
    seeds, buyers = count(1000 * seed), dict[int, ForkProcess]()
    with (folder / "killed").open("w") as killed:
        starting = BUYERS
        while starting or buyers:
            for _ in range(starting):
                buyer = fork.Process(target=live, args=(folder, next(seeds)))
                buyer.start()
                buyers[buyer.sentinel] = buyer
            ended = [buyers.pop(sentinel) for sentinel in wait(buyers)]
            for buyer in ended:
                buyer.join()
            starting = sum(buyer.exitcode == -signal.SIGKILL for buyer in ended)
            killed.write("." * starting)
            assert {buyer.exitcode for buyer in ended} <= {0, -signal.SIGKILL}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
