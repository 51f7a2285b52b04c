"""The predecessor's trip, replayed: same request, same log lines, same file name (tests/seed-log.txt)."""

import io
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fakes.faults import TRANSIENT
from fakes.providers import Providers
from helpers.watching import run_day, run_papers
from PIL import Image

from frontispiece.archive.catalog import Catalog
from frontispiece.archive.images import read_provenance
from frontispiece.archive.query import STATS, open_records
from frontispiece.archive.store import Archive
from frontispiece.gallery.hanging import COLUMNS, hang

pytestmark = pytest.mark.usefixtures("prefect_server")

ID = "2410.24175"
PICTURE = "pictures/20241031/6550f79d46b1945c.jpg"
MESSAGES = [
    line.partition("] ")[2].removeprefix("[Experimental] ")
    for line in (Path(__file__).parents[1] / "seed-log.txt").read_text().splitlines()
]


def parquet_files(archive: Path) -> list[Path]:
    return list(archive.glob("catalog/*/*.parquet"))


async def test_the_seed_replayed(world: Providers, archive: Path) -> None:
    state, seen = await run_papers([ID])
    assert state.name == "Completed"

    (chat,) = world.openai.requests
    asked = MESSAGES[1].partition("Prompt: ")[2]
    assert chat.pop("max_completion_tokens") == 600  # the predecessor named no limit; all else is to the letter
    assert chat == {"model": "gpt-4o-mini", "temperature": 0.8, "messages": [{"role": "user", "content": asked}]}

    (order,) = world.fal.requests
    assert order == {
        "prompt": MESSAGES[2].removeprefix("Response: "),
        "seed": 42,
        "image_size": {"width": 384, "height": 720},
        "num_images": 1,
        "output_format": "png",
    }

    with Image.open(archive / PICTURE) as image:
        assert (image.format, image.size) == ("JPEG", (384, 720))
        luminance = image.quantization[0]  # type: ignore[attr-defined]
    with io.BytesIO() as file:
        Image.new("RGB", (8, 8)).save(file, "JPEG", quality=60)
        with Image.open(file) as plain:
            assert luminance == plain.quantization[0]  # type: ignore[attr-defined]

    url = seen.outcomes[ID].painting.url  # type: ignore[union-attr]
    assert url is not None
    expected = [*MESSAGES[:4], f"Saving generated image from {url} to {MESSAGES[4].rpartition(' ')[2]}"]
    assert [line for line in seen.lines if line in expected] == expected


async def test_how_it_came_to_be_is_written_down(world: Providers, archive: Path) -> None:
    _, seen = await run_papers([ID])
    (path,) = parquet_files(archive)
    (row,) = pq.read_table(path, partitioning=None).to_pylist()
    assert path.parent.name == "day=2024-10-31"
    assert row["status"] == "done"
    assert row["writer_model"] == "gpt-4o-mini-2024-07-18"
    assert row["writer_request"] == MESSAGES[1].partition("Prompt: ")[2]
    assert row["painter_seed"] == "42"
    assert (row["painter_dollars"], row["original_format"]) == (0.003, "png")
    assert row["writer_dollars"] + row["painter_dollars"] == pytest.approx(world.dollars)
    assert row["picture_path"] == PICTURE
    provenance = read_provenance((archive / PICTURE).read_bytes())
    assert provenance is not None
    assert (provenance.paper_id, provenance.prompt) == (ID, row["prompt"])
    assert seen.report is not None
    assert seen.report.dollars == pytest.approx(world.dollars)


async def test_a_second_run_buys_nothing(world: Providers, archive: Path) -> None:
    await run_papers([ID])
    before = (archive / PICTURE).read_bytes()
    state, seen = await run_papers([f"https://huggingface.co/papers/{ID}"])
    assert (state.name, world.paid) == ("Completed", (1, 1))
    assert seen.report is not None
    assert (seen.report.skipped, seen.report.dollars) == (1, 0)
    assert (archive / PICTURE).read_bytes() == before


