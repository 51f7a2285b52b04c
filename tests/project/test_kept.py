"""What an earlier version wrote is read, run, verified, rebuilt and served; `kept/README.md` tells what it is.

Only what users have is used here: the command, its options and variables, files, and what Prefect's server answers.
"""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fakes.fal import Job
from fakes.pictures import png
from fakes.providers import Providers, fake_providers
from helpers.real_server import RealServer, free_port, until

pytestmark = [pytest.mark.server, pytest.mark.slow]

KEPT = Path(__file__).parents[1] / "kept"
TOLD: dict[str, Any] = json.loads((KEPT / "told.json").read_text(encoding="utf-8"))
"""What the version that wrote the archive said about it."""
COMMAND = str(Path(sys.executable).with_name("frontispiece"))
THEN = "http://127.0.0.1:8099"
"""Where the fakes were when the archive was written."""
WIDE = {"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb"}

FREE = ("--writer", "template", "--painter", "lineart")
IMAGES = ("--limit", "1", "--painter", "openai-images")
STRETCH = "2024-10-25..2024-11-02"
MADE = (
    "SELECT paper_id, recipe, picture_path, picture_digest, writer, writer_model, writer_dollars, painter, "
    "painter_model, painter_dollars, painter_seed FROM pictures ORDER BY ALL"
)
HOLDS = "SELECT paper_id, recipe, status, reason, message, day FROM latest ORDER BY ALL"
RUNS = "SELECT run, source, papers, pictures, skipped, blocked, failed, dollars, unpriced FROM runs ORDER BY run"
READINGS = {
    "verify": ("verify",),
    "stats": ("stats", "--format", "json"),
    "status": ("status", STRETCH),
    "status, free": ("status", STRETCH, *FREE),
    "pictures": ("query", MADE, "--format", "json"),
    "latest": ("query", HOLDS, "--format", "json"),
    "runs": ("query", RUNS, "--format", "json"),
}


@dataclass(frozen=True)
class Said:
    code: int
    text: str
    complaints: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.complaints
        return json.loads(self.text)


@dataclass(frozen=True)
class Went:
    """How a run went: what it was charged for, and what was there afterwards."""

    said: Said
    prompts: int
    pictures: tuple[str, ...]
    """The prompts of pictures that were ordered anew."""
    dollars: float
    files: frozenset[str]


class Kept:
    """A copy of the archive, and providers that remember what was ordered then."""

    def __init__(self, place: Path, world: Providers, server: RealServer | None = None) -> None:
        self.place, self.world, self.server = place, world, server
        self.archive = place / "archive"
        shutil.copytree(KEPT / "archive", self.archive)
        for ticket in (self.archive / "journal").rglob("*.json"):
            ticket.write_bytes(ticket.read_bytes().replace(THEN.encode(), world.url.encode()))
        remembered = json.loads((KEPT / "provider.json").read_text(encoding="utf-8"))
        for each in remembered["orders"]:
            picture = png(384, 720, each["input"]["prompt"])
            sent_at = datetime.fromisoformat(each["sent_at"])
            world.fal.orders[each["id"]] = Job(each["id"], each["input"], sent_at, due=0.0, content=picture)
        world.openai.files |= {name: text.encode() for name, text in remembered["files"].items()}
        world.openai.batches |= remembered["batches"]

    def say(self, *arguments: str, **variables: str) -> Said:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        server = {"PREFECT_API_URL": f"{self.server.url}/api"} if self.server else {}
        ours = {
            **{"FRONTISPIECE_ARCHIVE": str(self.archive), "FRONTISPIECE_SNAPSHOT": str(KEPT / "papers.jsonl")},
            **{"FRONTISPIECE_GALLERY": "false", "PREFECT_HOME": str(self.place)},
        }
        environment = {**inherited, **WIDE, **self.world.variables, **ours, **server, **variables}
        done = subprocess.run(
            [COMMAND, *arguments], cwd=self.place, env=environment, capture_output=True, text=True, check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str, **variables: str) -> Went:
        openai, fal = self.world.openai, self.world.fal
        before = openai.paid, len(fal.requests), self.world.dollars
        said = self.say(*arguments, **variables)
        ordered = tuple(str(each["prompt"]) for each in fal.requests[before[1] :])
        spent = round(self.world.dollars - before[2], 9)
        return Went(said, openai.paid - before[0], ordered, spent, self.files("pictures"))

    def files(self, folder: str) -> frozenset[str]:
        found = (self.archive / folder).rglob("*")
        return frozenset(path.relative_to(self.archive).as_posix() for path in found if path.is_file())


