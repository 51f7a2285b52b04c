"""All settings, their environment variables, and what they mean: `frontispiece settings` prints them."""

import contextlib
import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from frontispiece import registry, styles
from frontispiece.errors import BadInput
from frontispiece.painters import PainterName
from frontispiece.sources import SourceName
from frontispiece.variables import PREFIX, check_variables
from frontispiece.writers import WriterName

ENV_FILE = ".env"
MAX_COMPLETION_TOKENS = 600
"""The default; a recipe says so only where it is another, as recipes were before there was one."""
SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "arxiv-sample.jsonl"


class Settings(BaseSettings):
    """Read from the environment and from `.env`; names are FRONTISPIECE_<FIELD> or the vendor's own.

    Packages add fields by entry points in the group `frontispiece.settings`, each a pydantic model: `settings_model`.
    """

    secret_blocks: ClassVar[dict[str, str]] = {
        "openai_api_key": "openai_secret_block",
        "fal_key": "fal_secret_block",
        "huggingface_token": "huggingface_secret_block",
    }
    """Keys, and the settings that name the Secret blocks they may come from; packages add theirs."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    archive: str = Field("data/archive", description="folder or URL (s3://, gs://, az://) of the archive")

    source: SourceName = Field("snapshot", description="where lists of papers come from")
    writer: WriterName = Field("template", description="who writes the picture prompts")
    painter: PainterName = Field("lineart", description="who paints them")

    snapshot: Path = Field(SAMPLE, description="file in the Kaggle format of arXiv metadata, .jsonl or .jsonl.gz")
    categories: Annotated[tuple[str, ...], NoDecode] = Field(
        ("cs.AI", "cs.CL", "cs.CV", "cs.LG"),
        description="arXiv categories to list, by commas (arxiv, arxiv-oai)",
    )
    min_upvotes: int = Field(10, ge=0, description="papers with fewer votes on the list are skipped (huggingface)")
    arxiv_url: str = Field("https://export.arxiv.org/api/query", description="address of arXiv's query API")
    arxiv_oai_url: str = Field("https://oaipmh.arxiv.org/oai", description="address of arXiv's OAI-PMH")
    arxiv_spacing: float = Field(3.0, ge=0, description="seconds between two requests to arXiv; its rules ask for 3")
    huggingface_url: str = Field(
        "https://huggingface.co", validation_alias="HF_ENDPOINT", description="address of Hugging Face"
    )
    huggingface_token: SecretStr | None = Field(
        None, validation_alias="HF_TOKEN", description="optional token of Hugging Face"
    )

    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="key of OpenAI or of a compatible server"
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        validation_alias="OPENAI_BASE_URL",
        description="address of OpenAI or of a compatible server (Ollama, vLLM, llama.cpp, LM Studio)",
    )
    openai_model: str = Field("gpt-4o-mini", description="chat model that writes prompts")
    openai_temperature: float | None = Field(
        0.8, ge=0, le=2, description="its temperature; 'none' sends no temperature"
    )
    openai_reasoning_effort: str | None = Field(
        None, description="its reasoning effort; gpt-6-luna takes a temperature only with the effort 'none'"
    )
    openai_max_completion_tokens: int = Field(
        MAX_COMPLETION_TOKENS, ge=16, description="most tokens that its answer may have and cost, reasoning included"
    )
    openai_seconds: float = Field(
        180.0,
        gt=0,
        le=86_400,
        description="seconds that a call may wait for the server's next byte; a slow local model needs more",
    )
    openai_image_model: str = Field("gpt-image-2.5-flare", description="image model of the painter openai-images")
    openai_image_size: str = Field("640x1200", pattern=r"^\d+x\d+$", description="its picture size, in multiples of 16")
    openai_image_quality: Literal["low", "medium", "high", "auto"] = Field("low", description="its quality")

    fal_key: SecretStr | None = Field(None, validation_alias="FAL_KEY", description="key of fal.ai")
    fal_url: str = Field("https://queue.fal.run", description="address of fal's queue API")
    fal_api_url: str = Field(
        "https://api.fal.ai", description="address of fal's platform API, asked about lost requests"
    )
    fal_model: str = Field("fal-ai/flux/schnell", description="model on fal")
    fal_width: int = Field(384, ge=64, le=4096, description="width of fal's pictures, pixels")
    fal_height: int = Field(720, ge=64, le=4096, description="height of fal's pictures, pixels")
    fal_seed: int = Field(42, ge=0, description="seed of fal's pictures")
    picture_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("fal.media", "*.fal.media"),
        description="hosts pictures may come from, https only; http://127.0.0.1:8099 admits exactly that origin",
    )

    include_withdrawn: bool = Field(False, description="whether papers that were withdrawn get a picture, too")
    picture_megabytes: int = Field(32, ge=1, le=64, description="largest picture that is taken, 10^6 bytes")
    picture_megapixels: int = Field(40, ge=1, le=100, description="largest picture that is taken, 10^6 pixels")

    style: str = Field(
        "seed",
        description="how the writer is asked: seed is the predecessor's own, fenced fences the abstract as data; "
        "or a text file with {title} and {abstract}",
    )
    jpeg_quality: int = Field(60, ge=1, le=95, description="quality of the archived JPEGs")
    prompts_at_once: int = Field(8, ge=1, description="prompts being written at the same time")
    paintings_at_once: int = Field(8, ge=1, description="pictures being painted at the same time")
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
    work_pool: str = Field("frontispiece", description="work pool of `frontispiece deploy`, of the type process")
    webhook: SecretStr | None = Field(
        None, description="address that is told of a failed or crashed `daily`, as JSON by POST"
    )
    openai_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of OpenAI, where OPENAI_API_KEY is not set"
    )
    fal_secret_block: str | None = Field(
        None, description="Prefect Secret block with the key of fal.ai, where FAL_KEY is not set"
    )
    huggingface_secret_block: str | None = Field(
        None, description="Prefect Secret block with the token of Hugging Face, where HF_TOKEN is not set"
    )

    @field_validator("categories", "picture_hosts", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def style_to_choose(self) -> str | None:
        """The style as runs are told of it: a name; None for a file, which every run finds in the settings."""
        return self.style if styles.is_name(self.style) else None

    @property
    def keys_in_blocks(self) -> dict[str, str]:
        """The keys that are missing here and come from Prefect's Secret blocks, with the settings that name those."""
        return {
            key: naming
            for each in type(self).__mro__
            for key, naming in vars(each).get("secret_blocks", {}).items()
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

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone; write it as Europe/Berlin")
        return value

    @field_validator("openai_temperature", mode="before")
    @classmethod
    def _no_temperature(cls, value: object) -> object:
        return None if isinstance(value, str) and value.lower() == "none" else value


@cache
def settings_model() -> type[Settings]:
    """The settings with those that other packages add, but for packages that are broken."""
    sections: list[Any] = []
    for name in registry.registered(registry.SETTINGS):
        with contextlib.suppress(BadInput):  # whoever chooses what is broken is told
            section = registry.load(registry.SETTINGS, name)
            if not section.model_fields.keys() & Settings.model_fields.keys():
                sections.append(section)
    return create_model("Settings", __base__=(Settings, *sections)) if sections else Settings


def load_settings(**choices: object) -> Settings:
    """The settings in force, with these choices of the user on top; None means no choice.

    A style that is chosen for a run is a name: whoever may start runs from afar shall not point at files of this
    machine.
    Raises BadInput, naming the variable, for a value that cannot be, and for a variable that nobody reads.
    """
    check_variables(_known_variables(), os.environ, Path(ENV_FILE))
    try:
        return _chosen(choices)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        said = first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{variable(field)}: {said[0].lower()}{said[1:]}.") from None


def _chosen(choices: dict[str, object]) -> Settings:
    chosen = {name: value for name, value in choices.items() if value is not None}
    style = chosen.get("style")
    if isinstance(style, str) and not styles.is_name(style):
        raise BadInput(
            f"The style {style!r} is no name: choose one of {', '.join(styles.names())}, put the file into the folder "
            f"{styles.OWN_FOLDER}, or name it in {variable('style')}."
        )
    return settings_model()(**chosen)  # type: ignore[arg-type]


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
