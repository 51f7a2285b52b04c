"""How a page is composed: what differs between two drawings of the same scene. Every choice is the seed's."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class Sky(StrEnum):
    """What fills the air behind the figure."""

    EMPTY = "empty"
    LINES = "engraved lines"
    RAIN = "rain"
    STIPPLE = "stipple"
    NIGHT = "night"
    RAYS = "rays"


@dataclass(frozen=True, slots=True)
class Composition:
    """The choices for one page. The plain one lays a scene out as its function is written."""

    sky: Sky = Sky.EMPTY
    rise: float = 0.0  # how far the horizon is moved down, pixels
    zoom: float = 1.0  # of the figure; the camera comes nearer or steps back
    aside: float = 0.0  # -1..1: how far the figure leaves the middle, as a share of the room there is
    lift: float = 0.0  # 0..1: how far a floating figure is moved up, likewise
    hero: float = 1.0  # the hero's size, as a share of the largest
    tilt: float = 0.0  # the hero's, radians
    large: int | None = None  # the minor that is drawn large, cropped by the edge
    sun: bool = True
    walker: bool = True
    bold: bool = False  # ground and shadows in solid black

    @classmethod
    def of(cls, seed: int) -> Self:
        """The seed's own."""
        dice = random.Random(f"composition {seed}")  # noqa: S311 - a drawing needs no secrets
        sky = dice.choices(list(Sky), weights=(2, 4, 2, 2, 3, 3))[0]
        return cls(
            sky=sky,
            rise=dice.uniform(-110, 25),
            zoom=dice.choice((dice.uniform(0.84, 0.9), dice.uniform(0.92, 1.0), dice.uniform(1.0, 1.1))),
            aside=dice.choice((-1, 1)) * dice.uniform(0.25, 1.0),
            lift=dice.random(),
            hero=dice.uniform(0.86, 1.0),
            tilt=dice.choice((0.0, dice.uniform(-0.16, 0.16))),
            large=dice.choice((None, 0, 1)),
            sun=dice.random() < (0.75 if sky in (Sky.NIGHT, Sky.RAYS) else 0.55),
            walker=dice.random() < 0.6,
            bold=dice.random() < 0.55,
        )


PLAIN: Final = Composition()
