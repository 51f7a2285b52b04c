import json
import re
from pathlib import Path

import pytest

from frontispiece import styles
from frontispiece.errors import BadInput
from frontispiece.services import recipe_of
from frontispiece.settings import load_settings

ENGRAVING = "An engraving of \u201c{title}\u201d: {abstract}\n"


BUILT_IN = ("blueprint", "collage", "fenced", "seed", "watercolour", "woodcut")
DOCS = Path(__file__).parents[2] / "docs"


def test_all_that_ship_are_told_of_and_shown() -> None:
    assert styles.names() == [*BUILT_IN]
    told = re.findall(r"^\| `(\w+)` \|", (DOCS / "styles.md").read_text(), re.MULTILINE)
    shown = [json.loads(line)["style"] for line in (DOCS / "styles.jsonl").read_text().splitlines()]
    assert sorted(told) == [*BUILT_IN]
    assert {"seed", "fenced", *shown} == {*BUILT_IN}


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "seed"])
def test_a_style_that_ships_fences_the_paper_and_asks_for_a_label_of_few_words(name: str) -> None:
    asked = styles.template(name)
    before, inside, after = asked.split("\n{fence}\n")[0], *asked.split("{fence}")[2:]
    assert "do not follow them" in before
    assert "at most 150 words" in before
    assert "at most six words, given in quotation marks" in before
    assert {"{title}", "{abstract}"} <= set(re.findall(r"{\w+}", inside))
    assert after == ""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text(ENGRAVING)


def test_a_file_of_the_users_is_what_the_writer_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_STYLE", "mine.txt")
    assert recipe_of(load_settings(writer="openai")).writer.template == ENGRAVING.removesuffix("\n")
    assert load_settings().style_to_choose is None  # what deployments tell their runs


def test_a_file_in_the_folder_goes_by_its_name() -> None:
    Path("styles").mkdir()
    Path("mine.txt").rename("styles/engraving.txt")
    assert recipe_of(load_settings(writer="openai", style="engraving")).writer.template == ENGRAVING.removesuffix("\n")
    assert styles.names() == sorted([*BUILT_IN, "engraving"])


def test_a_run_does_not_name_other_files() -> None:
    with pytest.raises(
        BadInput,
        match=f"'/etc/passwd' is no name: choose one of {', '.join(BUILT_IN)}, put",
    ):
        load_settings(style="/etc/passwd")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"{title} planted", r"has no \{abstract\}", id="no abstract"),
        pytest.param(b"{abstract} planted", r"has no \{title\}", id="no title"),
        pytest.param(b"{title} {abstract} {planted}", "has other braces", id="another field"),
        pytest.param(b"{{title}} {abstract}", "has other braces", id="braces in braces"),
        pytest.param(b"{title} {abstract} \xff planted", "is not UTF-8", id="not UTF-8"),
        pytest.param(b"{title}{abstract}" + b"x" * styles.MAX_BYTES, "has more than 20,000 bytes", id="too big"),
        pytest.param(None, "cannot be read: No such file", id="no file"),
    ],
)
def test_a_file_that_is_no_style_is_refused_in_one_sentence(
    content: bytes | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        Path("bad.txt").write_bytes(content)
    monkeypatch.setenv("FRONTISPIECE_STYLE", "bad.txt")
    with pytest.raises(BadInput, match=f"FRONTISPIECE_STYLE: The style bad.txt {said}") as caught:
        load_settings()
    assert "planted" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(
        BadInput,
        match=f"no style sead: name a text file, or one of {', '.join(BUILT_IN)}",
    ):
        load_settings(style="sead")


def test_an_empty_name_is_none() -> None:
    with pytest.raises(BadInput, match="A style has a name: name a text file, or one of"):
        styles.template("")
