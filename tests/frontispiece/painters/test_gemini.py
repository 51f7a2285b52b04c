"""The painter of Google's models against the fake of the Gemini API, over a real socket."""

import json
from collections.abc import Callable

import pytest
from fakes.gemini import SIZE
from fakes.pictures import png
from fakes.providers import SEED_PAPER, Providers, prompt
from fakes.server import refusing
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.errors import (
    BadInput,
    Blocked,
    InDoubt,
    NotAccepted,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.painters.gemini import Gemini, Usage, quote, read_painted, usage_dollars
from frontispiece.providers.http import Answer
from frontispiece.settings import load_settings

Open = Callable[..., Gemini]


@pytest.fixture
def open_painter(fake: Providers, opened: list[Gemini]) -> Open:
    def build(seconds: float = PATIENCE, **choices: object) -> Gemini:
        opened.append(Gemini(fake.settings(**choices), seconds=seconds))
        return opened[-1]

    return build


async def test_the_picture_comes_with_the_answer(fake: Providers, open_painter: Open) -> None:
    painter = open_painter()
    canvas = await painter.submit(SEED_PAPER, prompt("a crab \ud83d"))
    assert fake.gemini.requests == [
        {
            "contents": [{"role": "user", "parts": [{"text": "a crab ?"}]}],
            "generationConfig": {
                "responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": "9:16", "imageSize": "1K"},
            },
        }
    ]
    assert fake.gemini.paths == ["gemini-3.1-flash-image:generateContent"]
    assert fake.gemini.headers[0]["x-goog-api-key"] == "gemini-secret"
    assert canvas.image == png(*SIZE, "a crab ?"), "whatever its kind is said to be"
    assert canvas.dollars == pytest.approx(fake.gemini.dollars)
    assert (canvas.seed, canvas.url, canvas.request_id) == (None, None, "r000001")
    assert painter.price is not None
    assert painter.price >= fake.gemini.dollars
    assert painter.recipe.parameters == '{"aspect_ratio":"9:16","image_size":"1K"}'


@pytest.mark.parametrize(
    ("fault", "error", "paid", "dollars"),
    [
        pytest.param("bad key", OutOfService, 0, None, id="a key that is none"),
        pytest.param("no billing", OutOfService, 0, None, id="no billing account"),
        pytest.param("forbidden", OutOfService, 0, None, id="403"),
        pytest.param("bad size", Rejected, 0, None, id="a size it has not"),
        pytest.param("unknown model", Rejected, 0, None, id="a model it has not"),
        pytest.param("429 told", ProviderUnavailable, 0, None, id="429"),
        pytest.param("overloaded", ProviderUnavailable, 0, None, id="503"),
        pytest.param("200: busy", ProviderUnavailable, 0, None, id="a gateway's error"),
        pytest.param("reset after reading", InDoubt, 1, None, id="a reset"),
        pytest.param("truncated body", InDoubt, 1, None, id="half an answer"),
        pytest.param("HTML 200", ProviderBroken, 0, None, id="a page"),
        pytest.param("redirect", Rejected, 0, None, id="a redirect"),
        pytest.param("blocked prompt", Blocked, 1, 1e-6, id="a blocked prompt"),
        pytest.param("withheld", Blocked, 1, 0.0681015, id="a picture that is withheld"),
        pytest.param("no image", ProviderBroken, 1, 0.0681015, id="none"),
        pytest.param("words", ProviderBroken, 1, 0.0681015, id="words instead"),
        pytest.param("no candidates", ProviderBroken, 1, 0.0681015, id="nothing at all"),
    ],
)
async def test_faults(
    fake: Providers, open_painter: Open, fault: str, error: type[ProviderError], paid: int, dollars: float | None
) -> None:
    painter = open_painter()
    told: list[float] = []
    painter.throttle.on_wait = lambda wait, reason: told.append(wait)
    fake.gemini.faults.queue("submit", fault)
    with pytest.raises(ProviderError) as caught:
        await painter.submit(SEED_PAPER, prompt("a little crab"))
    assert type(caught.value) is error
    assert (fake.gemini.paid, len(fake.gemini.faults.served)) == (paid, 1), "a paid call is sent once"
    assert (caught.value.charge and caught.value.charge.dollars) == (dollars and pytest.approx(dollars, rel=1e-4))
    assert told == ([7.0] if fault == "429 told" else [])
    assert "secret" not in str(caught.value)
    assert str(caught.value).endswith(".")


