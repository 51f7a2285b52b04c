from pathlib import Path

import pytest

from deployments.cli import main
from tasks.errors import BadInput
from tasks.settings import Settings, load_settings, variable


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        pytest.param("FRONTISPIECE_ARCHIVE", "s3://pictures", "archive", "s3://pictures", id="archive"),
        pytest.param("FRONTISPIECE_SOURCE", "arxiv", "source", "arxiv", id="source"),
        pytest.param(
            "OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "openai_base_url", "http://127.0.0.1:1/v1", id="vendor"
        ),
        pytest.param("HF_ENDPOINT", "http://127.0.0.1:1", "huggingface_url", "http://127.0.0.1:1", id="endpoint"),
        pytest.param("FRONTISPIECE_CATEGORIES", "cs.CL, hep-th", "categories", ("cs.CL", "hep-th"), id="list"),
        pytest.param("FRONTISPIECE_OPENAI_TEMPERATURE", "none", "openai_temperature", None, id="no temperature"),
        pytest.param(
            "FRONTISPIECE_PICTURE_HOSTS",
            "http://127.0.0.1:8099",
            "picture_hosts",
            ("http://127.0.0.1:8099",),
            id="hosts",
        ),
    ],
)
def test_settings_come_from_the_environment(
    name: str, value: str, field: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == expected
    assert variable(field) == name


def test_choices_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTISPIECE_PAINTER", "fal")
    assert load_settings(painter="lineart").painter == "lineart"
    assert load_settings(painter=None).painter == "fal"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRONTISPIECE_SOURCE", "arxive"),
        ("FRONTISPIECE_JPEG_QUALITY", "500"),
        ("FRONTISPIECE_OPENAI_IMAGE_SIZE", "big"),
        ("FRONTISPIECE_FAILURE_LIMIT", "2"),
    ],
    ids=["unknown name", "out of range", "no size", "no share"],
)
def test_a_setting_that_cannot_be_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=name) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_settings_are_shown_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", "s3://papers/a?region=eu-west-1&secret_access_key=planted")
    for name, field in Settings.model_fields.items():
        if name.endswith("_url"):
            monkeypatch.setenv(variable(name), f"https://me:planted@{name.replace('_', '-')}.org/v1?key=planted")
            assert field.annotation is str
    monkeypatch.setenv("FRONTISPIECE_PICTURE_HOSTS", "fal.media,http://me:planted@127.0.0.1:8099")
    monkeypatch.setenv("FRONTISPIECE_OPENAI_MODEL", "llama3:8b")
    for secret in ("OPENAI_API_KEY", "FAL_KEY", "HF_TOKEN", "FRONTISPIECE_WEBHOOK"):
        monkeypatch.setenv(secret, "https://planted")
    assert main(["settings"]) == 0
    said = capsys.readouterr().out
    assert "planted" not in said
    assert "s3://papers/a?region=eu-west-1&secret_access_key=***" in said
    assert "https://***@openai-base-url.org/v1?***" in said
    assert "fal.media,http://***@127.0.0.1:8099" in said
    assert "llama3:8b" in said


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("OPENAI_BASE_URL", ["--writer", "openai"]),
        ("FRONTISPIECE_FAL_URL", ["--painter", "fal"]),
        ("HF_ENDPOINT", ["--source", "huggingface"]),
        ("FRONTISPIECE_ARXIV_URL", ["--source", "arxiv"]),
        ("FRONTISPIECE_ARXIV_OAI_URL", ["--source", "arxiv-oai"]),
        ("FRONTISPIECE_ARCHIVE", []),
    ],
)
def test_a_wrong_address_is_quoted_without_its_secrets(
    name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAL_KEY", "k")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    for address in ("ftp:/me:planted@host", "ftp://me:planted@host/?planted"):
        monkeypatch.setenv(name, address)
        assert main(["run", "2024-10-31", *arguments]) == 2
        out, err = capsys.readouterr()
        assert name in err
        assert "@host" in err
        assert "planted" not in out + err


def test_secrets_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    assert "sk-planted" not in f"{load_settings()} {load_settings().model_dump()}"
