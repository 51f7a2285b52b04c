"""Worlds that mean harm: what strangers write goes all the way, to every screen, page and file, and back.

Nothing of it is more than words anywhere, and nothing crashes.
"""

import asyncio
import contextlib
import csv
import io
import itertools
import json
import logging
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from fakes.fal import result
from fakes.openai import first_choice
from fakes.providers import Providers
from helpers.gallery_pages import Page, script_data
from helpers.hostile import WEAPONS, file_name, is_visible
from helpers.watching import watching
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from rich.console import Console

from deployments.cli import main
from deployments.cli.run_terminal import RunStage, print_summary
from deployments.cli.terminal import LogLines
from flows.illustrate import illustrate_day
from flows.listener import surrounded
from frontispiece.archive.images import read_provenance
from frontispiece.archive.provenance import xml_text
from frontispiece.tex import readable
from frontispiece.text import cell

pytestmark = pytest.mark.usefixtures("prefect_server")

PAPERS: Final = 8
DAY: Final = "2024-10-31"
ASKED: Final = "SELECT paper_title, prompt, message, painter_url, picture_path, paper_authors FROM latest ORDER BY ALL"


@dataclass(frozen=True)
class World:
    """What the strangers of one world say."""

    papers: list[tuple[str, str, str, str]]
    """Title, abstract, author and answer."""
    refusal: str
    address: str
    archive: str
    snapshot: str


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Each weapon is used, somewhere, and between them stands any text at all."""
    weapons = itertools.cycle(draw(st.permutations(WEAPONS)))

    def words() -> str:
        return f"{next(weapons)}{draw(st.text(st.characters(categories=None), max_size=8))}{next(weapons)}"

    papers = [(words(), words(), words(), words()) for _ in range(PAPERS)]
    return World(papers, words(), words(), file_name(words()), file_name(words()))


def snapshot(world: World) -> bytes:
    """The world's papers as arXiv's file has them; a word of ours keeps each from having no title."""
    lines = (
        {
            "id": f"2410.{number:05}",
            "title": f"{title} Birds",
            "abstract": abstract,
            "authors": f"{author} Author",
            "categories": "cs.CL",
            "versions": [{"version": "v1", "created": "Thu, 31 Oct 2024 12:00:00 GMT"}],
        }
        for number, (title, abstract, author, _) in enumerate(world.papers, start=1)
    )
    return b"".join(f"{json.dumps(line, ensure_ascii=False)}\n".encode("utf-8", "backslashreplace") for line in lines)


def play(world: World, fake: Providers) -> None:
    """Have the providers say what this world's say: one paper is refused, another's picture lies at an odd address."""
    fake.renew()
    said = itertools.count()

    def answer(choice: dict[str, Any]) -> None:
        number = next(said)
        text = f"{world.papers[number][3]} Draw {number} birds." if number else None
        choice["message"] = {"content": text, "refusal": f"No. {world.refusal}"}

    fake.openai.faults.know("hostile", first_choice(answer))
    fake.openai.faults.always("chat", "hostile")
    fake.fal.faults.know("hostile", result(images=[{"url": f"{fake.url}/media/files/\x1b{world.address}"}]))
    fake.fal.faults.queue("result", "hostile")


async def screen_of_a_run() -> tuple[str, UUID]:
    """What a terminal shows of the day's run, and which run it was."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=200)
    stage = RunStage(verbose=True, answers=console, told=console)
    lines = LogLines(stage, verbose=True)
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        logger.addHandler(lines)
    try:
        with watching() as seen, surrounded(listener=stage):
            state = await illustrate_day(DAY, source="snapshot", return_state=True)
    finally:
        for logger in loggers:
            logger.removeHandler(lines)
    assert stage.report is not None
    print_summary(console, stage.report)
    assert (stage.report.pictures, stage.report.blocked, stage.report.failed) == (PAPERS - 2, 1, 1)
    assert all(re.fullmatch(r"[^\n]*(\n    [^\n]*)*", line) for line in seen.lines), "no line of the log is forged"
    return f"{console.file.getvalue()}{state.message}", state.state_details.flow_run_id  # type: ignore[attr-defined]


