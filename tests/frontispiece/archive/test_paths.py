"""Names and places: the predecessor's are kept, and nothing from outside becomes a path unchecked."""

from datetime import date

import pytest
from fakes.providers import SEED_PAPER
from helpers.papers import paper
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.archive import paths as layout
from frontispiece.archive.store import Archive

ARCHIVE = Archive.open("memory://")


def test_pictures_are_named_as_the_predecessor_named_them() -> None:
    assert layout.picture_path(SEED_PAPER) == "pictures/20241031/6550f79d46b1945c.jpg"


def test_another_recipe_gets_a_name_of_its_own() -> None:
    recipe = "0123456789abcdef"
    assert layout.picture_path(SEED_PAPER, recipe) == f"pictures/20241031/6550f79d46b1945c-{recipe}.jpg"


def test_without_a_publication_date_the_list_gives_the_folder() -> None:
    assert layout.picture_path(paper(published=None, day=date(2024, 11, 1))).startswith("pictures/20241101/")


def test_the_other_places() -> None:
    digest = "ab" * 32
    assert layout.original_path(digest, "jpeg") == f"originals/{digest}.jpg"
    assert layout.original_path(digest, "png") == f"originals/{digest}.png"
    assert layout.original_path(digest, "webp") == f"originals/{digest}.webp"
    assert layout.vector_path(digest) == f"originals/{digest}.svg"
    assert layout.is_ours(f"originals/{digest}.svg")
    assert layout.catalog_path(date(2024, 11, 1), "run-1") == "catalog/day=2024-11-01/run-1.parquet"
    assert layout.catalog_path(date(2024, 11, 1), "run-1", 2) == "catalog/day=2024-11-01/run-1.2.parquet"
    assert layout.journal_path("ab" * 16, 7) == f"journal/{'ab' * 16}/007.json"


@given(st.text(), st.one_of(st.none(), st.dates()))
async def test_any_paper_id_gives_a_path_in_its_folder(paper_id: str, published: date | None) -> None:
    path = layout.picture_path(paper(paper_id, published=published))
    assert layout.is_ours(path)
    top, day, name = path.split("/")
    assert (top, len(day), len(name)) == ("pictures", 8, 20)
    assert day.isdecimal()


@given(st.text())
async def test_names_are_checked_before_they_become_paths(text: str) -> None:
    makers = (
        lambda: layout.picture_path(SEED_PAPER, text),
        lambda: layout.original_path(text, "png"),
        lambda: layout.catalog_path(date(2024, 11, 1), text),
        lambda: layout.journal_path(text, 0),
    )
    for make in makers:
        try:
            path = make()
        except ValueError:
            continue
        assert layout.is_ours(path)
        assert path.count("/") <= 2
        assert ".." not in path


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_journal_numbers_are_bounded(number: int) -> None:
    with pytest.raises(ValueError, match="number"):
        layout.journal_path("ab" * 16, number)


@given(st.sets(st.integers(0, layout.MAX_ENTRIES - 1), min_size=2, max_size=20))
def test_different_entries_have_different_places(numbers: set[int]) -> None:
    assert len({layout.journal_path("ab" * 16, number) for number in numbers}) == len(numbers)
    assert {layout.journal_place(layout.journal_path("ab" * 16, number)) for number in numbers} == {
        ("ab" * 16, number) for number in numbers
    }


@pytest.mark.parametrize("path", ["journal/readme.txt", "journal/abab/000.json", "journal/abababab/x.json", "a/b/0"])
def test_other_files_are_no_entries(path: str) -> None:
    assert layout.journal_place(path) is None
