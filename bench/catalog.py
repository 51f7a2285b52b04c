"""How fast a catalog of years is asked: `python bench/catalog.py`, or `--quick` for 50,000 rows of a year.

Writes a million rows into a temporary folder, one file a day, which are then put together by month, and asks each
question in a new process, whose imports are not counted, but for DuckDB's, which comes with the first look. Prints a
table and one line of JSON; seconds of CPU say more than those of the clock where others use the machine too.
"""

import argparse
import asyncio
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from frontispiece.archive.calendar import calendar
from frontispiece.archive.catalog import SCHEMA, Catalog
from frontispiece.archive.paths import catalog_path
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.maintenance.compact import compact_closed_months

BEGAN: Final = date(2015, 1, 1)
RECIPE: Final = "0123456789abcdef"
KEYS: Final = 1000
LATE_FILES: Final = 30  # those of a month that is not over
QUESTIONS: Final = {
    "spread": "1,000 papers over all days",
    "one day": "1,000 papers, a few hundred of them of one day",
    "new": "1,000 papers that nobody has seen",
    "month": "calendar of a month",
    "all days": "calendar of all days",
    "late files": f"1,000 papers over all days, {LATE_FILES} small files besides",
}


def paper_id(number: int) -> str:
    return f"{2000 + number // 100_000}.{number % 100_000:05}"


def key_of(number: int) -> str:
    return hashlib.md5(f"https://huggingface.co/papers/{paper_id(number)}".encode()).hexdigest()[:16]  # noqa: S324


def constants(count: int) -> pa.Table:
    """So many rows with every column filled; what tells papers apart comes later."""
    chance = random.Random(7)  # noqa: S311 the same file each time
    words = [chance.randbytes(4).hex() for _ in range(3000)]

    def value(field: pa.Field, number: int) -> object:
        if field.name in ("prompt", "writer_request"):
            return " ".join(chance.choices(words, k=80))
        if field.name == "purchases":
            return None
        if pa.types.is_list(field.type):
            return ["cs.CL", "cs.AI"]
        if pa.types.is_string(field.type):
            return " ".join(words[len(field.name) :][:3])
        if pa.types.is_timestamp(field.type) or pa.types.is_date(field.type):
            return datetime(2024, 1, 1, tzinfo=UTC)
        return number % 2 == 0 if pa.types.is_boolean(field.type) else number

    return pa.table([pa.array([value(f, n) for n in range(count)], f.type) for f in SCHEMA], schema=SCHEMA)


def of_day(day: date, numbers: range, run: str) -> Iterator[tuple[str, list[object]]]:
    """The columns that tell papers apart: one in fifty has failed, one in ninety is refused."""
    states = ["failed" if n % 50 == 7 else "blocked" if n % 90 == 11 else "done" for n in numbers]
    keys, done = [key_of(number) for number in numbers], [state == "done" for state in states]
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in keys]
    finished = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1)
    yield from {
        "run": [run] * len(keys),
        "run_finished_at": [finished] * len(keys),
        "source": ["arxiv"] * len(keys),
        "list_day": [day] * len(keys),
        "paper_key": keys,
        "paper_id": [paper_id(number) for number in numbers],
        "status": states,
        "reason": [None if ok else "ProviderBroken" for ok in done],
        "message": [None if ok else "It did." for ok in done],
        "recipe": [RECIPE] * len(keys),
        "original_digest": digests,
        "original_dhash": [digest[:16] for digest in digests],
        "picture_path": [
            f"pictures/{day:%Y%m%d}/{key}.jpg" if ok else None for key, ok in zip(keys, done, strict=True)
        ],
        "picture_digest": [digest if ok else None for digest, ok in zip(digests, done, strict=True)],
    }.items()


