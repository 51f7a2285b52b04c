"""The predecessor's archive moves in: its log is read, its papers are found, nothing is bought."""

import asyncio
import hashlib
import io
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from helpers.stocked import STORY, png
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deployments.cli import main
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.images import to_jpeg
from frontispiece.archive.query import open_records
from frontispiece.archive.store import Archive
from frontispiece.maintenance.import_log import find_ids, parse_log, parse_logs, predecessor_recipe
from frontispiece.maintenance.verify import verify
from frontispiece.painters import open_painter
from frontispiece.recipe import Recipe
from frontispiece.settings import load_settings
from frontispiece.writers import open_writer

SEED_LOG = Path(__file__).parents[2] / "seed-log.txt"
SEED_KEY = "6550f79d46b1945c"
TITLE = "Constraint Back-translation Improves Complex Instruction Following of Large Language Models"


def key(paper_id: str) -> str:
    return hashlib.md5(f"https://huggingface.co/papers/{paper_id}".encode(), usedforsecurity=False).hexdigest()[:16]


PROMPT = "Draw it.\n\nAnd a label."


def told(paper_id: str, title: str, minute: int = 7, junk: str = "", day: str = "01.11.2024") -> str:
    """What the predecessor's log says about one paper."""
    at = f"[{day} 06:{minute:02}]"
    return (
        f"{at} [Experimental] Generating an image for paper {title}.\n{junk}"
        f"{at} OpenAI request. Model: gpt-4o-mini. Prompt: Write. Title: '{title}' Text: 'We\nshow.'\n{junk}"
        f"{at} Response: {PROMPT}\n{junk}"
        f"{at} Generating image by prompt: {PROMPT}.\n{junk}"
        f"{at} Saving generated image from https://fal.media/files/{minute}.png to {key(paper_id)}.jpg.\n{junk}"
    )


REVIEW = """{
  "desc": "Статья описывает новый подход.\\n[Experimental] and so on.",
  "emoji": "🧠",
  "title": "Response: Generating image by prompt: nothing."
}"""
AT = "[01.11.2024 06:08] "
NOISE = {
    "feed": f"{AT}Get feed.\n{AT}Extract page data from URL. URL: https://huggingface.co/papers/2410.24175\n",
    "abstract": f"{AT}{'*' * 80}\n{AT}Abstract 3. We generate an image for papers.\n\nTwo lines of it....\n",
    "review": f"{AT}Querying the API.\n{AT}Claude request. Model: claude-haiku-4-5. Prompt: Read.\n\nIt.\n"
    f"{AT}Response: {REVIEW}\n",
    "review by OpenAI": f"{AT}OpenAI request. Model: gpt-4o. Prompt: Read an abstract.\n{AT}Response: {REVIEW}\n",
    "failed review": f"{AT}Mistral request. Model: mistral-large-latest. Prompt: Write.\n{AT}Error getting data: 503\n",
    "broken JSON": f"{AT}Claude request. Model: c. Prompt: Read.\n{AT}Response: {{\n"
    f"{AT}Error. Failed to parse JSON from LLM. {{\n{AT}Fallback to OpenAI.\n",
    "structured answer": f"{AT}Response: ParsedChatCompletionMessage[Article](content='{{}}')\n",
    "page": f"{AT}[Experimental] Generating Chinese page for reading.\n{AT}Writing result.\n{AT}Renaming log file.\n",
}


def kept(title: str) -> str:
    """What the log says of a paper that has its picture from an earlier run."""
    return (
        f"{AT}[Experimental] Generating an image for paper {title}.\n"
        f"{AT}[Experimental] Image for paper {title} already exists.\n"
    )


def failed(paper_id: str, title: str, saved: bool) -> str:
    """What it says of one whose picture could not be painted, or be downloaded."""
    whole = told(paper_id, title)
    return (whole if saved else whole.rpartition("[")[0]) + f"{AT}Error generating an image: cannot identify\nit\n"


