"""Runs a flow in this process, for a command."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


def run_here(flow_run: Callable[[], "Coroutine[Any, Any, State[Any]]"]) -> "tuple[State[Any], BaseException | None]":
    """The final state of a flow run, and the error it failed with. SIGTERM interrupts as Ctrl-C does."""
    from prefect.exceptions import TerminationSignal

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what Prefect takes it for, it passes on
    try:
        state = asyncio.run(flow_run())
        return state, asyncio.run(state.aresult(raise_on_failure=False)) if state.is_failed() else None
    except TerminationSignal:
        raise KeyboardInterrupt from None
