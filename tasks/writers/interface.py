"""What every writer can do."""

from typing import Protocol

from tasks.models import Paper, Prompt
from tasks.recipe import WriterRecipe


class Writer(Protocol):
    """Writes a picture prompt for a paper."""

    label: str
    """How logs call it, such as OpenAI."""
    paid: bool
    """Whether a call costs money; paid calls are journalled."""
    recipe: WriterRecipe

    def request(self, paper: Paper) -> str:
        """The exact text that `write` will send."""
        ...

    def price(self, paper: Paper) -> float | None:
        """What the prompt will cost at most, in dollars, as far as that is known beforehand."""
        ...

    async def write(self, paper: Paper) -> Prompt:
        """One call, never repeated by itself.

        Raises ProviderUnavailable, InDoubt, ProviderBroken, Blocked, Rejected, OutOfService.
        """
        ...

    async def check(self) -> tuple[str, ...]:
        """Free look before the first paper: warnings for the user, such as a model about to close.

        Raises OutOfService when the key is refused; anything else that goes wrong is not an error here.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
