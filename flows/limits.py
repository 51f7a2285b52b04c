"""Limits that hold for all machines of a Prefect server: global concurrency limits, which `frontispiece deploy` makes.

A run takes a share of a provider's places when it needs the first one, and keeps it to its end: so a limit costs a few
calls a run and none a paper, and what is there already takes no place. A share is half of what is free, so that others
can begin as well. Leases free what a killed run held, a minute later. Who holds a share also hears when another run is
asked by the provider to wait, from a variable of the server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import VariableCreate, VariableUpdate
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from frontispiece.concurrency import Places
from frontispiece.errors import SourceUnavailable
from frontispiece.providers.throttle import Throttle
from frontispiece.services import Services
from frontispiece.text import MAX_QUOTE, counted

LEASE_SECONDS: Final = 60.0
"""The least that Prefect grants."""
LOOK_SECONDS: Final = 5.0
"""Who waits for a place looks so often how many are free."""
HEAR_SECONDS: Final = 10.0
"""So often is looked whether others were asked to wait."""
_LAST_PAUSE: Final = 3.5
"""A run that ends keeps others waiting at a door no longer, nor itself."""
_MOST_LIMITS: Final = 200
_MOST_WAIT: Final = 86_400.0
"""Seconds. Nobody is asked to wait for longer than a day."""


def limit_name(provider: str) -> str:
    """The name of a provider's limit."""
    return f"frontispiece-{provider}"


class _Over(asyncio.Event):
    """Set when what is held is wanted no longer; others may have it after a pause of so many seconds."""

    def __init__(self, pause: float) -> None:
        super().__init__()
        self.pause = pause


