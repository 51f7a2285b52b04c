"""What a running `frontispiece serve` leaves for others to read, next to Prefect's database."""

from pathlib import Path
from typing import IO

from pydantic import Field, ValidationError

from frontispiece.models import Value
from frontispiece.purchases.process_identity import ProcessIdentity


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
