"""Pictures: nothing absurd or damaged gets in, everything else comes out as one honest JPEG."""

import io
import struct
import warnings
import zlib
from random import Random

import pytest
from helpers.stocked import STORY
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from frontispiece.archive import images as jpeg
from frontispiece.archive import provenance
from frontispiece.archive.images import inspect, read_provenance, thumbnail, to_jpeg
from frontispiece.archive.provenance import from_xmp, to_xmp
from frontispiece.errors import NotAccepted, ProviderBroken


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48), color: object = None) -> Image.Image:
    if color is not None:
        return Image.new(mode, size, color)
    return Image.linear_gradient("L").resize(size).convert(mode)


def png_header(width: int, height: int) -> bytes:
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + ihdr + struct.pack(">I", zlib.crc32(ihdr)) + b"\0\0\0\0IDAT"


def webp_header(side: int) -> bytes:
    body = encoded(picture(), "WEBP", lossless=True)[12:]
    edge = struct.pack("<I", side - 1)[:3]
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + edge + edge
    return b"RIFF" + struct.pack("<I", 4 + len(extended) + len(body)) + b"WEBP" + extended + body


def animation() -> bytes:
    frames = [picture(color="red"), picture(color="blue"), picture(color="lime")]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)


class TestInspect:
    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
    def test_the_bytes_tell_the_format(self, kind: str) -> None:
        facts = inspect(encoded(picture(), kind))
        assert (facts.format, facts.width, facts.height, facts.black) == (kind, 64, 48, False)

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"<!doctype html><title>502</title>", id="html"),
            pytest.param(b"\x89PNG\r\n\x1a\n", id="png-magic-alone"),
            pytest.param(b"\xff\xd8\xff\xe0aaaa", id="jpeg-magic-alone"),
            pytest.param(b"RIFF\0\0\0\0WEBP", id="webp-magic-alone"),
            pytest.param(encoded(picture(), "GIF"), id="gif"),
            pytest.param(encoded(picture(), "TIFF"), id="tiff"),
            pytest.param(encoded(picture(), "BMP"), id="bmp"),
            pytest.param(encoded(picture(size=(1, 1))), id="1x1"),
            pytest.param(encoded(picture(size=(15, 400))), id="narrow"),
            pytest.param(png_header(20_000, 20_000), id="20000x20000-png"),
            pytest.param(png_header(2**31 - 1, 16), id="absurd-png"),
            pytest.param(png_header(66_000, 16), id="too-wide-for-jpeg"),
            pytest.param(webp_header(16_383), id="16383x16383-webp"),
            pytest.param(webp_header(10_000), id="10000x10000-webp"),
        ],
    )
    def test_what_is_no_sane_picture_is_broken(self, content: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for use in (inspect, thumbnail, lambda data: to_jpeg(data, 60, STORY)):
                with pytest.raises(ProviderBroken) as caught:
                    use(content)
                assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "AVIF"])
    def test_another_format_is_refused_by_its_name(self, kind: str) -> None:
        with pytest.raises(NotAccepted, match=f"is a {kind}"):
            inspect(encoded(picture(), kind))

    def test_how_many_pixels_are_taken_is_said_by_a_setting(self) -> None:
        content = encoded(picture(size=(100, 100)))
        with pytest.raises(NotAccepted, match=r"100x100 .*FRONTISPIECE_PICTURE_MEGAPIXELS"):
            inspect(content, 9_999)
        assert inspect(content, 10_000).width == 100

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
    def test_a_cut_picture_is_broken(self, kind: str, share: float) -> None:
        whole = encoded(Image.effect_noise((128, 128), 90).convert("RGB"), kind)
        with pytest.raises(ProviderBroken, match=f"damaged {kind}"):
            inspect(whole[: int(len(whole) * share)])

    def test_too_many_bytes_are_not_even_looked_at(self) -> None:
        with pytest.raises(ProviderBroken, match="64,000,001 bytes"):
            inspect(b"\x89PNG\r\n\x1a\n".ljust(jpeg.MAX_BYTES + 1, b"\0"))

    @pytest.mark.parametrize(
        ("image", "black"),
        [
            pytest.param(picture(color="black"), True, id="black"),
            pytest.param(picture(color=(3, 3, 3)), True, id="nearly"),
            pytest.param(picture(color=(0, 0, 30)), False, id="dark-blue"),
            pytest.param(picture("L", color=0), True, id="gray"),
            pytest.param(picture("RGBA", color=(0, 0, 0, 255)), True, id="opaque"),
            pytest.param(picture("RGBA", color=(0, 0, 0, 0)), False, id="transparent"),
            pytest.param(picture("I;16", color=0), True, id="16-bit"),
        ],
    )
    def test_a_withheld_picture_is_seen(self, image: Image.Image, black: bool) -> None:
        assert inspect(encoded(image)).black is black

    @given(st.binary(max_size=200), st.sampled_from(["PNG", "JPEG", "WEBP"]), st.randoms())
    @settings(max_examples=150, deadline=None)
    def test_damage_is_never_more_than_broken(self, junk: bytes, kind: str, random: Random) -> None:
        data = bytearray(encoded(picture(), kind))
        start = random.randrange(len(data))
        data[start : start + len(junk)] = junk
        for use in (inspect, thumbnail, lambda content: to_jpeg(content, 60, STORY)):
            try:
                use(bytes(data))
            except ProviderBroken:
                continue
        read_provenance(bytes(data))


