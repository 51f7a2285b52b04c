"""One drawing from plan to PNG: a pure function of its arguments, fit for a worker process."""

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from frontispiece.lineart.composition import Composition
from frontispiece.lineart.pen import Pen
from frontispiece.lineart.raster import to_png
from frontispiece.lineart.scenery import Sheet
from frontispiece.lineart.scenes import SCENES
from frontispiece.lineart.vector import to_svg
from frontispiece.models import ScenePlan


class Drawing(NamedTuple):
    """The same picture twice."""

    png: bytes
    svg: bytes
    """Its single strokes."""


def draw(plan: ScenePlan, seed: int) -> Drawing:
    """The drawing of a plan; the same plan and seed give the same bytes.

    Scenes are laid out one way round, and every other page is mirrored. Raises KeyError for names that are not in
    `frontispiece.lineart.plan`, or a label that cannot be lettered.
    """
    pen = Pen(seed, mirrored=is_mirrored(seed))
    first, second = plan.minors
    with _collector_paused():
        SCENES[plan.scene](Sheet(pen, plan.hero, (first, second), plan.label, Composition.of(seed)))
        return Drawing(
            to_png(pen.display, plan.accent, pen.mirrored),
            to_svg(pen.display, plan.accent, plan.label, pen.mirrored),
        )


def is_mirrored(seed: int) -> bool:
    """Whether this seed's page is drawn the other way round."""
    return random.Random(seed).random() < 0.5  # noqa: S311 - a drawing needs no secrets


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A display is thousands of tuples and not one cycle: looking for cycles would take a sixth of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
