"""The automations on the server: two alarms by webhook, and one that ends runs of which nothing is heard any longer."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import CallWebhook, ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import get_current_settings

from deployments.changes import TAG, Fields, digests, forget, merge, recall, remember
from deployments.registering import stays
from flows.verdict import BUDGET_REACHED
from frontispiece.settings import Settings

ALARM: Final = "Frontispiece: daily or backfill failed"
OVERDUE: Final = "Frontispiece: no daily in 26 hours"
SILENT: Final = "Frontispiece: a run went silent"
RECORDS: Final = {ALARM: "alarm", OVERDUE: "overdue", SILENT: "silent"}
"""Under what it is remembered how each was registered, which is what people are told it is called."""
WEBHOOK_BLOCK: Final = "frontispiece-webhook"
PAYLOAD: Final = """{
  "id": "{{ flow_run.id }}",
  "name": {{ flow_run.name | tojson }},
  "state": {{ flow_run.state.name | tojson }},
  "message": {{ flow_run.state.message | tojson }},
  "url": {{ flow_run | ui_url | tojson }}
}"""
OVERDUE_PAYLOAD: Final = """{
  "id": null,
  "name": "daily",
  "state": "Overdue",
  "message": "No daily run was completed in 26 hours.",
  "url": {{ automation | ui_url | tojson }}
}"""
BEATS_MISSED: Final = 2.5
"""So many heartbeats have to stay away: the patience must exceed the pause between them."""


async def install_automations(settings: Settings, *, reset: bool = False) -> list[str]:
    """Keep the automations, the alarms only where there is a webhook; gives in lines what people changed of them.

    Somebody may have changed or deleted one: that stays so, unless `reset`.
    """
    wanted: dict[str, AutomationCore | None] = {ALARM: None, OVERDUE: None, SILENT: _silent()}
    if settings.webhook is not None:
        block = await _block(settings.webhook.get_secret_value())
        wanted |= {ALARM: _alarm(block), OVERDUE: _overdue(block)}
    async with get_client() as client:
        lines = [await _install(name, automation, client, reset) for name, automation in wanted.items()]
    return [line for line in lines if line]


async def _install(name: str, wanted: AutomationCore | None, client: PrefectClient, reset: bool) -> str:
    there, record = await client.read_automations_by_name(name), RECORDS[name]
    for each in there[1:] if wanted else there:
        await client.delete_automation(each.id)
    if wanted is None:
        await forget(record, client)
        return ""
    theirs, ours = _fields_of(there[0]) if there else {}, _fields_of(wanted)
    merged = merge((digests(theirs) if reset else await recall(record, client)) or {}, theirs, ours)
    if merged.fields:
        automation = AutomationCore.model_validate({path[0]: value for path, value in merged.fields.items()})
        if not there:
            await client.create_automation(automation)
        elif merged.fields != theirs:
            await client.update_automation(there[0].id, automation)
    await remember(record, ours, client)
    if not merged.fields:
        return f"{record} was deleted in Prefect's UI. --reset takes that back."
    return stays(record, merged.kept) if merged.kept else ""


def _fields_of(automation: AutomationCore) -> Fields:
    dumped = automation.model_dump(mode="json", include={"name", "description", "enabled", "trigger", "actions"})
    for name in {"after", "expect", "for_each"} & dumped["trigger"].keys():  # sets, in any order
        dumped["trigger"][name] = sorted(dumped["trigger"][name])
    return {(name,): value for name, value in dumped.items()}


async def _block(url: str) -> UUID:
    """Where the webhook's address is kept, encrypted."""
    webhook = Webhook(method="POST", url=url, headers={"Content-Type": "application/json"})
    block: UUID = await webhook.save(WEBHOOK_BLOCK, overwrite=True)
    return block


def _alarm(block: UUID) -> AutomationCore:
    """What a person has asked wrongly is no alarm: such a run is in a state of another name."""
    return AutomationCore(
        name=ALARM,
        description="Tells a webhook when a daily or a backfill run fails, crashes or reaches its budget.",
        trigger=EventTrigger(
            expect={f"prefect.flow-run.{name}" for name in ("Failed", "Crashed", BUDGET_REACHED)},
            match=_ANY_RUN,
            match_related=_of("daily", "backfill"),
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[CallWebhook(block_document_id=block, payload=PAYLOAD)],
    )


def _overdue(block: UUID) -> AutomationCore:
    return AutomationCore(
        name=OVERDUE,
        description="Tells a webhook when no daily run was completed in 26 hours.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Completed", f"prefect.flow-run.{BUDGET_REACHED}"},
            match=_ANY_RUN,
            match_related=_of("daily"),
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(hours=26),
        ),
        actions=[CallWebhook(block_document_id=block, payload=OVERDUE_PAYLOAD)],
    )


def _silent() -> AutomationCore:
    """For runs of deployments and of the command line alone: these are tagged, and send heartbeats this often."""
    pause = get_current_settings().flows.heartbeat_frequency or 30
    return AutomationCore(
        name=SILENT,
        description="Ends a run as Crashed when its heartbeats stay away: its process, or its machine, is gone.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            match=_ANY_RUN,
            match_related=ResourceSpecification({"prefect.resource.id": f"prefect.tag.{TAG}"}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=BEATS_MISSED * pause),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="Nothing was heard of its process any longer.")],
    )


def _of(*deployments: str) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.role": "deployment", "prefect.resource.name": list(deployments)})


_ANY_RUN: Final = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