async def test_another_painter_uses_the_prompts_there_are(world: Providers, archive: Path) -> None:
    await run_papers([ID])
    _, seen = await run_papers([ID], painter="openai-images")
    assert seen.outcomes[ID].cached == ("prompt",)
    assert len(world.openai.requests) == 2
    assert len(list((archive / "pictures").rglob("*.jpg"))) == 2


async def test_what_the_journal_has_is_not_bought_again(world: Providers, archive: Path) -> None:
    """Catalog, results and picture are gone, as after a kill at the worst moment: the journal still has it all."""
    await run_papers([ID])
    for room in ("catalog", "results", "pictures"):
        for path in (archive / room).rglob("*"):
            if path.is_file():
                path.unlink()
    state, _ = await run_papers([ID])
    assert (state.name, world.paid) == ("Completed", (1, 1))
    assert (archive / PICTURE).exists()


@pytest.mark.parametrize(
    ("where", "fault", "kind"),
    [
        pytest.param("chat", "refusal", "Blocked", id="the writer refuses"),
        pytest.param("submit", "policy", "Blocked", id="the painter refuses the prompt"),
        pytest.param("result", "nsfw", "Blocked", id="the picture is withheld"),
        pytest.param("media", "picture black", "Blocked", id="the picture is all black"),
        pytest.param("media", "picture 500 scans", "Blocked", id="the picture takes for ever to decode"),
    ],
)
async def test_a_refused_paper_is_a_row_and_is_not_asked_again(
    where: str, fault: str, kind: str, world: Providers, archive: Path
) -> None:
    (world.openai if where == "chat" else world.fal).faults.always(where, fault)
    _, seen = await run_papers([ID])
    assert (seen.outcomes[ID].status, seen.outcomes[ID].reason) == ("blocked", kind)
    paid = world.paid
    _, again = await run_papers([ID])
    assert again.report is not None
    assert (again.report.blocked, world.paid) == (1, paid)


async def test_a_picture_that_is_none_is_painted_once_more_with_another_seed(world: Providers, archive: Path) -> None:
    world.fal.faults.queue("media", "picture black")
    state, seen = await run_papers([ID])
    painting = seen.outcomes[ID].painting
    assert painting is not None
    assert (state.name, world.paid, painting.seed, painting.dollars) == ("Completed", (1, 2), "43", 0.006)
    assert len(list((archive / "originals").iterdir())) == 2
    await run_papers([ID], refresh=False)
    assert world.paid == (1, 2)


async def test_two_papers_do_not_get_one_picture(world: Providers, archive: Path) -> None:
    world.fal.same_picture = True
    _, seen = await run_papers([ID, "2410.23743"])
    assert sorted(each.status for each in seen.outcomes.values()) == ["done", "failed"]
    (failed,) = [each for each in seen.outcomes.values() if each.status == "failed"]
    assert failed.reason == "Flawed"
    assert "is that of" in (failed.message or "")
    paid = world.paid
    assert paid == (2, 3)
    world.fal.same_picture = False
    await run_papers([ID, "2410.23743"])
    assert world.paid == paid  # both takes are in the journal


async def test_pictures_that_only_look_alike_are_kept_paid_once_and_remarked(world: Providers, archive: Path) -> None:
    world.fal.alike = True
    papers = [ID, "2410.23743"]
    state, seen = await run_papers(papers)
    assert (state.name, world.paid) == ("Completed", (2, 2))
    remarks = {name: outcome.resembles for name, outcome in seen.outcomes.items()}
    (twin,) = [name for name, other in remarks.items() if other]
    assert [remarks[twin]] == [name for name in papers if name != twin]
    async with open_records(Archive.open(str(archive))) as records:
        told = records.ask(STATS)
    month = dict(zip(told.columns, told.rows[0], strict=True))
    assert (month["pictures"], month["alike"]) == (2, 1)
    days, problems = hang(await Catalog(Archive.open(str(archive))).narrow(COLUMNS), date.min, date.max)
    plates = {card.id: card.plates[0] for day in days.values() for card in day.cards}
    assert problems == []
    assert ("Looks like", f"the picture of {remarks[twin]}") in plates[twin].facts


