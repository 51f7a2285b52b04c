"""What a run has to say for itself at the end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import Field

from frontispiece.errors import BudgetReached, NotYet
from frontispiece.models import NOT_REACHED, CallState, Outcome, PaidCall, Status, Value
from frontispiece.money import known, total


class Report(Value):
    """The sum of one run."""

    days: tuple[date, ...] = Field(description="the days the run was about")
    source: str
    papers: int = Field(description="papers listed and looked at")
    listed: int = Field(default=0, description="papers on the lists, whether any were asked for or not")
    pictures: int = Field(description="pictures made by this run")
    skipped: int = Field(description="papers that needed nothing")
    reasons: dict[str, int] = Field(default={}, description="how many of them for which reason, the commonest first")
    blocked: int = Field(description="papers a provider refuses for their content")
    failed: int = Field(description="papers a later run should try again")
    unbought: int = Field(default=0, description="papers left because the budget was reached")
    not_reached: int = Field(default=0, description="papers that the run did not come to, or was cut off at")
    on_order: int = Field(default=0, description="papers whose prompts are on order in a batch")
    failures: tuple[str, ...] = Field(description="the failed and blocked papers, a sentence each")
    dollars: float = Field(description="what this run paid, as far as prices are known")
    refused: float = Field(default=0.0, description="the part of it that was for answers of no use")
    unpriced: int = Field(description="paid calls of this run whose price is unknown")
    doubts: tuple[str, ...] = Field(default=(), description="calls that nobody can tell of whether they were paid for")
    orders: tuple[str, ...] = Field(default=(), description="calls of which the provider has an order")
    in_doubt: float | None = Field(default=0.0, description="what both may cost at most; None when unknown")
    seconds: float = Field(description="wall time of the run")
    catalog: tuple[str, ...] = Field(description="Parquet files written, in the archive")
    reason: str = Field(default="", description="why no paper of the lists was asked for, or the lists are empty")
    problems: tuple[str, ...] = Field(default=(), description="what could not be read, where no log has it")
    archive: str = Field(description="where the archive is: a folder or a URL")
    checked: int = Field(default=0, description="pictures on which somebody looked for the label")
    unread: tuple[str, ...] = Field(default=(), description="the papers whose label does not read")
    files: tuple[str, ...] = Field(default=(), description="the papers' pictures in it, new ones first")


def sum_up(outcomes: Sequence[Outcome], missing: Sequence[str] = ()) -> dict[str, object]:
    """The part of a report that follows from the outcomes, and from papers that are not to be had (a sentence each)."""
    count = Counter(outcome.status for outcome in outcomes)
    reasons = Counter(outcome.reason or "" for outcome in outcomes if outcome.status is Status.SKIPPED)
    unbought, on_order, not_reached = (
        reasons.pop(reason, 0) for reason in (BudgetReached.__name__, NotYet.__name__, NOT_REACHED)
    )
    refused = [call.dollars for call in bought(outcomes, CallState.REFUSED)]
    paid = [*(call.dollars for call in bought(outcomes, CallState.DELIVERED)), *refused]
    checks = [(each.paper, each.check) for each in outcomes if each.picture is not None and each.check is not None]
    doubtful = bought(outcomes, CallState.IN_DOUBT)
    return {
        "papers": len(outcomes) + len(missing),
        "pictures": count[Status.DONE],
        "skipped": reasons.total(),
        "reasons": dict(reasons.most_common()),
        "unbought": unbought,
        "not_reached": not_reached,
        "on_order": on_order,
        "blocked": count[Status.BLOCKED],
        "failed": count[Status.FAILED] + len(missing),
        "failures": (
            *missing,
            *(
                f"{outcome.paper.id}: {outcome.message}"
                for outcome in outcomes
                if outcome.status in (Status.FAILED, Status.BLOCKED)
            ),
        ),
        "dollars": known(paid),
        "refused": known(refused),
        "unpriced": paid.count(None),
        "doubts": tuple(_named(call) for call in doubtful if call.request_id is None),
        "orders": tuple(_named(call) for call in doubtful if call.request_id is not None),
        "in_doubt": total(call.dollars for call in doubtful),
        "checked": len(checks),
        "unread": tuple(paper.id for paper, check in checks if not check.reads),
        "files": tuple(
            each.picture.path
            for each in sorted(outcomes, key=lambda outcome: outcome.status is not Status.DONE)
            if each.picture is not None
        ),
    }


def bought(outcomes: Iterable[Outcome], state: CallState) -> list[PaidCall]:
    """The paid calls that this run made for these papers, and that came to this."""
    calls = {call.call: call for outcome in outcomes for call in outcome.bought}
    return [call for call in calls.values() if call.state is state]


def _named(call: PaidCall) -> str:
    return f"{call.kind or 'call'} {call.paper_id}"
