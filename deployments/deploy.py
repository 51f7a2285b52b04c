"""Registers the deployments: on a work pool with `frontispiece deploy`, in this process with `serve`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists

from deployments.changes import FieldPath, Fields, digests, forget, merge, recall, remember
from deployments.definitions import definitions
from deployments.registering import Registration, names_of
from frontispiece.addresses import shown
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput
from frontispiece.settings import Settings

ALARM: Final = "Frontispiece: daily failed"
ALARM_RECORD: Final = "alarm"
WEBHOOK_BLOCK: Final = "frontispiece-webhook"
PAYLOAD: Final = """{
  "id": "{{ flow_run.id }}",
  "name": {{ flow_run.name | tojson }},
  "state": {{ flow_run.state.name | tojson }},
  "message": {{ flow_run.state.message | tojson }},
  "url": {{ flow_run | ui_url | tojson }}
}"""


def build_all(settings: Settings, *, reset: bool = False) -> list[Registration]:
    """Every deployment, to be registered. Raises BadInput for a schedule that cannot be."""
    built = [each.build() for each in definitions(settings)]
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
    return [*account(registered), *await install_alarm(settings, reset=reset)]


def account(registered: Iterable[Registration]) -> list[str]:
    """How the deployments stand, and what of them is not as in the settings."""
    return [
        *(f"{each.name:<12} {each.standing}" for each in registered),
        *(_stays(each.name, each.kept) for each in registered if each.kept),
    ]


def _stays(name: str, kept: tuple[FieldPath, ...]) -> str:
    return f"{name} keeps what was changed in Prefect's UI: {names_of(kept)}. --reset takes that back."


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


async def install_alarm(settings: Settings, *, reset: bool = False) -> list[str]:
    """Keep one automation that calls the webhook when `daily` fails or crashes, none without a webhook.

    Somebody may have changed or deleted it: that stays so, unless `reset`, and is given in a line.
    """
    async with get_client() as client:
        there = await client.read_automations_by_name(ALARM)
        if settings.webhook is None:
            for each in there:
                await client.delete_automation(each.id)
            await forget(ALARM_RECORD, client)
            return []
        for each in there[1:]:
            await client.delete_automation(each.id)
        ours = _fields_of(await _alarm(settings.webhook.get_secret_value()))
        theirs = _fields_of(there[0]) if there else {}
        merged = merge((digests(theirs) if reset else await recall(ALARM_RECORD, client)) or {}, theirs, ours)
        if merged.fields:
            wanted = AutomationCore.model_validate({path[0]: value for path, value in merged.fields.items()})
            if not there:
                await client.create_automation(wanted)
            elif merged.fields != theirs:
                await client.update_automation(there[0].id, wanted)
        await remember(ALARM_RECORD, ours, client)
    if not merged.fields:
        return ["The alarm was deleted in Prefect's UI. --reset takes that back."]
    return [_stays("alarm", merged.kept)] if merged.kept else []


def _fields_of(alarm: AutomationCore) -> Fields:
    dumped = alarm.model_dump(mode="json", include={"name", "description", "enabled", "trigger", "actions"})
    for name in {"after", "expect", "for_each"} & dumped["trigger"].keys():  # sets, in any order
        dumped["trigger"][name] = sorted(dumped["trigger"][name])
    return {(name,): value for name, value in dumped.items()}


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
