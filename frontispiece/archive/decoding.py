"""Pictures are decoded and encoded in as many threads as there are processors: more would only take memory."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS: Final = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="pictures")


async def in_a_picture_thread(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `work` gives for these arguments, when a thread is free for it."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: work(*arguments, **named))
