"""The commands that hand the flows to a Prefect server: serve and deploy."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from deployments.cli.running import PREFECT_HOME
from deployments.ending import loading
from deployments.exit_codes import Exit
from deployments.output import say
from frontispiece.errors import BadInput

Reset: TypeAlias = Annotated[bool, Parameter(help="Take back what was changed of the deployments in Prefect's UI.")]


def serve(*, reset: Reset = False) -> int:
    """Start a Prefect server if there is none, and run the deployments until Ctrl-C."""
    from deployments import serve as serving
    from deployments.server import check_is_there, check_schedule, use_own_server
    from frontispiece.settings import load_settings

    settings = load_settings()
    check_is_there(os.environ.get("PREFECT_API_URL"))
    if settings.daily_cron != type(settings).model_fields["daily_cron"].default:
        check_schedule(settings.daily_cron)
    use_own_server(os.environ, PREFECT_HOME)
    return serving.serve(settings, reset=reset)


def deploy(*, reset: Reset = False) -> int:
    """Register the deployments on a work pool of the Prefect server that PREFECT_API_URL names."""
    from deployments.server import asking_server, check_is_there, check_server, may_know_a_server
    from frontispiece.settings import load_settings

    settings = load_settings()
    check_is_there(os.environ.get("PREFECT_API_URL"))
    # Prefect is asked last: once imported, it makes a folder for itself.
    if not may_know_a_server(os.environ, Path.cwd()) or not _is_named():
        raise BadInput("PREFECT_API_URL names no Prefect server; frontispiece serve brings its own.")
    with loading():
        from deployments.deploy import deploy

    check_server()
    with asking_server():
        lines = asyncio.run(deploy(settings, reset=reset))
    for line in lines:
        say(line)
    say(f"Runs start with: prefect worker start --pool {settings.work_pool}")
    return Exit.DONE


def _is_named() -> bool:
    from deployments.server import use_own_server

    use_own_server(os.environ, PREFECT_HOME)
    from prefect.settings import PREFECT_API_URL

    return PREFECT_API_URL.value() is not None
