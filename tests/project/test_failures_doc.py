"""Walks docs/failures.md: every row's fault is played by the fakes, and must end as the row says."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import fal, faults, openai
from fakes.providers import SEED_PAPER, Providers, prompt
from helpers.real_server import PATIENCE

from frontispiece import errors
from frontispiece.archive.images import inspect
from frontispiece.errors import Blocked, BudgetReached, NotYet, OutOfService, ProviderError
from frontispiece.painters.fal import FalQueue
from frontispiece.painters.interface import Canvas, Ticket
from frontispiece.painters.openai_images import OpenAIImages
from frontispiece.providers.throttle import Throttle
from frontispiece.writers.openai import OpenAIChat

PAGE = (Path(__file__).parents[2] / "docs" / "failures.md").read_text()
ROWS = re.findall(r"^\| (\w+) \| `([^`]+)` \| (\w+|–) \| (open|closed|shut) \|$", PAGE, re.MULTILINE)
KINDS = re.findall(r"^\| `(\w+)` \| (yes|no) \| (yes|no|perhaps) \|.*?(?:row `(\w+)`.*)\|$", PAGE, re.MULTILINE)


async def nap(_: float) -> None:
    await asyncio.sleep(0)


async def attempt(fake: Providers, where: str, seconds: float) -> tuple[str, str]:
    """One attempt at what the row asks for: the error it ended in, or –, and how the throttle stands then."""
    settings = fake.settings()
    provider: OpenAIChat | OpenAIImages | FalQueue
    if where == "chat":
        provider = OpenAIChat(settings, seconds=seconds)
    elif where == "images":
        provider = OpenAIImages(settings, seconds=seconds)
    else:
        provider = FalQueue(settings, seconds=seconds, sleep=nap)
    told: list[float] = []
    provider.throttle.on_wait = lambda wait, reason: told.append(wait)
    try:
        await _ask(provider, where)
    except ProviderError as error:
        return error.kind, await how_it_stands(provider.throttle, told)
    finally:
        await provider.close()
    return "–", await how_it_stands(provider.throttle, told)


async def _ask(provider: OpenAIChat | OpenAIImages | FalQueue, where: str) -> None:
    if isinstance(provider, OpenAIChat):
        await provider.write(SEED_PAPER)
        return
    if where == "list":
        assert await provider.recent(SEED_PAPER, prompt(), datetime.now(UTC) - timedelta(days=1)) is None
        return
    answer = await provider.submit(SEED_PAPER, prompt())
    canvas = await provider.collect(answer) if isinstance(answer, Ticket) else answer
    assert isinstance(canvas, Canvas)
    if inspect(canvas.image).black:
        raise Blocked("An all-black picture.")


async def how_it_stands(throttle: Throttle, told: list[float]) -> str:
    if told:  # it may be open again by now
        return "closed"
    try:
        await throttle.pass_through()
    except OutOfService:
        return "shut"
    return "open"


@pytest.mark.parametrize(("where", "fault", "error", "throttle"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
async def test_the_row_is_true(fake: Providers, where: str, fault: str, error: str, throttle: str) -> None:
    played = fake.openai.faults if where in ("chat", "images") else fake.fal.faults
    played.queue(where, fault)
    seconds = faults.TOO_LONG if fault in ("slow body", "never answered") else PATIENCE
    with faults.hurried():
        assert await attempt(fake, where, seconds) == (error, throttle)
    assert played.served == [(where, fault)]


def test_the_page_has_every_fault_that_the_fakes_can_play() -> None:
    told = {row[1] for row in ROWS}
    assert set(faults.HTTP) | set(openai.OWN) | set(fal.OWN) == told


def test_the_page_has_every_error_of_a_provider_and_says_rightly_whether_it_is_tried_again_and_billed() -> None:
    tree = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, ProviderError) and kind is not ProviderError
    } | {"BudgetReached": BudgetReached, "NotYet": NotYet}
    assert {name: again == "yes" for name, again, _, _ in KINDS} == {name: it.is_transient for name, it in tree.items()}
    words = {"yes": True, "no": False, "perhaps": None}
    assert {name: words[billed] for name, _, billed, _ in KINDS} == {name: it.is_billed for name, it in tree.items()}
    assert {name for name, _, _, status in KINDS if status == "blocked"} == {"Blocked"}
    # These three are our own, and no single answer's.
    assert {row[2] for row in ROWS} == {*tree, "–"} - {"Flawed", "BudgetReached", "NotYet"}
