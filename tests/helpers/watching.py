"""Runs flows as the terminal does, and remembers how they went."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.client.schemas.objects import State

from flows.illustrate import illustrate_day, illustrate_papers
from flows.listener import RunListener, surrounded
from frontispiece.models import Outcome, Paper
from frontispiece.report import Report


class Watcher(RunListener, logging.Handler):
    """A listener that takes notes, of the log too."""

    def __init__(self) -> None:
        logging.Handler.__init__(self, logging.INFO)
        self.asked: list[tuple[str, str]] = []
        self.outcomes: dict[str, Outcome] = {}
        self.steps: dict[str, list[str]] = defaultdict(list)
        self.report: Report | None = None
        self.lines: list[str] = []

    def asks(self, source: str, wanted: str) -> None:
        self.asked.append((source, wanted))

    def listed(self, papers: int, waiting: int) -> None:
        self.size = (papers, waiting)

    def step(self, paper: Paper, name: str) -> None:
        self.steps[paper.id].append(name)

    def ended(self, outcome: Outcome) -> None:
        self.outcomes[outcome.paper.id] = outcome

    def closed(self, report: Report) -> None:
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        if not record.module.endswith("_engine"):
            self.lines.append(record.getMessage())


@contextmanager
def watching() -> Iterator[Watcher]:
    """Listen, and read the runs' logs."""
    watcher = Watcher()
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        logger.addHandler(watcher)
    try:
        with surrounded(listener=watcher):
            yield watcher
    finally:
        for logger in loggers:
            logger.removeHandler(watcher)


async def run_day(*args: Any, **kwargs: Any) -> tuple[State[Any], Watcher]:
    """The final state of `illustrate_day`, and what was seen of it."""
    with watching() as watcher:
        return await illustrate_day(*args, **kwargs, return_state=True), watcher


async def run_papers(*args: Any, **kwargs: Any) -> tuple[State[Any], Watcher]:
    """The final state of `illustrate_papers`, and what was seen of it."""
    with watching() as watcher:
        return await illustrate_papers(*args, **kwargs, return_state=True), watcher
