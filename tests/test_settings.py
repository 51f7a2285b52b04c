import pytest

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


def test_secrets_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    assert "sk-planted" not in f"{load_settings()} {load_settings().model_dump()}"
