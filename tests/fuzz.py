"""Throws damaged bytes at parsers of what comes from outside, at screens and listings: `make fuzz`, about a minute.

Good examples are mutated at random; only errors of our own tree may come out, and soon. The seed is printed first:
`python tests/fuzz.py SECONDS SEED` plays it again.
"""

import asyncio
import io
import json
import os
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from datetime import UTC, date, datetime
from pathlib import Path

from fakes.arxiv import entry as arxiv_entry
from fakes.arxiv import feed
from fakes.huggingface import entry as hf_entry
from fakes.oai import page as oai_page
from fakes.oai import record as oai_record
from fakes.pictures import ODD, png
from helpers.hostile import WEAPONS, is_visible
from helpers.papers import LLAMMLEIN, SIGMA
from helpers.stocked import STORY
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import ValidationError
from rich.console import Console

from deployments.cli.markup import print_fact
from deployments.cli.query import print_table
from deployments.cli.terminal import LogLines, Stage
from deployments.output import say
from flows.results import RecordSerializer
from frontispiece.archive import paths
from frontispiece.archive.images import inspect, read_provenance, thumbnail, to_jpeg
from frontispiece.archive.provenance import from_xmp, to_xmp
from frontispiece.archive.query import Answer as Rows
from frontispiece.archive.store import Archive
from frontispiece.errors import FrontispieceError
from frontispiece.maintenance.import_log import parse_log
from frontispiece.painters import bfl, comfyui, fal_answers, gemini, replicate
from frontispiece.providers.answers import refusal
from frontispiece.providers.http import Answer
from frontispiece.providers.openai_client import Reply
from frontispiece.providers.openai_errors import complaint
from frontispiece.purchases.entries import parse as parse_entry
from frontispiece.settings import load_settings
from frontispiece.sources.arxiv_pages import look_at
from frontispiece.sources.huggingface import parse_page, parse_paper
from frontispiece.sources.ids import parse_id
from frontispiece.sources.oai import TokenExpired
from frontispiece.sources.oai import parse_page as parse_oai
from frontispiece.sources.snapshot import SAMPLE, Snapshot
from frontispiece.text import VisibleRecord, cell, escaped
from frontispiece.writers.openai import OpenAIChat
from frontispiece.writers.openai_batches import reply_in

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = date(2024, 11, 19)
SLOW = 5.0
CHAT = OpenAIChat(load_settings(openai_api_key="sk-test"))

TICKET = {
    "status": "IN_QUEUE",
    "request_id": "a-1",
    "status_url": "https://queue.fal.run/a/requests/a-1/status",
    "response_url": "https://queue.fal.run/a/requests/a-1",
}
RESULT = {
    "images": [{"url": "https://v3.fal.media/files/a.png", "width": 384, "height": 720, "content_type": "image/png"}],
    "seed": 15619174981588513000,
    "has_nsfw_concepts": [False],
}
COMPLETION = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A bird."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 0}},
}
REASONED = COMPLETION | {
    "choices": [
        {
            "message": {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                    {"type": "text", "text": "<think>Hm.</think>A bird.<|im_end|>"},
                ]
            },
            "finish_reason": "stop",
        }
    ]
}
COMPLAINTS: list[object] = [
    {"error": {"message": "Busy", "code": 429, "metadata": {"raw": "Too many", "headers": {"X-RateLimit-Reset": "9"}}}},
    {"code": "odd", "error": "Argument not supported: quality"},
]
LINE = {"custom_id": "a", "response": {"status_code": 400, "request_id": "r", "body": COMPLAINTS[0]}, "error": None}
LISTED = (
    *(
        "catalog/day=2024-10-31/run-1.parquet",
        "catalog/month=2024-10/ab.parquet",
        "catalog/day=2024-10-31/snapshot.empty",
    ),
    *("journal/0123456789abcdef/000.json", "budgets/0123/0000.json", "budgets/0123/01234567-0-booked-3000000"),
    *("pictures/20241031/6550f79d46b1945c.jpg", "originals/0123456789abcdef.png", "results/0123456789abcdef"),
)


def answered(content: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, content, "https://queue.fal.run/")


CHAT = OpenAIChat(load_settings(openai_base_url="http://127.0.0.1:9/v1"))


def completion(content: bytes) -> None:
    CHAT.read(Reply(content, None, 0.1), "?").model_dump_json()


def refused(content: bytes) -> None:
    assert str(complaint(answered(content), "It", "")).isprintable()


