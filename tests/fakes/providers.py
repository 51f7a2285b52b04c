"""All fake providers on one socket, and settings that point to them. No pytest in here.

`python -m fakes.providers PORT [LATENCY [FAULT_RATE SEED]]` serves them in a process of their own; GET /books tells
what was paid.
"""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from fakes.bfl import FakeBfl
from fakes.comfyui import WORKFLOW, FakeComfyUI
from fakes.fal import FakeFal
from fakes.gemini import FakeGemini
from fakes.openai import SEED_REQUEST, FakeOpenAI
from fakes.replicate import FakeReplicate
from fakes.server import serving
from frontispiece.models import Listing, Paper, Prompt
from frontispiece.settings import Settings, load_settings

_TITLE, _, _ABSTRACT = SEED_REQUEST.partition(" Title: '")[2].partition("' Text: '")

SEED_PAPER = Paper(
    id="2410.24175",
    title=_TITLE,
    abstract=_ABSTRACT.removesuffix("'"),
    published=date(2024, 10, 31),
    listing=Listing(source="huggingface", day=date(2024, 11, 1), rank=0, seen_at=datetime(2024, 11, 1, 6, tzinfo=UTC)),
)


def prompt(text: str = "A linear drawing of a crab that carries a label.") -> Prompt:
    return Prompt(text=text, writer="openai", model="gpt-4o-mini", request="?", seconds=1.0, dollars=0.0002)


@dataclass
class Providers:
    openai: FakeOpenAI = field(default_factory=FakeOpenAI)
    fal: FakeFal = field(default_factory=FakeFal)
    bfl: FakeBfl = field(default_factory=FakeBfl)
    replicate: FakeReplicate = field(default_factory=FakeReplicate)
    gemini: FakeGemini = field(default_factory=FakeGemini)
    comfyui: FakeComfyUI = field(default_factory=FakeComfyUI)
    url: str = ""

    def renew(self) -> None:
        """Fresh fakes behind the same routes."""
        for each in (self.openai, self.fal, *self._others.values()):
            each.__init__()  # type: ignore[misc]

    @property
    def app(self) -> Starlette:
        others = [Mount(f"/{name}", routes=each.routes) for name, each in self._others.items()]
        return Starlette(routes=[Route("/books", self._books), *others, *self.openai.routes, *self.fal.routes])

    @property
    def _others(self) -> dict[str, FakeBfl | FakeReplicate | FakeGemini | FakeComfyUI]:
        """Painters that have a folder of the address each."""
        return {"bfl": self.bfl, "replicate": self.replicate, "gemini": self.gemini, "comfyui": self.comfyui}

    async def _books(self, request: Request) -> Response:
        return JSONResponse({"openai": self.openai.paid, "fal": self.fal.paid, "dollars": self.dollars})

    @property
    def paid(self) -> tuple[int, int]:
        """Prompts and pictures charged for."""
        return self.openai.paid, self.fal.paid

    @property
    def dollars(self) -> float:
        return sum(each.dollars for each in (self.openai, self.fal, *self._others.values()))

    @property
    def variables(self) -> dict[str, str]:
        """The environment that puts the fakes in their vendors' places, as the pair of writer and painter."""
        return {
            "FRONTISPIECE_WRITER": "openai",
            "FRONTISPIECE_PAINTER": "fal",
            "OPENAI_API_KEY": "sk-secret",
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "FAL_KEY": "fal-secret",
            "FRONTISPIECE_FAL_URL": self.url,
            "FRONTISPIECE_PICTURE_HOSTS": self.url,
        }

    def settings(self, **choices: object) -> Settings:
        return load_settings(
            **{
                "openai_base_url": f"{self.url}/v1",
                "fal_url": self.url,
                "fal_key": "fal-secret",
                "openai_api_key": "sk-secret",
                "bfl_url": f"{self.url}/bfl",
                "bfl_api_key": "bfl-secret",
                "replicate_url": f"{self.url}/replicate",
                "replicate_api_token": "replicate-secret",
                "local_images_url": f"{self.url}/v1",
                "local_images_model": "sd-turbo",
                "comfyui_url": f"{self.url}/comfyui",
                "comfyui_workflow": WORKFLOW,
                "gemini_url": f"{self.url}/gemini",
                "gemini_api_key": "gemini-secret",
                "picture_hosts": (self.url,),
                **choices,
            }
        )


@contextlib.contextmanager
def fake_providers() -> Iterator[Providers]:
    providers = Providers()
    with serving(providers.app) as url:
        providers.url = url
        yield providers


if __name__ == "__main__":
    latency, rate, seed = (float(text) for text in [*sys.argv[2:], "0", "0", "0"][:3])
    both = Providers(FakeOpenAI(latency), FakeFal(latency))
    for fake in (both.openai, both.fal):
        fake.faults.at_random(rate, int(seed))
    uvicorn.run(both.app, port=int(sys.argv[1]), log_level="error", lifespan="off", ws="none", timeout_keep_alive=75)
