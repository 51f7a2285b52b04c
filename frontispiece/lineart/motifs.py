"""The motifs by name. A new one is a function below one of the themes, a line here, and its words in the vocabulary."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from frontispiece.lineart import motifs_creatures as creatures
from frontispiece.lineart import motifs_emblems as emblems
from frontispiece.lineart import motifs_forms as forms
from frontispiece.lineart import motifs_instruments as instruments
from frontispiece.lineart import motifs_laboratory as laboratory
from frontispiece.lineart import motifs_nature as nature
from frontispiece.lineart import motifs_signs as signs
from frontispiece.lineart import motifs_things as things
from frontispiece.lineart.geometry import Box, Frame, Line
from frontispiece.lineart.pen import Pen


@dataclass(frozen=True, slots=True)
class Motif:
    """How a motif is drawn, the extent it fills in its own units, and where a thread down its middle meets it."""

    draw: Callable[[Pen, Frame], None]
    extent: Box
    knot: float | None = None  # None: at the top of the extent

    def thread(self, frame: Frame, top: float) -> Line:
        """The thread from a height on the page to where it is tied."""
        middle, _ = self.extent.center
        x, y = frame.point(middle, self.extent.top if self.knot is None else self.knot)
        return [(x, top), (x, y)]

    def fitted(self, box: Box, align: Literal["head", "middle", "foot"]) -> tuple[Box, Frame]:
        """As large as fits into a box: the part of the box it fills, and the frame to draw it in."""
        own = self.extent
        size = min(box.width / own.width, box.height / own.height)
        spare = {"head": 0.0, "middle": 0.5, "foot": 1.0}[align] * (box.height - size * own.height)
        left, top = box.center[0] - size * own.width / 2, box.top + spare
        filled = Box(left, top, left + size * own.width, top + size * own.height)
        return filled, Frame(left - size * own.left, top - size * own.top, size)


MOTIFS: Final = {
    "network": Motif(forms.network, Box(-1.08, -1.03, 1.08, 1.03), -0.5),
    "tree": Motif(nature.tree, Box(-1.0, -0.8, 1.0, 1.04), -0.1),
    "books": Motif(things.books, Box(-0.76, -1.04, 0.76, 1.04), -0.95),
    "letters": Motif(forms.letters, Box(-1.05, -1.05, 1.05, 1.05), -0.6),
    "eye": Motif(nature.eye, Box(-1.02, -0.84, 1.06, 0.48), -0.5),
    "clock": Motif(things.clock, Box(-1.02, -1.02, 1.04, 1.04)),
    "maze": Motif(forms.maze, Box(-1.0, -1.0, 1.0, 1.0)),
    "gears": Motif(things.gears, Box(-1.0, -0.88, 0.95, 0.95), -0.35),
    "key": Motif(things.key, Box(-0.78, -0.68, 0.97, 0.76), 0.0),
    "lock": Motif(things.lock, Box(-0.62, -0.8, 0.64, 0.87)),
    "fish": Motif(nature.fish, Box(-1.01, -0.7, 1.13, 0.42)),
    "crane": Motif(things.crane, Box(-1.02, -0.97, 0.95, 0.55), -0.25),
    "cage": Motif(things.cage, Box(-0.64, -1.17, 0.64, 0.81)),
    "hourglass": Motif(things.hourglass, Box(-0.68, -1.02, 0.68, 1.02)),
    "cubes": Motif(forms.cubes, Box(-0.95, -0.88, 0.95, 1.32), -0.7),
    "crystal": Motif(forms.crystal, Box(-1.02, -1.02, 1.02, 1.02)),
    "planet": Motif(nature.planet, Box(-0.98, -0.9, 1.1, 0.58), -0.54),
    "molecule": Motif(forms.molecule, Box(-1.01, -0.84, 1.0, 1.15), -0.48),
    "helix": Motif(forms.helix, Box(-0.46, -1.02, 0.46, 1.02), -0.9),
    "ridges": Motif(forms.ridges, Box(-1.0, -1.02, 1.0, 0.64), -0.5),
    "horn": Motif(things.horn, Box(-0.82, -1.03, 1.42, 0.82), -0.84),
    "scales": Motif(things.scales, Box(-1.21, -0.92, 1.21, 0.92)),
    "lens": Motif(things.lens, Box(-0.89, -0.89, 0.75, 0.86)),
    "robot": Motif(nature.robot, Box(-0.95, -1.16, 0.95, 0.82), -1.1),
    "apple": Motif(nature.apple, Box(-0.94, -1.14, 0.96, 0.91), -0.7),
    "wave": Motif(nature.wave, Box(-1.26, -0.87, 1.26, 0.9), -0.72),
    "mirror": Motif(things.mirror, Box(-0.68, -0.97, 0.68, 0.97)),
    "umbrella": Motif(things.umbrella, Box(-1.0, -0.86, 1.0, 0.87)),
    "bulb": Motif(things.bulb, Box(-1.05, -1.36, 1.05, 0.98), -0.92),
    "moon": Motif(nature.moon, Box(-1.0, -1.0, 0.86, 1.0)),
    "parrot": Motif(creatures.parrot, Box(-0.93, -0.95, 0.94, 1.12)),
    "rocket": Motif(instruments.rocket, Box(-0.79, -1.05, 0.56, 1.06), -0.51),
    "camera": Motif(instruments.camera, Box(-1.0, -0.78, 1.0, 0.74)),
    "brain": Motif(creatures.brain, Box(-0.99, -0.92, 1.0, 1.02)),
    "bridge": Motif(emblems.bridge, Box(-1.05, -1.0, 1.07, 0.74)),
    "chip": Motif(laboratory.chip, Box(-0.98, -0.98, 0.98, 0.98)),
    "map": Motif(emblems.map_sheet, Box(-1.0, -0.95, 1.0, 0.76), -0.61),
    "coins": Motif(emblems.coins, Box(-0.83, -0.85, 0.92, 0.99), 0.04),
    "chain": Motif(emblems.chain, Box(-1.09, -1.0, 1.09, 0.99), -0.27),
    "mask": Motif(creatures.mask, Box(-0.99, -1.04, 0.99, 1.04)),
    "telescope": Motif(instruments.telescope, Box(-0.95, -0.95, 0.89, 1.06), -0.22),
    "leaf": Motif(creatures.leaf, Box(-0.7, -0.95, 0.72, 1.0), -0.76),
    "heart": Motif(creatures.heart, Box(-1.15, -0.83, 1.15, 0.91), -0.43),
    "radio": Motif(laboratory.radio, Box(-0.75, -1.05, 0.75, 1.01), -0.74),
    "dice": Motif(emblems.dice, Box(-1.05, -1.03, 0.97, 0.92), -0.69),
    "compass": Motif(instruments.compass, Box(-0.85, -0.99, 0.87, 0.98)),
    "quill": Motif(emblems.quill, Box(-0.62, -0.98, 0.9, 0.98), -0.66),
    "magnet": Motif(laboratory.magnet, Box(-0.7, -1.01, 0.71, 0.96)),
    "butterfly": Motif(creatures.butterfly, Box(-1.03, -0.87, 1.02, 0.84), -0.43),
    "snake": Motif(creatures.snake, Box(-0.62, -1.03, 0.58, 1.0)),
    "reel": Motif(instruments.reel, Box(-1.0, -0.94, 0.98, 1.01)),
    "cradle": Motif(laboratory.cradle, Box(-1.11, -0.87, 0.98, 1.0)),
    "knot": Motif(signs.knot, Box(-0.84, -0.95, 0.84, 0.76), -0.78),
    "shield": Motif(signs.shield, Box(-1.01, -0.95, 1.07, 1.0), -0.82),
    "flask": Motif(laboratory.flask, Box(-0.73, -0.96, 0.73, 0.94)),
    "atom": Motif(laboratory.atom, Box(-0.99, -0.87, 0.99, 0.88), -0.6),
    "blackhole": Motif(signs.blackhole, Box(-0.97, -0.89, 0.98, 0.87)),
    "car": Motif(emblems.car, Box(-1.0, -0.69, 1.13, 0.67)),
    "puzzle": Motif(signs.puzzle, Box(-0.88, -1.02, 1.08, 0.92), -0.52),
    "target": Motif(signs.target, Box(-0.8, -0.94, 0.99, 1.02), -0.8),
    "virus": Motif(creatures.virus, Box(-1.0, -0.97, 0.98, 0.97), -0.63),
    "globe": Motif(instruments.globe, Box(-0.75, -0.89, 0.88, 1.06), -0.81),
    "bubbles": Motif(signs.bubbles, Box(-1.01, -0.86, 1.0, 0.95)),
    "funnel": Motif(laboratory.funnel, Box(-0.9, -0.93, 0.9, 0.99), -0.6),
    "flame": Motif(creatures.flame, Box(-0.62, -1.05, 0.79, 0.93), -0.96),
    "sun": Motif(creatures.sun, Box(-1.0, -1.0, 1.0, 1.0)),
    "trophy": Motif(signs.trophy, Box(-1.04, -1.0, 1.04, 1.0)),
    "battery": Motif(laboratory.battery, Box(-0.52, -1.06, 0.52, 0.99), -0.45),
}
