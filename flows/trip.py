"""One paper's trip: prompt, painting, picture, in plain sequence; whatever happens ends as its own outcome."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

from prefect import get_run_logger
from prefect.exceptions import Pause

from flows.audience import audience
from flows.steps import Steps, Taken
from frontispiece.errors import Blocked, BudgetReached, Flawed, FrontispieceError, NotYet, OriginalMissing
from frontispiece.models import Outcome, Painting, Paper, Picture, Prompt, Status
from frontispiece.services import Studio

T = TypeVar("T")
StepName = Literal["prompt", "painting", "picture"]


class Trip:
    """Carries one paper through the steps and remembers how far it came."""

    def __init__(self, paper: Paper, steps: Steps, studio: Studio) -> None:
        self._paper = paper
        self._steps = steps
        self._studio = studio
        self._cached: dict[StepName, bool] = {}
        self._prompt: Prompt | None = None
        self._painting: Painting | None = None
        self._picture: Picture | None = None

    async def make(self) -> Outcome:
        """Go the whole way. Never raises once it has begun, so that one paper's failure leaves the others alone.

        When the run is cancelled or suspended the trip ends where it is, and so the record knows what was paid for.
        """
        async with self._studio.papers_window:
            try:
                await self._go()
            except asyncio.CancelledError:
                outcome = self._outcome(Status.FAILED, "Cancelled", "The run was cancelled.")
            except Pause:
                outcome = self._outcome(Status.SKIPPED, "Suspended", "The run was suspended; resumed, it goes on.")
            except (BudgetReached, NotYet) as error:
                outcome = self._outcome(Status.SKIPPED, error.kind, str(error))
            except FrontispieceError as error:
                outcome = self._failed(error.kind, str(error), blocked=isinstance(error, Blocked))
            except Exception as error:  # a mistake of ours must not take the other papers along
                get_run_logger().exception("Unexpected error at paper %s", self._paper.id)
                outcome = self._failed(type(error).__name__, f"Unexpected error: {error}")
            else:
                outcome = self._outcome(Status.DONE)
        outcome = outcome.model_copy(update={"wasted": await self._studio.waste.take(self._paper.key)})
        await self._studio.budget.release(self._paper.key)
        audience.get().ended(outcome)
        return outcome

    async def _go(self) -> None:
        paper, studio, steps = self._paper, self._studio, self._steps
        get_run_logger().info("Generating an image for paper %s.", paper.title)
        prompt = self._prompt = await self._take("prompt", steps.write_prompt(paper, studio))
        painting = await self._paint(prompt)
        try:
            self._picture = await self._archive(prompt, painting)
        except OriginalMissing:
            get_run_logger().warning("The original of %s is gone: painting it again.", paper.id)
            painting = self._painting = await self._take("painting", steps.paint_image_again(paper, prompt, studio))
            self._picture = await self._archive(prompt, painting)

    async def _paint(self, prompt: Prompt) -> Painting:
        """A painting that looks like a picture of this paper; what does not is painted once more, with another seed."""
        paper, studio, steps = self._paper, self._studio, self._steps
        first = self._painting = await self._take("painting", steps.paint_image(paper, prompt, studio))
        flaw = studio.looks.flaw(paper, first.original)
        if flaw is None:
            return first
        get_run_logger().warning("%s It is painted once more, with another seed.", flaw.message)
        second = await self._take("painting", steps.paint_image(paper, prompt, studio, take=1))
        self._painting = second = second.model_copy(update={"dollars": _sum(first.dollars, second.dollars)})
        flaw = studio.looks.flaw(paper, second.original)
        if flaw is None:
            return second
        if flaw.kind == "black":
            raise Blocked(f"{studio.painter.label} sent an all-black picture twice, its way of withholding one.")
        raise Flawed(f"{flaw.message} So was the take before: look at the originals.")

    async def _archive(self, prompt: Prompt, painting: Painting) -> Picture:
        """The archived picture; a cached one whose file was lost is written again."""
        paper, studio, steps = self._paper, self._studio, self._steps
        picture = await self._take("picture", steps.archive_image(paper, prompt, painting, studio))
        if self._cached["picture"] and not await studio.archive.exists(picture.path):
            picture = await self._take("picture", steps.archive_image_again(paper, prompt, painting, studio))
        return picture

    async def _take(self, step: StepName, taking: Coroutine[Any, Any, Taken[T]]) -> T:
        """Go through one step; notes whether it was done before."""
        audience.get().step(self._paper, step)
        taken = await taking
        self._cached[step] = taken.cached
        return taken.result

    def _failed(self, kind: str, message: str, *, blocked: bool = False) -> Outcome:
        get_run_logger().error("No picture for paper %s. %s", self._paper.id, message)
        return self._outcome(Status.BLOCKED if blocked else Status.FAILED, kind, message)

    def _outcome(self, status: Status, reason: str | None = None, message: str | None = None) -> Outcome:
        return Outcome(
            paper=self._paper,
            status=status,
            reason=reason,
            message=message,
            recipe=self._studio.recipe.fingerprint,
            prompt=self._prompt,
            painting=self._painting,
            picture=self._picture,
            cached=tuple(step for step, cached in self._cached.items() if cached),
        )


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second
