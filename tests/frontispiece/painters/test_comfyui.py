"""The painter of ComfyUI's workflows against the fake of its server, over a real socket."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.comfyui import WORKFLOW
from fakes.pictures import png
from fakes.providers import SEED_PAPER, Providers, prompt
from fakes.server import refusing
from helpers.real_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.errors import (
    BadInput,
    InDoubt,
    NotAccepted,
    ProviderBroken,
    ProviderError,
    ProviderUnavailable,
    Rejected,
)
from frontispiece.painters.comfyui import ComfyUI, node_errors, read_history, read_queue
from frontispiece.providers.http import Answer
from frontispiece.settings import load_settings

Open = Callable[..., ComfyUI]


@pytest.fixture
def open_painter(fake: Providers, opened: list[ComfyUI]) -> Open:
    async def nap(seconds: float) -> None:
        await asyncio.sleep(0)

    def build(seconds: float = PATIENCE, **choices: object) -> ComfyUI:
        opened.append(ComfyUI(fake.settings(**choices), seconds=seconds, sleep=nap))
        return opened[-1]

    return build


async def test_the_users_workflow_is_filled_in_ordered_and_waited_for(fake: Providers, open_painter: Open) -> None:
    fake.comfyui.looks_needed = 3
    painter = open_painter()
    canvas = await painter.submit(SEED_PAPER, prompt("a crab with {seed} and {prompt} on it"), take=1)
    (sent,) = (request["prompt"] for request in fake.comfyui.requests)
    given = json.loads(WORKFLOW.read_text())
    assert sent["6"]["inputs"]["text"] == "a crab with {seed} and {prompt} on it, ink on paper"
    assert (sent["3"]["inputs"]["seed"], sent["3"]["inputs"]["model"]) == (43, ["4", 0])
    assert (sent.keys(), sent["5"]["inputs"]) == (given.keys(), given["5"]["inputs"])
    assert canvas.image == png(512, 960, sent["6"]["inputs"]["text"])
    assert (canvas.seed, canvas.dollars, canvas.model) == ("43", 0.0, "sd_xl_base_1.0.safetensors")
    assert canvas.request_id == next(iter(fake.comfyui.orders))


@pytest.mark.parametrize(
    ("where", "fault", "error", "said"),
    [
        pytest.param("submit", "500", ProviderUnavailable, "answered 500", id="no order"),
        pytest.param("submit", "reset after reading", InDoubt, "may have taken", id="a lost order"),
        pytest.param("submit", "HTML 200", InDoubt, "no ticket", id="a page"),
        pytest.param("result", "forgotten", ProviderBroken, "no longer knows", id="restarted"),
        pytest.param("result", "failed", ProviderBroken, "failed: CUDA out of memory", id="failed"),
        pytest.param("result", "interrupted", ProviderBroken, "has failed", id="interrupted"),
        pytest.param("result", "no picture", ProviderBroken, "a step that saves", id="nothing saved"),
        pytest.param("result", "outside", ProviderBroken, "answered 400", id="a file elsewhere"),
        pytest.param("media", "404", ProviderBroken, "is gone", id="gone"),
    ],
)
async def test_faults(
    fake: Providers, open_painter: Open, where: str, fault: str, error: type[ProviderError], said: str
) -> None:
    fake.comfyui.faults.queue(where, fault)
    painter = open_painter()
    with pytest.raises(ProviderError, match=said) as caught:
        await painter.submit(SEED_PAPER, prompt())
    assert type(caught.value) is error
    assert (await painter.submit(SEED_PAPER, prompt())).image, "the next attempt orders anew"
    lost = where == "submit" and fault != "reset after reading"
    assert len(fake.comfyui.orders) == (1 if lost else 2)


async def test_a_look_that_fails_is_repeated(fake: Providers, open_painter: Open) -> None:
    for where in ("status", "result"):
        fake.comfyui.faults.queue(where, "500", "HTML 200", "reset before reading")
    assert (await open_painter().submit(SEED_PAPER, prompt())).image
    assert len(fake.comfyui.orders) == 1


async def test_what_was_not_done_in_time_is_waited_for_and_not_ordered_again(
    fake: Providers, open_painter: Open
) -> None:
    fake.comfyui.looks_needed = 10**9
    painter = open_painter(comfyui_seconds=0.2)
    with pytest.raises(ProviderUnavailable, match="ComfyUI has not painted the picture within"):
        await painter.submit(SEED_PAPER, prompt())
    fake.comfyui.looks_needed = 0
    assert (await painter.submit(SEED_PAPER, prompt())).image
    assert len(fake.comfyui.orders) == 1
    await painter.submit(SEED_PAPER, prompt())
    assert len(fake.comfyui.orders) == 2, "and a picture that was had is painted anew when asked for"


async def test_a_saved_picture_goes_before_a_preview(fake: Providers, open_painter: Open) -> None:
    fake.comfyui.faults.queue("result", "a preview before it")
    assert (await open_painter(picture_hosts=()).submit(SEED_PAPER, prompt())).image
    assert fake.comfyui.paths == ["filename=p000001.png&subfolder=a%26b&type=output"]


async def test_a_step_that_is_wrong_is_named(fake: Providers, open_painter: Open, tmp_path: Path) -> None:
    workflow = tmp_path / "other.json"
    workflow.write_text(WORKFLOW.read_text().replace("sd_xl_base_1.0", "flux1-dev"))
    with pytest.raises(Rejected, match="failed validation: step 4: Value not in list, ckpt_name: 'flux1-dev"):
        await open_painter(comfyui_workflow=workflow).submit(SEED_PAPER, prompt())


async def test_a_picture_is_bounded_and_a_server_that_is_down_has_nothing(fake: Providers, open_painter: Open) -> None:
    painter = open_painter(picture_megabytes=1)

    async def larger(request, honest):  # type: ignore[no-untyped-def]
        next(iter(fake.comfyui.orders.values())).content = bytes(1_000_001)
        return await honest()

    fake.comfyui.faults.know("larger", larger)
    fake.comfyui.faults.queue("media", "larger")
    with pytest.raises(NotAccepted, match="FRONTISPIECE_PICTURE_MEGABYTES"):
        await painter.submit(SEED_PAPER, prompt())
    with refusing() as url, pytest.raises(ProviderUnavailable):
        await open_painter(comfyui_url=url).submit(SEED_PAPER, prompt())


async def test_another_workflow_is_another_recipe_and_another_layout_is_none(
    open_painter: Open, tmp_path: Path
) -> None:
    given = json.loads(WORKFLOW.read_text())
    moved, other = tmp_path / "moved.json", tmp_path / "other.json"
    moved.write_text(json.dumps(dict(reversed(given.items())), indent=8))
    given["3"]["inputs"]["steps"] = 30
    other.write_text(json.dumps(given))
    recipes = [open_painter(comfyui_workflow=path).recipe for path in (WORKFLOW, moved, other)]
    assert recipes[0] == recipes[1] != recipes[2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot be read: No such file", id="none"),
        pytest.param('{"nodes": [], "links": []}', r"Export \(API\)", id="as the page saves it"),
        pytest.param("{", r"is no workflow", id="no JSON"),
        pytest.param(
            '{"1": {"class_type": "X", "inputs": {"text": "{prompt}"}}}',
            'has no "{seed}" in a seed.s place.$',
            id="no seed",
        ),
        pytest.param('{"1": {"class_type": "X", "inputs": {"seed": "{seed}"}}}', 'has no "{prompt}".$', id="no words"),
        pytest.param(
            '{"1": {"class_type": "X"}}', 'has no "{prompt}" and no "{seed}" in a seed.s place.$', id="neither"
        ),
    ],
)
def test_what_is_no_workflow(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "workflow.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadInput, match=f"^FRONTISPIECE_COMFYUI_WORKFLOW: .*{said}"):
        ComfyUI(load_settings(comfyui_workflow=path))


def test_it_needs_a_workflow_and_an_address() -> None:
    with pytest.raises(BadInput, match=r"^FRONTISPIECE_COMFYUI_WORKFLOW is not set"):
        ComfyUI(load_settings())
    with pytest.raises(BadInput, match=r"^FRONTISPIECE_COMFYUI_URL: "):
        ComfyUI(load_settings(comfyui_url="127.0.0.1:8188"))


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["1", "outputs", "images", "filename", "status", "status_str", "messages", "node_errors", "errors"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([200, 400, 404, 500]), st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode())
)
def test_any_answer_is_read_or_refused_in_our_own_terms(status: int, body: bytes) -> None:
    answer = Answer(status, {}, body, "http://127.0.0.1/")
    assert node_errors(body).isprintable()
    for read in (read_queue, read_history):
        try:
            read(answer, "1")
        except ProviderError as error:
            assert str(error).isprintable()  # noqa: PT017
