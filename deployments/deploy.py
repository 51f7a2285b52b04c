"""Registers the deployments: on a work pool with `frontispiece deploy`, in this process with `serve`."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any, Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from deployments.alarms import install_automations
from deployments.definitions import Queue, definitions
from deployments.registering import Registration, stays
from deployments.travelling import travelling
from flows.limits import limit_name
from frontispiece.errors import BadInput
from frontispiece.settings import Settings
from frontispiece.sources.arxiv_door import Door

_WIDTH: Final = len("backfill-days")


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
    environment, kept_back = travelling(settings)
    image = _image(settings)
    registered = build_all(settings, reset=reset)
    await make_work_pool(settings.work_pool, settings.work_pool_type)
    for deployment in registered:
        deployment.work_pool_name, deployment.work_queue_name = settings.work_pool, deployment.queue
        deployment.job_variables = {**image, "env": environment}
        await deployment.aapply()
    notes = [f"{name} may have secrets in it and does not travel: set it wherever a worker runs." for name in kept_back]
    limits = await install_limits(settings)
    return [*account(registered), *limits, *await install_automations(settings, reset=reset), *notes]


def _image(settings: Settings) -> dict[str, Any]:
    """The job variables of containers. Raises BadInput where they are to be started from no image."""
    if settings.work_pool_type == "process":
        return {}
    if settings.image is None:
        raise BadInput(
            f"FRONTISPIECE_IMAGE is not set: name the image that a pool of the type {settings.work_pool_type} starts."
        )
    return {"image": settings.image}


def account(registered: Iterable[Registration]) -> list[str]:
    """How the deployments stand, and what of them is not as in the settings."""
    return [
        *(f"{each.name:<{_WIDTH}} {each.standing}" for each in registered),
        *(stays(each.name, each.kept) for each in registered if each.kept),
    ]


async def make_work_pool(name: str, kind: str = "process") -> None:
    """A work pool of this type with our queues, those that are there as they are.

    Raises BadInput when the name is taken by one of another type.
    """
    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=name, type=kind))
        except ObjectAlreadyExists:
            there = await client.read_work_pool(name)
            if there.type != kind:
                raise BadInput(
                    f"The work pool {name!r} is of the type {there.type}, not {kind}: name another in "
                    "FRONTISPIECE_WORK_POOL, or its type in FRONTISPIECE_WORK_POOL_TYPE."
                ) from None
        for priority, queue in enumerate(Queue, 1):
            with suppress(ObjectAlreadyExists):
                await client.create_work_queue(queue, priority=priority, work_pool_name=name)


async def install_limits(settings: Settings) -> list[str]:
    """Have the server keep the limits that hold for all machines together; gives how they stand.

    arXiv's terms are one; those of writer and painter are made, or changed, where the settings name them.
    """
    asked = {Door.door: 1, settings.writer: settings.prompts_for_all, settings.painter: settings.paintings_for_all}
    named = {limit_name(provider): count for provider, count in asked.items() if count is not None}
    async with get_client() as client:
        for name, count in named.items():
            await client.upsert_global_concurrency_limit_by_name(name, count)
    return [f"{'limit':<{_WIDTH}} {name}: {count} at a time, for all machines" for name, count in named.items()]
