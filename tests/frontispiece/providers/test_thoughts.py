"""Thoughts, wrappers and tokens of reasoning models: what is left is the answer, and answers are left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.providers.thoughts import without_thoughts

ANSWER = "A line drawing of a lighthouse made of books, with a sign that reads 'Test Paper'."
THOUGHT = "The user wants a prompt.\nLet me think it over."


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}", id="in a tag"),
        pytest.param(f"{THOUGHT}\n</think>\n\n{ANSWER}", id="opening tag missing"),
        pytest.param(f"<think></think>{ANSWER}", id="empty"),
        pytest.param(f"<think>{THOUGHT}</think>\n<think>{THOUGHT}</think>{ANSWER}", id="twice"),
        pytest.param(f"<think>It ends with '</think>', I think.</think>{ANSWER}", id="quoting its own tag"),
        pytest.param(f"<Thinking>{THOUGHT}</Thinking>{ANSWER}", id="another name"),
        pytest.param(f"<reasoning>{THOUGHT}</reasoning>{ANSWER}", id="a third name"),
        pytest.param(f"<seed:think>{THOUGHT}</seed:think>{ANSWER}", id="a prefix"),
        pytest.param(f"[THINK]{THOUGHT}[/THINK]{ANSWER}</s>", id="square brackets"),
        pytest.param(f"◁think▷{THOUGHT}◁/think▷{ANSWER}", id="triangles"),
        pytest.param(f"<unused94>thought\n{THOUGHT}<unused95>{ANSWER}", id="unused tokens"),
        pytest.param(
            f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>",
            id="channels",
        ),
        pytest.param(f"analysis{THOUGHT}assistantfinal{ANSWER}", id="channels without their tokens"),
        pytest.param(f"<|channel>thought\n{THOUGHT}<channel|>{ANSWER}<turn|>", id="other channels"),
        pytest.param(
            f"<|begin_of_thought|>{THOUGHT}<|end_of_thought|>\n<|begin_of_solution|>{ANSWER}<|end_of_solution|>",
            id="thought and solution",
        ),
        pytest.param(
            f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>", id="in capitals"
        ),
        pytest.param(f"<think>{THOUGHT}</think><answer>\n{ANSWER}\n</answer>", id="a wrapped answer"),
        pytest.param(f"[BEGIN FINAL RESPONSE]\n{ANSWER}\n[END FINAL RESPONSE]", id="a final response"),
        pytest.param(f"{ANSWER}<think>{THOUGHT}", id="thoughts afterwards"),
        pytest.param(f"{ANSWER}<|im_end|>", id="an end token"),
        pytest.param(f"{ANSWER}<|eot_id|><|start_header_id|>user<|end_header_id|>more", id="another turn"),
        pytest.param(f"<|im_start|>assistant\n{ANSWER}<|im_end|>\n", id="a turn's frame"),
        pytest.param(f"{ANSWER}<｜end▁of▁sentence｜>", id="wide bars"),
        pytest.param(f"{ANSWER}<end_of_turn>", id="without bars"),
        pytest.param(f"[|assistant|]{ANSWER}[|endofturn|]", id="square tokens"),
    ],
)
def test_the_answer_alone_is_left(said: str) -> None:
    assert without_thoughts(said) == ANSWER


@pytest.mark.parametrize(
    "said", [f"<think>{THOUGHT}", f"{THOUGHT}</think>", f"<|channel|>analysis<|message|>{THOUGHT}", "<think></think>\n"]
)
def test_thoughts_without_an_answer_are_none(said: str) -> None:
    assert without_thoughts(said) == ""


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "A sign reads '<think>', another \"</think>\", in ink.",
        "A label that reads `</s>` on a scroll, x < y > z.",
        "Analysis of a tree: an assistant, final and alone, in ink.",
        "A page [1] that reads 'Thinking'.",
    ],
)
def test_words_to_be_painted_stay(text: str) -> None:
    assert without_thoughts(text) == text


@given(st.text("abc <>/|[]'\n", max_size=60), st.text("abc .,'", min_size=1, max_size=40))
def test_whatever_was_thought_the_answer_is_what_follows(thought: str, answer: str) -> None:
    assert without_thoughts(f"<think>{thought}x</think> {answer}") == without_thoughts(answer)


@pytest.mark.parametrize(
    "said",
    [
        "<think>" * 300_000,
        "</think>" * 250_000,
        "<|channel|>" + "a" * 2_000_000,
        ("<|channel|>" + "a " * 50) * 18_000,
        "<answer>" + " x" * 1_000_000,
        "<s>" + " \n" * 1_000_000 + "x",
    ],
    ids=["beginnings", "ends", "a channel", "channels", "a wrapper", "white space"],
)
def test_no_answer_takes_long(said: str) -> None:
    began = time.process_time()
    without_thoughts(said)
    assert time.process_time() - began < 5