def corner(content: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert "progressive" not in image.info
        pixel = image.getpixel((1, 1))
        assert isinstance(pixel, tuple)
        return pixel


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture(color="red"), "JPEG", exif=exif, quality=95)


class TestToJpeg:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            pytest.param(encoded(picture(color="red")), (255, 0, 0), id="rgb"),
            pytest.param(encoded(picture("RGBA", color=(255, 0, 0, 0))), (255, 255, 255), id="transparent"),
            pytest.param(encoded(picture("RGBA", color=(0, 0, 0, 128))), (127, 127, 127), id="half-transparent"),
            pytest.param(encoded(picture("LA", color=(0, 0))), (255, 255, 255), id="gray-alpha"),
            pytest.param(encoded(picture("P", color=0), transparency=0), (255, 255, 255), id="palette-transparent"),
            pytest.param(encoded(picture(color="red").convert("P")), (255, 0, 0), id="palette"),
            pytest.param(encoded(picture("1", color=1)), (255, 255, 255), id="1-bit"),
            pytest.param(encoded(picture("I;16", color=0x8000)), (128, 128, 128), id="16-bit"),
            pytest.param(encoded(picture("CMYK", color=(0, 255, 255, 0)), "JPEG"), (255, 0, 0), id="cmyk"),
            pytest.param(animation(), (255, 0, 0), id="first-frame"),
            pytest.param(turned(), (255, 0, 0), id="turned"),
        ],
    )
    def test_every_mode_becomes_rgb_on_white(self, content: bytes, expected: tuple[int, ...]) -> None:
        assert inspect(content).black is False
        made, width, height = to_jpeg(content, 90, STORY)
        assert {width, height} == {64, 48}
        assert max(abs(a - b) for a, b in zip(corner(made), expected, strict=True)) <= 3
        assert read_provenance(made) == STORY

    def test_a_turn_is_made_and_not_asked_for_again(self) -> None:
        made, width, height = to_jpeg(turned(), 60, STORY)
        assert (width, height) == (48, 64)
        with Image.open(io.BytesIO(made)) as image:
            assert image.size == (48, 64)
            assert 0x0112 not in image.getexif()

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        content = encoded(Image.effect_noise((384, 720), 40).convert("RGB"))
        assert to_jpeg(content, 60, STORY) == to_jpeg(content, 60, STORY)

    def test_large_and_noisy_pictures_fit(self) -> None:
        content = encoded(Image.effect_noise((2000, 2000), 120).convert("RGB"), "JPEG", quality=95)
        made, width, height = to_jpeg(content, 95, STORY)
        assert (width, height, inspect(made).format) == (2000, 2000, "jpeg")

    def test_what_the_painter_put_in_is_not_passed_on(self) -> None:
        content = encoded(picture(), "JPEG", comment=b"<script>", icc_profile=b"x" * 200)
        made, _, _ = to_jpeg(content, 60, STORY)
        assert b"<script>" not in made
        assert b"ICC_PROFILE" not in made

    def test_other_programs_can_read_it(self) -> None:
        made, _, _ = to_jpeg(encoded(picture()), 60, STORY)
        with Image.open(io.BytesIO(made)) as image:
            exif = image.getexif()
        assert exif[0x0131].startswith("Frontispiece ")
        assert exif[0x0132] == "2024:10:31 00:00:00"
        assert STORY.paper_url in exif[0x010E]


