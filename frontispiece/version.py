"""The program's version, as catalog rows and pictures name it."""

from importlib.metadata import version

VERSION = version("frontispiece")
