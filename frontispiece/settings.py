"""The settings that no provider owns, and how all settings are read: `frontispiece settings` prints them.

Those of a provider stand in its own file, whether it is built in or comes with another package: see `settings_model`.
"""

import contextlib
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError, create_model, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from frontispiece import categories, registry, styles
from frontispiece.addresses import shown
from frontispiece.errors import BadInput
from frontispiece.network import check_network
from frontispiece.refusals import wanted
from frontispiece.registry import NOBODY, CheckerName, PainterName, SourceName, WriterName
from frontispiece.text import one_line
from frontispiece.variables import PREFIX, check_variables

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ENV_FILE = ".env"
_ADDRESS = r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]+@[0-9A-Za-z.-]+"
_OF_A_RUN = ("categories", "style")
"""What is chosen for a run, and only looked at here."""
_MAILBOX = re.compile(rf'{_ADDRESS}|[^<>@,;:"\\]+ <{_ADDRESS}>')


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]
"""Several words, given by commas."""


class Settings(BaseSettings):
    """Read from the environment and from `.env`; names are FRONTISPIECE_<FIELD> or the vendor's own.

    Providers add fields by entry points in the group `frontispiece.settings`, each a pydantic model: `settings_model`.
    One that has keys says for each which setting names the Secret block it may come from: `secret_blocks`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        defer_build=True,  # those that providers derive from it are never built themselves
    )

    secret_blocks: ClassVar = {"smtp_password": "smtp_secret_block"}

    archive: str = Field("data/archive", description="folder or URL (s3://, gs://, az://) of the archive")

    source: SourceName = Field("snapshot", description="where lists of papers come from")
    writer: WriterName = Field("template", description="who writes the picture prompts")
    painter: PainterName = Field("lineart", description="who paints them")
    checker: CheckerName = Field(NOBODY, description="who looks whether a picture's label reads; none is nobody")
    critic: bool = Field(
        False, description="whether the checker gives marks as well, and betters the prompt of further takes"
    )
    label_attempts: int = Field(
        1, ge=1, le=5, description="paintings of a paper at most, while the checker cannot read its label"
    )

    categories: Names = Field(
        ("cs.AI", "cs.CL", "cs.CV", "cs.LG"),
        description="arXiv categories to list, by commas (arxiv, arxiv-oai)",
    )
    min_upvotes: int = Field(10, ge=0, description="papers with fewer votes on the list are skipped (huggingface)")

    include_withdrawn: bool = Field(False, description="whether papers that were withdrawn get a picture, too")
    style: str = Field(
        "seed",
        description="how the writer is asked: seed is the predecessor's own, fenced fences the abstract as data, "
        "woodcut, watercolour, blueprint and collage ask for other looks; or a text file with {title} and {abstract}",
    )
    picture_megapixels: int = Field(
        40, ge=1, le=100, description="largest picture that is taken, 10^6 pixels; half of it as WebP"
    )
    jpeg_quality: int = Field(60, ge=1, le=95, description="quality of the archived JPEGs")
    prompts_at_once: int = Field(8, ge=1, description="prompts being written at the same time")
    paintings_at_once: int = Field(8, ge=1, description="pictures being painted at the same time")
    prompts_for_all: int | None = Field(
        None,
        ge=1,
        description="prompts being written at the same time on all machines of a Prefect server; see `deploy`",
    )
    paintings_for_all: int | None = Field(
        None, ge=1, description="pictures being painted at the same time on all machines of a Prefect server"
    )
    attempts: int = Field(6, ge=1, description="attempts at a step before its paper fails")
    retry_seconds: float = Field(1.0, ge=0, description="first pause between attempts; each further one doubles it")
    max_usd: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="most that a run may spend, US dollars; the days of a backfill count together",
    )
    gallery: bool = Field(True, description="whether `daily`, `backfill` and `upkeep` write the gallery")
    failure_limit: float = Field(0.1, ge=0, le=1, description="share of the papers that may fail before the run fails")

    daily_cron: str = Field(
        "30 20 * * *", description="when `daily` runs: minute, hour, day, month, weekday; arXiv announces at 20:00"
    )
    timezone: str = Field("America/New_York", description="time zone of the schedules")
    daily_catch_up: int = Field(
        3, ge=0, le=31, description="days before its own that a scheduled `daily` looks through for late additions"
    )
    ui_port: int = Field(4200, ge=1, le=65535, description="port of the UI of `frontispiece serve`, on this machine")
    work_pool: str = Field("frontispiece", description="work pool of `frontispiece deploy`")
    work_pool_type: Literal["process", "docker", "kubernetes"] = Field(
        "process", description="what its workers start for a run: a process, or a container"
    )
    image: str | None = Field(
        None, description="image of those containers, such as registry.example/frontispiece:0.1.0"
    )
    webhook: SecretStr | None = Field(
        None, description="address that is told of a failed, crashed or overdue `daily` or `backfill`, as JSON by POST"
    )

    letter_from: str | None = Field(
        None, description="sender of letters, such as papers@example.org or Frontispiece <papers@example.org>"
    )
    letter_to: Names = Field((), description="receivers of letters, by commas; each gets one of their own")
    letter_cron: str | None = Field(
        None, description="when `letter` sends the newest day's, in the time zone of the schedules; empty is never"
    )
    letter_papers: int = Field(12, ge=1, le=60, description="papers shown with their pictures; others are named")
    letter_pictures: Literal["inline", "linked"] = Field(
        "inline", description="whether pictures come with the letter, or from the gallery's address"
    )
    smtp_host: str | None = Field(None, description="mail server that letters are sent by")
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="its port; left empty 587, with tls 465, without either 25"
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the way there is encrypted; none takes no password beyond this machine"
    )
    smtp_user: str | None = Field(None, description="name to log in with; left empty, nobody logs in")
    smtp_password: SecretStr | None = Field(None, description="password to log in with")
    smtp_secret_block: str | None = Field(
        None, description="Prefect Secret block with the password, where FRONTISPIECE_SMTP_PASSWORD is not set"
    )

    @property
    def style_to_choose(self) -> str | None:
        """The style as runs are told of it: a name; None for a file, which every run finds in the settings."""
        return self.style if styles.is_name(self.style) else None

    @property
    def blocks_of_keys(self) -> dict[str, str]:
        """The keys that may come from Prefect's Secret blocks, with the settings that name those."""
        return {
            key: naming for each in type(self).__mro__ for key, naming in vars(each).get("secret_blocks", {}).items()
        }

    @property
    def keys_in_blocks(self) -> dict[str, str]:
        """Those of them that are missing here and do come from blocks."""
        return {
            key: naming
            for key, naming in self.blocks_of_keys.items()
            if getattr(self, key) is None and getattr(self, naming) is not None
        }

    def with_keys_to_come(self) -> "Settings":
        """These settings as once the blocks are read, which is when a run has begun; a word stands for each key."""
        return self.model_copy(update=dict.fromkeys(self.keys_in_blocks, SecretStr("to-come")))

    @field_validator("style")
    @classmethod
    def _fit_style(cls, value: str) -> str:
        try:
            styles.template(value)
        except BadInput as error:
            raise ValueError(str(error).removesuffix(".")) from None
        return value

    @field_validator("categories")
    @classmethod
    def _some_categories(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return categories.checked(value)

    @field_validator("webhook")
    @classmethod
    def _some_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/?#]+\S*", value.get_secret_value()):
            raise ValueError("that is no address, such as https://example.org/hook")
        return value

    @field_validator("letter_from", "letter_to")
    @classmethod
    def _some_mailbox(cls, value: Any) -> Any:
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and not (each.isprintable() and _MAILBOX.fullmatch(each)):
                raise ValueError(f"{one_line(each, 60)!r} is no mail address, such as papers@example.org")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"{value!r} is no time zone; write it as Europe/Berlin")
        return value


