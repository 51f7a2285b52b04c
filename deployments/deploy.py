"""Registers the deployments: on a work pool with `frontispiece deploy`, in this process with `serve`."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from deployments.alarms import install_automations
from deployments.definitions import definitions
from deployments.registering import Registration, stays
from deployments.server import SERVER_SETTINGS
from flows.limits import limit_name
from frontispiece.addresses import shown
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput
from frontispiece.settings import Settings
from frontispiece.sources.arxiv_door import Door

HEARTBEAT: Final = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"


def build_all(settings: Settings, today: date | None = None, *, reset: bool = False) -> list[Registration]:
    """Every deployment, to be registered. Raises BadInput for a schedule that cannot be."""
    built = [each.build(today) for each in definitions(settings)]
    for each in built:
        each.reset = reset
    return built


async def deploy(settings: Settings, *, reset: bool = False) -> list[str]:
    """Register everything on the work pool, which is made if it is not there; gives how it stands, line by line.

    What people changed in Prefect's UI stays as it is, unless `reset`. Raises BadInput.
    """
    environment = travelling(settings)
    registered = build_all(settings, reset=reset)
    await make_work_pool(settings.work_pool)
    for deployment in registered:
        deployment.work_pool_name = settings.work_pool
        deployment.job_variables = {"env": environment}
        await deployment.aapply()
    limits = await install_limits(settings)
    return [*account(registered), *limits, *await install_automations(settings, reset=reset)]


def account(registered: Iterable[Registration]) -> list[str]:
    """How the deployments stand, and what of them is not as in the settings."""
    return [
        *(f"{each.name:<12} {each.standing}" for each in registered),
        *(stays(each.name, each.kept) for each in registered if each.kept),
    ]


def travelling(settings: Settings) -> dict[str, str]:
    """What runs must agree on wherever a worker starts them; keys stay where the worker is.

    Raises BadInput for an archive that has its keys in the URL.
    """
    archive = Archive.open(settings.archive)
    place = str(Path(archive.local_root).resolve()) if archive.local_root is not None else settings.archive
    if shown(place) != place:
        raise BadInput(
            "FRONTISPIECE_ARCHIVE has secrets in it, and Prefect would show them with the deployments: give them as "
            "the store's variables, such as AWS_SECRET_ACCESS_KEY, wherever a worker runs."
        )
    return {"FRONTISPIECE_ARCHIVE": place, HEARTBEAT: SERVER_SETTINGS[HEARTBEAT]}


async def install_limits(settings: Settings) -> list[str]:
    """Have the server keep the limits that hold for all machines together; gives how they stand.

    arXiv's terms are one; those of writer and painter are made, or changed, where the settings name them.
    """
    asked = {Door.door: 1, settings.writer: settings.prompts_for_all, settings.painter: settings.paintings_for_all}
    named = {limit_name(provider): count for provider, count in asked.items() if count is not None}
    async with get_client() as client:
        for name, count in named.items():
            await client.upsert_global_concurrency_limit_by_name(name, count)
    return [f"{'limit':<12} {name}: {count} at a time, for all machines" for name, count in named.items()]


async def make_work_pool(name: str) -> None:
    """A work pool of the type process. Raises BadInput when the name is taken by one of another type."""
    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=name, type="process"))
        except ObjectAlreadyExists:
            there = await client.read_work_pool(name)
            if there.type != "process":
                raise BadInput(
                    f"The work pool {name!r} is of the type {there.type}; name another in FRONTISPIECE_WORK_POOL."
                ) from None
