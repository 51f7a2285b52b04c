"""A picture that is none is noticed: black, blank, too small, or another paper's; a resemblance is a remark."""

import io

import pytest
from helpers.papers import paper
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from frontispiece.archive.duplicates import ALIKE, DuplicateDetector
from frontispiece.archive.images import ImageFacts, inspect
from frontispiece.models import Original


def scene(seed: int, size: tuple[int, int] = (384, 720)) -> Image.Image:
    """A few strokes and shapes on white, as line art has them."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for number in range(12):
        x, y = (seed * 97 + number * 61) % size[0], (seed * 53 + number * 131) % size[1]
        pen.ellipse((x - 50, y - 40, x + 60, y + 70), outline="black", width=5)
        pen.line((x, y, (x * 7 + seed) % size[0], (y * 3 + seed) % size[1]), fill=(200, 30, 40), width=9)
    return image


def look(image: Image.Image, kind: str = "PNG", **options: int) -> ImageFacts:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return inspect(file.getvalue())


def original_of(facts: ImageFacts, digest: str = "1" * 64) -> Original:
    """As painting tasks keep it."""
    flat = "black" if facts.black else "blank" if facts.blank else None
    return Original(
        **{"digest": digest, "path": f"originals/{digest}.png", "format": "png", "bytes": 1},
        **{"width": facts.width, "height": facts.height, "flat": flat, "dhash": facts.dhash},
    )


@pytest.fixture
def detector() -> DuplicateDetector:
    """One that knows the picture of 2410.00002."""
    detector = DuplicateDetector()
    detector.recall("2410.00002", "2" * 64, look(scene(2)).dhash)
    return detector


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        pytest.param(Image.new("RGB", (384, 720), "black"), "black", id="all black"),
        pytest.param(Image.new("RGB", (384, 720), "white"), "blank", id="all white"),
        pytest.param(Image.new("RGB", (384, 720), (90, 120, 200)), "blank", id="one colour"),
        pytest.param(Image.new("RGBA", (384, 720), (0, 0, 0, 0)), "blank", id="all transparent"),
        pytest.param(scene(1).resize((63, 120)), "small", id="too small"),
    ],
)
@pytest.mark.parametrize("kind_of_file", ["PNG", "JPEG", "WEBP"])
def test_flaws_are_noticed(detector: DuplicateDetector, image: Image.Image, kind: str, kind_of_file: str) -> None:
    image = image if kind_of_file != "JPEG" or image.mode == "RGB" else Image.new("RGB", image.size, "white")
    found = detector.flaw(paper("2410.00001"), original_of(look(image, kind_of_file)))
    assert found is not None
    assert found.kind == kind


def test_the_bytes_of_another_paper_are_a_flaw_and_ones_own_are_none(detector: DuplicateDetector) -> None:
    theirs = original_of(look(scene(2)), "2" * 64)
    found = detector.flaw(paper("2410.00001"), theirs)
    assert found is not None
    assert (found.kind, found.message) == ("duplicate", "The picture of 2410.00001 is that of 2410.00002.")
    assert detector.flaw(paper("2410.00002"), theirs) is None


@pytest.mark.parametrize("size", [(384, 720), (768, 1440)], ids=["as large", "enlarged"])
@pytest.mark.parametrize("kind_of_file", ["PNG", "JPEG", "WEBP"])
def test_a_resemblance_is_a_remark(detector: DuplicateDetector, size: tuple[int, int], kind_of_file: str) -> None:
    alike = original_of(look(scene(2).resize(size), kind_of_file))
    assert detector.flaw(paper("2410.00001"), alike) is None
    assert detector.resembles(paper("2410.00001"), alike) == "2410.00002"
    assert detector.resembles(paper("2410.00002"), alike) == "2410.00001"


def test_different_scenes_do_not_resemble(detector: DuplicateDetector) -> None:
    for seed in range(20):
        assert detector.resembles(paper(f"2410.1{seed:04d}"), original_of(look(scene(seed * 7 + 1)))) is None


def test_a_paper_may_look_like_itself(detector: DuplicateDetector) -> None:
    assert detector.resembles(paper("2410.00002"), original_of(look(scene(2)))) is None


def test_what_a_picture_of_unknown_look_resembles_is_unknown(detector: DuplicateDetector) -> None:
    unknown = original_of(look(scene(2))).model_copy(update={"dhash": ""})
    assert detector.resembles(paper("2410.00001"), unknown) is None


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), quality=st.integers(90, 95))
def test_a_picture_is_alike_to_its_copies(seed: int, quality: int) -> None:
    image = scene(seed)
    one, copy = (int(facts.dhash, 16) for facts in (look(image), look(image, "JPEG", quality=quality)))
    assert (one ^ copy).bit_count() <= ALIKE


def test_a_nearly_blank_picture_is_not_blank() -> None:
    image = Image.new("RGB", (384, 720), "white")
    image.putpixel((100, 100), (200, 200, 200))
    facts = look(image)
    assert not facts.blank
    assert not facts.black
    assert not look(scene(3).filter(ImageFilter.GaussianBlur(9))).blank
