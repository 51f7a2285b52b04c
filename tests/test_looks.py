"""A picture that is none is noticed: black, blank, too small, or another paper's."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from tasks.archive.jpeg import ImageFacts, inspect
from tasks.archive.looks import ALIKE, distance, flaw


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
    others = {"2410.00002": look(scene(2)).dhash}
    found = flaw(look(image, kind_of_file), others)
    assert found is not None
    assert found.kind == kind
    if kind == "duplicate":
        assert "2410.00002" in found.message


def test_different_scenes_pass() -> None:
    seen: dict[str, str] = {}
    for seed in range(20):
        facts = look(scene(seed * 7 + 1))
        assert flaw(facts, seen) is None
        seen[str(seed)] = facts.dhash


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), quality=st.integers(50, 95), width=st.integers(300, 900))
def test_a_picture_is_alike_to_its_copies(seed: int, quality: int, width: int) -> None:
    image = scene(seed)
    copy = image.resize((width, width * 720 // 384), Image.Resampling.LANCZOS)
    assert distance(look(image).dhash, look(copy, "JPEG", quality=quality).dhash) <= ALIKE


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
