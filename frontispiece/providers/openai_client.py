"""OpenAI's API and the many servers that speak it: one call, a bounded answer, errors in our own terms.

Besides calls that answer at once there are batches: a file of requests, worked off within a day at half the price.

The library's own retries are off (a paid call is sent once) and so are redirects. Its models are not used for
answers: it builds them unchecked, and hands HTML with status 200 through as text.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar, get_args
from urllib.parse import urlsplit

import httpx2  # openai's transport: bodies that break off raise its errors
import openai
from openai import AsyncAPIResponse, omit
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import Field

from frontispiece.addresses import shown
from frontispiece.errors import (
    BadInput,
    Blocked,
    InDoubt,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.providers.http import CONNECT_SECONDS, LOOPBACK, Answer, retry_after
from frontispiece.providers.throttle import Throttle
from frontispiece.settings import Settings, key_to_send
from frontispiece.text import quoted

OFFICIAL_HOST = "api.openai.com"
NOT_SENT = (
    *(httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout),
    *(httpx2.ProxyError, httpx2.UnsupportedProtocol),
)
BLOCKED_CODES = ("moderation_blocked", "content_filter", "content_policy_violation")
NO_MONEY_CODES = ("insufficient_quota", "billing_hard_limit_reached")

LIBRARY_ERRORS = (openai.APIError, httpx2.HTTPError, TimeoutError)
CHECK_SECONDS = 10.0
UPLOAD_SECONDS = 300.0
DOWNLOAD_SECONDS = 600.0
CHAT_ENDPOINT: Final = "/v1/chat/completions"

A = TypeVar("A")
T = TypeVar("T")
ChatBody = CompletionCreateParamsNonStreaming
ImageQuality = Literal["low", "medium", "high", "auto"]
Tokens = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""As an answer counts them: a number that can be, and that has a price."""
LimitName = Literal["max_completion_tokens", "max_tokens"]
"""What bounds the tokens of an answer; many servers know only the second, OpenAI's newer models only the first."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The bytes of an answer with status 200, the service's id of the call, and how long it took."""

    body: bytes
    request_id: str | None
    seconds: float


def chat_body(
    model: str, request: str, temperature: float | None, effort: str | None, most: int, limit: LimitName
) -> ChatBody:
    """What asks for one chat completion of one user message, of so many tokens at most; what is None is not sent."""
    body: ChatBody = {"model": model, "messages": [{"role": "user", "content": request}]}
    body[limit] = most
    if temperature is not None:
        body["temperature"] = temperature
    if effort is not None:
        body["reasoning_effort"] = effort  # type: ignore[typeddict-item] # any server's words
    return body


