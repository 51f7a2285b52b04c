"""Which Prefect server a run talks to, and how the one we start ourselves is set up."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

SERVER_SETTINGS: Final = {
    # By default the server writes task runs one by one, lags behind, and a short-lived one loses them.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    # A slot whose holder was killed is freed although the server was started anew.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # Old runs go, with their logs and artifacts; the catalog remembers what counts.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    # Nothing is reported to anybody.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A new database takes its time on a small machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
}


def use_own_server(environment: MutableMapping[str, str], folder: Path) -> None:
    """Let Prefect keep its database in `folder` and start its server when a run needs one.

    Whoever has set up Prefect (an API address, a home, a profile) keeps that. Call before Prefect is imported.
    """
    for name, value in SERVER_SETTINGS.items():
        environment.setdefault(name, value)
    chosen = {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"} & environment.keys()
    if not chosen and not Path("~/.prefect/profiles.toml").expanduser().exists():
        folder.mkdir(parents=True, exist_ok=True)  # the server does not make it, and then cannot open its database
        environment["PREFECT_HOME"] = str(folder.resolve())
