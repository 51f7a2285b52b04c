"""The command `frontispiece`: a file for each group of commands, and app.py, which has them all."""

from deployments.cli.app import main

__all__ = ["main"]
