"""The letter of a day as it is written: page, text and e-mail, whatever strangers call their papers."""

import asyncio
import email
import email.policy
import re
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from helpers.gallery_pages import Page
from helpers.hostile import WEAPONS
from helpers.stocked import DAY, NOW, outcome, run, stocked

from deployments.cli import main
from frontispiece.archive.calendar import note_empty
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.errors import ArchiveError, BadInput
from frontispiece.gallery import layout
from frontispiece.gallery.manifest import Manifest
from frontispiece.letter.edition import edition, newest_day
from frontispiece.letter.writing import MOST_NAMED, Letter, compose, write_letter
from frontispiece.settings import load_settings
from frontispiece.text import encodable

SITE = "https://example.org/papers/gallery/"


@pytest.fixture
async def archive(tmp_path: Path) -> Archive:
    return await stocked(tmp_path / "archive")


async def composed(archive: Archive, **choices: object) -> Letter:
    return await compose(archive, await edition(archive, Days(DAY, DAY), load_settings()), load_settings(**choices))


def parsed(content: bytes) -> tuple[EmailMessage, str, str]:
    """An e-mail as a mail program reads it, with its text and its page."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    return message, text.get_content().replace("\r\n", "\n"), page.get_content()


async def test_a_letter_has_a_text_a_page_and_the_pictures_it_shows(archive: Archive) -> None:
    await write_letter(
        archive,
        await edition(archive, Days(DAY, DAY), load_settings()),
        load_settings(letter_from="Ärzte <a@b.example>"),
    )
    message, text, html = parsed(await archive.get("letters/2024-10-31/letter.eml") or b"")
    assert message["Subject"] == "Thursday, 31 October 2024: On 1 Things & “Others”, and 2 more"
    assert (message["From"], message["To"]) == ("Ärzte <a@b.example>", None)
    assert "1. On 1 Things & “Others”\n   Ada Lovelace, Émilie du Châtelet\n" in text
    assert "https://arxiv.org/abs/2410.00001" in text
    assert max(map(len, text.splitlines())) <= 72
    pictures = {
        part["Content-ID"]: part.get_content() for part in message.walk() if part.get_content_type() == "image/jpeg"
    }
    shown = [attributes["src"] for tag, attributes in Page(html.encode()).elements if tag == "img"]
    assert [f"<{source.removeprefix('cid:')}>" for source in shown] == list(pictures)
    assert len(pictures) == 3
    assert all(content.startswith(b"\xff\xd8") for content in pictures.values())
    page = Page(await archive.get("letters/2024-10-31/letter.html") or b"")
    assert all(target.startswith(("https://arxiv.org/", "data:image/jpeg;base64,")) for target in page.targets)


async def test_pictures_are_linked_where_the_gallery_has_an_address(archive: Archive) -> None:
    with pytest.raises(BadInput, match=r"FRONTISPIECE_LETTER_PICTURES: .*--site-url"):
        await composed(archive, letter_pictures="linked")
    await archive.put(layout.placed(layout.MANIFEST), Manifest(site_url=SITE).to_bytes())
    letter = await composed(archive, letter_pictures="linked")
    targets = Page(letter.html.encode()).targets
    assert f"{SITE}day/2024-10-31.html" in targets
    pictures = [target for target in targets if target.endswith(".jpg")]
    assert len(pictures) == 3
    assert all(target.startswith("https://example.org/papers/pictures/20241031/") for target in pictures)
    assert letter.pictures == {}
    assert f"{SITE}paper/" in letter.text


async def test_words_of_strangers_are_words(tmp_path: Path) -> None:
    archive = Archive.open(str(tmp_path))
    names = [f"{encodable(weapon)} {number}\r\nBcc: x@y.example" for number, weapon in enumerate(WEAPONS)]
    one = await outcome(archive, 1)
    made = [
        one.model_copy(
            update={"paper": one.paper.model_copy(update={"id": f"2410.{n:05}", "title": name, "authors": (name,)})}
        )
        for n, name in enumerate(names)
    ]
    await Catalog(archive).write(DAY, "run-1", made, run())
    letter = await composed(archive, letter_papers=60)
    message, text, html = parsed(letter.message("a@b.example", "c@d.example", NOW).as_bytes())
    assert (message["Bcc"], message["To"]) == (None, "c@d.example")
    allowed = {"html", "head", "meta", "title", "style", "body", "div", "p", "a", "img", "h1", "h2"}
    assert {tag for tag, _ in Page(html.encode()).elements} <= allowed
    assert all(target.startswith(("https://arxiv.org/abs/", "cid:")) for target in Page(html.encode()).targets)
    assert all(line.isprintable() for line in text.splitlines())
    assert "<script>alert(1)</script>" in text


async def test_a_long_day_is_named_and_stays_short(tmp_path: Path) -> None:
    archive = Archive.open(str(tmp_path))
    one = await outcome(archive, 1)
    made = [
        one.model_copy(
            update={"paper": one.paper.model_copy(update={"id": f"2410.{n:05}", "title": f"{n} {'long ' * 60}"})}
        )
        for n in range(200)
    ]
    await Catalog(archive).write(DAY, "run-1", made, run())
    letter = await composed(archive)
    assert len(letter.pictures) == 12
    assert f"And {200 - 12 - MOST_NAMED} more." in " ".join(Page(letter.html.encode()).text.split())
    assert f"And {200 - 12 - MOST_NAMED} more." in letter.text
    assert len(letter.html) < 102_000  # what is longer Gmail cuts off


async def test_a_picture_that_is_lost_is_named_and_said(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    lost, *others = sorted(path for path in (archive.local_root or Path()).rglob("pictures/**/*.jpg"))
    lost.unlink()
    letter = await composed(archive)
    assert letter.problems == ("1 picture of 2024-10-31 cannot be shown; see frontispiece verify.",)
    assert (len(letter.pictures), letter.html.count("Also of this day")) == (2, 1)
    for path in others:
        path.write_bytes(b"no picture")
    with pytest.raises(ArchiveError, match="There is no letter: 3 pictures of 2024-10-31 cannot be shown"):
        await composed(archive)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        pytest.param(30, 30, "2024-10-30; frontispiece run 2024-10-30 makes some.", id="not run"),
        pytest.param(
            22, 23, "2024-10-22..2024-10-23; frontispiece backfill 2024-10-22..2024-10-23 makes some.", id="of two"
        ),
        pytest.param(22, 22, "2024-10-22: snapshot lists no papers on that day.", id="known to be empty"),
        pytest.param(
            1, 2, "2024-10-01..2024-10-02: snapshot has papers from 2024-10-21 to 2024-10-31 only.", id="beyond a file"
        ),
    ],
)
async def test_days_without_pictures_have_no_letter(first: int, last: int, said: str, archive: Archive) -> None:
    await note_empty(archive, date(2024, 10, 22), "snapshot")
    with pytest.raises(BadInput, match=f"^The archive has no picture of {re.escape(said)}$"):
        await edition(archive, Days(date(2024, 10, first), date(2024, 10, last)), load_settings())
    assert await newest_day(archive) == DAY


async def test_one_letter_has_one_id_and_each_receiver_another(archive: Archive) -> None:
    letter = await composed(archive)
    ids = [
        letter.message("a@b.example", who, datetime.now(UTC))["Message-ID"]
        for who in ("c@d.example", "C@D.example", "e@f.example")
    ]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@b.example>")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(("2024-10-31",), 0, "letters/2024-10-31/letter.html", id="a day"),
        pytest.param((), 0, "letters/2024-10-31/letter.html", id="the newest"),
        pytest.param(("2024-10-30",), 2, "has no picture of 2024-10-30", id="a day without pictures"),
        pytest.param(("--again",), 2, "--again goes with --send", id="again without send"),
        pytest.param(("--send",), 2, "wants receivers: FRONTISPIECE_LETTER_TO is not set", id="nobody to send it to"),
    ],
)
async def test_the_command_says_where_the_letter_is(
    archive: Archive,
    arguments: tuple[str, ...],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await asyncio.to_thread(main, ["letter", *arguments, "--archive", archive.where()]) == code
    out, err = capsys.readouterr()
    assert said in (err if code else out)
