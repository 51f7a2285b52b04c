"""What a run is asked: one model, from which the flows' forms and the command line are made.

Every field is described here once: its type and bounds, its words, its default. Pydantic, which checks them, is loaded
only then, so that `--help` is quick.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, fields
from datetime import date
from functools import cache, wraps
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, Literal, Self, TypeAlias, TypeVar, get_args

from annotated_types import Ge, Gt, IsFinite, Le, MinLen
from typing_extensions import Doc

from frontispiece.errors import BadInput
from frontispiece.refusals import wanted
from frontispiece.registry import CheckerName, PainterName, SourceName, WriterName
from frontispiece.styles import StyleName

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

R = TypeVar("R", bound="Request")
T = TypeVar("T")

Only = Literal["missing", "failed", "stale", "all"]
Order = Literal["newest", "oldest"]

Count: TypeAlias = Annotated[int, Ge(0)] | None
AtOnce: TypeAlias = Annotated[int, Ge(1), Le(64)] | None
Dollars: TypeAlias = Annotated[IsFinite[float], Gt(0)] | None

DaysAtOnce: TypeAlias = Annotated[
    Annotated[int, Ge(1), Le(8)] | None,
    Doc("Days side by side at most; left empty, as many as keep writer and painter busy."),
]
OneDay: TypeAlias = Annotated[date | None, Doc("The day of the list; left empty, the newest one.")]
LeastVotes: TypeAlias = Annotated[Count, Doc("Papers with fewer votes are skipped; for a source with votes.")]
OfCategories: TypeAlias = Annotated[
    tuple[str, ...] | None, Doc("Only papers of these arXiv categories; left empty, as in the settings.")
]
MostPapers: TypeAlias = Annotated[Count, Doc("At most so many papers of each list.")]
MostDollars: TypeAlias = Annotated[Dollars, Doc("The most that this run may spend, in US dollars.")]
Refresh: TypeAlias = Annotated[bool, Doc("Make everything anew, even what is archived; paid steps are paid again.")]
Which: TypeAlias = Annotated[
    Only,
    Doc(
        "Of the papers without a picture by this recipe, those without any, those that failed, those that another "
        "recipe has made a picture of, or all."
    ),
]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What all have in common. Fields that stand first may be given by place; what is empty, the settings decide."""

    @classmethod
    def checked(cls, values: Mapping[str, object], written: Callable[[str], str] = str) -> Self:
        """The request of these values. Raises BadInput, naming the field as it is `written`, for one that cannot be."""
        from pydantic import ValidationError

        try:
            request: Self = _adapter(cls).validate_python(values)  # type: ignore[arg-type]
        except ValidationError as error:
            raise BadInput(_refusal(cls, error.errors()[0], written)) from None
        return request

    @property
    def values(self) -> dict[str, Any]:
        """Every field by its name, as the flows take them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def choices(self) -> dict[str, object]:
        """What `load_settings` is to put on top of the settings."""
        from frontispiece.settings import Settings

        return {name: value for name, value in self.values.items() if name in Settings.model_fields}


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


@dataclass(frozen=True, kw_only=True)
class FromSource(Request):
    """Where papers come from."""

    source: Annotated[SourceName | None, Doc("Where the lists come from; left empty, as in the settings.")] = None


@dataclass(frozen=True, kw_only=True)
class ByRecipe(Request):
    """How pictures are made."""

    writer: Annotated[WriterName | None, Doc("Who writes the prompts; left empty, as in the settings.")] = None
    painter: Annotated[PainterName | None, Doc("Who paints them; left empty, as in the settings.")] = None
    style: Annotated[StyleName | None, Doc("How the writer is asked; left empty, as in the settings.")] = None


@dataclass(frozen=True, kw_only=True)
class Checked(Request):
    """Whether pictures are looked at when they are painted."""

    checker: Annotated[
        CheckerName | None, Doc("Who looks whether a picture's label reads; left empty, as in the settings.")
    ] = None
    critic: Annotated[
        bool | None,
        Doc("Have it give marks as well, and better the prompt of further takes; left empty, as in the settings."),
    ] = None
    label_attempts: Annotated[
        Annotated[int, Ge(1), Le(5)] | None,
        Doc("Paintings of a paper at most, while the checker cannot read its label; left empty, as in the settings."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class OfLists(Checked, ByRecipe, FromSource):
    """Which papers of which lists."""

    min_upvotes: LeastVotes = None
    categories: OfCategories = None


@dataclass(frozen=True)
class DayRequest(OfLists):
    """One day's papers."""

    day: OneDay = None
    _: KW_ONLY
    limit: MostPapers = None
    max_usd: MostDollars = None
    refresh: Refresh = False


