"""Pictures by a workflow of the user's own in ComfyUI, through the API of its server. They cost nothing.

By ComfyUI's own source, 0.3.64 of October 2025: `docs/painters.md` tells which parts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from frontispiece.addresses import origin, shown
from frontispiece.errors import BadInput, ProviderBroken, ProviderError, ProviderUnavailable, Rejected
from frontispiece.models import Paper, Prompt
from frontispiece.painters.by_ticket import SECONDS, ByTicket, Delivery, read_look, read_order
from frontispiece.painters.interface import Canvas, Painted, Ticket
from frontispiece.providers.answers import OrNone, clean, refusal
from frontispiece.providers.downloads import DownloadSettings
from frontispiece.providers.http import Answer
from frontispiece.recipe import PainterRecipe, canonical_json, digest
from frontispiece.text import encodable, quoted

WHO: Final = "ComfyUI"
FILE: Final = "FRONTISPIECE_COMFYUI_WORKFLOW"
MOST_BYTES: Final = 4_000_000
WORDS, SEED = "{prompt}", "{seed}"
MODELS: Final = ("ckpt_name", "unet_name", "model_name")
"""Inputs of nodes that load what paints."""


class ComfySettings(DownloadSettings):
    """What the user may set."""

    comfyui_url: str = Field("http://127.0.0.1:8188", description="address of a ComfyUI server")
    comfyui_workflow: Path | None = Field(
        None, description="file with ComfyUI's workflow, by Export (API), with {prompt} and {seed} where those go"
    )
    comfyui_seconds: float = Field(
        1800.0,
        gt=0,
        le=86_400,
        description="seconds that a picture by ComfyUI may take, its turn in the queue included",
    )
    comfyui_seed: int = Field(42, ge=0, description="seed of ComfyUI's pictures")


class Node(BaseModel):
    """A step of a workflow."""

    class_type: str
    inputs: dict[str, JsonValue] = {}


Workflow = dict[str, Node]
_WORKFLOW: Final[TypeAdapter[Workflow]] = TypeAdapter(Workflow)
_OBJECT: Final[TypeAdapter[dict[str, JsonValue]]] = TypeAdapter(dict[str, JsonValue])


class _Order(BaseModel):
    prompt_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class Queue(BaseModel):
    """What is under way and what waits: of each item the second part is its id."""

    queue_running: list[list[JsonValue]]
    queue_pending: list[list[JsonValue]]


class _File(BaseModel):
    filename: str = Field(min_length=1)
    subfolder: str = ""
    type: Literal["output", "temp"] = "output"


class _Output(BaseModel):
    images: OrNone[list[OrNone[_File]]] = None


class _Status(BaseModel):
    status_str: OrNone[str] = None
    messages: JsonValue = None


class Ended(BaseModel):
    """An order in the history."""

    outputs: OrNone[dict[str, OrNone[_Output]]] = None
    status: OrNone[_Status] = None

    @property
    def file(self) -> _File | None:
        """The first picture that was saved, or else that was shown."""
        files = [file for each in (self.outputs or {}).values() if each for file in each.images or () if file]
        return next((file for file in files if file.type == "output"), next(iter(files), None))


_HISTORY: Final[TypeAdapter[dict[str, Ended]]] = TypeAdapter(dict[str, Ended])


class ComfyUI(ByTicket):
    """One workflow. An order that was not done in time is not ordered again by the next attempt, but waited for.

    Raises BadInput when built without a workflow that can be used.
    """

    label = WHO
    paid = False
    price = 0.0
    shortest_pause = 0.25  # the whole queue is in each answer
    bills_no_failures = True

    def __init__(
        self,
        settings: ComfySettings,
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if not origin(settings.comfyui_url).startswith("http"):
            raise BadInput(f"FRONTISPIECE_COMFYUI_URL: {shown(settings.comfyui_url)!r} is not the address of a server.")
        super().__init__(
            settings, settings.comfyui_url, patience=settings.comfyui_seconds, seconds=seconds, sleep=sleep
        )
        self._hosts = (*self._hosts, self._home)
        self._workflow = read_workflow(settings.comfyui_workflow)
        self._seed = settings.comfyui_seed
        self._orders: dict[str, Ticket] = {}
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: ComfySettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`. Raises BadInput for a workflow that cannot be used."""
        workflow = read_workflow(settings.comfyui_workflow) if settings.comfyui_workflow else {}
        inputs = [value for node in workflow.values() for name, value in node.inputs.items() if name in MODELS]
        return PainterRecipe(
            kind="comfyui",
            model=", ".join(dict.fromkeys(map(str, inputs))) or "a workflow",
            parameters=canonical_json(workflow=digest(_filled(workflow, WORDS, 0)), seed=settings.comfyui_seed),
        )

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Canvas:
        """Order the picture, and wait for it. Errors as in `frontispiece.painters.interface.Painter`."""
        words, seed = encodable(prompt.text), self._seed + take
        key = digest(words, seed)
        if key not in self._orders:
            filled = _filled(self._workflow, words, seed)
            self._orders[key] = await self._order(f"{self._url}/prompt", {"prompt": filled}, self._ticket)
        try:
            canvas = await self.collect(self._orders[key])
        except ProviderUnavailable:
            raise
        except ProviderError:
            self._orders.pop(key, None)
            raise
        self._orders.pop(key, None)
        return replace(canvas, seed=str(seed))

    def _ticket(self, answer: Answer, sent_at: datetime) -> Ticket:
        order = read_order(WHO, answer, _Order).prompt_id
        where = f"{self._url}/history/{order}"
        return Ticket(request_id=order, status_url=f"{self._url}/queue", response_url=where, sent_at=sent_at)

    def _refusal(self, answer: Answer) -> ProviderError:
        """What is wrong with which step of the workflow is said beside the complaint."""
        error = super()._refusal(answer)
        return Rejected(f"{str(error).rstrip('.')}: {said}.") if (said := node_errors(answer.body)) else error

    async def _delivered(self, ticket: Ticket, painted: Painted | None) -> Delivery:
        order = ticket.request_id
        await self._ended(ticket, lambda answer: read_queue(answer, order), painted)
        file = await self._look_until(ticket.response_url, lambda answer: read_history(answer, order))
        return Delivery(f"{self._url}/view?{urlencode(file.model_dump())}", dollars=0.0)


