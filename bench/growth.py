"""What grows with a backfill: `python bench/growth.py [--quick]`.

The command over 30, 100 and 365 days of 20 papers, with fakes that answer at once: seconds and CPU a day, and its
resident memory at the end. Prints one line of JSON.
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
from measuring import cpu_of, prefect_server, python, rss_of

from deployments.server import SERVER_SETTINGS

A_DAY = 20


def measure(folder: Path, days: int) -> dict[str, float]:
    folder.mkdir()
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
        memory = cpu = 0.0
        while process.poll() is None:
            memory, cpu = rss_of(process.pid) or memory, cpu_of(process.pid) or cpu
            time.sleep(0.1)
        seconds = time.monotonic() - began
        assert process.returncode == 0, (folder / "log.txt").read_text()[-3000:]
        done = pictures(folder / "archive")
        # The fake has 16 million prompts: of thousands some come twice, and so do their pictures, which is a failure.
        twice = (folder / "log.txt").read_text().count("So was the take before")
        assert done + twice == days * A_DAY, f"{done} pictures"
        return {"seconds a day": round(seconds / days, 2), "CPU a day": round(cpu / days, 2), "MB": round(memory)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 and 6 days")
    lengths = (3, 6) if parser.parse_args().quick else (30, 100, 365)
    os.environ.update(SERVER_SETTINGS)
    with tempfile.TemporaryDirectory() as place:
        found = {str(days): measure(Path(place) / str(days), days) for days in lengths}
    for days, each in found.items():
        print(f"{days:>4} days of {A_DAY}: {each}")
    least, most = found[str(lengths[0])], found[str(lengths[-1])]
    ratios = {f"{name}, of that at first": round(most[name] / least[name], 2) for name in least}
    print(json.dumps({"bench": "growth", "papers a day": A_DAY, "days": lengths, **ratios, "MB": most["MB"]}))


if __name__ == "__main__":
    main()
