"""What a running `frontispiece serve` leaves for others to read: next to Prefect's database, and in its folder."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from pydantic import Field, ValidationError

from deployments.ending import at_the_end
from frontispiece.models import Value
from frontispiece.purchases.process_identity import ProcessIdentity

HEAD: Final = "# Of a running `frontispiece serve`: Prefect's own commands find its server by this, until it ends.\n"


class Notice(Value):
    """Who serves, and where."""

    serve: ProcessIdentity
    ui: str = ""
    server: ProcessIdentity | None = Field(default=None, description="the server it started, if it did")
    runner: ProcessIdentity | None = Field(default=None, description="the process that starts the runs")


def notice_path(home: Path) -> Path:
    """The one of this Prefect home."""
    return home / "frontispiece-serve.json"


def read_notice(file: "IO[str]") -> Notice | None:
    """What stands there; None when nothing does, or not yet all of it."""
    file.seek(0)
    try:
        return Notice.model_validate_json(file.read())
    except ValidationError:
        return None


def write_notice(file: "IO[str]", notice: Notice) -> None:
    """Replace what stands there."""
    file.seek(0)
    file.truncate()
    file.write(notice.model_dump_json())
    file.flush()


def _naming(api: str) -> str:
    return f'{HEAD}[api]\nurl = "{api}"\n'


def named_here(folder: Path) -> str | None:
    """The API of the server that a `serve` has named Prefect in this folder, or left named there when it was killed.

    A file that somebody has written anything into is theirs.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        text = (folder / "prefect.toml").read_text(encoding="utf-8")
        api = str(tomllib.loads(text)["api"]["url"])
        if text == _naming(api):
            return api
    return None


@contextmanager
def naming(api: str, folder: Path) -> Iterator[None]:
    """Name Prefect a server in this folder meanwhile, unless somebody keeps settings there."""
    file = folder / "prefect.toml"
    with suppress(OSError):  # the command that `serve` prints then names it
        if named_here(folder) or not file.exists():
            file.write_text(_naming(api), encoding="utf-8")

    def take_back() -> None:
        if named_here(folder) == api:
            file.unlink(missing_ok=True)

    at_the_end(take_back)
    try:
        yield
    finally:
        take_back()
