"""Sends a day's letter, and to nobody twice, whatever is tried again or killed.

Each receiver has marks in the archive, `letters/<day>/<digest>-<number>.json`, written with put-if-absent: of several
programs only one can write a number, so a mark is also the lock. The mark `sending` comes right before the letter goes
over the line, when the mail server has taken sender and receiver; after it comes what became of it. Where nothing
comes, because the program was killed or the line broke off before the server answered, nobody can tell whether the
letter arrived: then it is not sent again by itself. A person may look, and have it sent again.
"""

import asyncio
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email.utils import parseaddr
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, ValidationError

from frontispiece.archive.aside import Line
from frontispiece.archive.paths import letter_folder, letter_mark, letter_mark_path
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput, MailError, MailUnavailable
from frontispiece.letter.mail_server import MailServer, Undecided
from frontispiece.letter.writing import Letter
from frontispiece.models import Value
from frontispiece.purchases.process_identity import ProcessIdentity
from frontispiece.settings import Settings, variable
from frontispiece.text import counted

MAX_MARK: Final = 10_000

_aside: Final = Line("mail", 1).aside


class Kind(StrEnum):
    """What a mark says."""

    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    """By the mail server: certainly not sent."""
    UNKNOWN = "unknown"


class Mark(Value):
    """One step of sending a letter to one receiver."""

    kind: Kind
    at: datetime = Field(description="when, UTC")
    by: str = Field(default="", description="the attempt, so that one that is tried again by the store is recognised")
    holder: ProcessIdentity | None = Field(default=None, description="the program that sends")

    @property
    def is_at_work(self) -> bool:
        """Whether the program that wrote it is alive, as far as this machine can tell, and about to write the next."""
        return self.kind is Kind.SENDING and self.holder is not None and self.holder.is_alive()


@dataclass
class Posted:
    """What became of a letter."""

    sent: int = 0
    """Receivers that it went to now."""
    before: int = 0
    """Receivers that had it before."""
    problems: list[str] = field(default_factory=list)
    """About each receiver that has not got it, or of whom that is not known, a sentence."""


def posted_in_words(posted: Posted) -> str:
    """What became of a letter, in one sentence, but for the problems."""
    before = f", {counted(posted.before, 'receiver')} had it before" if posted.before else ""
    return f"Sent to {counted(posted.sent, 'receiver')}{before}."


KEY: Final = "smtp_password"
"""The key that sending needs, as a setting."""


def check_can_send(settings: Settings) -> None:
    """Raise BadInput where a setting is missing that sending needs, or a password would go unprotected."""
    for name, what in (("letter_to", "receivers"), ("letter_from", "a sender"), ("smtp_host", "a mail server")):
        if not getattr(settings, name):
            raise BadInput(f"A letter that is sent wants {what}: {variable(name)} is not set.")
    MailServer(settings)


async def send(letter: Letter, archive: Archive, settings: Settings, *, again: bool = False) -> Posted:
    """Send the letter to those receivers of the settings who have not got it; each gets one of their own.

    `again` sends it also to those of whom it is not known. Raises BadInput; MailUnavailable when the server cannot be
    reached, or puts somebody off while all others have it; MailError when it takes nothing from us; and ArchiveError.
    """
    check_can_send(settings)
    marks = await Marks.read(archive, letter.day)
    posted, server = Posted(), MailServer(settings)
    put_off: MailUnavailable | None = None
    try:
        for receiver in dict.fromkeys(settings.letter_to):
            last = marks.of(receiver)
            if last is not None and last.kind is Kind.SENT:
                posted.before += 1
            elif last is None or last.kind is Kind.REFUSED or (again and not last.is_at_work):
                content = letter.message(settings.letter_from, receiver, datetime.now(UTC)).as_bytes()
                try:
                    await _send_one(content, receiver, server, marks, posted)
                except MailUnavailable as error:
                    put_off = error
                    if not server.is_connected:
                        break
            else:
                posted.problems.append(_unknown(receiver, last))
    finally:
        await _aside(server.leave)
    if put_off:
        raise put_off
    return posted


