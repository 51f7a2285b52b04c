"""What runs of flows work with: an archive of their own, and the providers by fakes."""

from pathlib import Path

import pytest
from fakes.providers import Providers


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive's folder, which is not there yet."""
    place = tmp_path / "the archive"
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(place))
    monkeypatch.setenv("FRONTISPIECE_RETRY_SECONDS", "0")
    return place


@pytest.fixture
def world(fake: Providers, monkeypatch: pytest.MonkeyPatch) -> Providers:
    """OpenAI and fal, in place of the painter and the writer that need no key."""
    for name, value in fake.variables.items():
        monkeypatch.setenv(name, value)
    return fake
