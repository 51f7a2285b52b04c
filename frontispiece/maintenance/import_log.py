"""The predecessor's logs: what they tell of its pictures, which papers these are about, and how they were made.

A log line is `[dd.mm.yyyy HH:MM] message`; lines without that beginning carry the message before them on. In each of a
day's runs the predecessor read its feed, had reviews written, and then went through its papers one by one: "Generating
an image for paper", the request, the response, the prompt again, and "Saving generated image from URL to KEY.jpg", or
"Image for paper already exists". An error after that, and there is no picture. Everything else is skipped.

The log does not name the paper's id, and KEY is a hash of it; but there are few enough arXiv ids to try them all.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import StringIO
from itertools import chain
from os.path import commonprefix
from typing import Final

from frontispiece.dates import month_from, month_of
from frontispiece.providers.openai_account import MAX_COMPLETION_TOKENS
from frontispiece.recipe import Recipe
from frontispiece.services import recipe_of
from frontispiece.settings import Settings
from frontispiece.text import one_line

MAX_MESSAGE = 100_000

_LINE: Final = re.compile(r"\[(\d{2}\.\d{2}\.\d{4} \d{2}:\d{2})\] (.*)", re.ASCII)
_START: Final = re.compile(r"(?:\[Experimental\] )?Generating an image for paper (.+?)\.\s*(?:\n|$)", re.DOTALL)
_THERE: Final = re.compile(r"(?:\[Experimental\] )?Image for paper (.+?) already exists\.\s*(?:\n|$)", re.DOTALL)
_REQUEST: Final = re.compile(r"(\w+) request\. Model: (\S+)\. Prompt: (.+)", re.DOTALL)
_FOR_A_PICTURE: Final = "' Text: '"  # what follows the paper's title in a request for a prompt, and in no other
_ANSWER: Final = re.compile(r"Response: (.*)", re.DOTALL)
_ERROR: Final = re.compile(r"Error\b")
_PROMPT: Final = re.compile(r"Generating image by prompt: (.+)", re.DOTALL)
_SAVED: Final = re.compile(r"Saving generated image from (\S+) to ([0-9a-f]{16})\.jpg\.\s*(?:\n|$)")
_NO_PICTURE: Final = re.compile(r"Error generating an image:")
_ABSTRACT: Final = re.compile(r" Text: '(.*)'\s*", re.DOTALL)
_FIRST_MONTH: Final = "2007-04"
_FIVE_DIGITS: Final = "2015-01"  # from then on ids have five digits after the dot
_MOST: Final = {4: 9_999, 5: 59_999}


@dataclass(frozen=True, slots=True)
class Past:
    """One picture as the log tells of it."""

    at: datetime
    """When it was saved: the log's minute, taken for UTC."""
    key: str
    """The paper's key, 16 hex digits: the file's name."""
    title: str
    model: str
    """The chat model."""
    request: str
    prompt: str
    url: str

    @property
    def abstract(self) -> str:
        """The abstract, as the request quotes it; empty when it does not."""
        found = _ABSTRACT.search(self.request)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Log:
    """What a log tells."""

    past: tuple[Past, ...]
    """Pictures in the log's order; of several about one paper the last."""
    problems: tuple[str, ...]
    """Papers that got no picture, and pictures nobody asked for, a sentence each."""


def parse_log(text: str) -> Log:
    """Read a log; what is none of the predecessor's lines is skipped."""
    return parse_logs([text])[0]


def parse_logs(texts: Iterable[str]) -> list[Log]:
    """Read logs that belong together: a paper that got no picture in one of them may have one by another."""
    read = [_Reading(text) for text in texts]
    pictured = set[str]().union(*(each.pictured for each in read))
    return [each.log(pictured) for each in read]


@dataclass(slots=True)
class _Telling:
    """What a log has told so far of a paper whose picture it has begun."""

    title: str
    model: str = ""
    request: str = ""
    answers: list[str] = field(default_factory=list)
    """What may be the answer to that request; the prompt that was painted tells which is."""
    prompt: str = ""
    waiting: list[bool] = field(default_factory=list)
    """Requests that no answer has followed yet, and whether it is a picture's prompt that they ask for."""
    saved: Past | None = None

    def hear_request(self, service: str, model: str, request: str) -> None:
        """Only OpenAI was asked for prompts; whoever else is asked in between gets the next answer."""
        wanted = service == "OpenAI" and _FOR_A_PICTURE in request
        self.waiting.append(wanted)
        if wanted:
            self.model, self.request, self.answers = model, request.strip(), []

    def hear_answer(self, answer: str) -> None:
        """It belongs to the last request that has none."""
        if not self.waiting or self.waiting.pop():
            self.answers.append(answer)

    def hear_error(self) -> None:
        """A request for something else has failed, and gets no answer."""
        if self.waiting and not self.waiting[-1]:
            self.waiting.pop()

    def past(self, at: datetime, key: str, url: str) -> Past | None:
        """The picture that was saved; None when the log does not tell all of it."""
        prompt = next(filter(None, (_painted(answer, self.prompt) for answer in reversed(self.answers))), None)
        return Past(at, key, self.title, self.model, self.request, prompt, url) if self.request and prompt else None


