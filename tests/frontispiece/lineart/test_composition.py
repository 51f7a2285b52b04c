"""How pages differ: two drawings of one scene, and those of a day."""

import io
from itertools import combinations

import pytest
from helpers.papers import paper
from PIL import Image, ImageChops, ImageStat

from frontispiece.lineart.composition import Composition, Sky
from frontispiece.lineart.drawing import draw
from frontispiece.lineart.plan import MOTIFS, plan_scene
from frontispiece.lineart.raster import HEIGHT, WIDTH
from frontispiece.lineart.scenes import SCENES
from frontispiece.models import ScenePlan
from frontispiece.painters.lineart import seed_of


def plan(scene: str) -> ScenePlan:
    return ScenePlan(scene=scene, hero="apple", minors=("key", "crane"), accent="#e24a33", label="Attention")


def test_a_composition_is_the_seeds_and_every_sky_comes() -> None:
    looks = [Composition.of(seed) for seed in range(60)]
    assert looks == [Composition.of(seed) for seed in range(60)]
    assert {look.sky for look in looks} == set(Sky)
    assert {look.large for look in looks} == {None, 0, 1}


def seen(png: bytes) -> Image.Image:
    """The picture as somebody far away sees it: grey, and an eighth of its size."""
    return Image.open(io.BytesIO(png)).convert("L").resize((WIDTH // 8, HEIGHT // 8), Image.Resampling.BOX)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, grey levels."""
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


@pytest.mark.slow
def test_two_pictures_of_one_scene_differ_by_half_as_much_as_those_of_different_scenes() -> None:
    drawn = {scene: [seen(draw(plan(scene), seed).png) for seed in (1, 2, 3)] for scene in SCENES}
    same = [difference(*pair) for pictures in drawn.values() for pair in combinations(pictures, 2)]
    others = [difference(drawn[one][k], drawn[other][k]) for one, other in combinations(drawn, 2) for k in range(3)]
    assert sum(same) / len(same) >= 0.5 * sum(others) / len(others)
    assert min(same) > 10


@pytest.mark.slow
def test_a_day_of_28_shows_no_composition_twice() -> None:
    papers = [paper(f"2410.{rank:05}", f"A Paper on {word}", rank=rank) for rank, word in enumerate(list(MOTIFS)[:28])]
    plans = [(one, plan_scene(one)) for one in papers]
    drawn = [seen(draw(planned, seed_of(one, planned)).png) for one, planned in plans]
    assert min(difference(*pair) for pair in combinations(drawn, 2)) > 10
