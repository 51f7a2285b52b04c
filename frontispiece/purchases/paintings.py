"""A painting as the journal and the budget know it."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import inspect
from frontispiece.archive.paths import original_path, vector_path
from frontispiece.concurrency import Lane
from frontispiece.errors import ProviderError
from frontispiece.models import Charge, Original, Painting, Paper, Prompt
from frontispiece.painters.interface import Canvas, Ticket
from frontispiece.purchases.buyer import Buyer, PaperJob
from frontispiece.recipe import painting_key

TAKES: Final = 2
"""So often a prompt is painted at most: what is no picture is painted once more."""


def most_takes(services: Buyer) -> int:
    """So often it is painted at most where somebody looks for a label, too, and it may be painted for that."""
    return TAKES if services.checker is None else services.settings.label_attempts + TAKES - 1


def key_of(paper: Paper, prompt: Prompt, services: Buyer, take: int = 0) -> str:
    """The key of a painting in the journal."""
    return painting_key(paper, prompt, services.painter.recipe, services.refresh_id, take)


class PaintingJob(PaperJob[Painting, Canvas, Ticket]):
    """The painting of a prompt, in one of its takes."""

    record = Painting
    ticket = Ticket
    step = "painting"

    def __init__(self, paper: Paper, prompt: Prompt, buyer: Buyer, take: int = 0, *, run: str, lane: Lane) -> None:
        super().__init__(paper, buyer, lane, run)
        self._prompt, self._take = prompt, take
        self._painter, self._archive = buyer.painter, buyer.archive
        self._most_pixels = 1_000_000 * buyer.settings.picture_megapixels
        self.key = key_of(paper, prompt, buyer, take)
        self.what = f"painting {paper.id} by {buyer.painter.label}"
        self.price = buyer.painter.price
        self.then = buyer.checker.price if buyer.checker is not None else None

    async def submit(self) -> Ticket | Canvas:
        """Order the picture."""
        await self._reach_provider()
        return await self._painter.submit(self._paper, self._prompt, self._take)

    async def collect(self, ticket: Ticket) -> Canvas:
        """Wait for the picture, and download it."""
        await self._lane.enter()
        self._begin((datetime.now(UTC) - ticket.sent_at).total_seconds())
        return await self._painter.collect(ticket, self._lane.leave)

    async def find(self, since: datetime, order: str | None) -> Ticket | None:
        """Look among the painter's recent requests."""
        return await self._painter.recent(self._paper, self._prompt, since, self._take)

    async def keep(self, answer: Canvas) -> Painting:
        """Check what was delivered, put the bytes into the archive, and describe them."""
        await self._lane.leave()
        try:
            facts = await in_a_picture_thread(inspect, answer.image, self._most_pixels)
        except ProviderError as error:
            error.charge = Charge(dollars=answer.dollars, request_id=answer.request_id)
            raise
        recipe, digest = self._painter.recipe, hashlib.sha256(answer.image).hexdigest()
        path = original_path(digest, facts.format)
        vector = None
        if answer.vector is not None:  # before the original: where that is, this is, too
            vector = vector_path(digest)
            await self._archive.put_if_absent(vector, answer.vector)
        await self._archive.put_if_absent(path, answer.image)
        return Painting(
            painter=recipe.kind,
            model=answer.model,
            parameters=recipe.parameters,
            seed=answer.seed,
            url=answer.url,
            request_id=answer.request_id,
            seconds=answer.seconds,
            dollars=answer.dollars,
            run=self.run,
            made=datetime.now(UTC),
            nsfw=answer.nsfw,
            original=Original(
                digest=digest,
                path=path,
                format=facts.format,
                width=facts.width,
                height=facts.height,
                bytes=len(answer.image),
                flat="black" if facts.black else "blank" if facts.blank else None,
                dhash=facts.dhash,
                vector=vector,
            ),
        )

    async def is_intact(self, record: Painting) -> bool:
        """Whether the original is there."""
        return await self._archive.exists(record.original.path)
