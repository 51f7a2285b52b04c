"""The job as somebody new to Prefect would write it: plain functions with `@task`, `.map`, threads, all defaults.

Makes the very same pictures, originals and Parquet rows. `python bench/naive.py DAY`, or `FIRST..LAST`; set up by the
environment.
"""

import hashlib
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
from job import days_of, report
from plain import POLL_SECONDS, provenance_of
from prefect import flow, get_run_logger, runtime, task, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from frontispiece.archive.catalog import Run, rows
from frontispiece.archive.images import inspect, to_jpeg
from frontispiece.archive.paths import catalog_path, original_path, picture_path
from frontispiece.models import Original, Outcome, Painting, Paper, Picture, Prompt, Status
from frontispiece.painters.fal import FalQueue
from frontispiece.recipe import Recipe
from frontispiece.settings import load_settings
from frontispiece.sources.snapshot import Snapshot
from frontispiece.version import VERSION
from frontispiece.writers.openai import OpenAIChat

SETTINGS = load_settings()
WRITER, PAINTER = OpenAIChat(SETTINGS), FalQueue(SETTINGS)
RECIPE = Recipe(writer=WRITER.recipe, painter=PAINTER.recipe, jpeg_quality=SETTINGS.jpeg_quality)
HTTP = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=64))


def put(path: str, content: bytes) -> None:
    place = Path(SETTINGS.archive) / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


@task(retries=3, retry_delay_seconds=1)
async def fetch_papers(day: date) -> list[Paper]:
    return list((await Snapshot(SETTINGS).list_day(day)).papers)


@task(retries=3, retry_delay_seconds=1)
def write_prompt(paper: Paper) -> Prompt:
    began, request = time.monotonic(), WRITER.request(paper)
    get_run_logger().info("OpenAI request. Model: %s. Prompt: %s", SETTINGS.openai_model, request)
    body = {
        "model": SETTINGS.openai_model,
        "messages": [{"role": "user", "content": request}],
        "temperature": SETTINGS.openai_temperature,
    }
    answer = HTTP.post(f"{SETTINGS.openai_base_url}/chat/completions", json=body).raise_for_status()
    said = answer.json()
    text = said["choices"][0]["message"]["content"].strip()
    get_run_logger().info("Response: %s", text)
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


@task(retries=3, retry_delay_seconds=1)
def paint_image(prompt: Prompt) -> Painting:
    get_run_logger().info("Generating image by prompt: %s.", prompt.text)
    began = time.monotonic()
    body = {
        "prompt": prompt.text,
        "seed": SETTINGS.fal_seed,
        "image_size": {"width": SETTINGS.fal_width, "height": SETTINGS.fal_height},
        "num_images": 1,
        "output_format": "png",
    }
    order = HTTP.post(f"{SETTINGS.fal_url}/{SETTINGS.fal_model}", json=body).raise_for_status().json()
    while HTTP.get(order["status_url"]).json()["status"] != "COMPLETED":
        time.sleep(POLL_SECONDS)
    result = HTTP.get(order["response_url"]).raise_for_status().json()
    url = result["images"][0]["url"]
    content = HTTP.get(url).raise_for_status().content
    facts = inspect(content)
    digest = hashlib.sha256(content).hexdigest()
    path = original_path(digest, facts.format)
    put(path, content)
    return Painting(
        painter="fal",
        model=SETTINGS.fal_model,
        parameters=RECIPE.painter.parameters,
        seed=str(result["seed"]),
        url=url,
        request_id=order["request_id"],
        seconds=time.monotonic() - began,
        dollars=None,
        original=Original(
            digest=digest, path=path, format=facts.format, width=facts.width, height=facts.height, bytes=len(content)
        ),
    )


@task(retries=3, retry_delay_seconds=1)
def archive_image(paper: Paper, prompt: Prompt, painting: Painting) -> Outcome:
    path = picture_path(paper)
    get_run_logger().info("Saving generated image from %s to %s.", painting.url, path)
    original = (Path(SETTINGS.archive) / painting.original.path).read_bytes()
    provenance = provenance_of(paper, prompt, painting, RECIPE.fingerprint)
    jpeg, width, height = to_jpeg(original, SETTINGS.jpeg_quality, provenance)
    put(path, jpeg)
    picture = Picture(path=path, digest=hashlib.sha256(jpeg).hexdigest(), width=width, height=height, bytes=len(jpeg))
    return Outcome(
        paper=paper,
        status=Status.DONE,
        recipe=RECIPE.fingerprint,
        prompt=prompt,
        painting=painting,
        picture=picture,
    )


@task(retries=3, retry_delay_seconds=1)
def record_run(day: date, outcomes: list[Outcome], started: datetime) -> None:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    name = str(runtime.flow_run.id)
    run = Run(id=name, source="snapshot", started_at=started, finished_at=datetime.now(UTC), version=VERSION)
    place = Path(SETTINGS.archive) / catalog_path(day, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows(outcomes, run), place)


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2 * SETTINGS.prompts_at_once))  # type: ignore[arg-type]
def illustrate(day: date) -> int:
    started = datetime.now(UTC)
    papers = fetch_papers.submit(day).result()
    prompts = write_prompt.map(papers)
    paintings = paint_image.map(prompts)
    outcomes = archive_image.map(papers, prompts, paintings).result()
    record_run(day, outcomes, unmapped(started).value)
    return len(outcomes)


@flow
def backfill(days: list[date]) -> int:
    return sum(illustrate(day) for day in days)


def main() -> None:
    days = days_of(sys.argv[1])
    began, cpu = time.monotonic(), time.process_time()
    papers = backfill(days) if len(days) > 1 else illustrate(days[0])
    report(papers, time.monotonic() - began, time.process_time() - cpu)


if __name__ == "__main__":
    main()
