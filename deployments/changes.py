"""What people changed of a thing that was registered on the server, and what may be changed for them.

The server remembers, in a Prefect variable, digests of the values that were registered last. A field that still holds
that value is ours; any other is theirs.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import VariableCreate, VariableUpdate

TAG: Final = "frontispiece"

FieldPath: TypeAlias = tuple[str, ...]
Fields: TypeAlias = Mapping[FieldPath, Any]
"""Values of JSON by where they stand. What is not there has no path."""
Digests: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Merged:
    """What the server should hold, and where that is not what we would have put there."""

    fields: Fields
    kept: tuple[FieldPath, ...]


def merge(last: Digests, theirs: Fields, ours: Fields) -> Merged:
    """Ours where the server still holds what was registered last, theirs elsewhere."""
    fields, kept = {}, []
    known, wanted = digests(theirs), digests(ours)
    for path in {**theirs, **ours}:
        name = _name(path)
        is_theirs = known.get(name) != last.get(name)
        source = theirs if is_theirs else ours
        if path in source:
            fields[path] = source[path]
        if is_theirs and known.get(name) != wanted.get(name):
            kept.append(path)
    return Merged(fields, tuple(kept))


def digests(fields: Fields) -> dict[str, str]:
    """A digest of each value."""
    return {
        _name(path): hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
        for path, value in fields.items()
    }


def _name(path: FieldPath) -> str:
    return ".".join(path)


async def recall(name: str, client: PrefectClient) -> dict[str, str] | None:
    """What was registered last under this name; None where nobody knows."""
    variable = await client.read_variable_by_name(_variable(name))
    return variable.value if variable is not None and isinstance(variable.value, dict) else None


async def remember(name: str, fields: Fields, client: PrefectClient) -> None:
    """Note what has been registered."""
    variable, value = _variable(name), digests(fields)
    if await client.read_variable_by_name(variable) is None:
        await client.create_variable(VariableCreate(name=variable, value=value, tags=[TAG]))
    else:
        await client.update_variable(VariableUpdate(name=variable, value=value, tags=[TAG]))


async def forget(name: str, client: PrefectClient) -> None:
    """Of what is registered no longer."""
    if await client.read_variable_by_name(_variable(name)) is not None:
        await client.delete_variable_by_name(_variable(name))


def _variable(name: str) -> str:
    return f"frontispiece-{name}-as-registered"
