"""A poster shows the pictures of its days, whatever they are called, and is the same for the same days."""

import asyncio
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from helpers.stocked import DAY, outcome, run, stocked
from PIL import Image, ImageChops, ImageStat

from deployments.cli import main
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.errors import ArchiveError
from frontispiece.letter.edition import edition
from frontispiece.letter.poster import DPI, HEIGHT, MOST, WIDTH, chosen, make_poster
from frontispiece.settings import load_settings


async def test_a_poster_is_a_sheet_of_the_days_pictures(tmp_path: Path) -> None:
    archive = await stocked(tmp_path)
    shown = await edition(archive, Days(DAY, DAY), load_settings())
    poster = await make_poster(archive, shown)
    assert (poster.paths, poster.problems) == (("posters/2024-10-31.png", "posters/2024-10-31.pdf"), ())
    png, pdf = [await archive.get(path) or b"" for path in poster.paths]
    sheet = Image.open(io.BytesIO(png))
    assert (sheet.size, round(sheet.info["dpi"][0])) == ((WIDTH, HEIGHT), DPI)
    middle = sheet.crop((0, HEIGHT // 3, WIDTH, 2 * HEIGHT // 3)).convert("L")
    assert ImageStat.Stat(middle).stddev[0] > 20  # pictures, and not paper alone
    edge = sheet.crop((0, 0, 60, HEIGHT))
    assert ImageChops.difference(edge, Image.new("RGB", edge.size, edge.getpixel((0, 0)))).getbbox() is None
    assert pdf.startswith(b"%PDF-")
    box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", pdf)
    assert box
    assert [round(float(side)) for side in box.groups()] == [595, 842]  # A4 in points
    again = await make_poster(archive, shown)
    assert [await archive.get(path) for path in again.paths] == [png, pdf]


async def test_titles_that_cannot_be_lettered_do_no_harm_and_of_many_papers_some_are_shown(tmp_path: Path) -> None:
    archive = Archive.open(str(tmp_path))
    one = await outcome(archive, 1)
    titles = ["纹理", "\u202e", "x" * 500, "Ω ≤ 3–4 … “ω” ẞ ﬁ", "💥", "", *(f"Paper {n}" for n in range(20))]
    days = [DAY + timedelta(days=n < 13) for n in range(len(titles))]
    listings = [one.paper.listing.model_copy(update={"day": day, "rank": n}) for n, day in enumerate(days)]
    made = [
        one.model_copy(
            update={"paper": one.paper.model_copy(update={"id": f"2410.{n:05}", "title": title, "listing": listing})}
        )
        for n, (title, listing) in enumerate(zip(titles, listings, strict=True))
    ]
    await Catalog(archive).write(DAY + timedelta(days=1), "run-1", made[:13], run())
    await Catalog(archive).write(DAY, "run-2", made[13:], run("run-2"))
    week = await edition(archive, Days(DAY - timedelta(days=3), DAY + timedelta(days=3)), load_settings())
    assert len(week.cards) > MOST
    assert [card.day for card in chosen(week.cards)] == [DAY] * (MOST // 2) + [DAY + timedelta(days=1)] * (MOST // 2)
    assert (await make_poster(archive, week)).paths[0] == "posters/2024-10-28..2024-11-03.png"


async def test_a_picture_that_is_lost_is_left_out_and_said(tmp_path: Path) -> None:
    archive = await stocked(tmp_path, pictures=2)
    shown = await edition(archive, Days(DAY, DAY), load_settings())
    first, last = sorted((tmp_path / "pictures").rglob("*.jpg"))
    first.write_bytes(b"\xff\xd8\xff no picture")
    problem = "1 picture of 2024-10-31 cannot be shown; see frontispiece verify."
    assert (await make_poster(archive, shown)).problems == (problem,)
    last.unlink()
    with pytest.raises(ArchiveError, match="There is no poster: 2 pictures"):
        await make_poster(archive, shown)


@pytest.mark.parametrize(
    ("days", "code", "said"),
    [
        pytest.param("2024-W44", 0, "posters/2024-10-28..2024-11-03.pdf", id="a week"),
        pytest.param("2024-W54", 2, "'2024-W54' is no week of the calendar", id="no week"),
        pytest.param("2024", 2, "366 days; a poster shows 31 at most", id="a year"),
        pytest.param("2024-10-29", 2, "has no picture of 2024-10-29", id="a day without pictures"),
    ],
)
async def test_the_command_says_where_the_poster_is(
    tmp_path: Path, days: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await stocked(tmp_path, pictures=1)
    assert await asyncio.to_thread(main, ["poster", days, "--archive", str(tmp_path)]) == code
    out, err = capsys.readouterr()
    assert said in (err if code else out)
