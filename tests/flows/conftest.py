"""What runs of flows work with: an archive of their own, and the providers by fakes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.providers import Providers, fake_providers


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive's folder, which is not there yet."""
    place = tmp_path / "the archive"
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(place))
    monkeypatch.setenv("FRONTISPIECE_RETRY_SECONDS", "0")
    return place


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """OpenAI and fal, in place of the painter and the writer that need no key."""
    with fake_providers() as world:
        for name, value in world.variables.items():
            monkeypatch.setenv(name, value)
        yield world
