"""The tasks as one run uses them: with its number of attempts, and their results in its archive."""

import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from prefect.client.schemas.objects import State
from prefect.exceptions import Pause
from prefect.task_engine import run_task_async
from prefect.tasks import Task
from prefect.utilities.annotations import opaque
from prefect.utilities.callables import get_call_parameters

from flows.results import ArchivedResults, RecordSerializer
from frontispiece.services import Studio
from tasks.archive_image import archive_image
from tasks.fetch_papers import fetch_papers
from tasks.find_papers import find_papers
from tasks.paint_image import paint_image
from tasks.record_run import record_run
from tasks.write_prompt import write_prompt

P = ParamSpec("P")
R = TypeVar("R")

MAX_PAUSE = 60.0


def _tells_more_than_the_state(record: logging.LogRecord) -> bool:
    """Prefect's engine logs of every task that it finished well, as its state shows: three of a paper's eight lines."""
    return record.levelno > logging.INFO or record.module != "task_engine"


logging.getLogger("prefect.task_runs").addFilter(_tells_more_than_the_state)


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
        """Run the task; raises what it raises, and Pause when the run was suspended before it ended."""
        given = get_call_parameters(self._task.fn, args, kwargs)
        # Opaque: Prefect would look for futures in every field of every record, three times a task.
        parameters = {name: opaque(value) for name, value in given.items()}
        # A run that is handed over is not announced as Pending first: a third fewer events for client and server.
        task_run = await self._task.create_local_run(parameters=parameters)
        task_run.tags = []  # the engine would ask the server for a slot of each, and wait for the answer
        run = run_task_async(self._task, task_run=task_run, parameters=parameters, return_type="state")
        try:
            state = cast("State[R]", await run)  # which it is, whatever its types say
        except Pause:
            # In a suspended run a task that has ended raises it, too: what that gave may have been paid for.
            if task_run.state is None or not task_run.state.is_completed():
                raise
            state = cast("State[R]", task_run.state)
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
