"""The tasks as one run uses them: with its number of attempts, and their results in its archive."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.exceptions import Pause
from prefect.tasks import Task
from prefect.utilities.annotations import opaque
from prefect.utilities.callables import get_call_parameters

from flows.results import ArchivedResults, RecordSerializer
from frontispiece.services import Studio
from tasks.archive_image import archive_image
from tasks.fetch_papers import fetch_papers
from tasks.find_papers import find_papers
from tasks.order_prompts import fetch_prompts, order_prompts
from tasks.paint_image import paint_image
from tasks.record_run import record_run
from tasks.write_prompt import write_prompt

P = ParamSpec("P")
R = TypeVar("R")

MAX_PAUSE = 60.0


class RunTasks:
    """The tasks, set up for the runs of one studio; `…_again` pass by the cache."""

    def __init__(self, studio: Studio) -> None:
        self.fetch_papers = _set_up(fetch_papers, studio)
        self.find_papers = _set_up(find_papers, studio)
        self.order_prompts = _set_up(order_prompts, studio)
        self.fetch_prompts = _set_up(fetch_prompts, studio)
        self.write_prompt = _set_up(write_prompt, studio)
        self.paint_image = _set_up(paint_image, studio)
        self.paint_image_again = _set_up(paint_image, studio, refresh_cache=True)
        self.archive_image = _set_up(archive_image, studio)
        self.archive_image_again = _set_up(archive_image, studio, refresh_cache=True)
        self.record_run = _set_up(record_run, studio)


def _set_up(task: Task[P, R], studio: Studio, refresh_cache: bool = False) -> Task[P, R]:
    retries = studio.settings.attempts - 1
    ours = task.with_options(
        retries=retries,
        retry_delay_seconds=[min(MAX_PAUSE, studio.settings.retry_seconds * 2**attempt) for attempt in range(retries)],
        retry_jitter_factor=0.5,
        refresh_cache=refresh_cache,
    )
    if ours.persist_result:
        # Attributes of the copy: as options they would have to be a storage that is saved on the server.
        ours.result_storage = ArchivedResults.of(studio.archive)
        ours.result_serializer = RecordSerializer()
    return ours


@dataclass(frozen=True, slots=True)
class StepResult(Generic[R]):
    """What a task gave, and whether it was there already."""

    value: R
    cached: bool


async def step(task: Task[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> StepResult[R]:
    """Call a task. Raises what it raises, and Pause when the run was suspended before it had made anything."""
    # Opaque: Prefect would look for futures in every field of every record, three times a task.
    hidden: dict[str, Any] = {name: opaque(value) for name, value in kwargs.items()}
    called = task(*map(opaque, args), return_state=True, **hidden)
    try:
        # Prefect's types forget that an async task must be awaited for its state, too.
        state = await cast("Coroutine[Any, Any, State[R]]", called)
    except Pause:
        # In a suspended run a task that has ended raises it, too: what that made may have been paid for.
        made = await _made(task, *args, **kwargs)
        if made is None:
            raise
        return StepResult(made, cached=False)
    return StepResult(await state.aresult(), state.name == "Cached")


async def _made(task: Task[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """What this task of this run has made of these arguments, as it stands in the archive; None: nothing."""
    if not (isinstance(task.result_storage, ArchivedResults) and isinstance(task.cache_policy, CachePolicy)):
        return None
    arguments = get_call_parameters(task.fn, args, kwargs)
    key = task.cache_policy.compute_key(cast("TaskRunContext", None), arguments, {})  # ours asks for no context
    return cast("R | None", key and await task.result_storage.made(key))
