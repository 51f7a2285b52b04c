"""Several recipes over the same papers: which they are, what they would cost, and the page that shows them blind."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final

from frontispiece.archive.choosing import asked_for
from frontispiece.archive.paths import comparison_path
from frontispiece.errors import BadInput
from frontispiece.gallery.comparison import Comparison, Contender, Entry
from frontispiece.gallery.pages import comparison_page
from frontispiece.models import Paper, Status
from frontispiece.money import ROUNDING, amount, known, price, total
from frontispiece.recipe import digest
from frontispiece.request import CompareRequest, about
from frontispiece.services import Services, open_budget, open_services, recipe_of
from frontispiece.settings import Settings, load_settings, settings_model
from frontispiece.sources.interface import Listed
from frontispiece.text import counted, one_line

OF_RECIPES: Final = ("writer", "painter", "style")
MOST: Final = 6
"""More than these would make too many pairs to be looked at."""


@dataclass(frozen=True)
class Rival:
    """One of the recipes that are compared."""

    choices: Mapping[str, str]
    """What it puts on top of the settings."""
    settings: Settings
    fingerprint: str

    @property
    def name(self) -> str:
        """As it was written, such as `painter=fal, style=fenced`."""
        return ", ".join(f"{key}={value}" for key, value in self.choices.items())


def parse_recipe(text: str) -> dict[str, str]:
    """What a recipe such as `painter=fal,style=fenced` chooses. Raises BadInput."""
    models = sorted(field for field in settings_model().model_fields if field.endswith("_model"))
    chosen: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not (key and equals and value):
            said = repr(one_line(part.strip(), 60)) if part.strip() else "nothing"
            raise BadInput(f"write a recipe as painter=fal,style=fenced; there is {said} in {one_line(text, 80)!r}.")
        if key not in (*OF_RECIPES, *models):
            raise BadInput(
                f"{one_line(key, 40)!r} is no part of a recipe: those are {', '.join(OF_RECIPES)}, and models, such as "
                f"{models[0]}."
            )
        if key in chosen:
            raise BadInput(f"{key} stands twice in {one_line(text, 80)!r}.")
        chosen[key] = value
    return chosen


def rivals_of(request: CompareRequest) -> tuple[Rival, ...]:
    """The recipes that are asked for, in their order. Raises BadInput for fewer than two, and for two that are one."""
    load_settings(**request.choices)  # what is wrong with these is wrong with no recipe
    with about("recipes"):
        if not 2 <= len(request.recipes) <= MOST:
            raise BadInput(f"a comparison takes from 2 to {MOST} recipes, not {len(request.recipes)}.")
        found: dict[str, Rival] = {}
        for text in request.recipes:
            choices = parse_recipe(text)
            settings = load_settings(**request.choices, **choices)
            rival = Rival(choices, settings, recipe_of(settings).fingerprint)
            if same := found.get(rival.fingerprint):
                raise BadInput(f"{same.name} and {rival.name} make the same pictures.")
            found[rival.fingerprint] = rival
    return tuple(found.values())


@dataclass(frozen=True)
class Share:
    """What is left to do by one recipe."""

    rival: Rival
    to_do: int
    dollars: float | None
    """List prices, on the high side; None when unknown. A prompt that several recipes share counts for the first."""

    @property
    def price(self) -> str:
        """As people read it."""
        return price(self.dollars)


@dataclass(frozen=True)
class Quote:
    """A comparison before it is made: its papers, and what they will cost."""

    id: str
    day: date
    source: str
    papers: tuple[Paper, ...]
    """Those that are asked for."""
    limit: int
    """So many papers of the list there is money for, by every recipe: whoever is paid for can be compared."""
    left: int
    """Papers with pictures to be made that there is no money for."""
    shares: tuple[Share, ...]
    """Of all papers that are asked for."""
    to_do: int
    """Pictures that are missing of the papers that there is money for."""
    spent: float
    """Dollars that this comparison has spent before."""
    max_usd: float | None

    @property
    def headline(self) -> str:
        """The quote in one sentence."""
        pictures, dollars = sum(each.to_do for each in self.shares), total(each.dollars for each in self.shares)
        parts = [counted(len(self.papers), "paper"), counted(pictures, "picture") + " to make", price(dollars)]
        if self.max_usd is not None:
            parts.append(f"{amount(self.spent)} of ${self.max_usd:g} spent before")
        if self.left:
            parts.append(f"{counted(self.left, 'paper')} beyond the limit")
        return " · ".join(parts)


async def _quote(day: date, listed: Listed, request: CompareRequest, cast: Sequence[tuple[Rival, Services]]) -> Quote:
    first = cast[0][1]
    named = digest("compare", str(day), first.settings.source, sorted(rival.fingerprint for rival, _ in cast))[:12]
    budget = await open_budget(first.archive, f"compare-{named}", first.settings.max_usd)
    asked = asked_for(listed.papers, request.categories or (), request.limit)
    papers, settled = await _wanted(asked, cast)
    prompts: set[tuple[str, str]] = set()
    prices: list[dict[str, float | None]] = []
    for _, services in cast:
        services.budget = budget
        waiting = [paper for paper in papers if (paper.key, services.recipe.fingerprint) not in settled]
        if waiting:
            services.check_prices(waiting[0])
        writer, own = services.recipe.writer.model_dump_json(), dict[str, float | None]()
        for paper in waiting:
            prompt = 0.0 if (paper.key, writer) in prompts else services.writer.price(paper)
            prompts.add((paper.key, writer))
            own[paper.key] = total((prompt, services.painter.price))
        prices.append(own)
    costs = accumulate(known(own.get(paper.key) for own in prices) for paper in asked)
    limit = sum(cost <= budget.room + ROUNDING for cost in costs)
    within = {paper.key for paper in asked[:limit]}
    return Quote(
        id=named,
        day=day,
        source=first.settings.source,
        papers=tuple(papers),
        limit=limit,
        left=len({key for own in prices for key in own} - within),
        shares=tuple(Share(rival, len(own), total(own.values())) for (rival, _), own in zip(cast, prices, strict=True)),
        to_do=sum(len(own.keys() & within) for own in prices),
        spent=budget.committed,
        max_usd=budget.max_usd,
    )


async def _wanted(
    papers: Sequence[Paper], cast: Sequence[tuple[Rival, Services]]
) -> tuple[list[Paper], set[tuple[str, str]]]:
    """Papers that are there and have enough votes; and which need nothing, by which recipe."""
    wanted: set[str] = set()
    settled: set[tuple[str, str]] = set()
    for _, services in cast:
        waiting, others = await services.choose(papers)
        there = {each.paper.key for each in others if each.picture or each.status is Status.BLOCKED}
        wanted |= there | {paper.key for paper in waiting}
        settled |= {(key, services.recipe.fingerprint) for key in there}
    return [paper for paper in papers if paper.key in wanted], settled


async def look_at_comparison(
    day: date, listed: Listed, request: CompareRequest, rivals: Sequence[Rival], first: Services
) -> Quote:
    """The quote for the papers of a list; `first` are the services of the first recipe, which get the budget.

    That remembers what this comparison has spent. Raises BadInput for a missing key of any recipe, and when a limit
    cannot be kept because a price is unknown; and ArchiveError.
    """
    async with AsyncExitStack() as stack:
        cast = [(rivals[0], first)]
        for rival in rivals[1:]:
            settings = rival.settings.with_keys_to_come().model_copy(update={"archive": first.settings.archive})
            cast.append((rival, await stack.enter_async_context(open_services(settings, to_write=False))))
        return await _quote(day, listed, request, cast)


async def write_comparison(asked: Quote, services: Services) -> tuple[str, int]:
    """Write the page of all papers that two recipes or more have a picture of; gives its place, and how many there are.

    The place is empty, and nothing is written, where there is none. Raises ArchiveError.
    """
    keys = [paper.key for paper in asked.papers]
    pictures = {
        share.rival.fingerprint: await services.catalog.archived(keys, share.rival.fingerprint)
        for share in asked.shares
    }
    there = await services.archive.existing(each.path for by_key in pictures.values() for each in by_key.values())
    entries = []
    for paper in asked.papers:
        found = [(recipe, by_key[paper.key]) for recipe, by_key in pictures.items() if paper.key in by_key]
        contenders = tuple(
            Contender(recipe=recipe, path=each.path, width=each.width, height=each.height)
            for recipe, each in found
            if each.path in there
        )
        if len(contenders) > 1:
            about = {"key": paper.key, "id": paper.id, "title": paper.title, "authors": paper.authors}
            entries.append(Entry(**about, abstract=paper.abstract, contenders=contenders))
    if not entries:
        return "", 0
    names = {share.rival.fingerprint: share.rival.name for share in asked.shares}
    comparison = Comparison(id=asked.id, day=asked.day, source=asked.source, recipes=names, entries=tuple(entries))
    path = comparison_path(asked.day, asked.id)
    await services.archive.put(path, comparison_page(comparison))
    return path, len(entries)