class TestReading:
    def test_the_seed_log_is_read_to_the_letter(self) -> None:
        log = parse_log(SEED_LOG.read_text())
        (one,) = log.past
        assert log.problems == ()
        assert (one.key, one.title, one.model) == (SEED_KEY, TITLE, "gpt-4o-mini")
        assert one.at == datetime(2024, 11, 1, 6, 7, tzinfo=UTC)
        assert one.url == "https://fal.media/files/monkey/7ZBHbKkm2LBZDJHsdIa_r.png"
        assert one.prompt.startswith("**Prompt:** Create a linear art")
        assert one.prompt.endswith("focus in the artwork.")
        assert one.abstract.startswith("Large language models (LLMs) struggle")
        assert one.abstract.endswith("facilitate future research.")
        assert one.request.startswith("Write a text with image prompt")

    @pytest.mark.parametrize(
        "junk",
        [
            pytest.param("", id="none"),
            pytest.param("[01.11.2024 06:08] Fetched 31 papers.\n", id="other messages"),
            pytest.param("Traceback (most recent call last):\n  oops\n", id="a traceback"),
            pytest.param("\n\n", id="empty lines"),
            pytest.param("[99.99.2024 06:08] what\n", id="an impossible time"),
            pytest.param("\x00\ufffd[[\n", id="garbage"),
        ],
    )
    def test_several_papers_between_other_lines(self, junk: str) -> None:
        parts = [told(f"2410.0000{number}", f"Paper {number}", number, junk) for number in range(1, 5)]
        log = parse_log("".join([junk, *parts]))
        assert log.problems == ()
        assert [one.title for one in log.past] == [f"Paper {number}" for number in range(1, 5)]
        assert {one.prompt for one in log.past} == {PROMPT}
        assert [one.at.minute for one in log.past] == [1, 2, 3, 4]

    def test_line_ends_of_windows_are_read_alike(self) -> None:
        text = told("2410.00001", "One").replace("\n", "\r\n")
        assert parse_log(text) == parse_log(text.replace("\r\n", "\n"))

    def test_a_paper_made_twice_counts_once_and_the_last_holds(self) -> None:
        log = parse_log(told("2410.00001", "One", 1) + told("2410.00002", "Two", 2) + told("2410.00001", "One", 3))
        assert [(one.title, one.at.minute) for one in log.past] == [("Two", 2), ("One", 3)]

    def test_a_paper_without_a_picture_is_named(self) -> None:
        cut = told("2410.00001", "Lost").rpartition("[")[0]
        log = parse_log(cut + told("2410.00002", "Two"))
        assert [one.title for one in log.past] == ["Two"]
        assert log.problems == ("“Lost” has no picture in the log.",)

    def test_a_picture_without_a_beginning_is_named(self) -> None:
        log = parse_log(told("2410.00001", "One").partition("\n")[2])
        assert log.past == ()
        assert len(log.problems) == 1

    @pytest.mark.parametrize("saved", [pytest.param(False, id="painted"), pytest.param(True, id="downloaded")])
    def test_a_picture_that_could_not_be_made_is_named(self, saved: bool) -> None:
        log = parse_log(failed("2410.00001", "Lost", saved) + told("2410.00002", "Two"))
        assert [one.title for one in log.past] == ["Two"]
        assert log.problems == ("“Lost” has no picture in the log.",)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(kept("One"), id="of an earlier day"),
            pytest.param(told("2410.00001", "One") + kept("One") + kept("One"), id="several runs a day"),
            pytest.param(failed("2410.00001", "One", True) + told("2410.00001", "One"), id="tried again"),
            pytest.param(told("2410.00001", "One") + failed("2410.00001", "One", True), id="tried once more"),
        ],
    )
    def test_who_has_a_picture_from_another_run_is_no_problem(self, text: str) -> None:
        assert parse_log(text).problems == ()

    def test_logs_that_belong_together_know_of_each_other(self) -> None:
        texts = [
            failed("2410.00001", "One", False),
            told("2410.00001", "One"),
            kept("Two"),
            failed("2410.2", "Two", True),
        ]
        assert [log.problems for log in parse_logs(texts)] == [()] * 4

    @pytest.mark.parametrize("asked", ["Claude request. Model: c.", "OpenAI request. Model: gpt-4o."])
    def test_an_answer_belongs_to_the_request_before_it(self, asked: str) -> None:
        lines = told("2410.00001", "One").splitlines(keepends=True)
        lines.insert(3, f"{AT}{asked} Prompt: Read.\n")
        log = parse_log("".join(lines))
        assert log.past == ()
        assert len(log.problems) == 1

    def test_a_prompt_that_is_not_the_answer_is_not_believed(self) -> None:
        log = parse_log(told("2410.00001", "One").replace(f"Response: {PROMPT}", f"Response: {REVIEW}"))
        assert log.past == ()
        assert len(log.problems) == 1

    @given(st.data())
    def test_of_a_mixed_log_exactly_what_was_made_is_read(self, data: st.DataObject) -> None:
        """Runs of pictures, failures and papers that had theirs, with all that the predecessor did besides."""
        noise = st.lists(st.sampled_from([*NOISE.values()]), max_size=2).map("".join)
        words = st.text("ab?'“.ω\u2028\x0c ", min_size=1).map(lambda text: " ".join(text.split())).filter(bool)
        texts = (
            st.lists(st.text("ab.'”ω\u2028\x85 "), min_size=1).map(lambda lines: "\n".join(lines).strip()).filter(bool)
        )
        log, expected, bare = "", dict[str, tuple[str, ...]](), list[str]()
        for number in range(data.draw(st.integers(0, 5))):
            log += data.draw(noise)
            paper_id, title = f"2410.{number:05}", f"{number} {data.draw(words)}"
            fate = data.draw(st.sampled_from(["made", "kept", "not painted", "not downloaded"]))
            if fate == "kept":
                log += kept(title)
                continue
            prompt, abstract = data.draw(texts), data.draw(texts)
            at = f"[01.11.2024 06:{number:02}] "
            lines = [
                f"{at}[Experimental] Generating an image for paper {title}.\n",
                f"{at}OpenAI request. Model: m-{number}. Prompt: Write. Title: '{title}' Text: '{abstract}'\n",
                f"{at}Response: {prompt}\n",
                f"{at}Generating image by prompt: {prompt}.\n",
                f"{at}Saving generated image from https://fal.media/{number}.png to {key(paper_id)}.jpg.\n",
            ]
            if fate != "made":
                bare.append(title)
                lines[4 if fate == "not painted" else 5 :] = [f"{at}Error generating an image: no.\n"]
            else:
                expected[key(paper_id)] = (title, f"m-{number}", abstract, prompt, f"https://fal.media/{number}.png")
            log += "".join(line + data.draw(noise) for line in lines)
        read = parse_log(log)
        found = {one.key: (one.title, one.model, one.abstract, one.prompt, one.url) for one in read.past}
        assert found == expected
        assert read.problems == tuple(f"“{title}” has no picture in the log." for title in bare)

    @given(st.text() | st.lists(st.sampled_from(told("2410.00001", "One").splitlines())).map("\n".join))
    def test_any_text_is_read(self, text: str) -> None:
        for one in parse_log(text).past:
            assert one.key == key("2410.00001")
            assert one.prompt


