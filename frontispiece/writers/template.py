"""Writes picture prompts without a language model: fitted to the paper's words, free, the same every time.

Nobody is asked, so a style changes nothing here, neither the prompt nor the recipe.
"""

import time
from typing import TYPE_CHECKING

from frontispiece.lineart.plan import ACCENTS, MOTIFS, SCENES, plan_scene
from frontispiece.models import Paper, Prompt, ScenePlan
from frontispiece.recipe import WriterRecipe, canonical_json

if TYPE_CHECKING:
    from frontispiece.settings import Settings


class Template:
    """The writer that plans a scene and says in words what the plan will draw. It has no use for a style."""

    label = "Template"
    paid = False
    batches = None
    recipe = WriterRecipe(
        kind="template", model="template-1", template="Title: {title} Abstract: {abstract}", parameters=canonical_json()
    )

    def __init__(self, settings: "Settings") -> None:
        """No setting changes what is written."""

    @classmethod
    def recipe_for(cls, settings: "Settings") -> WriterRecipe:
        """Always the same."""
        return cls.recipe

    def request(self, paper: Paper) -> str:
        """What the prompt is made from, in one line."""
        return f"Title: {paper.title} Abstract: {paper.abstract or paper.title}"

    def price(self, paper: Paper) -> float:
        """Nothing."""
        return 0.0

    async def write(self, paper: Paper) -> Prompt:
        """Plan the scene and describe it; raises nothing."""
        started = time.monotonic()
        plan = plan_scene(paper)
        return Prompt(
            text=describe(plan),
            writer=self.recipe.kind,
            model=self.recipe.model,
            request=self.request(paper),
            seconds=time.monotonic() - started,
            dollars=0.0,
            plan=plan,
        )

    async def check(self) -> tuple[str, ...]:
        """There is nothing that could be out of order."""
        return ()

    async def close(self) -> None:
        """There is nothing to let go of."""


def describe(plan: ScenePlan) -> str:
    """The plan as a prompt of five sentences, which promise what is drawn and nothing else."""
    scene = SCENES[plan.scene]
    first, second = (MOTIFS[minor].phrase for minor in plan.minors)
    company = scene.company.format(first=first, second=second)
    return (
        f"{scene.sentence.format(hero=MOTIFS[plan.hero].phrase)} "
        f"{company[0].upper()}{company[1:]} "
        f'The brief title "{plan.label}" is hand-lettered in capitals on {scene.spot}. '
        f"Everything is drawn in black ink with fine hatching, and {ACCENTS[plan.accent]} is the only colour. "
        "Style: surrealism and modern art, linear art on white background."
    )
