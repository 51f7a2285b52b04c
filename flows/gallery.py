"""What is new goes into the gallery; a run never fails for that."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from prefect import get_run_logger
from prefect.client.schemas.objects import State

from flows.listener import RunListener
from flows.steps import untagged
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.store import Archive
from frontispiece.errors import FrontispieceError
from frontispiece.gallery.publisher import hang_ahead
from frontispiece.models import Outcome
from frontispiece.settings import Settings
from tasks.publish_gallery import publish_gallery


async def publish_new(catalog: Catalog, settings: Settings) -> None:
    """Publish the gallery, where that is wanted; trouble with it is mentioned in the log."""
    if not settings.gallery:
        return
    with untagged():
        # Prefect's types forget that an async task must be awaited for its state, too.
        state = await cast("Coroutine[Any, Any, State[Any]]", publish_gallery(catalog, return_state=True))
    if not state.is_completed():
        get_run_logger().warning("The gallery is not up to date; frontispiece gallery writes it. %s", state.message)


class _Ahead(RunListener):
    """Has the pictures of papers that end get their thumbnails, one after the other."""

    def __init__(self, other: RunListener, archive: Archive) -> None:
        super().__init__(other)
        self._archive = archive
        self._made: asyncio.Queue[Outcome] = asyncio.Queue()

    def ended(self, outcome: Outcome) -> None:
        """One more picture, where there is one."""
        super().ended(outcome)
        if outcome.picture is not None:
            self._made.put_nowait(outcome)

    async def keep_going(self) -> None:
        """Make thumbnails; those that cannot be made now are left to the publication."""
        while True:
            outcome = await self._made.get()
            with suppress(FrontispieceError):
                await hang_ahead(self._archive, outcome)


@asynccontextmanager
async def hung_ahead(listener: RunListener, archive: Archive, settings: Settings) -> AsyncIterator[RunListener]:
    """A listener beside this one, for as long as providers are waited for: less is left to the publication."""
    if not settings.gallery:
        yield listener
        return
    ahead = _Ahead(listener, archive)
    going = asyncio.create_task(ahead.keep_going())
    try:
        yield ahead
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
