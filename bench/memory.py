"""A long backfill's memory: `python bench/memory.py [--quick]`.

5,000 papers on 50 days, with fakes that answer at once. The process' resident memory is noted when 500 papers are
archived, and at its end. Prints one line of JSON.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from job import FIRST_DAY, ROOT, environment, pictures, providers, write_snapshot
from measuring import prefect_server, python, rss_of

from deployments.server import SERVER_SETTINGS

A_DAY = 100


def measure(folder: Path, days: int, early: int) -> dict[str, float]:
    snapshot = write_snapshot(folder / "papers.jsonl", A_DAY, days)
    last = FIRST_DAY + timedelta(days=days - 1)
    with prefect_server(folder / "served") as server, providers(0.0) as url:
        variables = environment(folder / "archive", snapshot, url) | SERVER_SETTINGS
        began = time.monotonic()
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603
                python("-m", "deployments.cli", "backfill", f"{FIRST_DAY}..{last}", "--yes"),
                env=variables | {"PREFECT_API_URL": server.api, "PYTHONPATH": str(ROOT)},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        at_first = now = 0.0
        while process.poll() is None:
            time.sleep(0.5)
            done = pictures(folder / "archive")
            now = rss_of(process.pid) or now
            at_first = at_first or (now if done >= early else 0.0)
        assert process.returncode == 0, (folder / "log.txt").read_text()[-3000:]
        done = pictures(folder / "archive")
        assert done == days * A_DAY, f"{done} pictures"
        return {
            "papers": done,
            "seconds": round(time.monotonic() - began),
            "at first": round(at_first),
            "at the end": round(now),
            "ratio": round(now / at_first, 2),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 papers, compared with the first 100")
    quick = parser.parse_args().quick
    os.environ.update(SERVER_SETTINGS)
    early = 100 if quick else 500
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), 3 if quick else 50, early)
    print(json.dumps({"bench": "memory", "early": early, **found}))


if __name__ == "__main__":
    main()
