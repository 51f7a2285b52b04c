"""The tasks as one run uses them: with its number of attempts, and their results in its archive."""

from collections.abc import Coroutine
from typing import Any, ParamSpec, TypeVar

from prefect.tasks import Task

from flows.results import ArchivedResults
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


class Steps:
    """The tasks, set up for one studio; `…_again` pass by the cache."""

    def __init__(self, studio: Studio) -> None:
        self._settings = studio.settings
        self._results = ArchivedResults.of(studio.archive)
        self.fetch_papers = self._set_up(fetch_papers)
        self.find_papers = self._set_up(find_papers)
        self.write_prompt = self._set_up(write_prompt)
        self.paint_image = self._set_up(paint_image)
        self.paint_image_again = self._set_up(paint_image, refresh_cache=True)
        self.archive_image = self._set_up(archive_image)
        self.archive_image_again = self._set_up(archive_image, refresh_cache=True)
        self.record_run = self._set_up(record_run)

    def _set_up(
        self, task: Task[P, Coroutine[Any, Any, R]], refresh_cache: bool = False
    ) -> Task[P, Coroutine[Any, Any, R]]:
        retries = self._settings.attempts - 1
        pauses = [min(MAX_PAUSE, self._settings.retry_seconds * 2**attempt) for attempt in range(retries)]
        step = task.with_options(
            retries=retries,
            retry_delay_seconds=pauses or None,
            retry_jitter_factor=0.5,
            refresh_cache=refresh_cache,
        )
        # Set on the copy: the constructor would ask for a block that is saved on the server.
        if step.persist_result:
            step.result_storage = self._results
            step.result_serializer = "json"
        return step
