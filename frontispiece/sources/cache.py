"""Where sources keep what can be had again."""

import contextlib
import os
from pathlib import Path


def user_cache() -> Path:
    """The program's folder in the user's cache, made when that is possible: `$XDG_CACHE_HOME/frontispiece`."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "frontispiece"
    except RuntimeError:
        return Path(os.devnull) / "frontispiece"  # nobody's home: nothing can be kept, and whoever has to says so
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder
