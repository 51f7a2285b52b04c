"""What every checker can do."""

from dataclasses import dataclass
from typing import Protocol

from frontispiece.models import Mark, Paper, Prompt
from frontispiece.recipe import CheckerRecipe


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read on a picture. Field units as in `models.Check`."""

    words: str
    """As they were read, wherever they stand; what they are to be is not told to who reads them."""
    model: str
    seconds: float
    dollars: float | None
    tokens_in: int | None = None
    tokens_out: int | None = None
    request_id: str | None = None
    marks: tuple[Mark, ...] = ()
    advice: str = ""


class Checker(Protocol):
    """Reads what is lettered on a picture. Whether that is the label that was wanted, `checkers.label` says."""

    label: str
    """How logs call it, such as tesseract."""
    paid: bool
    """Whether a reading costs money; paid ones are journalled."""
    recipe: CheckerRecipe
    """Its kind is the checker's name in the registry."""
    price: float | None
    """What one reading costs at most, in dollars, as far as that is known beforehand."""
    sides: tuple[int, ...]
    """How large it wants to see a picture: pixels of the longer side. It is shown the next size while nothing reads.

    A checker that is paid has one.
    """

    judges: bool
    """Whether it is a critic as well, by its settings: gives marks, and says how the prompt could be better."""

    async def read(self, picture: bytes, paper: Paper, prompt: Prompt) -> Reading:
        """One reading of a JPEG of this paper, painted from this prompt; never repeated by itself.

        Raises ProviderUnavailable, InDoubt, ProviderBroken, Blocked, Rejected, OutOfService.
        """
        ...

    async def check(self) -> tuple[str, ...]:
        """Free look before the first paper: warnings for the user.

        Raises BadInput when it cannot work, and OutOfService when its key is refused.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and processes."""
        ...
