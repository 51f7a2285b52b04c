"""The painter of line art: every motif and scene, the lettering, and the worker processes."""

import asyncio
import io
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.providers import SEED_PAPER
from helpers.papers import paper
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from frontispiece.errors import ProviderBroken, ProviderUnavailable
from frontispiece.lineart.composition import Composition
from frontispiece.lineart.drawing import draw, is_mirrored
from frontispiece.lineart.geometry import Box, Frame
from frontispiece.lineart.label import CYRILLIC, GREEK, LABEL_LIMIT, MARKS, SIGNS, SUBSCRIPTS, SUPERSCRIPTS, brief_title
from frontispiece.lineart.lettering import capitals, glyph, set_text
from frontispiece.lineart.motifs import MOTIFS
from frontispiece.lineart.pen import Display, Pen, Tone
from frontispiece.lineart.plan import plan_scene
from frontispiece.lineart.raster import HEIGHT, WIDTH, to_png
from frontispiece.lineart.scenery import Sheet
from frontispiece.lineart.scenes import SCENES
from frontispiece.models import Prompt, ScenePlan
from frontispiece.painters import open_painter
from frontispiece.painters.interface import Canvas, Ticket
from frontispiece.painters.lineart import LineArt, seed_of
from frontispiece.settings import Settings
from frontispiece.sources.snapshot import SAMPLE

ROOT = Path(__file__).parents[3]
PAGE = Box(0, 0, WIDTH, HEIGHT)
NAMES = list(MOTIFS)
LONG = "Personalization of Large Language Models now"
ACCENT = (0xE2, 0x4A, 0x33)


def plan(scene: str = "whale", hero: str = "apple", label: str = "Attention Is All You Need") -> ScenePlan:
    first, second = [name for name in ("key", "crane", "bulb") if name != hero][:2]
    return ScenePlan(scene=scene, hero=hero, minors=(first, second), accent="#e24a33", label=label)


def prompt(scene: ScenePlan | None = None, text: str = "A mirror") -> Prompt:
    return Prompt(text=text, writer="template", model="t", request="r", seconds=0.0, dollars=0.0, plan=scene)


def bounds(display: Display) -> Box:
    xs = [x for _, line, _ in display for x, _ in line]
    ys = [y for _, line, _ in display for _, y in line]
    return Box(min(xs), min(ys), max(xs), max(ys))


def lies_within(inner: Box, outer: Box, slack: float) -> bool:
    grown = outer.inset(-slack)
    return (
        grown.left <= inner.left
        and grown.top <= inner.top
        and inner.right <= grown.right
        and inner.bottom <= grown.bottom
    )


def pixels(png: bytes) -> tuple[float, float]:
    """Shares of the page that are dark, and of the pure accent colour."""
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        assert picture.size == (WIDTH, HEIGHT)
        counted = {colour: count for count, colour in picture.convert("RGB").getcolors(256) or []}
    total = sum(counted.values())
    dark = sum(count for colour, count in counted.items() if max(colour) < 128)
    return dark / total, counted.get(ACCENT, 0) / total


# ---- motifs


@pytest.mark.parametrize("size", [40, 180])
@pytest.mark.parametrize("name", NAMES)
def test_a_motif_stays_within_its_extent_and_shows_ink_and_accent(name: str, size: float) -> None:
    for seed in range(3):
        pen = Pen(seed)
        MOTIFS[name].draw(pen, Frame(0, 0, size))
        left, top, right, bottom = MOTIFS[name].extent
        extent = Box(left * size, top * size, right * size, bottom * size)
        assert lies_within(bounds(pen.display), extent, 5 + 0.03 * size)
        assert {Tone.INK, Tone.ACCENT} <= {tone for tone, _, _ in pen.display}


@pytest.mark.parametrize("name", NAMES)
def test_a_motif_is_fitted_into_its_box(name: str) -> None:
    box, motif = Box(100, 200, 300, 500), MOTIFS[name]
    tops = []
    for align in ("head", "middle", "foot"):
        filled, frame = motif.fitted(box, align)
        assert lies_within(filled, box, 1e-6)
        assert filled.width == pytest.approx(box.width) or filled.height == pytest.approx(box.height)
        assert frame.point(motif.extent.left, motif.extent.top) == pytest.approx((filled.left, filled.top))
        tops.append(filled.top)
    assert tops == sorted(tops)
    assert tops[0] == pytest.approx(box.top)


