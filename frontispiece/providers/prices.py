"""What providers charge, in US dollars: their price lists of November 2026. An unknown price is None, never 0."""

import re
from math import ceil
from typing import Final, Literal, NamedTuple


class ChatPrice(NamedTuple):
    """Dollars per million tokens."""

    fresh: float
    cached: float
    out: float


CHAT: Final[dict[str, ChatPrice]] = {
    "gpt-4o-mini": ChatPrice(0.15, 0.075, 0.60),
    "gpt-4.1-mini": ChatPrice(0.40, 0.10, 1.60),
    "gpt-5.4-mini": ChatPrice(0.75, 0.075, 4.50),
    "gpt-5.6-luna": ChatPrice(0.20, 0.02, 1.20),
    "gpt-6-luna": ChatPrice(0.10, 0.01, 0.50),
    "gpt-6.1-terra": ChatPrice(1.00, 0.05, 5.00),
}

FAL_MEGAPIXEL: Final[dict[str, float]] = {
    "fal-ai/flux/schnell": 0.003,
    "fal-ai/flux-2/klein/9b": 0.006,
    "fal-ai/qwen-image": 0.02,
}
FAL_FIRST_MEGAPIXEL: Final[dict[str, float]] = {"fal-ai/flux-2-pro": 0.03}
FAL_PICTURE: Final[dict[str, float]] = {"fal-ai/nano-banana-2": 0.08, "fal-ai/recraft/v4": 0.25}

IMAGE_TEXT_IN, IMAGE_OUT = 5.0, 30.0
IMAGE_FAMILIES: Final = ("gpt-image-2", "gpt-image-2.5", "gpt-image-2.6")

# What one picture of 1024x1536 pixels comes to.
IMAGE_QUOTES: Final[dict[tuple[str, str], float]] = {
    ("gpt-image-2.5-flare", "low"): 0.0047,
    ("gpt-image-2.5-flare", "medium"): 0.0103,
}
QUOTED_PIXELS = 1024 * 1536

BATCH_SHARE = 0.5
"""What a call in a batch costs of the full price."""

# What a prompt takes, on the high side.
LONG_ANSWER_TOKENS = 400
CHARACTERS_PER_TOKEN = 3
CHAT_FRAME_TOKENS = 16
"""What a service adds to a message, at most."""


def family(model: str) -> str:
    """A model's name without the date of its snapshot: gpt-4o-mini for gpt-4o-mini-2024-07-18."""
    return re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model)


def is_priced(model: str) -> bool:
    """Whether a chat model is on the list."""
    return family(model) in CHAT


def chat_dollars(model: str, tokens_in: int | None, tokens_cached: int | None, tokens_out: int | None) -> float | None:
    """The price of a chat call; `tokens_in` includes the cached ones. None when the price or a count is unknown."""
    price = CHAT.get(family(model))
    if price is None or tokens_in is None or tokens_out is None:
        return None
    cached = min(tokens_cached or 0, tokens_in)
    return ((tokens_in - cached) * price.fresh + cached * price.cached + tokens_out * price.out) / 1e6


def chat_quote(model: str, request: str, tokens_out: int) -> float | None:
    """What a chat call costs at most whose answer may have so many tokens, before it is made: for budgets."""
    # A token stands for one byte at least.
    return chat_dollars(model, len(request.encode("utf-8", "replace")) + CHAT_FRAME_TOKENS, 0, tokens_out)


def batched(dollars: float | None) -> float | None:
    """The price of a call in a batch, by its full price."""
    return None if dollars is None else dollars * BATCH_SHARE


def picture_dollars(model: str, width: int, height: int) -> float | None:
    """The price of a picture on fal, known before it is painted; megapixels (10^6 pixels) are rounded up."""
    megapixels = max(1, ceil(width * height / 1e6))
    if model in FAL_MEGAPIXEL:
        return round(FAL_MEGAPIXEL[model] * megapixels, 6)
    if model in FAL_FIRST_MEGAPIXEL:
        return FAL_FIRST_MEGAPIXEL[model] if megapixels == 1 else None
    return FAL_PICTURE.get(model)


def image_token_dollars(model: str, tokens_in: int | None, tokens_out: int | None) -> float | None:
    """The price of a picture by OpenAI: text tokens in, image tokens out."""
    if (
        re.sub(r"-(flare|sunburst)$", "", family(model)) not in IMAGE_FAMILIES
        or tokens_in is None
        or tokens_out is None
    ):
        return None
    return (tokens_in * IMAGE_TEXT_IN + tokens_out * IMAGE_OUT) / 1e6


def image_quote(
    model: str, quality: Literal["low", "medium", "high", "auto"], width: int, height: int, tokens_in: int
) -> float | None:
    """What a picture by OpenAI costs at most whose prompt has so many tokens; None where no list price covers it."""
    quote = IMAGE_QUOTES.get((family(model), quality)) if width * height <= QUOTED_PIXELS else None
    return None if quote is None else quote + tokens_in * IMAGE_TEXT_IN / 1e6