_zones = cache(available_timezones)  # it looks through all their files


@cache
def settings_model() -> type[Settings]:
    """The settings with those of all providers, but for packages that are broken, or take a name that is another's."""
    sections: list[Any] = []
    owners = {field: _owner(Settings, field) for field in Settings.model_fields}
    for name in registry.registered(registry.SETTINGS):
        with contextlib.suppress(BadInput):  # whoever chooses what is broken is told
            section = registry.load(registry.SETTINGS, name)
            fields = {field: _owner(section, field) for field in section.model_fields}
            if all(owners.get(field, owner) is owner for field, owner in fields.items()):
                sections.append(section)
                owners |= fields
    # The fields of the last base come first.
    return create_model("Settings", __base__=(*reversed(sections), Settings))


def _owner(section: type[BaseModel], field: str) -> type:
    """The class that declares a field."""
    return next(each for each in section.__mro__ if field in vars(each).get("__annotations__", {}))


def load_settings(**choices: object) -> Settings:
    """The settings in force, with these choices of the user on top; None means no choice.

    A style that is chosen for a run is a name: whoever may start runs from afar shall not point at files of this
    machine.
    Raises BadInput, naming the variable, for a value that cannot be, a variable that nobody reads, and a proxy or file
    of certificates that cannot be used.
    """
    check_variables(_known_variables(), os.environ, Path(ENV_FILE))
    check_network(os.environ)
    try:
        return _chosen(choices)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        # What was chosen for this run has another name at the command line, and in the form.
        named = f"`{field}`" if field in _OF_A_RUN and choices.get(field) is not None else variable(field)
        raise BadInput(f"{named}{_complaint(field, first)}.") from None


