"""The commands that hand the flows to a Prefect server: serve and deploy."""

import asyncio
import os
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from deployments.cli.running import PREFECT_HOME
from deployments.exit_codes import Exit
from frontispiece.errors import BadInput

Reset: TypeAlias = Annotated[bool, Parameter(help="Take back what was changed of the deployments in Prefect's UI.")]


def serve(*, reset: Reset = False) -> int:
    """Start a Prefect server if there is none, and run the deployments until Ctrl-C."""
    from deployments import serve as serving
    from deployments.server import use_own_server
    from frontispiece.settings import load_settings

    settings = load_settings()
    use_own_server(os.environ, PREFECT_HOME)
    return serving.serve(settings, reset=reset)


def deploy(*, reset: Reset = False) -> int:
    """Register the deployments on a work pool of the Prefect server that PREFECT_API_URL names."""
    from deployments.server import use_own_server
    from frontispiece.settings import load_settings

    settings = load_settings()
    use_own_server(os.environ, PREFECT_HOME)
    from prefect.settings import PREFECT_API_URL

    from deployments.deploy import deploy

    if PREFECT_API_URL.value() is None:
        raise BadInput("PREFECT_API_URL names no Prefect server; frontispiece serve brings its own.")
    for line in asyncio.run(deploy(settings, reset=reset)):
        print(line)
    print(f"Runs start with: prefect worker start --pool {settings.work_pool}")
    return Exit.DONE
