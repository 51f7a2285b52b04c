"""What tests of painters share whose pictures are ordered first and fetched later."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest


@pytest.fixture
def naps() -> list[float]:
    """The pauses that the painter asked for, none of which was taken in full."""
    return []


@pytest.fixture
def nap(naps: list[float]) -> Callable[[float], Awaitable[None]]:
    """Notes a pause instead of taking it."""

    async def noted(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0)

    return noted
