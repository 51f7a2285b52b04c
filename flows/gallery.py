"""What is new goes into the gallery; a run never fails for that."""

from collections.abc import Coroutine
from typing import Any, cast

from prefect import get_run_logger
from prefect.client.schemas.objects import State

from frontispiece.archive.store import Archive
from frontispiece.settings import Settings
from tasks.publish_gallery import publish_gallery


async def publish_new(archive: Archive, settings: Settings) -> None:
    """Publish the gallery, where that is wanted; trouble with it is mentioned in the log."""
    if not settings.gallery:
        return
    # Prefect's types forget that an async task must be awaited for its state, too.
    state = await cast("Coroutine[Any, Any, State[Any]]", publish_gallery(archive, return_state=True))
    if not state.is_completed():
        get_run_logger().warning("The gallery is not up to date; frontispiece gallery writes it. %s", state.message)
