"""Who looks whether a picture's label reads. A checker is one file, and an entry point in `frontispiece.checkers`."""

from frontispiece import registry
from frontispiece.checkers.interface import Checker
from frontispiece.settings import Settings


def open_checker(name: registry.CheckerName, settings: Settings) -> Checker | None:
    """The checker of that name; None where nobody is to look.

    Raises BadInput when it cannot work here: a missing key, a program that is not installed.
    """
    if name == registry.NOBODY:
        return None
    built: Checker = registry.build(registry.CHECKERS, name, settings, Checker)
    return built
