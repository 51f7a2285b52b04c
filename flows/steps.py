"""The tasks as one run uses them: with its number of attempts, and their results in its archive."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from prefect.client.schemas.objects import State
from prefect.tasks import Task

from flows.results import ArchivedResults, RecordSerializer
from tasks.archive_image import archive_image
from tasks.fetch_papers import fetch_papers
from tasks.find_papers import find_papers
from tasks.paint_image import paint_image
from tasks.record_run import record_run
from tasks.studio import Studio
from tasks.write_prompt import write_prompt

P = ParamSpec("P")
R = TypeVar("R")

MAX_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Taken(Generic[R]):
    """What a step gave, and whether it was there already."""

    result: R
    cached: bool


class Step(Generic[P, R]):
    """A task of this run. Calling it gives its result and raises what the task raises."""

    def __init__(self, task: Task[P, Coroutine[Any, Any, R]], studio: Studio, refresh_cache: bool = False) -> None:
        settings = studio.settings
        retries = settings.attempts - 1
        self._task = task.with_options(
            retries=retries,
            retry_delay_seconds=[min(MAX_PAUSE, settings.retry_seconds * 2**attempt) for attempt in range(retries)],
            retry_jitter_factor=0.5,
            refresh_cache=refresh_cache,
        )
        # Set on the copy: Prefect's constructor would ask for a storage that is saved on the server.
        if self._task.persist_result:
            self._task.result_storage = ArchivedResults.of(studio.archive)
            self._task.result_serializer = RecordSerializer()

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Taken[R]:
        """Run the task; raises what it raises."""
        # Prefect's types forget that an async task must be awaited for its state, too.
        run = cast("Coroutine[Any, Any, State[R]]", self._task(*args, **kwargs, return_state=True))
        state = await run
        return Taken(await state.aresult(), state.name == "Cached")


class Steps:
    """The tasks, set up for one studio; `…_again` pass by the cache."""

    def __init__(self, studio: Studio) -> None:
        self.fetch_papers = Step(fetch_papers, studio)
        self.find_papers = Step(find_papers, studio)
        self.write_prompt = Step(write_prompt, studio)
        self.paint_image = Step(paint_image, studio)
        self.paint_image_again = Step(paint_image, studio, refresh_cache=True)
        self.archive_image = Step(archive_image, studio)
        self.archive_image_again = Step(archive_image, studio, refresh_cache=True)
        self.record_run = Step(record_run, studio)
