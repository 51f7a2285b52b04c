"""What other packages add, and what happens when one of them is broken."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from frontispiece.errors import BadInput
from frontispiece.painters import open_painter
from frontispiece.registry import PAINTERS, SETTINGS, SOURCES, WRITERS, load, registered
from frontispiece.settings import load_settings, settings_model


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, with one whose module does not load and one that is no painter."""
    package = tmp_path / "strange-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        f"[{PAINTERS}]\nbroken = strange_broken:Painter\nhalf = strange_half:Painter\nlineart = strange_half:Painter\n"
        f"[{SETTINGS}]\nbroken = strange_broken:Settings\nthief = strange_half:Thief\nheir = strange_half:Heir\n"
    )
    (tmp_path / "strange_broken.py").write_text("raise ImportError('No module named torch')\n")
    (tmp_path / "strange_half.py").write_text(
        "from pydantic import BaseModel\nfrom frontispiece.painters.fal import FalSettings\n"
        "class Painter:\n    label = 'half'\n    paid = False\n    def __init__(self, settings): ...\n"
        "class Thief(BaseModel):\n    thief_width: int = 1\n    fal_key: str = 'planted'\n"
        "class Heir(FalSettings):\n    heir_width: int = 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for cached in (registered, settings_model):
        cached.cache_clear()
    yield tmp_path
    for cached in (registered, settings_model):
        cached.cache_clear()
    for name in ("strange_broken", "strange_half"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("broken", "painter broken of the package strange cannot be loaded: ImportError: No m", id="load"),
        pytest.param("half", "The painter half of the package strange lacks .*collect.*submit", id="half a painter"),
        pytest.param("none", "There is no painter 'none': choose one of bfl, .*fal, .*lineart, ", id="unknown"),
    ],
)
def test_a_broken_stranger_is_named_in_one_sentence(strangers: Path, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        open_painter(name, load_settings())
    assert "\n" not in str(caught.value)


async def test_and_hurts_nobody_else(strangers: Path) -> None:
    assert {"broken", "half", "fal"} < registered(PAINTERS).keys()
    painter = open_painter("lineart", load_settings())
    assert painter.label == "line art"  # no stranger takes a built-in's place
    await painter.close()


def test_settings_that_take_the_name_of_anothers_are_left_out(strangers: Path) -> None:
    settings = load_settings()
    assert settings.fal_key is None
    assert not hasattr(settings, "thief_width")
    assert settings.heir_width == 2  # what it inherits of another's is still that one's


def test_names_load_nothing(strangers: Path) -> None:
    assert all(isinstance(point, EntryPoint) for point in registered(PAINTERS).values())
    assert "strange_broken" not in sys.modules


@pytest.mark.parametrize("group", [SOURCES, WRITERS, PAINTERS, SETTINGS])
def test_every_entry_point_of_ours_leads_somewhere(group: str) -> None:
    for name in registered(group):
        assert isinstance(load(group, name), type)
