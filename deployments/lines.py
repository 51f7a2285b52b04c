"""What the terminal of `serve` shows of runs: a line a paper, and one when a run begins and ends.

The whole log, with requests and answers, is with each run in Prefect.
"""

import logging
from typing import Any, Final, TextIO

from frontispiece.text import visible

HANDLER: Final = {"PREFECT_LOGGING_HANDLERS_CONSOLE_CLASS": "deployments.lines.RunLines"}
"""Has Prefect print by this class, in the process that starts runs and in theirs."""
_OF_RUNS: Final = ("prefect.flow_runs", "prefect.task_runs")
_OF_PAPERS: Final = ("archive_image", "fetch_papers", "illustrate", "backfill", "window", "dayruns", "publish_gallery")
"""The modules whose lines are told."""
_OF_THE_ENGINE: Final = ("Beginning flow run", "Finished in state")
# Prefect calls a run that is told to end crashed, or, where it has no time for that, running.
_TOLD_TO_END: Final = "Execution was cancelled by the runtime environment."
_LEFT: Final = "Finished in state Running()"
_ENDED: Final = "Ended before it was done: what is done is kept, and the same again goes on from there."
_WAITING: Final = "Flow run limit reached"
"""A run that waits for its turn; Prefect's runner warns of it."""


class RunLines(logging.StreamHandler[TextIO]):
    """Prints one line for each record that a person at this terminal is told of."""

    def __init__(self, stream: TextIO | None = None, styles: dict[str, Any] | None = None) -> None:
        super().__init__(stream)
        self._is_ending = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told."""
        text = record.getMessage()
        if _TOLD_TO_END in text:
            self._is_ending = True
            return False
        if text == _LEFT or (self._is_ending and record.name == "asyncio"):  # whose loop ends with its tasks
            return record.name == _OF_RUNS[0]
        if record.levelno >= logging.WARNING:
            return not text.startswith(_WAITING)
        if record.name not in _OF_RUNS:
            return False
        is_about_run = record.name == _OF_RUNS[0] and text.startswith(_OF_THE_ENGINE)
        return record.module in _OF_PAPERS or is_about_run

    def format(self, record: logging.LogRecord) -> str:
        """Time of day, run and what is told: the server keeps the rest."""
        run = getattr(record, "flow_run_name", None) or record.name
        told = visible(record.getMessage()).partition("\n")[0]
        time = logging.Formatter().formatTime(record, "%H:%M:%S")
        if told == _LEFT:
            return f"{time} {visible(run)} | {_ENDED}"
        level = f"{record.levelname}: " if record.levelno >= logging.WARNING else ""
        return f"{time} {visible(run)} | {level}{told}"
