"""Eight programs that spend from one purse, and are killed at random. No pytest in here.

`python killed_buyers.py FOLDER SEED` writes what was paid into FOLDER/bill, and a dot for each that was killed into
FOLDER/killed. Whoever is killed is followed by another, until all have found the purse empty.
"""

import asyncio
import os
import random
import signal
import sys
from itertools import count
from pathlib import Path

from helpers.mortal import Mortal

from frontispiece.archive.store import Archive
from frontispiece.errors import BudgetReached
from frontispiece.purchases.budget import Budget
from frontispiece.purchases.ledger import Ledger

ACCOUNT = "a1b2"
LIMIT, DEAREST = 1.0, 0.02
BUYERS, KEYS, MOST_STEPS = 8, 12, 60


class Fatal:
    """Ends the process, without any clean-up, at its n-th step."""

    def __init__(self, left: int) -> None:
        self.left = left

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def buy(folder: Path, rng: random.Random) -> None:
    """Buy until there is no money left."""
    fuse = Fatal(rng.randrange(MOST_STEPS))
    ledger = Ledger(Mortal(Archive.open(str(folder / "archive")), fuse), ACCOUNT)  # type: ignore[arg-type]
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


def main(folder: Path, seed: int) -> None:
    (folder / "archive").mkdir()
    numbers, buyers = count(), set[int]()
    with (folder / "killed").open("w") as killed:
        while len(buyers) < BUYERS:
            buyers.add(start(folder, random.Random(1000 * seed + next(numbers))))
        while buyers:
            pid, status = os.wait()
            buyers.remove(pid)
            if os.WIFSIGNALED(status):
                killed.write(".")
                buyers.add(start(folder, random.Random(1000 * seed + next(numbers))))
            elif status:
                sys.exit(f"A buyer ended with {status}.")


def start(folder: Path, rng: random.Random) -> int:
    """A buyer in a process of its own."""
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    try:
        asyncio.run(buy(folder, rng))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
