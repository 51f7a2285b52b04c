"""The tasks as one run uses them: with its number of attempts, and their results in its archive."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, ParamSpec, TypeVar, cast

from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext, TagsContext, TaskRunContext
from prefect.exceptions import Pause
from prefect.tasks import Task
from prefect.utilities.annotations import opaque
from prefect.utilities.callables import get_call_parameters

from flows.results import ArchivedResults, RecordSerializer
from frontispiece.services import Services
from frontispiece.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

MAX_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class StepResult(Generic[R]):
    """What a task gave, and whether it was there already."""

    value: R
    cached: bool


def anew(task: Task[P, Coroutine[Any, Any, R]]) -> Task[P, Coroutine[Any, Any, R]]:
    """The task without a look whether its result is there: it makes one, and keeps it."""
    return cast("Task[P, Coroutine[Any, Any, R]]", _anew(task))


@cache  # a copy takes a millisecond, and each paper asks for two
def _anew(task: Task[..., Any]) -> Task[..., Any]:
    return task.with_options(refresh_cache=True)


def persistent(task: Task[P, R], settings: Settings) -> Task[P, R]:
    """The task with the number of attempts, and the pauses between them, that the settings say."""
    return cast("Task[P, R]", copy(_persistent(task, settings.attempts - 1, settings.retry_seconds)))


@cache  # as above, and each day of a backfill asks for all
def _persistent(task: Task[..., Any], retries: int, pause: float) -> Task[..., Any]:
    return task.with_options(
        retries=retries,
        retry_delay_seconds=[min(MAX_PAUSE, pause * 2**attempt) for attempt in range(retries)],
        retry_jitter_factor=0.5,
    )


@contextmanager
def untagged() -> Iterator[None]:
    """Within, tasks have nothing to do with the tags of their run, which stay its own.

    Prefect asks the server for a slot of each tag before a task may start, and each tag stands on each of a task's
    three events, as a row of its own: four tags of a run cost more than the rest of the task.
    """
    context = cast("FlowRunContext", FlowRunContext.get())  # a step is always one of a run
    run = cast("FlowRun", context.flow_run).model_copy(update={"tags": []})
    plain = context.model_copy(update={"flow_run": run})
    with TagsContext(current_tags=set()), plain:
        yield


class Steps:
    """Calls tasks for one run."""

    def __init__(self, services: Services) -> None:
        self._settings = services.settings
        self._results = ArchivedResults.of(services.archive)
        self._ready: dict[Task[Any, Any], Task[..., Any]] = {}

    async def call(self, task: Task[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> StepResult[R]:
        """Call the task. Raises what it raises, and Pause when the run was suspended before it had made anything."""
        ready = self._set_up(task)
        # Opaque: Prefect would look for futures in every field of every record, three times a task.
        hidden: dict[str, Any] = {name: opaque(value) for name, value in kwargs.items()}
        try:
            with untagged():
                # Prefect's types forget that an async task must be awaited for its state, too.
                called = cast("Coroutine[Any, Any, State[R]]", ready(*map(opaque, args), return_state=True, **hidden))
                state = await called
        except Pause:
            # In a suspended run a task that has ended raises it, too: what that made may have been paid for.
            made = await self._made(ready, get_call_parameters(task.fn, args, kwargs))
            if made is None:
                raise
            return StepResult(made, cached=False)
        return StepResult(await state.aresult(), state.name == "Cached")

    def _set_up(self, task: Task[P, Any]) -> Task[..., Any]:
        """The task with the run's number of attempts, its results in the run's archive."""
        if (ready := self._ready.get(task)) is not None:
            return ready
        ready = self._ready[task] = persistent(task, self._settings)
        if ready.persist_result:
            # Attributes of the copy: as options they would have to be a storage that is saved on the server.
            ready.result_storage = self._results
            ready.result_serializer = RecordSerializer()
        return ready

    async def _made(self, task: Task[..., Any], arguments: dict[str, Any]) -> Any:
        """What this task has made of these arguments in this run, as it stands in the archive; None: nothing."""
        if not isinstance(task.cache_policy, CachePolicy):
            return None
        key = task.cache_policy.compute_key(cast("TaskRunContext", None), arguments, {})  # ours asks for no context
        return key and await self._results.made(key)
