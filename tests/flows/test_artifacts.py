"""What the run's page shows is made of words from outside, and must stay words."""

import io
import json
import random
import re
from datetime import UTC, datetime
from time import monotonic

import pytest
from helpers.papers import paper
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flows.artifacts import MAX_ARTIFACT, MAX_THUMBNAIL, MOST_PICTURES, inert, link, outcome_table, picture_page, story
from flows.run_artifacts import next_size, pause
from flows.runpage import SIDE
from frontispiece.archive.images import thumbnail
from frontispiece.models import CallState, Original, Outcome, PaidCall, Painting, Picture, Prompt, Status
from frontispiece.text import one_line

NASTY = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("](javascript:alert(1))", id="link"),
    pytest.param("![x](http://evil.example/p.png)", id="image"),
    pytest.param("`code` ```fence```", id="backticks"),
    pytest.param("a | b | c", id="pipes"),
    pytest.param("\n\n# heading\n- list\n> quote", id="blocks"),
    pytest.param("&lt;img src=x onerror=alert(1)&gt;", id="references"),
    pytest.param("www.evil.example https://evil.example", id="autolinks"),
    pytest.param("$x^2$ *bold* _thin_ ~~gone~~ {{ jinja }}", id="marks"),
]


def call(number: int, state: CallState, dollars: float) -> PaidCall:
    about = {"kind": "prompt", "paper_id": "2410.24175", "made_at": datetime.now(UTC), "entries": 2}
    return PaidCall(call=f"ab/{number}", state=state, dollars=dollars, **about)  # type: ignore[arg-type]


def outcome(title: str = "On Birds", status: Status = Status.DONE, prompt: str = "Draw a bird.") -> Outcome:
    original = Original(digest="0" * 64, path="originals/0.png", format="png", width=1, height=1, bytes=1)
    return Outcome(
        paper=paper("2410.24175", title, upvotes=12),
        status=status,
        reason=None if status is Status.DONE else "Blocked",
        message=None if status is Status.DONE else "It was refused.",
        recipe="r",
        prompt=Prompt(text=prompt, writer="openai", model="gpt-4o-mini", request="?", seconds=1.25, dollars=0.0002),
        painting=Painting(
            painter="fal", model="fal-ai/flux/schnell", parameters="{}", seconds=2.0, dollars=0.003, original=original
        ),
        picture=Picture(path="pictures/20241031/6550f79d46b1945c.jpg", digest="0" * 64, width=1, height=1, bytes=1),
        bought=(
            call(1, CallState.DELIVERED, 0.0002),
            call(2, CallState.REFUSED, 0.003),
            call(3, CallState.DELIVERED, 0.003),
        ),
    )


@pytest.mark.parametrize("text", NASTY)
def test_nothing_from_outside_is_markdown_or_html(text: str) -> None:
    assert re.fullmatch(r"(\\[!-/:-@[-`{-~]|[A-Za-z0-9 ,;]|[^\x00-\x7f])*", inert(text, 500))


@given(st.text())
def test_inert_text_is_one_line_that_reads_the_same(text: str) -> None:
    shown = inert(text, 10_000)
    assert "\n" not in shown
    assert re.sub(r"\\(.)", r"\1", shown) == one_line(text, 10_000)


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\x00", "\x1b", "\u2028", "\ud800"])
def test_what_cannot_be_seen_is_left_out(mark: str) -> None:
    assert one_line(f"a{mark}b", 10) == "a b"


@pytest.mark.parametrize("text", NASTY)
def test_a_page_has_our_links_and_pictures_only(text: str) -> None:
    one = outcome(text, prompt=text)
    page = picture_page([(one.paper, b"\xff\xd8")], 1, [one])
    bare = re.sub(r"\\.", "", page)
    address = "https://arxiv.org/abs/2410.24175"
    assert re.findall(r"\]\(([^)]*)\)", bare) == ["data:image/jpeg;base64,/9g=", address, address]
    assert not set("<`") & set(bare)
    assert "&lt;" not in bare
    assert [line.count("|") for line in bare.splitlines()[:4]] == [2, 2, 2, 0]


@given(st.text())
def test_a_title_cannot_leave_its_link(text: str) -> None:
    shown = link(outcome(text).paper, text)
    assert shown.startswith("[")
    assert shown.endswith("](https://arxiv.org/abs/2410.24175)")
    assert not set("[]<>`|\\") & set(shown[1 : -len("](https://arxiv.org/abs/2410.24175)")])


def test_a_story_tells_models_seconds_and_dollars() -> None:
    text = story(outcome())
    assert "1.2 s, $0.0002" in text
    assert "2.0 s, $0.0030" in text
    cached = outcome().model_copy(update={"cached": ("prompt",)})
    assert "(cached)" in story(cached)
    assert "answers of no use: 1 ($0.0030)" in text


def test_a_page_keeps_below_its_size_and_says_what_it_leaves_out() -> None:
    many = [outcome("&" * 300, prompt="&" * 1500) for _ in range(500)]
    noise = Image.frombytes("RGB", (600, 600), random.Random(0).randbytes(3 * 600 * 600))
    file = io.BytesIO()
    noise.save(file, "PNG")
    small = thumbnail(file.getvalue(), SIDE, MAX_THUMBNAIL)
    assert len(small) <= MAX_THUMBNAIL
    page = picture_page([(each.paper, bytes(MAX_THUMBNAIL)) for each in many[:MOST_PICTURES]], len(many), many)
    assert page.count("data:image/jpeg") == MOST_PICTURES
    assert "60 of 500 pictures" in page
    left_out = re.search(r"There are (\d+) more", page)
    assert left_out is not None
    assert page.count("### ") == 500 - int(left_out[1]) > 0
    table = outcome_table(3 * many)
    assert 100 < len(table) < 3 * len(many)
    assert max(len(page.encode()), len(json.dumps(table))) <= MAX_ARTIFACT == 400_000


def test_a_page_that_grows_costs_a_few_times_its_size() -> None:
    sizes = [1]
    while sizes[-1] < 2 * MOST_PICTURES:  # those archived before give way to the run's own
        sizes.append(next_size(sizes[-1]))
    assert len(sizes) <= 21
    assert sum(sizes) < 7 * sizes[-1]


def test_a_page_that_is_kept_for_a_day_has_two_hundred_updates_at_most() -> None:
    seconds, updates = 0.0, 0
    while seconds < 24 * 3600:
        seconds += pause(monotonic() - seconds, 1.0)
        updates += 1
    assert updates <= 200


def test_the_table_puts_failures_first_and_is_json() -> None:
    table = outcome_table([outcome(), outcome(status=Status.BLOCKED)])
    assert [row["status"] for row in table] == ["blocked", "done"]
    assert table[1]["dollars"] == 0.0062
    assert list(table[0])[:7] == ["paper", "status", "day", "votes", "seconds", "dollars", "cached"]
    json.dumps(table)
