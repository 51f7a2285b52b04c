from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from deployments.cli import main
from frontispiece.errors import BadInput
from frontispiece.settings import key_to_send, load_settings, settings_model, variable


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in settings_model().model_fields.values())


@pytest.mark.parametrize("address", ["notaurl", "ftp://example.org/x", "https://", "https://example.org/a b"])
def test_a_webhook_that_is_no_address_is_refused_unquoted(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_settings(webhook=address)
    assert str(caught.value) == "FRONTISPIECE_WEBHOOK: That is no address, such as https://example.org/hook."


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


def test_several_takes_are_for_who_has_them_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"`label_attempts`.*`checker`"):
        load_settings(label_attempts=2)
    assert load_settings(label_attempts=2, checker="openai").label_attempts == 2
    monkeypatch.setenv("FRONTISPIECE_LABEL_ATTEMPTS", "2")  # of a file that names a checker, too
    assert load_settings(checker="none").label_attempts == 2


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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("UI_PORT", "high", "FRONTISPIECE_UI_PORT is a whole number, not 'high'."),
        ("UI_PORT", "80 FAL_KEY=planted", "number, not '80 FAL_KEY'."),
        ("UI_PORT", "http://me:planted@host:80", "number, not 'http://***@host:80'."),
        ("WRITER", "\x1b[2J" + "x" * 100, f", not '[2J{'x' * 36}…'."),
        ("TIMEZONE", "Mars", "'Mars' is no time zone; write it as Europe/Berlin."),
        ("WEBHOOK", "planted", "That is no address, such as https://example.org/hook."),
        ("CATEGORIES", "cs.CL, foo", ": 'foo' is no category of arXiv's (they are written as cs.CL)."),
        ("CATEGORIES", "cs.cl", ": 'cs.cl' is no category of arXiv's (did you mean cs.CL?)."),
        ("CATEGORIES", "hep-ht", "(did you mean hep-th?)."),
        ("CATEGORIES", "physics.optic", "(did you mean physics.optics?)."),
        ("CATEGORIES", "econ.ZZ", "'econ.ZZ' is no category of arXiv's (those of econ are EM GN TH)."),
        ("CATEGORIES", "econ", "'econ' is no category of arXiv's (those of econ are EM GN TH)."),
        ("CATEGORIES", ",", "CATEGORIES: Name one category of arXiv's at least, such as cs.CL."),
        ("MAX_USD", "inf", " is a finite number, not 'inf'."),
        ("CRITIC", "perhaps", " is true or false, not 'perhaps'."),
        ("JPEG_QUALITY", "96", " is at most 95, not '96'."),
    ],
    ids=[
        *("a value", "two settings", "an address", "a long value", "words of ours", "a secret", "no category"),
        *("a category in small letters", "letters that changed places", "a letter less"),
        *("an archive without that class", "an archive", "no category at all", "no end", "a yes or no", "a bound"),
    ],
)
def test_what_cannot_be_is_shown_unless_it_is_secret(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FRONTISPIECE_{name}", value)
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert str(caught.value).startswith(f"FRONTISPIECE_{name}")
    assert str(caught.value).endswith(said)
    assert "planted" not in str(caught.value)
    monkeypatch.delenv(f"FRONTISPIECE_{name}")
    with pytest.raises(BadInput, match=r"^FAL_KEY: [^']*$"):
        load_settings(fal_key=["planted"])


def test_settings_are_shown_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("FRONTISPIECE_ARCHIVE", "s3://papers/a?region=eu-west-1&secret_access_key=planted")
    for name, field in settings_model().model_fields.items():
        if name.endswith("_url"):
            monkeypatch.setenv(variable(name), f"https://me:planted@{name.replace('_', '-')}.org/v1?key=planted")
            assert field.annotation is str
    monkeypatch.setenv("FRONTISPIECE_PICTURE_HOSTS", "fal.media,http://me:planted@127.0.0.1:8099")
    monkeypatch.setenv("FRONTISPIECE_OPENAI_MODEL", "llama3:8b")
    secrets = ("OPENAI_API_KEY", "FRONTISPIECE_OPENAI_IMAGE_API_KEY", "FAL_KEY", "HF_TOKEN", "FRONTISPIECE_WEBHOOK")
    for secret in secrets:
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("FRONTISPIECE_MAX_UDS", "did you mean FRONTISPIECE_MAX_USD?", id="misspelt"),
        pytest.param("FRONTISPIECE_MAXUSD", "did you mean FRONTISPIECE_MAX_USD?", id="without a dash"),
        pytest.param("frontispiece_max_dollars", "FRONTISPIECE_MAX_DOLLARS is no setting", id="small letters"),
        pytest.param("FRONTISPICE_MAX_USD", "did you mean FRONTISPIECE_MAX_USD?", id="misspelt prefix"),
        pytest.param("FRONTISPIECE-MAX-USD", "did you mean FRONTISPIECE_MAX_USD?", id="dashes"),
        pytest.param("FRONTIPSIECE_MAX_USD", "did you mean FRONTISPIECE_MAX_USD?", id="letters swapped in the prefix"),
        pytest.param("FRONTISPIECE_HF_TOKEN", "did you mean HF_TOKEN?", id="a vendor's name with our prefix"),
        pytest.param("FRONTISPIECE_XYZZY", "is no setting: correct it, or remove it.", id="nothing like it"),
        pytest.param("FRONTISPIECE_", "FRONTISPIECE_ is no setting: correct it, or remove it.", id="the prefix alone"),
        pytest.param("FAL_KEYS", "FAL_KEYS is no setting: did you mean FAL_KEY?", id="a letter more"),
        pytest.param("FAX_KEY", "did you mean FAL_KEY?", id="another letter"),
        pytest.param("HF_ENDPOINTS", "did you mean HF_ENDPOINT?", id="an address, a letter more"),
        pytest.param("OPENAI_APIKEY", "did you mean OPENAI_API_KEY?", id="a letter less"),
        pytest.param("FRONTISPIECE_PORT", "did you mean FRONTISPIECE_UI_PORT?", id="a port outside a pod"),
    ],
)
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_setting_that_nobody_reads_is_named(
    name: str, said: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if place == "environment":
        monkeypatch.setenv(name, "planted")
    else:
        (tmp_path / ".env").write_text(f"# ours\n\n{name}=planted\n")
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert said in str(caught.value)
    assert "planted" not in str(caught.value)
    assert str(caught.value).startswith(".env, line 3: ") is (place == ".env")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["FRONTEND_URL", "FRONT_MAX_USD", "FRONTIER_KEY", "FRONTISPIECE"], id="others"),
        pytest.param(["OPENAI_ORG_ID", "OPENAI_API_BASE", "FAL_KEY_ID", "HF_HOME"], id="vendors'"),
        pytest.param(["CF_TOKEN", "VAL_KEY"], id="another first letter"),
        pytest.param(["OPENAI_API_KEYS", "OPENAI_API_KEY"], id="nearly, beside the right one"),
        pytest.param(["frontispiece_jpeg_quality", "openai_api_key"], id="small letters"),
        pytest.param(["FRONTISPIECE_FAL_KEY", "FRONTISPIECE_OPENAI_BASE_URL"], id="vendors' with our prefix"),
        pytest.param(
            [
                *("FRONTISPIECE_SERVICE_HOST", "FRONTISPIECE_SERVICE_PORT_HTTP", "FRONTISPIECE_PORT"),
                *("FRONTISPIECE_PORT_4200_TCP_ADDR", "FRONTISPIECE_PAGES_SERVICE_HOST", "FRONTISPIECE_PAGES_PORT"),
            ],
            id="of a service in Kubernetes",
        ),
    ],
)
def test_other_names_in_the_environment_are_let_be(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names:
        monkeypatch.setenv(name, "60")
    load_settings()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            "OPENAI_API_KEY=planted  FAL_KEY=planted",
            "line 1: FAL_KEY is set within the value of OPENAI_API_KEY: write one a line.",
            id="two on a line",
        ),
        pytest.param("HOST=a FAL_KEY=planted", "line 1: FAL_KEY is set within the value of HOST", id="after another's"),
        pytest.param("FAL_KEY=planted; export X=1", "set within the value of FAL_KEY", id="by semicolon"),
        pytest.param('A=1\n\nHF_TOKEN="planted" FAL_KEY="x"', "line 3: HF_TOKEN is not given as NAME=", id="in quotes"),
        pytest.param(
            "NOTE='it\nFAL_KEY=planted\nX='", "FAL_KEY is set within the value of NOTE", id="no closing quote"
        ),
        pytest.param("FRONTISPIECE_MAX_USD: 5", "FRONTISPIECE_MAX_USD is not given as NAME=value", id="as in YAML"),
        pytest.param("FRONTISPIECE_MAX_USD", "FRONTISPIECE_MAX_USD is not given as NAME=value", id="no value"),
        pytest.param("set FRONTISPIECE_MAX_USD=5", "FRONTISPIECE_MAX_USD is not given as", id="another shell's"),
        pytest.param("FAL_KEY=x\nexport FAL_KEY", "line 2: FAL_KEY is not given as NAME=value", id="exported later"),
        pytest.param('"FRONTISPIECE_MAX_USD"=5', "did you mean FRONTISPIECE_MAX_USD?", id="a name in quotes"),
        pytest.param("FRONTISPIECE MAX_USD=5", "line 1: FRONTISPIECE is not given as NAME=value.", id="a space within"),
        pytest.param(
            "OPENAI_APIKEY=planted", "line 1: OPENAI_APIKEY is no setting: did you mean OPENAI_API_KEY?", id="key"
        ),
        pytest.param("HF_TOKN=planted", "did you mean HF_TOKEN?", id="token"),
        pytest.param("OPENAI_API_BASE=planted", "did you mean OPENAI_BASE_URL?", id="a former name"),
        pytest.param("FAL_API_KEY=planted", "did you mean FAL_KEY?", id="a longer name"),
        pytest.param("FAL_KEY=planted\n\nfal_key=x", "line 3: FAL_KEY is set twice, first in line 1.", id="twice"),
        pytest.param("FAL_KEY=planted\nFRONTISPIECE_FAL_KEY=x", "is set twice, first in line 1.", id="by two names"),
        pytest.param("FRONTISPIECE_=5", "line 1: FRONTISPIECE_ is no setting", id="the prefix alone"),
        pytest.param(
            "FRONTISPIECE_MAX_USD=${LIMT}",
            "line 1: FRONTISPIECE_MAX_USD takes its value from LIMT, which is not set",
            id="from a variable that is not set",
        ),
    ],
)
def test_a_line_of_env_that_is_not_read_as_meant_is_refused(
    content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(content)
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert said in str(caught.value)
    assert "planted" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("# FRONTISPIECE_MAX_UDS=5\nexport FAL_KEY=right # not FRONTISPIECE_X=5\n", id="comments, export"),
        pytest.param("FAL_KEY = right\n\n", id="space around ="),
        pytest.param("fal_key='right'\r\n", id="small letters, Windows"),
        pytest.param("\ufeffFAL_KEY=right", id="byte order mark"),
        pytest.param("FAL_KEY=right\nDSN=host=a port=5\nif [ x ]; then\nlonely\nOPENAI_MODEL=x", id="others' lines"),
        pytest.param("FAL_KEY=right\nOPENAI_API_KEY_2=x\nFAL_KEYS=x\nX=1\nX=2", id="others' names"),
        pytest.param("FAL_KEY=right\nOPENAI_API_KEY=x\nOPENAI_APIKEY=x", id="nearly, beside the right one"),
        pytest.param("FRONTISPIECE_ARCHIVE=s3://b?region=x\nFAL_KEY=right", id="a query"),
    ],
)
def test_a_line_of_env_that_is_read_as_meant_is_taken(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(content.encode())
    key = load_settings().fal_key
    assert key is not None
    assert key.get_secret_value() == "right"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(Path.mkdir, "folder", id="a folder"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "no plain file", id="what never ends"),
        pytest.param(lambda path: path.symlink_to(path), "cannot be read: Too many levels", id="unreadable"),
        pytest.param(lambda path: path.write_text("FAL_KEY=x", "utf-16"), "not UTF-8", id="PowerShell's encoding"),
        pytest.param(lambda path: path.write_text("FAL_KEY=x", "utf-16-le"), "not UTF-8", id="UTF-16 without a mark"),
        pytest.param(lambda path: path.write_bytes(b"# caf\xe9"), "not UTF-8", id="latin-1"),
    ],
)
def test_a_file_of_settings_that_cannot_be_read_is_told_in_one_sentence(
    make: Callable[[Path], object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / ".env")
    with pytest.raises(BadInput, match=rf"^\.env .*{said}[^\n]*\.$"):
        load_settings()


def test_a_virtual_environment_may_be_called_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").mkdir()
    (tmp_path / ".env" / "pyvenv.cfg").touch()
    load_settings()


@pytest.mark.parametrize("key", ["sk-planted FAL_KEY=x", "sk-\nplanted", "sk-\tplanted", "sk-plänted"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(BadInput, match=r"^FAL_KEY holds characters that no key has\.$"):
        key_to_send(SecretStr(key), "FAL_KEY")
    assert key_to_send(SecretStr(" sk-planted\r\n"), "FAL_KEY") == "sk-planted"