class _Reading:
    """One log, read through."""

    def __init__(self, text: str) -> None:
        self.pictured = set[str]()
        """Titles of papers that got a picture, or had one."""
        self._past: dict[str, Past] = {}
        self._untold: list[str] = []
        self._begun: list[str] = []
        self._now: _Telling | None = None
        for at, message in _messages(text):
            self._hear(at, message)
        self._end_paper()

    def log(self, pictured: Collection[str]) -> Log:
        """What was read, where papers of these titles have pictures."""
        bare = [title for title in dict.fromkeys(self._begun) if title not in pictured]
        missing = [f"“{title}” has no picture in the log." for title in bare]
        return Log(tuple(self._past.values()), (*missing, *self._untold))

    def _hear(self, at: datetime, message: str) -> None:
        now = self._now
        if found := _START.match(message):
            self._end_paper()
            self._now = _Telling(one_line(found[1]))
            self._begun.append(self._now.title)
        elif found := _THERE.match(message):
            self.pictured.add(one_line(found[1]))
        elif found := _SAVED.match(message):
            self._save(at, found[2], found[1])
        elif now is None:
            return
        elif found := _REQUEST.match(message):
            now.hear_request(found[1], found[2], found[3])
        elif found := _ANSWER.match(message):
            now.hear_answer(found[1])
        elif found := _PROMPT.match(message):
            now.prompt = found[1]
        elif _NO_PICTURE.match(message):
            now.saved = None  # the line about saving it comes before it is downloaded
        elif _ERROR.match(message):
            now.hear_error()

    def _save(self, at: datetime, key: str, url: str) -> None:
        one = self._now.past(at, key, url) if self._now and not self._now.saved else None
        if self._now and one:
            self._now.saved = one
            return
        if self._now:
            self.pictured.add(self._now.title)
        self._end_paper()
        self._past.pop(key, None)
        self._untold.append(f"{key}.jpg is left out: the log does not tell how it was made.")

    def _end_paper(self) -> None:
        """What is said from here on is not about the paper at hand."""
        if self._now and (one := self._now.saved):
            self._past.pop(one.key, None)
            self._past[one.key] = one
            self.pictured.add(one.title)
        self._now = None


def _messages(text: str) -> Iterator[tuple[datetime, str]]:
    """Each message with its time, the lines it goes on in included."""
    at, lines = None, list[str]()
    for line in chain(StringIO(text, newline=None), ["[01.01.2000 00:00] end"]):
        line = line.removesuffix("\n")
        found = _LINE.fullmatch(line)
        moment = _moment(found[1]) if found else None
        if found is None or moment is None:
            lines.append(line)
            continue
        if at is not None:
            yield at, "\n".join(lines)[:MAX_MESSAGE]
        at, lines = moment, [found[2]]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _painted(answer: str, told: str) -> str | None:
    """The prompt, when what was told to the painter is this answer.

    It stands in the log twice, the second time with a full stop; lines that follow it there are foreign.
    """
    prompt = commonprefix([answer, told])  # noqa: RUF071 texts, no paths
    after_answer, after_told = answer[len(prompt) :], told[len(prompt) :]
    same = after_answer[:1] in ("", "\n") and after_told[:1] == "." and after_told[1:2] in ("", "\n")
    return prompt.strip() or None if same else None


def find_ids(keys: Iterable[str], newest: date) -> dict[str, str]:
    """The arXiv ids with these keys, among all that there can be up to the month of `newest`, the latest tried first.

    Seven million hashes, some seconds, when a key is none of an arXiv id; far fewer when papers were recent.
    """
    missing, found = set(keys), dict[str, str]()
    base = hashlib.md5(b"https://huggingface.co/papers/", usedforsecurity=False)
    month = month_of(newest)
    while missing and month >= _FIRST_MONTH:
        digits = 5 if month >= _FIVE_DIGITS else 4
        stem = f"{month[2:4]}{month[5:]}."
        prefix = base.copy()
        prefix.update(stem.encode())
        for number in range(1, _MOST[digits] + 1):
            tail = f"{number:0{digits}}"
            trial = prefix.copy()
            trial.update(tail.encode())
            if (key := trial.hexdigest()[:16]) in missing:
                found[key] = stem + tail
                missing.discard(key)
        month = month_from(month, -1)
    return found


def predecessor_recipe(settings: Settings, model: str) -> Recipe:
    """The recipe of a picture whose prompt this chat model wrote; everything else never changed.

    A run with these very settings takes the pictures for its own.
    """
    then = settings.model_copy(
        update={
            **{"writer": "openai", "painter": "fal", "style": "seed", "jpeg_quality": 60},
            **{"openai_model": model, "openai_temperature": 0.8, "openai_reasoning_effort": None},
            "openai_max_completion_tokens": MAX_COMPLETION_TOKENS,  # it set no limit: the recipe says nothing of it
            **{"fal_model": "fal-ai/flux/schnell", "fal_width": 384, "fal_height": 720, "fal_seed": 42},
        }
    )
    return recipe_of(then)
