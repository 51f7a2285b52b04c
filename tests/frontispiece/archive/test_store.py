"""The archive's bytes, on every kind of store a test can have: memory, a folder, and S3 by a fake."""

import asyncio
import os
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import obstore
import pytest
from fakes.s3 import FakeS3
from fakes.server import serving
from hypothesis import given
from hypothesis import strategies as st
from obstore.exceptions import BaseError

from deployments.cli import main
from frontispiece.archive import bucket
from frontispiece.archive.store import Archive
from frontispiece.errors import ArchiveError, ArchiveUnavailable, BadInput


@pytest.fixture
def s3() -> Iterator[tuple[FakeS3, str]]:
    fake = FakeS3()
    with serving(fake.app()) as address:
        yield fake, f"s3://papers/some/where?region=eu-west-1&endpoint={address}&skip_signature=true"


@pytest.fixture(params=["memory", "folder", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    if request.param == "memory":
        return Archive.open("memory://")
    if request.param == "folder":
        return Archive.open(str(tmp_path / "a folder with spaces"))
    return Archive.open(request.getfixturevalue("s3")[1])


async def test_what_is_put_can_be_got_listed_and_deleted(archive: Archive) -> None:
    path = "catalog/day=2024-11-01/run-1.parquet"
    assert await archive.get(path) is None
    assert not await archive.exists(path)
    await archive.put(path, b"one")
    await archive.put(path, b"two", durable=True)
    await archive.put("originals/abababab.png", b"three")
    assert await archive.get(path) == b"two"
    assert await archive.exists(path)
    assert [(entry.path, entry.size) for entry in await archive.list("catalog/")] == [(path, 3)]
    assert [entry.path for entry in await archive.list("")] == [path, "originals/abababab.png"]
    assert await archive.list("cat") == []
    assert (await archive.list("catalog"))[0].modified.tzinfo is not None
    await archive.delete(path)
    await archive.delete(path)
    assert await archive.get(path) is None


async def test_only_one_of_many_gets_a_free_path(archive: Archive) -> None:
    won = await asyncio.gather(*(archive.put_if_absent("journal/abababab/000.json", b"%d" % n) for n in range(20)))
    assert won.count(True) == 1
    assert await archive.get("journal/abababab/000.json") == b"%d" % won.index(True)


async def test_a_reader_is_bounded(archive: Archive) -> None:
    await archive.put("big", b"x" * 100)
    assert await archive.get("big", max_bytes=100) == b"x" * 100
    with pytest.raises(ArchiveError, match="has 100 bytes, more than the 99 it may have"):
        await archive.get("big", max_bytes=99)


async def test_writability_is_checked_without_a_trace(archive: Archive) -> None:
    await archive.check_writable()
    assert await archive.list("") == []


@pytest.mark.parametrize(
    "path",
    ["", "/etc", "a//b", "../a", "a/../b", "a/.", ".", "A", "a b", "a\n", "a\0", "ä", "a?", "a#1", "a%2e", "a" * 600],
)
async def test_what_is_no_path_is_refused(path: str) -> None:
    archive = Archive.open("memory://")
    for attempt in (archive.put(path, b""), archive.put_if_absent(path, b"")):
        with pytest.raises(ValueError, match="Not a path of the archive"):
            await attempt
    assert (await archive.get(path), await archive.exists(path)) == (None, False)
    await archive.delete(path)


@given(st.text(max_size=40))
async def test_no_text_leads_out_of_the_archive(text: str) -> None:
    try:
        await Archive.open("memory://").put(text, b"")
    except ValueError:
        return
    assert Path(os.path.normpath(Path("/root") / text)).is_relative_to("/root/")
    assert text == os.path.normpath(text)


class TestFolder:
    def test_relative_and_home_folders_become_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert Archive.open("data/archive").local_root == tmp_path / "data/archive"
        assert Archive.open("~/archive").local_root == tmp_path / "home/archive"
        monkeypatch.chdir("/")

    async def test_the_first_write_makes_the_folder(self, tmp_path: Path) -> None:
        place = tmp_path / "data/archive"
        archive = Archive.open(str(place))
        assert await archive.get("a/b") is None
        assert not await archive.exists("a/b")
        assert await archive.list("") == []
        assert not await archive.holds_any(["a"])
        await archive.delete("a/b")
        assert list(tmp_path.iterdir()) == []
        another = Archive.open(str(place))
        assert await archive.put_if_absent("a/b", b"x")
        assert await another.get("a/b") == b"x"
        assert not await Archive.open(str(place)).put_if_absent("a/b", b"y")
        assert await archive.holds_any(["b", "a"])
        await Archive.open(str(tmp_path / "another")).put("a", b"x")
        assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["a", "b"]

    async def test_a_file_url_is_its_folder(self, tmp_path: Path) -> None:
        archive = Archive.open(f"file://{tmp_path}/with%20space")
        await archive.put("a/b", b"x")
        assert (tmp_path / "with space/a/b").read_bytes() == b"x"
        assert archive.where("a/b") == str(tmp_path / "with space/a/b")
        assert archive.url == f"file://{tmp_path}/with%20space"

    @pytest.mark.parametrize(
        ("place", "reason"),
        [
            ("", "is empty"),
            ("  ", "is empty"),
            ("/dev/null/archive", "Not a directory"),
            ("a\0b", "null"),
            ("~no-such-user-here/a", "cannot be ~no-such-user-here/a"),
            ("file://elsewhere/a", "another machine: elsewhere"),
            ("file://me:hush@elsewhere/a", "another machine: elsewhere"),
            ("ftp://host/a", "cannot be ftp://host/a: give a URL"),
            ("https://me:hush@host/a?token=hush", r"cannot be https://\*\*\*@host/a"),
            ("s3:/key:hush@bucket", r"cannot be \*\*\*@bucket: give a URL"),
            ("s3:key:hush@bucket/papers", "give a URL"),
            ("s3//key:hush@bucket", r"cannot be \*\*\*@bucket: give a URL"),
            ("s3//bucket", "cannot be s3//bucket: give a URL"),
            ("s3/key:hush@bucket/papers", "give a URL"),
            ("//key:hush@bucket", "give a URL"),
            ("s3.//bucket?secret_access_key=hush", r"secret_access_key=\*\*\*: give a URL"),
            ("S3:/bucket?secret_access_key=hush", r"secret_access_key=\*\*\*: give a URL"),
            (" s3://key:hush@bucket", "give a URL"),
            ("'s3://bucket?secret_access_key=hush'", "give a URL"),
            ("key:hush@s3://bucket", "give a URL"),
            ("bucket:papers", "cannot be bucket:papers: give a URL"),
            ("C:\\papers", "give a URL"),
            ("file:/folder", "give a URL"),
            ("s3://key:hu/sh@bucket/a", "cannot be"),
            ("s3://b/a?secret_access_key=hu#sh", "write it as %23"),
            ("s3://b/a?skip_signature=hush:", r"parse \"\*\*\*\" as boolean"),
            ("gs://b/a?service_account=/hush/key.json", r"from \*\*\*"),
            ("s3://", "cannot be s3://"),
            ("az://only", "cannot be az://only: .*[Aa]ccount"),
            ("s3://b/a?bogus=1", "bogus"),
            ("s3://me:hush@bucket/a", "credentials"),
            ("S3://me:hush@bucket/a", "credentials"),
            ("s3://bucket/a?endpoint=http://me:hush@host&region=eu", "credentials in its endpoint"),
        ],
    )
    def test_an_impossible_place_is_bad_input(
        self, place: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(BadInput, match=f"FRONTISPIECE_ARCHIVE.*{reason}") as caught:
            Archive.open(place)
        assert "hu" not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "place", ["./s3:/bucket", "./a:b", "../{0}/a:b", "papers/a:b", "me@home", "{1}/s3:/b@c", "a//b", "s3/papers"]
    )
    async def test_a_folder_may_have_any_name(
        self, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        archive = Archive.open(place.format(tmp_path.name, tmp_path))
        await archive.put("a", b"x")
        assert archive.local_root is not None
        assert archive.local_root.is_relative_to(tmp_path)
        assert (archive.local_root / "a").read_bytes() == b"x"
        assert archive.where("a") == str(archive.local_root / "a")

    async def test_a_place_that_refuses_files_is_bad_input(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path / "archive"))
        (tmp_path / "archive").write_text("a file now")
        with pytest.raises(BadInput, match=r"cannot write .*: File exists\. Check FRONTISPIECE_ARCHIVE\."):
            await archive.check_writable()
        with pytest.raises(BadInput, match=r"cannot write /proc/nowhere/.*\. Check FRONTISPIECE_ARCHIVE\."):
            await Archive.open("/proc/nowhere").check_writable()

    async def test_errors_are_one_sentence(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path))
        await archive.put("a", b"")
        with pytest.raises(ArchiveError) as caught:
            await archive.put("a/b", b"")
        assert str(caught.value) == f"The archive cannot use {tmp_path}/a: it is a file, and not a folder of its own."
        assert type(caught.value) is ArchiveError

    async def test_what_a_killed_writer_left_is_neither_listed_nor_in_the_way(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path))
        (tmp_path / "a#1").write_bytes(b"half")
        assert await archive.list("") == []
        assert await archive.put_if_absent("a", b"whole")
        await archive.put("a", b"again")
        assert await archive.get("a") == b"again"

    async def test_readers_never_see_half_a_file(self, tmp_path: Path) -> None:
        archive = Archive.open(str(tmp_path))
        sizes = (100, 3_000_000)
        await archive.put("a", b"x" * sizes[0])

        async def write() -> None:
            for n in range(20):
                await archive.put("a", b"x" * sizes[n % 2])

        writing = asyncio.create_task(write())
        while not writing.done():
            assert len(await archive.get("a") or b"") in sizes

    @pytest.mark.parametrize(
        ("message", "kind", "reason"),
        [
            ("Generic LocalFileSystem error: Unable to copy: No space left (os error 28)\n\nDebug", ArchiveError, 28),
            ("Object at location /x: Permission denied (os error 13)", ArchiveError, 13),
            ("Generic LocalFileSystem error: Read-only file system (os error 30)", ArchiveError, 30),
            ("Generic LocalFileSystem error: Too many open files (os error 24)", ArchiveUnavailable, 24),
            ("Generic LocalFileSystem error: Stale file handle (os error 116)", ArchiveUnavailable, 116),
        ],
    )
    async def test_disk_troubles_are_told_apart(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str, kind: type[ArchiveError], reason: int
    ) -> None:
        def fail(*_: object, **__: object) -> NoReturn:
            raise BaseError(message)

        monkeypatch.setattr(obstore, "put", fail)  # few of these can be had from a real disk
        with pytest.raises(ArchiveError, match=re.escape(f": {os.strerror(reason)}.")) as caught:
            await Archive.open(str(tmp_path)).put("a", b"")
        assert type(caught.value) is kind


