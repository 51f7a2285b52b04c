"""What of the settings travels with the deployments, so that runs agree on it wherever a worker starts them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from deployments.server import SERVER_SETTINGS
from frontispiece import styles
from frontispiece.addresses import shown
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput
from frontispiece.settings import Settings, is_secret, variable

HEARTBEAT: Final = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"
STAYS: Final = frozenset(
    {"ui_port", "work_pool", "work_pool_type", "image"}  # of whoever deploys
    | {"prompts_at_once", "paintings_at_once"}  # as many as the worker's machine can
)


class Travelling(NamedTuple):
    """Variables with their values, and those of which a worker's own hold because these may have secrets in them."""

    environment: dict[str, str]
    kept_back: tuple[str, ...]


def travelling(settings: Settings) -> Travelling:
    """All settings but keys, and those that are a machine's own. None leaves a limit or a key's block to the worker.

    Raises BadInput for an archive that has its keys in the URL.
    """
    archive = Archive.open(settings.archive)
    place = str(Path(archive.local_root).resolve()) if archive.local_root is not None else settings.archive
    if shown(place) != place:
        raise BadInput(
            "FRONTISPIECE_ARCHIVE has secrets in it, and Prefect would show them with the deployments: give them as "
            "the store's variables, such as AWS_SECRET_ACCESS_KEY, wherever a worker runs."
        )
    values = {**dict(_values(settings)), "archive": place}
    told = {name: text for name, text in values.items() if all(shown(part) == part for part in text.split(","))}
    environment = {variable(name): text for name, text in told.items()} | {HEARTBEAT: SERVER_SETTINGS[HEARTBEAT]}
    return Travelling(environment, tuple(variable(name) for name in values if name not in told))


def _values(settings: Settings) -> Iterator[tuple[str, str]]:
    of_the_worker = {"max_usd", *settings.blocks_of_keys.values()}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name in STAYS or is_secret(field) or (value is None and name in of_the_worker):
            continue
        if name == "style" and not styles.is_name(value):
            value = Path(value)
        yield name, _text(value, field)


def _text(value: Any, field: FieldInfo) -> str:
    """A value as its variable has it; empty is the default."""
    if value is None:
        return "" if field.default is None else "none"
    if isinstance(value, Path):
        is_installed = value == field.default and value.is_absolute()  # it may be elsewhere there
        return "" if is_installed else str(value.resolve())
    if isinstance(value, tuple):
        return ",".join(value)
    plain = to_jsonable_python(value)
    return json.dumps(plain) if isinstance(plain, list | dict) else str(plain)