@dataclass(frozen=True)
class CompareRequest(FromSource):
    """One day's papers by several recipes."""

    day: OneDay = None
    _: KW_ONLY
    recipes: Annotated[
        tuple[str, ...],
        Doc(
            "A recipe, such as painter=fal,style=fenced: writer, painter, style, models; the settings decide the rest. "
            "Two at least."
        ),
    ]
    min_upvotes: LeastVotes = None
    categories: OfCategories = None
    limit: Annotated[Count, Doc("At most so many papers of the list.")] = None
    max_usd: Annotated[Dollars, Doc("The most that this comparison may spend, restarts included, in US dollars.")] = (
        None
    )


@dataclass(frozen=True)
class PapersRequest(Checked, ByRecipe):
    """Single papers, whatever their votes."""

    ids: Annotated[
        tuple[str, ...],
        MinLen(1),
        Doc("arXiv ids or URLs of papers, such as 2410.24175 or https://huggingface.co/papers/2410.24175."),
    ]
    _: KW_ONLY
    max_usd: MostDollars = None
    refresh: Refresh = False

    @property
    def choices(self) -> dict[str, object]:
        """And no paper is skipped for its votes."""
        return {**super().choices, "min_upvotes": 0}


@dataclass(frozen=True)
class DailyRequest(OfLists):
    """The day's papers, and late additions to the days before."""

    day: Annotated[
        date | None, Doc("The day of the list; left empty, the newest one on the day the run was scheduled for.")
    ] = None
    days_back: Annotated[
        Annotated[int, Ge(0), Le(31)] | None,
        Doc(
            "Days before it to look through again; left empty, none before a day that is named, else as in the "
            "settings and all that were missed."
        ),
    ] = None
    _: KW_ONLY
    limit: MostPapers = None
    max_usd: Annotated[
        Dollars, Doc("The most that may be spent on this day's run, restarts included, in US dollars.")
    ] = None
    refresh: Refresh = False


@dataclass(frozen=True, kw_only=True)
class SideBySide(OfLists):
    """Days that share what may be under way at once."""

    only: Which = "missing"
    papers_at_once: Annotated[
        AtOnce, Doc("Prompts, and paintings, side by side, over all days; left empty, as in the settings.")
    ] = None
    limit: MostPapers = None

    @property
    def means_new_days(self) -> bool:
        """Whether days are meant that no run has looked at: papers that failed, or are stale, are known."""
        return self.only in ("missing", "all")

    @property
    def choices(self) -> dict[str, object]:
        """And how many papers go side by side."""
        bound = self.papers_at_once
        return {**super().choices, "prompts_at_once": bound, "paintings_at_once": bound}


@dataclass(frozen=True)
class BackfillRequest(SideBySide):
    """A stretch of days."""

    days: Annotated[str, Doc("Such as 2024-10-01..2024-10-31, 2024-10, last 30 days, yesterday, or one day.")]
    _: KW_ONLY
    order: Annotated[Order, Doc("Which day comes first.")] = "newest"
    days_at_once: DaysAtOnce = None
    max_usd: Annotated[Dollars, Doc("The most that this backfill may spend, restarts included, in US dollars.")] = None
    refresh: Refresh = False
    batch: Annotated[bool, Doc("Order the prompts in batches: half the price, within 24 hours.")] = False
    batch_hours: Annotated[
        Annotated[float, Ge(0), Le(48)] | None,
        Doc(
            "How long to wait for them; left empty, 24 hours at a terminal and not at all under `serve`. The same "
            "backfill, run again, goes on."
        ),
    ] = None
    allow_unknown_price: Annotated[bool, Doc("Run although nobody knows what it will cost.")] = False
    dry_run: Annotated[bool, Doc("Only show the plan and the estimate.")] = False
    yes: Annotated[bool, Doc("Run more than ten years.")] = False