class TestS3:
    async def test_a_bucket_is_told_what_browsers_should_see(self, s3: tuple[FakeS3, str]) -> None:
        archive = Archive.open(s3[1])
        for path in ("gallery/index.html", "gallery/assets/style.css", "pictures/a.jpg"):
            await archive.put(path, b"x")
        kinds = {key.rpartition("/")[2]: kind for key, kind in s3[0].kinds.items()}
        assert (kinds["index.html"], kinds["style.css"], kinds["a.jpg"]) == ("text/html", "text/css", "image/jpeg")

    async def test_a_short_refusal_is_sat_out(self, s3: tuple[FakeS3, str]) -> None:
        fake, url = s3
        archive = Archive.open(url)
        fake.refusals = 2
        assert await archive.put_if_absent("a", b"1")
        assert fake.objects == {"some/where/a": b"1"}
        assert not await archive.put_if_absent("a", b"2")

    @pytest.mark.parametrize(
        ("status", "kind"), [(403, ArchiveError), (400, ArchiveError), (401, ArchiveError), (503, ArchiveUnavailable)]
    )
    async def test_refusals_are_told_apart(
        self, s3: tuple[FakeS3, str], monkeypatch: pytest.MonkeyPatch, status: int, kind: type[ArchiveError]
    ) -> None:
        fake, url = s3
        monkeypatch.setitem(bucket.RETRIES, "max_retries", 0)
        archive = Archive.open(url)
        fake.refusals, fake.refusal = 10, status
        with pytest.raises(ArchiveError) as caught:
            await archive.put("a", b"")
        assert type(caught.value) is kind
        assert str(status) in str(caught.value)
        assert "\n" not in str(caught.value)
        with pytest.raises(BadInput if kind is ArchiveError else ArchiveUnavailable, match="FRONTISPIECE_ARCHIVE"):
            await archive.check_writable()

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            pytest.param("403 Forbidden", "SignatureDoesNotMatch", ArchiveError, id="a wrong key"),
            pytest.param("404 Not Found", "NoSuchBucket", ArchiveError, id="no bucket"),
            pytest.param("501 Not Implemented", "NotImplemented", ArchiveError, id="not what is asked for"),
            pytest.param("503 Service Unavailable", "SlowDown", ArchiveUnavailable, id="too much"),
        ],
    )
    async def test_the_service_says_itself_what_is_wrong(
        self, s3: tuple[FakeS3, str], monkeypatch: pytest.MonkeyPatch, status: str, code: str, kind: type[ArchiveError]
    ) -> None:
        """A bucket that is not there holds no objects, but is not for that an empty one."""
        fake, url = s3
        monkeypatch.setitem(bucket.RETRIES, "max_retries", 0)
        archive = Archive.open(url)
        fake.refusals, fake.refusal, fake.code = 10, int(status[:3]), code
        for asked in (archive.get("a"), archive.put("a", b""), archive.list("a"), archive.delete("a")):
            with pytest.raises(
                ArchiveError, match=rf"s3://papers/some/where/a: it answers {status}: {code}\.$"
            ) as caught:
                await asked
            assert type(caught.value) is kind

    async def test_only_a_bucket_that_has_answered_is_asked_for_long(
        self, s3: tuple[FakeS3, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake, url = s3
        quickly = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=2), "base": 2}
        monkeypatch.setitem(bucket.RETRIES, "backoff", quickly)
        archive = Archive.open(url)

        async def requests_until_it_gives_up() -> int:
            fake.refusals = 10_000
            fake.asked.clear()
            with pytest.raises(ArchiveUnavailable):
                await archive.get("a")
            fake.refusals = 0
            return fake.requests

        few, many = 1 + bucket.BRIEF_RETRIES, 1 + bucket.RETRIES["max_retries"]
        assert await requests_until_it_gives_up() == few
        assert await archive.get("a") is None
        assert await requests_until_it_gives_up() == many
        assert await requests_until_it_gives_up() == few
        await archive.put("a", b"x")
        assert await requests_until_it_gives_up() == many

    @pytest.mark.slow
    async def test_a_server_that_is_down_is_told_within_ten_seconds(self) -> None:
        async with asyncio.timeout(10):
            with socket.create_server(("127.0.0.1", 0)) as mute, socket.create_server(("127.0.0.1", 0)) as gone:
                ports = [each.getsockname()[1] for each in (mute, gone)]
                gone.close()
                places = [f"s3://b?region=x&endpoint=http://127.0.0.1:{port}&skip_signature=true" for port in ports]
                checks = (Archive.open(place).check_writable() for place in places)
                told = await asyncio.gather(*checks, return_exceptions=True)
        assert [type(each) for each in told] == [ArchiveUnavailable] * 2

    @pytest.mark.parametrize("allowed", [{}, {"AWS_ALLOW_HTTP": "true"}], ids=["by its address", "by its own variable"])
    async def test_the_variables_of_the_vendor_are_enough(
        self, s3: tuple[FakeS3, str], allowed: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake, url = s3
        endpoint = url.partition("endpoint=")[2].partition("&")[0]
        variables = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "x", "AWS_SKIP_SIGNATURE": "true", **allowed}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        archive = Archive.open("s3://papers/some/where")
        await archive.put("a", b"x")
        assert fake.objects == {"some/where/a": b"x"}
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.replace("//", "//me:hush@"))
        with pytest.raises(BadInput, match="AWS_ENDPOINT_URL has credentials"):
            Archive.open("s3://papers/some/where")

    @pytest.mark.parametrize(
        ("faults", "reason"),
        [
            pytest.param({"conditions": "ignored"}, "overwrites what is there", id="ignores the condition"),
            pytest.param({"conditions": "refused"}, "takes a new name for taken", id="refuses every new name"),
            pytest.param({"conditions": "denied"}, "overwrites what is there", id="writes and denies it"),
            pytest.param({"forgets": True}, "does not give back what was written", id="does not find what was put"),
        ],
    )
    async def test_a_bucket_that_would_buy_twice_is_refused(
        self, s3: tuple[FakeS3, str], faults: dict[str, Any], reason: str
    ) -> None:
        fake, url = s3
        for name, value in faults.items():
            setattr(fake, name, value)
        with pytest.raises(BadInput, match=rf"s3://papers/some/where/: it {reason}.*might be paid for twice") as caught:
            await Archive.open(url).check_writable()
        assert str(caught.value).count(". ") == 0
        assert fake.objects == {}

    def test_no_run_starts_in_such_a_bucket(
        self, s3: tuple[FakeS3, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fake, url = s3
        fake.conditions = "ignored"
        monkeypatch.setenv("FRONTISPIECE_ARCHIVE", url)
        assert main(["run", "2024-10-31"]) == 2
        assert "might be paid for twice" in capsys.readouterr().err
        assert fake.objects == {}

    async def test_a_bucket_whose_condition_is_switched_off_is_refused(self, s3: tuple[FakeS3, str]) -> None:
        with pytest.raises(BadInput, match=r"conditional put is disabled.*FRONTISPIECE_ARCHIVE"):
            await Archive.open(f"{s3[1]}&conditional_put=disabled").check_writable()
        assert s3[0].objects == {}

    async def test_the_look_is_cheap_and_survives_a_lost_answer(self, s3: tuple[FakeS3, str]) -> None:
        fake, url = s3
        await Archive.open(url).check_writable()
        assert fake.requests == 4
        fake.losses = 1  # put again by the library, the name is taken: by our own content
        await Archive.open(url).check_writable()
        assert fake.objects == {}

    async def test_who_only_reads_need_not_be_allowed_to_write(self, s3: tuple[FakeS3, str]) -> None:
        fake, url = s3
        await Archive.open(url).put("catalog/day=2024-11-01/a.parquet", b"x")
        fake.asked.clear()
        archive = Archive.open(url)
        assert await archive.get("catalog/day=2024-11-01/a.parquet") == b"x"
        assert len(await archive.list("")) == 1
        assert fake.requests == 2

    async def test_nobody_there_is_worth_another_attempt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(bucket.RETRIES, "max_retries", 0)
        archive = Archive.open("s3://papers?region=x&endpoint=http://127.0.0.1:1&skip_signature=true")
        with pytest.raises(ArchiveUnavailable, match="cannot read s3://papers/a: HTTP error"):
            await archive.get("a")

    def test_secrets_are_not_shown(self) -> None:
        url = "s3://b/p?region=eu&access_key_id=AKIA123&secret_access_key=hush"
        archive = Archive.open(url)
        assert archive.url == "s3://b/p?region=eu&access_key_id=***&secret_access_key=***"
        assert archive.where("a/b") == "s3://b/p/a/b"
