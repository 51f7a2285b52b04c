"""The commands that show the pictures: gallery and open."""

import argparse
import asyncio
import sys
import urllib.parse
import webbrowser
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.exit_codes import Exit
from frontispiece.addresses import shown
from frontispiece.errors import BadInput

if TYPE_CHECKING:
    from frontispiece.archive.store import Archive
    from frontispiece.gallery.publisher import Published


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands; the options of each name their `handle`."""
    wrote = "write a static site of all pictures into the archive: what is new, or all of it"
    gallery = commands.add_parser("gallery", help=wrote, description=f"W{wrote[1:]}.")
    gallery.set_defaults(handle=publish)
    gallery.add_argument(
        "--site-url", type=_address, metavar="URL", help="where the gallery will be, for its feed; it is remembered"
    )
    gallery.add_argument("--all", action="store_true", help="write every page again")

    opened = "write what is new into the gallery and open it in the browser"
    shown = commands.add_parser("open", help=opened, description=f"W{opened[1:]}.")
    shown.set_defaults(handle=open_gallery)
    shown.add_argument("day", nargs="?", type=_day, help="YYYY-MM-DD; without it the front page")
    shown.add_argument("--print", action="store_true", dest="only_print", help="only print the address")

    for command in (gallery, shown):
        command.add_argument("--archive", metavar="PLACE", help="folder or URL of the archive")


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as YYYY-MM-DD") from None


def _address(text: str) -> str:
    try:
        parts = urllib.parse.urlsplit(text)
        if not text or (parts.scheme in ("http", "https") and parts.hostname and {"@", "?", "#"}.isdisjoint(text)):
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{shown(text)!r} is no address; write it as https://example.org/gallery/")


def publish(options: argparse.Namespace) -> int:
    """Write the gallery and say what was written; 1 when a picture cannot be shown."""
    archive = _archive(options.archive)
    done, problems = asyncio.run(_publish(archive, options.site_url, options.all))
    for problem in problems:
        print(problem)
    print(f"{_news(done) if done.files else 'Nothing new'}; papers in the gallery: {done.papers:,}.")
    print(archive.where("gallery/index.html"))
    return Exit.FAILED if problems else Exit.DONE


def _news(done: "Published") -> str:
    removed = f", removed: {len(done.removed):,}" if done.removed else ""
    return f"Days written: {len(done.days):,}{removed}; files: {done.files:,}; new thumbnails: {done.thumbnails:,}"


def open_gallery(options: argparse.Namespace) -> int:
    """Write what is new, then open the front page or a day's page; prints its address. Raises BadInput."""
    from frontispiece.gallery.layout import INDEX, day_page

    archive = _archive(options.archive)
    done, problems = asyncio.run(_publish(archive, None, everything=False))
    for problem in problems:
        print(problem, file=sys.stderr)
    page = INDEX if options.day is None else day_page(options.day)
    if options.day is not None and not asyncio.run(archive.exists(f"gallery/{page}")):
        raise BadInput(f"The archive has no picture of {options.day}; frontispiece run {options.day} makes some.")
    address = _address_of(archive, done, page)
    print(address)
    if not options.only_print:
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


def _archive(place: str | None) -> "Archive":
    from frontispiece.archive.store import Archive
    from frontispiece.settings import load_settings

    return Archive.open(place or load_settings().archive)


async def _publish(archive: "Archive", site_url: str | None, everything: bool) -> "tuple[Published, list[str]]":
    from frontispiece.archive.catalog import Catalog
    from frontispiece.archive.paths import CATALOG, catalog_month
    from frontispiece.gallery.publisher import publish

    catalog = Catalog(archive)
    files = await archive.list(CATALOG)
    done = await publish(archive, catalog.narrow, files, catalog_month, site_url=site_url, everything=everything)
    return done, [*catalog.problems, *done.problems]
