"""Everything the tasks work with, built in one place from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tasks.archive.catalog import Catalog
from tasks.archive.journal import Journal
from tasks.archive.store import Archive
from tasks.painters import open_painter
from tasks.painters.interface import Painter
from tasks.recipe import Recipe
from tasks.settings import Settings
from tasks.sources import open_source
from tasks.sources.interface import Source
from tasks.writers import open_writer
from tasks.writers.interface import Writer


class Studio:
    """The real source, writer, painter and archive of one run, and the lanes that bound them.

    A plain class on purpose: Prefect looks into dataclasses among a task's arguments, and has no business in here.
    `edition` is empty, or names the run that wanted everything made anew.
    """

    def __init__(
        self, settings: Settings, source: Source, writer: Writer, painter: Painter, archive: Archive, edition: str
    ) -> None:
        self.settings = settings
        self.source = source
        self.writer = writer
        self.painter = painter
        self.archive = archive
        self.catalog = Catalog(archive)
        self.journal = Journal(archive)
        self.recipe = Recipe(writer=writer.recipe, painter=painter.recipe, jpeg_quality=settings.jpeg_quality)
        self.edition = edition
        self.prompts_lane = asyncio.Semaphore(settings.prompts_at_once)
        self.paintings_lane = asyncio.Semaphore(settings.paintings_at_once)
        # Prompts may run ahead of the painter by this much; more would only fill memory and the UI.
        self.papers_window = asyncio.Semaphore(2 * (settings.prompts_at_once + settings.paintings_at_once))


@asynccontextmanager
async def open_studio(settings: Settings, edition: str = "") -> AsyncIterator[Studio]:
    """Build the studio, and let go of every connection and worker process at its end.

    Raises BadInput for a missing key or a place that cannot be written.
    """
    async with AsyncExitStack() as stack:
        archive = Archive.open(settings.archive)
        source = open_source(settings.source, settings)
        stack.push_async_callback(source.close)
        writer = open_writer(settings.writer, settings)
        stack.push_async_callback(writer.close)
        painter = open_painter(settings.painter, settings)
        stack.push_async_callback(painter.close)
        await archive.check_writable()
        yield Studio(settings, source, writer, painter, archive, edition)
