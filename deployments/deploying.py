"""Registers the deployments: on a work pool with `frontispiece deploy`, in this process with `serve`."""

from pathlib import Path
from typing import Final

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists

from deployments.definitions import Definition, definitions
from tasks.addresses import shown
from tasks.archive.store import Archive
from tasks.errors import BadInput
from tasks.settings import Settings

ALARM: Final = "Frontispiece: daily failed"
WEBHOOK_BLOCK: Final = "frontispiece-webhook"
PAYLOAD: Final = """{
  "id": "{{ flow_run.id }}",
  "name": {{ flow_run.name | tojson }},
  "state": {{ flow_run.state.name | tojson }},
  "message": {{ flow_run.state.message | tojson }},
  "url": {{ flow_run | ui_url | tojson }}
}"""


async def build_all(settings: Settings) -> dict[str, RunnerDeployment]:
    """Every deployment by name. Raises BadInput for a schedule that cannot be."""
    return {each.name: await each.build() for each in definitions(settings)}


async def deploy(settings: Settings) -> tuple[Definition, ...]:
    """Register everything on the work pool, which is made if it is not there; doing it again changes nothing."""
    environment = travelling(settings)
    await make_work_pool(settings.work_pool)
    for deployment in (await build_all(settings)).values():
        deployment.job_variables = {"env": environment}
        await deployment.aapply(work_pool_name=settings.work_pool)
    await install_alarm(settings)
    return definitions(settings)


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
    return {"FRONTISPIECE_ARCHIVE": place}


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


async def install_alarm(settings: Settings) -> bool:
    """Keep exactly one automation that calls the webhook when `daily` fails or crashes, none without a webhook.

    Gives whether there is one now.
    """
    async with get_client() as client:
        there = await client.read_automations_by_name(ALARM)
        if settings.webhook is None:
            for each in there:
                await client.delete_automation(each.id)
            return False
        wanted = await _alarm(settings.webhook.get_secret_value())
        if there:
            await client.update_automation(there[0].id, wanted)
            for each in there[1:]:
                await client.delete_automation(each.id)
        else:
            await client.create_automation(wanted)
    return True


async def _alarm(url: str) -> AutomationCore:
    """The automation; the address itself is kept encrypted, in a block."""
    block = await Webhook(method="POST", url=url, headers={"Content-Type": "application/json"}).save(
        WEBHOOK_BLOCK, overwrite=True
    )
    return AutomationCore(
        name=ALARM,
        description="Tells a webhook when the daily run fails or crashes. Kept by `frontispiece deploy` and `serve`.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "deployment", "prefect.resource.name": "daily"}
            ),
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[CallWebhook(block_document_id=block, payload=PAYLOAD)],
    )
