"""What asks a bucket waits in threads of our own.

The asynchronous side of obstore answers by entering Python from a thread of its Rust runtime. Nobody can know when that
thread has left again: where the interpreter ends meanwhile, it ends the thread in the middle of Rust code, and that
aborts the process (exit code 134). The synchronous side runs Python only in the thread that asks, and a thread that has
been answered has no Rust below it.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from queue import SimpleQueue
from typing import Final, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 32


async def aside(call: Callable[[], T]) -> T:
    """What `call` gives or raises, in another thread; AT_ONCE of them at most, the others stand in line.

    Who is cancelled leaves at once: a call that is under way goes on alone, one in the line is dropped.
    """
    outcome: Future[T] = Future()

    def answer() -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    _line().put(answer)
    return await asyncio.wrap_future(outcome)


@cache
def _line() -> SimpleQueue[Callable[[], None]]:
    """The calls that wait for a thread.

    The threads are daemons, which no executor of the standard library has: Ctrl-C is not to wait for a bucket that does
    not answer.
    """
    line: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def work() -> None:
        while True:
            line.get()()

    for number in range(AT_ONCE):
        threading.Thread(target=work, name=f"bucket-{number}", daemon=True).start()
    return line
