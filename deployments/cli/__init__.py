"""The command `frontispiece`: a file for each group of commands, and app.py, which has them all."""

import sys
from collections.abc import Sequence

from deployments.ending import end_when_told, loading


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default that of this process, which ends with it; gives the exit code."""
    if arguments is None:
        end_when_told()  # before all that takes time
        with loading():
            import deployments.cli.app  # noqa: F401
    from deployments.cli.app import answer

    return answer(sys.argv[1:] if arguments is None else list(arguments))
