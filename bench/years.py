"""What years of pictures do to a day: `python bench/years.py [--quick]`.

Days of 50 papers, with fakes that answer at once, on an empty archive, and again on one of 1,000 such days beside a
Prefect database that has seen 128 of them: seconds, CPU, memory, requests, and what is listed, each the median of three
days. Prints a table and one line of JSON. The bucket is a fake that counts; its catalog lies together by month, as
`upkeep` leaves it, and no gallery is written.
"""

import argparse
import asyncio
import json
import os
import re
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from catalog import write_catalog
from fakes.s3 import FakeS3
from fakes.server import serving
from job import FIRST_DAY, environment, providers, write_snapshot
from measuring import Server, cpu_of, prefect_server, python, run

from deployments.server import SERVER_SETTINGS
from frontispiece.archive.store import Archive
from frontispiece.maintenance.compact import compact_closed_months

A_DAY: Final = 50
TAKES: Final = 3
PLACE: Final = "s3://papers/archive"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
_REQUEST: Final = re.compile(rb"(?:GET|POST|PUT|PATCH|DELETE) \S+ HTTP/1\.1\r\n")
NEW_ID: Final = "lower(format('%s-%s-%s-%s-%s', {}))".format(
    ", ".join(f"hex(randomblob({size}))" for size in (4, 2, 2, 2, 6))
)
GROWING: Final = {
    "flow_run": {"id"},
    "flow_run_state": {"id", "flow_run_id"},
    "task_run": {"id", "flow_run_id"},
    "task_run_state": {"id", "task_run_id"},
    "events": {"id"},
    "event_resources": {"id", "event_id"},
    "log": {"id", "flow_run_id", "task_run_id"},
    "artifact": {"id", "key", "flow_run_id", "task_run_id"},
}
"""Prefect's tables that grow with what is run, and the columns that tell one row from a copy."""


@dataclass
class Requests:
    """How many went to a server, and the address by which they are counted."""

    url: str
    number: int = 0


@contextmanager
def counted(server: str) -> Iterator[Requests]:
    """Pass on all that is sent to `http://HOST:PORT`, and count the requests in it."""
    host, port = server.removeprefix("http://").split(":")
    loop = asyncio.new_event_loop()
    requests = Requests("")

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_asking: bool) -> None:
        with suppress(OSError):
            while content := await source.read(1 << 16):
                requests.number += len(_REQUEST.findall(content)) if is_asking else 0
                sink.write(content)
                await sink.drain()
        sink.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pump(reader, back, is_asking=True), pump(there, writer, is_asking=False))

    listener = loop.run_until_complete(asyncio.start_server(pass_on, "127.0.0.1", 0))
    requests.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield requests
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@dataclass
class World:
    """All that days are run with."""

    folder: Path
    server: Server
    api: Requests
    bucket: FakeS3
    variables: dict[str, str]

    def run(self, day: date) -> dict[str, float]:
        """Illustrate a day, and tell what it took."""
        asked, self.bucket.asked = self.api.number, []
        used = cpu_of(self.server.pid)
        command = python("-m", "deployments.cli", "backfill", f"{day}..{day}", "--yes")
        took = run(command, self.variables, self.folder)
        made = sum(key.startswith(f"archive/pictures/{day:%Y%m%d}/") for key in self.bucket.objects)
        assert made == A_DAY, f"{made} pictures"
        lists = [sum(key.startswith(prefix) for key in self.bucket.objects) for prefix in self._lists()]
        time.sleep(3)  # the server writes down in batches, a second apart
        return {
            "seconds": took.seconds,
            "CPU of the run": took.cpu,
            "CPU of the server": cpu_of(self.server.pid) - used,
            "MB": took.megabytes,
            "requests to Prefect": self.api.number - asked,
            "requests to the bucket": self.bucket.requests,
            "lists": len(lists),
            "objects listed": sum(lists),
        }

    def _lists(self) -> list[str]:
        return [about for kind, about in self.bucket.asked if kind == "list"]


def median(days: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(day[name] for day in days), 2) for name in days[0]}


