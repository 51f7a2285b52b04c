"""Prompts ordered by the thousand: OpenAI's Batch API, at half the price and within 24 hours.

What is sent and how answers are read is the chat writer's own; here they go into a file of one request a line, and come
out of one or two files in any order. A batch carries our name for it in its metadata, so it can be found again.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Protocol, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, JsonValue, ValidationError

from frontispiece.errors import NotYet, ProviderBroken, Rejected
from frontispiece.models import Charge, Paper, Prompt
from frontispiece.providers.answers import OrNone, clean, heard
from frontispiece.providers.http import Answer
from frontispiece.providers.openai_client import CHAT_ENDPOINT, OpenAIApi, Reply
from frontispiece.providers.openai_errors import complaint, is_complaint
from frontispiece.text import quoted
from frontispiece.writers.interface import BatchStanding, BatchTicket

# The service takes 50,000 lines and 200 MB. So many lines of some 500 tokens pass the lowest limit on what may wait,
# 2,000,000 tokens.
MOST_LINES, MOST_BYTES = 3_000, 100_000_000
MAX_LINE, MAX_BYTES = 2_000_000, 400_000_000
MAX_PAGES = 100
NAME: Final = "frontispiece"
"""The key of our name for a batch in its metadata."""
SKEW = timedelta(hours=1)
KEPT = timedelta(days=30)
"""For so long a service keeps what a batch delivered."""
ASK_AGAIN_SECONDS = 15.0
BATCH_SHARE: Final = 0.5
"""What a call in a batch costs of the full price."""
FINISHED: Final = frozenset({"completed", "failed", "expired", "cancelled"})
UNFINISHED: Final = frozenset({"validating", "in_progress", "finalizing", "cancelling"})


_M = TypeVar("_M", bound=BaseModel)


_Count = OrNone[Annotated[int, Field(ge=0)]]


class _Counts(BaseModel):
    total: _Count = None
    completed: _Count = None
    failed: _Count = None


class _Batch(BaseModel):
    id: str = Field(min_length=1, max_length=200)
    status: str
    created_at: OrNone[AwareDatetime] = None  # from seconds since 1970
    output_file_id: OrNone[str] = None
    error_file_id: OrNone[str] = None
    metadata: OrNone[dict[str, JsonValue]] = None
    request_counts: OrNone[_Counts] = None
    errors: JsonValue = None

    @property
    def files(self) -> tuple[str, ...]:
        """What it came to, in files."""
        return tuple(filter(None, (self.output_file_id, self.error_file_id)))

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it: a state that nobody knows is an end when it brings something."""
        return self.status in FINISHED or (self.status not in UNFINISHED and bool(self.files))

    @property
    def ticket(self) -> BatchTicket:
        return BatchTicket(batch=self.id, ordered=self.created_at or datetime.now(UTC))


class _Page(BaseModel):
    data: list[OrNone[_Batch]]
    has_more: OrNone[bool] = None


class _File(BaseModel):
    id: str = Field(min_length=1, max_length=200)


class _Response(BaseModel):
    status_code: int
    request_id: OrNone[str] = None
    body: JsonValue = None


class _Line(BaseModel):
    custom_id: str = Field(max_length=200)
    response: _Response | None = None


class Delivery:
    """The lines of a finished batch, by key."""

    def __init__(self) -> None:
        self.lines: dict[str, bytes] = {}
        self.unreadable = 0

    def take(self, line: bytes) -> None:
        """Note a line; of several with one key the first counts."""
        try:
            key = _Line.model_validate_json(clean(line)).custom_id
        except ValidationError:
            self.unreadable += 1
        else:
            self.lines.setdefault(key, line)


class Chat(Protocol):
    """What is needed of the chat writer."""

    def request(self, paper: Paper) -> str:
        """The exact text that is sent."""
        ...

    def body(self, paper: Paper) -> Mapping[str, object]:
        """The whole of what is sent."""
        ...

    def price(self, paper: Paper) -> float | None:
        """The full price."""
        ...

    def read(self, reply: Reply, request: str, share: float = 1.0) -> Prompt:
        """The prompt in an answer, at this share of the full price."""
        ...