def read_workflow(path: Path | None) -> Workflow:
    """A workflow in the format of the API. Raises BadInput, naming the variable."""
    if path is None:
        raise BadInput(f"{FILE} is not set: name a file with the workflow, from ComfyUI's Export (API).")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES)
    except OSError as error:
        raise BadInput(f"{FILE}: {path} cannot be read: {error.strerror}.") from None
    try:
        workflow = _WORKFLOW.validate_json(content)
    except ValidationError:
        raise BadInput(f"{FILE}: {path} is no workflow in the format of the API: use Export (API).") from None
    texts = [text for node in workflow.values() for text in _texts(node.inputs)]
    there = {f'"{WORDS}"': any(WORDS in text for text in texts), f'"{SEED}" in a seed\'s place': SEED in texts}
    if lacking := [what for what, is_there in there.items() if not is_there]:
        raise BadInput(f"{FILE}: {path} has no {' and no '.join(lacking)}.")
    return workflow


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _filled(workflow: Workflow, words: str, seed: int) -> dict[str, JsonValue]:
    """The workflow with words and seed in their places."""

    def fill(value: JsonValue) -> JsonValue:
        match value:
            case str():
                return seed if value == SEED else value.replace(WORDS, words)
            case list():
                return [fill(each) for each in value]
            case dict():
                return {name: fill(each) for name, each in value.items()}
            case _:
                return value

    return {name: {"class_type": node.class_type, "inputs": fill(node.inputs)} for name, node in workflow.items()}


def node_errors(body: bytes) -> str:
    """What a refusal says of single steps of a workflow, if anything."""
    try:
        said = _OBJECT.validate_json(clean(body)).get("node_errors")
    except ValidationError:
        return ""
    steps = said.items() if isinstance(said, dict) else ()
    errors = [(name, each) for name, step in steps if isinstance(step, dict) for each in _listed(step.get("errors"))]
    return quoted("; ".join(f"step {name}: {each.get('message')}, {each.get('details')}" for name, each in errors))


def _listed(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def read_queue(answer: Answer, order: str) -> Literal[True] | None:
    """Whether an order is no longer in the queue; None while it is. Raises ProviderError."""
    queue = read_look(WHO, answer, Queue)
    under_way = (item[1] for item in (*queue.queue_running, *queue.queue_pending) if len(item) > 1)
    return None if order in under_way else True


def read_history(answer: Answer, order: str) -> _File:
    """The picture of an order that has left the queue. Raises ProviderError."""
    if answer.status != 200:
        raise refusal(WHO, answer)
    try:
        ended = _HISTORY.validate_json(clean(answer.body)).get(order)
    except ValidationError:
        raise ProviderUnavailable("ComfyUI's answer about an order cannot be read.") from None
    if ended is None:
        raise ProviderBroken("ComfyUI no longer knows the order: it was restarted, or somebody took the order out.")
    if ended.status and ended.status.status_str == "error":
        words = _reason(ended.status.messages)
        raise ProviderBroken(f"The workflow has failed: {words}." if words else "The workflow has failed.")
    if ended.file is None:
        raise ProviderBroken("The workflow made no picture: it needs a step that saves or shows one.")
    return ended.file


def _reason(messages: JsonValue) -> str:
    """The words of the message that tells of the end."""
    told = (
        [each[1] for each in messages if isinstance(each, list) and len(each) > 1] if isinstance(messages, list) else []
    )
    words = (each.get("exception_message") for each in told if isinstance(each, dict))
    return quoted("; ".join(str(each).strip() for each in words if each))
