"""A picture's name: the plain one is for who comes first, and nobody writes over the picture of another recipe."""

import asyncio
from pathlib import Path

import pytest
from helpers.papers import numbered
from helpers.stocked import STORY, png

from frontispiece.archive.images import to_jpeg
from frontispiece.archive.paths import picture_path
from frontispiece.archive.pictures import put_picture
from frontispiece.archive.store import Archive

PAPER = numbered(1)
RECIPES = [f"{number:016x}" for number in range(1, 9)]


def made(recipe: str, number: int = 1) -> bytes:
    return to_jpeg(png(number), 60, STORY.model_copy(update={"recipe": recipe}))[0]


@pytest.mark.parametrize("taken", [pytest.param(False, id="free"), pytest.param(True, id="the predecessor's")])
async def test_of_recipes_at_once_each_keeps_its_own(taken: bool, tmp_path: Path) -> None:
    archive, plain = Archive.open(str(tmp_path)), picture_path(PAPER)
    if taken:
        await archive.put(plain, b"without a story")
    paths = await asyncio.gather(*(put_picture(archive, PAPER, recipe, made(recipe)) for recipe in RECIPES))
    assert [await archive.get(path) for path in paths] == [made(recipe) for recipe in RECIPES]
    assert paths.count(plain) == (0 if taken else 1)
    assert (await archive.get(plain) == b"without a story") is taken


async def test_a_recipe_replaces_its_own(tmp_path: Path) -> None:
    archive, recipe = Archive.open(str(tmp_path)), RECIPES[0]
    assert await put_picture(archive, PAPER, recipe, made(recipe)) == picture_path(PAPER)
    assert await put_picture(archive, PAPER, recipe, made(recipe, 2)) == picture_path(PAPER)
    assert await archive.get(picture_path(PAPER)) == made(recipe, 2)
