"""The checker that asks a chat model, against the fake of OpenAI over a real socket."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import openai
from fakes.providers import SEED_PAPER, Providers, prompt
from helpers.reader import Reader
from helpers.real_server import PATIENCE

from frontispiece.checkers import critic
from frontispiece.checkers import open_checker as open_checker_of
from frontispiece.checkers.openai import REQUEST, OpenAIVision
from frontispiece.errors import BadInput, Blocked, OutOfService, ProviderBroken, ProviderError
from frontispiece.settings import load_settings

Open = Callable[..., OpenAIVision]


@pytest.fixture
def open_checker(fake: Providers, opened: list[OpenAIVision]) -> Open:
    def build(**choices: object) -> OpenAIVision:
        opened.append(OpenAIVision(fake.settings(checker="openai", **choices), seconds=PATIENCE))  # type: ignore[arg-type]
        return opened[-1]

    return build


async def test_a_picture_is_read_by_one_call_that_is_not_told_what_to_find(fake: Providers, open_checker: Open) -> None:
    fake.openai.lettering = ["SHADOW KV\nin the dark"]
    reading = await open_checker().read(b"a picture", SEED_PAPER, prompt())
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
    assert [(await checker.read(b"", SEED_PAPER, prompt())).words for _ in range(2)] == ["SHADOW KV"] * 2
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
    assert (await open_checker().read(b"", SEED_PAPER, prompt())).words == words


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
        await open_checker().read(b"", SEED_PAPER, prompt())
    assert caught.value.charge is not None
    assert caught.value.charge.dollars == pytest.approx(fake.openai.dollars)


async def test_its_price_is_known_beforehand_and_is_enough(fake: Providers, open_checker: Open) -> None:
    checker = open_checker()
    assert checker.price is not None
    assert (await checker.read(b"", SEED_PAPER, prompt())).dollars < checker.price  # type: ignore[operator]
    assert open_checker(openai_check_model="llava").price is None


async def test_a_wrong_key_or_none_is_told_before_anything_is_bought(fake: Providers, open_checker: Open) -> None:
    assert await open_checker().check() == ()
    fake.openai.faults.queue("models", "401")
    with pytest.raises(OutOfService):
        await open_checker().check()
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        OpenAIVision(load_settings())  # type: ignore[arg-type]


async def test_a_critic_is_told_of_the_paper_and_gives_marks_and_a_better_prompt(
    fake: Providers, open_checker: Open
) -> None:
    fake.openai.lettering = ["SHADOW KV"]
    fake.openai.judgements = [{"style": {"mark": 3.4, "reason": "Too\nbusy."}, "prompt": " A jar, alone. "}]
    checker = open_checker(critic=True)
    assert checker.judges
    reading = await checker.read(b"a picture", SEED_PAPER, prompt("A jar."))
    assert reading.words == "SHADOW KV"
    assert [(each.about, each.mark) for each in reading.marks] == [
        ("label", 8),
        ("faithfulness", 8),
        ("readability", 8),
        ("style", 3),
    ]
    assert reading.marks[3].reason == "Too busy."
    assert reading.advice == "A jar, alone."
    (asked,) = fake.openai.bought
    assert all(words in asked for words in (SEED_PAPER.title, SEED_PAPER.abstract[:500], "A jar."))
    assert fake.openai.dollars < (checker.price or 0)
    assert checker.recipe != open_checker().recipe


@pytest.mark.parametrize("said", ["The picture is fine.", '{"lines": [], "label": {"mark": 11}}'])
async def test_what_is_no_judgement_is_refused_with_its_price(fake: Providers, open_checker: Open, said: str) -> None:
    fake.openai.faults.queue("chat", _answering(fake, said))
    with pytest.raises(ProviderBroken, match="no judgement") as caught:
        await open_checker(critic=True).read(b"", SEED_PAPER, prompt())
    assert caught.value.charge is not None


def test_a_critic_is_told_no_more_than_fits_its_price() -> None:
    long = SEED_PAPER.model_copy(update={"abstract": "é{" * 9_000})
    assert len(critic.request(long, prompt("ß" * 8_000)).encode()) < len(critic.REQUEST) + 3 * critic.MOST_BYTES


def test_who_only_reads_is_no_critic(tmp_path: Path) -> None:
    program = str(Reader(tmp_path, "").program)
    with pytest.raises(BadInput, match="`critic`"):
        open_checker_of("tesseract", load_settings(checker="tesseract", tesseract=program, critic=True))
