"""The checker that runs a program; a script stands in its place, and once the program itself."""

import asyncio
import io
import json
import os
import shutil
from pathlib import Path

import pytest
from fakes.providers import SEED_PAPER, prompt
from helpers.papers import paper
from helpers.reader import Reader
from PIL import Image

from frontispiece.archive.images import at_side
from frontispiece.checkers import label, open_checker
from frontispiece.checkers.tesseract import Tesseract
from frontispiece.errors import BadInput, ProviderBroken, ProviderUnavailable
from frontispiece.lineart.drawing import draw
from frontispiece.lineart.plan import plan_scene
from frontispiece.painters.lineart import seed_of
from frontispiece.settings import load_settings

ROOT = Path(__file__).parents[3]


def checker(program: Path | str, **settings: object) -> Tesseract:
    return Tesseract(load_settings(tesseract=str(program), **settings))  # type: ignore[arg-type]


async def test_words_that_it_is_sure_of_are_read(tmp_path: Path) -> None:
    reader = Reader(tmp_path, [(95.1, "SHADOWKV"), (12.0, "HATCH"), (80.0, "~~|"), (91.0, "e"), (70.5, "7B")])
    reading = await checker(reader.program).read(b"a picture", SEED_PAPER, prompt())
    assert (reading.words, reading.dollars, reading.request_id) == ("SHADOWKV 7B", 0.0, None)
    assert reader.picture == b"a picture"
    assert reader.asked == [["-", "-", "--psm", "11", "--dpi", "150", "-l", "eng", "tsv"]]


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        pytest.param("echo 'Image too small' >&2; exit 1", ProviderBroken, "Image too small", id="it fails"),
        pytest.param("kill -9 $$", ProviderBroken, "failed", id="it is killed"),
        pytest.param(None, ProviderUnavailable, "cannot be started", id="it goes away"),
    ],
)
async def test_how_it_fails_is_said(tmp_path: Path, script: str | None, error: type[Exception], words: str) -> None:
    program = Reader(tmp_path, "").program
    built = checker(program)
    if script is None:
        program.unlink()
    else:
        program.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(error, match=words):
        await built.read(b"", SEED_PAPER, prompt())


async def test_who_is_cancelled_leaves_no_program_behind(tmp_path: Path) -> None:
    program, pipe = Reader(tmp_path, "").program, tmp_path / "begun"
    os.mkfifo(pipe)
    program.write_text(f"#!/bin/sh\necho $$ > '{pipe}'\nexec sleep 60\n")
    reading = asyncio.create_task(checker(program).read(b"", SEED_PAPER, prompt()))
    number = int(await asyncio.to_thread(pipe.read_text))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


async def test_without_the_program_or_its_language_nothing_is_begun(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="install tesseract") as missing:
        open_checker("tesseract", load_settings(tesseract=str(tmp_path / "none")))
    assert str(missing.value).count(". ") == 0
    program = Reader(tmp_path, "").program
    assert await checker(program).check() == ()
    for other in ("true", "echo"):
        with pytest.raises(BadInput, match=f"^FRONTISPIECE_TESSERACT: .*/{other} is not tesseract"):
            await checker(other).check()
    with pytest.raises(BadInput, match="tesseract-ocr-rus"):
        await checker(program, tesseract_languages="eng+rus").check()


def test_nobody_looks_unless_somebody_is_asked() -> None:
    assert open_checker("none", load_settings()) is None


@pytest.mark.parametrize(
    ("size", "side", "becomes"),
    [
        pytest.param((384, 720), 1536, (819, 1536), id="larger"),
        pytest.param((384, 720), 360, (192, 360), id="smaller"),
        pytest.param((32, 64), 3072, (128, 256), id="four times at most"),
    ],
)
def test_a_picture_is_shown_as_large_as_it_is_wanted(
    size: tuple[int, int], side: int, becomes: tuple[int, int]
) -> None:
    file = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 0)).save(file, "PNG")
    with Image.open(io.BytesIO(at_side(file.getvalue(), side))) as shown:
        assert (shown.format, shown.size, shown.getpixel((0, 0))) == ("JPEG", becomes, (255, 255, 255))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs tesseract: apt-get install tesseract-ocr")
async def test_most_labels_of_ink_drawings_read_and_others_do_not() -> None:
    reader, read, planned = checker("tesseract"), [], []
    entries = [json.loads(line) for line in (ROOT / "data/sample/arxiv-sample.jsonl").read_text("utf-8").splitlines()]
    for entry in entries[1::10]:
        one = paper(entry["id"], " ".join(entry["title"].split()), abstract=entry["abstract"])
        plan = plan_scene(one)
        drawing = draw(plan, seed_of(one, plan)).png
        words = ""
        for side in reader.sides:
            words += f" {(await reader.read(at_side(drawing, side), SEED_PAPER, prompt())).words}"
            if label.is_enough(label.score(plan.label, words)):
                break
        planned.append(plan.label)
        read.append(words)
    right = [label.is_enough(label.score(wanted, words)) for wanted, words in zip(planned, read, strict=True)]
    wrong = [label.is_enough(label.score(wanted, words)) for wanted, words in zip(planned, read[1:], strict=False)]
    assert sum(right) >= 0.8 * len(right)
    assert not any(wrong)