def write_catalog(folder: Path, days: int, a_day: int, first: int = 0, name: str = "run", began: date = BEGAN) -> None:
    """One file for each day; its papers have the numbers from `first` on."""
    table = constants(a_day)
    for place in range(days):
        day = began + timedelta(days=place)
        filled = table
        for column, values in of_day(day, range(first + place * a_day, first + (place + 1) * a_day), f"{name}-{place}"):
            index = SCHEMA.get_field_index(column)
            filled = filled.set_column(index, SCHEMA.field(index), pa.array(values, SCHEMA.field(index).type))
        path = folder / catalog_path(day, f"{name}-{place}")
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(filled, path, compression="zstd")


def prepare(folder: Path, days: int, a_day: int) -> None:
    write_catalog(folder, days, a_day)
    asyncio.run(compact_closed_months(Archive.open(str(folder)), date.max))


def keys_for(question: str, days: int, a_day: int) -> list[str]:
    rows = days * a_day
    match question:
        case "one day":
            here = range(days // 2 * a_day, (days // 2 + 1) * a_day)
            return [key_of(number) for number in [*here, *range(rows, rows + KEYS)][:KEYS]]
        case "new":
            return [key_of(number) for number in range(rows, rows + KEYS)]
        case _:
            return [key_of(number) for number in range(0, rows, rows // KEYS)][:KEYS]


def ask(folder: Path, question: str, days: int, a_day: int) -> dict[str, float]:
    """Seconds by the clock and of CPU, megabytes, and how many papers or days there are."""
    archive = Archive.open(str(folder))
    keys = keys_for(question, days, a_day)
    month = BEGAN + timedelta(days=days // 2)
    stretch = {"month": Days(month, month + timedelta(days=30)), "all days": Days(BEGAN, BEGAN + timedelta(days - 1))}
    began, used = time.perf_counter(), time.process_time()
    if question in stretch:
        found = len(asyncio.run(calendar(Catalog(archive), stretch[question], "arxiv", RECIPE)))
    else:
        found = len(asyncio.run(Catalog(archive).archived(keys, RECIPE)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu": cpu, "found": found, "mb": megabytes}


def in_new_process(folder: Path, question: str, days: int, a_day: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--ask", str(folder), question, str(days), str(a_day)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 this very file
    return dict(json.loads(done.stdout))


def measure(folder: Path, days: int, a_day: int) -> dict[str, dict[str, float]]:
    began = time.perf_counter()
    with ProcessPoolExecutor(1) as apart:  # a process' memory counts as that of those it starts
        apart.submit(prepare, folder, days, a_day).result()
    took = time.perf_counter() - began
    print(f"wrote {days * a_day:,} rows in {days:,} files, and put them together by month, in {took:.0f} s")
    found = {}
    for question in QUESTIONS:
        if question == "late files":
            write_catalog(folder, LATE_FILES, 10, days * a_day, "late")
        # The best of three: whatever else the machine does is not what is measured.
        found[question] = min(
            (in_new_process(folder, question, days, a_day) for _ in range(3)), key=lambda each: each["seconds"]
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 rows of 365 days")
    parser.add_argument("--folder", type=Path, help="where the archive is made, and removed again")
    parser.add_argument("--ask", nargs=4, metavar=("FOLDER", "QUESTION", "DAYS", "A_DAY"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ask:
        print(json.dumps(ask(Path(asked.ask[0]), asked.ask[1], int(asked.ask[2]), int(asked.ask[3]))))
        return
    days, a_day = (365, 137) if asked.quick else (3650, 274)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        found = measure(Path(folder), days, a_day)
    for question, each in found.items():
        took = f"{each['seconds']:8.3f} s {each['cpu']:8.3f} s CPU {each['mb']:6,.0f} MB"
        print(f"{took} {each['found']:6,}  {QUESTIONS[question]}")
    seconds = {f"{question.replace(' ', '_')}_seconds": round(each["seconds"], 3) for question, each in found.items()}
    seconds |= {f"{question.replace(' ', '_')}_cpu_seconds": round(each["cpu"], 3) for question, each in found.items()}
    memory = {"megabytes": round(max(each["mb"] for each in found.values()))}
    size_now = {"rows": days * a_day, "files": days}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps({"bench": "catalog", "at": at, **size_now, **seconds, **memory}))


if __name__ == "__main__":
    main()
