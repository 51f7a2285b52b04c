"""Who there is to choose from, by the entry points of the packages that are installed.

The built-in ones are declared in pyproject.toml, as those of any other package are in its own. Names are known without
loading anything, so a package that is broken hurts only who chooses from it.
"""

import inspect
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from typing_extensions import get_protocol_members

from frontispiece.errors import BadInput, FrontispieceError

SOURCES: Final = "frontispiece.sources"
WRITERS: Final = "frontispiece.writers"
PAINTERS: Final = "frontispiece.painters"
CHECKERS: Final = "frontispiece.checkers"
SETTINGS: Final = "frontispiece.settings"
NOBODY: Final = "none"
"""The name of no checker: pictures are taken as they come."""
_NOTHING: Final = object()


@cache
def registered(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name: first the built-in ones, which nobody can replace, then others by name."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=_place):
        found.setdefault(point.name, point)
    return found


def _place(point: EntryPoint) -> tuple[bool, str]:
    is_built_in = point.module.startswith("frontispiece.")
    return not is_built_in, point.name


if TYPE_CHECKING:
    SourceName: TypeAlias = str
    WriterName: TypeAlias = str
    PainterName: TypeAlias = str
    CheckerName: TypeAlias = str
else:
    SourceName, WriterName, PainterName = (Literal[tuple(registered(group))] for group in (SOURCES, WRITERS, PAINTERS))
    CheckerName = Literal[(NOBODY, *registered(CHECKERS))]


def load(group: str, name: str) -> Any:  # whatever a package says; its family knows what it has to be
    """The class of that name. Raises BadInput, naming the package, when there is none or it cannot be loaded."""
    kind = group.rpartition(".")[2].removesuffix("s")
    if (point := registered(group).get(name)) is None:
        raise BadInput(f"There is no {kind} {name!r}: choose one of {', '.join(registered(group))}.")
    try:
        return point.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadInput(f"The {kind} {name} of the package {_package(point)} cannot be loaded: {reason}.") from error


def build(group: str, name: str, settings: object, interface: type) -> Any:
    """A provider with these settings.

    Raises BadInput when its settings are incomplete, such as a missing key, and for one that lacks what is asked of it.
    """
    kind, point = group.rpartition(".")[2].removesuffix("s"), registered(group).get(name)
    provider = load(group, name)
    try:
        built = provider(settings)
    except FrontispieceError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadInput(f"The {kind} {name} of the package {_package(point)} cannot be built: {reason}.") from error
    needed = get_protocol_members(interface)
    if lacking := sorted(name for name in needed if inspect.getattr_static(built, name, _NOTHING) is _NOTHING):
        raise BadInput(f"The {kind} {name} of the package {_package(point)} lacks {', '.join(lacking)}.")
    return built


def _package(point: EntryPoint | None) -> str:
    return point.dist.name if point and point.dist else "nobody knows"
