"""The writer without a model: its prompts promise what its plans hold."""

import pytest
from fakes.providers import SEED_PAPER
from helpers.papers import paper

from frontispiece.lineart.plan import ACCENTS, MOTIFS, SCENES
from frontispiece.models import Prompt
from frontispiece.settings import Settings
from frontispiece.writers import open_writer


@pytest.mark.parametrize("rank", range(14))
async def test_the_prompt_promises_exactly_the_plan(rank: int) -> None:
    writer = open_writer("template", Settings())
    prompt = await writer.write(paper(title=SEED_PAPER.title, rank=rank))
    plan = prompt.plan
    assert plan is not None
    words = prompt.text.lower()
    promised = {name for name, motif in MOTIFS.items() if motif.phrase in words}
    assert promised == {plan.hero, *plan.minors}
    assert '"Constraint Back-translation"' in prompt.text
    assert SCENES[plan.scene].spot in prompt.text
    assert [name for name in ACCENTS.values() if name in prompt.text] == [ACCENTS[plan.accent]]
    assert "{" not in prompt.text
    assert "\n" not in prompt.text


async def test_a_prompt_is_free_and_tells_how_it_came_to_be() -> None:
    writer = open_writer("template", Settings())
    prompt = await writer.write(SEED_PAPER)
    assert (prompt.writer, prompt.model) == (writer.recipe.kind, writer.recipe.model) == ("template", "template-1")
    assert prompt.dollars == 0.0
    assert prompt.tokens_in is prompt.tokens_out is prompt.request_id is None
    assert prompt.request == writer.request(SEED_PAPER)
    assert "Constraint Back-translation" in prompt.request
    assert "struggle to follow" in prompt.request
    assert "\n" not in prompt.request
    assert not writer.paid
    assert Prompt.model_validate_json(prompt.model_dump_json()) == prompt


async def test_the_same_paper_gives_the_same_prompt() -> None:
    first, second = [await open_writer("template", Settings()).write(paper(rank=3)) for _ in range(2)]
    assert first.model_copy(update={"seconds": 0}) == second.model_copy(update={"seconds": 0})


async def test_there_is_nothing_to_check_or_close() -> None:
    writer = open_writer("template", Settings())
    assert await writer.check() == ()
    await writer.close()
