"""The scenes by name. A new one is a function below one of the themes, a line here, and its words in the vocabulary."""

from collections.abc import Callable
from typing import Final

from frontispiece.lineart import scenes_air, scenes_figures, scenes_indoors, scenes_land
from frontispiece.lineart.scenery import Sheet

SCENES: Final[dict[str, Callable[[Sheet], None]]] = {
    "bust": scenes_figures.bust,
    "balloon": scenes_air.balloon,
    "gentleman": scenes_figures.gentleman,
    "theatre": scenes_indoors.theatre,
    "ship": scenes_air.ship,
    "tower": scenes_land.tower,
    "mobile": scenes_air.mobile,
    "walker": scenes_land.walker_chest,
    "book": scenes_land.book,
    "whale": scenes_air.whale,
    "teacup": scenes_indoors.teacup,
    "door": scenes_land.door,
    "jar": scenes_indoors.jar,
    "chess": scenes_air.chess,
}
