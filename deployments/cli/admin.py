"""The commands that look after an archive: verify, rebuild, compact, prune, import-log, journal."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, Token

from deployments.cli.query import archive, print_table
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import ArchiveError, BadInput
from frontispiece.text import counted

if TYPE_CHECKING:
    from frontispiece.archive.store import Archive
    from frontispiece.purchases.journal import OpenEntry

MAX_LOG = 500_000_000


def age(_: object, tokens: Sequence[Token]) -> timedelta:
    """So many days. Raises BadInput for anything but a count."""
    text = tokens[0].value
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadInput(f"{text!r} is not a number of days.")
    return timedelta(days=int(text))


def verify() -> int:
    """Compare catalog, pictures and journal, and say how to mend what is wrong."""
    from frontispiece.maintenance.verify import verify

    verdict = asyncio.run(verify(archive()))
    for finding in verdict.findings:
        say(f"{finding.about}: {finding.wrong}")
        say(f"    {finding.mend}")
    for stranger in verdict.strangers:
        say(str(stranger))
    rows, pictures = counted(verdict.rows, "row"), counted(verdict.pictures, "picture")
    looked = f"{rows}, {pictures} and {counted(verdict.calls, 'paid call')} looked at"
    if not verdict.findings:
        say(f"{looked}: all is well.")
        return Exit.DONE
    say(f"{looked}: {len(verdict.findings)} wrong.")
    return Exit.FAILED


def rebuild() -> int:
    """Write lost rows of the catalog again, from the pictures and the journal."""
    from frontispiece.maintenance.rebuild import rebuild

    rebuilt = asyncio.run(rebuild(archive(), datetime.now(UTC)))
    for stranger in rebuilt.strangers:
        say(str(stranger))
    return _say(rebuilt.problems, _entered(rebuilt.entered, rebuilt.known))


def compact() -> int:
    """Put the catalog's small files of past months together."""
    from frontispiece.maintenance.compact import compact_closed_months

    tidied = asyncio.run(compact_closed_months(archive(), datetime.now(UTC).date()))
    files = sum(each.files for each in tidied.months)
    did = f"{counted(files, 'file')} of {counted(len(tidied.months), 'past month')} put together."
    return _say(tidied.problems, did if files else "" if tidied.problems else "Nothing to compact.")


def prune(
    *,
    originals_older_than: Annotated[timedelta, Parameter(converter=age, metavar="DAYS")],
    dry_run: bool = False,
) -> int:
    """Delete old originals whose pictures are archived.

    Args:
        originals_older_than: Days since they were stored.
        dry_run: Only say what would go.

    """
    return asyncio.run(_prune(archive(), datetime.now(UTC) - originals_older_than, dry_run))


async def _prune(archive: "Archive", before: datetime, dry_run: bool) -> int:
    from frontispiece.maintenance.prune import prunable

    found = await prunable(archive, before)
    for original in found:
        if dry_run:
            say(original.path)
        else:
            await archive.delete(original.path)
    size = sum(original.size for original in found)
    say(f"{counted(len(found), 'original')} ({size / 1e6:,.1f} MB) {'would go' if dry_run else 'deleted'}.")
    return Exit.DONE


def import_log(
    logs: Annotated[tuple[Path, ...], Parameter(metavar="FILE")],
    /,
    *,
    pictures: Annotated[Path | None, Parameter(metavar="FOLDER")] = None,
) -> int:
    """Enter the predecessor's pictures into the catalog, from its logs.

    Args:
        logs: Logs of the predecessor.
        pictures: Copy its pictures in from here.

    """
    from frontispiece.archive.store import Archive
    from frontispiece.maintenance.import_log import parse_logs
    from frontispiece.maintenance.importer import Importer
    from frontispiece.settings import load_settings

    parsed = parse_logs(_read(path) for path in logs)
    offered = _offered(pictures) if pictures else None
    settings = load_settings()
    importer = Importer(Archive.open(settings.archive), settings, offered)

    async def enter_all() -> int:
        made = [await importer.enter(log) for log in parsed]
        entered, known = sum(one.entered for one in made), sum(one.known for one in made)
        problems = [problem for one in made for problem in one.problems]
        return _say(problems, _entered(entered, known))

    return asyncio.run(enter_all())


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_LOG:
            raise BadInput(f"{path} has more than {MAX_LOG:,} bytes; give the log in parts.")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInput(f"The log {path} cannot be read: {error.strerror}.") from error


def _offered(folder: Path) -> dict[str, tuple[Path, date | None]]:
    """The JPEGs in a folder and below, by name."""
    from frontispiece.maintenance.importer import folder_day

    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    return {path.stem: (path, folder_day(path.parent.name)) for path in sorted(folder.rglob("*.jpg")) if path.is_file()}


def journal() -> int:
    """List paid calls that are under way, ordered or in doubt, with their age and the money at stake.

    What the journal knows of calls that no run has recorded is entered, so that `stats` counts them.
    """
    from rich.console import Console

    from frontispiece.archive.query import Answer
    from frontispiece.maintenance.enter import enter_paid_calls, unread
    from frontispiece.money import amount, known
    from frontispiece.purchases.journal import Journal

    place = archive()

    async def look() -> "tuple[list[OpenEntry], int]":
        opened = await Journal(place).entries_open((await unread(place)).perhaps_open)
        try:
            return opened, await enter_paid_calls(place)
        except ArchiveError as error:  # who may only read sees the journal all the same
            say(f"Calls that no run has recorded are not entered: {error}", sys.stderr)
            return opened, 0

    entries, entered = asyncio.run(look())
    if entered:
        say(f"Entered {counted(entered, 'paid call')} that no run had recorded, for `frontispiece stats` to count.")
    if not entries:
        say("No paid call is open.")
        return Exit.DONE
    rows: list[tuple[object, ...]] = [
        (each.what, each.state, timedelta(seconds=round(each.age)), each.dollars and round(each.dollars, 6), each.key)
        for each in entries
    ]
    print_table(Console(), Answer(("call", "state", "age", "dollars", "key"), rows))
    prices = [entry.dollars for entry in entries]
    unknown = prices.count(None)
    stake = amount(known(prices)) + (f" and {unknown} of unknown price" if unknown else "")
    say(f"{counted(len(entries), 'open call')}: {stake}.")
    say("A run over the same papers with the same writer, painter and style finishes them.")
    return Exit.DONE


def _entered(entered: int, known: int) -> str:
    return f"{counted(entered, 'picture')} entered, {counted(known, 'was', 'were')} in the catalog."


def _say(problems: Sequence[str], summary: str) -> int:
    for problem in problems:
        say(problem)
    if summary:
        say(summary)
    return Exit.FAILED if problems else Exit.DONE
