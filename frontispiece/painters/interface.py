"""What every painter can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import Field

from frontispiece.errors import ProviderBroken
from frontispiece.models import Paper, Prompt, Value
from frontispiece.recipe import PainterRecipe
from frontispiece.settings import Settings


class Ticket(Value):
    """A paid job at a provider that is still to be fetched; durable before anyone waits for it."""

    request_id: str = Field(description="the provider's id of the job")
    status_url: str = Field(description="where to ask how it stands, as the provider gave it")
    response_url: str = Field(description="where to fetch the result, as the provider gave it")
    sent_at: datetime = Field(description="when the job was handed in")


@dataclass(frozen=True, slots=True)
class Canvas:
    """A delivered picture with what the provider said about it. Field units as in `models.Painting`."""

    image: bytes
    model: str
    seconds: float
    dollars: float | None
    seed: str | None = None
    url: str | None = None
    request_id: str | None = None
    nsfw: bool | None = None
    vector: bytes | None = None
    """The same picture as SVG, from a painter that draws in strokes. Browsers run what stands in an SVG, so it is made
    by the painter itself and never passed on from a service."""


Painted = Callable[[], Awaitable[None]]


class Painter(Protocol):
    """Paints a prompt.

    Queue services answer `submit` with a Ticket, to be fetched by `collect`; services that answer at once return
    the Canvas itself. Only `submit` may cost money, and it sends its request once.
    All raise ProviderUnavailable, InDoubt, ProviderBroken, Blocked, Rejected, OutOfService.
    """

    label: str
    """How logs call it, such as fal."""
    paid: bool
    """Whether a call costs money; paid calls are journalled."""
    is_ai: bool
    """Whether a trained model makes the pictures: they are marked as such, as the EU AI Act asks.

    One whose pictures are line drawings may say so, too, by `draws_lines = True` on its class.
    """
    recipe: PainterRecipe
    """Its kind is the painter's name in the registry."""
    price: float | None
    """What one picture costs, in dollars, as far as that is known beforehand."""

    @staticmethod
    def recipe_for(settings: Settings) -> PainterRecipe:
        """The recipe of a painter with these settings, known without building one: no key is needed."""
        ...

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Ticket | Canvas:
        """Order the picture: the one call that costs money. Another take has another seed, where there are seeds."""
        ...

    async def collect(self, ticket: Ticket, painted: Painted | None = None) -> Canvas:
        """Wait for an ordered picture and download it; free, and may be repeated.

        `painted` is called when the provider is free for another order, which is before the download.
        """
        ...

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """Look for a lost order among the provider's recent requests; None when it has none, or keeps no list."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class AtOnce:
    """What is left to say for a painter whose pictures come with the answer, so that no order outlives its call."""

    label: str

    async def collect(self, ticket: Ticket, painted: Painted | None = None) -> Canvas:
        """Never needed. Raises ProviderBroken."""
        raise ProviderBroken(f"The painter {self.label} keeps no orders, so {ticket.request_id} is not its own.")

    async def recent(self, paper: Paper, prompt: Prompt, since: datetime, take: int = 0) -> Ticket | None:
        """Nothing: there are no orders to lose."""
        return None

    async def close(self) -> None:
        """There is nothing to let go of."""