class OpenAIBatches:
    """`frontispiece.writers.interface.Batches` by OpenAI, or any server that has its Batch API."""

    most_lines = MOST_LINES
    most_bytes = MOST_BYTES

    def __init__(
        self, api: OpenAIApi, chat: Chat, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._api = api
        self._chat = chat
        self._clock = clock
        self._lock = asyncio.Lock()
        # By name: what the list of batches said. No batch appears after the time that is waited before asking.
        self._found: dict[str, BatchTicket | None] = {}
        self._asked: dict[str, float] = {}
        self._delivered: tuple[str, Delivery] = ("", Delivery())

    def price(self, paper: Paper) -> float | None:
        """Half of the full price."""
        full = self._chat.price(paper)
        return None if full is None else full * BATCH_SHARE

    def size(self, paper: Paper) -> int:
        """The length of the paper's line."""
        return len(self._line("0" * 32, paper))

    async def upload(self, papers: Mapping[str, Paper]) -> str:
        """Send the file of requests. Errors as in `frontispiece.writers.interface.Batches`."""
        reply = await self._api.upload(b"".join(self._line(key, paper) for key, paper in papers.items()))
        return _read(_File, reply).id

    async def order(self, name: str, uploaded: str) -> BatchTicket:
        """Order what was uploaded. Errors as in `frontispiece.writers.interface.Batches`."""
        return _read(_Batch, await self._api.order_batch(uploaded, {NAME: name})).ticket

    async def find(self, name: str, since: datetime) -> BatchTicket | None:
        """Look for a batch in the service's list. Raises ProviderError."""
        async with self._lock:
            if name not in self._found:
                self._found[name] = await self._search(name, since - SKEW)
            return self._found[name]

    async def look(self, ticket: BatchTicket) -> BatchStanding:
        """Ask how a batch stands. Raises ProviderError, and NotYet where the key knows no such batch."""
        batch = await self._batch(ticket)
        if batch.is_finished:
            self._asked.pop(batch.id, None)
        counts, problem = batch.request_counts or _Counts(), None
        if batch.status == "failed":
            said = quoted(heard(json.dumps(batch.errors).encode()).words) or "no reason given"
            problem = f"The batch {quoted(batch.id)} was refused: {said}."
        return BatchStanding(
            is_finished=batch.is_finished,
            done=(counts.completed or 0) + (counts.failed or 0),
            total=counts.total or 0,
            problem=problem,
        )

    async def collect(self, ticket: BatchTicket, key: str, paper: Paper) -> Prompt | None:
        """The prompt in the batch's line of this key. Errors as in `frontispiece.writers.interface.Batches`."""
        delivery = await self._delivery(ticket)
        line = delivery.lines.get(key)
        if line is None and delivery.unreadable:
            raise ProviderBroken(f"The batch {quoted(ticket.batch)} was delivered with lines that make no sense.")
        reply = None if line is None else reply_in(line)
        if reply is None:
            return None
        return self._chat.read(reply, self._chat.request(paper), BATCH_SHARE)

    def _line(self, key: str, paper: Paper) -> bytes:
        request = {"custom_id": key, "method": "POST", "url": CHAT_ENDPOINT, "body": self._chat.body(paper)}
        return json.dumps(request, separators=(",", ":")).encode() + b"\n"

    async def _search(self, name: str, since: datetime) -> BatchTicket | None:
        after = None
        for _ in range(MAX_PAGES):
            page = _read(_Page, await self._api.batches(after))
            batches = [batch for batch in page.data if batch]
            for batch in batches:
                if (batch.metadata or {}).get(NAME) == name:
                    return batch.ticket
            if not (batches and page.has_more):
                return None
            first, last = batches[0].ticket.ordered, batches[-1].ticket.ordered
            if last < min(since, first):  # the newest come first, and what follows is older
                return None
            after = batches[-1].id
        raise ProviderBroken(f"The list of batches has more than {MAX_PAGES} pages: {name} was not found in time.")

    async def _batch(self, ticket: BatchTicket) -> _Batch:
        try:
            return _read(_Batch, await self._api.batch(ticket.batch))
        except Rejected as error:
            if self._clock() - ticket.ordered > KEPT:
                raise ProviderBroken(f"What was ordered in batch {quoted(ticket.batch)} is no longer there.") from None
            # Another key may know it; to order again would be to pay again.
            raise NotYet(f"{error} Was batch {quoted(ticket.batch)} ordered with another key?") from None

    async def _delivery(self, ticket: BatchTicket) -> Delivery:
        """The lines of a batch, downloaded once for all that ask one after another. Raises NotYet."""
        async with self._lock:
            if self._delivered[0] == ticket.batch:
                return self._delivered[1]
            waiting = NotYet(f"The prompt is ordered in batch {quoted(ticket.batch)}, which is not finished.")
            if time.monotonic() - self._asked.get(ticket.batch, -ASK_AGAIN_SECONDS) < ASK_AGAIN_SECONDS:
                raise waiting
            batch = await self._batch(ticket)
            if not batch.is_finished:
                self._asked[ticket.batch] = time.monotonic()
                raise waiting
            delivery = Delivery()
            for file_id in batch.files:
                await self._api.download(file_id, delivery.take, MAX_LINE, MAX_BYTES)
            self._delivered = (ticket.batch, delivery)
            return delivery


def _read(shape: type[_M], reply: Reply) -> _M:
    try:
        return shape.model_validate_json(clean(reply.body))
    except ValidationError:
        raise ProviderBroken("The batch service answered something that makes no sense.") from None


def reply_in(line: bytes) -> Reply | None:
    """The chat service's answer in a line of a batch; None when it was not asked, or charges nothing for its answer.

    Raises Blocked, Rejected, ProviderBroken.
    """
    try:
        read = _Line.model_validate_json(clean(line))
    except ValidationError:
        raise ProviderBroken("A line of a batch makes no sense.") from None
    if read.response is None:
        return None  # the batch expired, or was cancelled, before its turn
    body = json.dumps(read.response.body).encode()
    if read.response.status_code == 200 and not is_complaint(body):
        return Reply(body, read.response.request_id, 0.0)
    error = complaint(Answer(read.response.status_code, {}, body, ""), "The batch's line", "")
    if isinstance(error, Rejected):
        error.charge = Charge(dollars=0.0, request_id=read.response.request_id)
    elif error.is_billed is False:
        return None
    raise error
