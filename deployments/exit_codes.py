"""How the command ends: the one place for its exit codes."""

from enum import IntEnum
from typing import Self

from frontispiece.errors import BadInput, FrontispieceError


class Exit(IntEnum):
    """The exit codes, each with its meaning, as `--help` and docs/failures.md have them."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """A code that knows what it means."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "done"
    FAILED = 1, "papers or days failed beyond the limit, the run crashed, or something was found wrong"
    BAD_INPUT = 2, "bad input or settings"
    BUDGET_REACHED = 3, "the limit in dollars was reached with work left"
    INTERRUPTED = 130, "interrupted"


def exit_of(error: FrontispieceError) -> Exit:
    """How a command ends that this error has ended."""
    return Exit.BAD_INPUT if isinstance(error, BadInput) else Exit.FAILED