def snapshot(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "papers.jsonl"
        path.write_bytes(content)
        source = Snapshot(load_settings(snapshot=path))
        asyncio.run(source.list_day(date(2024, 10, 31)))


def oai(content: bytes) -> None:
    with suppress(TokenExpired):  # documented: the harvest begins again
        parse_oai(answered(content))


def single_paper(content: bytes) -> None:
    with suppress(ValidationError):  # documented: its caller names what is wrong with the fields
        parse_paper(content, SIGMA.id, 0, NOW)


def result(content: bytes) -> None:
    # ValueError and its kin are what Prefect takes for "make it again".
    with suppress(ValueError, AttributeError):
        RecordSerializer().loads(content)


def terminal(content: bytes) -> None:
    """Whatever is shown, and by whatever way: there are lines of signs that can be seen."""
    text = content.decode("utf-8", "surrogateescape")
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system=None, width=120)
    print_fact(console, "fact", text)
    LogLines(Stage(told=console), verbose=True).emit(
        VisibleRecord("prefect.task_runs", 20, "x.py", 1, "Said: %s", (text,), None)
    )
    with redirect_stdout(screen):
        say(text)
    print_table(console, Rows((text,), [(text,)]))
    assert is_visible(screen.getvalue())
    assert is_visible(cell(text))
    assert is_visible(escaped(text).replace("\t", "").replace("\r", ""))


def listing(content: bytes) -> None:
    """A file of this name lies in the archive: who lists it learns of a path of ours, or of an error."""
    names = [name[:100] for name in content.replace(b"\0", b"").split(b"/") if name not in (b"", b".", b"..")][:6]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, *map(os.fsdecode, names))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch() if names else None
        for entry in asyncio.run(Archive.open(folder).list("")):
            for read in (paths.catalog_month, paths.journal_place, paths.budget_page_number, paths.booking_of):
                read(entry.path)
            paths.empty_day(entry.path, "snapshot")
            paths.catalog_may_hold(entry.path, DAY, DAY)


def examples() -> dict[str, tuple[Callable[[bytes], object], list[bytes]]]:
    """Each parser with what it should be able to read."""
    log = (Path(__file__).parent / "seed-log.txt").read_bytes()
    jpeg, _, _ = to_jpeg(png(64, 96), 60, STORY)
    entries = [
        json.dumps({"kind": kind, "at": "2026-11-23T12:00:00Z", "by": "b"}).encode() for kind in ("intent", "done")
    ]
    error = json.dumps({"detail": [{"loc": ["body"], "msg": "no", "type": "content_policy_violation"}]}).encode()
    listed = json.dumps([hf_entry(SIGMA), hf_entry(LLAMMLEIN)]).encode()
    return {
        "id": (lambda data: parse_id(data.decode("utf-8", "replace")), [b"2410.24175v2", b"hep-th/9901001"]),
        "snapshot": (snapshot, [b"\n".join(SAMPLE.read_bytes().splitlines()[-3:])]),
        "huggingface list": (lambda data: parse_page(data, DAY, NOW), [listed]),
        "huggingface paper": (single_paper, [json.dumps(hf_entry(SIGMA)["paper"]).encode()]),
        "arxiv": (lambda data: look_at(answered(data)), [feed([arxiv_entry(SIGMA), arxiv_entry(LLAMMLEIN)])]),
        "oai": (oai, [oai_page([oai_record(SIGMA, DAY), oai_record(LLAMMLEIN, DAY)], "token")]),
        "fal ticket": (
            lambda data: fal_answers.read_ticket(answered(data), NOW),
            [json.dumps(TICKET).encode()],
        ),
        "fal standing": (lambda data: fal_answers.read_standing(answered(data)), [b'{"status": "COMPLETED"}']),
        "fal result": (
            lambda data: fal_answers.read_result(answered(data), has_failed=False),
            [json.dumps(RESULT).encode()],
        ),
        "fal refusal": (lambda data: refusal("fal", answered(data, 422)), [error]),
        "fal list": (lambda data: fal_answers.read_recent(answered(data)), [b'{"items": [{"request_id": "a"}]}']),
        "bfl": (
            lambda data: bfl.read_made(answered(data)),
            [b'{"status": "Ready", "result": {"sample": "a", "seed": 1}}'],
        ),
        "replicate": (
            lambda data: replicate.read_made(answered(data)),
            [b'{"id": "a", "status": "succeeded", "output": ["a"], "urls": {"get": "a"}, "input": {"seed": 1}}'],
        ),
        "replicate list": (
            lambda data: replicate.read_page(answered(data)),
            [b'{"results": [{"id": "a", "status": "starting", "created_at": "2026-11-23T12:00:00Z"}], "next": "a"}'],
        ),
        "gemini": (
            lambda data: gemini.read_painted(answered(data)),
            [
                b'{"candidates": [{"content": {"parts": [{"inlineData": {"data": "a"}}]}, "finishReason": "STOP"}]}',
                error,
            ],
        ),
        "comfyui": (
            lambda data: (comfyui.node_errors(data), comfyui.read_history(answered(data), "a")),
            [b'{"a": {"outputs": {"9": {"images": [{"filename": "a"}]}}, "status": {"messages": []}}}'],
        ),
        "chat": (completion, [json.dumps(COMPLETION).encode(), json.dumps(REASONED).encode()]),
        "complaint": (refused, [error, *(json.dumps(each).encode() for each in COMPLAINTS)]),
        "batch line": (reply_in, [json.dumps(LINE).encode()]),
        **decoders(),
        "thumbnail": (thumbnail, [png(64, 96), jpeg]),
        "story": (read_provenance, [jpeg]),
        "xmp": (from_xmp, [to_xmp(STORY)]),
        "journal": (lambda data: parse_entry(data, NOW, 30.0), entries),
        "terminal": (terminal, [sign.encode("utf-8", "surrogatepass") for sign in WEAPONS]),
        "listing": (listing, [path.encode() for path in LISTED]),
        "log": (lambda data: parse_log(data.decode("utf-8", "replace")), [log]),
        "result": (result, [b'{"Picture": {"path": "a", "digest": "b", "width": 1, "height": 1, "bytes": 1}}']),
    }


