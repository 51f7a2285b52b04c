"""How fast a day is found in the snapshot: `python bench/snapshot.py`, or `--quick` for 50,000 lines.

Writes a file like Kaggle's whole one (2,500,000 lines, 5 GB) into a temporary folder, and looks up a day in a new
process: without an index, which is then built, and with it. Prints a table and one line of JSON.
"""

import argparse
import asyncio
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from frontispiece.settings import load_settings
from frontispiece.sources.snapshot import Snapshot

BEGAN = date(1991, 8, 14)
ENDED = date(2026, 11, 20)
DAY = date(2020, 3, 3)
TEXT = """we show that the proposed method improves upon prior work by a margin of $\\alpha^2$ on several benchmarks
spectral gap lattice gauge theory neural network \\emph{robust} estimation under weak assumptions “quoted” naïve
galaxies at redshift survey data suggest a correlation between mass and luminosity"""
LINE = (
    '{"id": "%s", "submitter": "A. Uth\\u00f6r", "authors": "A. Uthor, B. Other and Ren\\\\\'e Third",'
    ' "title": "On Nothing in Particular,\\n  Part %d", "comments": "12 pages, 3 figures", "journal-ref": null,'
    ' "doi": null, "report-no": null, "categories": "cs.CL cs.LG",'
    ' "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "abstract": %s, "versions": %s,'
    ' "update_date": "%s", "authors_parsed":'
    ' [["Uth\\u00f6r", "A.", ""], ["Other", "B.", ""], ["Third", "Ren\\u00e9", ""]]}\n'
)


def write_snapshot(path: Path, count: int) -> None:
    """So many papers over all of arXiv's days, in the order of submission, 2 KB each."""
    chance, days = random.Random(7), (ENDED - BEGAN).days  # noqa: S311 the same file each time
    texts = [json.dumps(" ".join(chance.choices(re.split("( |\n)", TEXT), k=350))) for _ in range(500)]
    with path.open("w", encoding="ascii", buffering=1 << 20) as file:
        for number in range(count):
            # More and more of them, as in fact.
            day = BEGAN + timedelta(days=int(days * (number / count) ** 0.5))
            paper_id = f"{max(day.year, 2015) % 100:02}{day.month:02}.{number % 100_000:05}"
            versions = [
                {"version": f"v{v + 1}", "created": f"{day + timedelta(days=40 * v):%a, %-d %b %Y} 17:42:09 GMT"}
                for v in range(number % 3 + 1)
            ]
            file.write(LINE % (paper_id, number, texts[number % 500], json.dumps(versions), day))


def look_up(path: Path, day: date) -> tuple[float, int]:
    """Seconds, and how many papers there are."""
    began = time.perf_counter()
    listed = asyncio.run(Snapshot(load_settings(snapshot=path)).list_day(day))
    assert not listed.problems, listed.problems
    return time.perf_counter() - began, len(listed.papers)


def in_new_process(path: Path, day: date) -> dict[str, float]:
    """A look-up in a process of its own, its imports not counted."""
    command = [sys.executable, __file__, "--look-up", str(path), day.isoformat()]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 this very file
    return dict(json.loads(done.stdout))


def measure(folder: Path, count: int) -> dict[str, float]:
    path = folder / "arxiv-metadata-oai-snapshot.json"
    began = time.perf_counter()
    write_snapshot(path, count)
    print(f"wrote {count:,} lines, {path.stat().st_size / 1e9:.2f} GB, in {time.perf_counter() - began:.0f} s")
    first, second = in_new_process(path, DAY), in_new_process(path, DAY + timedelta(days=1))
    seconds, papers = look_up(path, DAY)
    return {
        "lines": count,
        "gigabytes": round(path.stat().st_size / 1e9, 2),
        "papers": papers,
        "first_seconds": round(first["seconds"], 2),
        "first_megabytes": round(first["megabytes"]),
        "second_seconds": round(second["seconds"], 3),
        "second_megabytes": round(second["megabytes"]),
        "again_seconds": round(seconds, 3),
        "index_megabytes": round(sum(file.stat().st_size for file in folder.glob("*.index")) / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 lines")
    parser.add_argument("--lines", type=int, default=2_500_000)
    parser.add_argument("--folder", type=Path, help="where the file is made, and removed again")
    parser.add_argument("--look-up", nargs=2, metavar=("FILE", "DAY"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.look_up:
        seconds, papers = look_up(Path(asked.look_up[0]), date.fromisoformat(asked.look_up[1]))
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "papers": papers, "megabytes": megabytes}))
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        found = measure(Path(folder), 50_000 if asked.quick else asked.lines)
    print("\n".join(f"{name:>18}  {value:>12,}" for name, value in found.items()))
    print(json.dumps({"bench": "snapshot", "at": datetime.now(UTC).isoformat(timespec="seconds"), **found}))


if __name__ == "__main__":
    main()
