"""One contract for all writers, one for all painters, one for all checkers: whatever the registry holds keeps it."""

import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from fakes.comfyui import WORKFLOW
from fakes.providers import SEED_PAPER, Providers, prompt
from helpers.reader import Reader

from frontispiece.checkers import open_checker
from frontispiece.checkers.interface import Checker
from frontispiece.errors import ProviderError
from frontispiece.models import Check, Painting, Picture, Prompt, Value
from frontispiece.painters import open_painter
from frontispiece.painters.interface import Canvas, Painter, Ticket
from frontispiece.recipe import PainterRecipe, Recipe, WriterRecipe, digest, prompt_key
from frontispiece.registry import NOBODY, CheckerName, PainterName, WriterName
from frontispiece.services import recipe_of
from frontispiece.settings import load_settings
from frontispiece.sources.interface import Listed
from frontispiece.writers import open_writer
from frontispiece.writers.interface import Writer

WRITERS: tuple[WriterName, ...] = get_args(WriterName)
PAINTERS: tuple[PainterName, ...] = get_args(PainterName)
KEYS = ("fal_key", "openai_api_key", "bfl_api_key", "replicate_api_token", "gemini_api_key")
CHECKERS: tuple[CheckerName, ...] = tuple(name for name in get_args(CheckerName) if name != NOBODY)
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


async def written(fake: Providers, name: WriterName = "template") -> Prompt:
    writer = open_writer(name, fake.settings())
    try:
        return await writer.write(SEED_PAPER)
    finally:
        await writer.close()


@pytest.mark.parametrize("name", WRITERS)
class TestWriters:
    async def test_write_gives_a_whole_prompt(self, fake: Providers, name: WriterName) -> None:
        made = await written(fake, name)
        assert made.text
        assert made.text == made.text.strip()
        assert made.writer == name
        assert made.seconds >= 0
        assert Prompt.model_validate_json(made.model_dump_json()) == made

    async def test_request_is_what_write_sends(self, fake: Providers, name: WriterName) -> None:
        writer = open_writer(name, fake.settings())
        assert (await writer.write(SEED_PAPER)).request == writer.request(SEED_PAPER)
        await writer.close()

    async def test_it_says_who_it_is(self, fake: Providers, name: WriterName) -> None:
        writer = open_writer(name, fake.settings())
        assert writer.label
        assert isinstance(writer.recipe, WriterRecipe)
        assert writer.recipe.kind == name
        assert writer.paid is not (writer.price(SEED_PAPER) == 0)  # what is free says so
        await writer.close()

    async def test_its_recipe_is_known_without_a_key(self, fake: Providers, name: WriterName) -> None:
        changes = {"openai_model": "gpt-6-luna", "openai_temperature": 0.1, "style": "fenced"}
        writer = open_writer(name, fake.settings(**changes))
        assert recipe_of(load_settings(writer=name, **changes)).writer == writer.recipe
        await writer.close()

    async def test_check_is_free_and_gives_sentences(self, fake: Providers, name: WriterName) -> None:
        writer = open_writer(name, fake.settings())
        assert await writer.check() == ()
        assert (fake.openai.paid, fake.dollars) == (0, 0)
        await writer.close()

    async def test_one_call_of_write_is_one_paid_call_at_most(self, fake: Providers, name: WriterName) -> None:
        made = await written(fake, name)
        assert fake.openai.paid == (1 if name == "openai" else 0)
        assert made.dollars == pytest.approx(fake.dollars)

    def test_all_methods_of_the_protocol_are_there(self, fake: Providers, name: WriterName) -> None:
        assert same_signatures(Writer, open_writer(name, fake.settings()))


@pytest.mark.parametrize("name", PAINTERS)
class TestPainters:
    async def test_a_prompt_becomes_a_picture(self, fake: Providers, name: PainterName) -> None:
        painter = open_painter(name, fake.settings())
        words = await written(fake)
        answer = await painter.submit(SEED_PAPER, words)
        if isinstance(answer, Ticket):
            assert Ticket.model_validate_json(answer.model_dump_json()) == answer
            answer = await painter.collect(answer)
        assert isinstance(answer, Canvas)
        assert answer.image.startswith((PNG, JPEG))
        assert answer.model == painter.recipe.model
        assert answer.dollars == pytest.approx(fake.dollars or painter.price)
        assert answer.seed is None or answer.seed.isdecimal()
        await painter.close()

    async def test_its_price_is_known_beforehand(self, fake: Providers, name: PainterName) -> None:
        painter = open_painter(name, fake.settings())
        try:
            assert painter.price is not None
            assert (painter.price > 0) == painter.paid
        finally:
            await painter.close()

    async def test_it_says_who_it_is(self, fake: Providers, name: PainterName) -> None:
        painter = open_painter(name, fake.settings())
        assert painter.label
        assert isinstance(painter.recipe, PainterRecipe)
        assert painter.recipe.kind == name
        assert painter.paid is not (painter.price == 0)  # what is free says so
        await painter.close()

    async def test_its_recipe_is_known_without_a_key(self, fake: Providers, name: PainterName) -> None:
        changes = {
            **{"fal_model": "/fal-ai/qwen-image/", "fal_seed": 7, "fal_width": 512, "openai_image_quality": "high"},
            **{"local_images_model": "sd-turbo", "local_images_seed": 7, "comfyui_workflow": WORKFLOW},
        }
        painter = open_painter(name, fake.settings(**changes))
        assert recipe_of(load_settings(painter=name, **changes)).painter == painter.recipe
        await painter.close()

    async def test_an_order_that_was_never_made_is_not_found(self, fake: Providers, name: PainterName) -> None:
        painter = open_painter(name, fake.settings())
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        assert await painter.recent(SEED_PAPER, prompt("never ordered"), long_ago) is None
        await painter.close()

    async def test_a_ticket_of_nobody_is_an_error_of_ours(self, fake: Providers, name: PainterName) -> None:
        painter = open_painter(name, fake.settings())
        place = f"{fake.url}/fal-ai/flux/requests/none"
        ticket = Ticket(request_id="none", status_url=f"{place}/status", response_url=place, sent_at=datetime.now(UTC))
        with pytest.raises(ProviderError):
            await painter.collect(ticket)
        await painter.close()

    async def test_the_recipe_tells_what_shapes_the_picture_and_nothing_else(
        self, fake: Providers, name: PainterName
    ) -> None:
        painters = [
            open_painter(name, fake.settings()),
            open_painter(name, fake.settings(**dict.fromkeys(KEYS, "another"), paintings_at_once=1)),
        ]
        writer = WriterRecipe(kind="template", model="1", template="1", parameters="{}")
        prints = {Recipe(writer=writer, painter=painter.recipe, jpeg_quality=60).fingerprint for painter in painters}
        assert len(prints) == 1
        for painter in painters:
            assert "secret" not in painter.recipe.model_dump_json()
            await painter.close()

    def test_all_methods_of_the_protocol_are_there(self, fake: Providers, name: PainterName) -> None:
        assert same_signatures(Painter, open_painter(name, fake.settings()))