def rows_and_bytes(home: Path) -> dict[str, tuple[int, int]]:
    """Of each table of Prefect's database, its indexes included."""
    with closing(sqlite3.connect(home / "prefect.db", timeout=60)) as database:
        sizes: dict[str, int] = dict(
            database.execute(
                "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name"
            ).fetchall()
        )
        return {name: (database.execute(f"SELECT count(*) FROM {name}").fetchone()[0], sizes[name]) for name in GROWING}  # noqa: S608


def double(home: Path) -> None:
    """Put a copy of every row beside it, as if as much again had been run."""
    with closing(sqlite3.connect(home / "prefect.db", timeout=60)) as database, database:
        for name, keys in GROWING.items():
            columns = [column for _, column, *_ in database.execute(f"PRAGMA table_info({name})")]
            values = [NEW_ID if column in keys else f'"{column}"' for column in columns]
            names = ", ".join(f'"{column}"' for column in columns)
            database.execute(f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM {name}")  # noqa: S608


def fill(bucket: FakeS3, folder: Path, days: int) -> None:
    """A catalog of so many days before those that are run."""
    write_catalog(folder, days, A_DAY, began=FIRST_DAY - timedelta(days))
    asyncio.run(compact_closed_months(Archive.open(str(folder)), FIRST_DAY))
    for path in filter(Path.is_file, folder.rglob("*")):
        bucket.objects[f"archive/{path.relative_to(folder)}"] = path.read_bytes()


def measure(
    folder: Path, years: int, doublings: int
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Days on an empty and on a grown archive; and what they have left in Prefect's database, for each paper."""
    snapshot = write_snapshot(folder / "papers.jsonl", A_DAY, 2 * TAKES + 1)
    days = iter([FIRST_DAY + timedelta(number) for number in range(2 * TAKES + 1)])
    bucket = FakeS3()
    with (
        prefect_server(folder / "served") as server,
        counted(server.api.removesuffix("/api")) as api,
        serving(bucket.app()) as s3,
        providers(0.0) as url,
    ):
        told = {"PREFECT_API_URL": f"{api.url}/api", "AWS_ENDPOINT_URL": s3, "FRONTISPIECE_GALLERY": "false"}
        variables = environment(Path(), snapshot, url) | SERVER_SETTINGS | KEYS | told
        world = World(folder, server, api, bucket, variables | {"FRONTISPIECE_ARCHIVE": PLACE})
        world.run(next(days))  # what is written down but once
        before = rows_and_bytes(server.home)
        at_first = median([world.run(next(days)) for _ in range(TAKES)])
        after = rows_and_bytes(server.home)
        fill(bucket, folder / "years", years)
        for _ in range(doublings):
            double(server.home)
        later = median([world.run(next(days)) for _ in range(TAKES)])
    papers = TAKES * A_DAY
    left = {
        name: {"rows": round((after[name][0] - rows) / papers, 2), "bytes": round((after[name][1] - size) / papers)}
        for name, (rows, size) in before.items()
    }
    return {"at first": at_first, "then": later}, left


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="30 days, and a database of 4")
    years, doublings = (30, 0) if parser.parse_args().quick else (1000, 5)
    os.environ.update(SERVER_SETTINGS)
    with tempfile.TemporaryDirectory() as place:
        days, left = measure(Path(place), years, doublings)
    seen = 2**doublings * (TAKES + 1)
    print(
        f"a day of {A_DAY} papers: on an empty archive, and after {years} days, Prefect's database having seen {seen}"
    )
    for name, value in days["at first"].items():
        print(f"{value:10,.2f} {days['then'][name]:10,.2f}  {name}")
    print("\nin Prefect's database a paper: rows, bytes with their indexes")
    for name, each in left.items():
        print(f"{each['rows']:10,.2f} {each['bytes']:10,}  {name}")
    total = {what: round(sum(each[what] for each in left.values()), 1) for what in ("rows", "bytes")}
    print(f"{total['rows']:10,.2f} {total['bytes']:10,}")
    print(json.dumps({"bench": "years", "days": years, "papers a day": A_DAY, **days, "a paper": total}))


if __name__ == "__main__":
    main()
