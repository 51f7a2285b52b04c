"""What a plan says that papers will take."""

import pytest

from frontispiece.purchases.estimate import COLUMNS, ENOUGH_ROWS, Average, Hands, Work, averages, estimate


@pytest.mark.parametrize("calls", [0, ENOUGH_ROWS], ids=["by the list", "by the catalog"])
def test_who_is_free_uses_no_tokens(calls: int) -> None:
    free = Average(calls=calls, dollars=0.0, seconds=0.01)
    hands = Hands(writer_paid=False, painter_paid=False, prompts_at_once=1, paintings_at_once=1, answer_tokens=None)
    found = estimate([Work("Title: x", 0.0, 0.0)], hands, free, free)
    assert (found.dollars, found.tokens_in, found.tokens_out) == (0.0, 0, 0)


@pytest.mark.parametrize(
    ("most", "expected"), [(600, 1200), (2000, 4000), (None, None)], ids=["usual", "own", "unknown"]
)
def test_tokens_are_those_that_list_prices_are_of(most: int | None, expected: int | None) -> None:
    hands = Hands(writer_paid=True, painter_paid=True, prompts_at_once=1, paintings_at_once=1, answer_tokens=most)
    found = estimate([Work("Title: x", 0.001, 0.003)] * 2, hands, Average(), Average())
    assert (found.tokens_out, found.by_catalog) == (expected, False)


def test_further_takes_and_looks_are_in_the_quote() -> None:
    hands = Hands(
        writer_paid=True, painter_paid=True, prompts_at_once=1, paintings_at_once=1, answer_tokens=600, calls_each=7
    )
    found = estimate([Work("Title: x", 0.1, 1.0, 2.0)] * 2, hands, Average(), Average())
    assert (found.dollars, found.calls) == (pytest.approx(6.2), 14)


def test_averages_are_of_pictures_whose_labels_nobody_looked_at() -> None:
    row = dict.fromkeys(COLUMNS) | {"recipe": "r", "status": "done", "writer_seconds": 1.0, "painter_seconds": 1.0}
    plain, looked_at = row | {"painter_dollars": 1.0}, row | {"painter_dollars": 3.0, "checker": "tesseract"}
    _, painting = averages([plain, looked_at], "r")
    assert (painting.calls, painting.dollars) == (1, 1.0)