@pytest.mark.parametrize(
    ("choices", "prompts", "recipes"),
    [
        pytest.param(
            {},
            "6a6626a31c51a165aa1ad6e14df72209",
            {
                **{"fal": "7bf873d8710a3276", "openai-images": "6837dce6143545fc", "lineart": "2ad5b6b302e09e21"},
                **{"bfl": "f0566a91ccbd37e7", "replicate": "bafb1dbd7d61d30b", "gemini": "cef7f61704759a29"},
                **{"local-images": "1b95f9802ac82f47", "comfyui": "369d7391fa5fd90d"},
            },
            id="the seed's",
        ),
        pytest.param(
            {"style": "fenced"},
            "430920bfba67097ae6501306e4c0358f",
            {"fal": "9879b96e5f7ae794", "openai-images": "13a8a1f86ea9f04b", "lineart": "ed591daa04e58ff3"},
            id="fenced",
        ),
        pytest.param(
            {"openai_model": "gpt-6-luna", "openai_reasoning_effort": "none"},
            "5d34a8222e3eecd8565b583f7713632d",
            {"fal": "325c0cd4c09c5814", "openai-images": "9426d8d54275722e", "lineart": "62c1e4bed8f26c28"},
            id="its successor's",
        ),
    ],
)
async def test_archives_know_these_fingerprints(
    fake: Providers, choices: dict[str, str], prompts: str, recipes: dict[PainterName, str]
) -> None:
    """Were one to change, everything would be painted, and paid, anew."""
    writer = open_writer("openai", fake.settings(**choices))
    assert prompt_key(SEED_PAPER, writer.recipe, "") == prompts
    for name, known in recipes.items():
        painter = open_painter(name, fake.settings(**choices))
        assert Recipe(writer=writer.recipe, painter=painter.recipe, jpeg_quality=60).fingerprint == known
        await painter.close()
    await writer.close()


@pytest.mark.parametrize("name", CHECKERS)
async def test_checkers(fake: Providers, tmp_path: Path, name: CheckerName) -> None:
    fake.openai.lettering = ["SHADOW KV"]
    checker = open_checker(name, fake.settings(tesseract=str(Reader(tmp_path, "SHADOW KV").program)))
    assert checker is not None
    assert same_signatures(Checker, checker)
    assert checker.recipe.kind == name
    assert checker.label
    assert checker.price is not None
    assert (checker.price > 0) == checker.paid
    assert len(checker.sides) == 1 or not checker.paid
    assert await checker.check() == ()
    assert fake.openai.paid == 0
    reading = await checker.read(b"a picture", SEED_PAPER, prompt())
    assert (reading.words, reading.dollars) == ("SHADOW KV", pytest.approx(fake.openai.dollars))
    await checker.close()


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        pytest.param(Listed, "12fc9aba15f087e42dab222c2e568a7d", id="list"),
        pytest.param(Prompt, "124df3e6685bebb0acf0b8d4b722ecb1", id="prompt"),
        pytest.param(Painting, "f7bcff8a1e1c5b382f5193e419206cd5", id="painting"),
        pytest.param(Check, "e586a52ef0f55325a0751b0c2514edb1", id="check"),
        pytest.param(Picture, "4dbae9ae5c05439fe7c7db51214072dd", id="picture"),
    ],
)
def test_a_record_whose_fields_change_needs_another_word_in_its_keys(record: type[Value], fields: str) -> None:
    """See `archive.results.SHAPES`; words of descriptions do not count, nor does a field that may be missing."""
    assert digest(json.dumps(without_words(record.model_json_schema()), sort_keys=True)) == fields


def without_words(schema: object) -> object:
    match schema:
        case dict():
            kept = schema.items()
            return {name: without_words(part) for name, part in kept if name not in WORDS or isinstance(part, dict)}
        case list():
            return list(map(without_words, schema))
        case _:
            return schema


WORDS = ("title", "description")


def same_signatures(protocol: type, built: object) -> bool:
    """Whether parameters have the protocol's names, in its order."""
    methods: dict[str, Callable[..., object]] = {
        name: member for name, member in vars(protocol).items() if inspect.isfunction(member) and name[0] != "_"
    }
    return all(
        list(inspect.signature(method).parameters)[1:] == list(inspect.signature(getattr(built, name)).parameters)
        for name, method in methods.items()
    )