def test_ids_are_found_by_their_keys() -> None:
    ids = ["1502.00007", "1501.12345", "1412.6980", "0704.0001"]
    found = find_ids([*map(key, ids), key("no-arxiv-id")], date(2015, 2, 28))
    assert found == {key(paper_id): paper_id for paper_id in ids}


async def test_the_recipe_is_the_one_a_run_has_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv("FAL_KEY", "x")
    settings = load_settings()
    writer, painter = open_writer("openai", settings), open_painter("fal", settings)
    expected = Recipe(writer=writer.recipe, painter=painter.recipe, jpeg_quality=settings.jpeg_quality)
    await writer.close()
    await painter.close()
    other = load_settings(
        **{"fal_seed": 7, "jpeg_quality": 80, "style": "fenced", "writer": "template", "painter": "lineart"},
        **{"openai_temperature": 0.1, "openai_reasoning_effort": "low", "openai_max_completion_tokens": 900},
    )
    assert predecessor_recipe(other, "gpt-4o-mini") == expected
    assert predecessor_recipe(other, "gpt-4.1-mini") != expected


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The predecessor's folder of pictures, and a new archive."""
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(tmp_path / "archive"))
    picture(tmp_path / "old/20241031" / f"{SEED_KEY}.jpg")
    return tmp_path / "old"


