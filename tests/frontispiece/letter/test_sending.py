"""A letter goes to nobody twice, whatever is tried again, killed or refused; and what goes wrong is one sentence."""

import asyncio
import functools
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.server import refusing
from fakes.smtp import FakeSmtp, smtp_server
from helpers.mortal import DEAD, Fuse, Killed, Mortal
from helpers.stocked import DAY, stocked
from pydantic import SecretStr

from deployments.cli import main
from frontispiece.archive.store import Archive
from frontispiece.errors import BadInput, MailError, MailUnavailable
from frontispiece.letter.sending import Kind, Mark, Marks, Posted, check_can_send, send
from frontispiece.letter.writing import Letter
from frontispiece.settings import Settings, load_settings

SECRET = SecretStr("s3cret")
ADA, BOB = "Ada <ada@example.org>", "bob@example.org"
LETTER = Letter(day=DAY, subject="A day", text="Words.\n.\n", html="<p>Words.</p>", pictures={}, problems=())


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with smtp_server() as fake:
        yield fake


@pytest.fixture
def archive() -> Archive:
    return Archive.open("memory://")


@functools.cache
def usual() -> Settings:
    return load_settings(
        letter_from="Papers <papers@example.org>", letter_to=(ADA, BOB), smtp_host="127.0.0.1", smtp_security="none"
    )


def told(smtp: FakeSmtp, **choices: object) -> Settings:
    return usual().model_copy(update={"smtp_port": smtp.port, **choices})


def receivers(smtp: FakeSmtp) -> list[str]:
    return [receiver for receiver, _ in smtp.inbox]


async def test_everybody_gets_a_letter_of_their_own_once(smtp: FakeSmtp, archive: Archive) -> None:
    settings = told(smtp, smtp_user="papers", smtp_password=SECRET)
    assert await send(LETTER, archive, settings) == Posted(sent=2)
    assert receivers(smtp) == ["ada@example.org", "bob@example.org"]
    assert b"To: Ada <ada@example.org>\r\n" in smtp.inbox[0][1]
    assert b"\r\nWords.\r\n.\r\n" in smtp.inbox[0][1]  # a line of one dot ends nothing
    assert smtp.logins == ["\0papers\0s3cret"]
    more = told(smtp, letter_to=("ADA@example.org", BOB, "carol@example.org"))
    assert await send(LETTER, archive, more) == Posted(sent=1, before=2)
    assert receivers(smtp)[2:] == ["carol@example.org"]


@pytest.mark.parametrize(
    ("command", "reply", "error", "said"),
    [
        pytest.param("connect", "554 no", MailError, "refuses us: 554 no.", id="the connection is refused"),
        pytest.param("connect", "421 later", MailUnavailable, "refuses us: 421 later.", id="the server is busy"),
        pytest.param("connect", "hang up", MailUnavailable, "cannot be used: it hung up.", id="it hangs up"),
        pytest.param("AUTH", "535 wrong s3cret", MailError, "refuses us: 535 wrong ***.", id="the password is wrong"),
        pytest.param("AUTH", "454 later", MailUnavailable, "refuses us: 454 later.", id="nobody can log in now"),
        pytest.param("DATA", "hang up", MailUnavailable, "cannot be used: it hung up.", id="it wants no letter"),
        pytest.param("RCPT", "451 later", MailUnavailable, "refuses the receiver Ada", id="a receiver is put off"),
        pytest.param(".", "452 full", MailUnavailable, "refuses the letter: 452 full.", id="a letter is put off"),
    ],
)
async def test_who_was_certainly_sent_nothing_is_sent_it_later(
    smtp: FakeSmtp, archive: Archive, command: str, reply: str, error: type[MailError], said: str
) -> None:
    smtp.replies[command] = [reply]
    settings = told(smtp, smtp_user="papers", smtp_password=SECRET)
    with pytest.raises(error) as caught:
        await send(LETTER, archive, settings)
    assert type(caught.value) is error
    assert f"The mail server 127.0.0.1:{smtp.port} " in str(caught.value)
    assert said in str(caught.value)
    before = len(smtp.inbox)
    assert await send(LETTER, archive, settings) == Posted(sent=2 - before, before=before)
    assert sorted(receivers(smtp)) == ["ada@example.org", "bob@example.org"]