# ---- scenes


class ObservedSheet(Sheet):
    """Notes where hero and label went: what was on the display before and after."""

    seen: dict[str, tuple[int, int]]
    boxes: list[Box]
    cap_heights: list[float]

    def __init__(self, seed: int, plan: ScenePlan, mirrored: bool = False) -> None:
        minors = (plan.minors[0], plan.minors[1])
        super().__init__(Pen(seed, mirrored), plan.hero, minors, plan.label, Composition.of(seed))
        for name, value in (("seen", {}), ("boxes", []), ("cap_heights", [])):
            object.__setattr__(self, name, value)

    def draw_hero(self, frame: Frame) -> None:
        start = len(self.pen.display)
        super().draw_hero(frame)
        self.seen["hero"] = start, len(self.pen.display)

    def letter(self, box: Box, tilt: float = 0.0, bend: object = None, largest: float = 54.0) -> None:
        start = len(self.pen.display)
        super().letter(box, tilt, bend, largest)  # type: ignore[arg-type]
        self.seen["label"] = start, len(self.pen.display)
        self.boxes.append(box)
        text = bounds(self.pen.display[start:])
        assert lies_within(text, box, 30)  # ribbon, cup and whale bend it
        self.cap_heights.append(set_text(self.label, box.width, box.height, largest).cap_height)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_has_one_legible_label_that_nothing_covers(scene: str, seed: int) -> None:
    sheet = ObservedSheet(seed, plan(scene, label=LONG), mirrored=seed % 2 == 1)
    SCENES[scene](sheet)
    assert len(sheet.boxes) == 1
    assert sheet.cap_heights[0] * sheet.look.zoom >= 15
    start, end = sheet.seen["label"]
    text = bounds(sheet.pen.display[start:end])
    assert lies_within(text, PAGE, 0)
    for mark in sheet.pen.display[end:]:
        over = bounds([mark])
        assert over.right < text.left or over.left > text.right or over.bottom < text.top or over.top > text.bottom


