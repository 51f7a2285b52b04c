"""The checker that asks a chat model, against the fake of OpenAI over a real socket."""

from collections.abc import Callable

import pytest
from fakes import openai
from fakes.providers import Providers
from helpers.real_server import PATIENCE

from frontispiece.checkers.openai import REQUEST, OpenAIVision
from frontispiece.errors import BadInput, Blocked, OutOfService, ProviderBroken, ProviderError
from frontispiece.settings import load_settings

Open = Callable[..., OpenAIVision]


@pytest.fixture
def open_checker(fake: Providers, opened: list[OpenAIVision]) -> Open:
    def build(**choices: object) -> OpenAIVision:
        opened.append(OpenAIVision(fake.settings(**choices), seconds=PATIENCE))  # type: ignore[arg-type]
        return opened[-1]

    return build


async def test_a_picture_is_read_by_one_call_that_is_not_told_what_to_find(fake: Providers, open_checker: Open) -> None:
    fake.openai.lettering = ["SHADOW KV\nin the dark"]
    reading = await open_checker().read(b"a picture")
    assert reading.words == "SHADOW KV in the dark"
    assert (reading.model, reading.request_id) == ("gpt-4.1-mini", "req_000001")
    assert reading.dollars == pytest.approx(fake.openai.dollars)
    assert (reading.tokens_in or 0) > openai.SEEN_TOKENS
    assert fake.openai.looked_at == [b"a picture"]
    (body,) = fake.openai.requests
    assert list(fake.openai.bought) == [REQUEST]
    assert body["max_completion_tokens"] == 600
    assert body["response_format"]["json_schema"]["strict"] is True  # type: ignore[index]


async def test_what_a_server_does_not_know_is_left_out_from_then_on(fake: Providers, open_checker: Open) -> None:
    fake.openai.lettering, fake.openai.unknown = ["SHADOW KV"], {"response_format", "max_completion_tokens"}
    checker = open_checker()
    assert [(await checker.read(b"")).words for _ in range(2)] == ["SHADOW KV"] * 2
    assert fake.openai.paid == 2
    assert len(fake.openai.requests) == 4
    assert fake.openai.requests[-1].keys() == {"model", "messages", "max_tokens"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param('```json\n{"lines": ["ONE", "TWO"]}\n```', "ONE TWO", id="in a fence"),
        pytest.param('<think>Hm.</think>{"lines": []}', "", id="nothing, after a thought"),
        pytest.param("The label says ONE", "The label says ONE", id="in words"),
        pytest.param('{"lines": "ONE"}', '{"lines": "ONE"}', id="in another shape"),
    ],
)
async def test_an_answer_of_any_shape_is_read(fake: Providers, open_checker: Open, said: str, words: str) -> None:
    fake.openai.faults.queue("chat", _answering(fake, said))
    assert (await open_checker().read(b"")).words == words


def _answering(fake: Providers, said: str) -> str:
    fake.openai.faults.know("said", openai.spoken(said))
    return "said"


@pytest.mark.parametrize(
    ("fault", "error"),
    [("refusal", Blocked), ("spoken refusal", Blocked), ("length", ProviderBroken), ("no choices", ProviderBroken)],
)
async def test_an_answer_of_no_use_tells_what_it_has_cost(
    fake: Providers, open_checker: Open, fault: str, error: type[ProviderError]
) -> None:
    fake.openai.faults.queue("chat", fault)
    with pytest.raises(error) as caught:
        await open_checker().read(b"")
    assert caught.value.charge is not None
    assert caught.value.charge.dollars == pytest.approx(fake.openai.dollars)


async def test_its_price_is_known_beforehand_and_is_enough(fake: Providers, open_checker: Open) -> None:
    checker = open_checker()
    assert checker.price is not None
    assert (await checker.read(b"")).dollars < checker.price  # type: ignore[operator]
    assert open_checker(openai_check_model="llava").price is None


async def test_a_wrong_key_or_none_is_told_before_anything_is_bought(fake: Providers, open_checker: Open) -> None:
    assert await open_checker().check() == ()
    fake.openai.faults.queue("models", "401")
    with pytest.raises(OutOfService):
        await open_checker().check()
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        OpenAIVision(load_settings())  # type: ignore[arg-type]