@pytest.mark.parametrize("command", ["RCPT", "."], ids=["as a receiver", "with the letter"])
async def test_a_receiver_who_is_refused_keeps_it_from_no_other(smtp: FakeSmtp, archive: Archive, command: str) -> None:
    smtp.replies[command] = ["550 unknown"]
    posted = await send(LETTER, archive, told(smtp))
    assert (posted.sent, receivers(smtp)) == (1, ["bob@example.org"])
    assert len(posted.problems) == 1
    assert "550 unknown." in posted.problems[0]
    assert await send(LETTER, archive, told(smtp)) == Posted(sent=1, before=1)


async def test_what_nobody_can_tell_is_not_sent_again_unless_somebody_asks(smtp: FakeSmtp, archive: Archive) -> None:
    smtp.replies["."] = ["hang up"]
    posted = await send(LETTER, archive, told(smtp))
    assert (posted.sent, receivers(smtp)) == (1, ["bob@example.org"])
    (problem,) = posted.problems
    assert problem.startswith(f"Nobody can tell whether {ADA} has got the letter: sending it broke off at ")
    again = await send(LETTER, archive, told(smtp))
    assert (again.before, again.sent, again.problems) == (1, 0, [problem])
    assert await send(LETTER, archive, told(smtp), again=True) == Posted(sent=1, before=1)
    assert await send(LETTER, archive, told(smtp), again=True) == Posted(before=2)


async def test_whoever_is_killed_at_any_step_sends_nothing_twice(smtp: FakeSmtp) -> None:
    """And what was sent or may have been is never taken for unsent."""
    for steps in range(20):
        place = Archive.open("memory://")
        smtp.inbox.clear()
        try:
            await send(LETTER, Mortal(place, Fuse(steps)), told(smtp))
        except Killed:
            marks = await Marks.read(place, DAY)
            unclear = [who for who in (ADA, BOB) if (mark := marks.of(who)) and mark.kind is Kind.SENDING]
            for who in unclear:
                await bury(place, who)
            posted = await send(LETTER, place, told(smtp))
            assert len(posted.problems) == len(unclear)
            assert len(receivers(smtp)) == len(set(receivers(smtp)))
            assert posted.sent + posted.before + len(unclear) == 2
        else:
            break
    assert steps == 9


async def bury(archive: Archive, who: str) -> None:
    """The program that wrote the newest mark about this receiver is dead."""
    for each in await archive.list("letters"):
        mark = Mark.model_validate_json(await archive.get(each.path) or b"")
        await archive.put(each.path, mark.model_copy(update={"holder": DEAD}).model_dump_json().encode())


async def test_of_two_programs_one_sends(smtp: FakeSmtp, archive: Archive) -> None:
    """The other one sees that, whether it comes before the mark or after it."""
    posted = await asyncio.gather(*(send(LETTER, archive, told(smtp)) for _ in range(3)))
    assert sorted(receivers(smtp)) == ["ada@example.org", "bob@example.org"]
    assert sum(each.sent for each in posted) == 2
    assert {problem for each in posted for problem in each.problems} <= {
        f"Another program is sending the letter to {who}." for who in (ADA, BOB)
    }


async def test_who_is_interrupted_waits_for_the_servers_word(smtp: FakeSmtp, archive: Archive) -> None:
    loop = asyncio.get_running_loop()
    sending = asyncio.ensure_future(send(LETTER, archive, told(smtp)))
    smtp.on_letter = lambda: loop.call_soon_threadsafe(sending.cancel) and None
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert receivers(smtp) == ["ada@example.org"]
    smtp.on_letter = lambda: None
    assert await send(LETTER, archive, told(smtp)) == Posted(sent=1, before=1)


