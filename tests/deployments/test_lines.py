"""What the terminal of `serve` says of runs that are told to end."""

import io
import logging

from deployments.lines import RunLines

TOLD = "Execution was cancelled by the runtime environment."
FLOW, TASK = "prefect.flow_runs", "prefect.task_runs"


def shown(*records: tuple[str, int, str]) -> list[str]:
    """What is printed of records of these loggers, without the time and the run's name."""
    stream = io.StringIO()
    handler = RunLines(stream)
    for logger, level, text in records:
        record = logging.LogRecord(logger, level, "/x/flow_engine.py", 1, text, None, None)
        record.flow_run_name = "backfill"
        handler.handle(record)
    return [line.partition(" | ")[2] for line in stream.getvalue().splitlines()]


def test_a_run_that_is_told_to_end_has_not_crashed_and_does_not_run() -> None:
    assert shown(
        (TASK, logging.ERROR, f"Crash detected! {TOLD}"),
        (TASK, logging.ERROR, f"Finished in state Crashed('{TOLD}')"),
        (TASK, logging.ERROR, "Finished in state Running()"),
        ("frontispiece", logging.WARNING, "The run ends early: recording what was done."),
        (FLOW, logging.ERROR, "Finished in state Cancelled('Flow run was cancelled.')"),
        (FLOW, logging.ERROR, f"Crash detected! {TOLD}"),
        (FLOW, logging.ERROR, "Finished in state Running()"),
        ("asyncio", logging.ERROR, "unhandled exception during asyncio.run() shutdown"),
    ) == [
        "WARNING: The run ends early: recording what was done.",
        "ERROR: Finished in state Cancelled('Flow run was cancelled.')",
        "Ended before it was done: what is done is kept, and the same again goes on from there.",
    ]


def test_what_has_crashed_is_said_to_have() -> None:
    said = "Crash detected! Request to http://127.0.0.1:4200 failed: ReadTimeout."
    lost = "unhandled exception during asyncio.run() shutdown"
    assert shown((FLOW, logging.ERROR, said), ("asyncio", logging.ERROR, lost)) == [f"ERROR: {said}", f"ERROR: {lost}"]