async def _send_one(content: bytes, receiver: str, server: MailServer, marks: "Marks", posted: Posted) -> None:
    try:
        await _aside(lambda: server.announce(receiver))
    except MailError as error:
        if isinstance(error, MailUnavailable) or not server.is_connected:
            raise
        posted.problems.append(str(error))
        return
    if not await marks.write(receiver, Kind.SENDING):
        server.hang_up()
        posted.problems.append(f"Another program is sending the letter to {receiver}.")
        return
    # Who is interrupted waits for the server's word: without it nobody could tell what became of the letter.
    last_step = asyncio.ensure_future(_over_the_line(content, receiver, server, marks, posted))
    try:
        await asyncio.shield(last_step)
    except asyncio.CancelledError:
        await asyncio.wait([last_step])
        raise


async def _over_the_line(content: bytes, receiver: str, server: MailServer, marks: "Marks", posted: Posted) -> None:
    try:
        await _aside(lambda: server.send(content))
    except Undecided:
        await marks.write(receiver, Kind.UNKNOWN)
        posted.problems.append(_unknown(receiver, marks.of(receiver)))
    except MailError as error:
        await marks.write(receiver, Kind.REFUSED)
        if isinstance(error, MailUnavailable):
            raise
        posted.problems.append(str(error))
    else:
        await marks.write(receiver, Kind.SENT)
        posted.sent += 1


def _unknown(receiver: str, mark: Mark | None) -> str:
    if mark is None or mark.is_at_work:
        return f"Another program is sending the letter to {receiver}."
    return (
        f"Nobody can tell whether {receiver} has got the letter: sending it broke off at {mark.at:%Y-%m-%d %H:%M} UTC. "
        "It is sent again only by frontispiece letter --send --again."
    )


class Marks:
    """The marks of one day's letter, as one attempt sees and writes them."""

    def __init__(self, archive: Archive, day: date, last: dict[str, tuple[int, Mark]]) -> None:
        self._archive = archive
        self._day = day
        self._last = last
        self._by: Final = uuid.uuid4().hex

    @classmethod
    async def read(cls, archive: Archive, day: date) -> Self:
        """Those that are there. Raises ArchiveError."""
        newest: dict[str, int] = {}
        for each in await archive.list(letter_folder(day)):
            if place := letter_mark(each.path):
                newest[place[0]] = max(place[1], newest.get(place[0], 0))
        return cls(
            archive, day, {who: (number, await _read(archive, day, who, number)) for who, number in newest.items()}
        )

    def of(self, receiver: str) -> Mark | None:
        """The newest mark about a receiver."""
        found = self._last.get(_digest(receiver))
        return found and found[1]

    async def write(self, receiver: str, kind: Kind) -> bool:
        """Write the next mark; False when another program has written one that was not seen. Raises ArchiveError."""
        who = _digest(receiver)
        number = self._last[who][0] + 1 if who in self._last else 1
        mark = Mark(kind=kind, at=datetime.now(UTC), by=self._by, holder=ProcessIdentity.here())
        is_new = await self._archive.put_if_absent(
            letter_mark_path(self._day, who, number), mark.model_dump_json().encode()
        )
        # A store that tries again by itself may find its own first try in the way.
        if not is_new and await _read(self._archive, self._day, who, number) != mark:
            return False
        self._last[who] = (number, mark)
        return True


async def _read(archive: Archive, day: date, who: str, number: int) -> Mark:
    content = await archive.get(letter_mark_path(day, who, number), max_bytes=MAX_MARK)
    try:
        return Mark.model_validate_json(content or b"")
    except ValidationError:  # damaged: whatever it said, the letter may have been sent
        return Mark(kind=Kind.UNKNOWN, at=datetime.combine(day, time.min, UTC))


def _digest(receiver: str) -> str:
    """A receiver in the archive, which others may read."""
    return hashlib.sha256(parseaddr(receiver)[1].casefold().encode()).hexdigest()[:24]
