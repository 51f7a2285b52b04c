"""Draw the papers of a list as one contact sheet: `python bench/contact_sheet.py docs/lineart.jpg`.

Reads papers, one JSON object a line with `id`, `title` and perhaps `abstract`, by default the project's sample, and
draws each as a run with the template writer and the line-art painter would; with a `prompt`, as that painter draws what
another writer has asked for.
"""

import argparse
import asyncio
import io
import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from PIL import Image

from frontispiece.lineart.drawing import draw
from frontispiece.lineart.plan import plan_scene
from frontispiece.models import Listing, Paper
from frontispiece.painters.lineart import seed_of
from frontispiece.settings import Settings
from frontispiece.sources.snapshot import SAMPLE
from frontispiece.writers.template import Template


def read_papers(path: Path, count: int) -> Iterator[tuple[Paper, str]]:
    for rank, line in enumerate(path.read_text("utf-8").splitlines()[:count]):
        entry = json.loads(line)
        listing = Listing(source="snapshot", day=date(2024, 11, 1), rank=rank, seen_at=datetime.now(UTC))
        title, abstract = (" ".join(entry.get(key, "").split()) for key in ("title", "abstract"))
        yield Paper(id=entry["id"], title=title, abstract=abstract, listing=listing), entry.get("prompt", "")


async def draw_sheet(papers: list[tuple[Paper, str]], columns: int, width: int) -> tuple[Image.Image, list[float]]:
    writer, seconds = Template(Settings()), []
    height, gap = width * 4 // 3, 6
    rows = -(-len(papers) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), "#808080")
    for i, (paper, prompt) in enumerate(papers):
        plan = plan_scene(paper, prompt) if prompt else (await writer.write(paper)).plan
        assert plan is not None
        started = time.process_time()
        png = draw(plan, seed_of(paper, plan)).png
        seconds.append(time.process_time() - started)
        picture = Image.open(io.BytesIO(png)).convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(picture, (gap + i % columns * (width + gap), gap + i // columns * (height + gap)))
    return sheet, seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("output", type=Path)
    options.add_argument("--papers", type=Path, default=SAMPLE)
    options.add_argument("--count", type=int, default=45)
    options.add_argument("--columns", type=int, default=9)
    options.add_argument("--width", type=int, default=240, help="of each picture, pixels")
    options.add_argument("--quality", type=int, default=70)
    chosen = options.parse_args()
    papers = list(read_papers(chosen.papers, chosen.count))
    sheet, seconds = asyncio.run(draw_sheet(papers, chosen.columns, chosen.width))
    sheet.save(chosen.output, quality=chosen.quality, optimize=True, progressive=True)
    print(
        f"{len(papers)} pictures, CPU time each: median {1000 * statistics.median(seconds):.0f} ms, "
        f"most {1000 * max(seconds):.0f} ms; {chosen.output}: {chosen.output.stat().st_size / 1e6:.2f} MB"
    )


if __name__ == "__main__":
    main()
