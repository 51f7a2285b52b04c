"""Runs a flow in this process, for a command."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


def run_here(begin: Callable[[], "Awaitable[State[Any]]"]) -> "tuple[State[Any], BaseException | None]":
    """The final state of the flow run that `begin` gives, and the error it failed with.

    SIGTERM interrupts as Ctrl-C does: raises KeyboardInterrupt.
    """
    from prefect.exceptions import TerminationSignal

    async def ended(flow_run: "Awaitable[State[Any]]") -> "State[Any]":
        return await flow_run

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what Prefect takes it for, it passes on
    try:
        state = asyncio.run(ended(begin()))
        return state, asyncio.run(state.aresult(raise_on_failure=False)) if state.is_failed() else None
    except TerminationSignal:
        raise KeyboardInterrupt from None