class SharedLimits:
    """The limits of the server, for one run; where it has none of our names, those of this process alone."""

    def __init__(self, hear_seconds: float = HEAR_SECONDS) -> None:
        self._hear_seconds = hear_seconds
        self._throttles: dict[str, list[Throttle]] = {}
        self._talks: dict[str, set[asyncio.Task[None]]] = {}
        self._is_over = asyncio.Event()
        self._known: dict[str, GlobalConcurrencyLimitResponse] | None = None
        self._looking = asyncio.Lock()
        self._held: dict[_Over, asyncio.Task[None]] = {}

    def places(self, provider: str, own: int) -> Places:
        """As in `frontispiece.concurrency.Limits`."""
        return _Share(self, limit_name(provider), own)

    async def is_shared(self, provider: str) -> bool:
        """As in `frontispiece.concurrency.Limits`."""
        limit = (await self._limits()).get(limit_name(provider))
        return limit is not None and limit.active

    def turn(self, door: str, pause: float) -> AbstractAsyncContextManager[object]:
        """As in `frontispiece.concurrency.Limits`."""
        return self._turn(limit_name(door), pause)

    def share_waits(self, provider: str, throttle: Throttle) -> None:
        """Once there is a share of its places, let everybody wait together when the provider asks one to."""
        name, say = limit_name(provider), throttle.on_wait
        self._throttles.setdefault(name, []).append(throttle)

        def waits(seconds: float, reason: str) -> None:
            say(seconds, reason)
            if (talks := self._talks.get(name)) is not None:
                talks.add(asyncio.create_task(_tell(name, seconds, reason)))

        throttle.on_wait = waits

    async def give_back(self) -> None:
        """Let others have what is held."""
        for over in (*self._held, self._is_over):
            over.set()
        tasks = [*self._held.values(), *(talk for talks in self._talks.values() for talk in talks)]
        if tasks:
            # Not at once: a request that is broken off leaves its connection open.
            _, late = await asyncio.wait(tasks, timeout=_LAST_PAUSE)
            for task in late:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def take(self, name: str, own: int) -> int:
        """Half of the places that are free, `own` at most and one at least, to be kept until `give_back`."""
        limit, has_said = (await self._limits()).get(name), False
        while limit is not None and limit.active:
            free = max(0, limit.limit - limit.active_slots)
            share = min(own, max(1, (free + 1) // 2))
            if await self._hold(name, share) is not None:
                if throttles := self._throttles.get(name):
                    self._talks[name] = {asyncio.create_task(self._listen(name, each)) for each in throttles}
                return share
            if not has_said:
                has_said = True
                places = counted(limit.limit, "place")
                get_run_logger().info("Waiting for others: the limit %s has %s for all machines.", name, places)
            limit = await self._look(name)
        return own

    @asynccontextmanager
    async def _turn(self, name: str, pause: float) -> AsyncIterator[None]:
        limit, over = (await self._limits()).get(name), None
        while limit is not None and limit.active and over is None:
            over = await self._hold(name, 1, pause)
            limit = await self._look(name) if over is None else limit
        try:
            yield
        except SourceUnavailable as error:
            if over is not None:
                over.pause = max(pause, error.retry_after or 0.0)
            raise
        finally:
            if over is not None:
                over.set()

    async def _hold(self, name: str, occupy: int, pause: float = 0.0) -> "_Over | None":
        """Take so many places, and give them back when what is returned is set, after a pause; None: they are taken."""
        over, granted = _Over(pause), asyncio.get_running_loop().create_future()

        async def keep() -> None:
            # In a task of its own: the lease is renewed by the task that took it, and steps come and go.
            try:
                async with concurrency(
                    name,
                    occupy,
                    timeout_seconds=LOOK_SECONDS,
                    lease_duration=LEASE_SECONDS,
                    strict=True,
                    raise_on_lease_renewal_failure=False,
                ):
                    granted.set_result(True)
                    await over.wait()
                    await asyncio.sleep(over.pause)
            except TimeoutError:
                granted.set_result(False)
            except ConcurrencySlotAcquisitionError:  # the limit has changed, or the server is busy
                await asyncio.sleep(LOOK_SECONDS)
                granted.set_result(False)

        keeper = asyncio.create_task(keep())
        try:
            is_granted = await granted
        except asyncio.CancelledError:
            keeper.cancel()
            raise
        if not is_granted:
            return None
        self._held[over] = keeper
        keeper.add_done_callback(lambda _: self._held.pop(over, None))
        return over

    async def _listen(self, name: str, throttle: Throttle) -> None:
        while not self._is_over.is_set():
            with suppress(Exception):  # whatever the server answers, and whatever stands there: the next time, then
                async with get_client() as client:
                    told: Any = await client.read_variable_by_name(_variable(name))
                said = told.value if told else {"until": "2000-01-01T00:00Z", "reason": ""}
                left = (datetime.fromisoformat(said["until"]) - datetime.now(UTC)).total_seconds()
                if throttle.seconds_left + 1.0 < left < _MOST_WAIT:
                    throttle.close_for(left, str(said["reason"]))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), self._hear_seconds)

    async def _limits(self) -> dict[str, GlobalConcurrencyLimitResponse]:
        """All there are, looked for once."""
        async with self._looking:
            if self._known is None:
                async with get_client() as client:
                    found = await client.read_global_concurrency_limits(limit=_MOST_LIMITS)
                self._known = {each.name: each for each in found}
        return self._known

    async def _look(self, name: str) -> GlobalConcurrencyLimitResponse | None:
        """How it stands now; it may have been deleted."""
        async with get_client() as client:
            try:
                return await client.read_global_concurrency_limit_by_name(name)
            except ObjectNotFound:
                return None


class _Share:
    """Places of one provider for this run, which are taken when the first is wanted."""

    def __init__(self, limits: SharedLimits, name: str, own: int) -> None:
        self._limits, self._name, self._own = limits, name, own
        self._taking = asyncio.Lock()
        self._places: asyncio.Semaphore | None = None

    async def acquire(self) -> object:
        async with self._taking:
            if self._places is None:
                self._places = asyncio.Semaphore(await self._limits.take(self._name, self._own))
        return await self._places.acquire()

    def release(self) -> None:
        if self._places is not None:
            self._places.release()


def _variable(name: str) -> str:
    return f"{name}-waits".replace("-", "_")


async def _tell(name: str, seconds: float, reason: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    about: dict[str, Any] = {
        "name": _variable(name),
        "value": {"until": until.isoformat(), "reason": reason[:MAX_QUOTE]},
    }
    async with get_client() as client:
        try:
            await client.create_variable(VariableCreate(**about))
        except ObjectAlreadyExists:
            await client.update_variable(VariableUpdate(**about))


@asynccontextmanager
async def within_limits(services: Services) -> AsyncIterator[None]:
    """Have the services keep to the limits of the server, and give back what they took."""
    limits = SharedLimits()
    services.keep_to(limits)
    for each in services.providers:
        if isinstance(throttle := getattr(each, "throttle", None), Throttle):
            limits.share_waits(each.recipe.kind, throttle)
    try:
        yield
    finally:
        await limits.give_back()
