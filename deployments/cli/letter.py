"""The commands that make something of a day to be sent or put on a wall: letter and poster."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from deployments.cli.gallery import Place, archive_at
from deployments.cli.options import OneDay
from deployments.cli.running import with_key
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import BadInput
from frontispiece.text import counted

if TYPE_CHECKING:
    from frontispiece.archive.store import Archive
    from frontispiece.dates import Days
    from frontispiece.letter.sending import Posted
    from frontispiece.letter.writing import Letter
    from frontispiece.settings import Settings

MOST_DAYS: Final = 31


def letter(
    day: OneDay = None,
    /,
    *,
    send: bool = False,
    again: bool = False,
    archive: Place = None,
) -> int:
    """Write an e-mail about a day's papers with their pictures, and send it where that is wanted.

    Args:
        day: The day of the letter; left out, the newest one with pictures.
        send: Send it to the receivers in the settings who have not got it.
        again: Send it, too, to those of whom nobody can tell whether they have got it.
        archive: Folder or URL of the archive; left out, as in the settings.

    """
    from frontispiece.archive.paths import letter_path
    from frontispiece.letter.sending import KEY, check_can_send, posted_in_words
    from frontispiece.settings import load_settings

    settings = load_settings()
    if again and not send:
        raise BadInput("--again goes with --send.")
    if send:
        check_can_send(settings.with_keys_to_come())
        settings = with_key(settings, KEY)
    place = archive_at(archive)
    written, posted = asyncio.run(_letter(place, day, settings, send, again))
    problems = [*written.problems, *(posted.problems if posted else ())]
    for problem in problems:
        say(problem, sys.stderr)
    for kind in ("eml", "html"):
        say(place.where(letter_path(written.day, kind)))
    if posted:
        say(posted_in_words(posted))
    return Exit.FAILED if problems else Exit.DONE


async def _letter(
    archive: "Archive", day: OneDay, settings: "Settings", send: bool, again: bool
) -> "tuple[Letter, Posted | None]":
    from frontispiece.dates import Days
    from frontispiece.letter import sending, writing
    from frontispiece.letter.edition import edition, newest_day

    about = day or await newest_day(archive)
    written = await writing.write_letter(archive, await edition(archive, Days(about, about), settings), settings)
    return written, await sending.send(written, archive, settings, again=again) if send else None


def _days_shown(text: str) -> "Days":
    """A day, a week such as 2024-W44, or other days, not too many. Raises BadInput."""
    from frontispiece.dates import parse_days, parse_week

    days = parse_week(text) or parse_days(text, datetime.now(UTC).date())
    if len(days) > MOST_DAYS:
        raise BadInput(f"{days} are {counted(len(days), 'day')}; a poster shows {MOST_DAYS} at most.")
    return days


def poster(
    days: Annotated[str, Parameter(metavar="DAY|WEEK")],
    /,
    *,
    archive: Place = None,
) -> int:
    """Draw the pictures of a day or a week on one sheet, as PNG and PDF.

    Args:
        days: Such as 2024-10-31, or 2024-W44.
        archive: Folder or URL of the archive; left out, as in the settings.

    """
    from frontispiece.letter.edition import edition
    from frontispiece.letter.poster import make_poster
    from frontispiece.settings import load_settings

    shown, place = _days_shown(days), archive_at(archive)

    async def made() -> "tuple[tuple[str, ...], tuple[str, ...]]":
        done = await make_poster(place, await edition(place, shown, load_settings()))
        return done.paths, done.problems

    paths, problems = asyncio.run(made())
    for problem in problems:
        say(problem, sys.stderr)
    for path in paths:
        say(place.where(path))
    return Exit.FAILED if problems else Exit.DONE