async def test_a_mark_that_cannot_be_read_may_have_said_anything(smtp: FakeSmtp, archive: Archive) -> None:
    await send(LETTER, archive, told(smtp, letter_to=(BOB,)))
    for each in await archive.list("letters"):
        await archive.put(each.path, b"")
    posted = await send(LETTER, archive, told(smtp, letter_to=(BOB,)))
    assert (posted.sent, len(posted.problems)) == (0, 1)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        pytest.param(
            {"letter_to": ()}, "A letter that is sent wants receivers: FRONTISPIECE_LETTER_TO", id="receivers"
        ),
        pytest.param({"letter_from": None}, "wants a sender: FRONTISPIECE_LETTER_FROM is not set", id="sender"),
        pytest.param({"smtp_host": None}, "wants a mail server: FRONTISPIECE_SMTP_HOST is not set", id="server"),
        pytest.param({"smtp_user": "papers"}, "go together; one is not set", id="a name alone"),
        pytest.param(
            {"smtp_user": "papers", "smtp_password": SECRET, "smtp_host": "mail.example.org"},
            "the password would go to mail.example.org unprotected",
            id="an open line",
        ),
        pytest.param(
            {"smtp_user": "papers", "smtp_password": SecretStr("a\nb")},
            "holds characters that no key has",
            id="two lines",
        ),
    ],
)
def test_what_sending_needs_is_known_before(smtp: FakeSmtp, choices: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check_can_send(told(smtp, **choices))


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example,c@d.example",
        "A, B <a@b.example>",
        "a b@c.example",
        "<a@b.example>",
    ],
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match=r"FRONTISPIECE_LETTER_FROM: .* is no mail address, such as papers@example.org"):
        load_settings(letter_from=address)


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, and a certificate for 127.0.0.1 that nobody has signed."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=here"
    command += f" -addext subjectAltName=IP:127.0.0.1 -keyout {path} -out {path}.crt"
    subprocess.run(command.split(), check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


async def test_the_line_is_encrypted_to_a_server_that_is_trusted_only(
    archive: Archive, own_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own_certificate)
    with smtp_server(tls=context) as smtp:
        secret = {"smtp_security": "starttls", "smtp_user": "papers", "smtp_password": SECRET}
        with pytest.raises(MailError, match="self-signed certificate; SSL_CERT_FILE may name") as caught:
            await send(LETTER, archive, told(smtp, **secret))
        assert not caught.value.is_transient
        assert smtp.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate))
        assert await send(LETTER, archive, told(smtp, **secret)) == Posted(sent=2)
    with smtp_server() as smtp, pytest.raises(MailError, match="STARTTLS extension not supported by server"):
        await send(LETTER, archive, told(smtp, smtp_security="starttls", letter_to=("carol@example.org",)))


@pytest.fixture
async def mailing(tmp_path: Path, smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch) -> FakeSmtp:
    """A stocked archive, and the settings that send its letters."""
    await stocked(tmp_path / "archive", pictures=1)
    values = {"ARCHIVE": str(tmp_path / "archive"), "LETTER_TO": "bob@example.org", "LETTER_FROM": "papers@example.org"}
    values |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(smtp.port), "SMTP_SECURITY": "none"}
    for name, value in values.items():
        monkeypatch.setenv(f"FRONTISPIECE_{name}", value)
    return smtp


async def test_the_command_sends_once_and_says_what_became_of_it(
    mailing: FakeSmtp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def said(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, ["letter", *arguments])
        out, err = capsys.readouterr()
        return code, out.splitlines()[-1] if out else "", err

    mailing.replies["RCPT"] = ["550 unknown"]
    code, last, err = await said("2024-10-31", "--send")
    assert (code, last) == (1, "Sent to 0 receivers.")
    assert err == f"The mail server 127.0.0.1:{mailing.port} refuses the receiver bob@example.org: 550 unknown.\n"
    assert await said("--send") == (0, "Sent to 1 receiver.", "")
    assert await said("--send") == (0, "Sent to 0 receivers, 1 receiver had it before.", "")
    assert receivers(mailing) == ["bob@example.org"]
    monkeypatch.setenv("FRONTISPIECE_LETTER_TO", "carol@example.org")
    with refusing() as nowhere:
        port = nowhere.rpartition(":")[2]
        monkeypatch.setenv("FRONTISPIECE_SMTP_PORT", port)
        code, _, err = await said("--send")
    expected = f"frontispiece: The mail server 127.0.0.1:{port} cannot be used: Connection refused.\n"
    assert (code, err) == (1, expected)
