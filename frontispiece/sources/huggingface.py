"""The daily papers of Hugging Face: https://huggingface.co/papers, a list for each day, with votes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    JsonValue,
    SecretStr,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from frontispiece.errors import BadInput, SourceBroken, SourceUnavailable, SourceUnreached
from frontispiece.models import Listing, Paper, Summary
from frontispiece.providers.answers import OrNone, clean, heard
from frontispiece.providers.http import Answer, Http, HttpError, Unreached, retry_after
from frontispiece.recipe import digest
from frontispiece.settings import key_to_send
from frontispiece.sources.ids import parse_id
from frontispiece.sources.interface import Listed
from frontispiece.sources.reading import IdText, Line, Moment, Problems, checked_address, reason
from frontispiece.sources.withdrawn import is_withdrawn
from frontispiece.text import counted, quoted

FIRST_DAY: Final = date(2023, 5, 4)
"""The day of the first list."""
PAGE: Final = 100
MAX_PAGES: Final = 50
MAX_VOTES: Final = 1_000_000_000

SUMMARIES_BY: Final = "an AI at Hugging Face"
"""Who has written the summaries on its lists."""

_LIST: Final = TypeAdapter(list[JsonValue])
_OBJECT: Final = TypeAdapter(dict[str, JsonValue])
_AnyTitle = Annotated[Line, StringConstraints(max_length=1_000)]


def _whole(votes: object) -> object:
    return int(votes) if isinstance(votes, float) and abs(votes) < MAX_VOTES else votes


_Votes = Annotated[StrictInt, Field(gt=-MAX_VOTES, lt=MAX_VOTES), BeforeValidator(_whole)]


class HuggingFaceSettings(BaseModel):
    """What the user may set."""

    secret_blocks: ClassVar = {"huggingface_token": "huggingface_secret_block"}

    huggingface_url: str = Field(
        "https://huggingface.co", validation_alias="HF_ENDPOINT", description="address of Hugging Face"
    )
    huggingface_token: SecretStr | None = Field(
        None, validation_alias="HF_TOKEN", description="optional token of Hugging Face"
    )
    huggingface_secret_block: str | None = Field(
        None, description="Prefect Secret block with the token of Hugging Face, where HF_TOKEN is not set"
    )


class _Author(BaseModel):
    name: OrNone[Line] = None


class _PaperPart(BaseModel):
    """What the service says of the paper itself. Over the years every key but the id has been absent."""

    id: IdText
    title: OrNone[_AnyTitle] = None
    summary: OrNone[Line] = None
    ai_summary: OrNone[Line] = None
    authors: OrNone[list[OrNone[_Author]]] = None
    published_at: OrNone[Moment] = Field(default=None, alias="publishedAt")
    upvotes: OrNone[_Votes] = None


class _Entry(BaseModel):
    """One place on a list. Its outer `publishedAt` is not the paper's, so only the inner one is read."""

    paper: _PaperPart
    title: OrNone[_AnyTitle] = None
    summary: OrNone[Line] = None

    @property
    def best_title(self) -> str:
        """The outer one, because inner titles of 2024 have lost their LaTeX."""
        return self.title or self.paper.title or ""

    @model_validator(mode="after")
    def _has_title(self) -> Self:
        if not self.best_title:
            raise ValueError(f"{self.paper.id} has no title, so there is nothing to illustrate")
        return self

    def as_paper(self, day: date | None, rank: int, seen_at: datetime) -> Paper:
        """The paper, listed on `day`, or on its own day when it was asked for by id."""
        part, (paper_id, version) = self.paper, parse_id(self.paper.id)
        published = part.published_at.date() if part.published_at else None
        day = day or published or seen_at.date()
        return Paper(
            id=paper_id,
            version=version,
            title=self.best_title,
            abstract=part.summary or self.summary or "",
            authors=tuple(author.name for author in part.authors or () if author and author.name),
            published=published,
            withdrawn=is_withdrawn(part.summary or self.summary or ""),
            listing=Listing(
                source="huggingface",
                day=day,
                rank=rank,
                upvotes=part.upvotes,
                seen_at=seen_at,
                summary=Summary(text=part.ai_summary, by=SUMMARIES_BY) if part.ai_summary else None,
            ),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its papers, ranked from 0, and how its other entries fail to be papers.

    Keys tell entries apart: a paper's id, or a hash of what could not be read.
    """

    papers: tuple[Paper, ...]
    problems: dict[str, str]

    @property
    def keys(self) -> set[str]:
        """Everything that stands on the page."""
        return {paper.id for paper in self.papers} | self.problems.keys()


class HuggingFace:
    """The lists of daily papers, and single papers by id.

    Lists grow all day, and votes drift for days: `seen_at` tells when an answer was true. Raises BadInput when
    HF_ENDPOINT or HF_TOKEN cannot be.
    """

    begins = FIRST_DAY, "Hugging Face's first list"
    has_votes = True
    has_categories = False

    def __init__(
        self, settings: HuggingFaceSettings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._url = checked_address(settings.huggingface_url, "HF_ENDPOINT").rstrip("/")
        self._clock = clock
        self._token = key_to_send(settings.huggingface_token, "HF_TOKEN")
        self._http = Http(headers={"Authorization": f"Bearer {self._token}"} if self._token else None)

    @property
    def fingerprint(self) -> str:
        """The address of the server."""
        return digest(self._url)

    def newest_day(self, today: date) -> date:
        """Today: its list is there from the morning on, and grows."""
        return today

    async def list_day(self, day: date) -> Listed:
        """The list of this day, page by page; the list may change meanwhile, so each id is taken once."""
        if day < FIRST_DAY:
            raise BadInput(f"Hugging Face has no list for {day}; the first one is of {FIRST_DAY}.")
        papers: dict[str, Paper] = {}
        broken: dict[str, str] = {}
        for number in range(MAX_PAGES):
            page = await self._page(day, number)
            # A list ends with an empty page; a server that ignores `p` would send the same one for ever.
            if page.keys <= papers.keys() | broken.keys():
                return _listed(day, papers, broken)
            for paper in page.papers:
                papers.setdefault(paper.id, paper)
            broken |= page.problems
        raise SourceBroken(f"Hugging Face's list of {day} does not end after {MAX_PAGES} pages.")

    async def find(self, ids: tuple[str, ...]) -> Listed:
        """These papers, whether they were on a list or not; the service knows no versions."""
        problems, papers = Problems(), list[Paper]()
        for paper_id in dict.fromkeys(parse_id(text)[0] for text in ids):
            answer = await self._get(f"/api/papers/{paper_id}", {})
            if answer.status == 404:
                problems.add(paper_id, "not on Hugging Face")
                continue
            _check(answer, self._token)
            try:
                papers.append(parse_paper(answer.body, paper_id, len(papers), self._clock()))
            except ValidationError as error:
                problems.add(paper_id, reason(error))
        return Listed(day=self._clock().date(), papers=tuple(papers), problems=problems.sentences())

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def _page(self, day: date, number: int) -> Page:
        answer = await self._get("/api/daily_papers", {"date": day.isoformat(), "p": number, "limit": PAGE})
        if answer.status == 400:
            said = quoted(heard(answer.body).words, self._token)
            raise BadInput(f"Hugging Face has no list for {day}: {said}.")
        _check(answer, self._token)
        return parse_page(answer.body, day, self._clock())

    async def _get(self, path: str, params: dict[str, str | int]) -> Answer:
        try:
            return await self._http.get(self._url + path, params=params)
        except HttpError as error:
            kind = SourceUnreached if isinstance(error, Unreached) else SourceUnavailable
            raise kind(f"Hugging Face: {error}") from None


def parse_page(body: bytes, day: date, seen_at: datetime) -> Page:
    """One page of the list of `day`. Raises SourceBroken for anything but a JSON array."""
    try:
        entries = _LIST.validate_json(clean(body))
    except ValidationError:
        raise SourceBroken(f"Hugging Face's list of {day} is not a JSON array; is HF_ENDPOINT right?") from None
    papers: dict[str, Paper] = {}
    problems: dict[str, str] = {}
    for rank, raw in enumerate(entries):
        try:
            paper = _Entry.model_validate(raw).as_paper(day, rank, seen_at)
            papers.setdefault(paper.id, paper)
        except ValidationError as error:
            problems[digest(raw)] = reason(error)
    return Page(tuple(papers.values()), problems)


def parse_paper(body: bytes, paper_id: str, rank: int, seen_at: datetime) -> Paper:
    """The answer about a single paper.

    Raises SourceBroken when it is no JSON object or about another paper, ValidationError when its fields are bad.
    """
    try:
        raw = _OBJECT.validate_json(clean(body))
    except ValidationError:
        raise SourceBroken(f"Hugging Face's answer about {paper_id} is not JSON; is HF_ENDPOINT right?") from None
    paper = _Entry.model_validate({"paper": raw}).as_paper(None, rank, seen_at)
    if paper.id != paper_id:
        raise SourceBroken(f"Hugging Face was asked for {paper_id} and answered about {paper.id}.")
    return paper


def _listed(day: date, papers: dict[str, Paper], broken: dict[str, str]) -> Listed:
    """The whole list, ranked anew over its pages. Raises SourceBroken when not a single entry could be read."""
    if broken and not papers:
        why = next(iter(broken.values()))
        raise SourceBroken(
            f"Hugging Face's list of {day} has {counted(len(broken), 'entry', 'entries')}, and no paper: {why}."
        )
    problems = Problems()
    for why in broken.values():
        problems.add(f"an entry of the list of {day}", why)
    ranked = tuple(
        paper.model_copy(update={"listing": paper.listing.model_copy(update={"rank": rank})})
        for rank, paper in enumerate(papers.values())
    )
    return Listed(day=day, papers=ranked, problems=problems.sentences())


def _check(answer: Answer, token: str) -> None:
    """Raise what a status other than 200 means."""
    if answer.status == 200:
        return
    said = f"Hugging Face answered {answer.status}"
    if answer.status in (401, 403):
        raise BadInput(f"{said}: {'the token in HF_TOKEN is refused' if token else 'HF_TOKEN is needed'}.")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise SourceUnavailable(f"{said}.", retry_after(answer, datetime.now(UTC)))
    raise SourceBroken(f"{said}; is HF_ENDPOINT right?")
