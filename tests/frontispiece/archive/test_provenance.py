"""The picture tells its own story to other programs: exiftool and Pillow read it back."""

import io
import json
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from helpers.stocked import png
from PIL import Image

from frontispiece.archive.images import Provenance, read_provenance, to_jpeg

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
    command = [str(EXIFTOOL), "-json", "-G1", "-n", str(path)]
    (tags,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert tags["XMP-dc:Title"] == provenance.title
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
    assert tags["XMP-xmp:CreateDate"] == "2024:10:31"
    assert "ExifTool:Error" not in tags
    assert "ExifTool:Warning" not in tags


def test_pillow_reads_the_story() -> None:
    with Image.open(io.BytesIO(jpeg(PAINTED))) as image:
        assert b"2410.24175" in image.info["xmp"]
        assert "https://arxiv.org/abs/2410.24175" in str(image.getexif()[0x010E])
        assert str(image.getexif()[0x0131]).startswith("Frontispiece")


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