def decoders() -> dict[str, tuple[Callable[[bytes], object], list[bytes]]]:
    """Each decoder of pictures, with what its format holds: scans, frames, depths, palettes, turns, profiles, texts."""
    drawn, small = Image.open(io.BytesIO(png(64, 96))), Image.effect_noise((48, 32), 90)
    exif, text = Image.Exif(), PngInfo()
    exif[0x0112] = 6
    text.add_itxt("a", "b" * 500, zip=True)
    extra: dict[str, object] = {"exif": exif, "icc_profile": bytes(300)}
    frames: dict[str, object] = {"save_all": True, "append_images": [drawn.rotate(90), drawn]}
    odd = [make() for make in ODD.values()]
    pngs = [
        *(saved(image, "PNG", **extra) for image in (drawn, drawn.convert("P"), drawn.convert("RGBA"), small)),
        saved(small.convert("I;16"), "PNG", pnginfo=text),
        saved(drawn.convert("1"), "PNG", **frames),
    ]
    jpegs = [
        *(saved(drawn, "JPEG", progressive=progressive, subsampling=part, **extra)
          for progressive in (False, True) for part in (0, 2)),
        *(saved(drawn.convert(mode), "JPEG", progressive=True) for mode in ("L", "CMYK")),
    ]  # fmt: skip
    webps = [saved(drawn.convert(mode), "WEBP", lossless=mode == "RGBA", **extra) for mode in ("RGB", "RGBA")]
    return {
        "png": (lambda data: inspect(with_checksums(data)), pngs + [each for each in odd if each[1:4] == b"PNG"]),
        "jpeg": (inspect, jpegs + [each for each in odd if each[:2] == b"\xff\xd8"]),
        "webp": (inspect, [*webps, saved(drawn, "WEBP", **frames)]),
    }


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the sums that belong to them: else none of the damage would get as far as a decoder."""
    data, place = bytearray(content), 8
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        data[end : end + 4] = zlib.crc32(data[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(data[: len(content)])


def damaged(example: bytes, rng: random.Random) -> bytes:
    """A few changes: bits, cuts, repeats, and values that parsers dislike."""
    data = bytearray(example)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[place % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[place : place + rng.randint(1, 40)]
            case 2:
                data[place:place] = rng.randbytes(rng.randint(1, 8))
            case 3:
                data[place:place] = data[place : place + rng.randint(1, 200)] * rng.randint(1, 5)
            case 4:
                data[place:place] = rng.choice(NASTY)
            case _:
                del data[place:]
    return bytes(data)


NASTY = [
    *(b"null", b"-1", b"1e999", b"NaN", b"[" * 2000, b'{"a":' * 500, b"\\ud800", b"\x00", b"\xff\xfe", b"\r\n"),
    *(b"9" * 400, b'"', b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"\xe2\x80\xae", b"true", b"0000-00-00"),
]


def main(seconds: float, seed: int) -> int:
    targets = examples()
    print(f"seed {seed}, {seconds:g} s for {len(targets)} parsers", flush=True)
    for name, (target, good) in targets.items():
        rng = random.Random(f"{seed} {name}")
        deadline = time.monotonic() + seconds / len(targets)
        tried = 0
        while time.monotonic() < deadline:
            data = damaged(rng.choice(good), rng)
            began = time.monotonic()
            try:
                with suppress(FrontispieceError):
                    target(data)
            except BaseException as error:
                print(f"{name}: {type(error).__name__}: {error}\n  from {data[:2000]!r}")
                return 1
            if time.monotonic() - began > SLOW:
                print(f"{name}: took {time.monotonic() - began:.1f} s\n  for {data[:2000]!r}")
                return 1
            tried += 1
        print(f"  {name}: {tried} tried", flush=True)
    return 0


if __name__ == "__main__":
    given = [*sys.argv[1:], "60", str(random.SystemRandom().randrange(10**6))]
    sys.exit(main(float(given[0]), int(given[1] if len(sys.argv) > 2 else given[-1])))
