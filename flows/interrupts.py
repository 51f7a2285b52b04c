"""A run that a person interrupts at a command: Prefect would say that it crashed."""

import asyncio
import signal
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from prefect import get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Cancelling

from frontispiece.concurrency import hurry, is_hurried

MESSAGE: Final = "Interrupted: what is done is kept, and the same again goes on from there."

_SOON: Final = 1.0
"""Seconds that need no explanation."""


async def interruptible(run: Awaitable[State[None]]) -> State[None]:
    """The state that the work of this flow run comes to; Cancelled where this is cancelled, once it has recorded all.

    Prefect hears of it at once: a process that has no time to end well is then taken for what it is.
    """
    # SIGTERM is Ctrl-C at a command, without the time to wait. Prefect would raise wherever the program is just then,
    # out of its event loop too.
    signal.signal(signal.SIGTERM, lambda *_: hurry())
    work = asyncio.ensure_future(run)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.cancel()
        ending = [work, asyncio.create_task(_tell())]
        await asyncio.wait(ending, timeout=_SOON)
        if not (work.done() or is_hurried() or runtime.flow_run.parent_flow_run_id):
            get_run_logger().warning(
                "Interrupted: it ends when answers on their way have come, in a few seconds, and all is recorded."
            )
        await asyncio.wait(ending)
    if not work.cancelled() and (error := work.exception()):
        get_run_logger().error("Not all could be recorded: %s", error)
    return Cancelled(message=MESSAGE)


async def _tell() -> None:
    with suppress(Exception):  # the server may be what was lost
        async with get_client() as client:
            await client.set_flow_run_state(UUID(str(runtime.flow_run.id)), Cancelling(message=MESSAGE), force=True)


def go_along(state: State[Any]) -> None:
    """Be cancelled, too, where a run within this one has ended so because all of it was interrupted."""
    task = asyncio.current_task()
    if task is not None and task.cancelling() and state.is_cancelled():
        raise asyncio.CancelledError