async def said(*arguments: str) -> str:
    """What a command has written to the screen."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        await asyncio.to_thread(main, arguments)
    screen.flush()
    text: str = screen.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert is_visible(text.replace("\t", "") if "json" in arguments else text)
    assert "Traceback" not in text
    return text


async def check_artifacts(run: UUID) -> None:
    """Prefect's UI makes HTML of them."""
    async with get_client() as client:
        made = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        )
    told = {str(each.key): str(each.data) for each in made}
    assert set(told) == {"pictures", "outcomes", "progress"}
    bare = re.sub(r"\\.", "", told["pictures"])
    assert not set("<`") & set(bare)
    targets = re.findall(r"\]\(([^)]*)\)", bare)
    assert all(target.startswith(("https://arxiv.org/abs/2410.", "data:image/jpeg;base64,")) for target in targets)
    for row in json.loads(told["outcomes"]):
        assert all(str(value).isprintable() for value in row.values())


_AWAY: Final = (
    r"https://(arxiv\.org/(abs|pdf)/|huggingface\.co/papers/|www\.alphaxiv\.org/abs/)2410\.0000[0-9]"
    r"|https://arxiv\.org/abs/"
)


def check_gallery(gallery: Path, titles: set[str]) -> None:
    """Its pages hold no element and lead nowhere of a stranger's."""
    text = ""
    for path in gallery.rglob("*.html"):
        page = Page(path.read_bytes())
        text += page.text
        assert is_visible(page.text)
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        scripts = [attributes for tag, attributes in page.elements if tag == "script"]
        run = [each.get("src", "") for each in scripts if each.get("type") != "application/ld+json"]
        assert all(re.fullmatch(r"(\.\./){0,2}assets/[a-z]+\.js\?v=[0-9a-f]{8}", script) for script in run)
        away = [target for target in page.targets if re.match(r"[a-z]+:|//", target)]
        assert all(re.fullmatch(_AWAY, target) for target in away)
    feed = ET.fromstring((gallery / "feed.xml").read_bytes())  # noqa: S314 our own
    atom = "{http://www.w3.org/2005/Atom}"
    assert {entry.findtext(f"{atom}title") for entry in feed.iter(f"{atom}entry")} == titles
    data = {path.name: path.read_bytes() for path in gallery.joinpath("data").rglob("*.js")}
    assert all(each.isascii() for each in data.values())
    _, found = script_data(data["2024-10-31.js"])
    assert {paper["title"] for paper in found} == titles  # type: ignore[attr-defined]
    assert all(title in text for title in titles)


@settings(
    max_examples=3, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(world=worlds())
async def test_words_stay_words(world: World, fake: Providers, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("world")
    archive, papers = place / f"a{world.archive}", place / f"s{world.snapshot}"
    papers.write_bytes(snapshot(world))
    play(world, fake)
    with pytest.MonkeyPatch.context() as patch:
        own = {"ARCHIVE": str(archive), "SNAPSHOT": str(papers), "RETRY_SECONDS": "0"}
        for name, value in (fake.variables | {f"FRONTISPIECE_{name}": value for name, value in own.items()}).items():
            patch.setenv(name, value)
        screen, run = await screen_of_a_run()
        assert is_visible(screen)
        await check_artifacts(run)

        rows = json.loads(await said("query", ASKED, "--format", "json"))
        assert len(rows) == PAPERS
        shown = list(csv.DictReader(io.StringIO(await said("query", ASKED, "--format", "csv"), newline="")))
        names = ("paper_title", "prompt", "message", "painter_url")
        assert [[each[name] for name in names] for each in shown] == [
            [cell(each[name] or "") for name in names] for each in rows
        ]
        assert not re.search(
            r"^[\s]*[=+@-]", "\n".join(each[name] for each in shown for name in names[:1]), re.MULTILINE
        )
        old = place / f"l{world.snapshot}"
        said_once = "".join(f"[31.10.2024 10:00] Generating an image for paper {each[0]}.\n" for each in world.papers)
        old.write_text(said_once, "utf-8", "replace")
        for arguments in (
            *(("query", ASKED), ("stats",), ("status", DAY), ("journal",), ("verify",), ("gallery",)),
            *(("import-log", str(old)), ("paper", world.papers[0][0]), ("run", "--source", world.papers[0][1])),
        ):
            await said(*arguments)

        made = {archive / each["picture_path"]: each for each in rows if each["picture_path"]}
        titles = {each["paper_title"] for each in made.values()}
        check_gallery(archive / "gallery", {readable(title) for title in titles})
        for path, each in made.items():
            told = read_provenance(path.read_bytes())
            assert told is not None
            assert (told.title, told.prompt) == (each["paper_title"], xml_text(each["prompt"]))

        shutil.rmtree(archive / "catalog")
        assert f"{len(made)} pictures entered" in await said("rebuild")
        assert {each["paper_title"] for each in json.loads(await said("query", ASKED, "--format", "json"))} == titles
