"""How tasks are cached and retried, and what they report of the journal."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from prefect import get_run_logger
from prefect.cache_policies import CacheKeyFnPolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging.loggers import task_run_logger
from prefect.tasks import Task

from frontispiece.errors import FrontispieceError, SourceUnavailable
from frontispiece.models import Painting, Picture, Prompt, Value
from frontispiece.purchases.journal import Settled
from frontispiece.recipe import digest
from frontispiece.sources.interface import Listed

SHAPES: Final[dict[type[Value], str]] = {
    Listed: "81ec3dcd11e3f0b120b5105f6ce8a354",
    Prompt: "f2dd0c009acdde25dfc47115b59524a6",
    Painting: "6a74104886f4c349d103853d46aed29d",
    Picture: "dc3e4e9737f78669ad25a618e02d9eaa",
}
"""What keys of results say of the fields of their records, so that a result of an older version is made again, not
misread: a record whose fields change needs another word here. The words were digests of schemas once."""


def keyed(record: type[Value], key: Callable[..., str | None]) -> CacheKeyFnPolicy:
    """Cache a `record` under `key(**arguments)`; None means no caching."""
    shape = SHAPES[record]

    def cache_key(_: TaskRunContext, arguments: dict[str, Any]) -> str | None:
        own_key = key(**arguments)
        return own_key and digest(record.__name__, shape, own_key)

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
    task_run_logger(task_run).warning("%s Trying again%s (%d of %d).", error, when, number, attempts)
    await asyncio.sleep(wait)
    return True


def report_doubts(what: str, settled: Settled[Any]) -> None:
    """Say so when a call may have been paid for more than once: only the provider's bill can tell."""
    if settled.bought and settled.doubts:
        get_run_logger().warning(
            "The %s was in doubt %d times and made again: the provider's bill may show it more than once.",
            what,
            settled.doubts,
        )
