"""Which papers of a list are to be illustrated, and which are not, and why."""

from collections.abc import Iterable, Mapping, Sequence

from frontispiece.archive.catalog import Catalog, Standing
from frontispiece.archive.store import Archive
from frontispiece.models import ARCHIVED, STALE, TOO_FEW_VOTES, WITHDRAWN, Outcome, Paper, Picture, Status
from frontispiece.request import Only
from frontispiece.text import counted


def asked_for(papers: Iterable[Paper], categories: Sequence[str], limit: int | None) -> list[Paper]:
    """The first `limit` papers of a list that are in any of these arXiv categories, or of all where none is given."""
    wanted = set(categories)
    return [paper for paper in papers if not wanted or wanted & set(paper.categories)][:limit]


async def choose(
    papers: Sequence[Paper],
    archive: Archive,
    catalog: Catalog,
    recipe: str,
    *,
    only: Only = "all",
    min_upvotes: int = 0,
    include_withdrawn: bool = False,
    refresh: bool = False,
) -> tuple[list[Paper], list[Outcome]]:
    """Split `papers` into those to be illustrated now by `recipe` and the outcomes of those that need nothing.

    Refused papers need nothing: asking again is no use. With `refresh` all that are wanted are illustrated. Raises
    ArchiveError.
    """
    wanted, outcomes = _wanted(papers, recipe, min_upvotes, include_withdrawn)
    if refresh:
        return wanted, outcomes
    standing = await catalog.standing([paper.key for paper in wanted], recipe)
    there = await _still_there(standing, archive)
    waiting = []
    for paper in wanted:
        stands = standing[paper.key]
        if stands.picture and paper.key in there:
            message = f"Archived before as {stands.picture.path}."
            outcomes.append(_skipped(paper, recipe, ARCHIVED, message, stands.picture))
        elif stands.refusal:
            outcomes.append(
                Outcome(paper=paper, status=Status.BLOCKED, reason="Blocked", message=stands.refusal, recipe=recipe)
            )
        elif not _is_asked_for(stands, only) and stands.stale:
            message = "Another recipe has made a picture of it: --only stale (or all) makes one by this recipe, too."
            outcomes.append(_skipped(paper, recipe, STALE, message))
        elif not _is_asked_for(stands, only):
            message = f"Not among the {only} papers that were asked for."
            outcomes.append(_skipped(paper, recipe, "not asked for", message))
        else:
            waiting.append(paper)
    return waiting, outcomes


def _is_asked_for(paper: Standing, only: Only) -> bool:
    """Whether `only` means this one of the papers without a picture by this recipe."""
    match only:
        case "failed":
            return paper.failed
        case "stale":
            return paper.stale
        case "missing":
            return not paper.stale
        case "all":
            return True


def _wanted(
    papers: Sequence[Paper], recipe: str, least: int, include_withdrawn: bool
) -> tuple[list[Paper], list[Outcome]]:
    """Papers that are there and have enough votes, and outcomes for the others. Lists without votes pass whole."""
    wanted, outcomes = [], []
    for paper in papers:
        votes = paper.listing.upvotes
        if paper.withdrawn and not include_withdrawn:
            message = "The paper was withdrawn; FRONTISPIECE_INCLUDE_WITHDRAWN=true illustrates it all the same."
            outcomes.append(_skipped(paper, recipe, WITHDRAWN, message))
        elif votes is not None and votes < least:
            outcomes.append(_skipped(paper, recipe, TOO_FEW_VOTES, f"{counted(votes, 'upvote')}, fewer than {least}."))
        else:
            wanted.append(paper)
    return wanted, outcomes


def _skipped(paper: Paper, recipe: str, reason: str, message: str, picture: Picture | None = None) -> Outcome:
    return Outcome(paper=paper, status=Status.SKIPPED, reason=reason, message=message, recipe=recipe, picture=picture)


async def _still_there(standing: Mapping[str, Standing], archive: Archive) -> set[str]:
    """The papers whose pictures' files exist: a lost file is made again, from its original if that is there."""
    pictures = {key: each.picture.path for key, each in standing.items() if each.picture}
    found = await archive.existing(pictures.values())
    return {key for key, path in pictures.items() if path in found}
