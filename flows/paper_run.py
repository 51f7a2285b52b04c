"""One paper on its way through the steps; whatever happens ends as its own outcome."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from prefect import get_run_logger, runtime
from prefect.exceptions import Pause, TerminationSignal
from prefect.tasks import Task

from flows.listener import RunListener
from flows.steps import Steps, anew
from frontispiece.concurrency import ungrouped
from frontispiece.errors import ArchiveError, Blocked, BudgetReached, FrontispieceError, NotYet
from frontispiece.models import NOT_REACHED, Check, Outcome, Painting, Paper, Picture, Prompt, Status, Step
from frontispiece.money import total
from frontispiece.purchases.bill import calls_for
from frontispiece.services import Services
from frontispiece.text import one_line

P = ParamSpec("P")
R = TypeVar("R", Prompt, Painting, Check, Picture)


class PaperRun:
    """Takes a paper through its steps, and remembers how far it came."""

    def __init__(self, paper: Paper, services: Services, steps: Steps, listener: RunListener) -> None:
        self.paper = paper
        self.made: dict[Step, Any] = {}
        """What the steps gave, by their names: an outcome shows these."""
        self.cached: set[Step] = set()
        self.takes: list[tuple[Prompt, Painting]] = []
        """The paintings, each with another seed than those of the same prompt."""
        self._new: list[tuple[Step, Any]] = []
        self.resembles: str | None = None
        """The id of a paper whose picture looks nearly like this one's."""
        self._services = services
        self._steps = steps
        self._listener = listener
        self._began = datetime.now(UTC)

    async def call(self, name: Step, task: Task[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a task as this step. Raises as `Steps.call` does.

        What follows from something that was not there before cannot be there either, so nobody looks.
        """
        self._listener.step(self.paper, name)
        if self.made.keys() - self.cached:
            task = anew(task)
        result = await self._steps.call(task, *args, **kwargs)
        self.made[name] = result.value
        if not result.cached and isinstance(result.value, Painting | Check):
            self._new.append((name, result.value))
        (self.cached.add if result.cached else self.cached.discard)(name)
        return result.value

    async def take(self, paint: Task[..., Coroutine[Any, Any, Painting]], prompt: Prompt) -> Painting:
        """One more painting of the prompt, with another seed than those before it. Raises as `Steps.call` does."""
        number = sum(each.text == prompt.text for each, _ in self.takes)
        painting = await self.call("painting", paint, self.paper, prompt, self._services, take=number)
        self.takes.append((prompt, painting))
        return painting

    def keep(self, kept: Painting, looks: Sequence[Check] = (), check: Check | None = None) -> None:
        """Of all takes this is the paper's, with this verdict: it has cost what all have. The others' time is lost."""
        lost = [each for each in self._new if each[1] is not kept and each[1] is not check]
        for step, made in lost:
            self._services.lost_time.note(self.paper.key, step, made.seconds)
        self._new = [each for each in self._new if each not in lost]
        self.made["prompt"] = next(prompt for prompt, painting in self.takes if painting is kept)
        self.made["painting"] = kept.model_copy(update={"dollars": total(each.dollars for _, each in self.takes)})
        if check is not None:
            self.made["check"] = check.model_copy(update={"dollars": total(each.dollars for each in looks)})

    def outcome(self, status: Status, reason: str | None = None, message: str | None = None) -> Outcome:
        """How it stands with the paper now."""
        return Outcome(
            paper=self.paper,
            status=status,
            reason=reason,
            message=message,
            recipe=self._services.recipe.fingerprint,
            cached=tuple(name for name in self.made if name in self.cached),
            resembles=self.resembles,
            **self.made,
        )

    async def with_bill(self, outcome: Outcome) -> Outcome:
        """The outcome with all paid calls behind it, and lost time; what cannot be read now stays in the journal."""
        try:
            calls = await calls_for(self.paper, outcome.prompt, self._services, self.takes)
        except ArchiveError as error:
            get_run_logger().warning("What paper %s has cost cannot be read now: %s", self.paper.id, error)
            calls = ()
        own = tuple(call for call in calls if call.run == str(runtime.flow_run.id) and call.made_at >= self._began)
        lost = self._services.lost_time.pop(self.paper.key)
        return outcome.model_copy(update={"purchases": calls, "bought": own, "lost_seconds": lost})

    def failure(self, error: Exception) -> Outcome:
        """The outcome of a paper that this error ended."""
        if isinstance(error, BudgetReached | NotYet):
            return self.outcome(Status.SKIPPED, error.kind, str(error))
        if isinstance(error, FrontispieceError):
            status, kind, message = Status.FAILED, error.kind, str(error)
            if isinstance(error, Blocked):
                status = Status.BLOCKED
        else:  # a mistake of ours must not take the other papers along
            get_run_logger().exception("Unexpected error at paper %s", self.paper.id)
            status, kind, message = Status.FAILED, type(error).__name__, one_line(f"Unexpected error: {error}")
        get_run_logger().error("No picture for paper %s. %s", self.paper.id, message)
        return self.outcome(status, kind, message)


@asynccontextmanager
async def run_of(
    paper: Paper, services: Services, steps: Steps, listener: RunListener, outcomes: list[Outcome]
) -> AsyncIterator[PaperRun]:
    """A paper's run, whose outcome is added to `outcomes`. No error leaves it, so that others are left alone.

    When the run is cancelled or suspended the paper ends where it is, and so the record knows what was paid for. Told
    to end, Prefect raises TerminationSignal wherever the program is just then: that of a paper ends all of them.
    """
    run = PaperRun(paper, services, steps, listener)
    get_run_logger().info("Generating an image for paper %s.", paper.title)
    told: TerminationSignal | None = None
    try:
        with ungrouped():
            yield run
    except (asyncio.CancelledError, TerminationSignal) as error:
        if "picture" in run.made:
            outcome = run.outcome(Status.DONE)
        else:
            outcome = run.outcome(Status.SKIPPED, NOT_REACHED, "The run ended before it had its picture.")
        told = error if isinstance(error, TerminationSignal) else None
    except Pause:
        outcome = run.outcome(Status.SKIPPED, "Suspended", "The run was suspended; resumed, it goes on.")
    except Exception as error:
        outcome = run.failure(error)
    else:
        outcome = run.outcome(Status.DONE)
    outcome = await run.with_bill(outcome)
    await services.budget.release(paper.key)
    outcomes.append(outcome)
    listener.ended(outcome)
    if told is not None:
        raise told
