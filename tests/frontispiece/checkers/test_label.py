"""Which words a label is to show, and how much of them was read."""

import pytest
from fakes.providers import prompt
from helpers.papers import SIGMA, paper
from hypothesis import given, settings
from hypothesis import strategies as st

from frontispiece.checkers import label
from frontispiece.lineart.plan import plan_scene

SHADOW = paper(title="ShadowKV: KV Cache in Shadows for High-Throughput Long-Context LLM Inference")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        pytest.param('A jar whose label reads "KV Cache in Shadows".', "KV Cache in Shadows", id="quoted"),
        pytest.param("A tag says “ShadowKV”, and a sign “Keep out”.", "ShadowKV", id="the one of the title"),
        pytest.param(
            "The artist's hat has a label 'Long-Context LLM' in the painter's hand.", "Long-Context LLM", id="'"
        ),
        pytest.param('A sign that says "Keep out".', "ShadowKV", id="none of the title"),
        pytest.param("A jar.", "ShadowKV", id="none"),
    ],
)
def test_the_words_of_a_label_are_those_that_the_prompt_quotes_from_the_title(words: str, wanted: str) -> None:
    assert label.wanted(SHADOW, prompt(words)) == wanted


def test_planned_words_go_before_all_others() -> None:
    planned = prompt('A label reads "All Logits".').model_copy(update={"plan": plan_scene(SIGMA)})
    assert label.wanted(SIGMA, planned) == "Top-nσ"


def test_a_title_without_a_letter_that_can_be_drawn_is_wanted_as_it_is() -> None:
    chinese = paper(title="深度学习")
    assert label.wanted(chinese, prompt("A jar.")) == "深度学习"


@pytest.mark.parametrize(
    ("wanted", "read", "least", "most"),
    [
        pytest.param("ShadowKV", "oe SHADOWKV ff", 1, 1, id="capitals, beside others"),
        pytest.param("Dynamic 3D Gaussian", "GAUSSIAN\n3D DYNAMIC", 1, 1, id="any order"),
        pytest.param("Bielik 7B v0.1", "BIELIK 7B VO.1", 1, 1, id="a slashed zero"),
        pytest.param("Contrast Café", "CON TRAST CAFE", 1, 1, id="a gap, an accent"),
        pytest.param("SambaMixer", "SAMEAMUSER", 0.7, 0.79, id="two letters wrong"),
        pytest.param("Learning Video", "LEARNlNG VIDEO", 0.9, 0.99, id="a letter wrong"),
        pytest.param("What Happened in Layers", "WHAT HAPPENED", 0.5, 0.6, id="a row missing"),
        pytest.param("TokenFormer", "", 0, 0, id="nothing"),
        pytest.param("TokenFormer", "wit 7 SS EE jj", 0, 0, id="hatching"),
        pytest.param("RARe", "a rarely seen bird", 1, 1, id="within a longer word"),
        pytest.param("s1", "SI 51", 0, 0.5, id="too short to be guessed"),
    ],
)
def test_the_score_is_the_share_of_letters_that_were_read(wanted: str, read: str, least: float, most: float) -> None:
    assert least <= label.score(wanted, read) <= most


@settings(max_examples=25)
@given(st.text(max_size=60), st.text(max_size=200))
def test_any_words_have_a_score(wanted: str, read: str) -> None:
    assert 0 <= label.score(wanted, read) <= 1
    assert label.score(wanted, wanted) == pytest.approx(1)
    assert label.score(wanted, f"{read} {wanted}") == pytest.approx(1)
