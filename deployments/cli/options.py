"""How the fields of frontispiece/request.py, where their words and bounds stand, are written on the command line."""

import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import wraps
from inspect import Parameter as Place
from inspect import signature
from typing import Annotated, Any, Concatenate, Final, TypeAlias, TypeVar, get_args, get_type_hints

from cyclopts import Parameter, Token

from frontispiece.errors import BadInput
from frontispiece.refusals import wanted
from frontispiece.request import Request, takes
from frontispiece.text import counted

R = TypeVar("R", bound=Request)
T = TypeVar("T", int, float)

Verbose: TypeAlias = Annotated[bool, Parameter(name=("--verbose", "-v"), help="Print the whole log.")]


def one_day(_: object, tokens: Sequence[Token]) -> date:
    """The day that is written. Raises BadInput."""
    from frontispiece.dates import parse_day

    return parse_day(tokens[0].value, datetime.now(UTC).date())


def day_to_run(_: object, tokens: Sequence[Token]) -> date:
    """The same; several days are for another command."""
    from frontispiece.dates import parse_days

    try:
        return one_day(_, tokens)
    except BadInput as no_day:
        try:
            days = parse_days(tokens[0].value, datetime.now(UTC).date())
        except BadInput:
            raise no_day from None
    raise BadInput(f"{days} are {counted(len(days), 'day')}: frontispiece backfill {days} illustrates them.")


def words(_: object, tokens: Sequence[Token]) -> str:
    """What is written in several words, such as `last 30 days`."""
    return " ".join(token.value for token in tokens)


def names(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Names by commas, or one at a time."""
    return tuple(name.strip() for token in tokens for name in token.value.split(",") if name.strip())


def number(kind: type[T]) -> Callable[[object, Sequence[Token]], T]:
    """Reads a number of this kind; nothing is rounded. Raises BadInput, in a request's words."""

    def read(_: object, tokens: Sequence[Token]) -> T:
        from pydantic import TypeAdapter, ValidationError

        text = tokens[0].value
        try:
            return TypeAdapter(kind).validate_python(text)
        except ValidationError as error:
            raise BadInput(f"{tokens[0].keyword} is {wanted(error.errors()[0])}, not {text!r}.") from None

    return read


def style(_: object, tokens: Sequence[Token]) -> str | None:
    """A style's name. A file is named in the settings instead: no run is told of files of this machine."""
    from frontispiece import styles

    text = tokens[0].value
    if styles.is_name(text):
        return text
    try:
        styles.template(text)
    except BadInput as error:
        raise BadInput(f"{tokens[0].keyword}: {error}") from None
    os.environ["FRONTISPIECE_STYLE"] = text
    return None


def texts(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    """As they are written, one at a time."""
    return tuple(token.value for token in tokens)


OneDay: TypeAlias = Annotated[date | None, Parameter(converter=one_day, metavar="DAY")]

_WRITTEN: Final = {
    "day": Parameter(converter=day_to_run, metavar="DAY"),
    "days": Parameter(converter=words, n_tokens=-1, metavar="DAYS"),
    "categories": Parameter(converter=names, n_tokens=1, metavar="C,C"),
    "style": Parameter(converter=style, metavar="STYLE"),
    "ids": Parameter(metavar="ID-OR-URL"),
    "recipes": Parameter(name="--with", converter=texts, n_tokens=1, metavar="RECIPE"),
    "max_usd": Parameter(metavar="DOLLARS"),
}


def asks(kind: type[R]) -> Callable[[Callable[Concatenate[R, ...], int]], Callable[..., int]]:
    """Make a command of a function that takes a request: its fields are what it asks."""

    def of(body: Callable[Concatenate[R, ...], int]) -> Callable[..., int]:
        call = takes(kind, written)(in_options(body))
        asked = signature(call)
        places = [_written(each, bare) for each in asked.parameters.values()]
        setattr(call, "__signature__", asked.replace(parameters=places))  # noqa: B010 functools' types do not know it
        return call

    def in_options(body: Callable[Concatenate[R, ...], int]) -> Callable[Concatenate[R, ...], int]:
        """Fields that an error of the run names are options here."""

        @wraps(body)
        def call(request: R, **others: Any) -> int:
            try:
                return body(request, **others)
            except BadInput as error:
                raise BadInput(re.sub(r"`(\w+)`", option, str(error))) from error

        return call

    def option(found: re.Match[str]) -> str:
        return written(found[1]) if found[1] in bare else found[0]

    def written(name: str) -> str:
        by_place = signature(kind).parameters[name].kind is Place.POSITIONAL_OR_KEYWORD
        if own := _WRITTEN.get(name, Parameter()).name:
            return "".join(own)
        return name if by_place else f"--{name.replace('_', '-')}"

    bare = get_type_hints(kind)
    return of


def _written(place: Place, bare: dict[str, Any]) -> Place:
    """A field as the command line has it: its bounds are left to the request, and a place is a place only."""
    if place.name not in bare:
        return place
    annotation: Any = bare[place.name]
    for each in (int, float):
        if each in get_args(annotation):
            annotation = Annotated[annotation, Parameter(converter=number(each))]
    if place.name in _WRITTEN:
        annotation = Annotated[annotation, _WRITTEN[place.name]]
    kind = Place.POSITIONAL_ONLY if place.kind is Place.POSITIONAL_OR_KEYWORD else place.kind
    return place.replace(annotation=annotation, kind=kind)
