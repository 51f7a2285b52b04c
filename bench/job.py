"""The job that all contenders do: a day of invented papers, fakes of OpenAI and fal, and the files that come of it."""

import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from helpers.real_server import free_port
from PIL import Image

from frontispiece.dates import Days
from frontispiece.errors import FrontispieceError

ROOT = Path(__file__).parents[1]
FIRST_DAY = date(2024, 1, 1)
ROOMS = ("pictures", "originals")
TEXT = (
    "Large models are trained on data that nobody has read. We show how to read it: a small model walks through it "
    "and keeps a diary, which turns out to be a good predictor of what the large one will get wrong. "
)


def write_snapshot(path: Path, papers: int, days: int = 1) -> Path:
    """So many papers a day for so many days, from FIRST_DAY on, as arXiv's metadata has them."""
    with path.open("w", encoding="ascii") as file:
        for day in range(days):
            made = FIRST_DAY + timedelta(days=day)
            for number in range(papers):
                record = {
                    "id": f"{made:%y%m}.{made.day:02}{number:03}",
                    "title": f"Paper {number} of {made}: On Reading What Was Never Read",
                    "abstract": f"{number}. {TEXT * 5}",
                    "authors_parsed": [["Uthor", "A.", ""], ["Other", "B.", ""]],
                    "categories": "cs.CL cs.LG",
                    "versions": [{"version": "v1", "created": f"{made:%a, %d %b %Y} 12:00:00 GMT"}],
                }
                file.write(f"{json.dumps(record)}\n")
    return path


@contextmanager
def providers(latency: float) -> Iterator[str]:
    """Fakes of both providers in a process of their own, so that their work is not counted; gives their address."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    process = subprocess.Popen([sys.executable, "-m", "fakes.providers", str(port), str(latency)])  # noqa: S603
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/books", timeout=5).close()  # noqa: S310
                break
            except OSError:
                assert process.poll() is None, "the fakes did not start"
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


def environment(archive: Path, snapshot: Path, url: str, at_once: int = 16) -> dict[str, str]:
    """The variables that set every contender to work; those of the user's own are left out."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FRONTISPIECE_", "PREFECT"))}
    return {
        **inherited,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "FRONTISPIECE_ARCHIVE": str(archive),
        "FRONTISPIECE_SNAPSHOT": str(snapshot),
        "FRONTISPIECE_WRITER": "openai",
        "FRONTISPIECE_PAINTER": "fal",
        "FRONTISPIECE_PROMPTS_AT_ONCE": str(at_once),
        "FRONTISPIECE_PAINTINGS_AT_ONCE": str(at_once),
        "FRONTISPIECE_FAL_URL": url,
        "FRONTISPIECE_PICTURE_HOSTS": url,
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "none",
        "FAL_KEY": "none",
    }


def days_of(text: str) -> list[date]:
    """The days that a contender is asked for: one, or FIRST..LAST."""
    first, _, last = text.partition("..")
    return list(Days(date.fromisoformat(first), date.fromisoformat(last or first)))


def pictures(archive: Path) -> int:
    """How many there are."""
    return sum(len(list(folder.iterdir())) for folder in (archive / "pictures").glob("*"))


def files(archive: Path) -> dict[str, str]:
    """Pictures and originals by their places, with digests of what is seen: what stands in a picture names its run."""
    return {str(path.relative_to(archive)): _digest(path) for room in ROOMS for path in (archive / room).rglob("*.*")}


def _digest(path: Path) -> str:
    with Image.open(path) as image:
        return hashlib.sha256(image.tobytes()).hexdigest()


def report(papers: int, seconds: float, cpu: float) -> None:
    """What a contender says of itself: wall and CPU seconds from its first list to its last row, imports left out."""
    if not papers:
        raise FrontispieceError("No paper was illustrated.")
    said = {"papers": papers, "seconds": seconds, "cpu": cpu, "process": time.process_time()}
    print(json.dumps(said), flush=True)
