"""The deployment `letter`: it sends a day's letter once, whatever is tried again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.smtp import FakeSmtp, smtp_server
from helpers.stocked import stocked
from prefect.blocks.system import Secret
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL

from deployments.cli import main
from flows.letter import letter

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def smtp(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with smtp_server() as fake:
        values = {"HOST": "127.0.0.1", "PORT": str(fake.port), "SECURITY": "none", "USER": "papers"}
        for name, value in values.items():
            monkeypatch.setenv(f"FRONTISPIECE_SMTP_{name}", value)
        monkeypatch.setenv("FRONTISPIECE_SMTP_SECRET_BLOCK", "mail-password")
        monkeypatch.setenv("FRONTISPIECE_LETTER_FROM", "papers@example.org")
        monkeypatch.setenv("FRONTISPIECE_LETTER_TO", "ada@example.org,bob@example.org")
        yield fake


async def test_a_letter_is_sent_once_whatever_is_tried_again(
    archive: Path, smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def sent() -> "State[None]":
        state: State[None] = await letter(send=True, return_state=True)
        return state

    await stocked(archive, pictures=1)
    refused = await sent()
    assert (refused.name, "no Secret block named 'mail-password'" in str(refused.message)) == ("Refused", True)
    await Secret(value="s3cret").save("mail-password")
    smtp.replies |= {"connect": ["421 later"], "DATA": ["451 full"], ".": ["hang up"]}
    first = await sent()
    assert first.is_failed()
    assert str(first.message).startswith(
        "Letter of 2024-10-31: Sent to 1 receiver. Nobody can tell whether bob@example.org has got the letter"
    )
    assert [receiver for receiver, _ in smtp.inbox] == ["ada@example.org"]
    assert set(smtp.logins) == {"\0papers\0s3cret"}
    assert "s3cret" not in str(first)
    # Who has named a block for another key needs none of that here.
    monkeypatch.setenv("FRONTISPIECE_FAL_SECRET_BLOCK", "nobody-has-it")
    second = await sent()
    assert str(second.message).startswith("Letter of 2024-10-31: Sent to 0 receivers, 1 receiver had it before. Nobody")
    assert len(smtp.inbox) == 1
    assert (archive / "letters/2024-10-31/letter.eml").exists()

    # The command has the password from there, too.
    monkeypatch.setenv("PREFECT_API_URL", str(PREFECT_API_URL.value()))
    monkeypatch.setenv("FRONTISPIECE_LETTER_TO", "carol@example.org")
    assert await asyncio.to_thread(main, ["letter", "--send"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Sent to 1 receiver."
    assert [receiver for receiver, _ in smtp.inbox] == ["ada@example.org", "carol@example.org"]
    monkeypatch.setenv("FRONTISPIECE_SMTP_SECRET_BLOCK", "mail-key")
    assert await asyncio.to_thread(main, ["letter", "--send"]) == 2
    assert "no Secret block named 'mail-key'" in capsys.readouterr().err
