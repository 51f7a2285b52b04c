"""A picture that is none is noticed: black, blank, too small, or another paper's."""

import io

import pytest
from helpers.papers import paper
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from frontispiece.archive.duplicates import ALIKE, DuplicateDetector, Flaw, distance
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


def flaw(detector: DuplicateDetector, facts: ImageFacts, paper_id: str = "2410.00001") -> Flaw | None:
    """What `detector` says of a picture of this paper, kept as painting tasks keep it."""
    flat = "black" if facts.black else "blank" if facts.blank else None
    original = Original(
        **{"digest": "0" * 64, "path": "originals/0.png", "format": "png", "bytes": 1},
        **{"width": facts.width, "height": facts.height, "flat": flat, "dhash": facts.dhash},
    )
    return detector.flaw(paper(paper_id), original)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        pytest.param(Image.new("RGB", (384, 720), "black"), "black", id="all black"),
        pytest.param(Image.new("RGB", (384, 720), "white"), "blank", id="all white"),
        pytest.param(Image.new("RGB", (384, 720), (90, 120, 200)), "blank", id="one colour"),
        pytest.param(Image.new("RGBA", (384, 720), (0, 0, 0, 0)), "blank", id="all transparent"),
        pytest.param(scene(1).resize((63, 120)), "small", id="too small"),
        pytest.param(scene(2), "duplicate", id="another paper's"),
        pytest.param(scene(2).resize((768, 1440)), "duplicate", id="another paper's, enlarged"),
    ],
)
@pytest.mark.parametrize("kind_of_file", ["PNG", "JPEG", "WEBP"])
def test_flaws_are_noticed(image: Image.Image, kind: str, kind_of_file: str) -> None:
    image = image if kind_of_file != "JPEG" or image.mode == "RGB" else Image.new("RGB", image.size, "white")
    found = flaw(DuplicateDetector({"2410.00002": look(scene(2)).dhash}), look(image, kind_of_file))
    assert found is not None
    assert found.kind == kind
    if kind == "duplicate":
        assert "2410.00002" in found.message


def test_different_scenes_pass() -> None:
    detector = DuplicateDetector()
    for seed in range(20):
        assert flaw(detector, look(scene(seed * 7 + 1)), f"2410.{seed:05d}") is None


def test_a_paper_may_look_like_itself() -> None:
    detector = DuplicateDetector()
    assert [flaw(detector, look(scene(2))) for _ in range(2)] == [None, None]
    found = flaw(detector, look(scene(2)), "2410.00002")
    assert found is not None
    assert found.kind == "duplicate"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), quality=st.integers(90, 95))
def test_a_picture_is_alike_to_its_copies(seed: int, quality: int) -> None:
    image = scene(seed)
    assert distance(look(image).dhash, look(image, "JPEG", quality=quality).dhash) <= ALIKE


def test_a_nearly_blank_picture_is_not_blank() -> None:
    image = Image.new("RGB", (384, 720), "white")
    image.putpixel((100, 100), (200, 200, 200))
    facts = look(image)
    assert not facts.blank
    assert not facts.black
    assert not look(scene(3).filter(ImageFilter.GaussianBlur(9))).blank


def test_the_distance_counts_bits() -> None:
    assert distance("0" * 64, "f" * 64) == 256
    assert distance("ab" * 32, "ab" * 32) == 0