@pytest.mark.parametrize("hero", ["tree", "eye", "helix", "wave", "bulb", "horn"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_scenes_hero_is_large_and_on_the_page(scene: str, hero: str) -> None:
    sheet = ObservedSheet(2, plan(scene, hero))
    SCENES[scene](sheet)
    start, end = sheet.seen["hero"]
    box = bounds(sheet.pen.display[start:end])
    assert lies_within(box, PAGE, 0)
    assert max(box.width, box.height) >= 90


@pytest.mark.parametrize("scene", SCENES)
def test_a_picture_is_neither_blank_nor_crowded(scene: str) -> None:
    dark, accent = pixels(draw(plan(scene), 4).png)
    assert 0.02 < dark < 0.85
    assert accent > 0.002


@pytest.mark.parametrize("index", range(len(NAMES)), ids=NAMES)
def test_every_motif_can_be_the_hero_and_a_minor(index: int) -> None:
    hero, first, second = (NAMES[(index + n) % len(NAMES)] for n in range(3))
    scene = list(SCENES)[index % len(SCENES)]
    dark, accent = pixels(draw(plan(scene, hero).model_copy(update={"minors": (first, second)}), index).png)
    assert 0.02 < dark < 0.85
    assert accent > 0.0003


def test_the_same_plan_and_seed_give_the_same_bytes() -> None:
    assert draw(plan(), 7) == draw(plan(), 7)
    assert draw(plan(), 7) != draw(plan(), 8)
    assert draw(plan(), 7) != draw(plan(hero="moon"), 7)


def test_the_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import sys; from frontispiece.models import ScenePlan; from frontispiece.lineart.drawing import draw;"
        f"sys.stdout.buffer.write(b''.join(draw(ScenePlan.model_validate_json({plan().model_dump_json()!r}), 7)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
    )
    assert other.stdout == b"".join(draw(plan(), 7))


def test_mirroring_turns_the_picture_but_not_the_letters() -> None:
    straight, turned = Pen(3), Pen(3, mirrored=True)
    for pen in (straight, turned):
        Sheet(pen, "apple", ("key", "crane"), "L").letter(Box(300, 300, 468, 400))
    upright = bounds([fill for fill in straight.display if fill[0] is Tone.INK])
    assert upright.left < WIDTH - 1
    rows = [sum(x for x, _ in line) / len(line) for _, line, _ in straight.display]
    mirrored_rows = [WIDTH - sum(x for x, _ in line) / len(line) for _, line, _ in turned.display]
    assert sum(rows) / len(rows) == pytest.approx(sum(mirrored_rows) / len(mirrored_rows), abs=1.5)


def test_the_raster_mixes_ink_and_accent_exactly() -> None:
    half = [(Tone.INK, [(0.0, 0.0), (383.0, 0.0), (383.0, 1024.0), (0.0, 1024.0)], None)]
    picture = Image.open(io.BytesIO(to_png(half, "#102030"))).convert("RGB")
    assert picture.getpixel((100, 500)) == (24, 23, 30)
    assert picture.getpixel((700, 500)) == (255, 255, 255)
    full = [(Tone.ACCENT, [(0.0, 0.0), (770.0, 0.0), (770.0, 1030.0), (0.0, 1030.0)], None)]
    assert Image.open(io.BytesIO(to_png(full, "#102030"))).convert("RGB").getpixel((5, 5)) == (16, 32, 48)


# ---- lettering


LATIN = [chr(code) for code in range(0xC0, 0x250) if unicodedata.normalize("NFD", chr(code))[1:] in list(MARKS)]


@pytest.mark.parametrize(
    "signs",
    ["".join(map(chr, range(32, 127))), GREEK, CYRILLIC, SIGNS, SUPERSCRIPTS, SUBSCRIPTS, "".join(LATIN)],
    ids=["ascii", "greek", "cyrillic", "signs", "superscripts", "subscripts", "latin"],
)
def test_whatever_a_label_may_hold_has_a_glyph(signs: str) -> None:
    for sign in signs:
        if brief_title(f"aaa{sign}") == f"aaa{sign}" or sign in GREEK + SIGNS:
            for drawn in capitals(sign):
                assert glyph(drawn).width > 0
                assert drawn == " " or glyph(drawn).strokes


def test_accents_greek_and_indices_are_drawn() -> None:
    assert capitals("LLäMmlein") == "LLÄMMLEIN"
    assert len(glyph("Ä").strokes) == len(glyph("A").strokes) + 2
    assert capitals("Top-nσ straße") == "TOP-Nσ STRASSE"
    assert glyph("σ").strokes != glyph("Σ").strokes != glyph("S").strokes
    raised, lowered, plain = ([y for stroke in glyph(sign).strokes for _, y in stroke] for sign in ("²", "₂", "2"))
    assert max(raised) < max(plain)
    assert min(lowered) > min(plain)


@given(st.text(max_size=120))
def test_any_label_can_be_set_within_its_box(title: str) -> None:
    label = brief_title(title) or "arXiv:2410.24175"
    setting = set_text(label, 300, 100)
    assert 0 < setting.cap_height < 54.001
    assert " ".join(setting.rows) == " ".join(capitals(label).split())
    for row in setting.rows:
        assert setting.scale * sum(glyph(sign).width for sign in row) <= 300.001


def test_the_longest_word_is_still_drawn() -> None:
    assert draw(plan("jar", label="W" * LABEL_LIMIT), 1)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs tesseract: apt-get install tesseract-ocr")
def test_labels_are_read_by_a_machine(tmp_path: Path) -> None:
    wrong, one_thread = [], {**os.environ, "OMP_THREAD_LIMIT": "1"}
    entries = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
    for rank, entry in enumerate(entries[::2]):
        one = paper(entry["id"], " ".join(entry["title"].split()), abstract=entry["abstract"], rank=rank)
        planned = plan_scene(one)
        seed = seed_of(one, planned)
        sheet = ObservedSheet(seed, planned, is_mirrored(seed))
        SCENES[planned.scene](sheet)
        start, end = sheet.seen["label"]
        left, top, right, bottom = bounds(sheet.pen.display[start:end]).inset(-4)
        left, right = (WIDTH - right, WIDTH - left) if sheet.pen.mirrored else (left, right)
        with Image.open(io.BytesIO(draw(planned, seed).png)) as picture:
            label = picture.convert("L").crop((int(left), int(top), int(right), int(bottom)))
        larger = label.resize((3 * label.width, 3 * label.height), Image.Resampling.LANCZOS)
        ImageOps.expand(larger, 40, 255).save(tmp_path / "label.png")
        command = ["tesseract", str(tmp_path / "label.png"), "-", "--psm", "6"]
        read = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread).stdout
        if letters_of(read) != letters_of(planned.label):
            wrong.append((planned.scene, planned.label, read))
    assert len(wrong) <= 0.05 * len(entries[::2]), wrong


