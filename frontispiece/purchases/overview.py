"""What the journal says, for all paid calls at once: for whoever looks after an archive."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from frontispiece.archive.folder import Entry
from frontispiece.archive.paths import JOURNAL, journal_place
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.models import Painting, Prompt
from frontispiece.purchases.entries import Phase, State, fold, parse
from frontispiece.purchases.log import MAX_ENTRY

_READS_AT_ONCE = 32

V = TypeVar("V", Painting, Prompt)


async def read_journal(archive: Archive) -> dict[str, State]:
    """How each paid call stands, by its key. Raises ArchiveError."""
    calls: dict[str, dict[int, Entry]] = defaultdict(dict)
    for entry in await archive.list(JOURNAL):
        if place := journal_place(entry.path):
            calls[place[0]][place[1]] = entry

    async def look(numbered: Mapping[int, Entry]) -> State:
        stored = [numbered[number] for number in sorted(numbered)]
        contents = [await archive.get(entry.path, max_bytes=MAX_ENTRY) for entry in stored]
        return fold(parse(content or b"", entry.modified, 0) for content, entry in zip(contents, stored, strict=True))

    states = await gather_bounded(look, calls.values(), _READS_AT_ONCE)
    return dict(zip(calls, states, strict=True))


def paintings(journal: Mapping[str, State]) -> dict[str, Painting]:
    """The delivered paintings, by the digest of their original."""
    found = (_read(Painting, state) for state in journal.values())
    return {painting.original.digest: painting for painting in found if painting is not None}


def prompts(journal: Mapping[str, State]) -> dict[str, Prompt]:
    """The delivered prompts, by their text."""
    found = (_read(Prompt, state) for state in journal.values())
    return {prompt.text: prompt for prompt in found if prompt is not None}


def paper_of(state: State) -> str | None:
    """The paper's id as the journal's entry words it: painting 2410.24175 by fal."""
    words = (state.what or "").split()
    return words[1] if len(words) > 1 else None


def _read(kind: type[V], state: State) -> V | None:
    if state.phase is not Phase.DONE:
        return None
    try:
        return kind.model_validate(state.record)
    except ValidationError:
        return None  # the record of another kind of call, or of another version
