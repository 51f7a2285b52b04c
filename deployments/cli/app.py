"""All commands, and what every one of them comes to: an exit code, and one line for an error."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from deployments.cli import admin, backfill, compare, gallery, letter, query, run, serve, settings
from deployments.ending import code_of_an_interrupt, let_end
from deployments.exit_codes import Exit, exit_of
from deployments.output import lenient_output, say
from frontispiece.errors import FrontispieceError
from frontispiece.network import spare_this_machine
from frontispiece.text import one_line


def version() -> str:
    """The one that is installed."""
    from frontispiece.version import VERSION

    return VERSION


app = App(
    "frontispiece",
    help="Gives every research paper a picture.",
    help_epilogue="exit codes:\n" + "\n".join(f"  {code.value:>3}  {code.meaning}" for code in Exit),
    help_format="plaintext",
    version=version,
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)
COMMANDS: Final[dict[str, Callable[..., int]]] = {
    "run": run.run,
    "paper": run.paper,
    "serve": serve.serve,
    "deploy": serve.deploy,
    "settings": settings.show_settings,
    "backfill": backfill.backfill,
    "status": backfill.status,
    "compare": compare.compare,
    "gallery": gallery.publish,
    "open": gallery.open_gallery,
    "letter": letter.letter,
    "poster": letter.poster,
    "verify": admin.verify,
    "rebuild": admin.rebuild,
    "query": query.query,
    "stats": query.stats,
    "compact": admin.compact,
    "prune": admin.prune,
    "import-log": admin.import_log,
    "journal": admin.journal,
}
for place, (name, command) in enumerate(COMMANDS.items()):
    app.command(command, name=name, sort_key=place, help_epilogue="", version_flags=())
app.register_install_completion_command(help_epilogue="", version_flags=())


def answer(tokens: list[str]) -> int:
    """Do what this command line says; gives the exit code."""
    spare_this_machine(os.environ)
    try:
        Path.home()
    except RuntimeError:  # in a container one may be nobody; Prefect wants a home, though it uses none of it
        os.environ["HOME"] = "/nonexistent"
    with lenient_output() as failures:
        try:
            code = _run(tokens)
        except Exception:  # a mistake of ours, whose traceback quotes whatever it was about
            for line in traceback.format_exc().splitlines():
                say(line, sys.stderr)
            code = Exit.FAILED
        except BaseException as ended:  # a second Ctrl-C, while the first was being told
            if isinstance(ended, SystemExit):
                raise
            code = _interrupted()
        let_end(code)
    if not failures:
        return code
    with suppress(OSError):
        say(f"frontispiece: standard output cannot be written: {failures[0].strerror}.", sys.stderr)
    let_end(code := code or Exit.FAILED)
    return code


def _run(tokens: list[str]) -> int:
    if not tokens:
        say("frontispiece: Which command? frontispiece --help lists them.", sys.stderr)
        return Exit.BAD_INPUT
    try:
        code = app(tokens, print_error=False, exit_on_error=False)
    except CycloptsError as error:
        command = " ".join(["frontispiece", *(error.command_chain or ())])
        said = str(error)
        if isinstance(error, UnusedCliTokensError):
            said = f"{command} has no use for {', '.join(error.unused_tokens or ())}."
        say(f"frontispiece: {one_line(said)} (see {command} --help)", sys.stderr)
        return Exit.BAD_INPUT
    except FrontispieceError as error:
        say(f"frontispiece: {error}", sys.stderr)
        return exit_of(error)
    except OSError as error:  # a folder that is gone, a disk that is full: no fault of the program's
        said = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
        say(f"frontispiece: {said}.", sys.stderr)
        return Exit.FAILED
    except BaseException as ended:  # Ctrl-C, or a signal in Prefect's words: by itself, or in a group
        if isinstance(ended, Exception | SystemExit):
            raise
        return _interrupted()
    return code if isinstance(code, int) else Exit.DONE


def _interrupted() -> int:
    let_end(code := code_of_an_interrupt())
    why = "interrupted; " if code is Exit.INTERRUPTED else ""
    say(f"frontispiece: {why}what is done is kept, and the next run goes on from there.", sys.stderr)
    return code
