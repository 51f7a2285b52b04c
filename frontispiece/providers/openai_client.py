"""OpenAI's API and the many servers that speak it: one call, a bounded answer, errors in our own terms.

Besides calls that answer at once there are batches: a file of requests, worked off within a day at half the price.

The library's own retries are off (a paid call is sent once) and so are redirects. Its models are not used for
answers: it builds them unchecked, and hands HTML with status 200 through as text.

An address whose server knows nothing there is tried once more with the `/v1` that may be missing. A server that is
still loading its model is waited for.
"""

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import httpx2  # openai's transport
import openai
from openai import AsyncAPIResponse, omit
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.shared_params.response_format_json_schema import JSONSchema

from frontispiece.concurrency import end_if_cancelled, heard_out
from frontispiece.errors import (
    InDoubt,
    NotAccepted,
    OutOfService,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.providers.answers import heard
from frontispiece.providers.http import CONNECT_SECONDS, IDLE_SECONDS, LOOPBACK, Answer
from frontispiece.providers.openai_account import OpenAISettings, Server
from frontispiece.providers.openai_errors import LIBRARY_ERRORS, LimitName, complaint, is_complaint, translate
from frontispiece.providers.throttle import Throttle
from frontispiece.recipe import digest
from frontispiece.text import quoted

PATIENCES = 10.0
"""A call may take so many times the patience of the settings in all, however steadily bytes trickle in."""
FREE_SECONDS = 60.0
CHECK_SECONDS = 10.0
UPLOAD_SECONDS = 300.0
DOWNLOAD_SECONDS = 600.0
CHAT_ENDPOINT: Final = "/v1/chat/completions"
LOADING: Final = re.compile(r"\bload(ing|s)\b.{0,60}\bmodel|\bmodel\b.{0,80}\bload(ing|s)\b|warming up", re.IGNORECASE)
LOADING_SECONDS = 600.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 16.0
_VERSION: Final = re.compile(r"/v[0-9]")

A = TypeVar("A")
T = TypeVar("T")
ChatBody = CompletionCreateParamsNonStreaming
Shape = JSONSchema
ImageQuality = Literal["low", "medium", "high", "auto"]
Call = Callable[[], AbstractAsyncContextManager[AsyncAPIResponse[T]]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The bytes of an answer with status 200, the service's id of the call, and how long it took."""

    body: bytes
    request_id: str | None
    seconds: float


class OpenAIApi:
    """One server. `seconds` bounds a call in total, `max_bytes` its answer.

    A paid call is given up when nothing was heard of it for as long as the settings say. Of a server on this machine or
    network, which may well work on one call after another, that counts from its last byte to anyone; and what it may
    still be at work on when it is given up is not ordered a second time, nor anything beside it: the next call waits,
    and who asks the same again gets that answer.
    """

    def __init__(self, settings: OpenAISettings, server: Server, *, seconds: float | None, max_bytes: int) -> None:
        self._limit: LimitName = "max_completion_tokens"
        self.throttle = Throttle()
        self._patience = settings.openai_seconds
        self._seconds = seconds or PATIENCES * self._patience
        self._max_bytes = max_bytes
        self._host, self._key = server.host, server.key
        self._is_local = is_local(self._host)
        self._limits: set[asyncio.Timeout] = set()
        self._overdue: dict[str, asyncio.Task[Reply]] = {}
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",  # compatible servers want some key, whatever it is
            base_url=server.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(self._seconds, connect=CONNECT_SECONDS),
            http_client=openai.DefaultAsyncHttpxClient(
                limits=httpx2.Limits(keepalive_expiry=IDLE_SECONDS),
                follow_redirects=False,
                mounts={f"all://{host}": None for host in LOOPBACK},
            ),
        )
        self._bare = self._client.base_url

    @property
    def origin(self) -> str:
        """Scheme, host and port of the server."""
        return f"{self._bare.scheme}://{self._bare.netloc.decode()}"

    async def chat(self, body: ChatBody, most_tokens: int, wanted: str = "for a prompt") -> Reply:
        """One chat completion of so many tokens at most; errors say what was `wanted`. Raises ProviderError.

        It is asked for once more, at once, where the server does not know the limit by its name.
        """
        limit = self._limit
        try:
            return await self._chat(self.bounded(body, most_tokens), wanted)
        except Rejected as error:
            if limit == "max_tokens" or error.parameter != limit:
                raise
            self._limit = "max_tokens"
            return await self._chat(self.bounded(body, most_tokens), wanted)

    def bounded(self, body: ChatBody, most_tokens: int) -> ChatBody:
        """The body with a limit to the answer's tokens, by the name that this server knows."""
        bounded = body.copy()
        bounded[self._limit] = most_tokens
        return bounded

    async def _chat(self, body: ChatBody, wanted: str) -> Reply:
        create = self._client.chat.completions.with_streaming_response.create
        return await self._paid(wanted, body, lambda: create(**body))

    async def picture(self, model: str, prompt: str, size: str, quality: ImageQuality) -> Reply:
        """One PNG. Raises ProviderError."""
        generate = self._client.images.with_streaming_response.generate
        return await self._paid(
            "for a picture",
            (model, prompt, size, quality),
            lambda: generate(model=model, prompt=prompt, size=size, quality=quality, output_format="png", n=1),
        )

    async def seeded_picture(self, model: str, prompt: str, size: str, seed: int) -> Reply:
        """One picture, asked for with what servers of one's own know. Raises ProviderError."""
        generate = self._client.images.with_streaming_response.generate
        return await self._paid(
            "for a picture",
            (model, prompt, size, seed),
            lambda: generate(
                model=model, prompt=prompt, size=size, response_format="b64_json", n=1, extra_body={"seed": seed}
            ),
        )

    async def models(self) -> Reply:
        """The server's list of models; free, and passes by the throttle.

        Raises OutOfService when the key is refused, else other kinds of ProviderError.
        """
        what = f"{self._host}, asked for its models,"
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._one(what, lambda: self._client.models.with_streaming_response.list())
        except openai.PermissionDeniedError as error:
            # A key may well be good for everything but this list.
            raise Rejected(f"{what} refuses: {quoted(heard(error.response.content).words, self._key)}.") from None
        except LIBRARY_ERRORS as error:
            raise translate(error, what, self._key) from None

    async def upload(self, content: bytes) -> Reply:
        """Send a file of requests for a batch; costs nothing. Raises ProviderError, never InDoubt."""
        create = self._client.files.with_streaming_response.create
        try:
            return await self._free(
                "to keep a file of requests",
                lambda: create(file=("requests.jsonl", content), purpose="batch", timeout=UPLOAD_SECONDS),
                UPLOAD_SECONDS,
            )
        except InDoubt as error:  # a file that nobody orders does no harm
            raise ProviderUnavailable(str(error)) from None

    async def order_batch(self, file_id: str, metadata: dict[str, str]) -> Reply:
        """Order the chat completions of an uploaded file. Raises ProviderError."""
        create = self._client.batches.with_streaming_response.create
        return await self._paid(
            "for a batch",
            (file_id, metadata),
            lambda: create(input_file_id=file_id, endpoint=CHAT_ENDPOINT, completion_window="24h", metadata=metadata),
        )

    async def batch(self, batch_id: str) -> Reply:
        """How a batch stands; free. Raises ProviderError."""
        retrieve = self._client.batches.with_streaming_response.retrieve
        return await self._free("for a batch", lambda: retrieve(batch_id), FREE_SECONDS)

    async def batches(self, after: str | None) -> Reply:
        """A page of the list of batches: up to 100 that stand behind `after`; free. Raises ProviderError."""
        listed = self._client.batches.with_streaming_response.list
        return await self._free("for its batches", lambda: listed(after=after or omit, limit=100), FREE_SECONDS)

    async def download(self, file_id: str, take: Callable[[bytes], None], max_line: int, max_bytes: int) -> None:
        """Hand each line of a file to `take`; free. Raises ProviderError."""
        call = self._client.files.with_streaming_response.content(file_id)
        what = f"{self._host}, asked for a file,"
        await self._translated(what, self._lines(call, take, max_line, max_bytes), DOWNLOAD_SECONDS)

    async def close(self) -> None:
        """Let go of the connections."""
        for call in self._overdue.values():
            call.cancel()
        await asyncio.gather(*self._overdue.values(), return_exceptions=True)
        await self._client.close()

    async def _paid(self, wanted: str, request: object, call: Call[T]) -> Reply:
        """One call through the throttle; its failure may close or shut the throttle."""
        what, key = f"{self._host}, asked {wanted},", digest(wanted, request)
        pause, until = SHORTEST_PAUSE, time.monotonic() + LOADING_SECONDS
        while True:
            at_work = self._overdue.get(key) or await self._begun(what, call)
            try:
                return await heard_out(self._patiently(what, key, at_work))
            except ProviderError as error:
                failure = error
            if isinstance(failure, OutOfService):
                self.throttle.shut(failure)
            elif isinstance(failure, ProviderUnavailable):
                is_loading = failure.retry_after is None and LOADING.search(str(failure)) is not None
                wait = min(pause, until - time.monotonic()) if is_loading else failure.retry_after
                if wait is not None:
                    self.throttle.close_for(wait, str(failure))
                if is_loading and wait and wait > 0:
                    pause = min(2 * pause, LONGEST_PAUSE)
                    end_if_cancelled()
                    continue
            raise failure

    async def _begun(self, what: str, call: Call[T]) -> asyncio.Task[Reply]:
        while unfinished := [overdue for overdue in self._overdue.values() if not overdue.done()]:
            await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
        await self.throttle.pass_through()
        at_work = asyncio.create_task(self._translated(what, self._one(what, call), self._seconds))
        at_work.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # whether anybody asks or not
        return at_work

    async def _patiently(self, what: str, key: str, at_work: asyncio.Task[Reply]) -> Reply:
        """The answer of a call at work. Raises ProviderError, InDoubt also when nothing is heard for too long."""
        limit = asyncio.timeout(self._patience)
        self._limits.add(limit)
        is_overdue = False
        try:
            async with limit:
                return await asyncio.shield(at_work)
        except TimeoutError:
            is_overdue = self._is_local
            raise InDoubt(
                f"{what} has sent nothing for {self._patience:g} s, and may still be at work: "
                "FRONTISPIECE_OPENAI_SECONDS is how long it may take."
            ) from None
        finally:
            self._limits.discard(limit)
            if is_overdue:
                self._overdue[key] = at_work
            else:
                self._overdue.pop(key, None)
                at_work.cancel()
                await asyncio.wait([at_work])

    async def _free(self, wanted: str, call: Call[T], seconds: float) -> Reply:
        """A call that costs nothing, and passes by the throttle."""
        what = f"{self._host}, asked {wanted},"
        return await self._translated(what, self._one(what, call), seconds)

    async def _translated(self, what: str, answer: Coroutine[None, None, A], seconds: float) -> A:
        """An answer within so many seconds. Raises ProviderError."""
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except LIBRARY_ERRORS as error:
            raise translate(error, what, self._key) from None

    async def _one(self, what: str, call: Call[T]) -> Reply:
        """One answer, of the address with `/v1` where there is nothing at the one without."""
        asked = self._client.base_url
        try:
            return await self._read(what, call)
        except (openai.APIStatusError, ProviderBroken) as error:
            is_lost = not isinstance(error, openai.APIStatusError) or error.status_code in (404, 405)
            if not is_lost or asked != self._bare or _VERSION.search(asked.path):
                raise
            self._client.base_url = asked.join("v1/")
            try:
                return await self._read(what, call)
            except (openai.NotFoundError, ProviderBroken):
                self._client.base_url = asked
            raise  # what was said at the user's own address

    async def _read(self, what: str, call: Call[T]) -> Reply:
        began = time.monotonic()
        body = bytearray()
        async with call() as response:
            self._hear()
            async for chunk in response.iter_bytes():
                self._hear()
                body += chunk
                if len(body) > self._max_bytes:
                    raise NotAccepted(f"{self._host} answered with more than {self._max_bytes:,} bytes: refused.")
            reply = Reply(bytes(body), response.headers.get("x-request-id"), time.monotonic() - began)
        if is_complaint(reply.body):
            raise complaint(Answer(200, {}, reply.body, ""), what, self._key)
        return reply

    def _hear(self) -> None:
        """A byte has come: patience counts from now on."""
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(asyncio.get_running_loop().time() + self._patience)

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


def is_local(host: str) -> bool:
    """Whether a host is this machine, or one of a private network, by its name or address."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".localhost", ".home.arpa"))
