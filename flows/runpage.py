"""Keeps the run's page in Prefect up to date, whoever started the run."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from time import monotonic
from typing import Final

from prefect.artifacts import MarkdownArtifact, TableArtifact

from flows.artifacts import MAX_THUMBNAIL, MOST_PICTURES, outcome_table, picture_page
from flows.listener import RunListener
from flows.run_artifacts import RunArtifacts, next_size, pause, progress
from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import MAX_BYTES, thumbnail
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.errors import FrontispieceError
from frontispiece.models import STEPS, Outcome, Paper, Status
from frontispiece.money import price
from frontispiece.report import Report
from frontispiece.text import counted

SECONDS_BETWEEN, SECONDS_BETWEEN_IN_BACKFILL = 1.0, 5.0
"""Between two looks at what has changed. Of days of a backfill, each with a page of its own, nobody watches all."""
THUMBNAILS_AT_ONCE = 4
SIDE: Final = 128
"""Pixels of a thumbnail's longer side."""


class RunPage(RunListener):
    """Shows on the Prefect server what it hears, and passes everything on to the other listener."""

    def __init__(
        self, archive: Archive, other: RunListener, outcomes: Sequence[Outcome], seconds_between: float
    ) -> None:
        """`outcomes` are those of the run, to which others add."""
        super().__init__(other)
        self._seconds_between = seconds_between
        self._archive = archive
        self._outcomes = outcomes
        self._papers = self._ended = 0
        self._at: dict[str, str] = {}
        self._thumbnails: dict[str, bytes] = {}
        """By the pictures' paths; an empty one cannot be shown."""
        self._enough = 1
        self._artifacts = RunArtifacts()
        self._shown: str | None = ""
        self._report: Report | None = None
        self._is_over = asyncio.Event()
        self._going = asyncio.create_task(self._keep())

    def listed(self, papers: int, waiting: int) -> None:
        """So many more papers to illustrate."""
        self._papers += waiting
        super().listed(papers, waiting)

    def step(self, paper: Paper, name: str) -> None:
        """A paper is at this step now."""
        self._at[paper.key] = name
        super().step(paper, name)

    def ended(self, outcome: Outcome) -> None:
        """One paper less to go."""
        self._at.pop(outcome.paper.key, None)
        self._ended += outcome.is_reached
        super().ended(outcome)

    def closed(self, report: Report) -> None:
        """The run is recorded."""
        self._report = report
        super().closed(report)

    async def _keep(self) -> None:
        """Show what changes, at this pace at first."""
        began = monotonic()
        while not self._is_over.is_set():
            await self._show_progress()
            await self._make_thumbnails()
            if len(self._thumbnails) >= self._enough:
                await self._show_pictures()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), pause(began, self._seconds_between))

    async def finish(self, outcomes: Sequence[Outcome]) -> None:
        """Leave pictures and outcomes on the page. `outcomes` are all of the run, and more that have no record."""
        self._is_over.set()
        await asyncio.wait({self._going})
        await self._show_progress()
        if outcomes:
            table = outcome_table(outcomes)
            more = (
                f" Of {counted(len(outcomes), 'paper')} these are {len(table)}." if len(table) < len(outcomes) else ""
            )
            words = f"How each paper ended.{more}"
            await self._artifacts.show(TableArtifact(table=table, key="outcomes", description=words))
        await self._make_thumbnails()
        made = [each for each in outcomes if each.status is not Status.SKIPPED]
        if made or self._thumbnails:
            await self._show_pictures(made)

    async def end(self) -> None:
        """Show no more."""
        self._going.cancel()
        with suppress(asyncio.CancelledError):
            await self._going

    async def _show_progress(self) -> None:
        counts = Counter(self._at.values())
        at = "".join(f" · {counts[verb]} at the {verb}" for verb in STEPS if counts[verb])
        if not self._papers:
            return
        now = progress("progress", self._ended, self._papers, "paper", at, is_last=self._is_over.is_set())
        if now.description != self._shown:
            self._shown = now.description
            await self._artifacts.show(now)

    async def _show_pictures(self, told: Sequence[Outcome] = ()) -> None:
        """The grid as it is now, and how these papers came to their pictures."""
        self._enough = next_size(len(self._thumbnails))
        pictures = self._pictures()
        found = [(each.paper, self._thumbnails.get(path, b"")) for path, each in pictures.items()]
        shown = list(islice((each for each in found if each[1]), MOST_PICTURES))
        shown.sort(key=lambda each: (each[0].listing.day, each[0].listing.rank))
        page = picture_page(shown, len(pictures), told)
        await self._artifacts.show(MarkdownArtifact(markdown=page, key="pictures", description=self._headline()))

    def _headline(self) -> str:
        counts = Counter(outcome.status for outcome in self._outcomes)
        parts = [counted(counts[Status.DONE], "picture")]
        parts += [f"{counts[status]} {status.value}" for status in (Status.FAILED, Status.BLOCKED) if counts[status]]
        if before := sum(each.status is Status.SKIPPED for each in self._pictures().values()):
            parts.append(f"{before} archived before")
        if self._report is not None:
            parts.append(f"{price(self._report.dollars)}, {self._report.seconds:.1f} s")
        return " · ".join(parts)

    def _pictures(self) -> dict[str, Outcome]:
        """The run's pictures by their paths, its own before those that were there."""
        found: dict[str, Outcome] = {}
        for each in sorted(self._outcomes, key=lambda each: each.status is not Status.DONE):
            if each.picture is not None:
                found.setdefault(each.picture.path, each)
        return found

    async def _make_thumbnails(self) -> None:
        """Small pictures of those that are new since the last time, and have a place in the grid."""
        paths = list(self._pictures())[:MOST_PICTURES]
        new = [path for path in paths if path not in self._thumbnails]
        await gather_bounded(self._make_thumbnail, new, THUMBNAILS_AT_ONCE)

    async def _make_thumbnail(self, path: str) -> None:
        with suppress(FrontispieceError):
            content = await self._archive.get(path, max_bytes=MAX_BYTES)
            small = await in_a_picture_thread(thumbnail, content, SIDE, MAX_THUMBNAIL) if content else b""
            self._thumbnails[path] = small


@asynccontextmanager
async def run_page(
    archive: Archive, other: RunListener, outcomes: Sequence[Outcome], seconds_between: float
) -> AsyncIterator[RunPage]:
    """A page that is kept up to date for as long as the run goes on. Arguments as in `RunPage`."""
    page = RunPage(archive, other, outcomes, seconds_between)
    try:
        yield page
    finally:
        await page.end()
