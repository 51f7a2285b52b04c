"""Writes a day's letter: as a page, as text, and as an e-mail that has both and the pictures.

Titles, names and abstracts come from strangers: they are lines without control characters (see
`frontispiece.gallery.cards`) and escaped in the page. The standard library refuses a header of two lines.
"""

import asyncio
import base64
import hashlib
import textwrap
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cached_property
from pathlib import Path
from typing import Final

from frontispiece.archive.paths import letter_path
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError, BadInput
from frontispiece.gallery import layout
from frontispiece.gallery.cards import Card, Plate
from frontispiece.gallery.pages import environment, long_day
from frontispiece.letter.edition import Edition, lost, smaller
from frontispiece.settings import Settings, variable
from frontispiece.text import counted, one_line

MOST_NAMED: Final = 40
"""Papers without their pictures: mail programs cut off what is longer than 100 kB."""
WIDTH: Final = 640
"""Pixels of a picture, twice as many as it is wide on most screens."""
_JPEG: Final = {"quality": 80, "optimize": True, "subsampling": 0}
_MAX_TITLE: Final = 70
_UNKNOWN_SENDER: Final = "Frontispiece <frontispiece@localhost>"
_TEMPLATES: Final = environment(Path(__file__).parent / "templates")


@dataclass(frozen=True, slots=True)
class Item:
    """A paper as it stands in a letter."""

    card: Card
    url: str
    source: str = ""
    """Where its picture is, such as cid:6550f79d46b1945c@frontispiece; empty where it is only named."""

    @property
    def plate(self) -> Plate:
        """The picture that is shown."""
        return self.card.plates[0]


@dataclass(frozen=True)
class Letter:
    """A day's letter, to be put on a disk or to be sent."""

    day: date
    subject: str
    text: str
    html: str
    """With inline pictures by their content ids."""
    pictures: dict[str, bytes]
    """JPEGs by content id; none where they are linked."""
    problems: tuple[str, ...]
    """What could not be shown, a sentence each."""

    @cached_property
    def page(self) -> str:
        """The same for a browser, with the pictures in it."""
        page = self.html
        for cid, content in self.pictures.items():
            page = page.replace(
                f'src="cid:{cid}"', f'src="data:image/jpeg;base64,{base64.b64encode(content).decode()}"'
            )
        return page

    def message(self, sender: str | None, receiver: str | None, at: datetime) -> EmailMessage:
        """The e-mail. One for the same day and receiver has the same id, by which a second one could be told."""
        message = EmailMessage(policy=SMTP)
        sender = sender or _UNKNOWN_SENDER
        message["From"] = sender
        if receiver:
            message["To"] = receiver
        message["Subject"] = self.subject
        message["Date"] = format_datetime(at)
        digest = hashlib.sha256((receiver or "").casefold().encode()).hexdigest()[:16]
        message["Message-ID"] = f"<letter-{self.day}-{digest}@{parseaddr(sender)[1].rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        message.add_alternative(self.html, subtype="html")
        _, page = message.iter_parts()
        for cid, content in self.pictures.items():
            name = f"{cid.partition('@')[0]}.jpg"
            page.add_related(content, "image", "jpeg", cid=f"<{cid}>", disposition="inline", filename=name)
        return message


async def write_letter(archive: Archive, edition: Edition, settings: Settings) -> Letter:
    """Write a day's letter into the archive: as an e-mail without a receiver, and as a page.

    Raises BadInput where pictures shall be linked and the gallery's address is unknown, and ArchiveError, also when
    none of the pictures can be shown.
    """
    letter = await compose(archive, edition, settings)
    await archive.put(letter_path(letter.day, "html"), letter.page.encode())
    await archive.put(
        letter_path(letter.day, "eml"), letter.message(settings.letter_from, None, datetime.now(UTC)).as_bytes()
    )
    return letter


async def compose(archive: Archive, edition: Edition, settings: Settings) -> Letter:
    """A day's letter. Raises as `write_letter` does."""
    is_linked = settings.letter_pictures == "linked"
    if is_linked and not edition.site_url:
        raise BadInput(
            f"{variable('letter_pictures')}: the gallery's address is unknown; frontispiece gallery --site-url says it."
        )
    cards = sorted(edition.cards, key=lambda card: -(card.upvotes or 0))
    first = cards[: settings.letter_papers]
    made = await asyncio.gather(*(smaller(archive, card, WIDTH, "JPEG", _JPEG) for card in first))
    pictures = {f"{card.key}@frontispiece": jpeg for card, jpeg in zip(first, made, strict=True) if jpeg is not None}
    problems = tuple(lost(len(first) - len(pictures), edition.days))
    if not pictures:
        raise ArchiveError(f"There is no letter: {problems[0]}")
    items = [_item(card, edition.site_url, is_linked, pictures) for card in cards]
    pictured = [item for item in items if item.source]
    named = [item for item in items if not item.source]
    return Letter(
        day=edition.days.first,
        subject=_subject(edition, pictured),
        text=_text(edition, pictured, named),
        html=_html(edition, pictured, named),
        pictures={} if is_linked else pictures,
        problems=problems,
    )


def _item(card: Card, site_url: str, is_linked: bool, pictures: dict[str, bytes]) -> Item:
    cid = f"{card.key}@frontispiece"
    url = urllib.parse.urljoin(site_url, layout.paper_page(card)) if site_url else card.url
    if cid not in pictures:
        return Item(card, url)
    return Item(card, url, urllib.parse.urljoin(site_url, f"../{card.plates[0].path}") if is_linked else f"cid:{cid}")


def _subject(edition: Edition, pictured: Sequence[Item]) -> str:
    others = len(edition.cards) - 1
    more = f", and {counted(others, 'more', 'more')}" if others else ""
    title = one_line(pictured[0].card.title, _MAX_TITLE)
    return f"{long_day(edition.days.first)}: {title}{more}"


def _day_url(edition: Edition) -> str:
    return urllib.parse.urljoin(edition.site_url, layout.day_page(edition.days.first)) if edition.site_url else ""


def _html(edition: Edition, pictured: Sequence[Item], named: Sequence[Item]) -> str:
    return _TEMPLATES.get_template("letter.html").render(
        subject=_subject(edition, pictured),
        day=edition.days.first,
        count=len(edition.cards),
        pictured=pictured,
        named=named[:MOST_NAMED],
        left=max(0, len(named) - MOST_NAMED),
        day_url=_day_url(edition),
    )


def _text(edition: Edition, pictured: Sequence[Item], named: Sequence[Item]) -> str:
    day = long_day(edition.days.first)
    parts = [f"Frontispiece\n{day}, {counted(len(edition.cards), 'paper')} with a picture"]
    for number, item in enumerate(pictured, 1):
        told = filter(None, (item.card.byline, item.card.gist))
        lines = [_wrapped(item.card.title, f"{number}. "), *map(_wrapped, told), f"   {item.url}"]
        parts.append("\n".join(lines))
    if named:
        parts.append("Also of this day:")
        parts += [f"{_wrapped(item.card.title, '-  ')}\n   {item.url}" for item in named[:MOST_NAMED]]
        left = len(named) - MOST_NAMED
        parts += [f"And {counted(left, 'more', 'more')}."] if left > 0 else []
    if url := _day_url(edition):
        parts.append(f"This day in the gallery: {url}")
    parts.append("Thank you to arXiv for use of its open access interoperability.")
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str, begin: str = "   ") -> str:
    return textwrap.fill(
        text, 72, initial_indent=begin, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False
    )
