"""The job in plain asyncio, without Prefect, journal, retries or care: about the least that it takes.

Makes the very same pictures, originals and Parquet rows. `python bench/plain.py DAY`, or `FIRST..LAST`; set up by the
environment.
"""

import asyncio
import hashlib
import logging
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
from job import days_of, report

from frontispiece.archive.catalog import Catalog, Run
from frontispiece.archive.images import Provenance, inspect, to_jpeg
from frontispiece.archive.paths import original_path, picture_path
from frontispiece.archive.store import Archive
from frontispiece.models import Original, Outcome, Painting, Paper, Picture, Prompt, Status
from frontispiece.painters.fal import FalQueue
from frontispiece.recipe import Recipe
from frontispiece.settings import load_settings
from frontispiece.sources.snapshot import Snapshot
from frontispiece.version import VERSION
from frontispiece.writers.openai import OpenAIChat

POLL_SECONDS = 0.1


class Plain:
    def __init__(self) -> None:
        self.settings = load_settings()
        self.writer, self.painter = OpenAIChat(self.settings), FalQueue(self.settings)
        self.recipe = Recipe(
            writer=self.writer.recipe, painter=self.painter.recipe, jpeg_quality=self.settings.jpeg_quality
        )
        self.root = Path(self.settings.archive)
        self.http = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=64))
        self.prompts = asyncio.Semaphore(self.settings.prompts_at_once)
        self.paintings = asyncio.Semaphore(self.settings.paintings_at_once)

    async def run(self, days: Sequence[date]) -> int:
        made = await asyncio.gather(*map(self.day, days))
        await self.http.aclose()
        return sum(made)

    async def day(self, day: date) -> int:
        started = datetime.now(UTC)
        listed = await Snapshot(self.settings).list_day(day)
        outcomes = await asyncio.gather(*(self.paper(paper) for paper in listed.papers))
        run = Run(id="plain", source="snapshot", started_at=started, finished_at=datetime.now(UTC), version=VERSION)
        await Catalog(Archive.open(self.settings.archive)).write(day, run.id, outcomes, run)
        return len(outcomes)

    async def paper(self, paper: Paper) -> Outcome:
        async with self.prompts:
            prompt = await self.write(paper)
        async with self.paintings:
            painting, original = await self.paint(prompt)
        picture = await self.archive(paper, prompt, painting, original)
        return Outcome(
            paper=paper,
            status=Status.DONE,
            recipe=self.recipe.fingerprint,
            prompt=prompt,
            painting=painting,
            picture=picture,
        )

    async def write(self, paper: Paper) -> Prompt:
        began, request = time.monotonic(), self.writer.request(paper)
        logging.info("OpenAI request. Model: %s. Prompt: %s", self.settings.openai_model, request)
        body = {
            "model": self.settings.openai_model,
            "messages": [{"role": "user", "content": request}],
            "temperature": self.settings.openai_temperature,
        }
        answer = await self.http.post(f"{self.settings.openai_base_url}/chat/completions", json=body)
        said = answer.raise_for_status().json()
        text = said["choices"][0]["message"]["content"].strip()
        logging.info("Response: %s", text)
        return Prompt(
            text=text,
            writer="openai",
            model=said["model"],
            request=request,
            tokens_in=said["usage"]["prompt_tokens"],
            tokens_out=said["usage"]["completion_tokens"],
            request_id=answer.headers["x-request-id"],
            seconds=time.monotonic() - began,
            dollars=None,
        )

    async def paint(self, prompt: Prompt) -> tuple[Painting, bytes]:
        logging.info("Generating image by prompt: %s.", prompt.text)
        began, settings = time.monotonic(), self.settings
        body = {
            "prompt": prompt.text,
            "seed": settings.fal_seed,
            "image_size": {"width": settings.fal_width, "height": settings.fal_height},
            "num_images": 1,
            "output_format": "png",
        }
        ordered = await self.http.post(f"{settings.fal_url}/{settings.fal_model}", json=body)
        order = ordered.raise_for_status().json()
        while (await self.http.get(order["status_url"])).json()["status"] != "COMPLETED":  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
        result = (await self.http.get(order["response_url"])).raise_for_status().json()
        url = result["images"][0]["url"]
        content = (await self.http.get(url)).raise_for_status().content
        facts = await asyncio.to_thread(inspect, content)
        digest = hashlib.sha256(content).hexdigest()
        path = original_path(digest, facts.format)
        self.put(path, content)
        original = Original(
            digest=digest, path=path, format=facts.format, width=facts.width, height=facts.height, bytes=len(content)
        )
        return Painting(
            painter="fal",
            model=settings.fal_model,
            parameters=self.recipe.painter.parameters,
            seed=str(result["seed"]),
            url=url,
            request_id=order["request_id"],
            seconds=time.monotonic() - began,
            dollars=None,
            original=original,
        ), content

    async def archive(self, paper: Paper, prompt: Prompt, painting: Painting, original: bytes) -> Picture:
        path = picture_path(paper)
        logging.info("Saving generated image from %s to %s.", painting.url, path)
        provenance = provenance_of(paper, prompt, painting, self.recipe.fingerprint)
        jpeg, width, height = await asyncio.to_thread(to_jpeg, original, self.settings.jpeg_quality, provenance)
        self.put(path, jpeg)
        return Picture(path=path, digest=hashlib.sha256(jpeg).hexdigest(), width=width, height=height, bytes=len(jpeg))

    def put(self, path: str, content: bytes) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def provenance_of(paper: Paper, prompt: Prompt, painting: Painting, recipe: str) -> Provenance:
    """What the picture says of itself; part of its bytes."""
    return Provenance(
        title=paper.title,
        paper_id=paper.id,
        paper_url=paper.url,
        prompt=prompt.text,
        recipe=recipe,
        writer=prompt.writer,
        writer_model=prompt.model,
        painter=painting.painter,
        painter_model=painting.model,
        seed=painting.seed,
        created=paper.folder_date,
        original=painting.original.digest,
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    began, cpu = time.monotonic(), time.process_time()
    papers = asyncio.run(Plain().run(days_of(sys.argv[1])))
    report(papers, time.monotonic() - began, time.process_time() - cpu)


if __name__ == "__main__":
    main()
