"""The picture tells its own story to other programs: exiftool and Pillow read it back."""

import io
import json
import re
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from helpers.stocked import png
from PIL import Image, ImageCms

from frontispiece.archive.images import Provenance, read_provenance, to_jpeg
from frontispiece.archive.provenance import from_xmp, to_xmp

EXIFTOOL = shutil.which("exiftool")
PAINTED = Provenance(
    title="Ψ-Nets: $\\nabla^2$ & <Others>",
    paper_id="2410.24175",
    paper_url="https://arxiv.org/abs/2410.24175",
    prompt="A surreal “drawing”, & <one> label: Größe",
    recipe="0123456789abcdef",
    writer="openai",
    writer_model="gpt-4o-mini",
    painter="fal",
    painter_model="fal-ai/flux/schnell",
    seed="15619174981588513000",
    original="ab" * 32,
    run="7f6c2a52-0f3e-4b8e-9a39-6f1d2f0c9e11",
    made=datetime(2024, 11, 1, 6, 7, 8, tzinfo=UTC),
    created=date(2024, 10, 31),
    subjects=("cs.CL", "math.PR"),
)
DRAWN = PAINTED.model_copy(
    update={"painter": "lineart", "painter_model": "lineart-1", "is_ai": False, "run": None, "made": None}
)


def jpeg(provenance: Provenance) -> bytes:
    return to_jpeg(png(1), 60, provenance)[0]


@pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed (Debian: libimage-exiftool-perl)")
@pytest.mark.parametrize(
    ("provenance", "source_type"),
    [
        pytest.param(PAINTED, "trainedAlgorithmicMedia", id="painted"),
        pytest.param(DRAWN, "algorithmicMedia", id="drawn"),
    ],
)
def test_exiftool_reads_the_story(provenance: Provenance, source_type: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg(provenance))
    command = [str(EXIFTOOL), "-json", "-G1", "-n", "-validate", "-all", str(path)]
    (tags,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert tags["XMP-dc:Title"] == "Ψ-Nets: ∇² & <Others>"
    assert tags["XMP-frontispiece:Title"] == provenance.title
    assert tags["XMP-dc:Creator"] == provenance.painter_model
    assert tags["XMP-dc:Subject"] == ["cs.CL", "math.PR"]
    assert tags["XMP-dc:Description"] == tags["XMP-iptcCore:AltTextAccessibility"] == provenance.prompt
    assert "without a human author" in tags["XMP-dc:Rights"]
    assert tags["ExifIFD:ColorSpace"] == 1
    assert tags["XMP-dc:Source"] == provenance.paper_url
    assert tags["XMP-iptcExt:AIPromptInformation"] == provenance.prompt
    assert tags["XMP-iptcExt:DigitalSourceType"].endswith(f"/{source_type}")
    assert tags["XMP-frontispiece:Recipe"] == provenance.recipe
    assert tags["XMP-frontispiece:PainterModel"] == provenance.painter_model
    assert tags["XMP-frontispiece:WriterModel"] == provenance.writer_model
    assert str(tags["XMP-frontispiece:Seed"]) == provenance.seed
    assert tags["XMP-frontispiece:Original"] == provenance.original
    assert tags.get("XMP-frontispiece:Run") == provenance.run
    assert ("XMP-frontispiece:Made" in tags) == (provenance.made is not None)
    made = "2024:11:01 06:07:08" if provenance.made else "2024:10:31 00:00:00"
    assert tags["ExifIFD:DateTimeOriginal"] == made
    assert tags["XMP-xmp:CreateDate"].startswith(made[:10])
    assert tags["XMP-frontispiece:Filed"] == "2024-10-31"
    assert tags["ExifTool:Validate"] == "0 0 0"
    assert "ExifTool:Error" not in tags
    assert "ExifTool:Warning" not in tags


def test_pillow_reads_the_story() -> None:
    with Image.open(io.BytesIO(jpeg(PAINTED))) as image:
        assert b"2410.24175" in image.info["xmp"]
        assert image.getexif()[0x010E] == "-Nets: 2 & <Others> https://arxiv.org/abs/2410.24175"
        assert str(image.getexif()[0x0131]).startswith("Frontispiece")


def test_a_story_of_before_tells_its_date() -> None:
    """When CreateDate was the date a picture is filed under."""
    packet = to_xmp(PAINTED)
    before = re.sub(
        rb"<frontispiece:(Filed|Title)>.*?</frontispiece:(Filed|Title)>|<dc:subject>.*?</dc:subject>", b"", packet
    )
    before = re.sub(rb"(<xmp:CreateDate>).*?(</)", rb"\g<1>2024-10-31\2", before)
    told = from_xmp(before)
    assert told is not None
    assert (told.created, told.title, told.subjects) == (PAINTED.created, "Ψ-Nets: ∇² & <Others>", ())


def test_wide_colours_become_srgb_and_ink_keeps_its_colour() -> None:
    red = Image.new("RGB", (64, 64), (200, 60, 40))
    for x in range(32):
        red.paste((0, 0, 0), (2 * x, 0, 2 * x + 1, 64))
    file = io.BytesIO()
    red.save(file, "PNG")
    painted, drawn = (to_jpeg(file.getvalue(), 60, each)[0] for each in (PAINTED, DRAWN))
    # The red between thin black lines: nothing of it is lost where colour is kept at full size.
    lost = [sum(abs(a - b) for a, b in zip(Image.open(io.BytesIO(each)).getpixel((33, 32)), (200, 60, 40), strict=True))
            for each in (painted, drawn)]  # fmt: skip
    assert lost[1] < lost[0] / 2
    # A profile in which red is green, and whose name is no longer sRGB's.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in (
        (b"sRGB", b"mine"),
        (b"s\0R\0G\0B", b"m\0i\0n\0e"),
        (b"rXYZ", b"?XYZ"),
        (b"gXYZ", b"rXYZ"),
        (b"?XYZ", b"gXYZ"),
    ):
        profile = profile.replace(old, new)
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 60, 40)).save(file, "PNG", icc_profile=profile)
    seen = Image.open(io.BytesIO(to_jpeg(file.getvalue(), 95, PAINTED)[0])).getpixel((9, 9))
    assert max(abs(a - b) for a, b in zip(seen, (60, 200, 40), strict=True)) < 9


@pytest.mark.parametrize("provenance", [PAINTED, DRAWN], ids=["painted", "drawn"])
def test_the_story_comes_back_whole(provenance: Provenance) -> None:
    assert read_provenance(jpeg(provenance)) == provenance


def test_the_same_story_gives_the_same_bytes() -> None:
    assert jpeg(PAINTED) == jpeg(PAINTED.model_copy())


def test_no_secret_and_no_local_path_gets_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A story holds nothing of the program's surroundings."""
    secrets = {"OPENAI_API_KEY": "sk-planted-secret", "FAL_KEY": "fal-planted-secret", "HF_TOKEN": "hf-planted-secret"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path))
    content = jpeg(PAINTED)
    foreign = [*secrets.values(), str(tmp_path), str(Path.home()), str(Path.cwd())]
    assert not [text for text in foreign if len(text) > 1 and text.encode() in content]
