"""Results of tasks as they are kept in the archive: Prefect writes them, and who only looks reads them as well."""

from contextlib import suppress
from typing import Any, Final, TypeVar

from pydantic_core import from_json  # unlike json, it answers bottomless nesting with a ValueError

from frontispiece.archive.paths import RESULTS
from frontispiece.archive.store import Archive
from frontispiece.models import Check, Painting, Picture, Prompt, Value
from frontispiece.recipe import digest
from frontispiece.sources.interface import Listed

Record = TypeVar("Record", bound=Value)

MAX_RESULT_BYTES: Final = 16_000_000
KIND: Final = "frontispiece-record"
SHAPES: Final[dict[type[Value], str]] = {
    Listed: "81ec3dcd11e3f0b120b5105f6ce8a354",
    Prompt: "f2dd0c009acdde25dfc47115b59524a6",
    Painting: "6a74104886f4c349d103853d46aed29d",
    Check: "check-1",
    Picture: "dc3e4e9737f78669ad25a618e02d9eaa",
}
"""What keys of results say of the fields of their records, so that a result of an older version is made again, not
misread: a record whose fields change needs another word here, unless a new field may be missing. The words were digests
of schemas once."""
_RECORDS: Final = {record.__name__: record for record in SHAPES}


def result_key(record: type[Value], own_key: str) -> str:
    """The name under which a record of this kind is kept."""
    return digest(record.__name__, SHAPES[record], own_key)


async def stored(archive: Archive, key: str) -> bytes:
    """A result's file. Raises ValueError when there is none to trust, and ArchiveError."""
    content = await archive.get(f"{RESULTS}/{key}", max_bytes=MAX_RESULT_BYTES)
    if content is None:
        raise ValueError(f"No result under {key}.")
    # Prefect loads a file by the serializer that it names, pickle among them; ours name none but ours.
    if from_json(content)["metadata"]["serializer"]["type"] != KIND:
        raise ValueError(f"The result under {key} is not one of ours.")
    return content


async def kept(archive: Archive, record: type[Record], own_key: str) -> Record | None:
    """The record that a task has kept; None when there is none, or it is damaged. Raises ArchiveError."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        found = parse_record(from_json(await stored(archive, result_key(record, own_key)))["result"])
        return found if isinstance(found, record) else None
    return None


def parse_record(blob: bytes | str) -> Any:
    """One of our records, by the name it was written with; the sentence of an error. Raises ValueError."""
    ((name, content),) = from_json(blob).items()
    if name == "error":
        return str(content)
    if name not in _RECORDS:
        raise ValueError(f"A result of an unknown kind: {name[:40]!r}.")
    return _RECORDS[name].model_validate(content)