def picture(path: Path) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((384, 720)).convert("RGB").save(file, "JPEG", quality=60)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.getvalue())
    return file.getvalue()


def rows(root: Path) -> list[dict[str, object]]:
    async def ask() -> list[dict[str, object]]:
        async with open_records(Archive.open(str(root))) as records:
            answer = records.ask("SELECT * FROM latest ORDER BY paper_id")
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    return asyncio.run(ask())


def test_an_old_archive_moves_in(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = (old / "20241031" / f"{SEED_KEY}.jpg").read_bytes()
    assert main(["import-log", str(SEED_LOG), "--pictures", str(old)]) == 0
    assert "1 picture entered" in capsys.readouterr().out
    root = tmp_path / "archive"
    assert (root / "pictures/20241031" / f"{SEED_KEY}.jpg").read_bytes() == content
    (row,) = rows(root)
    assert (row["paper_id"], row["paper_key"], row["paper_title"]) == ("2410.24175", SEED_KEY, TITLE)
    assert (row["painter_model"], row["painter_seed"]) == ("fal-ai/flux/schnell", "42")
    assert row["writer_model"] == "gpt-4o-mini"
    assert (row["day"], row["paper_published"]) == (date(2024, 11, 1), date(2024, 10, 31))
    assert (row["dollars"], row["unpriced"]) == (0, 2)
    assert asyncio.run(verify(Archive.open(str(root)))).findings == []
    recipe = predecessor_recipe(load_settings(), "gpt-4o-mini").fingerprint
    archived = asyncio.run(Catalog(Archive.open(str(root))).archived([SEED_KEY], recipe))
    assert archived[SEED_KEY].path == f"pictures/20241031/{SEED_KEY}.jpg"


def test_a_folder_that_is_the_archive_already_is_entered_where_it_lies(old: Path, tmp_path: Path) -> None:
    old.rename(tmp_path / "pictures")
    (tmp_path / "archive").mkdir()
    (tmp_path / "pictures").rename(tmp_path / "archive/pictures")
    assert main(["import-log", str(SEED_LOG)]) == 0
    assert len(rows(tmp_path / "archive")) == 1


def test_importing_again_changes_nothing(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["import-log", str(SEED_LOG), "--pictures", str(old)])
    before = sorted((tmp_path / "archive").rglob("*"))
    assert main(["import-log", str(SEED_LOG), str(SEED_LOG)]) == 0
    assert "0 pictures entered, 2 were in the catalog" in capsys.readouterr().out
    assert sorted((tmp_path / "archive").rglob("*")) == before


def test_a_log_that_has_grown_adds_its_new_pictures(old: Path, tmp_path: Path) -> None:
    log = tmp_path / "grown.txt"
    log.write_text(SEED_LOG.read_text())
    main(["import-log", str(log), "--pictures", str(old)])
    log.write_text(SEED_LOG.read_text() + "\n" + told("2410.00002", "Two", 9))
    picture(old / f"{key('2410.00002')}.jpg")
    assert main(["import-log", str(log), "--pictures", str(old)]) == 0
    assert [row["paper_id"] for row in rows(tmp_path / "archive")] == ["2410.00002", "2410.24175"]
    assert (tmp_path / "archive/pictures/20241101" / f"{key('2410.00002')}.jpg").exists()


def test_what_is_missing_or_broken_is_named_and_the_rest_entered(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.txt"
    names = {"0704.0001": "Whole", "0704.0002": "No picture", "0704.0003": "Broken", "no-arxiv-id": "Elsewhere"}
    log.write_text("".join(told(paper_id, title, day="01.06.2007") for paper_id, title in names.items()))
    picture(old / "20070401" / f"{key('0704.0001')}.jpg")
    (old / f"{key('0704.0003')}.jpg").write_bytes(b"<html>")
    assert main(["import-log", str(log), "--pictures", str(old)]) == 1
    out = capsys.readouterr().out
    assert "1 picture entered" in out
    for name in ("No picture", key("0704.0003"), "Elsewhere"):
        assert name in out
    assert len(rows(tmp_path / "archive")) == 1


def test_a_day_of_several_runs_moves_in_without_complaint(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = "".join(NOISE.values())
    log = tmp_path / "log.txt"
    log.write_text("\ufeff" + noise + SEED_LOG.read_text() + "\n" + noise + kept(TITLE) + noise + kept("Elsewhere"))
    assert main(["import-log", str(log), "--pictures", str(old)]) == 0
    assert capsys.readouterr().out == "1 picture entered, 0 were in the catalog.\n"
    (row,) = rows(tmp_path / "archive")
    assert row["prompt"] == parse_log(SEED_LOG.read_text()).past[0].prompt


def test_a_picture_that_failed_in_one_log_and_was_made_in_the_next_is_no_problem(old: Path, tmp_path: Path) -> None:
    morning = tmp_path / "morning.txt"
    morning.write_text(failed("2410.24175", TITLE, saved=True))
    assert main(["import-log", str(morning), str(SEED_LOG), "--pictures", str(old)]) == 0
    assert main(["import-log", str(morning)]) == 1


INK = STORY.model_copy(update={"painter": "lineart", "painter_model": "lineart-1"})


def drawing(path: Path) -> bytes:
    """A drawing of ours where the log's picture would lie."""
    jpeg, _, _ = to_jpeg(png(1), 60, INK)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg)
    return jpeg


@pytest.mark.parametrize(
    ("folder", "options"),
    [
        pytest.param("archive/pictures", [], id="in the archive"),
        pytest.param("mine", ["--pictures"], id="offered"),
    ],
)
def test_a_picture_that_tells_another_story_is_refused(
    folder: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "archive"
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", str(root))
    place = tmp_path / folder / "20241031" / f"{SEED_KEY}.jpg"
    jpeg = drawing(place)
    assert main(["import-log", str(SEED_LOG), *options, *[str(tmp_path / folder) for _ in options]]) == 1
    out = capsys.readouterr().out
    assert f"{SEED_KEY}.jpg is left out" in out
    assert "lineart" in out
    assert "0 pictures entered" in out
    assert not list(root.rglob("*.parquet"))
    assert [path.read_bytes() for path in root.rglob("*.jpg")] == ([] if options else [jpeg])


@pytest.mark.slow
def test_the_predecessors_picture_is_entered_beside_a_drawing_that_has_its_name(old: Path, tmp_path: Path) -> None:
    root = tmp_path / "archive"
    jpeg = drawing(root / "pictures/20241031" / f"{SEED_KEY}.jpg")
    assert main(["rebuild"]) == 0
    assert main(["import-log", str(SEED_LOG), "--pictures", str(old)]) == 0
    recipe = predecessor_recipe(load_settings(), "gpt-4o-mini").fingerprint
    places = {row["recipe"]: str(row["picture_path"]) for row in rows(root)}
    plain = f"pictures/20241031/{SEED_KEY}"
    assert places == {INK.recipe: f"{plain}.jpg", recipe: f"{plain}-{recipe}.jpg"}
    assert (root / places[INK.recipe]).read_bytes() == jpeg
    assert (root / places[recipe]).read_bytes() == (old / "20241031" / f"{SEED_KEY}.jpg").read_bytes()
    assert main(["verify"]) == 0
    shutil.rmtree(root / "catalog")
    assert main(["import-log", str(SEED_LOG)]) == 0  # its second name is found again
    assert [row["picture_path"] for row in rows(root)] == [places[recipe]]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["no-such.log"], "no-such.log", id="no log"),
        pytest.param([str(SEED_LOG), "--pictures", "no-such-folder"], "no-such-folder", id="no folder"),
        pytest.param([], "LOGS", id="nothing"),
    ],
)
def test_bad_input_gets_one_line(
    arguments: list[str], complaint: str, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import-log", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert complaint in err
