"""What every writer can do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime, Field

from frontispiece.models import Paper, Prompt, Value
from frontispiece.recipe import WriterRecipe
from frontispiece.settings import Settings


class BatchTicket(Value):
    """An order of many prompts at once: what fetches them."""

    batch: str = Field(description="the provider's id of the batch")
    ordered: AwareDatetime = Field(description="when it was made, by the provider's clock")

    @property
    def request_id(self) -> str:
        """The provider's id of the order."""
        return self.batch


class BatchStanding(Value):
    """How a batch stands."""

    is_finished: bool = Field(description="whether nothing more will happen to it")
    done: int = Field(default=0, description="prompts that are written or have failed")
    total: int = Field(default=0, description="prompts that were ordered, as far as the provider says so")
    problem: str | None = Field(default=None, description="why the provider refused the whole batch")


class Batches(Protocol):
    """Orders prompts by the thousand, cheaper, to be fetched within hours."""

    most_lines: int
    """Prompts that one batch may have."""
    most_bytes: int
    """Size that one batch may have."""

    def price(self, paper: Paper) -> float | None:
        """What the prompt will cost at most, in dollars, as far as that is known beforehand."""
        ...

    def size(self, paper: Paper) -> int:
        """What the prompt's order adds to the size of a batch, in bytes, at most."""
        ...

    async def upload(self, papers: Mapping[str, Paper]) -> str:
        """Send what is to be ordered, by key, and give the provider's id of it; costs nothing.

        Raises ProviderUnavailable, ProviderBroken, Rejected, OutOfService.
        """
        ...

    async def order(self, name: str, uploaded: str) -> BatchTicket:
        """Order what was uploaded, under a name of ours. Raises what `Writer.write` raises."""
        ...

    async def find(self, name: str, since: datetime) -> BatchTicket | None:
        """The batch of this name, ordered since then; None means that there is none. Raises ProviderError."""
        ...

    async def look(self, ticket: BatchTicket) -> BatchStanding:
        """Ask how a batch stands. Raises ProviderError."""
        ...

    async def collect(self, ticket: BatchTicket, key: str, paper: Paper) -> Prompt | None:
        """The prompt of this key; None when it was not written, and nothing is charged.

        Raises NotYet while the batch is not finished, and ProviderUnavailable, InDoubt, ProviderBroken, Blocked,
        Rejected, OutOfService.
        """
        ...


class Writer(Protocol):
    """Writes a picture prompt for a paper."""

    label: str
    """How logs call it, such as OpenAI."""
    paid: bool
    """Whether a call costs money; paid calls are journalled.

    One whose answers have an end may say so, too: `most_tokens`, which its price is of.
    """
    recipe: WriterRecipe
    batches: Batches | None
    """How prompts are ordered by the thousand; None where that cannot be."""

    @staticmethod
    def recipe_for(settings: Settings) -> WriterRecipe:
        """The recipe of a writer with these settings, known without building one: no key is needed."""
        ...

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
