"""Which papers of a list are to be illustrated, and which are not, and why."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from prefect import get_run_logger

from tasks.models import Outcome, Paper, Picture, Status
from tasks.studio import Studio

Only = Literal["missing", "failed", "stale", "all"]
"""Of the papers without a picture by this recipe: those without any, those that failed, those that another recipe has
made a picture of, or all of them."""


def in_categories(papers: Iterable[Paper], categories: Sequence[str]) -> list[Paper]:
    """The papers that are in any of these arXiv categories; all of them when no category is given."""
    wanted = set(categories)
    return [paper for paper in papers if not wanted or wanted & set(paper.categories)]


async def choose(papers: Sequence[Paper], studio: Studio, only: Only = "all") -> tuple[list[Paper], list[Outcome]]:
    """Split `papers` into those to be illustrated now and the outcomes of those that need nothing.

    Refused papers need nothing: asking again is no use. Whoever wants everything made anew (`studio.edition`) gets all
    that have the votes.
    """
    voted, outcomes = _by_votes(papers, studio)
    if studio.edition:
        return voted, outcomes
    recipe = studio.recipe.fingerprint
    keys = [paper.key for paper in voted]
    archived = await _still_there(await studio.catalog.archived(keys, recipe), studio)
    blocked = await studio.catalog.blocked(keys, recipe)
    for problem in studio.catalog.problems:
        get_run_logger().warning(problem)
    waiting = []
    for paper in voted:
        if picture := archived.get(paper.key):
            outcomes.append(_skipped(paper, recipe, "archived", f"Archived before as {picture.path}.", picture))
        elif refusal := blocked.get(paper.key):
            outcomes.append(
                Outcome(paper=paper, status=Status.BLOCKED, reason="Blocked", message=refusal, recipe=recipe)
            )
        else:
            waiting.append(paper)
    asked_for = await _asked_for(waiting, studio, only)
    outcomes += [
        _skipped(paper, recipe, "not asked for", f"Not among the {only} papers that were asked for.")
        for paper in waiting
        if paper.key not in asked_for
    ]
    return [paper for paper in waiting if paper.key in asked_for], outcomes


async def _asked_for(papers: Sequence[Paper], studio: Studio, only: Only) -> set[str]:
    """The keys of those papers without a picture by this recipe that `only` means."""
    recipe, keys = studio.recipe.fingerprint, {paper.key for paper in papers}
    match only:
        case "failed":
            return await studio.catalog.failed(keys, recipe)
        case "stale":
            return await studio.catalog.stale(keys, recipe)
        case "missing":
            return keys - await studio.catalog.stale(keys, recipe)
        case "all":
            return keys


def _by_votes(papers: Sequence[Paper], studio: Studio) -> tuple[list[Paper], list[Outcome]]:
    """Papers with enough votes, and outcomes for the others. Lists without votes pass whole."""
    least, recipe = studio.settings.min_upvotes, studio.recipe.fingerprint
    voted, outcomes = [], []
    for paper in papers:
        votes = paper.listing.upvotes
        if votes is not None and votes < least:
            outcomes.append(_skipped(paper, recipe, "upvotes", f"{votes} upvotes, fewer than {least}."))
        else:
            voted.append(paper)
    return voted, outcomes


def _skipped(paper: Paper, recipe: str, reason: str, message: str, picture: Picture | None = None) -> Outcome:
    return Outcome(paper=paper, status=Status.SKIPPED, reason=reason, message=message, recipe=recipe, picture=picture)


async def _still_there(archived: dict[str, Picture], studio: Studio) -> dict[str, Picture]:
    """The catalog's pictures whose files exist: a lost file is made again, from its original if that is there."""
    found = await asyncio.gather(*(studio.archive.exists(picture.path) for picture in archived.values()))
    return {key: picture for (key, picture), there in zip(archived.items(), found, strict=True) if there}