def letters_of(text: str) -> str:
    """Letters and digits; a slashed zero is read as an O now and then."""
    return "".join(filter(str.isalnum, text.upper())).replace("0", "O")


# ---- the painter


@pytest.fixture(scope="module")
async def painter() -> AsyncIterator[LineArt]:
    opened = LineArt(Settings())
    yield opened
    await opened.close()


async def test_a_prompt_with_a_plan_is_drawn_as_planned(painter: LineArt) -> None:
    scene = plan()
    canvas = await painter.submit(SEED_PAPER, prompt(scene))
    assert canvas.seed == str(seed_of(SEED_PAPER, scene))
    assert (canvas.image, canvas.vector) == draw(scene, int(canvas.seed))
    assert (canvas.model, canvas.dollars, canvas.request_id, canvas.url) == ("lineart-1", 0.0, None, None)
    assert canvas.seconds > 0


async def test_a_foreign_prompt_is_planned_from_its_words(painter: LineArt) -> None:
    text = "A molecule of protein, chemistry and atoms"
    untitled = paper(title="Untitled", abstract="")
    canvas = await painter.submit(untitled, prompt(text=text))
    scene = plan_scene(untitled, text)
    assert scene.hero == "molecule"
    assert canvas.image == draw(scene, seed_of(untitled, scene)).png


async def test_several_pictures_at_once(painter: LineArt) -> None:
    scenes = list(SCENES)[:5]
    drawn = await asyncio.gather(*(painter.submit(SEED_PAPER, prompt(plan(scene))) for scene in scenes))
    assert all(isinstance(canvas, Canvas) for canvas in drawn)
    assert len({canvas.image for canvas in drawn}) == 5
    assert len(multiprocessing.active_children()) <= (os.cpu_count() or 1)


async def test_a_plan_of_unknown_things_is_an_error_of_one_sentence(painter: LineArt) -> None:
    with pytest.raises(ProviderBroken, match=r"cannot draw the plan of 'Attention Is All You Need'"):
        await painter.submit(SEED_PAPER, prompt(plan(hero="unicorn")))
    with pytest.raises(ProviderBroken, match="cannot draw"):
        await painter.submit(SEED_PAPER, prompt(plan().model_copy(update={"minors": ("key",)})))


async def test_there_are_no_orders_to_collect(painter: LineArt) -> None:
    ticket = Ticket(request_id="x1", status_url="", response_url="", sent_at=datetime(2024, 11, 1, tzinfo=UTC))
    with pytest.raises(ProviderBroken, match="x1"):
        await painter.collect(ticket)
    assert await painter.recent(SEED_PAPER, prompt(), datetime(2024, 11, 1, tzinfo=UTC)) is None


async def test_a_dead_worker_is_replaced_and_close_leaves_none() -> None:
    opened = open_painter("lineart", Settings())
    before = set(multiprocessing.active_children())
    await opened.submit(SEED_PAPER, prompt(plan()))
    workers = set(multiprocessing.active_children()) - before
    assert workers
    # A terminal, and who stops a service, tell all of a program's processes.
    for told in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for worker in workers:
            os.kill(worker.pid or 0, told)
    assert await opened.submit(SEED_PAPER, prompt(plan())), "only the program ends them"
    for worker in workers:
        os.kill(worker.pid or 0, signal.SIGKILL)
    with pytest.raises(ProviderUnavailable, match="worker"):
        await opened.submit(SEED_PAPER, prompt(plan()))
    assert await opened.submit(SEED_PAPER, prompt(plan()))
    await opened.close()
    assert set(multiprocessing.active_children()) <= before
    await opened.close()


def test_a_killed_program_leaves_no_worker() -> None:
    code = """
import asyncio, multiprocessing, os, signal, sys
sys.path += ["tests", "tests/frontispiece/lineart"]
from test_lineart import SEED_PAPER, LineArt, Settings, plan, prompt
async def main():
    await LineArt(Settings()).submit(SEED_PAPER, prompt(plan()))
    print(len(multiprocessing.active_children()), "worker", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    # The program and its workers share this pipe: it ends only when the last of them has.
    program = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False)
    assert program.returncode == -signal.SIGKILL
    assert program.stdout.strip() == b"1 worker"
