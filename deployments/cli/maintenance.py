"""The commands that look after an archive: verify, rebuild, query, stats, compact, prune, import-log, journal."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.exit_codes import Exit
from frontispiece.errors import ArchiveError, BadInput

if TYPE_CHECKING:
    from frontispiece.archive.query import Answer
    from frontispiece.archive.store import Archive

MAX_LOG = 500_000_000
WIDE = 100_000


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands; the options of each name their `handle`."""

    def add(name: str, handle: object, text: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        command.set_defaults(handle=handle)
        return command

    add("verify", verify, "compare catalog, pictures and journal, and say how to mend what is wrong")
    add("rebuild", rebuild, "write lost rows of the catalog again, from the pictures and the journal")

    query = add("query", run_query, "ask the catalog in SQL: views pictures, latest, outcomes, runs")
    query.add_argument("sql", metavar="SELECT", help='such as "select paper_id, paper_title from latest"')
    for command in (query, add("stats", run_stats, "papers, pictures, failures, dollars and seconds by month")):
        command.add_argument(
            "--format", choices=("table", "csv", "json", "parquet"), default="table", help="of the answer"
        )
        command.add_argument("--output", type=Path, metavar="FILE", help="where the answer goes; without it to stdout")

    add("compact", compact, "put the catalog's small files of past months together")

    prune = add("prune", prune_originals, "delete old originals whose pictures are archived")
    prune.add_argument(
        "--originals-older-than", type=_age, metavar="DAYS", required=True, help="since they were stored"
    )
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")

    past = add("import-log", import_log, "enter the predecessor's pictures into the catalog, from its logs")
    past.add_argument("logs", nargs="+", type=Path, metavar="FILE", help="a log of the predecessor")
    past.add_argument("--pictures", type=Path, metavar="FOLDER", help="copy its pictures in from here")

    add("journal", show_journal, "list paid calls that are under way, ordered or in doubt")


def _age(text: str) -> timedelta:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return timedelta(days=int(text))


def _archive() -> "Archive":
    from frontispiece.archive.store import Archive
    from frontispiece.settings import load_settings

    return Archive.open(load_settings().archive)


def verify(_: argparse.Namespace) -> int:
    """Print what is wrong with the archive; 1 when anything is."""
    from frontispiece.maintenance.verify import verify

    verdict = asyncio.run(verify(_archive()))
    for finding in verdict.findings:
        print(f"{finding.about}: {finding.wrong}\n    {finding.mend}")
    looked = f"{verdict.rows} rows, {verdict.pictures} pictures and {verdict.calls} paid calls looked at"
    if not verdict.findings:
        print(f"{looked}: all is well.")
        return Exit.DONE
    print(f"{looked}: {len(verdict.findings)} wrong.")
    return Exit.FAILED


def rebuild(_: argparse.Namespace) -> int:
    """Enter what the catalog has lost; 1 when a picture could not be entered."""
    from frontispiece.maintenance.rebuild import rebuild

    rebuilt = asyncio.run(rebuild(_archive(), datetime.now(UTC)))
    return _say(rebuilt.problems, f"{rebuilt.entered} pictures entered, {rebuilt.known} were in the catalog.")


def run_query(options: argparse.Namespace) -> int:
    """Print or write the answer to one SELECT."""
    return asyncio.run(_answer(options.sql, options))


def run_stats(options: argparse.Namespace) -> int:
    """Print or write what each month's runs did."""
    from frontispiece.archive.query import STATS

    return asyncio.run(_answer(STATS, options))


async def _answer(sql: str, options: argparse.Namespace) -> int:
    from frontispiece.archive.query import open_records

    if options.output is not None and options.format == "table":
        raise BadInput("--output wants --format csv, json or parquet.")
    async with open_records(_archive()) as records:
        if options.format == "table":
            answer = await asyncio.to_thread(records.ask, sql)
            _print_table(answer)
        else:
            made = await asyncio.to_thread(records.export, sql, options.format)
            await asyncio.to_thread(_hand_over, made, options.output)
        for problem in records.problems:
            print(problem, file=sys.stderr)
    return Exit.DONE


def _hand_over(made: Path, output: Path | None) -> None:
    if output is None:
        with made.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        shutil.copyfile(made, output)
    except OSError as error:
        raise BadInput(f"The answer cannot be written to {output}: {error.strerror}.") from error


def _print_table(answer: "Answer") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in answer.columns:
        table.add_column(escape(name), overflow="fold")
    for row in answer.rows:
        table.add_row(*(escape(_plain(value)) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE  # nothing is wrapped in a pipe
    console.print(table)


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def compact(_: argparse.Namespace) -> int:
    """Make one file of each past month; 1 when a month has to stay as it is."""
    return asyncio.run(_compact(_archive(), datetime.now(UTC).date()))


async def _compact(archive: "Archive", today: date) -> int:
    from frontispiece.maintenance.compact import compact_month, months_to_compact

    problems, months, files = [], 0, 0
    for month, paths in (await months_to_compact(archive, today)).items():
        try:
            done = await compact_month(archive, month, paths)
        except ArchiveError as error:
            problems.append(f"{month} stays as it is: {error}")
            continue
        months, files = months + (done is not None), files + (done.files if done else 0)
    return _say(problems, f"{files} files of {months} past months put together." if months else "Nothing to compact.")


def prune_originals(options: argparse.Namespace) -> int:
    """Delete old originals."""
    return asyncio.run(_prune(_archive(), datetime.now(UTC) - options.originals_older_than, options.dry_run))


async def _prune(archive: "Archive", before: datetime, dry_run: bool) -> int:
    from frontispiece.maintenance.prune import prunable

    found = await prunable(archive, before)
    for original in found:
        if dry_run:
            print(original.path)
        else:
            await archive.delete(original.path)
    size = sum(original.size for original in found)
    print(f"{len(found)} originals ({size / 1e6:,.1f} MB) {'would go' if dry_run else 'deleted'}.")
    return Exit.DONE


def import_log(options: argparse.Namespace) -> int:
    """Enter past pictures; 1 when one of a log could not be entered."""
    from frontispiece.maintenance.import_log import Importer, parse_log
    from frontispiece.settings import load_settings

    logs = [parse_log(_read(path)) for path in options.logs]
    offered = _offered(options.pictures) if options.pictures else None
    importer = Importer(_archive(), load_settings(), offered)

    async def enter_all() -> int:
        made = [await importer.enter(log) for log in logs]
        entered, known = sum(one.entered for one in made), sum(one.known for one in made)
        problems = [problem for one in made for problem in one.problems]
        return _say(problems, f"{entered} pictures entered, {known} were in the catalog.")

    return asyncio.run(enter_all())


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_LOG:
            raise BadInput(f"{path} has more than {MAX_LOG:,} bytes; give the log in parts.")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"The log {path} cannot be read: {error.strerror}.") from error


def _offered(folder: Path) -> dict[str, tuple[Path, date | None]]:
    """The JPEGs in a folder and below, by name."""
    from frontispiece.maintenance.import_log import folder_day

    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    return {path.stem: (path, folder_day(path.parent.name)) for path in sorted(folder.rglob("*.jpg"))}


def show_journal(_: argparse.Namespace) -> int:
    """List the open paid calls, with their age and the money at stake."""
    from frontispiece.archive.query import Answer
    from frontispiece.purchases.journal import Journal

    entries = asyncio.run(Journal(_archive()).entries_open())
    if not entries:
        print("No paid call is open.")
        return Exit.DONE
    rows: list[tuple[object, ...]] = [
        (entry.what, entry.state, timedelta(seconds=round(entry.age)), entry.dollars, entry.key) for entry in entries
    ]
    _print_table(Answer(("call", "state", "age", "dollars", "key"), rows))
    known = sum(entry.dollars or 0 for entry in entries)
    unknown = sum(entry.dollars is None for entry in entries)
    print(f"{len(entries)} open calls: ${known:.4f}" + (f" and {unknown} of unknown price." if unknown else "."))
    print("A run over the same papers with the same writer and painter finishes them.")
    return Exit.DONE


def _say(problems: Sequence[str], summary: str) -> int:
    for problem in problems:
        print(problem)
    print(summary)
    return Exit.FAILED if problems else Exit.DONE