async def test_words_instead_of_a_picture_are_shown(fake: Providers, open_painter: Open) -> None:
    fake.gemini.faults.queue("submit", "words", "withheld")
    with pytest.raises(ProviderBroken, match="STOP; I would rather write a poem"):
        await open_painter().submit(SEED_PAPER, prompt())
    with pytest.raises(Blocked, match="IMAGE_SAFETY; Unable to show"):
        await open_painter().submit(SEED_PAPER, prompt())


async def test_a_picture_without_usage_has_no_known_price(fake: Providers, open_painter: Open) -> None:
    fake.gemini.faults.queue("submit", "no usage")
    assert (await open_painter().submit(SEED_PAPER, prompt())).dollars is None


async def test_a_picture_of_too_many_bytes_is_refused(fake: Providers, open_painter: Open) -> None:
    fake.gemini.image = bytes(1_000_001)
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_MEGABYTES") as caught:
        await open_painter(picture_megabytes=1).submit(SEED_PAPER, prompt())
    assert caught.value.charge is not None
    fake.gemini.image = bytes(3_000_000)
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_MEGABYTES"):
        await open_painter(picture_megabytes=1).submit(SEED_PAPER, prompt())


async def test_a_server_that_is_down_did_not_take_the_job(open_painter: Open) -> None:
    with refusing() as url, pytest.raises(ProviderUnavailable):
        await open_painter(gemini_url=url).submit(SEED_PAPER, prompt())


def test_google_needs_a_key() -> None:
    with pytest.raises(BadInput, match=r"^GEMINI_API_KEY is not set"):
        Gemini(load_settings())


@pytest.mark.parametrize(
    ("model", "size", "dollars"),
    [
        pytest.param("gemini-3.1-flash-image", "1K", 0.0742, id="flash"),
        pytest.param("gemini-3.1-flash-image", "512", 0.05182, id="small"),
        pytest.param("gemini-3-pro-image", "4K", 0.268, id="pro"),
        pytest.param("gemini-3-pro-image", "512", None, id="a size it has not"),
        pytest.param("gemini-4-image", "1K", None, id="unknown"),
    ],
)
def test_quotes(model: str, size: str, dollars: float | None) -> None:
    assert quote(model, size) == dollars


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        pytest.param({"promptTokenCount": 100, "candidatesTokenCount": 1120}, 0.06725, id="no details: all is picture"),
        pytest.param(
            {
                "promptTokenCount": 100,
                "candidatesTokenCount": 1220,
                "candidatesTokensDetails": [None, {"modality": "IMAGE", "tokenCount": 1120}],
            },
            0.06755,
            id="words beside it",
        ),
        pytest.param({"candidatesTokenCount": 1120}, None, id="half of it"),
        pytest.param({"promptTokenCount": "many"}, None, id="odd"),
    ],
)
def test_dollars(usage: dict[str, object], dollars: float | None) -> None:
    known = Usage.model_validate(usage)
    assert usage_dollars("gemini-3.1-flash-image", known) == (dollars and pytest.approx(dollars))
    assert usage_dollars("gemini-4-image", known) is None


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["candidates", "content", "parts", "inlineData", "data", "error", "code", "promptFeedback"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([200, 400, 429, 500]), st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode())
)
def test_any_answer_is_read_or_refused_in_our_own_terms(status: int, body: bytes) -> None:
    try:
        read_painted(Answer(status, {}, body, "http://127.0.0.1/"))
    except ProviderError as error:
        assert str(error).isprintable()  # noqa: PT017
