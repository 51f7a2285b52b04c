"""The artifacts on a run's page in Prefect: one of each key, kept up to date, also by another attempt of the run."""

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import Final
from uuid import UUID

from prefect import get_run_logger, runtime
from prefect.artifacts import Artifact, ProgressArtifact
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from frontispiece.text import counted

_SHARE: Final = 0.05


def pause(began: float, least: float) -> float:
    """Seconds until the next update of a page that is kept since `began`: a run of a whole day has some 150 of them."""
    return max(least, _SHARE * (monotonic() - began))


def next_size(size: int) -> int:
    """How large a page that grows is when it is worth an update: a fourth larger.

    So all of its updates together are a few times as large as the last.
    """
    return size + max(1, size // 4)


def progress(key: str, ended: int, of: int, noun: str, at: str = "", *, is_last: bool) -> ProgressArtifact:
    """How many have ended; when no more do, it says so: a bar that stands looks like one that moves."""
    said = f"{ended} of {counted(of, noun)}{at}{' · stopped there' * (is_last and ended < of)}"
    return ProgressArtifact(progress=100 * ended / of, key=key, description=said)


class RunArtifacts:
    """What is on the page never decides about the run: a failure to show it is mentioned once."""

    def __init__(self) -> None:
        self._ids: dict[str | None, UUID] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._has_complained = False

    async def show(self, artifact: Artifact | Awaitable[Artifact]) -> None:
        """Put it on the page, in place of what is there under its key.

        Prefect makes an event of each update, with all its data: whoever updates bounds how often.
        """
        try:
            made = artifact if isinstance(artifact, Artifact) else await artifact
            async with self._one_at_a_time, get_client() as client:
                await self._put(made, client)
        except Exception as error:
            if not self._has_complained:
                self._has_complained = True
                get_run_logger().warning("The run's page is incomplete: %s", error)

    async def _put(self, made: Artifact, client: PrefectClient) -> None:
        ids, self._ids = self._ids, None  # who is cut off here does not know what the server has, and asks it again
        if ids is None:
            ids = await _there(client)
        if (there := ids.get(made.key)) is None:
            ids[made.key] = (await made.acreate(client)).id
        else:
            update = ArtifactUpdate(data=await made.aformat(), description=made.description)
            await client.update_artifact(there, update)
        self._ids = ids


async def _there(client: PrefectClient) -> dict[str | None, UUID]:
    """What earlier attempts have left, or Prefect counts as this one, as before a Suspend: one of each key stays.

    There are two where an answer was lost and Prefect's client asked once more.
    """
    mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[UUID(str(runtime.flow_run.id))]))
    ids: dict[str | None, UUID] = {}
    for each in await client.read_artifacts(artifact_filter=mine):
        if ids.setdefault(each.key, each.id) != each.id:
            await client.delete_artifact(each.id)
    return ids
