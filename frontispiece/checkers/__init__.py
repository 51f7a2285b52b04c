"""Who looks whether a picture's label reads. A checker is one file, and an entry point in `frontispiece.checkers`."""

from frontispiece import registry
from frontispiece.checkers.interface import Checker
from frontispiece.errors import BadInput
from frontispiece.settings import Settings


def open_checker(name: registry.CheckerName, settings: Settings) -> Checker | None:
    """The checker of that name; None where nobody is to look.

    Raises BadInput when it cannot work here: a missing key, a program that is not installed, no critic.
    """
    if name == registry.NOBODY:
        return None
    built: Checker = registry.build(registry.CHECKERS, name, settings, Checker)
    if settings.critic and not built.judges:
        raise BadInput(f"`critic`: the checker {name} reads labels and no more; choose another `checker`.")
    return built
