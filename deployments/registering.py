"""Registers a deployment, and leaves it what people changed of it in Prefect's UI."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from pydantic import Field

from deployments.changes import FieldPath, Fields, digests, merge, recall, remember
from frontispiece.errors import BadInput

SCALARS: Final = (
    *("description", "paused", "enforce_parameter_schema", "concurrency_limit", "concurrency_options"),
    *("work_pool_name", "work_queue_name"),
)
REFUSALS: Final = (400, 409, 422)


class Registration(RunnerDeployment):
    """A deployment with a form of its own, which knows, once it is registered, how it stands on the server.

    `form` is the JSON schema of the parameters, `queue` where a work pool keeps its runs. With `reset` it is put there
    as it is defined, whatever was changed.
    """

    form: dict[str, Any] = Field(default={})
    queue: str = ""
    reset: bool = False
    standing: str = ""
    kept: tuple[FieldPath, ...] = ()

    async def aapply(self, *args: Any, **kwargs: Any) -> UUID:
        """Register it; gives its id. Raises BadInput when the server refuses what was changed together with ours."""
        async with get_client() as client:
            try:
                there = await client.read_deployment_by_name(self.full_name)
            except ObjectNotFound:
                registered = await super().aapply(*args, **kwargs)
                # Prefect registers the form that it reads off the flow; ours is put in its place.
                await client.update_deployment(registered, DeploymentUpdate(parameter_openapi_schema=self.form))
            else:
                registered = there.id
                try:
                    await self._update_untouched(there, client)
                except PrefectHTTPStatusError as error:
                    if error.response.status_code not in REFUSALS:
                        raise
                    raise BadInput(
                        f"{self.name} cannot be registered as it was changed in Prefect's UI "
                        f"({error.response.json().get('detail')}); --reset takes that back."
                    ) from error
            await remember(self.name, self._fields(), client)
            self.standing = when_it_runs(await client.read_deployment(registered))
        return registered

    async def _update_untouched(self, there: DeploymentResponse, client: PrefectClient) -> None:
        theirs, ours = _fields_of(there), self._fields()
        last = digests(theirs) if self.reset else await recall(self.name, client)
        if last is None:
            # Registered by somebody else, or long ago: a schedule that is not there was removed.
            last = digests({path: value for path, value in ours.items() if path[0] == "schedules"})
        merged = merge(last, theirs, ours)
        self.kept = merged.kept
        await client.update_deployment(
            there.id,
            DeploymentUpdate(
                version=self.version,
                entrypoint=self.entrypoint,
                parameter_openapi_schema=self.form,
                pull_steps=None,
                **_payload(merged.fields, theirs),
            ),
        )
        await _update_schedules(there, _schedules_of(theirs), _schedules_of(merged.fields), client)

    def _fields(self) -> Fields:
        """What people may change, as it is defined."""
        dumped = self.model_dump(mode="json")
        schedules = {str(each.slug): each for each in self.schedules or ()}
        return _fields(dumped, {slug: each.model_dump(mode="json") for slug, each in schedules.items()})


def _fields_of(there: DeploymentResponse) -> Fields:
    limit = there.global_concurrency_limit
    dumped = {
        **there.model_dump(mode="json", exclude={"concurrency_limit"}),
        "concurrency_limit": limit.limit if limit is not None else None,
    }
    return _fields(dumped, {_key(each): each.model_dump(mode="json") for each in there.schedules})


def _key(schedule: DeploymentSchedule) -> str:
    return schedule.slug or str(schedule.id)


def _fields(dumped: Mapping[str, Any], schedules: Mapping[str, Mapping[str, Any]]) -> Fields:
    jobs = dict(dumped["job_variables"] or {})
    groups = {"parameters": dumped["parameters"], "env": jobs.pop("env", None) or {}, "job_variables": jobs}
    return {
        **{(name,): dumped[name] for name in SCALARS if dumped[name] is not None},
        **{("tags", tag): True for tag in dumped["tags"]},
        **{(group, name): value for group, values in groups.items() for name, value in values.items()},
        **{
            ("schedules", key, part): schedule[part]
            for key, schedule in schedules.items()
            for part in ("schedule", "active", "parameters")
        },
    }


def _group(fields: Fields, name: str) -> dict[str, Any]:
    return {path[1]: value for path, value in fields.items() if path[0] == name}


def _payload(fields: Fields, theirs: Fields) -> dict[str, Any]:
    """What of these fields is to be sent."""
    payload: dict[str, Any] = {}
    for name in SCALARS:
        if fields.get((name,)) != theirs.get((name,)):
            payload[name] = fields.get((name,))
    if {"work_pool_name", "work_queue_name"} & payload.keys():  # the server knows a queue by both
        payload |= {name: fields.get((name,)) for name in ("work_pool_name", "work_queue_name")}
    if _group(fields, "tags") != _group(theirs, "tags"):
        payload["tags"] = list(_group(fields, "tags"))
    if _group(fields, "parameters") != _group(theirs, "parameters"):
        payload["parameters"] = _group(fields, "parameters")
    if _jobs(fields) != _jobs(theirs):
        payload["job_variables"] = _jobs(fields)
    return payload


def _jobs(fields: Fields) -> dict[str, Any]:
    env = _group(fields, "env")
    return {**_group(fields, "job_variables"), **({"env": env} if env else {})}


def _schedules_of(fields: Fields) -> dict[str, dict[str, Any]]:
    schedules: dict[str, dict[str, Any]] = {}
    for path, value in fields.items():
        if path[0] == "schedules":
            schedules.setdefault(path[1], {})[path[2]] = value
    return schedules


async def _update_schedules(
    there: DeploymentResponse,
    theirs: Mapping[str, Mapping[str, Any]],
    wanted: Mapping[str, Mapping[str, Any]],
    client: PrefectClient,
) -> None:
    """One by one: sent with the deployment, all of them would be made anew, and their runs no longer know them."""
    for schedule in there.schedules:
        key = _key(schedule)
        parts = wanted.get(key, {})
        if "schedule" not in parts:
            await client.delete_deployment_schedule(there.id, schedule.id)
        elif parts != theirs[key]:
            known = DeploymentScheduleCreate(**{**theirs[key], **parts})
            await client.update_deployment_schedule(
                there.id, schedule.id, active=known.active, schedule=known.schedule, parameters=known.parameters
            )
    for key, parts in wanted.items():
        if key not in theirs:
            await client.create_deployment_schedules(there.id, [DeploymentScheduleCreate(**parts, slug=key)])


def when_it_runs(deployment: DeploymentResponse) -> str:
    """Its schedules, for people."""
    ours_first = sorted(deployment.schedules, key=lambda each: (each.slug is None, each.slug, each.id))
    times = [f"{_time(each)}{'' if each.active else ' (paused)'}" for each in ours_first]
    return ("; ".join(times) or "when asked") + (" (paused)" if deployment.paused else "")


def _time(schedule: DeploymentSchedule) -> str:
    when = schedule.schedule
    if isinstance(when, CronSchedule):
        return f"{when.cron} {when.timezone or 'UTC'}"
    return every(when.interval) if isinstance(when, IntervalSchedule) else str(getattr(when, "rrule", "never"))


def every(interval: timedelta) -> str:
    """An interval, in words."""
    minutes, seconds = divmod(interval.total_seconds(), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    counts = {"day": days, "hour": hours, "minute": minutes, "second": seconds}
    words = [f"{count:g} {unit}{'' if count == 1 else 's'}" for unit, count in counts.items() if count]
    return "every " + (words[0].removeprefix("1 ") if len(words) == 1 else " ".join(words))


def names_of(paths: tuple[FieldPath, ...]) -> str:
    """The fields, for people."""
    names = {"tags": "tags", "schedules": "schedule"}
    found = [path[1] if path[0] in ("parameters", "env") else names.get(path[0], path[0]) for path in paths]
    return ", ".join(dict.fromkeys(name.replace("_", " ") if name.islower() else name for name in found))


def stays(name: str, kept: tuple[FieldPath, ...]) -> str:
    """What is left as people changed it, in a line for them."""
    return f"{name} keeps what was changed in Prefect's UI: {names_of(kept)}. --reset takes that back."
