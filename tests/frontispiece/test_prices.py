"""Prices to the cent's millionth; what is unknown is None."""

import pytest

from frontispiece.painters.fal import picture_dollars
from frontispiece.painters.openai_images import image_quote, image_token_dollars
from frontispiece.providers.chat import chat_dollars, chat_quote


@pytest.mark.parametrize(
    ("model", "counts", "dollars"),
    [
        ("gpt-4o-mini", (1_000_000, 0, 0), 0.15),
        ("gpt-4o-mini-2024-07-18", (1_000_000, 400_000, 1_000_000), 0.09 + 0.03 + 0.60),
        ("gpt-4.1-mini", (0, 0, 1_000_000), 1.60),
        ("gpt-6-luna", (1_000_000, None, 0), 0.10),
        ("gpt-6.1-terra-2026-10-01", (1_000_000, 1_000_000, 0), 0.05),
        ("gpt-4o-mini", (None, None, 10), None),
        ("gpt-4o-mini", (10, 0, None), None),
        ("gpt-4o", (10, 0, 10), None),
        ("gpt-4o-mini-audio", (10, 0, 10), None),
        ("llama3.2:3b", (10, 0, 10), None),
    ],
)
def test_chat(model: str, counts: tuple[int | None, int | None, int | None], dollars: float | None) -> None:
    assert chat_dollars(model, *counts) == (None if dollars is None else pytest.approx(dollars))


@pytest.mark.parametrize(
    ("model", "size", "dollars"),
    [
        ("fal-ai/flux/schnell", (384, 720), 0.003),
        ("fal-ai/flux/schnell", (1000, 1000), 0.003),
        ("fal-ai/flux/schnell", (1000, 1001), 0.006),
        ("fal-ai/flux-2/klein/9b", (384, 720), 0.006),
        ("fal-ai/qwen-image", (2000, 1000), 0.04),
        ("fal-ai/flux-2-pro", (384, 720), 0.03),
        ("fal-ai/flux-2-pro", (2000, 2000), None),
        ("fal-ai/nano-banana-2", (384, 720), 0.08),
        ("fal-ai/ideogram/v3", (384, 720), None),
        ("someone/else", (384, 720), None),
    ],
)
def test_pictures(model: str, size: tuple[int, int], dollars: float | None) -> None:
    assert picture_dollars(model, *size) == dollars


def test_pictures_by_openai() -> None:
    assert image_token_dollars("gpt-image-2.5-flare", 100, 150) == pytest.approx(0.005)
    assert image_token_dollars("gpt-image-2-2026-02-01", 0, 100) == pytest.approx(0.003)
    assert image_token_dollars("dall-e-3", 100, 150) is None
    assert image_token_dollars("gpt-image-2.5-flare", None, 150) is None


def test_quotes() -> None:
    quote = chat_quote("gpt-4o-mini", "é" * 3_000, 600)
    assert quote is not None
    assert quote >= (chat_dollars("gpt-4o-mini", 6_000 + 7, 0, 600) or 1), "no text has more tokens than bytes"
    assert chat_quote("gpt-4o-mini", "\ud800", 1) is not None
    assert chat_quote("unheard-of", "x", 600) is None
    assert image_quote("gpt-image-2.5-flare", "low", 640, 1200, 600) == pytest.approx(0.0047 + 0.003)
    assert image_quote("gpt-image-2.5-flare", "high", 640, 1200, 600) is None
    assert image_quote("gpt-image-2.5-flare", "low", 4096, 4096, 600) is None
