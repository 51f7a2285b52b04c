"""Publishing the gallery: only what changed is written, every link leads to a file, and the commands say so."""

import asyncio
import io
import os
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fakes.s3 import FakeS3
from fakes.server import serving
from helpers.gallery_pages import Page, script_data
from helpers.stocked import DAY, NOW, outcome, painting, png, run, stocked
from PIL import Image

from deployments.cli import main
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.paths import CATALOG, catalog_month
from frontispiece.archive.store import Archive
from frontispiece.gallery import layout
from frontispiece.gallery.manifest import Manifest
from frontispiece.gallery.publisher import Published, hang_ahead, publish
from frontispiece.gallery.search import DRAWERS
from frontispiece.gallery.thumbnails import MAX_BYTES


async def published(archive: Archive, **options: object) -> Published:
    files, catalog = await archive.list(CATALOG), Catalog(archive)
    return await publish(archive, catalog.narrow, files, catalog_month, unread=catalog.problems, **options)  # type: ignore[arg-type]


async def written(archive: Archive, **options: object) -> set[str]:
    """What a publication writes or deletes, as places in the gallery."""
    assert archive.local_root is not None
    for path in (archive.local_root / "gallery").rglob("*"):
        os.utime(path, (0, 0))  # what is written a moment later may else look as old
    before = {each.path: each.modified for each in await archive.list("gallery")}
    await published(archive, **options)
    after = {each.path: each.modified for each in await archive.list("gallery")}
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    return {path.removeprefix("gallery/") for path in changed}


@pytest.fixture
async def archive(tmp_path: Path) -> Archive:
    return await stocked(tmp_path / "archive")


def _resolved(root: Path, pages: Iterable[Path]) -> list[str]:
    """Links between files that lead nowhere."""
    dead = []
    for path in pages:
        for target in Page(path.read_bytes()).targets:
            parts = urlsplit(target)
            if not parts.scheme and parts.path and not (path.parent / parts.path).is_file():
                dead.append(f"{path.relative_to(root)} → {target}")
    return dead


async def test_every_link_leads_to_a_file(archive: Archive) -> None:
    done = await published(archive)
    assert (done.days, done.papers, done.thumbnails, done.problems) == ([DAY], 3, 3, [])
    assert archive.local_root is not None
    pages = sorted((archive.local_root / "gallery").rglob("*.html"))
    assert len(pages) == 10
    # What search.js clones is no page of its own: its pictures are filled in.
    assert _resolved(archive.local_root, [path for path in pages if path.name != "search.html"]) == []
    _, index = script_data((archive.local_root / "gallery/data/days.js").read_bytes())
    assert index["months"]["2024-10"]["31"][0] == 3  # type: ignore[index,call-overload]
    assert list(index["parts"]) == ["2024-10"]  # type: ignore[index,call-overload]


async def test_nothing_new_writes_nothing(archive: Archive) -> None:
    await published(archive)
    assert await written(archive) == set()
    assert (await published(archive)).files == 0


async def test_thumbnails_that_were_made_ahead_are_found(archive: Archive) -> None:
    for number in (1, 2, 3):
        await hang_ahead(archive, await outcome(archive, number))
    done = await published(archive)
    assert (done.papers, done.thumbnails, done.problems) == (3, 0, [])


async def test_a_line_drawing_is_shown_by_its_original_while_that_is_there() -> None:
    archive = Archive.open("memory://")
    drawn = []
    for number in (1, 2, 3):
        one = await outcome(archive, number)
        assert one.painting is not None
        painter = "fal" if number == 3 else "lineart"
        drawn.append(one.model_copy(update={"painting": one.painting.model_copy(update={"painter": painter})}))
    await archive.delete(painting(2).original.path)
    await Catalog(archive).write(DAY, "run-1", drawn, run())
    assert (await published(archive)).thumbnails == 3

    async def as_painted(number: int) -> bool:
        picture = drawn[number - 1].picture
        assert picture is not None
        thumb = await archive.get(layout.placed(layout.webp(picture, 96)))
        return image(thumb or b"").tobytes() == image(png(number)).tobytes()

    assert [await as_painted(number) for number in (1, 2, 3)] == [True, False, False]


