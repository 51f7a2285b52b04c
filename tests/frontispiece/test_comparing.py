"""Recipes as they are written, and the page on which they are compared."""

from datetime import date

import pytest
from helpers.gallery_pages import Page
from hypothesis import given
from hypothesis import strategies as st

from deployments.cli import main
from frontispiece.comparing import OF_RECIPES, parse_recipe, rivals_of
from frontispiece.errors import BadInput
from frontispiece.gallery.comparison import Comparison
from frontispiece.gallery.pages import comparison_page
from frontispiece.request import CompareRequest

KEYS = [*OF_RECIPES, "fal_model", "openai_model"]
VALUE = st.text(st.characters(exclude_characters=","), min_size=1).map(str.strip).filter(bool)


@given(st.dictionaries(st.sampled_from(KEYS), VALUE, min_size=1), st.sampled_from(["", " "]))
def test_a_recipe_is_what_was_written(chosen: dict[str, str], space: str) -> None:
    written = f",{space}".join(f"{key}{space}={space}{value}" for key, value in chosen.items())
    assert parse_recipe(written) == chosen


@given(st.text())
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    try:
        said = "".join(parse_recipe(text))
    except BadInput as error:
        said = str(error)
    assert said.isprintable()


@pytest.mark.parametrize(
    ("recipes", "complaint"),
    [
        pytest.param(["painter=lineart"], "from 2 to 6 recipes, not 1", id="one"),
        pytest.param(["painter=lineart"] * 7, "from 2 to 6 recipes, not 7", id="too many"),
        pytest.param(["painter=lineart", "paintr=fal"], "'paintr' is no part of a recipe", id="unknown key"),
        pytest.param(["painter=lineart", "archive=elsewhere"], "'archive' is no part of a recipe", id="no choice"),
        pytest.param(["painter=lineart", "fal_key=secret"], "'fal_key' is no part of a recipe", id="a key of a vendor"),
        pytest.param(["painter=lineart", "painter=magritte"], "not 'magritte'", id="unknown painter"),
        pytest.param(["painter=lineart", "style=../x"], "is no name", id="a file"),
        pytest.param(["painter=lineart", "painter"], "there is 'painter' in", id="no value"),
        pytest.param(["painter=lineart", "painter=fal,"], "there is nothing in", id="a comma too many"),
        pytest.param(["painter=lineart", "painter=fal,painter=bfl"], "painter stands twice", id="twice"),
        pytest.param(["painter=lineart", "writer=template"], "make the same pictures", id="the same recipe"),
        pytest.param(["painter=lineart", "painter=fal"], "FAL_KEY", id="no key"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_is_done(
    recipes: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "2024-10-31", *(word for each in recipes for word in ("--with", each))]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert complaint in said
    assert said.startswith("frontispiece: --with: ") or complaint == "FAL_KEY"


def test_what_is_wrong_for_all_recipes_is_wrong_with_none(capsys: pytest.CaptureFixture[str]) -> None:
    recipes = ("--with", "painter=lineart", "--with", "painter=fal")
    assert main(["compare", "2024-10-31", *recipes, "--min-upvotes", "3"]) == 2
    assert capsys.readouterr().err.startswith("frontispiece: --min-upvotes: ")


def test_rivals_keep_their_order_and_their_names() -> None:
    rivals = rivals_of(CompareRequest(recipes=("painter=lineart", "painter=fal, fal_model=fal-ai/qwen-image")))
    assert [each.name for each in rivals] == ["painter=lineart", "painter=fal, fal_model=fal-ai/qwen-image"]
    assert [each.settings.painter for each in rivals] == ["lineart", "fal"]


RECIPES = {f"{number:016x}": f"painter={number}<b>" for number in range(3)}


def comparison(papers: int) -> Comparison:
    entries = [
        {
            **{"key": f"{paper:016x}", "id": f"2410.{paper:05}", "title": f"{paper} <script>", "authors": ["Ada <i>"]},
            **{"abstract": "<p>"},
            "contenders": [
                {"recipe": recipe, "path": f"pictures/20241031/{paper}-{recipe}.jpg", "width": 3, "height": 4}
                for recipe in RECIPES
            ],
        }
        for paper in range(papers)
    ]
    about = {"id": "0123456789ab", "day": date(2024, 10, 31), "source": "arxiv"}
    return Comparison.model_validate({**about, "recipes": RECIPES, "entries": entries})


def test_every_two_recipes_meet_at_each_paper_and_new_papers_leave_the_order_alone() -> None:
    few, more = comparison(5).pairs, comparison(40).pairs
    assert len(more) == 40 * 3 == len({(p.entry.key, frozenset((p.left.recipe, p.right.recipe))) for p in more})
    assert [pair for pair in more if pair.entry.key in {each.entry.key for each in few}] == few
    left = sum(pair.left.recipe < pair.right.recipe for pair in more)
    assert 40 <= left <= 80, "each hangs left about as often"


def test_the_page_escapes_and_asks_no_other_host() -> None:
    page = Page(comparison_page(comparison(2)))
    for words in ("1 <script>", "Ada <i>", "<p>", "painter=2<b>"):
        assert words in page.text
    assert not any("//" in target for target in page.targets)
    assert not any("style" in attributes for _, attributes in page.elements)
