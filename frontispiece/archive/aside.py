"""What asks a bucket waits in threads of our own, and so does what waits for a picture.

The asynchronous side of obstore answers by entering Python from a thread of its Rust runtime. Nobody can know when that
thread has left again: where the interpreter ends meanwhile, it ends the thread in the middle of Rust code, and that
aborts the process (exit code 134). The synchronous side runs Python only in the thread that asks, and a thread that has
been answered has no Rust below it.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Final, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 32


class Line:
    """Calls that wait for one of so many threads, which start with the first.

    The threads are daemons, which no executor of the standard library has: Ctrl-C is not to wait for a bucket that does
    not answer, nor for a picture.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._names = [f"{name}-{number}" for number in range(threads)]
        self._calls: SimpleQueue[Callable[[], Any]] = SimpleQueue()

    async def aside(self, call: Callable[[], T]) -> T:
        """What `call` gives or raises, in another thread, when one is free.

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

        self._calls.put(answer)
        while self._names:
            threading.Thread(target=self._work, name=self._names.pop(), daemon=True).start()
        return await asyncio.wrap_future(outcome)

    def _work(self) -> None:
        while True:
            self._calls.get()()


aside: Final = Line("bucket", AT_ONCE).aside