def image(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


async def test_thumbnails_of_an_earlier_version_are_made_anew_and_its_own_deleted(archive: Archive) -> None:
    await published(archive)
    (small, *_) = [each.path for each in await archive.list("gallery/thumbs") if each.path.endswith("-96.webp")]
    old = small.replace("-96.webp", "-80.webp")
    await archive.put(old, await archive.get(small) or b"")
    await archive.delete(small)
    assert (await published(archive, everything=True)).thumbnails == 1
    assert await archive.existing([small, old]) == {small}


FRONT = {
    "404.html",
    "kept.html",
    "feed/cs-cl.xml",
    "feed/cs.xml",
    "index.html",
    "calendar.html",
    "search.html",
    "feed.xml",
    "data/days.js",
    "manifest.json",
} | {f"assets/{path.name}" for path in (Path(layout.__file__).parent / "static").iterdir()}


async def test_a_new_day_writes_its_own_pages_only(archive: Archive) -> None:
    await published(archive)
    new = DAY + timedelta(days=30)
    await Catalog(archive).write(new, "run-2", [await outcome(archive, 7, new)], run("run-2"))
    changed = await written(archive)
    thumbs = {place for place in changed if place.startswith("thumbs/20241130/")}
    assert len(thumbs) == 2
    papers = {place for place in changed if place.startswith("paper/")}
    assert len(papers) == 1
    assert changed - thumbs - papers - FRONT == {
        "day/2024-11-30.html",
        "month/2024-11.html",
        "data/2024-11-30.js",
        *(layout.words_data("2024-10", drawer) for drawer in DRAWERS),  # the part that November is in, too
    }


async def test_another_recipe_rewrites_the_days_it_concerns_only(archive: Archive) -> None:
    other_day = DAY - timedelta(days=30)
    await Catalog(archive).write(other_day, "run-0", [await outcome(archive, 50, other_day)], run("run-0"))
    await published(archive)
    # The same paper on another list, painted by another recipe.
    later = DAY + timedelta(days=1)
    again = (await outcome(archive, 50, later)).model_copy(update={"recipe": "fedcba9876543210"})
    await Catalog(archive).write(later, "run-2", [again], run("run-2", NOW + timedelta(days=1)))
    changed = await written(archive)
    assert {place for place in changed if place.startswith("day/")} == {
        "day/2024-10-01.html",
        "day/2024-10-31.html",  # its papers are like this one, and show it
        "day/2024-11-01.html",
    }
    # Its own page goes with the newest day, and stays when that is taken down.
    page = f"gallery/paper/{again.paper.key[:2]}/{again.paper.key}.html"
    assert "1 November 2024" in Page(await archive.get(page) or b"").text
    await archive.delete(f"{CATALOG}/day=2024-11-01/run-2.parquet")
    await published(archive)
    assert "1 October 2024" in Page(await archive.get(page) or b"").text


async def test_a_picture_made_anew_has_new_thumbnails_and_no_old_ones(archive: Archive) -> None:
    await published(archive)
    before = {each.path for each in await archive.list("gallery/thumbs")}
    made = await outcome(archive, 1)
    assert made.picture is not None
    anew = made.model_copy(update={"picture": made.picture.model_copy(update={"digest": "ab" * 32})})
    await Catalog(archive).write(DAY, "run-2", [anew], run("run-2", NOW + timedelta(days=1)))
    assert (await published(archive)).thumbnails == 1
    after = {each.path for each in await archive.list("gallery/thumbs")}
    assert {"abababab" in path for path in after - before} == {True}
    assert len(after) == len(before)


async def test_days_and_months_that_are_gone_are_taken_down(archive: Archive) -> None:
    new = DAY + timedelta(days=30)
    path = await Catalog(archive).write(new, "run-2", [await outcome(archive, 7, new)], run("run-2"))
    await published(archive)
    await archive.delete(path)
    done = await published(archive)
    assert (done.removed, done.papers) == ([new], 3)
    left = {each.path for each in await archive.list("gallery")}
    assert len([path for path in left if path.startswith("gallery/paper/")]) == 3
    assert not left & {"gallery/day/2024-11-30.html", "gallery/month/2024-11.html", "gallery/data/2024-11-30.js"}


async def test_what_hangs_stays_while_its_catalog_cannot_be_read(archive: Archive) -> None:
    new = DAY + timedelta(days=30)
    path = await Catalog(archive).write(new, "run-2", [await outcome(archive, 7, new)], run("run-2"))
    await published(archive)
    hangs = {each.path for each in await archive.list("gallery")}
    whole = await archive.get(path, max_bytes=1_000_000)
    assert whole is not None
    await archive.put(path, whole[:500])
    for _ in range(2):
        done = await published(archive)
        assert (done.removed, done.papers) == ([], 4)
        assert done.problems[-1] == "What hangs of 2024-11 stays as it is until all of its catalog can be read."
        assert {each.path for each in await archive.list("gallery")} == hangs
    await archive.put(path, whole)
    assert (await published(archive)).problems == []


async def test_compacting_the_catalog_rewrites_no_page(archive: Archive) -> None:
    from frontispiece.maintenance.compact import compact_month, months_to_compact

    await Catalog(archive).write(DAY, "run-2", [await outcome(archive, 8)], run("run-2"))
    await published(archive)
    for month, paths in (await months_to_compact(archive, date(2025, 1, 1))).items():
        await compact_month(archive, month, paths)
    assert await written(archive) == {"manifest.json"}


@pytest.mark.parametrize("how", ["gone", "too large to be read"])
async def test_a_lost_picture_is_named_left_out_and_tried_again(how: str, archive: Archive) -> None:
    assert archive.local_root is not None
    (lost, *_) = sorted((archive.local_root / "pictures").rglob("*.jpg"))
    content = lost.read_bytes()
    if how == "gone":
        lost.unlink()
    else:
        os.truncate(lost, MAX_BYTES + 1)
    done = await published(archive)
    assert done.papers == 2
    assert done.problems == [f"{lost.relative_to(archive.local_root)} is missing or damaged; see frontispiece verify."]
    assert _resolved(archive.local_root, (archive.local_root / "gallery").glob("[!s]*.html")) == []
    lost.write_bytes(content)
    done = await published(archive)
    assert (done.papers, done.problems, done.days) == (3, [], [DAY])
    assert await written(archive) == set()


@pytest.mark.parametrize("content", [b"", b"{", b'{"days": {"x": 1}}', b"[]", b'{"surprise": 1}'])
async def test_a_damaged_manifest_means_that_all_is_written_again(archive: Archive, content: bytes) -> None:
    await published(archive)
    await archive.put("gallery/manifest.json", content)
    assert (await published(archive)).days == [DAY]


async def test_an_interrupted_publication_is_taken_up(archive: Archive) -> None:
    class Interrupted(Exception):
        pass

    put = archive.put

    async def no_front(path: str, content: bytes, *, durable: bool = False) -> None:
        if path == "gallery/index.html":
            raise Interrupted
        await put(path, content, durable=durable)

    archive.put = no_front  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        await published(archive)
    archive.put = put  # type: ignore[method-assign]
    changed = await written(archive)
    assert "index.html" in changed
    assert "day/2024-10-31.html" not in changed


async def test_the_address_is_remembered(archive: Archive) -> None:
    await published(archive, site_url="https://e.org/g")
    assert await written(archive, site_url=None) == set()
    assert b"https://e.org/g/paper/" in (await archive.get("gallery/feed.xml") or b"")
    assert Manifest.parse(await archive.get("gallery/manifest.json")).site_url == "https://e.org/g/"
    await published(archive, site_url="")
    assert b"https://e.org" not in (await archive.get("gallery/feed.xml") or b"")


async def test_everything_means_everything_but_thumbnails(archive: Archive) -> None:
    await published(archive)
    changed = await written(archive, everything=True)
    papers = {place for place in changed if place.startswith("paper/")}
    assert len(papers) == 3
    assert changed - papers == FRONT | {"day/2024-10-31.html", "month/2024-10.html", "data/2024-10-31.js"} | {
        layout.words_data("2024-10", drawer) for drawer in DRAWERS
    }


async def test_an_empty_archive_has_an_empty_gallery() -> None:
    archive = Archive.open("memory://")
    done = await published(archive)
    assert done.papers == 0
    assert "Nothing hangs here yet" in Page(await archive.get("gallery/index.html") or b"").text


async def test_a_gallery_can_be_in_a_bucket() -> None:
    fake = FakeS3()
    with serving(fake.app()) as address:
        archive = await stocked(f"s3://papers?region=eu-west-1&endpoint={address}&skip_signature=true", 2)
        assert (await published(archive)).days == [DAY]
        assert (await published(archive)).files == 0
    assert {"gallery/index.html", "gallery/day/2024-10-31.html"} <= fake.objects.keys()


async def test_the_task_publishes(archive: Archive) -> None:
    from prefect.logging import disable_run_logger

    from tasks.publish_gallery import publish_gallery

    with disable_run_logger():
        done = await publish_gallery.fn(Catalog(archive), "https://e.org/gallery")
    assert (done.days, done.site_url) == ([DAY], "https://e.org/gallery/")


# The commands


async def test_gallery_says_what_it_wrote_and_where(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(archive.local_root)
    assert await asyncio.to_thread(main, ["gallery", "--archive", place]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Days written: 1; files: ")
    assert said[1] == f"{place}/gallery/index.html"
    assert await asyncio.to_thread(main, ["gallery", "--archive", place]) == 0
    assert capsys.readouterr().out.startswith("Nothing new; papers in the gallery: 3.")
    shutil.rmtree(f"{place}/pictures")
    shutil.rmtree(f"{place}/gallery")
    assert await asyncio.to_thread(main, ["gallery", "--archive", place, "--all"]) == 1


async def test_open_gives_the_address_of_a_day(
    archive: Archive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import webbrowser

    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    place = str(archive.local_root)
    await asyncio.to_thread(main, ["open", "--archive", place, "2024-10-31"])
    assert capsys.readouterr().out == f"file://{place}/gallery/day/2024-10-31.html\n"
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", place)
    await asyncio.to_thread(main, ["open", "--print"])
    assert opened == [f"file://{place}/gallery/day/2024-10-31.html"]
    bucket = FakeS3(objects={"journal/abababab/000.json": b"{}"})
    with serving(bucket.app()) as address:
        for arguments, complaint in (
            (["--archive", place, "2024-10-30"], "no picture of 2024-10-30"),
            (["--archive", f"s3://papers?region=eu&endpoint={address}&skip_signature=true"], "--site-url"),
        ):
            assert await asyncio.to_thread(main, ["open", *arguments]) == 2
            assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "example.org",
        "https://",
        "https://e.org/?q=planted",
        "http://[e",
        "https://me:planted@e.org",
    ],
)
def test_an_address_is_an_address(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery", "--site-url", address]) == 2
    said = capsys.readouterr().err
    assert "is no address" in said
    assert "planted" not in said
