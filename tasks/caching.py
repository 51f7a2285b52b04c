"""How tasks are cached and retried, and what they report of the journal."""

import asyncio
from collections.abc import Callable
from typing import Any

from prefect import get_run_logger
from prefect.cache_policies import CacheKeyFnPolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging.loggers import task_run_logger
from prefect.tasks import Task

from frontispiece.archive.results import result_key
from frontispiece.errors import FrontispieceError, SourceUnavailable
from frontispiece.models import Value
from frontispiece.purchases.journal import Settled
from frontispiece.text import counted


def keyed(record: type[Value], key: Callable[..., str | None]) -> CacheKeyFnPolicy:
    """Cache a `record` under `key(**arguments)`; None means no caching."""

    def cache_key(_: TaskRunContext, arguments: dict[str, Any]) -> str | None:
        own_key = key(**arguments)
        return own_key and result_key(record, own_key)

    return CacheKeyFnPolicy(cache_key_fn=cache_key)


async def worth_another_attempt(task: "Task[..., Any]", task_run: TaskRun, state: "State[Any]") -> bool:
    """The one place that decides about retries: by the error tree, for all tasks alike."""
    error = await state.aresult(raise_on_failure=False)
    if not (isinstance(error, FrontispieceError) and error.is_transient):
        return False
    # Providers have a throttle that holds up everybody at once; a source is asked by one task only.
    wait = (error.retry_after or 0.0) if isinstance(error, SourceUnavailable) else 0.0
    pauses = task.retry_delay_seconds
    pause = wait + pauses[min(task_run.run_count, len(pauses)) - 1]  # or half as long, or half as long again
    number, attempts = min(task_run.run_count, task.retries) + 1, task.retries + 1
    when = f" in about {pause:.0f} s" if pause >= 1 else ""
    said = {"tries_again": ("try", str(error))}  # a terminal counts those of all tasks in one line
    task_run_logger(task_run).warning("%s Trying again%s (%d of %d).", error, when, number, attempts, extra=said)
    await asyncio.sleep(wait)
    return True


def report_doubts(what: str, settled: Settled[Any]) -> None:
    """Say so when a call may have been paid for more than once: only the provider's bill can tell."""
    if settled.bought and settled.doubts:
        get_run_logger().warning(
            "The %s was in doubt %s and made again: the provider's bill may show it more than once.",
            what,
            counted(settled.doubts, "time"),
        )
