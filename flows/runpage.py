"""Keeps the run's page in Prefect up to date, whoever started the run."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

from prefect.artifacts import MarkdownArtifact, ProgressArtifact, TableArtifact

from flows.artifacts import Exhibit, outcome_table, pages
from flows.listener import RunListener
from flows.run_artifacts import RunArtifacts, pause
from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import MAX_BYTES, thumbnail
from frontispiece.archive.store import Archive
from frontispiece.concurrency import gather_bounded
from frontispiece.errors import FrontispieceError
from frontispiece.models import Outcome, Paper, Status
from frontispiece.money import amount
from frontispiece.report import Report

SECONDS_BETWEEN = 1.0
THUMBNAILS_AT_ONCE = 4


class RunPage(RunListener):
    """Shows on the Prefect server what it hears, and passes everything on to the other listener."""

    def __init__(self, archive: Archive, other: RunListener) -> None:
        self._archive = archive
        self._other = other
        self._papers = self._ended = 0
        self._at: dict[str, str] = {}
        self._outcomes: list[Outcome] = []
        self._thumbnails: dict[str, bytes] = {}
        self._artifacts = RunArtifacts()
        self._shown = ""
        self._report: Report | None = None

    def listed(self, papers: int, waiting: int) -> None:
        """So many more papers to illustrate."""
        self._papers += waiting
        self._other.listed(papers, waiting)

    def step(self, paper: Paper, name: str) -> None:
        """A paper is at this step now."""
        self._at[paper.key] = name
        self._other.step(paper, name)

    def ended(self, outcome: Outcome) -> None:
        """One paper less to go."""
        self._at.pop(outcome.paper.key, None)
        self._ended += 1
        self._outcomes.append(outcome)
        self._other.ended(outcome)

    def closed(self, report: Report) -> None:
        """The run is recorded."""
        self._report = report
        self._other.closed(report)

    async def keep_going(self) -> None:
        """Show progress while it changes, once a second at first, and make the thumbnails meanwhile."""
        began = monotonic()
        while True:
            await self._show_progress()
            await self._make_thumbnails()
            await asyncio.sleep(pause(began, SECONDS_BETWEEN))

    async def finish(self, outcomes: list[Outcome]) -> None:
        """Leave pictures and outcomes on the page. `outcomes` are all of the run."""
        await self._make_thumbnails()
        await self._show_progress()
        made = [each for each in outcomes if each.status is not Status.SKIPPED]
        shown = [Exhibit(each, self._thumbnails.get(each.paper.key, b"")) for each in made]
        for number, page in enumerate(pages(self._headline(), shown) if shown else [], start=1):
            key = "pictures" if number == 1 else f"pictures-{number}"
            await self._artifacts.show(MarkdownArtifact(markdown=page, key=key, description="Pictures of this run."))
        if outcomes:
            table: Any = outcome_table(outcomes)
            words = "How each paper ended."
            await self._artifacts.show(TableArtifact(table=table, key="outcomes", description=words))

    def _headline(self) -> str:
        counts = Counter(outcome.status for outcome in self._outcomes)
        parts = [f"{counts[Status.DONE]} pictures"]
        parts += [f"{counts[status]} {status.value}" for status in (Status.FAILED, Status.BLOCKED) if counts[status]]
        if self._report is not None:
            parts.append(f"{amount(self._report.dollars)} in {self._report.seconds:.1f} s")
        return " · ".join(parts)

    async def _show_progress(self) -> None:
        counts = Counter(self._at.values())
        at = "".join(f" · {counts[verb]} at the {verb}" for verb in ("prompt", "painting", "picture") if counts[verb])
        said = f"{self._ended} of {self._papers} papers{at}"
        if said == self._shown or not self._papers:
            return
        self._shown = said
        share = 100 * self._ended / self._papers
        await self._artifacts.show(ProgressArtifact(progress=share, key="progress", description=said))

    async def _make_thumbnails(self) -> None:
        """Small pictures of those that are new since the last time."""
        made = {each.paper.key: each.picture.path for each in self._outcomes if each.picture is not None}
        new = [(key, path) for key, path in made.items() if key not in self._thumbnails]
        await gather_bounded(self._make_thumbnail, new, THUMBNAILS_AT_ONCE)

    async def _make_thumbnail(self, of: tuple[str, str]) -> None:
        key, path = of
        with suppress(FrontispieceError):
            content = await self._archive.get(path, max_bytes=MAX_BYTES)
            self._thumbnails[key] = await in_a_picture_thread(thumbnail, content) if content else b""


@asynccontextmanager
async def run_page(archive: Archive, other: RunListener) -> AsyncIterator[RunPage]:
    """A page that is kept up to date for as long as the run goes on."""
    page = RunPage(archive, other)
    going = asyncio.create_task(page.keep_going())
    try:
        yield page
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
