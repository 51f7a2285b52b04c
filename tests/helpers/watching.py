"""Runs flows as the terminal does, and remembers how they went."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.client.schemas.objects import State

from flows.audience import audience
from flows.illustrate import illustrate_day, illustrate_papers
from flows.report import Report
from frontispiece.models import Outcome, Paper


class Watcher(logging.Handler):
    """An audience that takes notes, of the log too."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.outcomes: dict[str, Outcome] = {}
        self.steps: dict[str, list[str]] = defaultdict(list)
        self.report: Report | None = None
        self.lines: list[str] = []

    def listed(self, papers: int, waiting: int) -> None:
        self.size = (papers, waiting)

    def step(self, paper: Paper, verb: str) -> None:
        self.steps[paper.id].append(verb)

    def ended(self, outcome: Outcome) -> None:
        self.outcomes[outcome.paper.id] = outcome

    def closed(self, report: Report) -> None:
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        if not record.module.endswith("_engine"):
            self.lines.append(record.getMessage())


@contextmanager
def watching() -> Iterator[Watcher]:
    """Take the audience's seat, and read the runs' logs."""
    watcher = Watcher()
    token = audience.set(watcher)
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        logger.addHandler(watcher)
    try:
        yield watcher
    finally:
        audience.reset(token)
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
