"""What papers have cost, by the journal: every call that was made for them, whoever made it and whatever came of it.

The journal knows all of them, also those of a run that was killed before it could write its rows, and those that
Prefect's results hide from a run. A call is counted once, for the run that made it; that is the catalog's business
(`frontispiece.archive.query`), so rows may name the same call as often as they like.
"""

from collections.abc import Sequence
from functools import partial

from pydantic import BaseModel

from frontispiece.concurrency import gather_bounded
from frontispiece.models import CallState, PaidCall, Painting, Paper, Prompt
from frontispiece.purchases import checks, paintings, prompts
from frontispiece.purchases.buyer import Buyer
from frontispiece.purchases.entries import Call, Phase, State
from frontispiece.purchases.journal import Journal, from_json

_READS_AT_ONCE = 8


class _Told(BaseModel):
    """What all records of deliveries have in common, and what is known of a useless answer."""

    dollars: float | None = None
    request_id: str | None = None
    seconds: float | None = None


async def calls_for(
    paper: Paper, prompt: Prompt | None, services: Buyer, takes: Sequence[tuple[Prompt, Painting]] = ()
) -> tuple[PaidCall, ...]:
    """All paid calls for this paper's prompt, and for the takes of its painting where there is one to paint.

    A critic may have had other words painted: `takes` has all that were, and their checks count, too. Raises
    ArchiveError.
    """
    keys = [prompts.key_of(paper, services)] if services.writer.paid else []
    painted = {each.text: each for each in (prompt, *(words for words, _ in takes)) if each is not None}
    for words in painted.values() if services.painter.paid else ():
        keys += [paintings.key_of(paper, words, services, take) for take in range(_takes(paper, words, services))]
    if services.checker is not None and services.checker.paid:
        keys += [checks.key_of(paper, words, painting, services) for words, painting in takes]
    states = await gather_bounded(partial(_state, services.journal), keys, _READS_AT_ONCE)
    return tuple(call for key, state in zip(keys, states, strict=True) for call in paid_calls(key, state))


def _takes(paper: Paper, prompt: Prompt, services: Buyer) -> int:
    """How many takes there may have been: nobody begins one before the one before it is settled."""
    most = paintings.most_takes(services)
    for take in range(most - 1):
        log, following = (
            services.journal.settled_here(paintings.key_of(paper, prompt, services, each)) for each in (take, take + 1)
        )
        if log is not None and log.was_begun_here and following is None:
            return take + 1
    return most


async def _state(journal: Journal, key: str) -> State:
    log = journal.settled_here(key)
    return await journal.log(key).look() if log is None else log.state


def paid_calls(key: str, state: State) -> list[PaidCall]:
    """The calls of one journal."""
    return [_paid_call(key, state, call) for call in state.calls]


def _paid_call(key: str, state: State, call: Call) -> PaidCall:
    kind, _, rest = (state.what or "").partition(" ")
    is_ordered = state.phase is Phase.ORDERED and call is state.calls[-1] and call.state is CallState.IN_DOUBT
    told = from_json(_Told, state.ticket if is_ordered else call.record) or _Told()
    is_free = call.state is CallState.FREE or (call.state is CallState.REFUSED and told.dollars == 0)
    return PaidCall(
        call=f"{key}/{call.number:03d}/{call.by[:8]}",
        kind=kind,
        paper_id=rest.partition(" ")[0],
        run=call.run,
        made_at=call.at,
        state=CallState.FREE if is_free else call.state,
        dollars=call.expected if call.state is CallState.IN_DOUBT else 0.0 if is_free else told.dollars,
        request_id=told.request_id,
        seconds=told.seconds,
        attempt=call.ended_by or call.by,
        entries=state.entries,
    )
