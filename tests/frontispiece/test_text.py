"""Words from outside: what they may look like on a screen, in a sentence, in a table."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.text import cell, encodable, escaped, one_line, quoted, visible

UNSEEN = {
    "ESC": "\x1b",
    "BEL": "\x07",
    "backspace": "\x08",
    "C1 control": "\x9b",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "byte order mark": "\ufeff",
    "half a pair": "\ud83d",
    "private": "\ue000",
    "unassigned": "\U000e0fff",
}
unseen = pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN)


@unseen
def test_what_cannot_be_seen_is_replaced(sign: str) -> None:
    assert visible(f"a{sign}b\nc") == "a b\nc"
    assert one_line(f"a{sign}b\nc", instead="") == "ab c"


@pytest.mark.parametrize("space", ["\t", "\r", "\x85", "\u2028", "\xa0", "\x1f"], ids=ascii)
def test_white_space_is_a_space(space: str) -> None:
    assert visible(f"a{space}b", instead="") == "a b"


def test_a_long_line_ends_in_an_ellipsis() -> None:
    assert (one_line("abcde", 5), one_line("abcdef", 5)) == ("abcde", "abcd…")


@given(st.text(max_size=2_000))
def test_a_screen_gets_lines_and_nothing_else(text: str) -> None:
    assert all(line.isprintable() for line in visible(text).split("\n"))
    line = one_line(text, 40)
    assert line.isprintable()
    assert len(line) <= 40
    assert visible(visible(text)) == visible(text)


@given(st.text(max_size=2_000))
def test_quoted_words_are_one_short_printable_line_without_secrets(text: str) -> None:
    line = quoted(text + " key-123 ", "key-123")
    assert "key-123" not in line
    assert len(line) <= 301
    assert line.isprintable()
    assert re.search(r"[\n\r\x1b\u202e]", line) is None


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r-", "\n@", " +", "\u200b=", "＝"], ids=ascii)
def test_a_cell_is_no_formula(sign: str) -> None:
    assert cell(f"{sign}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["On Birds", "1 = 1", "'=quoted", "a-b", ""])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


@given(st.text())
def test_a_cell_says_the_same_to_people(text: str) -> None:
    assert cell(text).removeprefix("'") == visible(text).removeprefix("'")
    assert cell(text).lstrip()[:1] not in set("=+-@")


@given(st.text())
def test_json_says_the_same_with_escapes(text: str) -> None:
    written = escaped(json.dumps({"text": text}, ensure_ascii=False, indent=1))
    assert json.loads(written) == {"text": text}
    assert all(line.isprintable() for line in written.split("\n"))


@given(st.text(st.characters(categories=None)))
def test_what_is_sent_can_be_written_in_utf_8(text: str) -> None:
    assert encodable(text).encode().decode() == encodable(text)
    assert len(encodable(text)) == len(text)