class TestStory:
    @pytest.mark.parametrize(
        ("is_ai", "kind"),
        [
            pytest.param(False, b"/algorithmicMedia<", id="by rules"),
            pytest.param(True, b"/trainedAlgorithmicMedia<", id="by a trained model"),
        ],
    )
    def test_the_origin_is_marked(self, is_ai: bool, kind: bytes) -> None:
        told = STORY.model_copy(update={"is_ai": is_ai})
        packet = to_xmp(told)
        assert from_xmp(packet) == told
        assert b"http://cv.iptc.org/newscodes/digitalsourcetype" + kind in packet
        assert (b"AISystemUsed" in packet) is is_ai

    @pytest.mark.parametrize("prompt", ["&" * 100_000, "x" * 200_000, "ω" * 60_000, "\x00" * 90_000 + "a"])
    def test_a_long_prompt_is_cut_to_fit(self, prompt: str) -> None:
        told = STORY.model_copy(update={"prompt": prompt})
        assert len(to_xmp(told)) <= provenance.MAX_XMP
        made, _, _ = to_jpeg(encoded(picture()), 60, told)
        read = read_provenance(made)
        assert read is not None
        assert read.prompt.rstrip("…") == provenance.xml_text(prompt)[: len(read.prompt.rstrip("…"))]
        assert read.model_copy(update={"prompt": ""}) == STORY.model_copy(update={"prompt": ""})

    @given(st.text(max_size=300), st.text(max_size=300), st.one_of(st.none(), st.integers(0).map(str)))
    def test_what_is_told_can_be_read(self, title: str, prompt: str, seed: str | None) -> None:
        told = STORY.model_copy(update={"title": title, "prompt": prompt, "seed": seed})
        expected = told.model_copy(update={"title": provenance.xml_text(title), "prompt": provenance.xml_text(prompt)})
        assert from_xmp(to_xmp(told)) == expected

    @given(st.binary(max_size=300))
    def test_foreign_packets_have_no_story(self, packet: bytes) -> None:
        assert from_xmp(packet) is None

    def test_entities_are_not_expanded(self) -> None:
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + to_xmp(STORY).replace(b"Fish", b"&b;")
        assert from_xmp(bomb) is None

    @pytest.mark.parametrize(
        "content",
        [b"", b"<html>", encoded(picture()), encoded(picture(), "JPEG"), encoded(picture(), "JPEG", xmp=b"<a/>")],
        ids=["empty", "html", "png", "bare", "foreign"],
    )
    def test_pictures_without_a_story_have_none(self, content: bytes) -> None:
        assert read_provenance(content) is None


@pytest.mark.parametrize("size", [(384, 720), (2000, 300), (64, 64)])
def test_thumbnails_are_small(size: tuple[int, int]) -> None:
    small = thumbnail(encoded(Image.effect_noise(size, 120).convert("RGB")), max_side=256, max_bytes=20_000)
    assert len(small) <= 20_000
    with Image.open(io.BytesIO(small)) as image:
        assert max(image.size) <= 256
        assert image.size[0] * size[1] == pytest.approx(image.size[1] * size[0], rel=0.1)


def test_thumbnails_of_stubborn_pictures_shrink() -> None:
    small = thumbnail(encoded(Image.effect_noise((400, 400), 120).convert("RGB")), max_bytes=3_000)
    assert len(small) <= 3_000