def _complaint(field: str, error: "ErrorDetails") -> str:
    """What is wrong with a value, and the value where it is no secret, nor holds what another variable would."""
    if error["type"] == "value_error":  # words of ours
        said = error["msg"].removeprefix("Value error, ")
        return f": {said[0].upper()}{said[1:]}"
    said = f" is {words}" if (words := wanted(error)) else f": {error['msg']}"
    value = one_line(shown(str(error["input"])).partition("=")[0], 40)
    return said if is_secret(settings_model().model_fields[field]) else f"{said}, not {value!r}"


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is one that is shown to nobody."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _chosen(choices: dict[str, object]) -> Settings:
    chosen = {name: value for name, value in choices.items() if value is not None}
    style = chosen.get("style")
    if isinstance(style, str) and not styles.is_name(style):
        raise BadInput(
            f"The style {style!r} is no name: choose one of {', '.join(styles.names())}, put the file into the folder "
            f"{styles.OWN_FOLDER}, or name it in {variable('style')}."
        )
    settings = settings_model()(**chosen)  # type: ignore[arg-type]
    asked = [name for name, usual in (("label_attempts", 1), ("critic", False)) if chosen.get(name, usual) != usual]
    if settings.checker == registry.NOBODY and asked:
        raise BadInput(f"`{asked[0]}`: nobody is to look at pictures; choose a `checker`.")
    if chosen.get("min_upvotes") and not registry.load(registry.SOURCES, settings.source).has_votes:
        raise BadInput(f"`min_upvotes`: papers of {settings.source} have no votes; choose another `source`.")
    return settings


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return _variable(field, settings_model())


def _variable(field: str, model: type[Settings]) -> str:
    alias = model.model_fields[field].validation_alias if field in model.model_fields else field
    return str(alias) if alias else f"{PREFIX}{field.upper()}"


def _known_variables() -> dict[str, str]:
    """Every name that is read, and the one to recommend: a setting with a vendor's name is read by its own, too."""
    model = settings_model()
    fields = {field: _variable(field, model) for field in model.model_fields}
    return {name: name for name in fields.values()} | {f"{PREFIX}{f.upper()}": name for f, name in fields.items()}


def key_to_send(secret: SecretStr | None, name: str) -> str:
    """A key as it goes into a header; "" where there is none.

    Raises BadInput, which does not quote it, for one that cannot be: two variables on one line, a quoted line end.
    """
    key = secret.get_secret_value().strip() if secret else ""
    if not re.fullmatch("[!-~]*", key):
        raise BadInput(f"{name} holds characters that no key has.")
    return key