OURS = ("FRONTISPIECE_", "PREFECT_")


@pytest.fixture(scope="module")
def world() -> Iterator[Providers]:
    with fake_providers() as both:
        yield both


@dataclass(frozen=True)
class Begun:
    """The archive that is run again, and the runs that are done first."""

    kept: Kept
    finished: Went
    cut_off: "Future[Went]"
    """It waits for half a minute: who was cut off may live on another machine."""


@pytest.fixture(scope="module")
def begun(real_server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    real_server.clear()
    with fake_providers() as world, ThreadPoolExecutor(1) as hand:
        kept = Kept(tmp_path_factory.mktemp("again"), world, real_server)
        finished = kept.run("run", "2024-10-31", *FREE)
        yield Begun(kept, finished, hand.submit(kept.run, "run", "2024-11-01"))


# What is read


@pytest.fixture(scope="module")
def read(begun: Begun, world: Providers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    """While the other archive's run waits."""
    kept = Kept(tmp_path_factory.mktemp("read"), world)
    with ThreadPoolExecutor(2) as hands:
        said = dict(zip(READINGS, hands.map(lambda words: kept.say(*words), READINGS.values()), strict=True))
    said["journal"] = kept.say("journal")  # by itself: it enters what no row tells of
    said["stats, all entered"] = kept.say(*READINGS["stats"])
    assert world.paid[0] == 0
    return said


def findings(verdict: str) -> list[str]:
    """What the findings are about, and the sum."""
    *_, counts = verdict.splitlines()
    return [*sorted(re.findall(r"^(?! )\S*(?=: )", verdict, re.MULTILINE)), counts]


def calendar(text: str) -> dict[str, list[str]]:
    """The words about each day."""
    return {words[0]: words[1:] for line in text.splitlines() if (words := line.split()) and words[0][:2] == "20"}


def calls(text: str) -> dict[str, str]:
    """What each open call is, by its key."""
    listed = (re.split(r"\s{2,}", line.strip()) for line in text.splitlines())
    return {words[-1]: words[0] for words in listed if re.fullmatch(r"[0-9a-f]{32}", words[-1])}


def test_verify_finds_what_it_found(read: dict[str, Said]) -> None:
    assert read["verify"].code == 1
    assert findings(read["verify"].text) == findings(TOLD["verify"])


@pytest.mark.parametrize("name", ["pictures", "latest", "runs"])
def test_the_same_rows_answer(read: dict[str, Said], name: str) -> None:
    assert read[name].json == TOLD[name]


def test_stats_has_the_same_figures(read: dict[str, Said]) -> None:
    now = [{name: row[name] for name in then} for row, then in zip(read["stats"].json, TOLD["stats"], strict=True)]
    assert now == TOLD["stats"]


def test_what_only_the_journal_knew_is_counted_too(read: dict[str, Said]) -> None:
    """What rows told of counts as it did, and no row told of this call."""
    now, then = (sum(row["dollars"] for row in read[name].json) for name in ("stats, all entered", "stats"))
    assert now - then == pytest.approx(0.000058)


@pytest.mark.parametrize("name", ["status", "status, free"])
def test_days_stand_as_they_stood(read: dict[str, Said], name: str) -> None:
    assert calendar(read[name].text) == calendar(TOLD[name])


def test_the_same_calls_are_open(read: dict[str, Said]) -> None:
    assert calls(read["journal"].text) == calls(TOLD["journal"])
    assert len(calls(TOLD["journal"])) == 4


def test_lost_rows_come_back(world: Providers, tmp_path: Path) -> None:
    kept = Kept(tmp_path, world)
    shutil.rmtree(kept.archive / "catalog")
    shutil.rmtree(kept.archive / "catalog-index")
    rebuilt = kept.say("rebuild")
    assert (rebuilt.code, rebuilt.text.splitlines()[-1]) == (1, TOLD["rebuild"].splitlines()[-1])
    assert kept.say("query", MADE, "--format", "json").json == TOLD["rebuilt"]


# What goes on

NAMES = """
20240902/158e5161b49a874f
20240903/272329422e81866f
20241028/3ae3d9da6d3f0439
20241028/437cd9cbe2835183
20241029/57562df03ba493a5
20241031/0f3724520f8cbc12
20241031/0f3724520f8cbc12-13a8a1f86ea9f04b
20241031/90b70d06810322b2
20241101/6550f79d46b1945c
"""
PICTURES = frozenset(f"pictures/{name}.jpg" for name in NAMES.split())
NAMES_NOW = """
20241026/147d0f2fa2b4f7c3
20241026/3bdaae0608588657
20241029/bdc176ad437ae9d7
20241101/6ed4c967e552ae55
20241101/a9f9c8eed93f8b95
"""
MADE_NOW = frozenset(f"pictures/{name}.jpg" for name in NAMES_NOW.split())


@pytest.fixture(scope="module")
def again(begun: Begun, real_server: RealServer) -> dict[str, Any]:
    """Everything run again by the command that was cut off, refused, or finished."""
    kept = begun.kept
    went: dict[str, Any] = {
        "finished": begun.finished,
        "cut off": begun.cut_off.result(),
        "asked": list(kept.world.fal.paths),
        "refused": kept.run("run", "2024-10-29"),
        "at its limit": kept.run("backfill", "2024-10-27..2024-10-28", "--max-usd", "0.0075"),
        "on order": kept.run("backfill", "2024-10-26", "--batch", "--batch-hours", "0", "--max-usd", "1"),
        "batches": len(kept.world.openai.batches),
        "verify": kept.say("verify"),
        "journal": kept.say("journal"),
        "recipes": kept.say("query", "SELECT DISTINCT paper_id, recipe FROM pictures", "--format", "json").json,
    }
    before = kept.files("results")
    shutil.rmtree(kept.archive / "catalog")
    went["results only"] = kept.run("run", "2024-10-31", *FREE)
    new = kept.files("results") - before
    went["new results"] = [each for each in new if "Listed" not in (kept.archive / each).read_text()]
    shutil.rmtree(kept.archive / "catalog")
    shutil.rmtree(kept.archive / "results")
    went["journal only"] = kept.run("run", "2024-10-31", *IMAGES, FRONTISPIECE_STYLE="fenced")
    went["flows"] = {each["name"] for each in real_server.ask("/flows/filter", {})}
    return went


def test_pictures_keep_their_names(again: dict[str, Any]) -> None:
    assert again["finished"].files == again["journal only"].files - MADE_NOW == PICTURES


@pytest.mark.parametrize("name", ["finished", "results only", "journal only"])
def test_what_is_finished_is_neither_made_nor_bought_again(again: dict[str, Any], name: str) -> None:
    went: Went = again[name]
    assert (went.said.code, went.prompts, went.pictures, went.dollars) == (0, 0, (), 0), went.said


def test_results_are_known_by_their_names(again: dict[str, Any]) -> None:
    """But for the list, of a file that stands in another place."""
    assert again["new results"] == []


def test_an_order_is_fetched_and_a_lost_one_looked_up(again: dict[str, Any]) -> None:
    went: Went = again["cut off"]
    assert (went.said.code, went.prompts, went.pictures) == (0, 0, ()), went.said
    assert went.files - PICTURES == {"pictures/20241101/a9f9c8eed93f8b95.jpg", "pictures/20241101/6ed4c967e552ae55.jpg"}
    ordered, lost = (each["id"] for each in json.loads((KEPT / "provider.json").read_text())["orders"])
    looked = [path.partition(" ") for path in again["asked"]]
    assert sum(where == "list" for where, _, _ in looked) == 1
    assert {path.rsplit("/", 2)[1] for where, _, path in looked if where == "status"} == {ordered, lost}


def test_who_was_refused_is_not_asked_again_and_who_failed_is(again: dict[str, Any]) -> None:
    went: Went = again["refused"]
    assert (went.prompts, went.dollars) == (0, 0.003), went.said
    assert went.pictures == (
        "Linear art on a white background: 13965523 paper birds carry a label that reads 'Paper 13965523'.",
    )
    assert went.files - again["cut off"].files == {"pictures/20241029/bdc176ad437ae9d7.jpg"}


def test_a_limit_in_dollars_knows_what_was_spent(again: dict[str, Any]) -> None:
    went: Went = again["at its limit"]
    assert (went.prompts, went.pictures, went.dollars) == (0, (), 0), went.said
    assert "$0.0061 of $0.0075 spent before" in went.said.text


def test_a_limit_reached_is_told_by_the_exit_code(again: dict[str, Any]) -> None:
    assert again["at its limit"].said.code == 3


def test_a_batch_is_fetched_and_not_ordered_again(again: dict[str, Any]) -> None:
    went: Went = again["on order"]
    assert (went.said.code, again["batches"]) == (0, 1), went.said
    assert (went.prompts, len(went.pictures)) == (2, 2)  # the fake works a batch off, and charges, when it is looked at
    assert went.files - again["at its limit"].files == {
        "pictures/20241026/147d0f2fa2b4f7c3.jpg",
        "pictures/20241026/3bdaae0608588657.jpg",
    }


def test_then_all_is_well(again: dict[str, Any]) -> None:
    assert again["verify"].code == 0, again["verify"]
    assert calls(again["journal"].text) == {}


@pytest.mark.parametrize(
    ("paper", "recipes"),
    [
        pytest.param("2409.00101", {"f67217dd2c1205ba"}, id="template, fal"),
        pytest.param(
            "2410.23101",
            {"66e0d3306639b177", "13a8a1f86ea9f04b"},
            id="template, lineart, and openai, fenced, openai-images",
        ),
        pytest.param("2410.20901", {"7bf873d8710a3276"}, id="openai, fal, made then"),
        pytest.param("2411.00101", {"7bf873d8710a3276"}, id="openai, fal, made now"),
        pytest.param("2410.24175", {"7bf873d8710a3276"}, id="the predecessor's"),
    ],
)
def test_recipes_keep_their_fingerprints(again: dict[str, Any], paper: str, recipes: set[str]) -> None:
    assert {row["recipe"] for row in again["recipes"] if row["paper_id"] == paper} == recipes


# What has a name

OPTIONS = {
    "run": "source min-upvotes categories limit writer painter max-usd refresh verbose",
    "paper": "writer painter max-usd refresh verbose",
    "serve": "",
    "deploy": "",
    "settings": "",
    "backfill": "source min-upvotes categories writer painter only order days-at-once papers-at-once max-usd batch "
    "batch-hours allow-unknown-price dry-run yes verbose",
    "status": "source writer painter",
    "gallery": "site-url all archive",
    "open": "print archive",
    "verify": "",
    "rebuild": "",
    "query": "format output",
    "stats": "format output",
    "compact": "",
    "prune": "originals-older-than dry-run",
    "import-log": "pictures",
    "journal": "",
}
VARIABLES = """
HF_ENDPOINT HF_TOKEN OPENAI_API_KEY OPENAI_BASE_URL FAL_KEY
FRONTISPIECE_ARCHIVE FRONTISPIECE_SOURCE FRONTISPIECE_WRITER FRONTISPIECE_PAINTER FRONTISPIECE_SNAPSHOT
FRONTISPIECE_CATEGORIES FRONTISPIECE_MIN_UPVOTES FRONTISPIECE_ARXIV_URL FRONTISPIECE_ARXIV_OAI_URL
FRONTISPIECE_ARXIV_SPACING FRONTISPIECE_OPENAI_MODEL FRONTISPIECE_OPENAI_TEMPERATURE
FRONTISPIECE_OPENAI_REASONING_EFFORT FRONTISPIECE_OPENAI_IMAGE_MODEL FRONTISPIECE_OPENAI_IMAGE_SIZE
FRONTISPIECE_OPENAI_IMAGE_QUALITY FRONTISPIECE_FAL_URL FRONTISPIECE_FAL_API_URL FRONTISPIECE_FAL_MODEL
FRONTISPIECE_FAL_WIDTH FRONTISPIECE_FAL_HEIGHT FRONTISPIECE_FAL_SEED FRONTISPIECE_PICTURE_HOSTS FRONTISPIECE_STYLE
FRONTISPIECE_JPEG_QUALITY FRONTISPIECE_PROMPTS_AT_ONCE FRONTISPIECE_PAINTINGS_AT_ONCE FRONTISPIECE_ATTEMPTS
FRONTISPIECE_RETRY_SECONDS FRONTISPIECE_MAX_USD FRONTISPIECE_GALLERY FRONTISPIECE_FAILURE_LIMIT
FRONTISPIECE_DAILY_CRON FRONTISPIECE_TIMEZONE FRONTISPIECE_DAILY_CATCH_UP FRONTISPIECE_UI_PORT
FRONTISPIECE_WORK_POOL FRONTISPIECE_WEBHOOK FRONTISPIECE_OPENAI_SECRET_BLOCK FRONTISPIECE_FAL_SECRET_BLOCK
FRONTISPIECE_HUGGINGFACE_SECRET_BLOCK
"""


def asked(*arguments: str) -> str:
    """What the command says; nothing is set."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.run(
        [COMMAND, *arguments], env=inherited | WIDE, capture_output=True, text=True, check=True
    ).stdout


def test_commands_keep_their_names_and_options() -> None:
    with ThreadPoolExecutor(2) as hands:
        helps = dict(zip(OPTIONS, hands.map(lambda command: asked(command, "--help"), OPTIONS), strict=True))
    offered = {command: set(re.findall(r"(?<!\S)--([a-z-]+)", text)) for command, text in helps.items()}
    gone = {command: set(names.split()) - offered[command] for command, names in OPTIONS.items()}
    assert not any(gone.values()), gone


def test_variables_keep_their_names() -> None:
    assert set(VARIABLES.split()) <= set(asked("settings").split())


def test_flows_keep_their_names(again: dict[str, Any]) -> None:
    assert {"illustrate day", "backfill", "backfill day"} <= again["flows"]


# What is served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """`frontispiece serve` over the database that an earlier version registered its deployments in."""
    place = tmp_path_factory.mktemp("served")
    (place / "prefect").mkdir()
    (place / "prefect" / "prefect.db").write_bytes(gzip.decompress((KEPT / "prefect.db.gz").read_bytes()))
    server = RealServer(f"http://127.0.0.1:{(port := free_port())}", place / "prefect")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        **{"PREFECT_HOME": str(server.home), "FRONTISPIECE_UI_PORT": str(port)},
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events",  # else the old runs go while we look
    }
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [COMMAND, "serve"], cwd=place, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until(lambda: "Ctrl-C" in (place / "log").read_text() or process.poll() is not None)
        assert process.poll() is None, (place / "log").read_text()
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


DEPLOYMENTS = (
    "daily/daily",
    "illustrate papers/papers",
    "backfill/backfill",
    "backfill day/backfill-day",
    "upkeep/upkeep",
)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_is_still_the_same(served: RealServer, name: str) -> None:
    assert served.deployment(quote(name))["id"] == TOLD["prefect"]["deployments"][name]


def test_past_runs_are_still_there(served: RealServer) -> None:
    for run, name in TOLD["prefect"]["runs"].items():
        assert (served.run(run)["name"], served.run(run)["state_type"]) == (name, "COMPLETED")


def test_a_paused_schedule_stays_paused(served: RealServer) -> None:
    (schedule,) = served.deployment("daily/daily")["schedules"]
    assert schedule["active"] is False