class OpenAIApi:
    """One server. `seconds` bounds a call in total, `max_bytes` its answer."""

    def __init__(self, settings: Settings, *, seconds: float, max_bytes: int) -> None:
        self.throttle = Throttle()
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._host, self._key = _who(settings)
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",  # compatible servers want some key, whatever it is
            base_url=settings.openai_base_url,
            max_retries=0,
            timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False, mounts={f"all://{host}": None for host in LOOPBACK}
            ),
        )

    async def chat(self, body: ChatBody) -> Reply:
        """One chat completion. Raises ProviderError."""
        create = self._client.chat.completions.with_streaming_response.create
        return await self._paid("a prompt", lambda: create(**body))

    async def picture(self, model: str, prompt: str, size: str, quality: ImageQuality) -> Reply:
        """One PNG. Raises ProviderError."""
        generate = self._client.images.with_streaming_response.generate
        return await self._paid(
            "a picture",
            lambda: generate(model=model, prompt=prompt, size=size, quality=quality, output_format="png", n=1),
        )

    async def models(self) -> Reply:
        """The server's list of models; free, and passes by the throttle.

        Raises OutOfService when the key is refused, else other kinds of ProviderError.
        """
        what = f"{self._host}, asked for its models,"
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._one(self._client.models.with_streaming_response.list())
        except openai.PermissionDeniedError as error:
            # A key may well be good for everything but this list.
            raise Rejected(f"{what} refuses: {quoted(error.message, self._key)}.") from None
        except LIBRARY_ERRORS as error:
            raise translate(error, what, self._key) from None

    async def upload(self, content: bytes) -> Reply:
        """Send a file of requests for a batch; costs nothing. Raises ProviderError, never InDoubt."""
        create = self._client.files.with_streaming_response.create
        call = create(file=("requests.jsonl", content), purpose="batch", timeout=UPLOAD_SECONDS)
        try:
            return await self._free("to keep a file of requests", self._one(call), UPLOAD_SECONDS)
        except InDoubt as error:  # a file that nobody orders does no harm
            raise ProviderUnavailable(str(error)) from None

    async def order_batch(self, file_id: str, metadata: dict[str, str]) -> Reply:
        """Order the chat completions of an uploaded file. Raises ProviderError."""
        create = self._client.batches.with_streaming_response.create
        return await self._paid(
            "a batch",
            lambda: create(input_file_id=file_id, endpoint=CHAT_ENDPOINT, completion_window="24h", metadata=metadata),
        )

    async def batch(self, batch_id: str) -> Reply:
        """How a batch stands; free. Raises ProviderError."""
        retrieve = self._client.batches.with_streaming_response.retrieve
        return await self._free("for a batch", self._one(retrieve(batch_id)), self._seconds)

    async def batches(self, after: str | None) -> Reply:
        """A page of the list of batches: up to 100 that stand behind `after`; free. Raises ProviderError."""
        call = self._client.batches.with_streaming_response.list(after=after or omit, limit=100)
        return await self._free("for its batches", self._one(call), self._seconds)

    async def download(self, file_id: str, take: Callable[[bytes], None], max_line: int, max_bytes: int) -> None:
        """Hand each line of a file to `take`; free. Raises ProviderError."""
        call = self._client.files.with_streaming_response.content(file_id)
        await self._free("for a file", self._lines(call, take, max_line, max_bytes), DOWNLOAD_SECONDS)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    async def _paid(self, what: str, call: Callable[[], AbstractAsyncContextManager[AsyncAPIResponse[T]]]) -> Reply:
        """One call through the throttle; its failure may close or shut the throttle."""
        await self.throttle.pass_through()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._one(call())
        except LIBRARY_ERRORS as error:
            failure = translate(error, f"{self._host}, asked for {what},", self._key)
        if isinstance(failure, OutOfService):
            self.throttle.shut(failure)
        elif isinstance(failure, ProviderUnavailable) and failure.retry_after is not None:
            self.throttle.close_for(failure.retry_after, str(failure))
        raise failure

    async def _free(self, what: str, answer: Coroutine[None, None, A], seconds: float) -> A:
        """A call that costs nothing, and passes by the throttle."""
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except LIBRARY_ERRORS as error:
            raise translate(error, f"{self._host}, asked {what},", self._key) from None

    async def _one(self, call: AbstractAsyncContextManager[AsyncAPIResponse[T]]) -> Reply:
        began = time.monotonic()
        body = bytearray()
        async with call as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    raise ProviderBroken(f"{self._host} answered with more than {self._max_bytes:,} bytes.")
            return Reply(bytes(body), response.headers.get("x-request-id"), time.monotonic() - began)

    async def _lines(
        self,
        call: AbstractAsyncContextManager[AsyncAPIResponse[T]],
        take: Callable[[bytes], None],
        max_line: int,
        max_bytes: int,
    ) -> None:
        received, rest = 0, b""
        async with call as response:
            async for chunk in response.iter_bytes():
                received += len(chunk)
                *lines, rest = (rest + chunk).split(b"\n")
                if received > max_bytes or max(map(len, (*lines, rest))) > max_line:
                    raise ProviderBroken(f"{self._host} sent a file that is larger than what was ordered can be.")
                for line in filter(None, lines):
                    take(line)
        if rest:
            take(rest)


def _who(settings: Settings) -> tuple[str, str]:
    """Host and key of the server; raises BadInput for an address or key that cannot be."""
    try:
        parts = urlsplit(settings.openai_base_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"OPENAI_BASE_URL: {shown(settings.openai_base_url)!r} is not the address of a server.")
    key = key_to_send(settings.openai_api_key, "OPENAI_API_KEY")
    if not key and parts.hostname == OFFICIAL_HOST:
        raise BadInput("OPENAI_API_KEY is not set: put a key of OpenAI there, or name another OPENAI_BASE_URL.")
    return parts.hostname, key


def translate(error: Exception, what: str, key: str = "") -> ProviderError:
    """The library's error in our own terms; `what` begins the sentence, and `key` never appears in it."""
    if isinstance(error, openai.APIStatusError):
        return _refusal(error, what, key)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, NOT_SENT):
        return ProviderUnavailable(f"{what} could not be reached.")
    if isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
        return InDoubt(f"{what} sent no whole answer in time; it may have done the work.")
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        return InDoubt(f"{what} broke the connection before its answer was whole; it may have done the work.")
    return ProviderBroken(f"{what} sent an answer that makes no sense.")


def _refusal(error: openai.APIStatusError, what: str, key: str) -> ProviderError:
    """What a status of 300 or above means."""
    status, codes = error.status_code, (error.code, error.type)
    words = quoted(error.message.removeprefix(f"Error code: {status}").removeprefix(" - "), key)
    said = f"{what} answered {status}: {words}." if words else f"{what} answered {status}."
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    failure = refusal(status, codes, said, retry_after(Answer(status, headers, b"", ""), datetime.now(UTC)))
    if isinstance(failure, Rejected):
        failure.parameter = error.param or next((name for name in get_args(LimitName) if name in error.message), None)
    return failure


def refusal(status: int, codes: Sequence[str | None], said: str, wait: float | None = None) -> ProviderError:
    """The error that an answer of this status and these codes means; `said` is its sentence."""
    if any(code in NO_MONEY_CODES for code in codes) or status == 402:
        return OutOfService(f"The quota is used up: {said}")
    if any(code in BLOCKED_CODES for code in codes):
        return Blocked(said)
    if status in (401, 403):
        return OutOfService(f"The key is refused: {said}")
    if status in (408, 409, 429) or status >= 500:
        return ProviderUnavailable(said, wait)
    return Rejected(said)
