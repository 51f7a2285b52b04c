"""One artifact of each key stands on a run's page, whatever cuts off those who show it."""

import asyncio
import signal
from typing import Any

import httpx
import pytest
from helpers.real_server import RealServer
from prefect import flow, runtime
from prefect.artifacts import ArtifactResponse, MarkdownArtifact
from prefect.client.orchestration import PrefectClient
from prefect.exceptions import TerminationSignal

from flows.results import NO_RESULTS
from flows.run_artifacts import RunArtifacts


class CutOff(MarkdownArtifact):
    """The server has it, and who made it never hears of that."""

    end: Any

    async def acreate(self, client: PrefectClient | None = None) -> ArtifactResponse:
        await super().acreate(client)
        raise self.end


def made(key: str, description: str) -> MarkdownArtifact:
    return MarkdownArtifact(key=key, description=description, markdown="")


def on_the_page(server: RealServer, run: str) -> list[tuple[object, object]]:
    return sorted((each["key"], each["description"]) for each in server.page(run))


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(TerminationSignal(signal.SIGTERM), id="SIGTERM"),
        pytest.param(asyncio.CancelledError(), id="cancelled"),
        pytest.param(httpx.ReadTimeout("It took too long."), id="no answer"),
    ],
)
async def test_what_is_shown_next_takes_the_place_of_what_was_cut_off(
    real_server: RealServer, end: BaseException
) -> None:
    @flow(persist_result=False, result_storage=NO_RESULTS)
    async def run() -> str:
        artifacts = RunArtifacts()
        await artifacts.show(made("outcomes", "some"))
        cut_off = CutOff(key="progress", description="0 of 2", markdown="", end=end)
        await asyncio.wait({asyncio.create_task(artifacts.show(cut_off))})
        await artifacts.show(made("progress", "0 of 2 · stopped there"))
        await artifacts.show(made("outcomes", "all"))
        return str(runtime.flow_run.id)

    assert on_the_page(real_server, await run()) == [("outcomes", "all"), ("progress", "0 of 2 · stopped there")]


@pytest.mark.usefixtures("prefect_server")
async def test_of_two_that_were_left_of_a_key_one_stays(real_server: RealServer) -> None:
    @flow(persist_result=False, result_storage=NO_RESULTS)
    async def run() -> str:
        for each in ("made", "made once more"):
            await made("progress", each).acreate()
        await RunArtifacts().show(made("progress", "now"))
        return str(runtime.flow_run.id)

    assert on_the_page(real_server, await run()) == [("progress", "now")]
