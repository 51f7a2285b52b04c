"""The commands that show the pictures: gallery and open."""

import asyncio
import sys
import urllib.parse
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter, Token

from deployments.cli.options import OneDay
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.addresses import shown
from frontispiece.errors import BadInput

if TYPE_CHECKING:
    from frontispiece.archive.store import Archive
    from frontispiece.gallery.publisher import Published


def site_address(_: object, tokens: Sequence[Token]) -> str:
    """An address of the web, or nothing. Raises BadInput for one with secrets, a query or a fragment in it."""
    text = tokens[0].value
    try:
        parts = urllib.parse.urlsplit(text)
        if not text or (parts.scheme in ("http", "https") and parts.hostname and {"@", "?", "#"}.isdisjoint(text)):
            return text
    except ValueError:
        pass
    raise BadInput(f"{shown(text)!r} is no address; write it as https://example.org/gallery/.")


Place: TypeAlias = Annotated[str | None, Parameter(metavar="PLACE")]


def publish(
    *,
    site_url: Annotated[str | None, Parameter(converter=site_address, metavar="URL")] = None,
    everything: Annotated[bool, Parameter(name="--all")] = False,
    archive: Place = None,
) -> int:
    """Write a static site of all pictures into the archive: what is new, or all of it.

    Args:
        site_url: Where the gallery will be, for its feed; it is remembered.
        everything: Write every page again.
        archive: Folder or URL of the archive; left out, as in the settings.

    """
    place = archive_at(archive)
    done, problems = asyncio.run(publish_into(place, site_url, everything))
    for problem in problems:
        say(problem)
    say(f"{_news(done) if done.files else 'Nothing new'}; papers in the gallery: {done.papers:,}.")
    say(place.where("gallery/index.html"))
    if done.files and not done.site_url:
        say("Feed readers and other sites cannot follow the gallery's links until --site-url says where it will be.")
    return Exit.FAILED if problems else Exit.DONE


def _news(done: "Published") -> str:
    removed = f", removed: {len(done.removed):,}" if done.removed else ""
    return f"Days written: {len(done.days):,}{removed}; files: {done.files:,}; new thumbnails: {done.thumbnails:,}"


def open_gallery(
    day: OneDay = None,
    /,
    *,
    only_print: Annotated[bool, Parameter(name="--print")] = False,
    archive: Place = None,
) -> int:
    """Write what is new into the gallery and open it in the browser.

    Args:
        day: The day whose page to open; left out, the front page.
        only_print: Only print the address.
        archive: Folder or URL of the archive; left out, as in the settings.

    """
    from frontispiece.archive.absence import no_picture
    from frontispiece.dates import Days
    from frontispiece.gallery.layout import INDEX, day_page
    from frontispiece.settings import load_settings

    place = archive_at(archive)
    done, problems = asyncio.run(publish_into(place, None, everything=False))
    for problem in problems:
        say(problem, sys.stderr)
    page = INDEX if day is None else day_page(day)
    if day is not None and not asyncio.run(place.exists(f"gallery/{page}")):
        raise asyncio.run(no_picture(place, Days(day, day), load_settings()))
    address = _address_of(place, done, page)
    say(address)
    if not only_print:
        webbrowser.open(address)
    return Exit.DONE


def _address_of(archive: "Archive", done: "Published", page: str) -> str:
    if archive.local_root is not None:
        return Path(archive.where(f"gallery/{page}")).as_uri()
    if not done.site_url:
        raise BadInput(
            f"A browser cannot open {archive.where('gallery')}: "
            "say where it is served with frontispiece gallery --site-url."
        )
    return urllib.parse.urljoin(done.site_url, page)


def archive_at(place: str | None) -> "Archive":
    """The archive that a command was told of, or that of the settings. Raises BadInput where there is none."""
    from frontispiece.archive.presence import begun
    from frontispiece.settings import load_settings

    return asyncio.run(begun(place or load_settings().archive))


async def publish_into(
    archive: "Archive", site_url: str | None = None, everything: bool = False
) -> "tuple[Published, list[str]]":
    """Write what is new into an archive's gallery; gives what was done, and what is wrong, a sentence each."""
    from frontispiece.archive.catalog import Catalog
    from frontispiece.archive.paths import CATALOG, catalog_month
    from frontispiece.gallery.publisher import publish

    catalog = Catalog(archive)
    files = await archive.list(CATALOG)
    done = await publish(
        archive, catalog.narrow, files, catalog_month, site_url=site_url, everything=everything, unread=catalog.problems
    )
    return done, [*catalog.problems, *done.problems]