async def test_a_refused_key_fails_the_run_once_before_the_first_paper(world: Providers, archive: Path) -> None:
    world.openai.faults.always("models", "401")
    state, seen = await run_day()
    assert state.name == "Failed"
    assert "key" in (state.message or "")
    assert (seen.outcomes, world.openai.requests) == ({}, [])


async def test_an_exhausted_quota_stops_the_buying(
    world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_PROMPTS_AT_ONCE", "1")
    world.openai.faults.always("chat", "quota exhausted")
    state, seen = await run_day()
    assert state.name == "Failed"
    assert "quota" in (state.message or "")
    assert len(world.openai.faults.served) == 1
    assert {outcome.reason for outcome in seen.outcomes.values()} == {"OutOfService"}


async def test_transient_faults_are_sat_out(world: Providers, archive: Path) -> None:
    world.openai.faults.queue("chat", "500", "reset before reading", "HTML 200")
    world.fal.faults.queue("submit", "503", "429")
    world.fal.faults.queue("media", "500")
    state, seen = await run_papers([ID])
    assert state.name == "Completed"
    assert seen.outcomes[ID].status == "done"


async def test_failures_beyond_the_limit_fail_the_run_and_are_named(
    world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")
    world.fal.faults.always("submit", "503")
    state, seen = await run_day(limit=2)
    assert state.name == "Failed"
    assert all(paper in (state.message or "") for paper in seen.outcomes)
    assert all(outcome.prompt is not None for outcome in seen.outcomes.values())
    (path,) = parquet_files(archive)
    assert pq.read_table(path, partitioning=None).column("status").to_pylist() == ["failed"] * 2


async def test_a_wait_is_sat_out_once_for_all_and_stands_in_the_log(world: Providers, archive: Path) -> None:
    world.openai.faults.queue("chat", "429 seconds")
    state, seen = await run_day(limit=4)
    assert state.name == "Completed"
    assert sum(line.startswith("Waiting 1 s: ") for line in seen.lines) == 1
    assert world.paid == (4, 4)


@pytest.mark.parametrize("seed", [1, 2])
async def test_with_every_transient_fault_at_once_every_paper_is_illustrated(
    seed: int, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "10")
    names = [name for name in TRANSIENT if not name.startswith("429 ")]  # those two would make the test wait
    for fake in (world.openai, world.fal):
        fake.faults.at_random(0.1, seed, names)
    state, seen = await run_day()
    assert state.name == "Completed"
    assert {outcome.status for outcome in seen.outcomes.values()} == {"done"}
    assert len(seen.outcomes) == 9


@pytest.mark.parametrize("where", ["chat", "submit"])
async def test_after_an_outage_the_next_run_buys_only_what_is_missing(
    where: str, world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTISPIECE_ATTEMPTS", "2")
    fake = world.openai if where == "chat" else world.fal
    fake.faults.always(where, "503")
    state, _ = await run_day(limit=3)
    assert state.name == "Failed"
    fake.faults.always(where, None)
    state, _ = await run_day(limit=3)
    assert (state.name, world.paid) == ("Completed", (3, 3))


async def test_a_file_cut_short_in_the_catalog_is_named_and_the_rest_reads(world: Providers, archive: Path) -> None:
    await run_papers([ID])
    (archive / "catalog" / "day=2024-10-31" / "broken.parquet").write_bytes(b"PAR1 and no more")
    state, seen = await run_papers([ID])
    assert (state.name, world.paid) == ("Completed", (1, 1))
    assert any("broken.parquet" in line for line in seen.lines)


async def test_planted_keys_are_nowhere_in_the_archive_or_the_log(
    world: Providers, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0451")
    monkeypatch.setenv("FAL_KEY", "fal-planted-0451")
    world.openai.faults.queue("chat", "500")
    world.fal.faults.queue("submit", "422")
    _, seen = await run_day(limit=3)
    assert not any("planted" in line for line in seen.lines)
    assert not any(b"planted" in path.read_bytes() for path in archive.rglob("*") if path.is_file())
