"""A plan's tokens are those of its price, and who is free uses none."""

from pathlib import Path

import pytest
from helpers.papers import numbered

from frontispiece.purchases.estimate import ENOUGH_ROWS, Average, Estimate, Hands, Work, estimate
from frontispiece.settings import load_settings
from frontispiece.writers import open_writer
from frontispiece.writers.interface import Writer
from frontispiece.writers.openai import chat_dollars

PAPERS = [numbered(number) for number in range(13)]
NOTHING = Average()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")


def asked(writer: Writer, prompt: Average = NOTHING, painting: Average = NOTHING) -> Estimate:
    work = [Work(writer.tokens(paper), writer.price(paper), 0.0) for paper in PAPERS]
    return estimate(
        work, Hands(writer.paid, painter_paid=False, prompts_at_once=1, paintings_at_once=1), prompt, painting
    )


@pytest.mark.parametrize("most", [600, 4_000])
async def test_the_tokens_are_those_of_the_price(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_OPENAI_MAX_COMPLETION_TOKENS", str(most))
    writer = open_writer("openai", load_settings())
    found = asked(writer)
    assert found.tokens_out == most * len(PAPERS)
    assert found.dollars == pytest.approx(chat_dollars("gpt-4o-mini", found.tokens_in, 0, found.tokens_out))
    mean = Average(calls=ENOUGH_ROWS, dollars=0.001, tokens_in=300.5, tokens_out=200)
    found = asked(writer, mean, Average(calls=ENOUGH_ROWS, dollars=0.0))
    assert (found.by_catalog, found.dollars) == (True, pytest.approx(0.013))
    assert (found.tokens_in, found.tokens_out) == (3906, 2600)
    await writer.close()


@pytest.mark.parametrize("calls", [0, ENOUGH_ROWS])
def test_who_is_free_uses_no_tokens(calls: int) -> None:
    free = Average(calls=calls, dollars=0.0, seconds=0.01)
    found = asked(open_writer("template", load_settings()), free, free)
    assert (found.dollars, found.tokens_in, found.tokens_out) == (0.0, 0, 0)