@dataclass(frozen=True, kw_only=True)
class OfBackfill(SideBySide):
    """What a backfill asks of its days."""

    backfill: Annotated[str, Doc("The backfill whose budget pays.")] = ""
    max_usd: Annotated[Dollars, Doc("The most that the backfill may spend, all its days together.")] = None
    refresh_id: Annotated[
        str, Doc("Tells what a backfill makes anew from what was made before; left empty, nothing is made anew.")
    ] = ""


@dataclass(frozen=True)
class BackfillDayRequest(OfBackfill):
    """One day of a backfill."""

    day: Annotated[date, Doc("The day of the list.")]


@dataclass(frozen=True)
class BackfillDaysRequest(OfBackfill):
    """Some days of a backfill, in one process."""

    days: Annotated[tuple[date, ...], MinLen(1), Doc("The days of the lists, in the order in which they are run.")]
    _: KW_ONLY
    days_at_once: DaysAtOnce = None


@dataclass(frozen=True)
class LetterRequest(Request):
    """A day's letter."""

    day: Annotated[date | None, Doc("The day of the letter; left empty, the newest one with pictures.")] = None
    send: Annotated[bool, Doc("Send it to the receivers in the settings who have not got it.")] = False


@dataclass(frozen=True)
class StatusRequest(ByRecipe, FromSource):
    """How days stand under a recipe."""

    days: Annotated[str, Doc("As for a backfill; left empty, those that have been run, the newest 31 of them.")] = ""


@contextmanager
def about(field: str) -> Iterator[None]:
    """Have a refusal say which field it is about.

    Sentences write fields as `field`; the command line puts its options in their place.
    """
    try:
        yield
    except BadInput as error:
        raise BadInput(f"`{field}`: {error}") from error


def takes(
    kind: type[R], written: Callable[[str], str] = str
) -> Callable[[Callable[Concatenate[R, ...], T]], Callable[..., T]]:
    """Give a function that takes a request the request's fields as parameters, described in its docstring.

    The values are checked before it is called, which raises BadInput, with the fields' names as they are `written`.
    What else it takes, it takes by name.
    """

    def of(body: Callable[Concatenate[R, ...], T]) -> Callable[..., T]:
        asked = inspect.signature(kind).parameters
        others = list(inspect.signature(body).parameters.values())[1:]
        signature = inspect.Signature([*asked.values(), *others])

        def call(*args: Any, **kwargs: Any) -> T:
            given = signature.bind(*args, **kwargs).arguments
            request = kind.checked({name: value for name, value in given.items() if name in asked}, written)
            return body(request, **{name: value for name, value in given.items() if name not in asked})

        async def call_async(*args: Any, **kwargs: Any) -> Any:
            return await call(*args, **kwargs)  # type: ignore[misc]

        made: Callable[..., Any] = wraps(body)(call_async if inspect.iscoroutinefunction(body) else call)
        described = "\n".join(f"    {name}: {_words(each.annotation)}" for name, each in asked.items())
        made.__doc__ = f"{body.__doc__}\n\nArgs:\n{described}"
        setattr(made, "__signature__", signature)  # noqa: B010 functools' types do not know it
        return made

    return of


def _marks(hint: object, kind: type[T]) -> list[T]:
    """What of this kind is said of a type beside the type, the outermost last."""
    inner = [mark for part in get_args(hint) for mark in _marks(part, kind)]
    return [*inner, *(mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, kind))]


def _words(hint: object) -> str:
    return _marks(hint, Doc)[-1].documentation


def _bounds(hint: object) -> str:
    """Such as `from 1 to 8`; empty where there are none."""
    if least := _marks(hint, Ge):
        most = _marks(hint, Le)
        return f"from {least[-1].ge} to {most[-1].le}" if most else f"at least {least[-1].ge}"
    return f"more than {beyond[-1].gt}" if (beyond := _marks(hint, Gt)) else ""


def _refusal(kind: type[Request], problem: "ErrorDetails", written: Callable[[str], str]) -> str:
    """What is wrong with a value, in one sentence."""
    name = str(problem["loc"][0])
    is_beyond = problem["type"].startswith(("greater", "less"))
    bounds = _bounds(kind.__dataclass_fields__[name].type) if is_beyond else ""
    value = problem["input"]
    said = f" is {words}" if (words := bounds or wanted(problem)) else f": {problem['msg']}"
    return f"{written(name)}{said}, not {repr(value) if isinstance(value, str) else value}."
