"""Draws surreal ink scenes itself: no key, no network, the same picture for the same plan."""

import asyncio
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Final

from frontispiece.errors import ProviderBroken, ProviderUnavailable
from frontispiece.lineart.drawing import Drawing, draw, is_mirrored
from frontispiece.lineart.plan import plan_scene
from frontispiece.lineart.raster import HEIGHT, WIDTH
from frontispiece.models import Paper, Prompt, ScenePlan
from frontispiece.painters.interface import AtOnce, Canvas
from frontispiece.recipe import PainterRecipe, canonical_json

if TYPE_CHECKING:
    from frontispiece.settings import Settings

_FOR_THE_PROGRAM: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the program, which then ends its workers; a terminal tells all of its processes."""


class LineArt(AtOnce):
    """The painter of line art: draws in worker processes, so that the event loop stays free.

    Follows the writer's plan; a prompt without one is planned from its words. Workers start with the first picture,
    end with `close`, and never outlive the program.
    """

    label = "line art"
    paid = False
    is_ai = False
    draws_lines = True
    price = 0.0
    # Better drawings keep the recipe: what an archive has stays as it is, and only `--refresh` draws it anew.
    recipe = PainterRecipe(kind="lineart", model="lineart-1", parameters=canonical_json(width=WIDTH, height=HEIGHT))

    def __init__(self, settings: "Settings") -> None:
        # Each worker is a pool of one: a larger pool that starts a process just as another dies never ends.
        self._workers: list[ProcessPoolExecutor] = []
        self._idle: list[ProcessPoolExecutor] = []
        self._turns = asyncio.Semaphore(min(os.cpu_count() or 1, settings.paintings_at_once))

    @classmethod
    def recipe_for(cls, settings: "Settings") -> PainterRecipe:
        """Always the same."""
        return cls.recipe

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Canvas:
        """Draw the picture.

        Raises ProviderUnavailable when a worker process died, ProviderBroken for a plan of unknown motifs.
        """
        started = time.monotonic()
        plan = prompt.plan or plan_scene(paper, prompt.text)
        seed = seed_of(paper, plan, take)
        drawing = await self._draw(plan, seed)
        return Canvas(
            image=drawing.png,
            model=self.recipe.model,
            seconds=time.monotonic() - started,
            dollars=0.0,
            seed=str(seed),
            vector=drawing.svg,
        )

    async def _draw(self, plan: ScenePlan, seed: int) -> Drawing:
        async with self._turns:
            worker = self._idle.pop() if self._idle else self._new_worker()
            try:
                with _main_module_hidden(), _interrupts_held():
                    drawing = worker.submit(draw, plan, seed)
                return await asyncio.wrap_future(drawing)
            except BrokenProcessPool as error:
                self._workers.remove(worker)
                worker.shutdown(wait=False)
                raise ProviderUnavailable("A worker of the painter line art died; draw the picture again.") from error
            except (KeyError, ValueError) as error:
                raise ProviderBroken(
                    f"The painter line art cannot draw the plan of {plan.label!r}: {error}."
                ) from error
            finally:
                if worker in self._workers:
                    self._idle.append(worker)

    def _new_worker(self) -> ProcessPoolExecutor:
        # A fork of this program would copy its threads and locks in whatever state they are: these are forks of a
        # process that has loaded what drawing takes, and ends with this one.
        multiprocessing.set_forkserver_preload([__name__])
        forks = multiprocessing.get_context("forkserver")
        self._workers.append(ProcessPoolExecutor(1, mp_context=forks, initializer=_become_worker))
        return self._workers[-1]

    async def close(self) -> None:
        """End the worker processes, and wait until they have."""
        workers, self._workers, self._idle = self._workers, [], []
        for worker in workers:
            await asyncio.to_thread(worker.shutdown, cancel_futures=True)


def seed_of(paper: Paper, plan: ScenePlan, take: int = 0) -> int:
    """What the pen's chances depend on: the paper and its plan. 64 bits. The next take is drawn the other way round."""
    text = f"{paper.id} {plan.model_dump_json()}"
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    for _ in range(take):
        way_round = is_mirrored(seed)
        while is_mirrored(seed) is way_round:
            seed = (seed + 1) % 2**64
    return seed


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Workers started in here never hear what is for the program, not even while they start."""
    resource_tracker.ensure_running()  # when it is started, it lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_PROGRAM)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Workers started in here do not run the program's main module again, which would load all of Prefect in each."""
    main = sys.modules["__main__"]
    spec, file = main.__spec__, main.__dict__.pop("__file__", None)
    main.__spec__ = None
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file


def _become_worker() -> None:
    """In a new worker: leave to the program what is for it, and end when it ends, even if it is killed."""
    for told in _FOR_THE_PROGRAM:
        signal.signal(told, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
